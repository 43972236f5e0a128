"""Administration of users."""

import msgspec
from sqlalchemy import delete, func, insert, select, update

from visionmq.engine.access.errors import bad, conflict
from visionmq.engine.access.logins import clear, lock_of_name, seal_secret
from visionmq.engine.access.methods import ADD_USER, EDIT_USER, SET_PASSWORD, UNLOCK, Asked
from visionmq.engine.access.passwords import Passwords
from visionmq.engine.access.people import (
    Known,
    Record,
    blind_of,
    find_user,
    is_id,
    page_of_users,
    seal_record,
    the_user,
)
from visionmq.engine.access.tables import logins, users
from visionmq.engine.access.times import now_of, write_time
from visionmq.engine.store.session import Session, new_id
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.users import (
    AddUserParams,
    EditUserParams,
    SetPasswordParams,
    User,
    UserParams,
    Users,
    UsersParams,
)


def add_user(session: Session, request: Asked[AddUserParams]) -> Changed:
    """Make a user with a login; CONFLICT if the name is taken."""
    params = request.params
    name = params.user.strip()
    if not name or is_id(name):
        raise bad("A login name is not blank, and not written as ids are.")
    known = session.kept(Passwords).hash(params.password)
    with session.write(request.author, ADD_USER, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        if find_user(session, name) is not None:
            raise conflict("This name is taken.")
        user_id = _insert(session, params, name, known)
        return write.reply(Changed(id=user_id, audit_sequence=write.record(user=user_id).sequence))


def _insert(session: Session, params: AddUserParams, name: str, known: str) -> str:
    user_id, blind, now = new_id(), blind_of(session, name), session.now()
    box = session.sealer.make(user_id)
    record = Record(
        user=name,
        full_name=params.full_name or None,
        birth_date=params.birth_date.isoformat() if params.birth_date else None,
        subject=params.subject or name,
        collection=params.collection,
    )
    sealed = seal_record(box, user_id, record)
    session.connection.execute(
        insert(users).values(user_id=user_id, blind=blind, sealed=sealed, engineer=0, created_at=now)
    )
    secret = seal_secret(box, user_id, known)
    session.connection.execute(insert(logins).values(blind=blind, user_id=user_id, secret=secret))
    clear(session, blind)
    return user_id


def edit_user(session: Session, request: Asked[EditUserParams]) -> Changed:
    """Change what is given of a user's record."""
    params = request.params
    with session.write(request.author, EDIT_USER, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        user = the_user(session, params.user)
        given = {name: getattr(params, name) for name in ("full_name", "subject", "collection")}
        given["birth_date"] = params.birth_date.isoformat() if params.birth_date else None
        changes = {name: value for name, value in given.items() if value is not None}
        sealed = seal_record(user.box, user.user_id, msgspec.structs.replace(user.record, **changes))
        session.connection.execute(update(users).where(users.c.user_id == user.user_id).values(sealed=sealed))
        entry = write.record(user=user.user_id, changed=",".join(sorted(changes)))
        return write.reply(Changed(id=user.user_id, audit_sequence=entry.sequence))


def set_password(session: Session, request: Asked[SetPasswordParams]) -> Changed:
    """Give a user a new password, and clear a lock-out."""
    known = session.kept(Passwords).hash(request.params.password)
    with session.write(request.author, SET_PASSWORD, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        user = the_user(session, request.params.user)
        secret = seal_secret(user.box, user.user_id, known)
        session.connection.execute(update(logins).where(logins.c.user_id == user.user_id).values(secret=secret))
        clear(session, user.blind)
        return write.reply(Changed(id=user.user_id, audit_sequence=write.record(user=user.user_id).sequence))


def unlock(session: Session, request: Asked[UserParams]) -> Changed:
    """Clear a user's lock-out."""
    with session.write(request.author, UNLOCK, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        user = the_user(session, request.params.user)
        clear(session, user.blind)
        return write.reply(Changed(id=user.user_id, audit_sequence=write.record(user=user.user_id).sequence))


def list_users(session: Session, request: UsersParams) -> Users:
    """Return a page of users."""
    found = page_of_users(session, request.after, request.limit + 1)
    page = found[: request.limit]
    total = session.connection.execute(select(func.count()).select_from(users)).scalar_one()
    shown = [_shown(session, one) for one in page]
    return Users(users=shown, total=total, after=page[-1].user_id if len(found) > len(page) else None)


def _shown(session: Session, user: Known) -> User:
    state = lock_of_name(session, user.blind)
    return User(
        user_id=user.user_id,
        user=user.record.user,
        full_name=user.record.full_name,
        birth_date=user.record.birth_date,
        subject=user.record.subject,
        collection=user.record.collection,
        engineer=user.engineer,
        locked_until=write_time(state.locked_until) if state.is_locked(now_of(session)) else None,
        failures=state.failures,
        created_at=user.created_at,
    )


def delete_user(session: Session, user: Known) -> None:
    """Delete a user's rows and destroy the key; inside a write."""
    clear(session, user.blind)
    for table in (logins, users):
        session.connection.execute(delete(table).where(table.c.user_id == user.user_id))
    session.sealer.destroy(user.user_id)
