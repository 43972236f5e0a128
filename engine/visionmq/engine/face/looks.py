"""Where the scanning net looks: the whole picture, then tiles in which a small face is large enough.

The full-range net needs 12 of its 192 pixels across a face, and loses those above 110. The whole picture is
shown with a rim of 0.3 of its longer side, so that a face that fills it is seen; tiles cover the rest.
"""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from visionmq.engine.face.blazeface import FULL_SIDE, Net, Sight
from visionmq.engine.picture import Pixels

RIM: Final = 1.6
"""The whole picture is shown in a square this many times its longer side."""
FACE_SHARE: Final = 16.0
"""A tile's side over the smallest face sought in it: 12 of the net's 192 pixels."""
LEAST_FACE: Final = 40.0
"""Pixels: smaller faces are not sought; dlib's detector, enlarging once, ends there too."""
WHOLE_IS_ENOUGH: Final = 300
"""Pixels: in a picture no larger, the first look already shows faces of 30 pixels."""
_STEP: Final = 4.0
"""Each coarser level of tiles is this much larger: the net spans sizes of 1 to 10."""
_TILE_OVERLAP: Final = 0.25
_ROUNDING: Final = 0.01
"""Sides: what a picture may be larger than its tiles cover."""


def first_look(net: Net, pixels: Pixels, least_face: float, least_score: float) -> list[Sight]:
    """Return what the net sees in tiles and in the whole picture, unmerged, in the picture's pixels."""
    longer = max(pixels.shape[:2])
    side, scale, sights = FACE_SHARE * least_face, 1.0, []
    small = pixels
    while longer > WHOLE_IS_ENOUGH:
        stretched = _stretch(pixels.shape[1], pixels.shape[0], min(side, float(longer)))
        # Each level is made of the one before: the large picture is read once.
        small = shrink(small, FULL_SIDE / stretched / scale)
        scale = FULL_SIDE / stretched
        sights += [_scaled(sight, 1.0 / scale) for sight in look_at_tiles(net, small, FULL_SIDE, least_score)]
        side *= _STEP
        if side > longer:
            break
    whole = look_at_whole(net, small, least_score)
    return sights + [_scaled(sight, 1.0 / scale) for sight in whole]


def _stretch(width: int, height: int, side: float) -> float:
    """Return the side, up to a quarter larger, that needs the fewest tiles; the smallest of those."""
    sides = [side * (1.0 + 0.05 * step) for step in range(6)]
    return min(sides, key=lambda one: (_tiles(width / one) * _tiles(height / one), one))


def _tiles(ratio: float) -> int:
    """Count the tiles along a length of so many sides."""
    return int(np.ceil(max(0.0, ratio - 1.0 - _ROUNDING) / (1.0 - _TILE_OVERLAP))) + 1


def _scaled(sight: Sight, factor: float) -> Sight:
    return Sight(sight.score, sight.x * factor, sight.y * factor, sight.side * factor, sight.points * factor)


def look_at_whole(net: Net, pixels: Pixels, least_score: float) -> list[Sight]:
    """Show the picture once, in the middle of a square, its rim continued outwards."""
    scale = FULL_SIDE / (RIM * max(pixels.shape[:2]))
    small = shrink(pixels, scale)
    top, left = (FULL_SIDE - small.shape[0]) // 2, (FULL_SIDE - small.shape[1]) // 2
    bottom, right = FULL_SIDE - small.shape[0] - top, FULL_SIDE - small.shape[1] - left
    framed = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REPLICATE)
    square = np.asarray(framed, np.uint8)
    return [_placed(sight, left, top, scale) for sight in net.look(square, least_score)]


def look_at_tiles(net: Net, pixels: Pixels, side: float, least_score: float) -> list[Sight]:
    """Show the picture in squares of `side` pixels that overlap by a quarter."""
    scale = FULL_SIDE / side
    small = shrink(pixels, scale)
    sights = []
    for top in _starts(small.shape[0]):
        for left in _starts(small.shape[1]):
            part = small[top : top + FULL_SIDE, left : left + FULL_SIDE]
            square = np.zeros((FULL_SIDE, FULL_SIDE, 3), np.uint8)
            square[: part.shape[0], : part.shape[1]] = part
            sights += [_placed(sight, -left, -top, scale) for sight in net.look(square, least_score)]
    return sights


def shrink(pixels: Pixels, scale: float) -> Pixels:
    """Return the picture scaled; averaged where it shrinks, so that nothing is skipped."""
    if scale == 1.0:
        return pixels
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def _starts(length: int) -> Iterator[int]:
    """Where tiles begin along one side: evenly, the last one ending with the picture."""
    beyond = max(0, length - FULL_SIDE)
    count = _tiles(length / FULL_SIDE)
    return (round(place) for place in np.linspace(0, beyond, count))


def _placed(sight: Sight, left: float, top: float, scale: float) -> Sight:
    corner = np.array([left, top], np.float64)
    x, y = (sight.x - left) / scale, (sight.y - top) / scale
    return Sight(sight.score, x, y, sight.side / scale, (sight.points - corner) / scale)
