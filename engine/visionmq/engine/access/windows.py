"""Windows of time: which booking of a car is live, and which overlap.

Pure: no clock, no store. A window holds its start and not its end. By construction `live_one` names at most one booking
of a car at any moment, so that grace never opens a car to two bookers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar


class Timed(Protocol):
    """Something with a window; `open` as long as it was not returned."""

    @property
    def start(self) -> datetime:
        """When it begins."""
        ...

    @property
    def end(self) -> datetime:
        """When it is over."""
        ...

    @property
    def open(self) -> bool:
        """Whether it may still be used."""
        ...


B = TypeVar("B", bound=Timed)


@dataclass(frozen=True, slots=True)
class Grace:
    """How far a booking reaches beyond its window."""

    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)


def overlap(one: Timed, start: datetime, end: datetime) -> bool:
    """Whether a window has a moment in common with [start, end)."""
    return one.start < end and start < one.end


def live_one(bookings: Sequence[B], now: datetime, grace: Grace) -> B | None:
    """Return the booking of a car that is live; `bookings` are all of the car that were not cancelled, near now.

    In its window a booking is live. After it, during `grace.after`, until another booking of the car has begun. Before
    it, during `grace.before`, unless another one is live.
    """
    return _within(bookings, now) or _late(bookings, now, grace.after) or _early(bookings, now, grace.before)


def _within(bookings: Sequence[B], now: datetime) -> B | None:
    return next((one for one in bookings if one.open and one.start <= now < one.end), None)


def _late(bookings: Sequence[B], now: datetime, after: timedelta) -> B | None:
    over = [one for one in bookings if one.open and one.end <= now < one.end + after]
    last = max(over, key=lambda one: one.end, default=None)
    if last is None or any(last.end <= other.start <= now for other in bookings if other is not last):
        return None
    return last


def _early(bookings: Sequence[B], now: datetime, before: timedelta) -> B | None:
    coming = [one for one in bookings if one.open and one.start - before <= now < one.start]
    return min(coming, key=lambda one: one.start, default=None)
