"""What goes wrong with a database becomes a typed error that says what to do, and nothing is half done."""

import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import make_url, text

from tests.engine.store.asking import FACES, enroll, names, template
from tests.engine.store.conftest import Place
from tests.engine.store.servers import Postgres, postgres
from tests.faults.proxy import Proxy
from visionmq.engine.api import EngineError
from visionmq.engine.store import database, upkeep
from visionmq.engine.store import postgres as driver
from visionmq.engine.store.address import read_address
from visionmq.engine.store.database import typed_failures
from visionmq.engine.store.keeper import open_patiently
from visionmq.engine.store.messages import SUBJECTS, TEMPLATES, GetTemplates, ListSubjects
from visionmq.engine.store.opened import DirectLink, open_here
from visionmq.schemas import store as wire
from visionmq.schemas.errors import ErrorCode

TYPED = {ErrorCode.ENGINE_UNAVAILABLE, ErrorCode.STORE_UNAVAILABLE}


def pragma(link: DirectLink, statement: str) -> None:
    """Set something of the link's only connection."""
    with link.store.database.connect() as connection:
        connection.execute(text(statement))


def refused(link: DirectLink, name: str = "late") -> EngineError:
    with pytest.raises(EngineError) as caught:
        enroll(link, name, *(template(number, 0, 0, 0) for number in range(500)))
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    assert caught.value.hint or caught.value.to_error().hint
    return caught.value


def is_whole(link: DirectLink, *wanted: str) -> None:
    """Assert that just these subjects are kept, and that the log is right."""
    page = link.call(SUBJECTS, ListSubjects(kind="face", collection="staff"))
    assert [row.subject for row in page.subjects] == sorted(wanted)
    told = link.call(upkeep.VERIFY, wire.VerifyParams())
    assert (told.ok, told.rows) == (True, len(wanted))


def test_a_full_disk_refuses_and_changes_nothing(sqlite_place: Place) -> None:
    link = sqlite_place.open()
    enroll(link, "Ada", template(1, 0, 0, 0))
    pragma(link, "PRAGMA max_page_count=1")  # SQLite takes the present size
    assert "disk is full" in str(refused(link))
    assert names(link, 1, 0, 0, 0) == ["Ada"]
    pragma(link, "PRAGMA max_page_count=1000000")
    is_whole(link, "Ada")
    enroll(link, "late", template(2, 0, 0, 0))
    is_whole(link, "Ada", "late")


def test_a_file_that_may_not_be_written_can_still_be_read(sqlite_place: Place) -> None:
    link = sqlite_place.open()
    enroll(link, "Ada", template(1, 0, 0, 0))
    pragma(link, "PRAGMA query_only=ON")
    assert "may not be written" in str(refused(link))
    assert names(link, 1, 0, 0, 0) == ["Ada"]
    pragma(link, "PRAGMA query_only=OFF")
    is_whole(link, "Ada")


def test_a_file_that_another_program_locks_is_told_as_locked(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.02)
    link, other = sqlite_place.open(), sqlite_place.open()
    enroll(link, "Ada", template(1, 0, 0, 0))
    with other.store.database.connect().execution_options(writes=True) as writing, writing.begin():
        assert "locked by another program" in str(refused(link))
    is_whole(link, "Ada")


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be one" * 100, b"SQLite format 3\x00" * 300]
)
def test_a_file_that_is_no_database_is_refused(sqlite_place: Place, content: bytes) -> None:
    Path(sqlite_place.address).write_bytes(content)
    with pytest.raises(EngineError) as caught:
        sqlite_place.open()
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE
    assert Path(sqlite_place.address).read_bytes() == content


def test_damaged_bytes_are_refused_or_change_nothing(sqlite_place: Place) -> None:
    link = sqlite_place.open()
    for number in range(6):
        enroll(link, f"s{number}", template(number, 0, 0, 0), template(number, 1, 0, 0))
    right = link.call(TEMPLATES, GetTemplates(gallery=FACES))
    link.close()
    whole = Path(sqlite_place.address).read_bytes()
    outcomes = []
    for at in range(50, len(whole), 9001):
        damaged = bytearray(whole)
        damaged[at : at + 64] = bytes(byte ^ 0x5A for byte in damaged[at : at + 64])
        for rest in ("-wal", "-shm"):
            Path(sqlite_place.address + rest).unlink(missing_ok=True)
        Path(sqlite_place.address).write_bytes(damaged)
        outcomes.append(read_damaged(sqlite_place, right))
    assert set(outcomes) == {"refused", "told right"}


def read_damaged(place: Place, right: wire.Struct) -> str:
    """Return whether a damaged file was refused; what it does tell must be right."""
    try:
        link = place.open()
        told = link.call(TEMPLATES, GetTemplates(gallery=FACES))
    except EngineError as error:
        return "refused" if error.code in TYPED else str(error.code)
    known = {row.template_id: row for row in right.templates}
    assert all(known.get(row.template_id) == row for row in told.templates)
    link.close()
    return "told right"


def test_a_cut_file_is_never_taken_for_whole(sqlite_place: Place) -> None:
    link = sqlite_place.open()
    for number in range(6):
        enroll(link, f"s{number}", template(number, 0, 0, 0))
    link.close()
    whole = Path(sqlite_place.address).read_bytes()
    for size in range(4096, len(whole), 4096 * 7):
        Path(sqlite_place.address).write_bytes(whole[:size])
        with pytest.raises(EngineError):
            use(sqlite_place)


def use(place: Place) -> None:
    link = place.open()
    link.call(upkeep.VERIFY, wire.VerifyParams())
    enroll(link, "late", template(1, 0, 0, 0))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("mysql://user@host/db", "no store of kind"),
        ("postgresql://a:b@127.0.0.1:1/db", "does not answer"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("://", "cannot be read"),
    ],
)
def test_an_address_that_names_no_store_is_refused(address: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=reason) as caught:
        open_here(address, keys=str(tmp_path / "k"))
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="cannot be used") as caught:
        open_here(str(tmp_path / "file" / "store.db"))
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE


@pytest.fixture(scope="module")
def own_server() -> Iterator[Postgres]:
    """A server that may be stopped."""
    with postgres() as server:
        yield server


def test_a_lost_postgresql_is_told_and_used_again_when_it_is_back(own_server: Postgres, tmp_path: Path) -> None:
    keys = str(tmp_path / "k")
    with open_here(own_server.new_database(), keys=keys) as link:
        enroll(link, "Ada", template(1, 0, 0, 0))
        own_server.stop()
        for _ in range(2):
            refused(link)
            with pytest.raises(EngineError) as caught:
                names(link, 1, 0, 0, 0)
            assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
        own_server.start()
        assert names(link, 1, 0, 0, 0) == ["Ada"]
        enroll(link, "late", template(2, 0, 0, 0))
        is_whole(link, "Ada", "late")


def test_connections_that_the_server_ends_are_opened_again(own_server: Postgres, tmp_path: Path) -> None:
    with open_here(own_server.new_database(), keys=str(tmp_path / "k")) as link:
        enroll(link, "Ada", template(1, 0, 0, 0))
        own_server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert names(link, 1, 0, 0, 0) == ["Ada"]


def test_connections_that_are_reset_under_a_request_are_opened_again(own_server: Postgres, tmp_path: Path) -> None:
    with Proxy(("127.0.0.1", own_server.port)) as proxy:
        address = own_server.new_database().replace(
            f"127.0.0.1:{own_server.port}", proxy.endpoint.removeprefix("tcp://")
        )
        with open_here(address, keys=str(tmp_path / "k")) as link:
            enroll(link, "Ada", template(1, 0, 0, 0))
            proxy.reset()
            assert names(link, 1, 0, 0, 0) == ["Ada"]
            is_whole(link, "Ada")


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [(":not-secret@", ":guess@", "refuses the password"), ("/t", "/absent_t", "no such database")],
)
def test_what_postgresql_refuses_is_told_without_the_password(
    own_server: Postgres, tmp_path: Path, right: str, wrong: str, reason: str
) -> None:
    asked = own_server.address("t0").replace(right, wrong)
    with pytest.raises(EngineError, match=reason) as caught:
        open_here(asked, keys=str(tmp_path / "k"))
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE
    assert "guess" not in str(caught.value) + str(caught.value.hint)


def test_a_writer_that_holds_its_turn_is_told_as_a_lock(
    own_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "LOCK_SECONDS", 0.1)
    address, keys = own_server.new_database(), str(tmp_path / "k")
    with open_here(address, keys=keys) as link, open_here(address, keys=keys) as other:
        enroll(link, "Ada", template(1, 0, 0, 0))
        with other.store.session() as session, session.turn():
            assert "locked by another program" in str(refused(link))
            assert names(link, 1, 0, 0, 0) == ["Ada"]
        is_whole(link, "Ada")


def test_a_transaction_whose_program_stopped_is_ended_by_the_server(
    own_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "IDLE_SECONDS", 0.1)
    address, keys = own_server.new_database(), str(tmp_path / "k")
    with open_here(address, keys=keys) as stopped, open_here(address, keys=keys) as link:
        with pytest.raises(EngineError) as caught, typed_failures(), stopped.store.session() as session, session.turn():
            enroll(link, "Ada", template(1, 0, 0, 0))  # waits until the server has ended the other's turn
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
        is_whole(link, "Ada")


def test_a_server_that_is_silent_is_given_up(
    own_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(driver, "CONNECT_SECONDS", 0.5)
    with open_here(own_server.new_database(), keys=str(tmp_path / "k")) as link:
        enroll(link, "Ada", template(1, 0, 0, 0))
        below = [own_server.process.pid, *(child.pid for child in psutil.Process(own_server.process.pid).children())]
        for pid in below:
            os.kill(pid, signal.SIGSTOP)
        try:
            refused(link)
        finally:
            for pid in below:
                os.kill(pid, signal.SIGCONT)
        assert names(link, 1, 0, 0, 0) == ["Ada"]
        is_whole(link, "Ada")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("?sslmode=require", "does not offer encryption"),
        ("?sslmode=verify-full&sslrootcert=/no/such.pem", "no certificate file"),
        ("?sslmode=sometimes", "unknown option sslmode=sometimes"),
        ("?sslmodus=require", "unknown option sslmodus"),
    ],
)
def test_encryption_that_is_asked_for_is_not_done_without(
    own_server: Postgres, tmp_path: Path, options: str, reason: str
) -> None:
    with pytest.raises(EngineError, match=reason) as caught:
        open_here(own_server.address("postgres") + options, keys=str(tmp_path / "k"))
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE


def test_sslmode_is_understood_as_libpq_does() -> None:
    def context(query: str) -> Any:
        url, arguments = driver.split(make_url(f"postgresql+pg8000://u@h/d{query}"))
        assert not url.query
        return arguments["ssl_context"]

    assert context("?sslmode=disable") is False
    assert context("") is None
    assert context("?sslmode=require").verify_mode is ssl.CERT_NONE
    assert context("?sslmode=verify-ca").verify_mode is ssl.CERT_REQUIRED
    assert not context("?sslmode=verify-ca").check_hostname
    assert context("?sslmode=verify-full").check_hostname


def test_a_keeper_waits_for_a_database_that_is_away_but_not_for_ever(own_server: Postgres, tmp_path: Path) -> None:
    address = read_address(own_server.new_database(), str(tmp_path / "k"))
    own_server.stop()
    with pytest.raises(EngineError, match="does not answer"):
        open_patiently(address, seconds=0.1)
    own_server.start()
    open_patiently(address).close()
