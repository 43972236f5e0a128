"""`visionmq access`: what is asked, printed, kept, and said when it goes wrong."""

import io
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli import fake_access as fake
from visionmq.client.cli import access_ask as ask
from visionmq.client.cli.access_policy import read_rules
from visionmq.client.cli.failures import Failure
from visionmq.schemas.access.vehicles import Location

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def broker(monkeypatch) -> Iterator[fake.FakeService]:
    with fake.service() as broker:
        monkeypatch.setenv("VISIONMQ_BROKER", broker.endpoint)
        yield broker


@pytest.fixture
def typed(monkeypatch):
    """Put lines on standard input, which is no terminal."""

    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    give("")
    return give


# ---- decisions ------------------------------------------------------------------------------


def test_a_login_is_allowed_and_nothing_secret_is_on_the_command_line(broker, visionmq, typed):
    typed("right horse\n")
    found = visionmq("access", "validate", "ada", "car-7", "--password-stdin", "--json")
    assert found.code == 0, found
    assert json.loads(found.out)["reasons"] == ["login_right", "live_booking"]
    assert broker.asked[0][1].password == "right horse"
    options = visionmq("access", "validate", "--help").out
    assert "--password-stdin" in options
    assert "--password " not in options


def test_a_denial_is_exit_code_1_with_what_can_be_done(broker, visionmq, typed):
    typed("wrong\n")
    found = visionmq("access", "validate", "ada", "car-7", "--password-stdin")
    assert found.code == 1, found
    for words in ("denied", "login failed", "audit entry 42 by policy 2", "locked out"):
        assert words in found.out


def test_without_a_terminal_the_password_is_to_be_piped(broker, visionmq, typed):
    found = visionmq("access", "validate", "ada", "car-7")
    assert found.code == 2
    assert "--password-stdin" in found.err
    assert not broker.asked


def test_a_face_is_compared_with_the_booker(broker, visionmq):
    Path("door.jpg").write_bytes(b"ada")
    found = visionmq("access", "face", "car-7", "door.jpg")
    assert found.code == 0, found
    for words in ("allowed", "0.310", "with 1 person", "a printed picture", "booking"):
        assert words in found.out
    Path("door.jpg").write_bytes(b"eve")
    assert visionmq("access", "face", "car-7", "door.jpg").code == 1


def test_an_encoding_of_the_car_is_proved_with_a_fresh_nonce(broker, visionmq):
    line = {"result": {"models": [{"name": "dlib-resnet", "version": "1"}], "faces": [{"encoding": [0.25, -0.5]}]}}
    Path("encoding.jsonl").write_text(json.dumps(line))
    added = visionmq("access", "car", "add", "car-7", "--at", "48.2,16.37,yard", "-o", "car-7.key")
    assert added.code == 0, added
    assert fake.KEY not in added.out
    assert os.stat("car-7.key").st_mode & 0o077 == 0
    found = visionmq("access", "face", "car-7", "--encoding", "encoding.jsonl", "--device-key", "car-7.key", "--json")
    assert found.code == 0, found
    assert json.loads(found.out)["face"]["at_edge"] is True
    assert [name for name, _, _ in broker.asked] == ["access.add_vehicle", "access.nonce", "access.face"]
    assert broker.asked[2][1].encoding.model == "dlib-resnet/1"
    Path("bad.key").write_text("no key")
    found = visionmq("access", "face", "car-7", "--encoding", "encoding.jsonl", "--device-key", "bad.key")
    assert "device key is none" in found.err


def test_a_car_is_brought_back_once(broker, visionmq):
    found = visionmq("access", "return", "ada", "car-7", "48.2082, 16.3738", "--once", "r-1", "--json")
    assert found.code == 0, found
    assert broker.keys == ["r-1"]
    assert broker.asked[0][1].location == Location(latitude=48.2082, longitude=16.3738)
    found = visionmq("access", "return", "eve", "car-7", "yard 3")
    assert found.code == 1
    assert "nothing to return" in found.out
    assert broker.asked[1][1].location == Location(text="yard 3")


@pytest.mark.parametrize(
    "words",
    [
        ["access", "face", "car-7"],
        ["access", "face", "car-7", "a.jpg", "--encoding", "e.jsonl"],
        ["access", "face", "car-7", "--encoding", "e.jsonl"],
        ["access", "face", "car-7", "--encoding", "gone.jsonl", "--device-key", "gone.key"],
        ["access", "return", "ada", "car-7", "91,0"],
        ["access", "book", "ada", "car-7", "soon", "+2h"],
        ["access", "user", "add", "ada"],
        ["access", "user", "forget", "ada"],
        ["access", "car", "remove", "car-7"],
        ["access", "policy", "odd=1"],
        ["access", "policy", "failures=0"],
        ["access", "policy", "failures=3", "--version", "2"],
        ["access", "import", "gone.csv"],
    ],
)
def test_what_makes_no_sense_is_wrong_usage_with_a_hint(broker, visionmq, typed, words):
    found = visionmq(*words)
    assert found.code == 2, found
    assert "\nhint: " in found.err
    assert not broker.asked


# ---- administration -------------------------------------------------------------------------


def test_users_are_added_listed_and_forgotten(broker, visionmq, typed):
    typed("a long secret\n")
    found = visionmq(
        "access", "user", "add", "ada", "--full-name", "Ada Lovelace", "--birth-date", "1990-12-10", "--password-stdin"
    )
    assert found.code == 0, found
    params = broker.asked[0][1]
    assert (params.password, params.full_name, str(params.birth_date)) == (
        "a long secret",
        "Ada Lovelace",
        "1990-12-10",
    )
    rows = visionmq("access", "user", "list").out.splitlines()
    assert [row.split("\t")[0] for row in rows] == ["user", "ada", "grace"]
    gone = visionmq("access", "user", "forget", "ada", "--yes", "-o", "receipt.json")
    assert "1 bookings cancelled, 3 templates destroyed" in gone.out
    assert json.loads(Path("receipt.json").read_text())["audit_sequence"] == 11


def test_a_short_password_is_refused_before_it_is_sent(broker, visionmq, typed):
    typed("short\n")
    found = visionmq("access", "user", "add", "ada", "--password-stdin")
    assert found.code == 1
    assert "8" in found.err
    assert "short" not in found.err.replace("shorter", "")
    assert not broker.asked


@pytest.mark.parametrize(
    ("words", "operation", "said"),
    [
        (["user", "edit", "ada", "--full-name", "Ada King"], "access.edit_user", "changed"),
        (["user", "unlock", "ada"], "access.unlock", "may log in"),
        (["car", "edit", "car-7", "--state", "free"], "access.edit_vehicle", "changed"),
        (["car", "remove", "car-7", "--yes"], "access.remove_vehicle", "removed"),
        (["car", "key", "car-7"], "access.rotate_device_key", fake.KEY),
        (["cancel", "01BOOK"], "access.cancel_booking", "cancelled"),
        (["engineer", "add", "grace"], "access.add_engineer", "is an engineer"),
        (["engineer", "remove", "grace"], "access.remove_engineer", "no engineer"),
        (["engineer", "assign", "grace", "*", "--end", "+8h"], "access.assign", "may unlock *"),
        (["engineer", "unassign", "01A"], "access.unassign", "taken back"),
        (["nonce", "car-7"], "access.nonce", fake.NONCE),
        (["book", "ada", "car-7", "now", "+2h"], "access.book", "booking 01ID"),
    ],
)
def test_each_change_is_one_request_and_one_line(broker, visionmq, words, operation, said):
    found = visionmq("access", *words)
    assert found.code == 0, found
    assert [name for name, _, _ in broker.asked] == [operation]
    assert said in found.out


def test_a_password_is_changed(broker, visionmq, typed):
    typed("another long one\n")
    assert visionmq("access", "user", "password", "ada", "--password-stdin").code == 0
    assert broker.asked[0][1].password == "another long one"


def test_a_refused_booking_says_why(broker, visionmq):
    found = visionmq("access", "book", "ada", "car-7", "2026-12-01T18:00", "2026-12-01T08:00")
    assert found.code == 1
    assert "overlaps" in found.err


def test_lists_are_tables_of_all_rows(broker, visionmq):
    assert "car-7\tW 1\tout of service\t48.20000,16.37000, yard\t-" in visionmq("access", "car", "list").out
    assert (
        "forgotten\tcar-7\t2026-11-21T10:00:00+00:00"
        in visionmq("access", "bookings", "--since", "now", "--state", "returned").out
    )
    assert "grace\t*" in visionmq("access", "engineer", "list").out
    assert json.loads(visionmq("access", "engineer", "list", "--json").out)["engineers"][1]["user"] == "alan"


def test_a_policy_is_printed_and_changed(broker, visionmq):
    assert "grace_after" in visionmq("access", "policy").out
    found = visionmq("access", "policy", "grace_after=60", "login_age=true", "failures=3", "--json")
    assert json.loads(found.out)["rules"]["grace_after"] == 60
    assert broker.asked[1][1].rules == {"grace_after": 60.0, "login_age": True, "failures": 3}


def test_rules_are_read_as_what_they_are():
    assert read_rules(["least_age=21", "false_match_rate=1e-4"]) == {"least_age": 21, "false_match_rate": 1e-4}
    with pytest.raises(Failure, match="no rule"):
        read_rules(["least_age"])


# ---- tables ---------------------------------------------------------------------------------


def test_a_table_is_taken_in_row_by_row_and_never_twice(broker, visionmq):
    rows = ["User, password, full_name", *(f"u{number},long secret {number}," for number in range(60)), "eve,x,,"]
    Path("users.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    found = visionmq("access", "import", "users.csv", "--jsonl")
    assert found.code == 1, found
    made = [json.loads(line) for line in found.out.splitlines()]
    assert [line["row"] for line in made] == list(range(2, 63))
    assert made[-1]["error"]["code"] == "conflict"
    assert [len(params.rows) for _, params, _ in broker.asked] == [50, 11]
    assert broker.asked[0][1].rows[0] == {"user": "u0", "password": "long secret 0"}
    keys = list(broker.keys)
    visionmq("access", "import", "users.csv")
    assert broker.keys[2:] == keys
    assert len(set(keys)) == 2


def test_a_dry_run_checks_each_row_and_sends_nothing(broker, visionmq):
    rows = ["user,car,start,end", "ada,car-7,2026-12-01T08:00,2026-12-01T18:00", "ada,car-7,soon,later"]
    rows += ["ada,car-7,2026-12-01T08:00,2026-12-01T07:00", "ada,,2026-12-01T08:00,2026-12-01T09:00"]
    Path("bookings.csv").write_text("\n".join(rows))
    found = visionmq("access", "import", "bookings.csv", "--kind", "bookings", "--dry-run", "--jsonl")
    assert found.code == 1, found
    made = [json.loads(line) for line in found.out.splitlines()]
    assert [line["ok"] for line in made] == [True, False, False, False]
    for line, words in zip(made[1:], ("no point in time", "ends before", "no car"), strict=True):
        assert words in line["error"]["message"]
    assert not broker.asked


def test_a_dry_run_shows_no_password(visionmq):
    Path("users.csv").write_text("user,password,birth_date\nada,a long secret,1990-12-10\neve,a long secret,soon\n")
    found = visionmq("access", "import", "users.csv", "--dry-run", "--jsonl")
    assert "a long secret" not in found.out
    assert [json.loads(line)["ok"] for line in found.out.splitlines()] == [True, False]


def test_new_cars_keys_stand_in_the_results(broker, visionmq):
    Path("cars.csv").write_text("car,plate,latitude,longitude\ncar-8,W 8,48,16\ncar-9,W 9,48,\n")
    assert visionmq("access", "import", "cars.csv", "-o", "out.jsonl").code == 0
    assert json.loads(Path("out.jsonl").read_text().splitlines()[0])["result"]["key"] == fake.KEY
    dry = visionmq("access", "import", "cars.csv", "--dry-run")
    assert dry.code == 1
    assert "two numbers" in dry.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no rows"),
        ("user,car\n", "holds no rows"),
        ("colour\nred\n", "fit no kind"),
        ("user,car,start,end\nada,car-7,a,b\n", "fit bookings and engineers"),
    ],
)
def test_a_table_of_no_known_kind_is_wrong_usage(visionmq, content, said):
    Path("table.csv").write_text(content)
    found = visionmq("access", "import", "table.csv")
    assert found.code == 2
    assert said in found.err


# ---- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", NOW),
        ("+2h", NOW + timedelta(hours=2)),
        ("90m", NOW + timedelta(minutes=90)),
        ("+1.5d", NOW + timedelta(days=1.5)),
        ("18:30", NOW.replace(hour=18, minute=30)),
        ("2026-12-01T08:00+01:00", datetime(2026, 12, 1, 7, 0, tzinfo=UTC)),
    ],
)
def test_points_in_time_are_written_as_people_do(text, meant):
    assert ask.when(text, "START", now=NOW) == meant


def test_a_length_is_counted_from_the_start():
    assert ask.when("+2h", "END", after=NOW + timedelta(days=1), now=NOW) == NOW + timedelta(days=1, hours=2)
    assert ask.when("2026-12-01T08:00", "START").tzinfo is not None


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "+2y"])
def test_other_words_are_no_point_in_time(text):
    with pytest.raises(Failure, match="no point in time"):
        ask.when(text, "START", now=NOW)
