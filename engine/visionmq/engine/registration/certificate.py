"""What speaks for a matrix: counts, spread, conditioning and likeness, and the verdict they add up to."""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration.calibration import accuracy, evidence, stated_tolerance, surprise
from visionmq.engine.registration.estimation import Estimate, corners, jacobians, project
from visionmq.engine.registration.outcome import Array, Certificate, Verdict
from visionmq.engine.registration.stability import stability

ACCEPT_PROBABILITY: Final = 0.8
ACCEPT_EVIDENCE: Final = 0.95
"""Of 1,558 matrices of drawn pairs, docs/accuracy.md, none accepted by both and the bounds below is over 9 px off."""
REJECT_EVIDENCE: Final = 0.1
REJECT_PROBABILITY: Final = 0.02
"""Below lie all that unrelated pictures gave there, most of what is over 20 px off, and 1 of 1,246 that are within 5."""
ACCEPT_INLIERS: Final = 15
"""Unrelated dev pairs (98 of them, four algorithms) reach 8; related ones that are right have 56 and more, but one."""
REJECT_INLIERS: Final = 6
"""A homography explains four of any matches, and one or two more by chance."""
ACCEPT_COVERAGE: Final = 0.08
"""Smaller hulls fix the part of the picture they lie on, not its corners."""
ACCEPT_SPREAD: Final = 0.25
"""Of 16 cells four hold an inlier."""
ACCEPT_CONDITIONING: Final = 12.0
"""Worst corner's movement for one pixel's noise: beyond, the far corners are a guess."""
ACCEPT_SIMILARITY: Final = 0.25
REJECT_SIMILARITY: Final = 0.08
"""Right dev pairs have 0.58 and more; drawn pictures that have nothing in common stay within 0.15 of nothing."""
_LEAST_LOOKED_AT: Final = 6
"""Inliers below which nothing dear is looked at."""
_GRID: Final = 4
_LIKENESS_SIDE: Final = 320
"""Longer side in pixels at which the pictures are compared: small shifts and blur matter little there."""


def certify(
    found: Estimate,
    user: Array,
    model: Array,
    *,
    sizes: tuple[tuple[int, int], tuple[int, int]],
    similarity: float | None = None,
    tolerance: float | None = None,
) -> Certificate:
    """Return the certificate of an estimate over these pairs (n x 2 each); `sizes` are the user's and the model's.

    `tolerance` is the mean error in model pixels that the probability is about; by default what suits the model's size.
    """
    stated = stated_tolerance(sizes[1]) if tolerance is None else tolerance
    return _judged(_stated(_figures(found, user, model, sizes, similarity), stated))


def _figures(
    found: Estimate, user: Array, model: Array, sizes: tuple[tuple[int, int], ...], similarity: float | None
) -> Certificate:
    overlap = overlap_of(found.matrix, sizes[0], sizes[1])
    inside = np.asarray(model[found.inliers], np.float64)
    errors = found.errors[found.inliers]
    stable = None if len(inside) < _LEAST_LOOKED_AT else stability(found, user, model, overlap)
    return Certificate(
        verdict=Verdict.REJECT,
        reasons=(),
        inliers=len(inside),
        inlier_ratio=len(inside) / max(len(model), 1),
        median_error=float(np.median(errors)),
        p95_error=float(np.percentile(errors, 95)),
        coverage=_coverage(inside, overlap),
        spread=_spread(inside, overlap),
        conditioning=_conditioning(found.matrix, user[found.inliers], overlap),
        similarity=similarity,
        surprise=surprise(len(inside), len(model), float(errors.max()), float(sizes[1][0] * sizes[1][1])),
        held_out=None if stable is None else stable.held_out,
        forward_backward=None if stable is None else stable.forward_backward,
        restarts=None if stable is None else stable.restarts,
    )


def _stated(figures: Certificate, tolerance: float) -> Certificate:
    right = evidence(figures)
    return replace(
        figures, evidence=right, probability=right * accuracy(figures, tolerance), tolerance=float(tolerance)
    )


def overlap_of(matrix: Array, user_size: tuple[int, int], model_size: tuple[int, int]) -> Array:
    """Return the part of the model that the user's picture shows, as a convex polygon in model pixels, n x 2."""
    shown = project(matrix, corners(user_size)).astype(np.float32)
    area, polygon = cv2.intersectConvexConvex(shown, corners(model_size).astype(np.float32))
    return np.asarray(polygon).reshape(-1, 2) if area > 0 else np.empty((0, 2), np.float32)


def likeness(user: Array, model: Array, matrix: Array, mask: Array | None = None) -> float:
    """Return how alike two grey pictures are in structure once the user's is warped onto the model, -1 to 1.

    Both are compared small, as gradients' direction and normalised strength, so that light, contrast and some blur
    do not count; `mask` (the model's size, uint8) says which of the model's pixels take part.
    """
    scale = min(1.0, _LIKENESS_SIDE / max(model.shape))
    size = tuple(max(8, round(side * scale)) for side in model.shape[::-1])
    shrink = np.diag([size[0] / model.shape[1], size[1] / model.shape[0], 1.0])
    warped = warp_smooth(user, shrink @ matrix, size)
    seen = _shown(shrink @ matrix, user.shape[::-1], size)
    small = cv2.resize(model, size, interpolation=cv2.INTER_AREA)
    if mask is not None:
        seen &= cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST) > 0
    if np.count_nonzero(seen) < 64:
        return 0.0
    return _correlation(_structure(warped), _structure(small), cv2.erode(seen.astype(np.uint8), np.ones((5, 5))) > 0)


def _shown(matrix: Array, user_size: tuple[int, ...], size: tuple[int, ...]) -> Array:
    """Return which pixels of a frame of this size show the user's picture, bool."""
    frame = np.zeros(size[::-1], np.uint8)
    outline = overlap_of(matrix, (user_size[0], user_size[1]), (size[0], size[1]))
    if len(outline) >= 3:
        cv2.fillConvexPoly(frame, np.round(outline).astype(np.int32), 255)
    return frame > 0


def warp_smooth(picture: Array, matrix: Array, size: tuple[int, ...]) -> Array:
    """Return a picture warped without aliasing: shrunk first by a whole factor where the frame is much smaller."""
    middle = np.array([[picture.shape[1] / 2, picture.shape[0] / 2]])
    scale = float(np.sqrt(abs(np.linalg.det(jacobians(matrix, middle)[0]))))
    factor = max(1, int(1 / max(scale, 1e-3)))
    if factor > 1:
        inner = tuple(max(2, side // factor) for side in picture.shape[::-1])
        across, down = picture.shape[1] / inner[0], picture.shape[0] / inner[1]
        picture = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
        # The centre of a shrunk picture's first pixel lies between the first ones, not on the first.
        matrix = matrix @ np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1]])
    return np.asarray(cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR))


def _structure(picture: Array) -> Array:
    """Return gradients over their local strength, height x width x 2."""
    soft = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.2)
    gradients = np.dstack([cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)])
    strength = np.sqrt(cv2.GaussianBlur((gradients**2).sum(axis=2), (0, 0), 8))
    return np.asarray(gradients / (strength + 4)[:, :, None])


def _correlation(first: Array, second: Array, where: Array) -> float:
    a, b = first[where].ravel(), second[where].ravel()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 1e-6 else 0.0


def _coverage(points: Array, overlap: Array) -> float:
    if len(points) < 3 or len(overlap) < 3:
        return 0.0
    hull = cv2.convexHull(points.astype(np.float32))
    return min(1.0, float(cv2.contourArea(hull)) / max(float(cv2.contourArea(overlap)), 1e-6))


def _spread(points: Array, overlap: Array) -> float:
    if len(points) == 0 or len(overlap) < 3:
        return 0.0
    least, most = overlap.min(axis=0), overlap.max(axis=0)
    cells = ((points - least) / np.maximum(most - least, 1e-6) * _GRID).astype(np.int64).clip(0, _GRID - 1)
    return len(np.unique(cells[:, 1] * _GRID + cells[:, 0])) / _GRID**2


def _conditioning(matrix: Array, points: Array, overlap: Array) -> float:
    """Propagate one pixel of noise through the linear fit to the overlap's corners (Criminisi 1999, section 5)."""
    if len(overlap) < 3:
        return float("inf")
    own = project(np.linalg.inv(matrix), overlap)
    design, probe = _derivative(matrix, points), _derivative(matrix, own)
    scale = np.maximum(np.linalg.norm(design, axis=0), 1e-12)
    information = (design / scale).T @ (design / scale)
    try:
        covariance = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        return float("inf")
    variances = np.einsum("ij,jk,ik->i", probe / scale, covariance, probe / scale)
    return float(np.sqrt(max(0.0, variances.max())))


def _derivative(matrix: Array, points: Array) -> Array:
    """Return how mapped points (2n rows) move with the matrix's first eight entries."""
    points = np.asarray(points, np.float64)
    weight = points @ matrix[2, :2] + matrix[2, 2]
    ones = np.append(points, np.ones((len(points), 1)), axis=1) / weight[:, None]
    mapped = project(matrix, points)
    rows = np.zeros((2 * len(points), 8))
    rows[0::2, 0:3] = ones
    rows[1::2, 3:6] = ones
    rows[0::2, 6:8] = -mapped[:, :1] * ones[:, :2]
    rows[1::2, 6:8] = -mapped[:, 1:] * ones[:, :2]
    return rows


def _judged(figures: Certificate) -> Certificate:
    doubts = tuple(text for holds, text in _doubts(figures) if holds)
    hopeless = (
        figures.evidence < REJECT_EVIDENCE
        or figures.probability < REJECT_PROBABILITY
        or figures.inliers <= REJECT_INLIERS
        or (figures.similarity is not None and figures.similarity < REJECT_SIMILARITY)
    )
    verdict = Verdict.REJECT if hopeless else Verdict.UNCERTAIN if doubts else Verdict.ACCEPT
    return replace(figures, verdict=verdict, reasons=doubts)


def _doubts(figures: Certificate) -> list[tuple[bool, str]]:
    similarity = figures.similarity
    return [
        (figures.inliers < ACCEPT_INLIERS, f"only {figures.inliers} landmarks agree"),
        (figures.coverage < ACCEPT_COVERAGE, "they lie on a small part of the picture"),
        (figures.spread < ACCEPT_SPREAD, "they lie close together"),
        (figures.conditioning > ACCEPT_CONDITIONING, "they leave the corners loose"),
        (similarity is not None and similarity < ACCEPT_SIMILARITY, "the pictures differ once laid on each other"),
        (figures.evidence < ACCEPT_EVIDENCE, "other landmarks would have given another matrix"),
        (figures.probability < ACCEPT_PROBABILITY, f"it may be off by over {figures.tolerance:.0f} pixels"),
    ]
