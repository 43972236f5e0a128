"""Users: their records and passwords, and the receipt that one is forgotten."""

from datetime import date
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct

from visionmq.schemas.access.common import DEFAULT_COLLECTION, MAX_PAGE, Name, PageSize
from visionmq.schemas.common import Params

NewPassword: TypeAlias = Annotated[str, Meta(min_length=8, max_length=256)]


class AddUserParams(Params, frozen=True, kw_only=True):
    """A new user; CONFLICT if the name is taken."""

    user: Name
    password: NewPassword
    full_name: Annotated[str, Meta(max_length=200)] | None = None
    """As in the identity document, given names and surname in any order; kept encrypted; needed by `case.verify`."""
    birth_date: date | None = None
    subject: Annotated[str, Meta(max_length=128)] | None = None
    """The face subject; without it one of the user's name."""
    collection: Annotated[str, Meta(min_length=1, max_length=64)] = DEFAULT_COLLECTION


class EditUserParams(Params, frozen=True, kw_only=True):
    """Change what is given of a user's record."""

    user: Name
    full_name: Annotated[str, Meta(max_length=200)] | None = None
    birth_date: date | None = None
    subject: Annotated[str, Meta(max_length=128)] | None = None
    collection: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class SetPasswordParams(Params, frozen=True, kw_only=True):
    """Give a user a new password, and clear a lock-out."""

    user: Name
    password: NewPassword


class UserParams(Params, frozen=True, kw_only=True):
    """A user, by login name or id."""

    user: Name


class UsersParams(Params, frozen=True, kw_only=True):
    """A page of users in the order in which they were added."""

    after: str | None = None
    """Id of the last user of the page before."""
    limit: PageSize = MAX_PAGE


class User(Struct, frozen=True, kw_only=True):
    """One user, as administrators see it."""

    user_id: str
    user: str
    full_name: str | None = None
    birth_date: str | None = None
    subject: str
    collection: str
    engineer: bool = False
    locked_until: str | None = None
    failures: int = 0
    """Failed logins since the last right one."""
    created_at: str


class Users(Struct, frozen=True, kw_only=True):
    """Users; `after` asks for the next page, None where there is none."""

    users: list[User]
    total: int
    after: str | None = None
    pass_back: Any = None


class Forgotten(Struct, frozen=True, kw_only=True):
    """That a user's key is destroyed; signed, and checkable without the store."""

    user_id: str
    cancelled_bookings: list[str] = []
    """Bookings that had not begun."""
    faces: int = 0
    """Templates of the linked face subject that went too."""
    forgotten_at: str
    audit_sequence: int
    audit_hash: str
    public_key: str
    """Ed25519, base64."""
    signature: str
    """Base64; over the canonical JSON of all other fields but `pass_back` and `repeated`."""
    repeated: bool = False
    pass_back: Any = None
