"""What the parts of `access.*` share: names, moments, pages, and the answer to an administrator's change.

Times are in UTC in every result; in parameters they carry their zone (ISO 8601). A window holds its start
and not its end.
"""

from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, Struct

DEFAULT_COLLECTION: Final = "access"
"""The collection of faces that users are linked to, unless told otherwise."""
MAX_PAGE: Final = 1000

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
"""A user's login name."""
Car: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
"""A car's id, as its operator gave it."""
Password: TypeAlias = Annotated[str, Meta(max_length=256)]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""A point in time with its zone."""
PageSize: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_PAGE)]


class Changed(Struct, frozen=True, kw_only=True):
    """An administrator's change was made."""

    id: str
    """Of what was changed or made: user, car, booking, assignment."""
    audit_sequence: int
    repeated: bool = False
    """The same key came before: nothing was changed again."""
    pass_back: Any = None
