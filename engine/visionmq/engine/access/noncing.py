"""`access.nonce`, and what becomes of a nonce: good once, for one car, for a short time."""

import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, insert, select

from visionmq.engine.access.methods import NONCE, Asked
from visionmq.engine.access.policies import policy_in_force
from visionmq.engine.access.tables import nonces
from visionmq.engine.access.times import now_of, write_time
from visionmq.engine.access.vehicles import the_vehicle
from visionmq.engine.store.session import Session
from visionmq.schemas.access.edge import Nonce, NonceParams

_BYTES: Final = 32


def give_nonce(session: Session, request: Asked[NonceParams]) -> Nonce:
    """Make a nonce for a car; where there are too many, the oldest ends. The same key gets the same one again."""
    car = request.params.car
    with session.write(request.author, NONCE, request) as write:
        if write.former is not None:
            return write.former
        the_vehicle(session, car)
        rules, now = policy_in_force(session).rules, now_of(session)
        made, expires = secrets.token_hex(_BYTES), now + timedelta(seconds=rules.nonce_seconds)
        session.connection.execute(delete(nonces).where(nonces.c.expires_at <= write_time(now)))
        _make_room(session, car, rules.nonces)
        row = {"nonce": made, "car": car, "made_at": write_time(now), "expires_at": write_time(expires)}
        session.connection.execute(insert(nonces).values(row))
        write.record(car=car)
        return write.reply(Nonce(nonce=made, car=car, expires_at=write_time(expires), seconds=rules.nonce_seconds))


def _make_room(session: Session, car: str, most: int) -> None:
    mine = select(nonces.c.nonce).where(nonces.c.car == car).order_by(nonces.c.made_at.desc(), nonces.c.nonce)
    ended = list(session.connection.execute(mine.offset(most - 1)).scalars())
    if ended:
        session.connection.execute(delete(nonces).where(nonces.c.nonce.in_(ended)))


def use_nonce(session: Session, nonce: str, car: str) -> bool:
    """Use a nonce up; False if it is not good. A nonce of another car is not touched. Inside a write."""
    mine = (nonces.c.nonce == nonce, nonces.c.car == car)
    row = session.connection.execute(select(nonces.c.expires_at).where(*mine)).one_or_none()
    if row is None:
        return False
    session.connection.execute(delete(nonces).where(*mine))
    return bool(write_time(now_of(session)) < row.expires_at)
