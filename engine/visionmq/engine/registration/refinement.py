"""A matrix made finer: once two pictures nearly lie on each other, small patches are followed to where they fit."""

from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration.certificate import warp_smooth
from visionmq.engine.registration.estimation import Estimate, distances, estimate, implausible
from visionmq.engine.registration.frame import frame_for
from visionmq.engine.registration.outcome import Array

POINTS: Final = 400
_WINDOW: Final = (21, 21)
_FURTHEST: Final = 12.0
"""Pixels of the model that a point may lie off; the matrix is not that wrong, so the patch is another."""
_RETURN: Final = 0.5
"""Pixels that following a point there and back may miss it by (Kalal et al. 2010)."""
_TOLERANCE: Final = 1.2
_LEAST: Final = 24
_LARGEST: Final = 1000
"""Longer side in pixels of the frame in which patches are followed."""
_KEPT: Final = 0.85
"""Part of the inliers that must stay; finer matrices lose some at the tolerance's edge, wrong ones most."""


def trackable(model: Array, mask: Array | None = None) -> Array:
    """Return points of a grey picture that patches can be followed by (Shi and Tomasi 1994), n x 2 float32."""
    distance = max(model.shape) / 60
    found = cv2.goodFeaturesToTrack(model, POINTS, 0.01, distance, mask=mask, blockSize=5)
    return np.empty((0, 2), np.float32) if found is None else np.asarray(found).reshape(-1, 2)


def refine(user: Array, model: Array, matrix: Array, points: Array) -> Array:
    """Return the matrix (3x3, user to model) brought to where the model's patches at `points` fit best.

    Both pictures are grey. Returned as it was where too few patches are found again.
    """
    if len(points) < _LEAST:
        return matrix
    size = model.shape[1], model.shape[0]
    warped, still = _even(warp_smooth(user, matrix, size)), _even(model)
    moved, there = _followed(still, warped, points)
    back, again = _followed(warped, still, moved)
    good = there & again & (np.linalg.norm(back - points, axis=1) < _RETURN)
    good &= np.linalg.norm(moved - points, axis=1) < _FURTHEST
    rest = estimate(moved[good], points[good], tolerance=_TOLERANCE, size=size)
    if not isinstance(rest, Estimate) or np.count_nonzero(rest.inliers) < _LEAST:
        return matrix
    finer = rest.matrix @ matrix
    finer /= finer[2, 2]
    return matrix if implausible(finer, (user.shape[1], user.shape[0])) else finer


def followed(
    found: Estimate, pairs: tuple[Array, Array], pictures: tuple[Array, Array], *, tolerance: float
) -> Estimate:
    """Return an estimate brought to where small patches of both grey pictures fit best.

    `pairs` are the points (user's, model's) of the estimate and `tolerance` what their noise may be: the estimate stays
    as it was where patches lead away from the pairs.
    """
    user, model = pictures
    frame = frame_for(found.matrix, (user.shape[1], user.shape[0]), (model.shape[1], model.shape[0]), largest=_LARGEST)
    if frame is None:
        return found
    still = frame.model(model)
    finer = np.linalg.inv(frame.matrix) @ refine(user, still, frame.matrix @ found.matrix, trackable(still))
    finer /= finer[2, 2]
    errors = distances(finer, *pairs)
    inliers = errors < tolerance
    if np.count_nonzero(inliers) < _KEPT * np.count_nonzero(found.inliers):
        return found
    return Estimate(finer, inliers, errors)


def _followed(first: Array, second: Array, points: Array) -> tuple[Array, Array]:
    """Return where points of the first picture are in the second, and which were found (Lucas and Kanade 1981)."""
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        first, second, points, np.empty_like(points), winSize=_WINDOW, maxLevel=2
    )
    return np.asarray(moved), np.asarray(found).ravel() > 0


def _even(gray: Array) -> Array:
    """Return a picture of even light and contrast: grey levels in local standard deviations, uint8."""
    level = gray.astype(np.float32)
    mean = cv2.boxFilter(level, -1, (41, 41))
    deviation = np.sqrt(np.maximum(cv2.boxFilter(level**2, -1, (41, 41)) - mean**2, 0))
    return np.asarray(np.clip(128 + 40 * (level - mean) / (deviation + 6), 0, 255), np.uint8)
