"""A crop of any shape in a frame of a few: shrunk to fit, the rest filled with the colour of its rim.

A word mark in a square is a thin line; in a frame as wide as itself it has twice the height at the same cost.
"""

from collections.abc import Sequence
from math import log
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

Frames: TypeAlias = tuple[tuple[int, int], ...]

FRAMES: Final[Frames] = ((32, 32), (40, 24), (24, 40), (56, 16), (16, 56))
"""Width and height of the frames, as 32nd parts of a side: of like area, so that each takes as long as the square."""


def rim_colour(crop: Array) -> Array:
    """Return the median colour (BGR uint8) of the outermost pixels of a crop."""
    rim = np.concatenate([crop[0], crop[-1], crop[:, 0], crop[:, -1]])
    return np.asarray(np.median(rim, axis=0).astype(np.uint8))


def frame_of(width: int, height: int, side: int, frames: Frames = FRAMES) -> tuple[int, int]:
    """Return the width and height of the frame whose proportions are nearest to a crop's."""
    wanted = log(width / height)
    wide, high = min(frames, key=lambda frame: abs(log(frame[0] / frame[1]) - wanted))
    return wide * side // 32, high * side // 32


def letterbox(crop: Array, size: tuple[int, int]) -> Array:
    """Return a BGR crop (h, w, 3) in the middle of a frame of a width and height, its proportions kept."""
    height, width = crop.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(crop, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    framed = np.empty((size[1], size[0], 3), np.uint8)
    framed[:] = rim_colour(crop)
    top, left = (size[1] - inner[1]) // 2, (size[0] - inner[0]) // 2
    framed[top : top + inner[1], left : left + inner[0]] = small
    return framed


def letterboxed(crop: Array, side: int, frames: Frames = FRAMES) -> Array:
    """Return a BGR crop in the frame that its proportions ask for."""
    return letterbox(crop, frame_of(crop.shape[1], crop.shape[0], side, frames))


def by_shape(pictures: Sequence[Array]) -> dict[tuple[int, ...], list[int]]:
    """Return the indices of pictures that have one shape and may be stacked, by shape."""
    found: dict[tuple[int, ...], list[int]] = {}
    for index, picture in enumerate(pictures):
        found.setdefault(picture.shape, []).append(index)
    return found
