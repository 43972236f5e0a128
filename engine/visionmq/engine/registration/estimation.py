"""The transform that most pairs of points agree on, and whether a camera could have seen it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration import sampling
from visionmq.engine.registration.outcome import Array, Failure, FailureKind

LEAST_MATCHES: Final = 6
"""Pairs below which no homography (four pairs) can be told from chance."""
LEAST_INLIERS: Final = 6
_TRIES: Final = 10_000
_PLAIN_TRIES: Final = 5_000
_CONFIDENCE: Final = 0.9999
_POLISHES: Final = 8
_SEED: Final = 4
_MOST_STRETCH: Final = 20.0
"""Largest change of the local scale over the picture, and of its two directions, that a view of a plane has.
At 84 degrees of tilt the foreshortening is 10, the most that simulated views meet; perspective may double it at an
edge."""
_MOST_SCALE: Final = 50.0
"""Largest difference in size of the two pictures."""


class Estimator(StrEnum):
    """How the matrix that most matches agree on is found."""

    RANSAC = "ransac"
    """Most pairs within the tolerance (Fischler and Bolles 1981)."""
    LMEDS = "lmeds"
    """Least median of squares (Rousseeuw 1984); needs no tolerance, fails where most matches are wrong."""
    RHO = "rho"
    """The clearest pairs are drawn first (Bazargani et al. 2015, after PROSAC)."""
    MAGSAC = "magsac"
    """Closer pairs count more, over all noises up to the tolerance (MAGSAC++, Barath et al. 2020)."""


class Transform(StrEnum):
    """What the matrix may do."""

    HOMOGRAPHY = "homography"
    AFFINE = "affine"
    SIMILARITY = "similarity"
    TRANSLATION = "translation"

    @property
    def freedom(self) -> int:
        """Numbers that fix it; each pair of points gives two."""
        return {"homography": 8, "affine": 6, "similarity": 4, "translation": 2}[self.value]


_METHODS: Final = {
    Estimator.RANSAC: cv2.RANSAC,
    Estimator.LMEDS: cv2.LMEDS,
    Estimator.RHO: cv2.RHO,
    Estimator.MAGSAC: cv2.USAC_MAGSAC,
}
_RULES: Final = {
    Estimator.RANSAC: "count",
    Estimator.LMEDS: "median",
    Estimator.RHO: "count",
    Estimator.MAGSAC: "soft",
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A matrix and the pairs that agree with it."""

    matrix: Array
    """3x3 float64, user to model, matrix[2, 2] is 1."""
    inliers: Array
    """n bool."""
    errors: Array
    """n float64: distance of each mapped user point from its partner, in model pixels."""


def estimate(
    user: Array,
    model: Array,
    *,
    tolerance: float,
    size: tuple[int, int],
    estimator: Estimator = Estimator.MAGSAC,
    transform: Transform = Transform.HOMOGRAPHY,
) -> Estimate | Failure:
    """Return the transform from user to model points (both n x 2, the clearest pairs first) that most agree on.

    `tolerance` is the noise that an inlier may have, in model pixels; `size` is the user picture's.
    The same points give the same bits.
    """
    if len(user) < LEAST_MATCHES:
        message = f"{len(user)} landmarks are in both pictures; {LEAST_MATCHES} are needed."
        return Failure(FailureKind.FEW_MATCHES, message, len(user), LEAST_MATCHES)
    find = _homography if transform is Transform.HOMOGRAPHY else partial(_lesser, transform=transform)
    matrix = find(user, model, tolerance, estimator)
    count = 0 if matrix is None else int(np.count_nonzero(distances(matrix, user, model) < tolerance))
    if matrix is None or count < LEAST_INLIERS:
        message = f"{count} of {len(user)} pairs agree on one view; {LEAST_INLIERS} are needed."
        return Failure(FailureKind.FEW_INLIERS, message, count, LEAST_INLIERS)
    polished = _polish(matrix, user, model, tolerance, transform)
    if (trouble := implausible(polished.matrix, size)) is not None:
        return Failure(FailureKind.DEGENERATE, f"The pairs agree on a view that {trouble}.", count)
    return polished


def _homography(user: Array, model: Array, tolerance: float, estimator: Estimator) -> Array | None:
    cv2.setRNGSeed(_SEED)
    method, tries = _METHODS[estimator], _TRIES if estimator is Estimator.MAGSAC else _PLAIN_TRIES
    matrix, _ = cv2.findHomography(user, model, method, tolerance, maxIters=tries, confidence=_CONFIDENCE)
    return None if matrix is None else np.asarray(matrix)


def _lesser(user: Array, model: Array, tolerance: float, estimator: Estimator, *, transform: Transform) -> Array | None:
    user, model = np.asarray(user, np.float64), np.asarray(model, np.float64)
    sample = max(1, transform.freedom // 2)
    chosen = sampling.draw(len(user), sample, best_first=estimator is Estimator.RHO)
    matrices = sampling.fit(user[chosen], model[chosen], transform.freedom)
    points = sampling.scores(matrices, user, model, tolerance=tolerance, rule=_RULES[estimator])
    return None if len(points) == 0 else np.asarray(matrices[int(points.argmax())])


def project(matrix: Array, points: Array) -> Array:
    """Return points (n x 2) mapped by a 3x3 matrix, float64."""
    points = np.asarray(points, np.float64)
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(mapped[:, :2] / mapped[:, 2:])


def corners(size: tuple[int, int]) -> Array:
    """Return the outer corners of a picture in its pixels: top left, top right, bottom right, bottom left."""
    width, height = size
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64) - 0.5


def jacobians(matrix: Array, points: Array) -> Array:
    """Return the derivative of the mapping at each point, n x 2 x 2."""
    mapped = np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]
    weight = mapped[:, 2][:, None, None]
    outer = mapped[:, :2, None] / weight * matrix[2, :2][None, None, :]
    return np.asarray((matrix[:2, :2][None] - outer) / weight)


def implausible(matrix: Array, size: tuple[int, int]) -> str | None:
    """Return what no view of a plane by a camera does but this matrix does to the user's picture; None if nothing."""
    if not np.isfinite(matrix).all():
        return "is not finite"
    edge = corners(size)
    depths = np.append(edge, np.ones((4, 1)), axis=1) @ matrix[2]
    if float(depths.min()) <= 0:
        return "folds the picture over the horizon"
    derivatives = jacobians(matrix, np.vstack([edge, edge.mean(axis=0)]))
    if float(np.linalg.det(derivatives).min()) <= 0:
        return "mirrors the picture"
    stretch = np.linalg.svd(derivatives, compute_uv=False)
    if float((stretch[:, 0] / stretch[:, 1]).max()) > _MOST_STRETCH:
        return "squeezes the picture to a line"
    middle = float(np.sqrt(np.linalg.det(derivatives[-1])))
    if not 1 / _MOST_SCALE < middle < _MOST_SCALE:
        return "changes the scale beyond what can be matched"
    return None


def _polish(matrix: Array, user: Array, model: Array, tolerance: float, transform: Transform) -> Estimate:
    """Fit by least squares to the inliers, then choose them anew, until no more agree."""
    errors = distances(matrix, user, model)
    # OpenCV has polished a homography already; a draw of one to three pairs has further to go.
    for _ in range(2 if transform is Transform.HOMOGRAPHY else _POLISHES):
        inliers = errors < tolerance
        if np.count_nonzero(inliers) < LEAST_INLIERS:
            break
        fitted = _fitted(user[inliers], model[inliers], transform)
        if fitted is None:
            break
        refitted = distances(fitted, user, model)
        if np.count_nonzero(refitted < tolerance) < np.count_nonzero(inliers):
            break
        matrix, errors = fitted, refitted
    return Estimate(matrix / matrix[2, 2], errors < tolerance, errors)


def _fitted(user: Array, model: Array, transform: Transform) -> Array | None:
    if transform is Transform.HOMOGRAPHY:
        matrix, _ = cv2.findHomography(user, model, 0)
        return None if matrix is None else np.asarray(matrix)
    return np.asarray(sampling.fit(user[None].astype(np.float64), model[None].astype(np.float64), transform.freedom)[0])


def distances(matrix: Array, user: Array, model: Array) -> Array:
    """Return how far each mapped user point is from its partner, in model pixels; infinite beyond the horizon."""
    errors = np.linalg.norm(project(matrix, user) - model, axis=1)
    return np.asarray(np.where(np.isfinite(errors), errors, np.inf))
