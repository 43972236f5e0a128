"""`access.return`: booking closed, car free, location stored: one transaction, once."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, select, update

from visionmq.engine.access.bookings import close
from visionmq.engine.access.decisions import Finding, decide
from visionmq.engine.access.methods import RETURN, Asked
from visionmq.engine.access.people import find_user
from visionmq.engine.access.policies import policy_in_force
from visionmq.engine.access.tables import bookings, vehicles
from visionmq.engine.access.vehicles import find_vehicle, write_location
from visionmq.engine.store.session import Session
from visionmq.schemas.access.bookings import BookingState
from visionmq.schemas.access.decisions import Decision, Evidence, ReturnParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.access.vehicles import CarState


def return_car(session: Session, request: Asked[ReturnParams]) -> Decision:
    """Bring a car back. Of several at once the first closes the booking, and the others learn that it is closed."""
    params = request.params
    with session.write(request.author, RETURN, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        policy = policy_in_force(session)
        user, vehicle = find_user(session, params.user), find_vehicle(session, params.car)
        if user is None or vehicle is None:
            car = [] if vehicle is None else [Evidence("car", vehicle.vehicle_id)]
            finding = Finding([Reason.NOTHING_TO_RETURN], evidence=car)
        else:
            finding = _close(session, params, user.user_id, vehicle)
        return write.reply(decide(write, finding, policy))


def _close(session: Session, params: ReturnParams, user_id: str, vehicle: Row[Any]) -> Finding:
    rows = _bookings(session, params, user_id)
    begun = _begun(session, rows, vehicle)
    evidence = [Evidence("user", user_id), Evidence("car", vehicle.vehicle_id)]
    if begun is not None:
        close(session, begun.booking_id, BookingState.RETURNED)
        _free(session, params, begun.booking_id, vehicle)
        booked = Evidence("booking", begun.booking_id)
        return Finding([Reason.RETURNED], user_id=user_id, booking=begun.booking_id, evidence=[*evidence, booked])
    former = [row for row in rows if row.state == BookingState.RETURNED.value]
    if not former:
        return Finding([Reason.NOTHING_TO_RETURN], user_id=user_id, evidence=evidence)
    last = max(former, key=lambda row: str(row.closed_at))
    return Finding([Reason.ALREADY_RETURNED], user_id=user_id, booking=last.booking_id, evidence=evidence)


def _bookings(session: Session, params: ReturnParams, user_id: str) -> Sequence[Row[Any]]:
    query = select(bookings).where(bookings.c.user_id == user_id, bookings.c.car == params.car)
    if params.booking is not None:
        query = query.where(bookings.c.booking_id == params.booking)
    return session.connection.execute(query.order_by(bookings.c.starts_at)).all()


def _begun(session: Session, rows: Sequence[Row[Any]], vehicle: Row[Any]) -> Row[Any] | None:
    """Return the open booking that the car was taken by, else the latest that has begun."""
    now = session.now()
    open_ = [row for row in rows if row.state == "active" or (row.state == "booked" and row.starts_at <= now)]
    return max(
        open_,
        key=lambda row: (row.booking_id == vehicle.booking_id, row.state == "active", row.starts_at),
        default=None,
    )


def _free(session: Session, params: ReturnParams, booking_id: str, vehicle: Row[Any]) -> None:
    """Free the car and store where it is, unless somebody else has taken it since."""
    if vehicle.booking_id not in (None, booking_id):
        return
    state = vehicle.state if vehicle.state == CarState.OUT_OF_SERVICE.value else CarState.FREE.value
    location = {"location": write_location(params.location), "located_at": session.now()}
    values = {"state": state, "booking_id": None, **location}
    session.connection.execute(update(vehicles).where(vehicles.c.car == params.car).values(values))
