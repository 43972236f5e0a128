"""Connections to SQLite and PostgreSQL, and their failures as typed errors."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from visionmq.engine.api import EngineError
from visionmq.engine.store.address import Address
from visionmq.schemas.errors import ErrorCode

BUSY_SECONDS: Final = 15.0
"""How long a writer waits for the others of a SQLite file; a write takes some milliseconds."""
_CONNECT_SECONDS: Final = 5.0
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
)
_REASONS: Final = (
    # What the drivers' messages hold, what that means, and what to do.
    ("database or disk is full", "The store's disk is full", "Make room on the disk, then send again."),
    ("No space left", "The store's disk is full", "Make room on the disk, then send again."),
    ("readonly database", "The store's file may not be written", "Give the service the right to write the file."),
    ("unable to open", "The store's file cannot be opened", "Look at the path and its rights."),
    ("malformed", "The store's database is damaged", "Restore it from its backup."),
    ("not a database", "The store's file is no database, or it is damaged", "Restore it from its backup."),
    ("disk I/O error", "The store's disk fails", "Look at the disk and the system's log."),
    ("locked", "The store is locked by another program", "End what holds the file open, then send again."),
    ("password authentication", "PostgreSQL refuses the password", "Correct VISIONMQ_STORE."),
    ("3D000", "PostgreSQL has no such database", "Make it with `createdb`, or correct VISIONMQ_STORE."),
    ("53100", "The store's disk is full", "Make room on PostgreSQL's disk, then send again."),
    ("25006", "PostgreSQL may only be read", "Name the primary server in VISIONMQ_STORE."),
    ("could not serialize", "The store was changed meanwhile", "Send again."),
)


def connect(address: Address) -> Engine:
    """Return the engine of an address; connects when first used."""
    try:
        if address.path is None:
            return create_engine(
                address.url, pool_size=1, max_overflow=4, pool_pre_ping=True, connect_args={"timeout": _CONNECT_SECONDS}
            )
        made = create_engine(address.url, pool_size=1, max_overflow=4, connect_args={"check_same_thread": False})
    except (ImportError, NoSuchModuleError):
        raise EngineError(
            ErrorCode.ENGINE_UNAVAILABLE,
            "The driver of PostgreSQL is not installed.",
            stage="store",
            hint="Install it: `pip install visionmq[worker,postgres]`.",
        ) from None
    event.listen(made, "connect", _set_up_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_begin_sqlite` does
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Unreachable(EngineError):
    """The database does not answer, and may do so later."""


@contextlib.contextmanager
def typed_failures(code: ErrorCode = ErrorCode.STORE_UNAVAILABLE) -> Iterator[None]:
    """Turn what a database does wrong into an EngineError of this code; its text names no values."""
    try:
        yield
    except IntegrityError as error:
        raise EngineError(
            ErrorCode.INTERNAL, f"The store refused a change ({type(error.orig).__name__}).", stage="store"
        ) from error
    except (DBAPIError, SQLAlchemyError) as error:
        raise _failure(code, str(getattr(error, "orig", error)), error) from error
    except OSError as error:
        raise _failure(code, str(error), error) from error


def _failure(code: ErrorCode, text: str, error: BaseException) -> EngineError:
    for part, reason, hint in _REASONS:
        if part in text:
            return EngineError(code, f"{reason}.", stage="store", hint=hint)
    kind = type(getattr(error, "orig", None) or error).__name__
    return Unreachable(code, f"The store's database does not answer ({kind}).", stage="store")
