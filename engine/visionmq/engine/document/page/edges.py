"""Straight edges near where they are expected, in a picture that is already almost upright."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.picture import Pixels

Array: TypeAlias = np.ndarray[Any, Any]

_STRONG: Final = 24
"""A step of so many grey levels over two pixels is a full edge; stronger ones count no more."""
_BORDER: Final = 0.62
"""What the picture's own border counts where a full edge counts 1: a page may fill the picture, but need not."""
_SEEN: Final = 0.45
"""Least mean strength along a side; lines of text and patterns of the background reach 0.3."""
_PULL: Final = 0.25
"""Strength that a side must have more to lie at the end of that reach."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an outline."""

    line: Array
    """a, b, c of a x + b y + c = 0."""
    seen: bool
    """Whether an edge of the picture says so; else it is where it was expected."""


def find_sides(
    pixels: Pixels,
    backward: Array,
    size: tuple[int, int],
    outline: Array,
    *,
    slopes: tuple[float, float],
    inward: tuple[float, ...],
    outward: float,
) -> list[Side]:
    """Return the top, right, bottom and left sides of an outline in a raster of `size`.

    `backward` leads from the raster to the picture; `outline` are the expected corners in the raster, (4, 2);
    `slopes` is how far a side may lean in degrees, and the step of the search; `inward` is how far top,
    right, bottom and left may lie inside their expected places, `outward` how far outside, in pixels of the raster.
    """
    raster, inside = _warped(pixels, backward, size)
    standing = _strength(raster, inside)
    lying_down = _strength(cv2.transpose(raster), cv2.transpose(inside))
    found = []
    for (start, end), within in zip(((0, 1), (1, 2), (2, 3), (3, 0)), inward, strict=True):
        lying = start % 2 == 0
        strength = lying_down if lying else standing
        ends = outline[[start, end]]
        flipped = ends[:, ::-1] if lying else ends
        reach = (outward, within)
        place = _search(strength, flipped, slopes, reach if start in (0, 3) else reach[::-1])
        line = _line(*(flipped if place is None else place))
        found.append(Side(line[[1, 0, 2]] if lying else line, place is not None))
    return found


def _warped(pixels: Pixels, backward: Array, size: tuple[int, int]) -> tuple[Array, Array]:
    """Return the raster as uint8 BGR, and how much of each pixel lies in the picture (0 to 255)."""
    shrink = _shrink(pixels, backward, size)
    small_size = tuple(max(1, round(side * shrink)) for side in pixels.shape[1::-1])
    small = pixels if shrink >= 1 else cv2.resize(pixels, small_size, interpolation=cv2.INTER_AREA)
    to_small = np.diag([small.shape[1] / pixels.shape[1], small.shape[0] / pixels.shape[0], 1.0]) @ backward
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    raster = cv2.warpPerspective(small, to_small, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    whole = np.full(small.shape[:2], 255, np.uint8)
    inside = cv2.warpPerspective(whole, to_small, size, flags=flags)
    return cv2.GaussianBlur(raster, (0, 0), 1.0), inside


def _shrink(pixels: Pixels, backward: Array, size: tuple[int, int]) -> float:
    corners = np.array([[0, 0, 1], [size[0], 0, 1], [0, size[1], 1]]) @ backward.T
    flat = corners[:, :2] / corners[:, 2:]
    step = max(float(np.linalg.norm(flat[1] - flat[0])) / size[0], float(np.linalg.norm(flat[2] - flat[0])) / size[1])
    return 1.0 if step < 1.5 else 1.0 / step


def _strength(raster: Array, inside: Array) -> Array:
    """Return how much of a standing edge is at each pixel, 0 to 255; one pixel less on either side."""
    step = cv2.absdiff(raster[:, 2:], raster[:, :-2])
    blue, green, red = cv2.split(step)
    strength = np.minimum(cv2.max(cv2.max(blue, green), red), _STRONG) * (255 / _STRONG)
    whole = cv2.min(inside[:, 2:], inside[:, :-2]) == 255
    border = cv2.absdiff(inside[:, 2:], inside[:, :-2])
    return np.where(whole, strength, border * _BORDER).astype(np.uint8)


def _search(strength: Array, ends: Array, slopes: tuple[float, float], reach: tuple[float, float]) -> Array | None:
    """Return the strongest line near the one through `ends` as two points; None where none is strong enough.

    `reach` is how far it may lie to the left and to the right of the expected place, in pixels.
    """
    (x0, y0), (x1, y1) = ends if ends[0][1] < ends[1][1] else ends[::-1]
    top, bottom = (int(np.clip(y, 0, len(strength) - 1)) for y in (y0 + 0.06 * (y1 - y0), y1 - 0.06 * (y1 - y0)))
    if bottom - top < 8:
        return None
    usual = (x1 - x0) / (y1 - y0)
    middle = (x0 + x1) / 2
    spare = abs(usual) * (y1 - y0) / 2 + float(np.tan(np.radians(slopes[0]))) * (y1 - y0) / 2 + 2
    left = max(0, int(middle - reach[0] - spare))
    part = strength[top : bottom + 1, left : int(middle + reach[1] + spare) + 2]
    # The pixels of `strength` begin one column in.
    offsets = np.arange(part.shape[1]) + left + 1 - middle
    share = np.where(offsets < 0, -offsets / reach[0], offsets / reach[1])
    pull = np.where(share > 1, np.inf, _PULL * share**2)
    best, found = _SEEN, None
    for lean in _leans(*slopes):
        slope = usual + lean
        worth = _sheared(part, slope, (y0 + y1) / 2 - top) - pull
        at = int(worth.argmax())
        if worth[at] > best:
            best, half = float(worth[at]), slope * (y1 - y0) / 2
            found = np.array([[middle + offsets[at] - half, y0], [middle + offsets[at] + half, y1]])
    return found


def _leans(most: float, step: float) -> Iterator[float]:
    count = round(most / step)
    return (float(np.tan(np.radians(index * step))) for index in range(-count, count + 1))


def _sheared(strength: Array, slope: float, row: float) -> Array:
    """Return the mean strength (0 to 1) of the lines of a slope, by where they cross a row."""
    height, width = strength.shape
    matrix = np.array([[1, slope, -slope * row], [0, 1, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    leaning = cv2.warpAffine(strength, matrix, (width, height), flags=flags)
    return np.asarray(cv2.reduce(leaning, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32F)[0] / (255 * height))


def _line(first: Array, second: Array) -> Array:
    return np.cross(np.append(first, 1.0), np.append(second, 1.0))
