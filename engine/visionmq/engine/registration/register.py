"""One picture laid on another, from landmarks to certificate."""

from typing import Final

import numpy as np

from visionmq.engine.registration.certificate import certify, likeness
from visionmq.engine.registration.correlation import correlated
from visionmq.engine.registration.estimation import estimate
from visionmq.engine.registration.features import Features
from visionmq.engine.registration.matching import Matches, match
from visionmq.engine.registration.outcome import Array, Failure, Registration
from visionmq.engine.registration.plan import Settings, Transform
from visionmq.engine.registration.refinement import followed

DEFAULT: Final = Settings()


def register(
    user: Features,
    model: Features,
    *,
    settings: Settings = DEFAULT,
    pictures: tuple[Array, Array] | None = None,
    mask: Array | None = None,
    pairs: Matches | None = None,
    follow: bool = False,
) -> Registration | Failure:
    """Return where the user's picture lies on the model, with its certificate, or why nowhere.

    Of the settings those of matching and estimation count. With `pictures` (both grey, as sent) the certificate also
    tells how alike they are after warping; `mask` (the model's size, uint8) says which of the model's pixels are
    compared then. `pairs` are given where they were matched in another way. With `follow` and pictures a homography is
    brought to where small patches fit best.
    """
    if pairs is None:
        pairs = match(user, model, ratio=settings.ratio, mutual=settings.mutual, spread=settings.spread)
    user_points, model_points = user.points[pairs.user], model.points[pairs.model]
    tolerance = settings.tolerance * _grain(user, model, pairs.user, pairs.model)
    found = estimate(
        user_points,
        model_points,
        tolerance=tolerance,
        size=user.size,
        estimator=settings.estimator,
        transform=settings.model,
    )
    if isinstance(found, Failure):
        return found
    if follow and pictures is not None and settings.model is Transform.HOMOGRAPHY:
        found = followed(found, (user_points, model_points), pictures, tolerance=tolerance)
    if settings.refine and pictures is not None:
        points = user_points, model_points
        found = correlated(found, points, pictures, tolerance=tolerance, transform=settings.model)
    alike = None if pictures is None else likeness(*pictures, found.matrix, mask)
    certificate = certify(found, user_points, model_points, sizes=(user.size, model.size), similarity=alike)
    return Registration(found.matrix, user.size, model.size, user_points, model_points, found.inliers, certificate)


def _grain(user: Features, model: Features, user_index: Array, model_index: Array) -> float:
    """Return how many model pixels one pixel of the coarser picture as looked at takes."""
    if len(user_index) == 0:
        return model.pixel
    enlarged = float(np.median(model.diameters[model_index] / user.diameters[user_index]))
    return max(model.pixel, user.pixel * enlarged)
