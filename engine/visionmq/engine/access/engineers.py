"""Engineers: users who may unlock cars without a booking, where and when they are assigned."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, or_, select, update

from visionmq.engine.access.errors import bad, conflict, missing
from visionmq.engine.access.methods import ADD_ENGINEER, ASSIGN, REMOVE_ENGINEER, UNASSIGN, Asked
from visionmq.engine.access.people import engineers_of, the_user
from visionmq.engine.access.tables import assignments, users
from visionmq.engine.access.times import now_of, read_time, write_time
from visionmq.engine.access.vehicles import the_vehicle
from visionmq.engine.store.session import Session, new_id
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.engineers import (
    EVERY_CAR,
    Assignment,
    AssignParams,
    Engineer,
    Engineers,
    EngineersParams,
    UnassignParams,
)
from visionmq.schemas.access.users import UserParams


def live_assignments(session: Session, car: str, now: datetime) -> dict[str, str]:
    """Return the engineers who may unlock a car now, each with an assignment's id."""
    at = write_time(now)
    query = (
        select(assignments.c.user_id, assignments.c.assignment_id)
        .join(users, users.c.user_id == assignments.c.user_id)
        .where(
            users.c.engineer == 1,
            assignments.c.car.in_((car, EVERY_CAR)),
            assignments.c.starts_at <= at,
            or_(assignments.c.ends_at.is_(None), assignments.c.ends_at > at),
        )
        .order_by(assignments.c.assignment_id)
    )
    return {row.user_id: row.assignment_id for row in session.connection.execute(query)}


def add_engineer(session: Session, request: Asked[UserParams]) -> Changed:
    """Make a user an engineer; unlocks nothing before an assignment."""
    with session.write(request.author, ADD_ENGINEER, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        user_id = _mark(session, request.params.user, engineer=True)
        return write.reply(Changed(id=user_id, audit_sequence=write.record(user=user_id).sequence))


def remove_engineer(session: Session, request: Asked[UserParams]) -> Changed:
    """Take all assignments back; the user stays."""
    with session.write(request.author, REMOVE_ENGINEER, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        user_id = _mark(session, request.params.user, engineer=False)
        session.connection.execute(delete(assignments).where(assignments.c.user_id == user_id))
        return write.reply(Changed(id=user_id, audit_sequence=write.record(user=user_id).sequence))


def _mark(session: Session, user: str, *, engineer: bool) -> str:
    known = the_user(session, user)
    values = {"engineer": int(engineer)}
    session.connection.execute(update(users).where(users.c.user_id == known.user_id).values(values))
    return known.user_id


def assign(session: Session, request: Asked[AssignParams]) -> Changed:
    """Let an engineer unlock a car, or every car; CONFLICT for a user who is no engineer."""
    params = request.params
    with session.write(request.author, ASSIGN, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        user = the_user(session, params.user)
        if not user.engineer:
            raise conflict("The user is no engineer.", "Make the user one first (`access.add_engineer`).")
        if params.car != EVERY_CAR:
            the_vehicle(session, params.car)
        start = params.start or now_of(session)
        if params.end is not None and params.end <= start:
            raise bad("An assignment ends after it starts.")
        assignment_id = new_id()
        session.connection.execute(
            insert(assignments).values(
                assignment_id=assignment_id,
                user_id=user.user_id,
                car=params.car,
                starts_at=write_time(start),
                ends_at=write_time(params.end) if params.end else None,
            )
        )
        entry = write.record(assignment=assignment_id, user=user.user_id, car=params.car)
        return write.reply(Changed(id=assignment_id, audit_sequence=entry.sequence))


def unassign(session: Session, request: Asked[UnassignParams]) -> Changed:
    """Take an assignment back."""
    assignment_id = request.params.assignment
    with session.write(request.author, UNASSIGN, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        this = assignments.c.assignment_id == assignment_id
        row = session.connection.execute(select(assignments).where(this)).one_or_none()
        if row is None:
            raise missing("There is no such assignment.")
        session.connection.execute(delete(assignments).where(this))
        entry = write.record(assignment=assignment_id, user=row.user_id, car=row.car)
        return write.reply(Changed(id=assignment_id, audit_sequence=entry.sequence))


def list_engineers(session: Session, request: EngineersParams) -> Engineers:
    """Return all engineers with their assignments."""
    now = now_of(session)
    rows = session.connection.execute(select(assignments).order_by(assignments.c.assignment_id)).all()
    return Engineers(
        engineers=[
            Engineer(
                user_id=one.user_id,
                user=one.record.user,
                assignments=[_shown(row, now) for row in rows if row.user_id == one.user_id],
            )
            for one in engineers_of(session)
        ]
    )


def _shown(row: Row[Any], now: datetime) -> Assignment:
    live = read_time(row.starts_at) <= now and (row.ends_at is None or now < read_time(row.ends_at))
    return Assignment(assignment=row.assignment_id, car=row.car, start=row.starts_at, end=row.ends_at, live=live)
