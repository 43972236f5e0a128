"""A matrix brought to where the two pictures correlate best (ECC, Evangelidis and Psarakis 2008); never a worse one."""

from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration import sampling
from visionmq.engine.registration.certificate import likeness, overlap_of
from visionmq.engine.registration.estimation import Estimate, Transform, distances, implausible, project
from visionmq.engine.registration.frame import Frame, frame_for
from visionmq.engine.registration.outcome import Array

_LARGEST: Final = 640
"""Longer side in pixels of the frame; every step costs by its area."""
_STEPS: Final = 40
_ENOUGH: Final = 1e-5
"""Rise of the correlation below which another step is not worth it."""
_BLUR: Final = 5
"""Pixels of the Gaussian window: ECC sees only gradients that reach from where the picture is to where it should be."""
_KEPT: Final = 0.85
"""Part of the inliers that must stay within their tolerance."""
_MOTIONS: Final = {
    Transform.HOMOGRAPHY: cv2.MOTION_HOMOGRAPHY,
    Transform.AFFINE: cv2.MOTION_AFFINE,
    Transform.SIMILARITY: cv2.MOTION_AFFINE,
    Transform.TRANSLATION: cv2.MOTION_TRANSLATION,
}


def correlated(
    found: Estimate,
    pairs: tuple[Array, Array],
    pictures: tuple[Array, Array],
    *,
    tolerance: float,
    transform: Transform,
) -> Estimate:
    """Return an estimate at which both grey pictures correlate best, kept only where they correlate better than before.

    `pairs` are the points (user's, model's) of the estimate and `tolerance` what their noise may be.
    """
    user, model = pictures
    sizes = (user.shape[1], user.shape[0]), (model.shape[1], model.shape[0])
    frame = frame_for(found.matrix, *sizes, largest=_LARGEST)
    finer = None if frame is None else _climbed(found.matrix, user, model, frame, transform)
    if frame is None or finer is None:
        return found
    if transform is Transform.SIMILARITY:
        finer = _nearest_similarity(finer, found.matrix, overlap_of(found.matrix, *sizes))
    if implausible(finer, sizes[0]) is not None or not _rises(found.matrix, finer, user, model, frame):
        return found
    errors = distances(finer, *pairs)
    inliers = errors < tolerance
    kept = np.count_nonzero(inliers) >= _KEPT * np.count_nonzero(found.inliers)
    return Estimate(finer, inliers, errors) if kept else found


def _climbed(matrix: Array, user: Array, model: Array, frame: Frame, transform: Transform) -> Array | None:
    """Return the matrix at the correlation's peak; None where ECC finds none."""
    start = np.eye(3, dtype=np.float32)[: 3 if transform is Transform.HOMOGRAPHY else 2]
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _ENOUGH)
    mask = frame.shown(matrix, (user.shape[1], user.shape[0]))
    try:
        _, rest = cv2.findTransformECC(
            frame.model(model), frame.user(user, matrix), start, _MOTIONS[transform], until, mask, _BLUR
        )
    except cv2.error:  # It says so when it does not converge.
        return None
    whole = np.eye(3)
    whole[: len(rest)] = rest
    finer = np.linalg.inv(frame.matrix) @ np.linalg.inv(whole) @ frame.matrix @ matrix
    return np.asarray(finer / finer[2, 2]) if np.isfinite(finer).all() else None


def _nearest_similarity(matrix: Array, start: Array, overlap: Array) -> Array:
    own = project(np.linalg.inv(start), overlap)
    return np.asarray(sampling.fit(own[None], project(matrix, own)[None], Transform.SIMILARITY.freedom)[0])


def _rises(before: Array, after: Array, user: Array, model: Array, frame: Frame) -> bool:
    """Whether the pictures correlate better where both matrices show them, and are more alike."""
    size = user.shape[1], user.shape[0]
    mask = np.minimum(frame.shown(before, size), frame.shown(after, size))
    if np.count_nonzero(mask) == 0:
        return False
    still = frame.model(model)
    old, new = (cv2.computeECC(still, frame.user(user, matrix), mask) for matrix in (before, after))
    if float(new) <= float(old):
        return False
    # Light and shade weigh in the correlation, structure in the likeness: the finer matrix must win both.
    return likeness(user, model, after) > likeness(user, model, before)
