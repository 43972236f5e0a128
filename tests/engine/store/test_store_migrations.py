"""Migrations bring every former schema to what the code defines, together or not at all."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text

from tests.engine.store.asking import enroll, names, template
from tests.engine.store.conftest import Place
from tests.engine.store.servers import Postgres
from visionmq.engine.api import EngineError
from visionmq.engine.store import migrating, services
from visionmq.engine.store.address import read_address
from visionmq.engine.store.database import connect
from visionmq.engine.store.opened import DirectLink, open_here
from visionmq.engine.store.tables import metadata, vault
from visionmq.schemas.errors import ErrorCode

REVISIONS = [script.revision for script in migrating.scripts().walk_revisions()]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database in which there is nothing."""
    if request.param == "sqlite":
        yield str(tmp_path / "store.db")
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    address = server.new_database()
    yield address
    server.drop_database(address)


@pytest.fixture
def database(empty: str) -> Iterator[Engine]:
    made = connect(read_address(empty, "unused.keys"))
    yield made
    made.dispose()


def differences(database: Engine) -> list[object]:
    assert services.SERVICES  # all parts have told their tables
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def test_migrations_make_what_the_code_defines(database: Engine) -> None:
    migrating.migrate(database)
    assert differences(database) == []


@pytest.mark.parametrize("former", REVISIONS)
def test_each_former_schema_is_brought_to_this_one(database: Engine, former: str) -> None:
    migrating.migrate(database, former)
    with database.connect() as connection:
        assert migrating.found_version(connection) == former
    migrating.migrate(database)
    assert differences(database) == []
    with database.connect() as connection:
        assert migrating.found_version(connection) == migrating.newest()


def test_a_comparison_that_finds_nothing_is_not_blind(database: Engine) -> None:
    migrating.migrate(database)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE subjects ADD COLUMN surplus INTEGER"))
    assert differences(database)


def test_a_store_of_a_newer_release_is_refused_and_left_alone(empty: str, database: Engine, tmp_path: Path) -> None:
    keys = str(tmp_path / "k")
    open_here(empty, keys=keys).close()
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(EngineError, match="newer release") as caught:
        open_here(empty, keys=keys)
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE
    assert "9999" in str(caught.value)
    assert caught.value.hint
    with database.connect() as connection:
        assert migrating.found_version(connection) == "9999"


def test_a_migration_that_fails_leaves_nothing(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.Operations.create_index", fail)
        with pytest.raises(RuntimeError):
            migrating.migrate(database)
    assert inspect(database).get_table_names() == []
    migrating.migrate(database)
    assert differences(database) == []


def test_many_that_open_a_new_store_at_once_open_the_same_one(empty: str, tmp_path: Path) -> None:
    keys, links, problems = str(tmp_path / "shared.keys"), list[DirectLink](), list[BaseException]()

    def open_one() -> None:
        try:
            links.append(open_here(empty, keys=keys))
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    for number, link in enumerate(links):
        enroll(link, f"s{number}", template(number, 0, 0, 0))
    assert all(len(names(link, 0, 0, 0, 0)) == 4 for link in links)
    with links[0].store.database.connect() as connection:
        assert len(connection.execute(select(vault)).all()) == 1
    for link in links:
        link.close()


def test_a_store_that_is_as_it_should_be_is_opened_without_a_lock(sqlite_place: Place) -> None:
    first = sqlite_place.open()
    with first.store.database.connect().execution_options(writes=True) as writing, writing.begin():
        sqlite_place.open()  # would wait for the writer, and fail
