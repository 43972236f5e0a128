"""The holder's signature, cut out of the page where one is clear.

Handwriting is told from print and pattern by its shape: one joined web of thin strokes, wider than a word of print
is high, that neither fills its box nor runs straight. Best effort: where two things look alike it says nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.document.page.portrait import Crop, crop, page_frame
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad

Array: TypeAlias = np.ndarray[Any, Any]
Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

_SCALE: Final = 6.0
"""Pixels a millimetre at which strokes are looked for."""
_FINE_ENOUGH: Final = 4.2
"""Least pixels of the picture a millimetre: below, printed letters run together as if they were written."""
_ZONE: Final = 20.0
"""Millimetres above the lower edge in which only the machine-readable zone stands."""
_WIDTH: Final = (9.0, 55.0)
_HEIGHT: Final = (3.8, 22.0)
"""Millimetres of a signature."""
_FILL: Final = (0.04, 0.34)
"""Share of its box that the ink of a signature covers; print covers more, a ruled frame less."""
_STROKE: Final = (0.15, 1.1)
"""Millimetres of a pen's stroke; the ball of a pen leaves 0.3 to 0.7."""
_MOST_CROSSINGS: Final = 2.6
"""Strokes that lie over one another, on average; coats of arms and stamps have more."""
_JOINED: Final = 0.3
"""Least share of the ink in one stroke; of printed letters one in five is the largest."""
_STRAIGHT: Final = 0.62
"""Largest share of one row of its box that a signature covers; a ruled line covers all."""
_TOP: Final = 0.3
"""No signature stands in this upper share of a page (ICAO 9303-3, 3.1: zones IV and below)."""
_WORD_GAP: Final = 7.0
"""Millimetres between a first and a last name."""
_SURE: Final = 0.55
"""Least score. Dev set: all that are cut out hold a signature."""


def find_signature(pixels: Pixels, page: Quad, size: tuple[float, float], portrait: Crop | None) -> Crop | None:
    """Return the holder's signature where one is clear; None where nothing on the page is surely one.

    `size` is the page's width and height in millimetres; what lies in `portrait` is no signature.
    """
    edge = np.array(page.points[1]) - np.array(page.points[0])
    if float(np.linalg.norm(edge)) < _FINE_ENOUGH * size[0]:
        return None
    matrix = page_frame(page, size)
    shape = (round(size[0] * _SCALE), round((size[1] - _ZONE) * _SCALE))
    to_page = np.diag([1 / _SCALE, 1 / _SCALE, 1.0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    flat = cv2.warpPerspective(pixels, matrix @ to_page, shape, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    hidden = _hidden(portrait, matrix, shape)
    found = [one for one in _strokes(cv2.cvtColor(flat, cv2.COLOR_BGR2GRAY), hidden) if one[1] >= _SURE]
    if not found:
        return None
    best = max(found, key=lambda one: one[1] * (one[0][2] - one[0][0]))
    left, top, right, bottom = (side / _SCALE for side in _whole(best[0], [box for box, _ in found]))
    return crop(pixels, matrix, (left - 1, top - 1, right + 1, bottom + 1), best[1])


def _whole(box: Box, others: Sequence[Box]) -> Box:
    """Return the box with those of further words on its line."""
    for other in sorted(others):
        gap = max(other[0] - box[2], box[0] - other[2])
        overlap = min(box[3], other[3]) - max(box[1], other[1])
        if gap < _WORD_GAP * _SCALE and overlap > 0.4 * min(box[3] - box[1], other[3] - other[1]):
            box = (min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3]))
    return box


def _hidden(portrait: Crop | None, matrix: Array, shape: tuple[int, int]) -> Array:
    """Return 255 where no signature is looked for: in the portrait and at the top of the page."""
    hidden = np.zeros(shape[::-1], np.uint8)
    hidden[: round(_TOP * shape[1])] = 255
    if portrait is not None:
        corners = np.array([[*point, 1] for point in portrait.quad.points]) @ np.linalg.inv(matrix).T
        cv2.fillConvexPoly(hidden, (corners[:, :2] / corners[:, 2:] * _SCALE).astype(np.int32), 255)
    return hidden


def _strokes(gray: Array, hidden: Array) -> Iterator[tuple[Box, float]]:
    """Yield boxes of webs of strokes in pixels (left, top, right, bottom), with how surely each is a signature."""
    dark = cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, np.ones((13, 13), np.uint8))
    least = max(24.0, 0.45 * float(np.percentile(dark, 99)))
    ink = ((dark > least) & (hidden == 0)).astype(np.uint8)
    joined = cv2.dilate(ink, np.ones((3, 7), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    for index in range(1, count):
        left, top, width, height = (int(value) for value in stats[index][:4])
        if not (_within(width, _WIDTH) and _within(height, _HEIGHT)):
            continue
        rows, columns = slice(top, top + height), slice(left, left + width)
        own = (ink[rows, columns] != 0) & (labels[rows, columns] == index)
        yield (left, top, left + width, top + height), _likeness(own.astype(np.uint8))


def _within(pixels: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= pixels / _SCALE <= bounds[1]


def _likeness(ink: Array) -> float:
    """Return how much a web of strokes, 1 on 0, is like handwriting, 0 to 1."""
    fill, area = float(ink.mean()), float(ink.sum())
    edge = float(cv2.morphologyEx(ink, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).sum()) / 2
    stroke = 2 * area / max(edge, 1.0) / _SCALE
    crossings = (np.diff(ink.astype(np.int8), axis=0) == 1).sum(axis=0)
    if not (_FILL[0] < fill < _FILL[1] and _STROKE[0] < stroke < _STROKE[1]) or not crossings.any():
        return 0.0
    mean = float(crossings[crossings > 0].mean())
    if mean > _MOST_CROSSINGS or _largest_share(ink) < _JOINED:
        return 0.0
    covered = float((crossings > 0).mean())
    if max(float(ink.mean(axis=1).max()), float(ink.mean(axis=0).max())) > _STRAIGHT:
        return 0.0
    return covered * (0.5 + 0.5 * float(np.clip((mean - 1.0) / 0.6, 0, 1)))


def _largest_share(ink: Array) -> float:
    """Return how much of the ink hangs together without lifting the pen."""
    stats = cv2.connectedComponentsWithStats(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))[2]
    sizes = stats[1:, cv2.CC_STAT_AREA]
    return float(sizes.max() / sizes.sum()) if len(sizes) else 0.0
