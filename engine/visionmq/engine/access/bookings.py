"""Bookings: made, given up and listed; and which one of a car is live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, Select, and_, func, insert, or_, select, update

from visionmq.engine.access.errors import bad, conflict, missing
from visionmq.engine.access.methods import BOOK, CANCEL, Asked
from visionmq.engine.access.people import find_user, the_user, users_by_id
from visionmq.engine.access.policies import policy_in_force
from visionmq.engine.access.tables import bookings
from visionmq.engine.access.times import now_of, read_time, write_time
from visionmq.engine.access.vehicles import OPEN, the_vehicle
from visionmq.engine.access.windows import Grace, live_one
from visionmq.engine.store.session import Session, new_id
from visionmq.schemas.access.bookings import Booking, Bookings, BookingsParams, BookingState, BookParams, CancelParams
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.policies import Rules


@dataclass(frozen=True, slots=True)
class Slot:
    """A booking as it counts for windows."""

    booking_id: str
    user_id: str
    start: datetime
    end: datetime
    open: bool
    state: BookingState


def grace_of(rules: Rules) -> Grace:
    """Return how far bookings reach beyond their windows."""
    return Grace(timedelta(seconds=rules.grace_before), timedelta(seconds=rules.grace_after))


def live_booking(session: Session, car: str, now: datetime, rules: Rules) -> Slot | None:
    """Return the booking of a car that is live; there is never more than one."""
    grace = grace_of(rules)
    near = (
        bookings.c.ends_at > write_time(now - grace.after),
        bookings.c.starts_at <= write_time(now + grace.before),
        bookings.c.state != BookingState.CANCELLED.value,
    )
    rows = session.connection.execute(select(bookings).where(bookings.c.car == car, *near)).all()
    return live_one([_slot(row) for row in rows], now, grace)


def _slot(row: Row[Any]) -> Slot:
    start, end = read_time(row.starts_at), read_time(row.ends_at)
    return Slot(row.booking_id, row.user_id, start, end, row.state in OPEN, BookingState(row.state))


def book(session: Session, request: Asked[BookParams]) -> Changed:
    """Make a booking; CONFLICT where another open one overlaps it. Writers take turns, so no two can slip through."""
    params = request.params
    with session.write(request.author, BOOK, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        rules = policy_in_force(session).rules
        _check_window(params, now_of(session), rules)
        user, car = the_user(session, params.user), the_vehicle(session, params.car).car
        if _overlapping(session, params, bookings.c.car == car):
            raise conflict(
                "The car is booked in this window already.", "List its bookings (`access.bookings`) for a gap."
            )
        if not rules.user_overlap and _overlapping(session, params, bookings.c.user_id == user.user_id):
            raise conflict("The user has another car in this window.", "The policy's `user_overlap` would allow it.")
        booking_id = _insert(session, user.user_id, params)
        entry = write.record(booking=booking_id, user=user.user_id, car=car)
        return write.reply(Changed(id=booking_id, audit_sequence=entry.sequence))


def _check_window(params: BookParams, now: datetime, rules: Rules) -> None:
    if params.end <= params.start:
        raise bad("A booking ends after it starts.")
    if params.end <= now:
        raise bad("The booking's end is over already.")
    if (params.end - params.start).total_seconds() > rules.longest_booking:
        raise bad(f"A booking lasts at most {rules.longest_booking:g} seconds by the policy.")


def _overlapping(session: Session, params: BookParams, whose: Any) -> bool:
    query = select(bookings.c.booking_id).where(
        whose,
        bookings.c.state.in_(OPEN),
        bookings.c.ends_at > write_time(params.start),
        bookings.c.starts_at < write_time(params.end),
    )
    return session.connection.execute(query.limit(1)).first() is not None


def _insert(session: Session, user_id: str, params: BookParams) -> str:
    booking_id = new_id()
    session.connection.execute(
        insert(bookings).values(
            booking_id=booking_id,
            user_id=user_id,
            car=params.car,
            starts_at=write_time(params.start),
            ends_at=write_time(params.end),
            state=BookingState.BOOKED.value,
        )
    )
    return booking_id


def cancel_booking(session: Session, request: Asked[CancelParams]) -> Changed:
    """Give up a booking; CONFLICT once the car was taken."""
    booking_id = request.params.booking
    with session.write(request.author, CANCEL, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        row = session.connection.execute(select(bookings).where(bookings.c.booking_id == booking_id)).one_or_none()
        if row is None:
            raise missing("There is no such booking.")
        if row.state != BookingState.BOOKED.value:
            raise conflict(f"The booking is {row.state}.", "Only a booking whose car was not taken can be given up.")
        close(session, booking_id, BookingState.CANCELLED)
        entry = write.record(booking=booking_id, user=row.user_id, car=row.car)
        return write.reply(Changed(id=booking_id, audit_sequence=entry.sequence))


def close(session: Session, booking_id: str, state: BookingState) -> None:
    """End a booking; inside a write."""
    values = {"state": state.value, "closed_at": session.now()}
    session.connection.execute(update(bookings).where(bookings.c.booking_id == booking_id).values(values))


def list_bookings(session: Session, request: BookingsParams) -> Bookings:
    """Return a page of bookings in order of start."""
    query = _filtered(session, request)
    if query is None:
        return Bookings(bookings=[], total=0)
    total = session.connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    query = _after(session, query, request.after).order_by(bookings.c.starts_at, bookings.c.booking_id)
    found = session.connection.execute(query.limit(request.limit + 1)).all()
    page = found[: request.limit]
    after = page[-1].booking_id if len(found) > len(page) else None
    return Bookings(bookings=_shown(session, page), total=total, after=after)


def _filtered(session: Session, request: BookingsParams) -> Select[Any] | None:
    """Return the query; None where a user is asked for who is not there."""
    query = select(bookings)
    if request.user is not None:
        user = find_user(session, request.user)
        if user is None:
            return None
        query = query.where(bookings.c.user_id == user.user_id)
    if request.car is not None:
        query = query.where(bookings.c.car == request.car)
    if request.states:
        query = query.where(bookings.c.state.in_([state.value for state in request.states]))
    if request.since is not None:
        query = query.where(bookings.c.ends_at > write_time(request.since))
    if request.until is not None:
        query = query.where(bookings.c.starts_at < write_time(request.until))
    return query


def _after(session: Session, query: Select[Any], after: str | None) -> Select[Any]:
    if after is None:
        return query
    start = session.connection.execute(select(bookings.c.starts_at).where(bookings.c.booking_id == after)).scalar()
    if start is None:
        raise missing("There is no such booking to go on after.")
    same = and_(bookings.c.starts_at == start, bookings.c.booking_id > after)
    return query.where(or_(bookings.c.starts_at > start, same))


def _shown(session: Session, rows: Sequence[Row[Any]]) -> list[Booking]:
    people = users_by_id(session, (row.user_id for row in rows))
    now, rules = now_of(session), policy_in_force(session).rules
    live = {car: live_booking(session, car, now, rules) for car in {row.car for row in rows}}
    return [
        Booking(
            booking=row.booking_id,
            user_id=row.user_id,
            user=people[row.user_id].record.user if row.user_id in people else None,
            car=row.car,
            start=row.starts_at,
            end=row.ends_at,
            state=BookingState(row.state),
            live=(one := live[row.car]) is not None and one.booking_id == row.booking_id,
            taken_at=row.taken_at,
            closed_at=row.closed_at,
        )
        for row in rows
    ]
