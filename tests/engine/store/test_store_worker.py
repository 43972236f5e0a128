"""The store through a broker and a sandboxed worker: answered, and answered again after its keeper was killed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.engine.store.asking import enroll, template
from tests.engine.store.conftest import Place
from visionmq.client import Client, errors


@contextmanager
def service(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("VISIONMQ_STORE_KEYS", str(place.keys))
    with Client.local(children=1, engines=["store", "system"], store=place.address) as client:
        yield client


def keepers() -> list[psutil.Process]:
    """The keepers below this process."""
    below = psutil.Process().children(recursive=True)
    return [process for process in below if "visionmq.engine.store.keeper" in process.cmdline()]


def test_the_store_is_asked_from_within_the_sandbox(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    enroll(place.open(), "Ada", template(1, 0, 0, 0))
    with service(place, monkeypatch) as client:
        told = client.store_info()
        assert (told.subjects, told.templates, told.audit_rows) == (1, 1, 1)
        head = client.audit_head()
        assert client.audit_verify(head).ok
        assert client.rekey_store().wrapped == 2
        (entry,) = client.audit_entries(last=True, limit=1).entries
        assert entry.action == "store.rekey"
    assert keepers() == []


def test_a_killed_keeper_costs_no_more_than_one_try(sqlite_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with service(sqlite_place, monkeypatch) as client:
        child = client.ping().pid
        (keeper,) = keepers()
        keeper.kill()
        with suppress(errors.StoreUnavailable):
            client.store_info()
        assert client.store_info().subjects == 0
        assert client.ping().pid != child
        (again,) = keepers()
        assert again.pid != keeper.pid


def test_up_and_the_worker_take_the_store_as_a_flag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from visionmq.worker.__main__ import read_settings

    assert read_settings(["--store", "a.db"]).store == "a.db"
    monkeypatch.setenv("VISIONMQ_STORE", "b.db")
    assert read_settings([]).store == "b.db"
    assert os.environ["VISIONMQ_STORE"] == "b.db"
