"""What `visionmq doctor` says of the store that a worker here would use."""

import os
import socket
from pathlib import Path

import pytest

from visionmq.client.cli import store_checks
from visionmq.client.cli.checks import State

pytest.importorskip("platformdirs", reason="needs the worker's libraries")


@pytest.fixture(autouse=True)
def _worker(monkeypatch):
    monkeypatch.setattr(store_checks, "missing_for", lambda _part: [])


def states(monkeypatch, address: str) -> list[tuple[State, str]]:
    monkeypatch.setenv("VISIONMQ_STORE", address)
    return [(finding.state, f"{finding.detail} {finding.advice}") for finding in store_checks.store()]


def test_a_store_that_is_not_there_will_be_made(monkeypatch):
    ((state, said),) = states(monkeypatch, "new/cars.db")
    assert state is State.OK
    assert "will be made" in said


def test_a_store_without_its_keys_is_lost(monkeypatch):
    Path("cars.db").write_bytes(b"x")
    ((state, said),) = states(monkeypatch, "cars.db")
    assert state is State.FAIL
    assert "cars.db.keys" in said


def test_files_that_others_can_read_are_warned_of(monkeypatch):
    for name, mode in (("cars.db", 0o600), ("cars.db.keys", 0o644)):
        Path(name).write_bytes(b"x")
        os.chmod(name, mode)
    found = states(monkeypatch, "cars.db")
    assert [state for state, _ in found] == [State.OK, State.WARN]
    assert "chmod 600 cars.db.keys" in found[1][1]
    monkeypatch.setenv("VISIONMQ_STORE_KEYS", str(Path("elsewhere.keys")))
    assert states(monkeypatch, "cars.db")[0][0] is State.FAIL


def test_a_server_that_does_not_answer_is_said_without_its_password(monkeypatch):
    pytest.importorskip("pg8000")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"postgresql://me:secret@127.0.0.1:{held.getsockname()[1]}/cars"
        ((state, said),) = states(monkeypatch, address)
        assert state is State.FAIL
        assert "secret" not in said
        held.listen()
        ((state, _),) = states(monkeypatch, address)
    assert state is State.OK


def test_a_client_alone_has_no_store(monkeypatch):
    monkeypatch.setattr(store_checks, "missing_for", lambda _part: ["numpy"])
    assert not list(store_checks.store())


def test_doctor_names_the_store(visionmq):
    assert "store: " in visionmq("doctor").out
