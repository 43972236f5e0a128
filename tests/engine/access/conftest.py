"""A garage in SQLite, for most tests, and on both databases, for what depends on them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.access.garage import Garage, garage
from tests.engine.store.conftest import Place, place, postgres_server
from visionmq.engine.access import passwords

__all__ = ["place", "postgres_server"]

CHEAP = passwords.Cost(64, 1, 1)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", CHEAP)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Garage]:
    with garage(str(tmp_path / "store.db"), tmp_path / "store.keys") as made:
        yield made


@pytest.fixture
def any_shop(place: Place) -> Iterator[Garage]:
    with garage(place.address, place.keys) as made:
        yield made
