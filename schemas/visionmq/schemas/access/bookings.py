"""Bookings: a car for a user, from start until before end."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from visionmq.schemas.access.common import MAX_PAGE, Car, Moment, Name, PageSize
from visionmq.schemas.common import Params


class BookingState(StrEnum):
    """Where a booking is in its life; the last two are ends."""

    BOOKED = "booked"
    ACTIVE = "active"
    """The car was taken."""
    RETURNED = "returned"
    CANCELLED = "cancelled"


class BookParams(Params, frozen=True, kw_only=True):
    """A car for a user from start until before end; CONFLICT where it overlaps another live booking of the car."""

    user: Name
    car: Car
    start: Moment
    end: Moment


class CancelParams(Params, frozen=True, kw_only=True):
    """Give up a booking whose car was not taken; CONFLICT otherwise."""

    booking: str


class BookingsParams(Params, frozen=True, kw_only=True):
    """A page of bookings in order of start; those that fit everything given."""

    car: Car | None = None
    user: Name | None = None
    states: list[BookingState] = []
    """Empty for all."""
    since: Moment | None = None
    """Ending after this."""
    until: Moment | None = None
    """Starting before this."""
    after: str | None = None
    limit: PageSize = MAX_PAGE


class Booking(Struct, frozen=True, kw_only=True):
    """One booking."""

    booking: str
    user_id: str
    user: str | None
    """None for a user who was forgotten."""
    car: str
    start: str
    end: str
    state: BookingState
    live: bool
    """Whether it lets its user take the car now, grace included."""
    taken_at: str | None = None
    closed_at: str | None = None
    """When it was returned or cancelled."""


class Bookings(Struct, frozen=True, kw_only=True):
    """Bookings; `after` asks for the next page, None where there is none."""

    bookings: list[Booking]
    total: int
    after: str | None = None
    pass_back: Any = None
