"""What the surface of a picture says: a screen's grid, a printer's dots, or no colour at all.

A camera before a screen sees two grids at once, the screen's and its own. Their beat (moire) is a wave that is the
same in every part of the picture, while lines, letters and patterns of a document differ from part to part. So the
spectra of many parts are laid over one another by their median: what stays is common to all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad

Array: TypeAlias = np.ndarray[Any, Any]

_ABOVE_ZONE: Final = 0.62
"""Share of a page that its zone leaves free; on the smallest cards 0.57."""
_SIDES: Final = (192, 128, 96)
"""Pixels of a part: the larger if the page holds enough of them; waves of 3 to 12 pixels are sharp peaks in both."""
_PARTS: Final = 5
"""Parts across and down, at most."""
_MOST_PARTS: Final = 16
_LEAST_PARTS: Final = 6
_BLANK: Final = 1.0
"""Mean amplitude below which a part is blank, in grey levels of noise: what JPEG makes of white is no wave."""
_FAINT: Final = 0.1
"""Least amplitude of the surroundings that a wave is compared with; of a page that is not blank it is 0.3 to 1."""
_LOW: Final = 0.07
_HIGH: Final = 0.48
"""Waves looked at, in cycles a pixel: slower ones are shapes, faster ones the sensor's own."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What was measured on a picture's surface."""

    wave: float | None
    """How far the strongest wave common to all of the page stands out, as a ratio; None if the page is small."""
    cycles: float
    """Of that wave, a pixel."""
    colour: float
    """Mean distance of the page from grey, in levels."""
    around: float | None
    """The median of the same of what surrounds the page; None where the page fills the picture."""
    no_colour: bool
    """All three channels of the picture are equal everywhere."""


def study_surface(pixels: Pixels, page: Quad | None) -> Surface:
    """Return what the surface of a picture shows; `page` is the document's outline."""
    outline = None if page is None else _above_zone(np.array(page.points, np.float32))
    wave, cycles = _wave(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), outline)
    small = _reduced(pixels)
    far = np.ptp(small.astype(np.int16), axis=2)
    mask = np.full(small.shape[:2], 255, np.uint8)
    if page is not None:
        mask[:] = 0
        scale = np.array(small.shape[1::-1]) / np.array(pixels.shape[1::-1])
        cv2.fillConvexPoly(mask, (np.array(page.points) * scale).astype(np.int32), 255)
    inside = mask > 0
    outside = far[~inside]
    return Surface(
        wave=wave,
        cycles=cycles,
        colour=round(float(far[inside].mean()), 2) if inside.any() else 0.0,
        around=round(float(np.median(outside)), 2) if outside.size > 0.05 * far.size else None,
        no_colour=bool(far.max() == 0),
    )


def _above_zone(corners: Array) -> Array:
    """Return the upper part of the page: a row of fillers is a wave as well."""
    top, foot = corners[:2], corners[[3, 2]]
    lower = top + (foot - top) * _ABOVE_ZONE
    return np.array([top[0], top[1], lower[1], lower[0]], np.float32)


def _reduced(pixels: Pixels) -> Pixels:
    step = max(1, round(max(pixels.shape[:2]) / 400))
    return np.asarray(pixels[::step, ::step])


def _wave(gray: Array, outline: Array | None) -> tuple[float | None, float]:
    """Return how far the strongest wave common to all parts stands out, and its cycles a pixel."""
    for side in _SIDES:
        places = list(_places(gray.shape[:2], side, outline))[:_MOST_PARTS]
        if len(places) >= _LEAST_PARTS:
            break
    else:
        return None, 0.0
    common = np.median([_spectrum(gray[top : top + side, left : left + side]) for left, top in places], axis=0)
    rest = cv2.blur(cv2.medianBlur(common.astype(np.float32), 5), (9, 9))
    ratio = np.where(_counted(side), common / np.maximum(rest, _FAINT), 0)
    row, column = np.unravel_index(int(ratio.argmax()), ratio.shape)
    rows, columns = _frequencies(side)
    return round(float(ratio[row, column]), 2), round(float(np.hypot(rows[row, 0], columns[0, column])), 3)


def _places(shape: tuple[int, ...], side: int, outline: Array | None) -> Iterator[tuple[int, int]]:
    """Yield left and top of parts spread over the page, none of which reaches out of it."""
    height, width = shape
    low, high = np.array([0, 0]), np.array([width, height])
    if outline is not None:
        low = np.maximum(low, np.floor(outline.min(axis=0))).astype(int)
        high = np.minimum(high, np.ceil(outline.max(axis=0))).astype(int)
    if (high - low).min() < side:
        return
    tops, lefts = (_spread(low[axis], high[axis], side) for axis in (1, 0))
    for top in tops:
        for left in lefts:
            corners = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)]
            if outline is None or all(_is_inside(outline, corner, side) for corner in corners):
                yield int(left), int(top)


def _spread(low: int, high: int, side: int) -> Array:
    count = min(_PARTS, max(1, 2 * (high - low) // side - 1))
    return np.unique(np.linspace(low, high - side, count).astype(int))


def _is_inside(outline: Array, corner: tuple[int, int], side: int) -> bool:
    return cv2.pointPolygonTest(outline, (float(corner[0]), float(corner[1])), True) > -side / 20


def _spectrum(part: Array) -> Array:
    """Return the amplitudes of a part's waves, of mean one: dark parts count as much as bright ones, blank ones less."""
    values = part.astype(np.float32)
    values -= cv2.GaussianBlur(values, (0, 0), 4)
    window = np.hanning(len(part)).astype(np.float32)
    amplitude = np.abs(np.fft.rfft2(values * window[:, None] * window))
    return np.asarray(amplitude / (float(amplitude.mean()) + _BLANK * float((window**2).sum())), np.float32)


def _frequencies(side: int) -> tuple[Array, Array]:
    return np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]


def _counted(side: int) -> Array:
    """Return which waves are looked at: neither too slow nor too fast, nor along an axis as those of JPEG's blocks."""
    rows, columns = _frequencies(side)
    radius = np.hypot(rows, columns)
    on_axis = (np.abs(rows) < 1.5 / side) | (np.abs(columns) < 1.5 / side)
    return (radius > _LOW) & (radius < _HIGH) & ~on_axis
