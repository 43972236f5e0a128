"""Stores to test on: SQLite and PostgreSQL, the same tests on both."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.store.servers import Postgres, postgres
from visionmq.engine.store.opened import DirectLink, open_here


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@dataclass
class Place:
    """Where a test's store is, with the links it opened."""

    address: str
    keys: Path
    folder: Path
    """What holds the store's files: searched for what must not be there."""
    links: list[DirectLink]

    def open(self) -> DirectLink:
        link = open_here(self.address, keys=str(self.keys))
        self.links.append(link)
        return link

    @property
    def is_sqlite(self) -> bool:
        return "://" not in self.address


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty place for a store, on both databases."""
    if request.param == "sqlite":
        made = Place(str(tmp_path / "store.db"), tmp_path / "store.keys", tmp_path, [])
        yield made
        _close(made)
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    made = Place(server.shared, tmp_path / "store.keys", server.folder, [])
    yield made
    _close(made)
    server.empty()


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Iterator[Place]:
    """An empty place for a store in a file."""
    made = Place(str(tmp_path / "store.db"), tmp_path / "store.keys", tmp_path, [])
    yield made
    _close(made)


@pytest.fixture
def link(place: Place) -> DirectLink:
    """A store opened in this process."""
    return place.open()


def _close(place: Place) -> None:
    for link in place.links:
        link.close()
