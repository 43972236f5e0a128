"""Contours of a photograph, and how many of them a box holds whole (after Edge Boxes, Zitnick and Dollar 2014)."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.brand import boxes as box
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

MOST: Final = 900
"""Contours looked at, the longest first."""
_SHORTEST: Final = 8
"""Pixels of a contour that is not noise."""
_PERIMETER: Final = 1.35
"""How much larger boxes must hold more: the score is divided by their half perimeter to this power (Edge Boxes: 1.5)."""
_CUT: Final = 1.0
"""Weight of contours that a box cuts."""
_SLACK: Final = 2.0
"""Pixels by which a contour may stick out of a box that holds it."""


@dataclass(frozen=True, slots=True)
class Contours:
    """Connected edges: their boxes (n x 4), strength (n), and all edges as a mask (h x w uint8)."""

    boxes: Array
    strength: Array
    edges: Array


def trace(pixels: Pixels) -> Contours:
    """Return the contours of a BGR picture, found in its three channels together."""
    soft = cv2.GaussianBlur(pixels, (0, 0), 1.0)
    edges = np.zeros(pixels.shape[:2], np.uint8)
    for plane in cv2.split(cv2.cvtColor(soft, cv2.COLOR_BGR2LAB)):
        middle = float(np.mean(cv2.absdiff(plane, cv2.blur(plane, (3, 3))))) * 14
        edges |= cv2.Canny(plane, min(40.0, max(14.0, 0.6 * middle)), min(110.0, max(36.0, 1.6 * middle)))
    _, _, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    rows = stats[1:]
    rows = rows[rows[:, cv2.CC_STAT_AREA] >= _SHORTEST]
    rows = rows[np.argsort(-rows[:, cv2.CC_STAT_AREA], kind="stable")][:MOST].astype(np.float32)
    found = np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:4]])
    return Contours(found.reshape(-1, 4), rows[:, cv2.CC_STAT_AREA], edges)


def rank(contours: Contours, found: Array) -> Array:
    """Return the order of boxes (n x 4) from those that hold most contours whole for their size."""
    return np.asarray(np.argsort(-scores(contours, found), kind="stable"))


def scores(contours: Contours, found: Array) -> Array:
    """Return how much contour each box holds whole, less what it cuts, for its size; n."""
    inner = contours.boxes
    common = box.overlaps(found, inner) > 0
    low = (inner[None, :, :2] >= found[:, None, :2] - _SLACK).all(axis=2)
    high = (inner[None, :, 2:] <= found[:, None, 2:] + _SLACK).all(axis=2)
    whole = low & high
    held = whole @ contours.strength
    cut = (common & ~whole) @ np.minimum(contours.strength, 60.0)
    around = (found[:, 2] - found[:, 0]) + (found[:, 3] - found[:, 1])
    return np.asarray((held - _CUT * cut) / np.maximum(around, 1) ** _PERIMETER)
