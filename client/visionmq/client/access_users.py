"""Users: their records, passwords and lock-outs, and how one is forgotten."""

from datetime import date
from typing import Any

from visionmq.client.access import asked
from visionmq.client.calls import Call, result_of
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.users import (
    AddUserParams,
    EditUserParams,
    Forgotten,
    SetPasswordParams,
    UserParams,
    Users,
    UsersParams,
)


def add_user(
    user: str,
    password: str,
    *,
    full_name: str | None = None,
    birth_date: date | str | None = None,
    subject: str | None = None,
    collection: str | None = None,
    **sending: Any,
) -> Call[Changed]:
    """Add a user; raises Conflict if the name is taken. `subject` and `collection` name the enrolled face."""
    params = asked(
        AddUserParams,
        user=user,
        password=password,
        full_name=full_name,
        birth_date=birth_date,
        subject=subject,
        collection=collection,
    )
    return result_of(Changed, "access.add_user", params, (), sending)


def edit_user(
    user: str,
    *,
    full_name: str | None = None,
    birth_date: date | str | None = None,
    subject: str | None = None,
    collection: str | None = None,
    **sending: Any,
) -> Call[Changed]:
    """Change what is given of a user's record."""
    params = asked(
        EditUserParams,
        user=user,
        full_name=full_name,
        birth_date=birth_date,
        subject=subject,
        collection=collection,
    )
    return result_of(Changed, "access.edit_user", params, (), sending)


def set_password(user: str, password: str, **sending: Any) -> Call[Changed]:
    """Give a user a new password, and clear a lock-out."""
    return result_of(
        Changed, "access.set_password", asked(SetPasswordParams, user=user, password=password), (), sending
    )


def unlock(user: str, **sending: Any) -> Call[Changed]:
    """Clear a user's lock-out."""
    return result_of(Changed, "access.unlock", asked(UserParams, user=user), (), sending)


def users(*, after: str | None = None, limit: int | None = None, **sending: Any) -> Call[Users]:
    """Return a page of users in the order in which they were added."""
    return result_of(Users, "access.users", asked(UsersParams, after=after, limit=limit), (), sending)


def forget_user(user: str, **sending: Any) -> Call[Forgotten]:
    """Destroy a user's key, and with it the record and the enrolled face; returns a signed receipt."""
    return result_of(Forgotten, "access.forget_user", asked(UserParams, user=user), (), sending)
