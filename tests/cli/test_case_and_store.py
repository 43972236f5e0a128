"""`visionmq case`, `audit` and `store`: what is asked, printed, kept, and said when it goes wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import fake_access as fake
from visionmq.client.cli import stores
from visionmq.client.cli.case import print_case


@pytest.fixture
def broker(monkeypatch) -> Iterator[fake.FakeService]:
    with fake.service() as broker:
        monkeypatch.setenv("VISIONMQ_BROKER", broker.endpoint)
        yield broker


@pytest.fixture(autouse=True)
def _pictures(_own_home):
    for name in ("licence", "ada", "eve"):
        Path(f"{name}.jpg").write_bytes(name.encode())


# ---- cases ----------------------------------------------------------------------------------


def test_evidence_comes_a_line_a_stage_and_the_decision_last(broker, visionmq):
    found = visionmq(
        "case", "verify", "licence.jpg", "ada.jpg", "--car", "car-7", "--jsonl", "--want", "*", "-o", "out"
    )
    assert found.code == 0, found
    first, second, last = (json.loads(line) for line in found.out.splitlines())
    assert (first["stage"], second["stage"]) == ("document", "comparison")
    assert first["evidence"]["document"]["surname"] == "LOVELACE"
    assert second["evidence"]["comparison"]["distance"] == 0.4
    assert last["result"]["decision"]["allowed"] is True
    assert last["result"]["images"]["overlay"] == "out/licence-ada-overlay.png"
    assert Path("out/licence-ada-selfie.png").read_bytes() == fake.PNG
    ((_, params, images),) = broker.asked
    assert images == [b"licence", b"ada"]
    assert (params.car, params.user, params.password, params.forensics) == ("car-7", None, None, True)


def test_a_denied_case_is_exit_code_1_and_says_what_to_do(broker, visionmq):
    found = visionmq("case", "verify", "licence.jpg", "eve.jpg", "--car", "car-7")
    assert found.code == 1, found
    for words in ("denied", "selfie refused", "ADA LOVELACE", "born 1990-12-10 (35 years)", "Take the selfie again"):
        assert words in found.out
    assert "birth date: untold" in found.out


def test_a_login_is_part_of_the_case_where_it_is_given(broker, visionmq, monkeypatch):
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.StringIO("right horse\n"))
    words = ("--user", "ada", "--password-stdin", "--now", "2026-11-21T10:00Z", "--no-forensics", "--json")
    found = visionmq("case", "verify", "licence.jpg", "ada.jpg", "--car", "car-7", *words)
    assert found.code == 0, found
    params = broker.asked[0][1]
    assert (params.user, params.password, params.forensics) == ("ada", "right horse", False)
    assert params.now is not None
    assert "right horse" not in found.out + found.err


@pytest.mark.parametrize("words", [["--json", "--jsonl"], ["--login"], ["--now", "soon"]])
def test_a_case_that_makes_no_sense_is_wrong_usage(broker, visionmq, words):
    assert visionmq("case", "verify", "licence.jpg", "ada.jpg", "--car", "car-7", *words).code == 2
    assert not broker.asked


def test_nothing_in_a_document_steers_the_terminal(capsys):
    import msgspec

    evil = msgspec.structs.replace(fake.DOCUMENT, surname="\x1b[2J", failed_checks={"[red]": "\x1b[31m"})
    made, _ = fake.case(fake.c.CaseParams(car="c"), [b"", b"ada"])
    print_case(msgspec.structs.replace(made, document=evil), {"overlay": "\x1b[1m"})
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[red]" in out


# ---- the audit log --------------------------------------------------------------------------


def test_a_whole_log_is_said_to_be_whole_and_a_broken_one_where(broker, visionmq):
    found = visionmq("audit", "verify")
    assert found.code == 0, found
    assert "the log is whole: 42 rows" in found.out
    assert visionmq("audit", "head", "-o", "head.json").code == 0
    assert json.loads(visionmq("audit", "verify", "--head", "head.json", "--json").out)["head_checked"] is True
    kept = json.loads(Path("head.json").read_text())
    Path("head.json").write_text(json.dumps({**kept, "hash": "00"}))
    broken = visionmq("audit", "verify", "--head", "head.json")
    assert broken.code == 1
    assert "row 7: the hash differs" in broken.out


def test_a_file_that_is_no_head_is_wrong_usage(visionmq):
    Path("head.json").write_text("{}")
    assert visionmq("audit", "verify", "--head", "head.json").code == 2


def test_rows_of_the_log_are_listed(broker, visionmq):
    found = visionmq("audit", "list", "--last", "--limit", 5, "--action", "gallery.enroll")
    assert "7\t2026-11-21T10:00:00+00:00\tgallery.enroll\tdoor\tsubject=01ADA" in found.out
    assert "1 of 42 rows" in found.err
    assert broker.asked[0][1].last is True
    assert json.loads(visionmq("audit", "list", "--jsonl").out)["sequence"] == 7


# ---- the store ------------------------------------------------------------------------------


def test_the_store_says_where_it_is_and_which_key_file_it_needs(broker, visionmq):
    found = visionmq("store", "info")
    assert found.code == 0, found
    assert "/data/store.db" in found.out
    assert "/data/store.db.keys" in found.err
    assert json.loads(visionmq("store", "info", "--json").out)["templates"] == 5


def test_keys_are_not_changed_by_accident(broker, visionmq):
    assert visionmq("store", "rekey").code == 2
    assert not broker.asked
    assert "5 data keys" in visionmq("store", "rekey", "--yes").out


def test_a_receipt_is_checked_as_it_was_kept(broker, visionmq):
    Path("receipt.json").write_text(json.dumps({"forgotten_at": "t", "signature": "c2ln"}))
    assert "is what was signed" in visionmq("store", "receipt", "receipt.json").out
    Path("answer.json").write_text(json.dumps({"subject": "ada", "receipt": {"signature": "other"}}))
    found = visionmq("store", "receipt", "answer.json")
    assert found.code == 1
    assert "the signature differs" in found.out
    Path("answer.json").write_text("[]")
    assert visionmq("store", "receipt", "answer.json").code == 2


def test_the_place_of_the_store_is_told_without_its_password(monkeypatch):
    monkeypatch.delenv("VISIONMQ_STORE", raising=False)
    assert stores.place_of("postgresql://me:secret@host:5/db") == "postgresql://host:5/db"
    assert stores.place_of("my.db") == "my.db"
    assert stores.place_of(None).endswith("store.db")
    monkeypatch.setenv("VISIONMQ_STORE", "other.db")
    assert stores.place_of(None) == "other.db"


@pytest.mark.parametrize(("kept", "store"), [(True, None), (False, "mine.db"), (False, None)])
def test_what_needs_no_store_gets_one_that_is_gone_afterwards(monkeypatch, kept, store):
    from contextlib import nullcontext

    given: list[str | None] = []
    monkeypatch.setattr(
        stores, "connect_or_embed", lambda *_, store, **__: given.append(store) or nullcontext("client")
    )
    with stores.service(stores.Settings(), ("face",), store=store, kept=kept) as client:
        assert client == "client"
        (used,) = given
        if kept or store:
            assert used == store
        else:
            assert Path(used or "").parent.is_dir()
    assert used is None or used == "mine.db" or not Path(used).parent.exists()
