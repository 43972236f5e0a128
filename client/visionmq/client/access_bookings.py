"""Who may take which car when: bookings, and the assignments of engineers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from visionmq.client.access import Moment, asked, moment_of
from visionmq.client.calls import Call, result_of
from visionmq.schemas.access.bookings import Bookings, BookingsParams, BookingState, BookParams, CancelParams
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.engineers import EVERY_CAR, AssignParams, Engineers, UnassignParams
from visionmq.schemas.access.users import UserParams


def _at(given: Moment | None) -> datetime | None:
    return None if given is None else moment_of(given)


def book(user: str, car: str, start: Moment, end: Moment, **sending: Any) -> Call[Changed]:
    """Book a car for a user from start until before end; raises Conflict where it overlaps another booking."""
    params = asked(BookParams, user=user, car=car, start=moment_of(start), end=moment_of(end))
    return result_of(Changed, "access.book", params, (), sending)


def cancel_booking(booking: str, **sending: Any) -> Call[Changed]:
    """Give up a booking whose car was not taken; raises Conflict otherwise."""
    return result_of(Changed, "access.cancel_booking", asked(CancelParams, booking=booking), (), sending)


def bookings(
    *,
    car: str | None = None,
    user: str | None = None,
    states: Sequence[BookingState | str] = (),
    since: Moment | None = None,
    until: Moment | None = None,
    after: str | None = None,
    limit: int | None = None,
    **sending: Any,
) -> Call[Bookings]:
    """Return a page of the bookings that fit everything given, by start."""
    params = asked(
        BookingsParams,
        car=car,
        user=user,
        states=list(states),
        since=_at(since),
        until=_at(until),
        after=after,
        limit=limit,
    )
    return result_of(Bookings, "access.bookings", params, (), sending)


def add_engineer(user: str, **sending: Any) -> Call[Changed]:
    """Make a user an engineer, who may unlock the cars of his assignments without a booking."""
    return result_of(Changed, "access.add_engineer", asked(UserParams, user=user), (), sending)


def remove_engineer(user: str, **sending: Any) -> Call[Changed]:
    """Let a user be no engineer any more."""
    return result_of(Changed, "access.remove_engineer", asked(UserParams, user=user), (), sending)


def assign(
    user: str, car: str = EVERY_CAR, start: Moment | None = None, end: Moment | None = None, **sending: Any
) -> Call[Changed]:
    """Let an engineer unlock a car, or every car, from now or `start` on, for good or until `end`."""
    params = asked(AssignParams, user=user, car=car, start=_at(start), end=_at(end))
    return result_of(Changed, "access.assign", params, (), sending)


def unassign(assignment: str, **sending: Any) -> Call[Changed]:
    """Take an assignment back."""
    return result_of(Changed, "access.unassign", asked(UnassignParams, assignment=assignment), (), sending)


def engineers(**sending: Any) -> Call[Engineers]:
    """Return all engineers and their assignments."""
    return result_of(Engineers, "access.engineers", None, (), sending)
