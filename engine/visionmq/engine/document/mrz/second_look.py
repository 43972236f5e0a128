"""Zones that the zone detector missed: lines of text by the general detector, grouped into what may be a zone.

Slower than the detector of our own (half a second), so it is asked only where that one has found nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Final

import numpy as np

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.detector import ZoneCandidate
from visionmq.engine.document.ocr import Box, Reader
from visionmq.engine.picture import Pixels

_SLENDER: Final = 8.0
"""Length to height of the shortest zone line (TD1, 30 characters) is about 15; half of that leaves room."""
_MOST: Final = 8
"""Most lines of a picture that are looked at, the most slender first."""
_CAP: Final = 0.62
"""Height of a capital in heights of a detected box: the detector leaves a margin all round."""
_END: Final = 0.12
"""The same margin at both ends, in heights of the box."""
_SCORE: Final = 0.3
"""What such a zone is worth beside one of the zone detector's."""
_POINTS: Final = 24


def more_zones(reader: Reader, pixels: Pixels) -> list[ZoneCandidate]:
    """Return groups of one to three lines that lie like those of a zone, the largest groups first."""
    boxes = [box for box in reader.find(pixels) if box.length >= _SLENDER * box.height]
    slender = _aligned(sorted(boxes, key=lambda box: -box.length / box.height)[:_MOST])
    groups = sorted(_groups(slender), key=len, reverse=True)
    return [ZoneCandidate(tuple(_band(box) for box in group), _SCORE, 0.5) for group in groups]


def _aligned(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes read the same way as the first: at the edge of the angles two lines may point apart."""
    return [box if abs(_apart(box, boxes[0])) <= 90 else box.turned() for box in boxes]


def _apart(one: Box, other: Box) -> float:
    return (one.angle - other.angle + 180) % 360 - 180


def _groups(boxes: Sequence[Box]) -> Iterator[list[Box]]:
    for count in (3, 2, 1):
        for group in combinations(boxes, count):
            if (ordered := _ordered(group)) is not None:
                yield ordered


def _ordered(group: Sequence[Box]) -> list[Box] | None:
    """Return the boxes from top to bottom as read, or None if they are not lines of one block."""
    first = group[0]
    angle = np.radians(first.angle)
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    offsets = []
    for box in group:
        shift = np.array([box.x - first.x, box.y - first.y])
        if abs(_apart(box, first)) > 4 or not 0.8 < box.length / first.length < 1.25:
            return None
        if abs(float(shift @ along)) > 0.12 * first.length:
            return None
        offsets.append(float(shift @ down))
    height = float(np.mean([box.height for box in group]))
    order = sorted(range(len(group)), key=offsets.__getitem__)
    gaps = [offsets[after] - offsets[before] for before, after in pairwise(order)]
    return [group[index] for index in order] if all(0.5 * height < gap < 4 * height for gap in gaps) else None


def _band(box: Box) -> Band:
    left_top, right_top, right_bottom, left_bottom = box.corners().astype(np.float64)
    start, end = (left_top + left_bottom) / 2, (right_top + right_bottom) / 2
    inset = (end - start) / max(box.length, 1.0) * box.height * _END
    curve = np.linspace(start + inset, end - inset, _POINTS).astype(np.float32)
    return Band(curve, np.full(_POINTS, box.height * _CAP, np.float32))
