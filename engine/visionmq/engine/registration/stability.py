"""What would have come out of other matches: held-out error, the way back, and restarts.

Each is a distance in model pixels that is small for a matrix that stands and large for one that matches by chance or
rests on one corner. All draws are seeded: the same matches give the same bits.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration.estimation import Estimate, project
from visionmq.engine.registration.outcome import Array

WORST: Final = 100.0
"""Distance in model pixels that stands for any larger one, and for a restart that found nothing."""
_FOLDS: Final = 4
_RESTARTS: Final = 3
_MOST: Final = 300
"""Matches that each part looks at: more cost time and change nothing."""
_TRIES: Final = 500
_GRID: Final = 6
_SEED: Final = 11
_LEAST: Final = 8
"""Matches that a robust fit is tried on."""


@dataclass(frozen=True, slots=True)
class Stability:
    """How far a matrix depends on which matches it was given; distances in model pixels, at most WORST."""

    held_out: float
    forward_backward: float
    restarts: float


def freedom_of(matrix: Array) -> int:
    """Return how many numbers a 3x3 matrix was fitted with, by its form: 8, 6, 4 or 2."""
    if np.abs(matrix[2, :2]).max() > 1e-12:
        return 8
    (a, b), (c, d) = matrix[:2, :2]
    if abs(a - d) + abs(b + c) > 1e-9:
        return 6
    return 4 if abs(a - 1) + abs(b) > 1e-12 else 2


def stability(found: Estimate, user: Array, model: Array, overlap: Array) -> Stability:
    """Return how stable an estimate over these pairs (n x 2 each) is; `overlap` is a polygon in model pixels."""
    freedom = freedom_of(found.matrix)
    probes = _probes(overlap)
    inside = found.inliers
    noise = float(found.errors[inside].max(initial=0.5))
    return Stability(
        held_out=_held_out(user[inside], model[inside], freedom),
        forward_backward=_there_and_back(found.matrix, user, model, probes=probes, noise=noise, freedom=freedom),
        restarts=_restarts(found.matrix, user, model, probes=probes, noise=noise, freedom=freedom),
    )


def _held_out(user: Array, model: Array, freedom: int) -> float:
    """Return the median error of inliers by a least-squares fit to those of the other three quarters.

    The quarters are parts of the picture, so that a fit that holds only where its matches are is seen.
    """
    chosen = _thinned(len(user))
    user, model = user[chosen], model[chosen]
    quarter, errors = _quarters(model), []
    for number in range(_FOLDS):
        left_out = quarter == number
        fitted = fit(user[~left_out], model[~left_out], freedom)
        if fitted is None:
            return WORST
        errors.append(np.linalg.norm(project(fitted, user[left_out]) - model[left_out], axis=1))
    return _capped(float(np.median(np.concatenate(errors))))


def _quarters(points: Array) -> Array:
    """Return which of four equally full parts each point lies in: halved across, then each half down."""
    across = np.argsort(np.argsort(points[:, 0], kind="stable"), kind="stable") * 2 // max(1, len(points))
    part = across * 2
    for half in (0, 1):
        rows = np.flatnonzero(across == half)
        order = np.argsort(np.argsort(points[rows, 1], kind="stable"), kind="stable")
        part[rows] += order * 2 // max(1, len(rows))
    return np.asarray(part)


def _there_and_back(matrix: Array, user: Array, model: Array, *, probes: Array, noise: float, freedom: int) -> float:
    chosen = _thinned(len(user))
    inverse = np.linalg.inv(matrix)
    smaller = np.sqrt(abs(np.linalg.det(inverse[:2, :2] / inverse[2, 2])))
    back = _robust(model[chosen], user[chosen], noise * float(smaller), freedom)
    return WORST if back is None else _apart(project(matrix, project(back, probes)), probes)


def _restarts(matrix: Array, user: Array, model: Array, *, probes: Array, noise: float, freedom: int) -> float:
    """Return the median distance of matrices that were found from halves of the matches, inliers or not."""
    random = np.random.default_rng(_SEED)
    own = project(np.linalg.inv(matrix), probes)
    moved = []
    for _ in range(_RESTARTS):
        half = random.permutation(len(user))[: min(_MOST, max(_LEAST, len(user) // 2))]
        again = _robust(user[half], model[half], noise, freedom)
        moved.append(WORST if again is None else _apart(project(again, own), probes))
    return float(np.median(moved))


def _robust(first: Array, second: Array, noise: float, freedom: int) -> Array | None:
    """Return the matrix that most pairs agree on; None where there is none."""
    if len(first) < _LEAST:
        return None
    first, second = first.astype(np.float32), second.astype(np.float32)
    cv2.setRNGSeed(_SEED)
    if freedom == 2:
        return _full(np.column_stack([np.eye(2), np.median(second - first, axis=0)]))
    if freedom == 8:
        method = cv2.USAC_MAGSAC
        return _full(cv2.findHomography(first, second, method, noise, maxIters=_TRIES, confidence=0.99)[0])
    solve = cv2.estimateAffine2D if freedom == 6 else cv2.estimateAffinePartial2D
    return _full(solve(first, second, method=cv2.RANSAC, ransacReprojThreshold=noise, maxIters=_TRIES)[0])


def fit(first: Array, second: Array, freedom: int) -> Array | None:
    """Return the least-squares 3x3 matrix with so many free numbers from pairs of points; None if it has none."""
    if len(first) < freedom // 2 + 1:
        return None
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if freedom == 8:
        return _full(cv2.findHomography(first, second, 0)[0])
    middle, there = first.mean(axis=0), second.mean(axis=0)
    linear = _linear(first - middle, second - there, freedom)
    return _full(np.column_stack([linear, there - linear @ middle]))


def _linear(first: Array, second: Array, freedom: int) -> Array:
    """Return the 2x2 part of an affine map, a similarity or a translation between centred points."""
    if freedom == 2:
        return np.eye(2)
    if freedom == 6:
        return np.asarray(np.linalg.lstsq(first, second, rcond=None)[0].T)
    total = max(float((first**2).sum()), 1e-12)
    a = float((first * second).sum()) / total
    b = float((first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum()) / total
    return np.array([[a, -b], [b, a]])


def _full(matrix: Array | None) -> Array | None:
    if matrix is None or not np.isfinite(matrix).all():
        return None
    return np.asarray(matrix if len(matrix) == 3 else np.vstack([matrix, (0, 0, 1)]), np.float64)


def _probes(overlap: Array) -> Array:
    """Return points of a convex polygon: a grid between its bounds, and its corners where the grid misses it."""
    if len(overlap) < 3:
        return np.asarray(overlap, np.float64).reshape(-1, 2)
    low, high = overlap.min(axis=0), overlap.max(axis=0)
    places = (np.arange(_GRID) + 0.5) / _GRID
    grid = np.stack(np.meshgrid(*(low + (high - low) * places[:, None]).T), axis=-1).reshape(-1, 2)
    polygon = np.asarray(overlap, np.float32)
    inside = [cv2.pointPolygonTest(polygon, (float(x), float(y)), False) >= 0 for x, y in grid]
    return np.asarray(grid[inside] if any(inside) else overlap, np.float64)


def _apart(first: Array, second: Array) -> float:
    if len(first) == 0:
        return WORST
    distance = np.linalg.norm(first - second, axis=1)
    return _capped(float(np.where(np.isfinite(distance), np.minimum(distance, WORST), WORST).mean()))


def _capped(value: float) -> float:
    return min(value, WORST) if np.isfinite(value) else WORST


def _thinned(count: int) -> Array:
    """Return at most _MOST indices, evenly over all."""
    return np.linspace(0, count - 1, min(count, _MOST)).astype(np.int64) if count else np.empty(0, np.int64)
