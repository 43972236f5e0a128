"""Engineers, and the cars that they may unlock without a booking."""

from typing import Any, Final

from msgspec import Struct

from visionmq.schemas.access.common import Car, Moment, Name
from visionmq.schemas.common import Params

EVERY_CAR: Final = "*"
"""Stands for all cars in an engineer's assignment."""


class AssignParams(Params, frozen=True, kw_only=True):
    """Let an engineer unlock a car, or every car (`*`), without a booking, from start until before end."""

    user: Name
    car: Car
    start: Moment | None = None
    """From now on, if not given."""
    end: Moment | None = None
    """Until it is taken back, if not given."""


class UnassignParams(Params, frozen=True, kw_only=True):
    """Take an assignment back."""

    assignment: str


class EngineersParams(Params, frozen=True, kw_only=True):
    """All engineers and what they are assigned to."""


class Assignment(Struct, frozen=True, kw_only=True):
    """Where and when an engineer may unlock."""

    assignment: str
    car: str
    """A car's id, or `*`."""
    start: str
    end: str | None = None
    live: bool


class Engineer(Struct, frozen=True, kw_only=True):
    """A user who is an engineer."""

    user_id: str
    user: str
    assignments: list[Assignment] = []


class Engineers(Struct, frozen=True, kw_only=True):
    """All engineers."""

    engineers: list[Engineer]
    pass_back: Any = None
