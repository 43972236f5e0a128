"""Outcomes as they stand on the wire: every figure in pixels of the pictures as sent, and what a matrix does."""

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np

from visionmq.engine.picture import Picture
from visionmq.engine.registration import outcome as core
from visionmq.engine.registration.calibration import stated_tolerance
from visionmq.engine.registration.estimation import jacobians, project
from visionmq.engine.registration.outcome import Array, Registration
from visionmq.engine.registration.plan import Outcome, Settings
from visionmq.engine.registration.warp import as_rows
from visionmq.schemas import registration as wire

HINTS: Final = {
    "empty_image": "Send a picture that shows something: this one is of one colour.",
    "few_keypoints": "Send a sharper, larger or better lit picture; plain surfaces hold no landmarks.",
    "few_matches": "Check that both pictures show the same thing; try the algorithm auto or sift.",
    "few_inliers": "Check that both pictures show the same flat thing, or a far one; try the algorithm auto or sift.",
    "degenerate": "Check that the overlap is not a thin strip; a model with less freedom (affine, similarity) may hold.",
    "same_image": "The matrix is the identity; send two different pictures to have something measured.",
    "rejected": "Do not lay one on the other: they most likely show different things. `matches` shows what was compared.",
}
"""What to do about each kind of failure."""
REJECTED: Final = "rejected"
_APART: Final = frozenset({"verdict", "reasons", "probability", "tolerance", "inliers", "inlier_ratio"})
"""Of the core's certificate: what stands elsewhere in the answer."""
_DIGITS: Final = 6


def answer_of(found: Outcome, settings: Settings, *, points: int, pictures: Sequence[Picture] = ()) -> wire.Registered:
    """Return the answer to an outcome, with at most so many matched points.

    A rejected matrix is not in it: what is known to be most likely wrong is not handed out.
    """
    empty = wire.Registered(
        matrix=None,
        algorithm=found.algorithm or None,
        model=settings.model.value,
        user_size=found.user_size,
        model_size=found.model_size,
        certificate=_nothing(found),
        failure=_failure(found),
        tries=[_try(one) for one in found.tries],
        notes=_notes(pictures),
    )
    return empty if found.registration is None else _with_matrix(empty, found.registration, points)


def is_trusted(found: Outcome) -> bool:
    """Whether there is a matrix that is handed out: accepted, or uncertain and said so."""
    seal = None if found.registration is None else found.registration.certificate
    return seal is not None and seal.verdict is not core.Verdict.REJECT


def _with_matrix(empty: wire.Registered, found: Registration, points: int) -> wire.Registered:
    seal = found.certificate
    known = {name: getattr(empty, name) for name in empty.__struct_fields__}
    known |= {
        "matches": len(found.inliers),
        "inliers": seal.inliers,
        "inlier_ratio": _number(seal.inlier_ratio) or 0.0,
        "points": _points(found, points),
        "certificate": _certificate(seal),
    }
    if seal.verdict is core.Verdict.REJECT:
        return wire.Registered(**known)
    shape = decompose(found.matrix, found.user_size)
    known |= {
        "matrix": as_rows(found.matrix),
        "reprojection": wire.Reprojection(round(seal.median_error, _DIGITS), round(seal.p95_error, _DIGITS)),
        "scale": scale_of(found.matrix, found.user_size),
        "rotation_degrees": rotation_of(found.matrix, found.user_size),
        "decomposition": shape,
    }
    return wire.Registered(**known)


def _failure(found: Outcome) -> wire.Failure | None:
    if found.failure is not None:
        kind = found.failure.kind.value
        return wire.Failure(
            kind=kind,
            message=found.failure.message,
            hint=HINTS[kind],
            found=found.failure.found,
            needed=found.failure.needed,
        )
    if found.registration is None or is_trusted(found):
        return None
    reasons = "; ".join(found.registration.certificate.reasons) or "too little speaks for it"
    message = f"A matrix was found and is most likely wrong: {reasons}."
    return wire.Failure(
        kind=REJECTED, message=message, hint=HINTS[REJECTED], found=found.registration.certificate.inliers
    )


def _try(one: Any) -> wire.Try:
    return wire.Try(
        algorithm=one.algorithm,
        verdict=wire.Verdict(one.verdict.value),
        probability=_number(one.probability),
        inliers=one.inliers,
        milliseconds=round(one.milliseconds, 1),
        note=one.note,
    )


def _nothing(found: Outcome) -> wire.Certificate:
    """Return the certificate of no matrix."""
    reasons = [found.failure.message] if found.failure is not None else []
    return wire.Certificate(
        verdict=wire.Verdict.REJECT, probability=0.0, tolerance=stated_tolerance(found.model_size), reasons=reasons
    )


def _certificate(seal: core.Certificate) -> wire.Certificate:
    """Return the certificate; figures that are new in the core are new on the wire, without a change here."""
    names = (field.name for field in fields(seal) if field.name not in _APART)
    return wire.Certificate(
        verdict=wire.Verdict(seal.verdict.value),
        probability=_number(seal.probability) or 0.0,
        tolerance=_number(seal.tolerance) or 0.0,
        reasons=list(seal.reasons),
        figures={name: _number(getattr(seal, name)) for name in names},
    )


def _points(found: Registration, most: int) -> wire.Points:
    """Return the first matches, which are the clearest; hundredths of a pixel are below what landmarks are good to."""
    chosen = slice(0, most)
    user, model = (np.round(side[chosen].astype(np.float64), 2) for side in (found.user_points, found.model_points))
    return wire.Points(_pairs(user), _pairs(model), [bool(one) for one in found.inliers[chosen]])


def _pairs(points: Array) -> list[wire.Point]:
    return [(x, y) for x, y in points.tolist()]


def _notes(pictures: Sequence[Picture]) -> list[str]:
    names = ("user", "model")
    return [f"{name}: {note}" for name, picture in zip(names, pictures, strict=False) for note in picture.notes]


def _middle(size: wire.Size) -> Array:
    """Return the middle of a picture in its pixels, 1 x 2."""
    return np.array([[(size[0] - 1) / 2, (size[1] - 1) / 2]])


def _derivative(matrix: Array, size: wire.Size) -> Array:
    return np.asarray(jacobians(matrix, _middle(size))[0])


def scale_of(matrix: Array, size: wire.Size) -> float:
    """Return how many target pixels a pixel in the middle of a picture takes, by the square root of areas."""
    return round(math.sqrt(abs(float(np.linalg.det(_derivative(matrix, size))))), _DIGITS)


def rotation_of(matrix: Array, size: wire.Size) -> float:
    """Return by how many degrees the middle of a picture is turned clockwise: the nearest rotation, -180 to 180."""
    (a, b), (c, d) = _derivative(matrix, size).tolist()
    return round(math.degrees(math.atan2(c - b, a + d)), _DIGITS)


def decompose(matrix: Array, size: wire.Size) -> wire.Decomposition:
    """Return what a 3x3 matrix does to a picture of `size` around its middle (Hartley and Zisserman 2004, 2.4.1)."""
    around, middle = _derivative(matrix, size), _middle(size)
    _, stretch, axes = np.linalg.svd(around)
    most, least = (float(one) for one in stretch)
    direction = math.degrees(math.atan2(axes[0, 1], axes[0, 0]))
    depth = float(matrix[2] @ np.append(middle[0], 1.0))
    place = project(matrix, middle)[0]
    cosine = float(around[:, 0] @ around[:, 1]) / float(np.prod(np.linalg.norm(around, axis=0)))
    return wire.Decomposition(
        centre=(round(float(place[0]), 3), round(float(place[1]), 3)),
        stretch=(round(most, _DIGITS), round(least, _DIGITS)),
        stretch_degrees=round((direction + 90) % 180 - 90, 3),
        shear_degrees=round(math.degrees(math.asin(min(1.0, max(-1.0, cosine)))), 3),
        tilt_degrees=round(math.degrees(math.acos(min(1.0, least / most))), 3),
        perspective=(
            round(float(matrix[2, 0]) * size[0] / depth, _DIGITS),
            round(float(matrix[2, 1]) * size[1] / depth, _DIGITS),
        ),
    )


def _number(value: float | None) -> float | None:
    """Return a figure as JSON can hold it: no infinity, six digits."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), _DIGITS)
