"""A frame in which two pictures that nearly lie on each other are compared: the part of the model that both show."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration.certificate import overlap_of, warp_smooth
from visionmq.engine.registration.estimation import jacobians, project
from visionmq.engine.registration.outcome import Array

_LEAST: Final = 32
"""Pixels each way below which a frame shows nothing."""
_MOST_ENLARGED: Final = 2.0
"""How much larger than the model the frame may be, where the user's picture is finer."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of the model, scaled."""

    matrix: Array
    """3x3, model pixels to the frame's."""
    size: tuple[int, int]
    """Width and height."""

    def user(self, picture: Array, matrix: Array) -> Array:
        """Return the user's picture in this frame; `matrix` maps user to model pixels."""
        return warp_smooth(picture, self.matrix @ matrix, self.size)

    def model(self, picture: Array) -> Array:
        """Return the model's picture in this frame."""
        return warp_smooth(picture, self.matrix, self.size)

    def shown(self, matrix: Array, user_size: tuple[int, int], *, margin: int = 4) -> Array:
        """Return where the frame shows the user's picture, 0 or 255, without a margin along its borders."""
        mask = np.zeros(self.size[::-1], np.uint8)
        outline = overlap_of(self.matrix @ matrix, user_size, self.size)
        if len(outline) >= 3:
            cv2.fillConvexPoly(mask, np.round(outline).astype(np.int32), 255)
        return np.asarray(cv2.erode(mask, np.ones((2 * margin + 1,) * 2, np.uint8), borderValue=0))


def frame_for(matrix: Array, user_size: tuple[int, int], model_size: tuple[int, int], *, largest: int) -> Frame | None:
    """Return the frame of the part that both pictures show; None where they share too little.

    It is as fine as the model, or as the user's picture where that is finer, but at most `largest` pixels long.
    """
    overlap = overlap_of(matrix, user_size, model_size)
    if len(overlap) < 3:
        return None
    least = np.floor(overlap.min(axis=0) + 0.5)
    most = np.minimum(np.ceil(overlap.max(axis=0) + 0.5), model_size)
    extent = most - least
    if not np.isfinite(extent).all() or float(extent.min()) < 1:
        return None
    scale = min(_fineness(matrix, overlap), largest / float(extent.max()))
    size = round(float(extent[0]) * scale), round(float(extent[1]) * scale)
    if min(size) < _LEAST:
        return None
    across, down = np.array(size) / extent
    shift = (-least[0] + 0.5) * across - 0.5, (-least[1] + 0.5) * down - 0.5
    return Frame(np.array([[across, 0, shift[0]], [0, down, shift[1]], [0, 0, 1]]), size)


def _fineness(matrix: Array, overlap: Array) -> float:
    """Return the frame's scale at which neither picture loses detail."""
    own = project(np.linalg.inv(matrix), overlap.mean(axis=0)[None])
    enlarged = float(np.sqrt(abs(np.linalg.det(jacobians(matrix, own)[0]))))
    return float(np.clip(1 / max(enlarged, 1e-6), 1.0, _MOST_ENLARGED))
