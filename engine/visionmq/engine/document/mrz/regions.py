"""Regions: where zones roughly are, from the network's maps of a whole picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

_STRIDE: Final = 4
_WEAK: Final = 0.3
_STRONG: Final = 0.55
"""A region is what is over `_WEAK` and somewhere over `_STRONG`: low contrast makes the rest of a zone pale."""
_SHORTEST: Final = 6.0
_SLIMMEST: Final = 0.5
"""A region's length and depth, at least, in letter heights: a third of a line is enough for the closer look."""
_GAP: Final = 10.0
"""Pieces of one line that stand this many letter heights apart belong together; glare and stamps part them."""
_TURN: Final = np.radians(15)
_RATIO: Final = 1.6
"""Pieces of one zone agree in direction and letter height to these."""


@dataclass(frozen=True, slots=True)
class Region:
    """A turned rectangle that holds a zone or a part of one, in pixels."""

    centre: tuple[float, float]
    angle: float
    """Radians: the way its lines read, in the picture's x and y."""
    length: float
    depth: float
    cap: float
    """Height of a capital letter."""
    direction: float
    """How sure the way of reading is, 0.5 to 1."""

    def scaled(self, factor: float) -> "Region":
        """Return the region in a picture scaled by `factor`."""
        x, y = ((value + 0.5) * factor - 0.5 for value in self.centre)
        sizes = self.length * factor, self.depth * factor, self.cap * factor
        return Region((x, y), self.angle, *sizes, self.direction)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of one region (n): places in pixels, probabilities, axes at twice the angle, ways of reading, heights."""

    places: Array
    weights: Array
    axis: Array
    right: Array
    tall: Array

    def joined(self, other: "_Cells") -> "_Cells":
        pairs = zip(
            (self.places, self.weights, self.axis, self.right, self.tall),
            (other.places, other.weights, other.axis, other.right, other.tall),
            strict=True,
        )
        return _Cells(*(np.concatenate(pair) for pair in pairs))


def find_regions(maps: Array) -> list[Region]:
    """Return the regions in the nine maps of a picture (see `Detector.maps`), those of most cells first."""
    pieces = _pieces(maps)
    pieces.sort(key=lambda piece: float(piece.weights.sum()), reverse=True)
    merged = _merged(pieces)
    merged.sort(key=lambda piece: float(piece.weights.sum()), reverse=True)
    regions = [_region(piece) for piece in merged]
    return [
        region for region in regions if region.length > _SHORTEST * region.cap and region.depth > _SLIMMEST * region.cap
    ]


def _pieces(maps: Array) -> list[_Cells]:
    """Return the connected pieces of the map of zones."""
    zone = maps[1]
    count, marks, stats, _ = cv2.connectedComponentsWithStats((zone > _WEAK).astype(np.uint8), connectivity=8)
    pieces = []
    for number in range(1, count):
        x, y, width, height, area = stats[number]
        window = (slice(y, y + height), slice(x, x + width))
        inside = marks[window] == number
        if area < 4 or zone[window][inside].max() < _STRONG:
            continue
        rows, columns = np.nonzero(inside)
        places = np.stack([columns + x, rows + y], axis=1) * _STRIDE + (_STRIDE - 1) / 2
        here = maps[(slice(None), *window)][:, inside]
        pieces.append(_Cells(places, here[1], here[2:4].T, here[7:9].T, 16 * np.exp2(here[6])))
    return pieces


def _region(cells: _Cells) -> Region:
    """Return the rectangle around cells, along the way that they read."""
    angle, sure = _way(cells)
    right = np.array([np.cos(angle), np.sin(angle)])
    frame = np.stack([right, [-right[1], right[0]]])
    turned = cells.places @ frame.T
    low, high = turned.min(axis=0) - _STRIDE / 2, turned.max(axis=0) + _STRIDE / 2
    x, y = (low + high) / 2 @ frame
    cap = float(np.exp2(np.average(np.log2(cells.tall), weights=cells.weights)))
    return Region((float(x), float(y)), angle, float(high[0] - low[0]), float(high[1] - low[1]), cap, sure)


def _way(cells: _Cells) -> tuple[float, float]:
    """Return the angle at which most cells read, and how sure it is that they do not read the other way round."""
    cosine, sine = cells.weights @ cells.axis
    axis = 0.5 * np.arctan2(sine, cosine)
    ahead = cells.right @ np.array([np.cos(axis), np.sin(axis)])
    sure = 0.5 + 0.5 * float(np.clip(np.average(ahead, weights=cells.weights), -1, 1))
    return (float(axis), sure) if sure >= 0.5 else (float(axis + np.pi), 1 - sure)


def _merged(pieces: Sequence[_Cells]) -> list[_Cells]:
    """Return pieces with those that continue one another joined."""
    joined: list[_Cells] = []
    for piece in pieces:
        for place, other in enumerate(joined):
            if _continues(_region(other), _region(piece)):
                joined[place] = other.joined(piece)
                break
        else:
            joined.append(piece)
    return joined


def _continues(one: Region, other: Region) -> bool:
    """Return whether two regions may be parts of one zone."""
    turn = abs((one.angle - other.angle + np.pi / 2) % np.pi - np.pi / 2)
    if turn > _TURN or not 1 / _RATIO < one.cap / other.cap < _RATIO:
        return False
    right = np.array([np.cos(one.angle), np.sin(one.angle)])
    apart = np.array(other.centre) - np.array(one.centre)
    along, across = abs(apart @ right), abs(apart @ np.array([-right[1], right[0]]))
    gap = along - (one.length + other.length) / 2
    slip = across - (one.depth + other.depth) / 2
    if gap > 0:  # end to end: on the same lines
        return bool(gap < _GAP * one.cap and slip < 0)
    return bool(slip < 2.2 * one.cap)  # one above the other: the next line
