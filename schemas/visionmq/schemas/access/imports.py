"""Tables of users, cars, bookings and engineers, taken in row by row."""

from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from visionmq.schemas.common import Item, Params

MAX_ROWS: Final = 500
"""Rows of one `access.import`; each may cost a password hash of 50 ms."""


class ImportKind(StrEnum):
    """What the rows of an import are, and so their columns."""

    USERS = "users"
    """`user`, `password`, and optionally `full_name`, `birth_date`, `subject`, `collection`."""
    VEHICLES = "vehicles"
    """`car`, and optionally `plate`, `latitude`, `longitude`, `location`."""
    BOOKINGS = "bookings"
    """`user`, `car`, `start`, `end`."""
    ENGINEERS = "engineers"
    """`user`, `car`, and optionally `start`, `end`; makes the user an engineer."""


class ImportParams(Params, frozen=True, kw_only=True):
    """Rows by column name; each succeeds or fails alone, and the same key imports no row twice."""

    kind: ImportKind
    rows: Annotated[list[dict[str, str]], Meta(max_length=MAX_ROWS)]


class ImportedRow(Struct, frozen=True, kw_only=True):
    """One row that was taken in."""

    id: str
    key: str | None = None
    """A new car's device key."""
    audit_sequence: int
    repeated: bool = False


class Imported(Struct, frozen=True, kw_only=True):
    """One item a row, in their order."""

    items: list[Item[ImportedRow]]
    imported: int
    failed: int
    pass_back: Any = None
