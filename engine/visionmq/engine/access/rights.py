"""Who may take a car now: the holder of its live booking, and the engineers assigned to it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, update

from visionmq.engine.access.bookings import Slot, live_booking
from visionmq.engine.access.engineers import live_assignments
from visionmq.engine.access.people import users_by_id
from visionmq.engine.access.tables import bookings, vehicles
from visionmq.engine.access.times import now_of, years_between
from visionmq.engine.access.vehicles import find_vehicle
from visionmq.engine.store.session import Session
from visionmq.schemas.access.bookings import BookingState
from visionmq.schemas.access.decisions import Evidence
from visionmq.schemas.access.policies import Policy
from visionmq.schemas.access.reasons import Reason, Role
from visionmq.schemas.access.vehicles import CarState


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may take one car at one moment."""

    vehicle: Row[Any] | None
    booking: Slot | None
    engineers: dict[str, str] = field(default_factory=dict)
    """Assignments by user id."""

    @property
    def evidence(self) -> list[Evidence]:
        """The car, if it is known."""
        return [] if self.vehicle is None else [Evidence("car", self.vehicle.vehicle_id)]

    @property
    def holders(self) -> list[str]:
        """Ids of the users who may take it: the booker first."""
        booker = [self.booking.user_id] if self.booking is not None else []
        return list(dict.fromkeys([*booker, *self.engineers]))


@dataclass(frozen=True, slots=True)
class Right:
    """What one user's access comes to."""

    user_id: str
    role: Role | None
    """None where the user may not take the car."""
    booking: Slot | None
    reasons: list[Reason]
    evidence: list[Evidence]


def rights_of(session: Session, car: str, policy: Policy) -> Rights:
    """Return who may take a car now; nobody for a car that is not known. Read it inside the write that decides."""
    vehicle, now = find_vehicle(session, car), now_of(session)
    if vehicle is None:
        return Rights(None, None)
    return Rights(vehicle, live_booking(session, car, now, policy.rules), live_assignments(session, car, now))


def right_of(session: Session, rights: Rights, user_id: str, policy: Policy) -> Right:
    """Return what a user who is known to be there may do."""
    if rights.vehicle is None or user_id not in rights.holders:
        return Right(user_id, None, None, [Reason.NO_LIVE_BOOKING], [])
    against = _too_young(session, user_id, policy)
    car = Evidence("car", rights.vehicle.vehicle_id)
    booking = rights.booking
    if user_id in rights.engineers and (booking is None or booking.user_id != user_id):
        evidence = [car, Evidence("assignment", rights.engineers[user_id])]
        return Right(user_id, None if against else Role.ENGINEER, None, [Reason.ENGINEER_ASSIGNED, *against], evidence)
    assert booking is not None
    if rights.vehicle.state == CarState.OUT_OF_SERVICE.value:
        against = [*against, Reason.CAR_OUT_OF_SERVICE]
    evidence = [car, Evidence("booking", booking.booking_id)]
    return Right(user_id, None if against else Role.BOOKER, booking, [Reason.LIVE_BOOKING, *against], evidence)


def _too_young(session: Session, user_id: str, policy: Policy) -> list[Reason]:
    if not policy.rules.login_age:
        return []
    birth = users_by_id(session, [user_id])[user_id].record.birth_date
    if birth is None:
        return [Reason.AGE_UNKNOWN]
    age = years_between(date.fromisoformat(birth), now_of(session).date())
    return [] if age >= policy.rules.least_age else [Reason.TOO_YOUNG]


def take(session: Session, rights: Rights, booking: Slot) -> None:
    """Mark a booking active and its car in use; inside a write."""
    assert rights.vehicle is not None
    values = {"state": BookingState.ACTIVE.value, "taken_at": session.now()}
    this = (bookings.c.booking_id == booking.booking_id, bookings.c.state == BookingState.BOOKED.value)
    session.connection.execute(update(bookings).where(*this).values(values))
    session.connection.execute(
        update(vehicles)
        .where(vehicles.c.car == rights.vehicle.car)
        .values(state=CarState.IN_USE.value, booking_id=booking.booking_id)
    )
