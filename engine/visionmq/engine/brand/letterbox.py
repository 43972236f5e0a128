"""A crop of any shape as a square: shrunk to fit, the rest filled with the colour of its rim."""

from typing import Any, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


def rim_colour(crop: Array) -> Array:
    """Return the median colour (BGR uint8) of the outermost pixels of a crop."""
    rim = np.concatenate([crop[0], crop[-1], crop[:, 0], crop[:, -1]])
    return np.asarray(np.median(rim, axis=0).astype(np.uint8))


def letterbox(crop: Array, side: int) -> Array:
    """Return a BGR crop (h, w, 3) in the middle of a square (side, side, 3), its proportions kept."""
    height, width = crop.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    square = np.empty((side, side, 3), np.uint8)
    square[:] = rim_colour(crop)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    return square
