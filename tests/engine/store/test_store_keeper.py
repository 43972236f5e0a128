"""The keeper: another process, with the same answers and errors; it ends with its socket, and its end is told."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import msgspec
import psutil
import pytest

from tests.engine.store.asking import FACES, enroll, forget, names, template, vector
from tests.engine.store.conftest import Place
from visionmq.engine.api import EngineError
from visionmq.engine.shared import Shared
from visionmq.engine.store.frames import Call, Failure, Ready, from_keeper, receive, send
from visionmq.engine.store.keeper_link import KeeperLink, start_keeper
from visionmq.engine.store.link import open_link
from visionmq.engine.store.messages import SEARCH, Search
from visionmq.schemas.errors import ErrorCode


@contextmanager
def kept(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeeperLink]:
    monkeypatch.setenv("VISIONMQ_STORE_KEYS", str(place.keys))
    link = cast(KeeperLink, start_keeper(place.address))
    try:
        yield link
    finally:
        link.close()


def test_a_keeper_answers_as_a_store_in_this_process_does(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept(place, monkeypatch) as link:
        told = enroll(link, "Ada", template(1, 0, 0, 0))
        assert names(link, 1, 0, 0, 0) == ["Ada"]
        assert names(place.open(), 1, 0, 0, 0) == ["Ada"]
        assert enroll(link, "Ada", template(1, 0, 0, 0)) == msgspec.structs.replace(told, repeated=True)
        assert forget(link, "Ada").subject_id == told.subject_id
        with pytest.raises(EngineError) as caught:
            forget(link, "nobody")
        assert caught.value.code is ErrorCode.NOT_FOUND
        assert caught.value.stage == "store"
        assert not link.lost


def test_a_keeper_ends_with_its_link(sqlite_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept(sqlite_place, monkeypatch) as link:
        process = psutil.Process(link.keeper_pid)
        assert process.is_running()
    assert not process.is_running()


def test_a_keeper_ends_when_the_process_that_asks_it_is_killed(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISIONMQ_STORE_KEYS", str(sqlite_place.keys))
    code = (
        "import sys, time; from visionmq.engine.store.keeper_link import start_keeper\n"
        "link = start_keeper(sys.argv[1]); print(link.keeper_pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, sqlite_place.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asker:
        assert asker.stdout is not None
        keeper = psutil.Process(int(asker.stdout.readline()))
        asker.kill()
    psutil.wait_procs([keeper], timeout=20)
    assert not keeper.is_running() or keeper.status() == psutil.STATUS_ZOMBIE


def test_a_killed_keeper_is_told_and_the_process_known_as_lost(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISIONMQ_STORE_KEYS", str(sqlite_place.keys))
    monkeypatch.setenv("VISIONMQ_STORE", sqlite_place.address)
    shared = Shared()
    link = cast(KeeperLink, shared.store())
    enroll(link, "Ada", template(1, 0, 0, 0))
    assert not shared.lost
    os.kill(link.keeper_pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(EngineError) as caught:
            names(link, 1, 0, 0, 0)
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    assert shared.lost
    shared.close()
    with kept(sqlite_place, monkeypatch) as again:
        assert names(again, 1, 0, 0, 0) == ["Ada"]


def test_a_store_that_cannot_be_opened_is_told_as_in_this_process(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_place.open().close()
    sqlite_place.keys.unlink()
    monkeypatch.setenv("VISIONMQ_STORE_KEYS", str(sqlite_place.keys))
    with pytest.raises(EngineError, match="is missing") as caught:
        open_link(sqlite_place.address)
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE
    assert caught.value.hint


def test_a_keeper_survives_what_it_does_not_understand(sqlite_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_keeper(sqlite_place, monkeypatch) as sock:
        assert isinstance(from_keeper.decode(receive(sock)), Ready)

        def told(message: msgspec.Struct) -> Failure:
            send(sock, message)
            answer = from_keeper.decode(receive(sock))
            assert isinstance(answer, Failure)
            return answer

        nothing = msgspec.Raw(msgspec.msgpack.encode({}))
        assert told(Call("gallery.steal", nothing)).code is ErrorCode.UNKNOWN_OPERATION
        assert told(Call(SEARCH.name, nothing)).code is ErrorCode.BAD_REQUEST
        assert told(Ready()).code is ErrorCode.BAD_REQUEST
        search = Search(gallery=FACES, probes=b"123")
        assert told(Call(SEARCH.name, msgspec.Raw(msgspec.msgpack.encode(search)))).code is ErrorCode.BAD_REQUEST


@contextmanager
def raw_keeper(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A keeper and its bare socket."""
    monkeypatch.setenv("VISIONMQ_STORE_KEYS", str(place.keys))
    monkeypatch.setenv("VISIONMQ_STORE", place.address)
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "visionmq.engine.store.keeper", "--channel", str(theirs.fileno())]
    with ours, subprocess.Popen(command, pass_fds=[theirs.fileno()]) as process:
        theirs.close()
        ours.settimeout(60)
        yield ours
        ours.close()
        assert process.wait(30) == 0


def test_the_address_with_its_password_is_no_argument_of_the_keeper(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept(place, monkeypatch) as link:
        assert place.address not in " ".join(psutil.Process(link.keeper_pid).cmdline())


def test_what_the_keeper_logs_names_nobody(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with kept(sqlite_place, monkeypatch) as link:
        enroll(link, "Zaphira", template(1, 0, 0, 0))
        with pytest.raises(EngineError):
            enroll(link, "Zaphira", template(2, 0, 0, 0))  # the same key
        forget(link, "Zaphira")
    said = "".join(capfd.readouterr())
    assert "Zaphira" not in said
    assert vector(1, 0, 0, 0).hex() not in said


def test_a_link_of_the_environment_is_opened_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISIONMQ_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    link = open_link()
    enroll(link, "Ada", template(1, 0, 0, 0))
    link.close()
    assert {path.name for path in (tmp_path / "data" / "visionmq").iterdir()} == {"store.db", "store.db.keys"}
