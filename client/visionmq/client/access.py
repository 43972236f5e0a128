"""Access: who may take a car now; administration stands apart, in `visionmq.client.administration`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import msgspec

from visionmq.client.calls import Call, awaited, blocking, checked, reply_of, result_of
from visionmq.client.errors import BadRequest
from visionmq.client.pictures import Picture
from visionmq.client.replies import Reply
from visionmq.schemas.access.decisions import Decision, FaceParams, ReturnParams, ValidateParams
from visionmq.schemas.access.edge import EdgeEncoding, Nonce, edge_proof
from visionmq.schemas.access.vehicles import Location
from visionmq.schemas.common import Params

_MANUAL: Final = "docs/access.md"

Moment: TypeAlias = datetime | str
"""A point in time: a datetime, or ISO 8601; without a zone it is this computer's time."""
Place: TypeAlias = Location | tuple[float, float] | str
"""Where a car stands: a location, latitude and longitude in degrees, or words."""


def moment_of(given: Moment) -> datetime:
    """Return a point in time with its zone; raises BadRequest for text that is none."""
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            raise BadRequest(
                f"{given!r} is no point in time.", hint="Write 2026-11-21T18:00, or with a zone.", stage="client"
            ) from None
    return given if given.tzinfo is not None else given.astimezone()


def location_of(place: Place) -> Location:
    """Return where a car stands; raises BadRequest for degrees that are beyond the globe."""
    if isinstance(place, Location):
        return place
    given = {"text": place} if isinstance(place, str) else dict(zip(("latitude", "longitude"), place, strict=True))
    try:
        return msgspec.convert(given, Location)
    except msgspec.ValidationError as mistake:
        raise BadRequest(f"{mistake}.", hint="Latitude first, then longitude, in degrees.", stage="client") from None


def edge_encoding(nonce: Nonce, key: str, *, vector: Sequence[float], model: str) -> EdgeEncoding:
    """Return an encoding that a car made, with the proof by its device key that it was made now.

    `model` is name/version as in the result of `encode_faces`; ValueError for a key that is no key.
    """
    proof = edge_proof(key, nonce=nonce.nonce, car=nonce.car, model=model, vector=vector)
    return EdgeEncoding(vector=list(vector), model=model, nonce=nonce.nonce, proof=proof)


def asked(params: type[Params], /, **given: Any) -> Any:
    """Return parameters with their bounds checked; raises BadRequest that says what is wrong."""
    return checked(params, given, manual=_MANUAL)


# ---- decisions ------------------------------------------------------------------------------


def validate(user: str, password: str, car: str, **sending: Any) -> Call[Decision]:
    """Decide whether this login opens this car now: only with a live booking of this user for this car."""
    params = asked(ValidateParams, user=user, password=password, car=car)
    return result_of(Decision, "access.validate", params, (), sending)


def face_access(
    car: str,
    picture: Picture | None = None,
    *,
    encoding: EdgeEncoding | None = None,
    want: Iterable[str] = (),
    **sending: Any,
) -> Call[Reply[Decision]]:
    """Decide whether this face opens this car now: it is compared with those who may take it, and nobody else.

    Give a picture, or an encoding that the car made itself (`edge_encoding`). The decision is the reply's `result`;
    `want` may name `overlay`: see `Reply.picture`.
    """
    params = asked(FaceParams, car=car, encoding=encoding, want=want)
    return reply_of(Decision, "access.face", params, [] if picture is None else [picture], sending)


def return_car(user: str, car: str, location: Place, *, booking: str | None = None, **sending: Any) -> Call[Decision]:
    """Bring a car back: booking closed, car free, location stored, all or nothing; with a `key` once, however often."""
    params = asked(ReturnParams, user=user, car=car, location=location_of(location), booking=booking)
    return result_of(Decision, "access.return", params, (), sending)


class AccessCalls:
    """The methods of `Client` that decide."""

    validate = blocking(validate)
    face_access = blocking(face_access)
    return_car = blocking(return_car)


class AsyncAccessCalls:
    """The methods of `AsyncClient` that decide."""

    validate = awaited(validate)
    face_access = awaited(face_access)
    return_car = awaited(return_car)
