"""What both clients put into `registration.*`."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from visionmq.client.errors import BadRequest
from visionmq.schemas.common import Params
from visionmq.schemas.registration import Registered, RegisterParams, StitchParams, WarpParams

P = TypeVar("P", bound=Params)

MatrixLike = Registered | Sequence[Sequence[float]]
"""A registration's result, or 3x3 numbers by rows (a NumPy array too)."""


def register_params(given: dict[str, Any]) -> RegisterParams:
    """Return the parameters of `registration.register`; raises BadRequest that says what is wrong with them."""
    return _converted(given, RegisterParams)


def stitch_params(given: dict[str, Any]) -> StitchParams:
    """Return the parameters of `registration.stitch`; raises BadRequest that says what is wrong with them."""
    return _converted(given, StitchParams)


def warp_params(matrix: MatrixLike, points: Iterable[Sequence[float]], given: dict[str, Any]) -> WarpParams:
    """Return the parameters of `registration.warp`; raises BadRequest for a registration without a matrix."""
    return _converted(given | {"matrix": rows_of(matrix), "points": [list(point) for point in points]}, WarpParams)


def rows_of(matrix: MatrixLike) -> list[list[float]]:
    """Return a matrix as rows of numbers; raises BadRequest for a registration that has none."""
    rows = matrix.matrix if isinstance(matrix, Registered) else matrix
    if rows is None:
        raise BadRequest("The registration has no matrix.", hint="Its `failure` says why.", stage="client")
    return [[float(entry) for entry in row] for row in rows]


def _converted(given: dict[str, Any], kind: type[P]) -> P:
    """Return parameters with their bounds checked; what is None is left to the engine."""
    plain = {name: value for name, value in given.items() if value is not None}
    plain["want"] = list(plain.get("want", ()))
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as mistake:
        raise BadRequest(f"{mistake}.", hint="See docs/registration.md.", stage="client") from None
