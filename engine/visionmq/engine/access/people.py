"""Users as rows and as persons: found by the blind index of their login name, opened with their own key."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Row, select

from visionmq.engine.access.errors import missing
from visionmq.engine.access.tables import users
from visionmq.engine.store.sealing import Box
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import data_keys

_MANY: Final = 500
_ID: Final = re.compile(r"[0-9a-f]{32}")


class Record(Struct, frozen=True, kw_only=True):
    """What a user's sealed column holds."""

    user: str
    full_name: str | None = None
    birth_date: str | None = None
    subject: str
    collection: str


@dataclass(frozen=True, slots=True)
class Known:
    """A user whose record is open."""

    user_id: str
    record: Record
    engineer: bool
    created_at: str
    box: Box
    blind: str


def blind_of(session: Session, name: str) -> str:
    """Return the blind index of a login name; capitals and blanks around it make no difference."""
    return session.blind("user", name.strip().casefold())


def is_id(text: str) -> bool:
    """Whether a text is written as ids are; no login name may be."""
    return _ID.fullmatch(text.strip().casefold()) is not None


def seal_record(box: Box, user_id: str, record: Record) -> bytes:
    """Return the sealed column of a user."""
    return box.seal(msgspec.msgpack.encode(record), "access_users", user_id)


def find_user(session: Session, user: str) -> Known | None:
    """Return a user by id or login name."""
    found = _users(session, users.c.user_id == user if is_id(user) else users.c.blind == blind_of(session, user))
    return found[0] if found else None


def the_user(session: Session, user: str) -> Known:
    """Return a user by id or login name; NOT_FOUND if there is none."""
    found = find_user(session, user)
    if found is None:
        raise missing("There is no such user.")
    return found


def users_by_id(session: Session, ids: Iterable[str]) -> dict[str, Known]:
    """Return those users that are not forgotten."""
    wanted = list(dict.fromkeys(ids))
    parts = (wanted[at : at + _MANY] for at in range(0, len(wanted), _MANY))
    return {one.user_id: one for part in parts for one in _users(session, users.c.user_id.in_(part))}


def page_of_users(session: Session, after: str | None, limit: int) -> list[Known]:
    """Return users in order of id, which is the order in which they were added."""
    return _users(session, users.c.user_id > (after or ""), limit)


def engineers_of(session: Session) -> list[Known]:
    """Return all engineers."""
    return _users(session, users.c.engineer == 1)


def _users(session: Session, condition: ColumnElement[bool], limit: int | None = None) -> list[Known]:
    query = select(users, data_keys.c.wrapped, data_keys.c.kek).join(data_keys, data_keys.c.owner == users.c.user_id)
    query = query.where(condition).order_by(users.c.user_id).limit(limit)
    return [_open(session, row) for row in session.connection.execute(query)]


def _open(session: Session, row: Row[Any]) -> Known:
    box = session.sealer.open_row(row.user_id, row.wrapped, row.kek)
    record = msgspec.msgpack.decode(box.open(row.sealed, "access_users", row.user_id), type=Record)
    return Known(row.user_id, record, bool(row.engineer), row.created_at, box, row.blind)
