"""Logins: the same work, and so the same time, for a wrong name, a wrong password and a locked name.

A name that does not exist is checked against a hash that is nobody's, kept in the same table and found by the same
query. Failures are counted by name, whether it exists or not. What is hashed is hashed outside the transaction, which
all writers wait for; the lock and the hash are looked at again inside.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, delete, insert, select, update

from visionmq.engine.access.lockout import Attempts, after_failure
from visionmq.engine.access.methods import PREPARE, Prepare, Prepared
from visionmq.engine.access.passwords import Passwords
from visionmq.engine.access.people import blind_of
from visionmq.engine.access.policies import policy_in_force
from visionmq.engine.access.tables import attempts, logins
from visionmq.engine.access.times import now_of, read_time, write_time
from visionmq.engine.store.messages import Author
from visionmq.engine.store.sealing import Box
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import data_keys
from visionmq.schemas.access.policies import Rules

NOBODY: Final = "0" * 32
"""The id of the one whose hash stands in for names that do not exist."""
_PLACE: Final = "access_logins"
_NOBODY_AUTHOR: Final = Author(f"access.prepare {NOBODY}")


@dataclass(frozen=True, slots=True)
class Checked:
    """A password was held against a hash; whether that counts is decided inside the transaction."""

    blind: str
    user_id: str
    """NOBODY for a name that does not exist."""
    known: str
    fits: bool
    newer: str | None = None
    """The hash at today's cost, where the known one was made at another."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a login ended; `why` is for the audit log only."""

    user_id: str | None
    why: str


def seal_secret(box: Box, user_id: str, known: str) -> bytes:
    """Return the sealed column of a login."""
    return box.seal(known.encode(), _PLACE, user_id)


def prepare(session: Session, request: Prepare) -> Prepared:
    """Make the hash that is nobody's, if it lacks; return the policy in force."""
    _ensure_nobody(session)
    return Prepared(policy_in_force(session))


def check_password(session: Session, user: str, password: str) -> Checked:
    """Hold a password against the hash of a name, or against nobody's; not inside a write."""
    _ensure_nobody(session)
    blind = blind_of(session, user)
    user_id, known = _find(session, blind)
    session.close()  # a hash takes long; nothing is read meanwhile
    passwords = session.kept(Passwords)
    fits = passwords.fits(password, known) and user_id != NOBODY
    newer = passwords.hash(password) if fits and passwords.is_old(known) else None
    return Checked(blind, user_id, known, fits, newer)


def settle(session: Session, checked: Checked, rules: Rules) -> Login:
    """Count a login, and return how it ended; inside a write."""
    now = now_of(session)
    state = _attempts(session, checked.blind)
    locked, current = state.is_locked(now), _find(session, checked.blind)
    right = checked.fits and not locked and current == (checked.user_id, checked.known)
    later = Attempts() if right else after_failure(state, now, rules)
    session.connection.execute(delete(attempts).where(attempts.c.expires_at < write_time(now)))
    session.connection.execute(delete(attempts).where(attempts.c.blind == checked.blind))
    if not right:
        session.connection.execute(
            insert(attempts).values(
                blind=checked.blind,
                failures=later.failures,
                locked_until=write_time(later.locked_until),
                expires_at=write_time(later.expires_at(now)),
            )
        )
        return Login(None, "locked" if locked else "name" if checked.user_id == NOBODY else "password")
    if checked.newer is not None:
        _store(session, checked.user_id, checked.newer)
    return Login(checked.user_id, "right")


def lock_of_name(session: Session, blind: str) -> Attempts:
    """Return the failed logins of a name."""
    return _attempts(session, blind)


def clear(session: Session, blind: str) -> None:
    """Forget the failures of a name; inside a write."""
    session.connection.execute(delete(attempts).where(attempts.c.blind == blind))


def _find(session: Session, blind: str) -> tuple[str, str]:
    """Return user id and hash of a name, or nobody's; one row either way."""
    nobody = _nobody(session)
    query = (
        select(logins.c.user_id, logins.c.secret, data_keys.c.wrapped, data_keys.c.kek)
        .join(data_keys, data_keys.c.owner == logins.c.user_id)
        .where(logins.c.blind.in_((blind, nobody)))
        .order_by(case((logins.c.blind == blind, 0), else_=1))
        .limit(1)
    )
    row = session.connection.execute(query).one()
    box = session.sealer.open_row(row.user_id, row.wrapped, row.kek)
    return row.user_id, box.open(row.secret, _PLACE, row.user_id).decode()


def _nobody(session: Session) -> str:
    return session.blind("nobody")


class _Ready:
    """Whether this process has looked for nobody's hash."""

    done = False


def _ensure_nobody(session: Session) -> None:
    """Make nobody's hash where it lacks, or was made at another cost than today's; looks once a process."""
    ready = session.kept(_Ready)
    if not ready.done:
        _make_nobody(session, session.kept(Passwords))
        ready.done = True


def _make_nobody(session: Session, passwords: Passwords) -> None:
    row = session.connection.execute(select(logins.c.user_id).where(logins.c.user_id == NOBODY)).one_or_none()
    if row is not None and not passwords.is_old(_find(session, _nobody(session))[1]):
        return
    known = passwords.hash(secrets.token_hex(16))
    request = Prepare(Author(f"{_NOBODY_AUTHOR.key} {secrets.token_hex(8)}"))
    with session.write(request.author, PREPARE, request) as write:
        found = session.connection.execute(select(logins.c.user_id).where(logins.c.user_id == NOBODY)).one_or_none()
        if found is None:
            secret = seal_secret(session.sealer.make(NOBODY), NOBODY, known)
            session.connection.execute(insert(logins).values(blind=_nobody(session), user_id=NOBODY, secret=secret))
        else:
            _store(session, NOBODY, known)
        write.record(made=found is None)
        write.reply(Prepared(policy_in_force(session)))


def _store(session: Session, user_id: str, known: str) -> None:
    secret = seal_secret(session.sealer.box(user_id), user_id, known)
    session.connection.execute(update(logins).where(logins.c.user_id == user_id).values(secret=secret))


def _attempts(session: Session, blind: str) -> Attempts:
    row = session.connection.execute(
        select(attempts.c.failures, attempts.c.locked_until).where(attempts.c.blind == blind)
    ).one_or_none()
    return Attempts() if row is None else Attempts(row.failures, read_time(row.locked_until))
