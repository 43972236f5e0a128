"""The ways to look at two pictures: plainly, at their discs, from all sides, and closer once they nearly lie."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration.cache import FeatureCache
from visionmq.engine.registration.discs import Disc, find_disc
from visionmq.engine.registration.features import Algorithm, Features, features
from visionmq.engine.registration.frame import Frame, frame_for
from visionmq.engine.registration.outcome import Array, Failure, FailureKind, Registration
from visionmq.engine.registration.plan import Settings
from visionmq.engine.registration.register import register
from visionmq.engine.registration.views import match_views, moved, view_features

_DISC_SIDE: Final = 640
"""Longer side in pixels to which a disc is scaled, so that small ones and large ones meet at one scale."""
_MOST_ENLARGED: Final = 6.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of two pictures."""

    gray: Array
    key: bytes
    """Of its content."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as sent."""
        return self.gray.shape[1], self.gray.shape[0]


@dataclass(frozen=True, slots=True)
class Pair:
    """The two pictures of a registration, and where their landmarks are remembered."""

    user: Side
    model: Side
    cache: FeatureCache | None = None

    @property
    def grays(self) -> tuple[Array, Array]:
        """The user's and the model's picture."""
        return self.user.gray, self.model.gray

    def held(self, key: Hashable, make: Callable[[], Features | Failure]) -> Features | Failure:
        """Return landmarks from the cache, or make them."""
        return make() if self.cache is None else self.cache.get(key, make)


def look(pair: Pair, settings: Settings, *, follow: bool = False) -> Registration | Failure:
    """Return what one algorithm finds."""
    algorithm = settings.chosen or Algorithm.SIFT

    def seen(side: Side) -> Features | Failure:
        key = (side.key, algorithm, settings.budget, settings.largest)
        return pair.held(key, lambda: features(side.gray, algorithm, budget=settings.budget, largest=settings.largest))

    return _joined(pair, seen, settings, follow=follow)


def look_at_discs(pair: Pair, settings: Settings, *, follow: bool = False) -> Registration | Failure:
    """Return what is found where both pictures are cut to their discs and brought to one size."""

    def seen(side: Side) -> Features | Failure:
        return pair.held((side.key, "disc", settings.budget), lambda: _disc_features(side.gray, settings.budget))

    return _joined(pair, seen, settings, follow=follow)


def look_from_all_sides(pair: Pair, settings: Settings, *, follow: bool = False) -> Registration | Failure:
    """Return what is found among simulated views of both pictures, for extreme viewpoints."""

    def seen(side: Side) -> Features | Failure:
        return pair.held(
            (side.key, "views", settings.largest), lambda: view_features(side.gray, largest=settings.largest)
        )

    user, model = seen(pair.user), seen(pair.model)
    if isinstance(user, Failure) or isinstance(model, Failure):
        return user if isinstance(user, Failure) else _failed(model)
    pairs = match_views(user, model, ratio=settings.ratio)
    return register(user, model, settings=settings, pictures=pair.grays, pairs=pairs, follow=follow)


def look_closer(pair: Pair, near: Registration, settings: Settings) -> Registration | Failure:
    """Return what is found once the user's picture is laid on the model by a matrix that is nearly right.

    Landmarks are found and matched anew over the whole frame: what the first matrix owes to chance is not found again.
    """
    frame = frame_for(near.matrix, pair.user.size, pair.model.size, largest=settings.largest)
    if frame is None:
        return Failure(FailureKind.FEW_KEYPOINTS, "The pictures share too small a part.")
    user, model = _in_frame(pair, near.matrix, frame, settings)
    if isinstance(user, Failure) or isinstance(model, Failure):
        return user if isinstance(user, Failure) else _failed(model)
    return register(user, model, settings=settings, pictures=pair.grays, follow=True)


def _in_frame(
    pair: Pair, matrix: Array, frame: Frame, settings: Settings
) -> tuple[Features | Failure, Features | Failure]:
    algorithm, mask = settings.chosen or Algorithm.SIFT, frame.shown(matrix, pair.user.size)
    options = {"budget": settings.budget, "largest": settings.largest}
    user = features(frame.user(pair.user.gray, matrix), algorithm, mask=mask, **options)
    model = features(frame.model(pair.model.gray), algorithm, mask=mask, **options)
    return (
        user if isinstance(user, Failure) else moved(user, np.linalg.inv(frame.matrix @ matrix), pair.user.size),
        model if isinstance(model, Failure) else moved(model, np.linalg.inv(frame.matrix), pair.model.size),
    )


def _joined(
    pair: Pair, seen: Callable[[Side], Features | Failure], settings: Settings, *, follow: bool
) -> Registration | Failure:
    user = seen(pair.user)
    if isinstance(user, Failure):
        return user
    model = seen(pair.model)
    if isinstance(model, Failure):
        return model
    return register(user, model, settings=settings, pictures=pair.grays, follow=follow)


def _failed(found: Features | Failure) -> Failure:
    assert isinstance(found, Failure)
    return found


def _disc_features(gray: Array, budget: int) -> Features | Failure:
    disc = find_disc(gray)
    if disc is None:
        return Failure(FailureKind.FEW_KEYPOINTS, "The picture shows no bright disc on a dark ground.")
    left, top, right, bottom = disc.box((gray.shape[1], gray.shape[0]))
    scale = min(_MOST_ENLARGED, _DISC_SIDE / (2.2 * disc.radius))
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    # Only what lies well inside: the limb looks alike all around.
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    cut = cv2.resize(gray[top:bottom, left:right], size, interpolation=method)
    across, down = (right - left) / size[0], (bottom - top) / size[1]
    back = np.array([[across, 0, left + across / 2 - 0.5], [0, down, top + down / 2 - 0.5], [0, 0, 1]])
    found = features(np.asarray(cut), Algorithm.SIFT, budget=budget, mask=_inside(disc, back, size))
    return found if isinstance(found, Failure) else moved(found, back, (gray.shape[1], gray.shape[0]))


def _inside(disc: Disc, back: Array, size: tuple[int, int]) -> Array:
    """Return the disc less its rim in a cut-out, 0 or 255."""
    mask = np.zeros(size[::-1], np.uint8)
    x, y = (disc.x - back[0, 2]) / back[0, 0], (disc.y - back[1, 2]) / back[1, 1]
    cv2.circle(mask, (round(x), round(y)), max(1, round(disc.radius / back[0, 0] * 0.95)), 255, -1)
    return mask
