"""Migrations at opening: the schema is brought to this release's version under a lock, in one transaction."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from visionmq.engine.api import EngineError
from visionmq.schemas.errors import ErrorCode

_LOCK: Final = 0x56_4D_51_53
"""The advisory lock of PostgreSQL; on SQLite, BEGIN IMMEDIATE locks."""


def migrate(database: Engine, revision: str = "head") -> None:
    """Bring a database to a revision; changes nothing if it is there.

    Raises EngineError(ENGINE_UNAVAILABLE) if a newer release has written it.
    """
    with database.connect() as connection:
        if found_version(connection) == newest():
            return
    with database.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _check_known(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def scripts() -> ScriptDirectory:
    """Return the migrations of this release."""
    return ScriptDirectory.from_config(_config())


def newest() -> str:
    """Return the revision of this release."""
    return scripts().get_current_head() or ""


def found_version(connection: Connection) -> str | None:
    """Return a database's revision; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _check_known(connection: Connection) -> None:
    found = found_version(connection)
    known = {script.revision for script in scripts().walk_revisions()}
    if found is not None and found not in known:
        raise EngineError(
            ErrorCode.ENGINE_UNAVAILABLE,
            f"The store was written by a newer release (its schema is {found}, this release knows {newest()}).",
            stage="store",
            hint="Install that release or a later one on this host, too.",
        )
