"""A session: what a handler of the store is given for one request.

A service is a set of handlers, one a method, in the table of `services.py`. A handler is a function
`(Session, request) -> reply`; it reads with `session.connection` (SQLAlchemy Core) and changes with
`session.write`:

    RETURN = Method("access.return", ReturnCar, Returned)

    def return_car(session: Session, request: ReturnCar) -> Returned:
        with session.write(request.author, RETURN, request) as write:
            if write.former is not None:  # the same key of the same user came before
                return msgspec.structs.replace(write.former, repeated=True)
            row = session.connection.execute(select(bookings).where(...)).one_or_none()
            if row is None:
                raise EngineError(ErrorCode.NOT_FOUND, "There is no such booking.")  # nothing is changed
            session.connection.execute(update(bookings)...)
            entry = write.record(booking=row.booking_id, car=row.car_id)  # audit row; opaque ids only
            return write.reply(Returned(booking_id=row.booking_id, audit_sequence=entry.sequence))

All of a `write` is one transaction: the change, the audit row, and the reply under the key. All writers of a
store, in all processes, take turns at the head of the audit log, so what is read inside a `write` is what holds
when it commits; what was read before it may have changed. An exception undoes everything.

Personal data is sealed, and found by its blind index:

    user_id = new_id()
    box = session.sealer.make(user_id)  # the user's own key; `sealer.destroy(user_id)` with
    # `session.forgot = True` forgets all that it sealed
    insert(users).values(user_id=user_id, name_blind=session.blind("user", name),
                         sealed=box.seal(encode(UserData(...)), "users", user_id))
    session.sealer.box(user_id).open(row.sealed, "users", user_id)

The parts after the bytes are the place (table, row, ...); sealed bytes open at their own place only.
Replies of writes and facts hold no names: they are kept.

A part's tables use `tables.metadata`, and are made by a migration of the part's own (`migrations/versions/NNNN_part.py`,
each after the last). What a part keeps in memory between requests (an index) is `session.kept(ItsClass)`, one
object a process. `tables.changes` tells, by audit sequence, which subjects' templates changed: sequences are given
in the order of commits, so who has read up to one has missed nothing before it.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, delete, insert, select

from visionmq.engine.api import EngineError
from visionmq.engine.store.audit import Anchor, Entry, append, head_seal
from visionmq.engine.store.keyfile import Keys, Ring
from visionmq.engine.store.link import Ask, Method, Told
from visionmq.engine.store.messages import Author
from visionmq.engine.store.sealing import Facts, Sealer, blind, canonical_digest
from visionmq.engine.store.tables import chain_head, changes, replies
from visionmq.schemas.errors import ErrorCode

Part = TypeVar("Part")
KEEP_REPLIES: Final = timedelta(days=7)
"""How long a repeated request is known; clients give up within minutes."""
_SWEEP_EVERY: Final = 64
"""Changes between two removals of old replies."""
_LONGEST_NAME: Final = 256


class Session:
    """One request's way to the store."""

    def __init__(self, database: Engine, ring: Ring, kept: dict[type, Any], clock: "Clock", shown: str) -> None:
        self.shown = shown
        """The address, without its password."""
        self._database, self._kept, self._clock = database, kept, clock
        self._connection: Connection | None = None
        self._kek = ""
        self.last = Anchor(0, "")
        """The end of the audit log when this session's turn began."""
        self.ring = ring
        """The key file."""
        self.forgot = False
        """Whether a key was destroyed: then no journal may keep its copy."""

    @property
    def connection(self) -> Connection:
        """The connection of this request, in a transaction; reads only, outside `write`."""
        if self._connection is None:
            self._connection = self._database.connect()
        return self._connection

    @property
    def keys(self) -> Keys:
        """The secrets of the key file."""
        return self.ring.keys

    @property
    def sealer(self) -> Sealer:
        """Seals and opens; see `sealing`. New keys can be made inside a `write` only."""
        return Sealer(self.ring, self.connection, self._kek)

    def blind(self, *parts: str) -> str:
        """Return the blind index of a name, under what it is a name of: `blind("user", name)`."""
        return blind(self.keys, *parts)

    def now(self) -> str:
        """Return the time in UTC, ISO 8601 with microseconds; such texts sort as their times."""
        return format_time(self._clock())

    def kept(self, kind: type[Part]) -> Part:
        """Return this process's one object of a class, made without arguments at first; for indexes."""
        if kind not in self._kept:
            self._kept[kind] = kind()
        made: Part = self._kept[kind]
        return made

    @contextlib.contextmanager
    def write(self, author: Author, method: "Method[Ask, Told]", request: Ask) -> "Iterator[Write[Told]]":
        """Open the one transaction of a change; see the module's example.

        Raises EngineError: CONFLICT if the user's key came before with another request.
        """
        with self.turn():
            write = Write(self, author, method, request)
            yield write
            write.finish()

    @contextlib.contextmanager
    def turn(self) -> Iterator[str]:
        """Open a transaction that no other writer of this store shares, without a record; for upkeep.

        Gives the id of the wrapping key in use.
        """
        if self._kek:
            raise RuntimeError("a write is open already; one request changes once")
        self.close()
        self._connection = self._database.connect().execution_options(writes=True)
        try:
            self._kek = self._take_turn()
            yield self._kek
            self._connection.commit()
        except BaseException:
            self._give_up()
            raise
        finally:
            self._kek = ""
            self.close()

    def _take_turn(self) -> str:
        head = self.connection.execute(select(chain_head).with_for_update()).one_or_none()
        if head is None or head.seal != head_seal(self.keys, head.sequence, head.hash):
            raise EngineError(
                ErrorCode.STORE_UNAVAILABLE,
                "The head of the audit log was altered; nothing more is written.",
                stage="store",
                hint="Run `visionmq audit verify`, and restore the database from its backup.",
            )
        self.ring.find(head.kek)
        self.last = Anchor(head.sequence, head.hash)
        return str(head.kek)

    def _give_up(self) -> None:
        # A connection that was lost cannot roll back; the database does so by itself.
        with contextlib.suppress(Exception):
            self.connection.rollback()

    def close(self) -> None:
        """End what was read."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()


class Write(Generic[Told]):
    """One change: its former reply if it was made before, its audit row, its reply."""

    def __init__(self, session: Session, author: Author, method: "Method[Any, Told]", request: Struct) -> None:
        self._session, self._method = session, method
        self._actor = author.user or ""
        if not 0 < len(author.key) <= _LONGEST_NAME or len(self._actor) > _LONGEST_NAME:
            raise EngineError(ErrorCode.BAD_REQUEST, "A change needs a key of 1 to 256 characters.", stage="store")
        self._key = session.blind("key", author.key)  # callers choose keys, and may put names in
        self._digest = canonical_digest(session.keys, method.name, _content(request))
        self.former: Told | None = self._find_former()
        """What was answered when the same key came before; then nothing may be changed."""
        self.entry: Entry | None = None
        self._reply: Told | None = None

    def _find_former(self) -> Told | None:
        row = self._session.connection.execute(
            select(replies.c.digest, replies.c.reply).where(replies.c.actor == self._actor, replies.c.key == self._key)
        ).one_or_none()
        if row is None:
            return None
        if row.digest != self._digest:
            raise EngineError(ErrorCode.CONFLICT, "This key came before with another request.", stage="store")
        return msgspec.msgpack.decode(row.reply, type=self._method.told)

    def record(self, **facts: str | int | float | bool | None) -> Entry:
        """Append the audit row of this change, once; facts are opaque ids and numbers."""
        if self.entry is not None or self.former is not None:
            raise RuntimeError("a write is recorded once")
        session = self._session
        self.entry = append(
            session.connection,
            session.keys,
            session.last,
            at=session.now(),
            action=self._method.name,
            actor=self._actor,
            facts=facts,
        )
        return self.entry

    def changed(self, gallery_id: str, subject_id: str) -> None:
        """Tell all indexes that a subject's templates changed; after `record`."""
        if self.entry is None:
            raise RuntimeError("record the change first")
        self._session.connection.execute(
            insert(changes).values(sequence=self.entry.sequence, gallery_id=gallery_id, subject_id=subject_id)
        )

    def reply(self, told: Told) -> Told:
        """Keep the reply under the key, and return it."""
        self._reply = told
        return told

    def finish(self) -> None:
        """Store the reply; what was changed without a record or a reply is a mistake of the handler."""
        if self.former is not None:
            return
        if self.entry is None or self._reply is None:
            raise RuntimeError(f"{self._method.name} changed something without record and reply")
        connection, now = self._session.connection, self._session.now()
        if self.entry.sequence % _SWEEP_EVERY == 0:
            oldest = format_time(datetime.fromisoformat(now) - KEEP_REPLIES)
            connection.execute(delete(replies).where(replies.c.created_at < oldest))
        connection.execute(
            insert(replies).values(
                actor=self._actor,
                key=self._key,
                digest=self._digest,
                reply=msgspec.msgpack.encode(self._reply),
                created_at=now,
            )
        )


Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def format_time(at: datetime) -> str:
    """Return a time as the store writes it: UTC, microseconds, ending in +00:00."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def new_id(clock: Clock = utc_now) -> str:
    """Return a new opaque id: 48 bits of time, so that new rows lie together, and 80 random bits; 32 hex digits."""
    import secrets

    return f"{int(clock().timestamp() * 1000):012x}{secrets.token_hex(10)}"


def _content(request: Struct) -> bytes:
    """Return a request without its author: the key must not make two requests differ."""
    fields = {name: getattr(request, name) for name in request.__struct_fields__ if name != "author"}
    return msgspec.msgpack.encode(fields, order="deterministic")


__all__ = ["Clock", "Facts", "Session", "Write", "format_time", "new_id", "utc_now"]
