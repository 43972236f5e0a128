"""A store that is open in this process, and the link to it for programs that see no pictures."""

import threading
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Final

import structlog
from msgspec import Struct
from sqlalchemy import Connection, insert, select, text

from visionmq.engine.api import EngineError
from visionmq.engine.store import audit
from visionmq.engine.store.address import Address, read_address
from visionmq.engine.store.database import connect, is_journal_emptied, typed_failures
from visionmq.engine.store.keyfile import Keys, Ring, make_keys, read_keys
from visionmq.engine.store.link import Ask, Method, Told
from visionmq.engine.store.migrating import migrate
from visionmq.engine.store.services import IDLE, SERVICES, WARM
from visionmq.engine.store.session import Clock, Session, format_time, new_id, utc_now
from visionmq.engine.store.sweeping import sweep
from visionmq.engine.store.tables import chain_head, vault
from visionmq.schemas.errors import ErrorCode

_log = structlog.get_logger()

JOURNAL_SECONDS: Final = 0.3
"""How long the end of the journal waits for readers; those of one request need some milliseconds."""
JOURNAL_PAUSE_SECONDS: Final = 0.5
"""Between two tries to end the journal, where a reader held it."""

SWEEP_SECONDS: Final = 10.0
"""How long after its time a subject may still be found, where somebody asks."""


class Journal(Enum):
    """What SQLite's journal may hold."""

    EMPTY = "empty"
    FULL = "full"
    """Perhaps a key that was destroyed."""
    HELD = "held"
    """The same, and a reader kept it from being ended."""


class OpenStore:
    """Answers requests one at a time; what services keep in memory lives here."""

    def __init__(self, address: Address, clock: Clock = utc_now) -> None:
        """Open a store, made if it is new.

        Raises EngineError(ENGINE_UNAVAILABLE) if it cannot be opened.
        """
        self.address = address
        self._clock, self._lock = clock, threading.Lock()
        self._kept: dict[type, Any] = {}
        self._journal, self._journal_again = Journal.FULL, 0.0
        self._sweep_at = 0.0
        self.database = connect(address)
        try:
            with typed_failures(ErrorCode.ENGINE_UNAVAILABLE):
                self._open()
        except BaseException:
            self.database.dispose()
            raise

    def _open(self) -> None:
        if self.address.path is not None:
            _make_private(self.address.path)
        migrate(self.database)
        self._ring = Ring(self.address.keys, self._bind())
        # Whoever forgot last may have been killed before the journal was empty.
        self._empty_journal()
        with self.session() as session:
            for warm in WARM:
                warm(session)

    def _bind(self) -> Keys:
        """Return the keys that belong to this store; a new store takes what there is, or new ones."""
        with self.database.connect() as connection:
            bound = connection.execute(select(vault.c.fingerprint)).scalar_one_or_none()
        if bound is None:
            with self.database.connect().execution_options(writes=True) as connection, connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("LOCK TABLE vault IN EXCLUSIVE MODE"))
                bound = connection.execute(select(vault.c.fingerprint)).scalar_one_or_none()
                if bound is None:
                    return self._found(connection)
        keys = read_keys(self.address.keys)
        if keys.fingerprint != bound:
            raise EngineError(
                ErrorCode.ENGINE_UNAVAILABLE,
                f"The key file {self.address.keys} belongs to another store.",
                stage="store",
                hint="Name this store's key file in VISIONMQ_STORE_KEYS.",
            )
        return keys

    def _found(self, connection: Connection) -> Keys:
        path = self.address.keys
        keys = read_keys(path) if path.exists() else make_keys(path)
        connection.execute(
            insert(vault).values(
                id=1, store_id=new_id(self._clock), fingerprint=keys.fingerprint, created_at=format_time(self._clock())
            )
        )
        connection.execute(
            insert(chain_head).values(
                id=1, sequence=0, hash=audit.GENESIS, seal=audit.head_seal(keys, 0, audit.GENESIS), kek=keys.newest
            )
        )
        return keys

    def session(self) -> "_OneSession":
        """Return a context with a session, closed at its end."""
        return _OneSession(lambda: Session(self.database, self._ring, self._kept, self._clock, self.address.shown))

    def call(self, method: str, request: Struct) -> Struct:
        """Answer one request; raises EngineError."""
        known = SERVICES.get(method)
        if known is None:
            raise EngineError(ErrorCode.UNKNOWN_OPERATION, f"The store knows no {method!r}.", stage="store")
        with self._lock, typed_failures(), self.session() as session:
            self._sweep(session)
            answer: Struct = known[1](session, request)
            if session.forgot:
                self._journal = Journal.FULL
            if self._journal is not Journal.EMPTY:
                session.close()
                self._empty_journal()
            return answer

    def _sweep(self, session: Session) -> None:
        """Forget those whose time is over, now and then; where that fails, what was asked is answered all the same."""
        if time.monotonic() < self._sweep_at:
            return
        self._sweep_at = time.monotonic() + SWEEP_SECONDS
        try:
            with typed_failures():
                sweep(session)
        except EngineError as error:
            session.close()
            _log.warning("subjects whose time is over are kept", reason=str(error))

    def idle(self) -> bool:
        """Do a moment's work that nobody waits for; True if there is more to do now."""
        if self.must_wait:
            with self._lock:
                self._empty_journal()
        try:
            with self._lock, typed_failures(), self.session() as session:
                return any([work(session) for work in IDLE])
        except EngineError as error:  # whoever asks next is told
            _log.warning("the store cannot be read", reason=str(error))
            return False

    @property
    def must_wait(self) -> bool:
        """Whether the journal still waits for a reader to end; then `idle` should be called again soon."""
        return self._journal is Journal.HELD

    def _empty_journal(self) -> None:
        """Let SQLite's journal keep no copy of a key that was destroyed; tried again, now and then, if a reader holds it."""
        if self.address.path is None:
            self._journal = Journal.EMPTY
            return
        held = self._journal is Journal.HELD
        if held and time.monotonic() < self._journal_again:
            return
        if is_journal_emptied(self.database, 0.0 if held else JOURNAL_SECONDS):
            self._journal = Journal.EMPTY
            return
        self._journal, self._journal_again = Journal.HELD, time.monotonic() + JOURNAL_PAUSE_SECONDS
        if not held:
            _log.warning("a reader keeps the journal, which may hold what was forgotten; it is tried again")

    def close(self) -> None:
        """Let the database go."""
        with self._lock:
            self.database.dispose()


class _OneSession:
    """A session that is closed at the end of a `with`."""

    def __init__(self, make: Callable[[], Session]) -> None:
        self._session = make()

    def __enter__(self) -> Session:
        return self._session

    def __exit__(self, *_: object) -> None:
        self._session.close()


def _make_private(path: Path) -> None:
    """Make the folder and file of a new SQLite store, for its owner only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except PermissionError:
        if not path.exists():  # else it may only be read, and says so when it is written
            raise


class DirectLink:
    """A link to a store in this process; for tests, benchmarks and commands, not where pictures are decoded."""

    def __init__(self, store: OpenStore) -> None:
        self.store = store

    def call(self, method: Method[Ask, Told], request: Ask) -> Told:
        """Return the answer; see `Link.call`."""
        answer = self.store.call(method.name, request)
        assert isinstance(answer, method.told)
        return answer

    def close(self) -> None:
        """Let the store go."""
        self.store.close()

    def __enter__(self) -> "DirectLink":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_here(address: str | None = None, *, keys: str | None = None) -> DirectLink:
    """Open a store in this process.

    Raises EngineError(ENGINE_UNAVAILABLE) if it cannot be opened.
    """
    return DirectLink(OpenStore(read_address(address, keys)))
