"""Registrations: what both clients put into `registration.*`."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from visionmq.client.calls import Call, awaited, blocking, checked, reply_of
from visionmq.client.errors import BadRequest
from visionmq.client.pictures import Picture
from visionmq.client.replies import Reply
from visionmq.schemas.registration import (
    DEFAULT_POINTS,
    DEFAULT_SIDE,
    Registered,
    RegisterParams,
    Stitched,
    StitchParams,
    Warped,
    WarpParams,
)

_MANUAL: Final = "docs/registration.md"

MatrixLike = Registered | Sequence[Sequence[float]]
"""A registration's result, or 3x3 numbers by rows (a NumPy array too)."""


def register_params(given: dict[str, Any]) -> RegisterParams:
    """Return the parameters of `registration.register`; raises BadRequest that says what is wrong with them."""
    return checked(RegisterParams, given, manual=_MANUAL)


def stitch_params(given: dict[str, Any]) -> StitchParams:
    """Return the parameters of `registration.stitch`; raises BadRequest that says what is wrong with them."""
    return checked(StitchParams, given, manual=_MANUAL)


def warp_params(matrix: MatrixLike, points: Iterable[Sequence[float]], given: dict[str, Any]) -> WarpParams:
    """Return the parameters of `registration.warp`; raises BadRequest for a registration without a matrix."""
    asked = given | {"matrix": rows_of(matrix), "points": [list(point) for point in points]}
    return checked(WarpParams, asked, manual=_MANUAL)


def rows_of(matrix: MatrixLike) -> list[list[float]]:
    """Return a matrix as rows of numbers; raises BadRequest for a registration that has none."""
    rows = matrix.matrix if isinstance(matrix, Registered) else matrix
    if rows is None:
        raise BadRequest("The registration has no matrix.", hint="Its `failure` says why.", stage="client")
    return [[float(entry) for entry in row] for row in rows]


# ---- methods --------------------------------------------------------------------------------


def register(
    user: Picture,
    model: Picture,
    *,
    algorithm: str = "auto",
    ratio: float | None = None,
    mutual: bool | None = None,
    spread: bool | None = None,
    estimator: str | None = None,
    transform: str | None = None,
    refine: bool | None = None,
    budget: int | None = None,
    tolerance: float | None = None,
    points: int = DEFAULT_POINTS,
    side: int = DEFAULT_SIDE,
    want: Iterable[str] = (),
    pass_back: Any = None,
    **sending: Any,
) -> Call[Reply[Registered]]:
    """Lay the user's picture on the model's: a matrix from user to model pixels, and its certificate.

    `algorithm` is `auto`, `sift`, `orb`, `akaze`, `brisk` or `surf`; `transform` is the parameter `model`:
    `homography`, `affine`, `similarity` or `translation`. `want` names pictures to return (`overlay`,
    `matches`, `warped`, `red_green`, `checkerboard`, `layer`, `difference`): see `Reply.picture`. Pictures
    that do not fit are an answer without a matrix; its `failure` says why. `sending` as for `submit`.
    """
    given = {
        "algorithm": algorithm,
        "ratio": ratio,
        "mutual": mutual,
        "spread": spread,
        "estimator": estimator,
        "model": transform,
        "refine": refine,
        "budget": budget,
        "tolerance": tolerance,
        "points": points,
        "side": side,
        "want": want,
        "pass_back": pass_back,
    }
    return reply_of(Registered, "registration.register", register_params(given), [user, model], sending)


def warp(
    matrix: MatrixLike,
    picture: Picture | None = None,
    *,
    points: Iterable[Sequence[float]] = (),
    size: tuple[int, int] | None = None,
    inverse: bool = False,
    fit: bool = False,
    transparent: bool = False,
    **sending: Any,
) -> Call[Reply[Warped]]:
    """Apply a matrix, or that of a registration, to points and to a picture.

    The picture comes back as `warped`, in a frame of `size` (the model's, usually; its own without it), or
    whole with `fit`. `inverse` goes from model to user. `sending` as for `submit`.
    """
    given = {"size": size, "inverse": inverse, "fit": fit, "transparent": transparent}
    pictures = [] if picture is None else [picture]
    return reply_of(Warped, "registration.warp", warp_params(matrix, points, given), pictures, sending)


def stitch(
    user: Picture, model: Picture, *, blend: str = "bands", algorithm: str = "auto", **options: Any
) -> Call[Reply[Stitched]]:
    """Merge two pictures in the model's frame, if their registration is accepted; `refused` says why if not.

    The picture comes back as `stitched`. `blend` is `bands`, `feather` or `none`; `options` are those of
    `submit`, and by `params` (a dictionary) any of `registration.register`.
    """
    given = {"blend": blend, "algorithm": algorithm, **options.pop("params", {})}
    return reply_of(Stitched, "registration.stitch", stitch_params(given), [user, model], options)


class RegistrationCalls:
    """The methods of `Client` about registrations."""

    register = blocking(register)
    warp = blocking(warp)
    stitch = blocking(stitch)


class AsyncRegistrationCalls:
    """The methods of `AsyncClient` about registrations."""

    register = awaited(register)
    warp = awaited(warp)
    stitch = awaited(stitch)
