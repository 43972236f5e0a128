"""Connections to SQLite and PostgreSQL, and their failures as typed errors."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from visionmq.engine.api import EngineError
from visionmq.engine.store import postgres
from visionmq.engine.store.address import Address
from visionmq.schemas.errors import ErrorCode

BUSY_SECONDS: Final = 15.0
"""How long a writer waits for the others of a SQLite file; a write takes some milliseconds."""
_PAUSE_SECONDS: Final = 0.02
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",
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
    ("55P03", "The store is locked by another program", "Look for a stopped worker or an open transaction."),
    ("57014", "The store is locked by another program", "Look for a stopped worker or an open transaction."),
    (
        "refuses SSL",
        "PostgreSQL does not offer encryption",
        "Switch `ssl` on there, or correct sslmode in VISIONMQ_STORE.",
    ),
    ("CERTIFICATE_VERIFY", "PostgreSQL's certificate is not trusted", "Name the right sslrootcert in VISIONMQ_STORE."),
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
            url, arguments = postgres.split(address.url)
            made = create_engine(url, pool_size=1, max_overflow=4, pool_pre_ping=True, connect_args=arguments)
            event.listen(made, "connect", postgres.set_up)
            return made
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
    for pragma in (_patience(BUSY_SECONDS), *_PRAGMAS):
        connection.execute(pragma)
    _use_wal(connection)


def _patience(seconds: float) -> str:
    return f"PRAGMA busy_timeout={int(seconds * 1000)}"


def _use_wal(connection: Any) -> None:
    """Have a new file use a journal beside it; where several open it at once, SQLite does not let them wait."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(_PAUSE_SECONDS)


def is_journal_emptied(database: Engine, seconds: float) -> bool:
    """Write SQLite's journal into the database and cut it to nothing; False if that cannot be done now.

    Waits so many seconds for readers that still need it; another that does the same is not waited for.
    """
    connection = database.raw_connection()
    try:
        run = connection.cursor()
        run.execute(_patience(seconds))
        run.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy = (run.fetchone() or (0,))[0]
        run.execute(_patience(BUSY_SECONDS))
    except sqlite3.Error:  # a full disk, for instance: what was answered stays true, and it is tried again
        return False
    finally:
        connection.close()
    return not busy


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
    except UnicodeDecodeError as error:  # by the driver, where SQLite quotes a damaged schema
        raise _failure(code, "malformed", error) from error
    except OSError as error:
        if error.filename is not None:
            raise EngineError(
                code,
                f"{error.filename} cannot be used: {error.strerror}.",
                stage="store",
                hint="Correct VISIONMQ_STORE, or the rights of the folder.",
            ) from error
        raise _failure(code, str(error), error) from error


def _failure(code: ErrorCode, text: str, error: BaseException) -> EngineError:
    for part, reason, hint in _REASONS:
        if part in text:
            return EngineError(code, f"{reason}.", stage="store", hint=hint)
    kind = type(getattr(error, "orig", None) or error).__name__
    return Unreachable(code, f"The store's database does not answer ({kind}).", stage="store")
