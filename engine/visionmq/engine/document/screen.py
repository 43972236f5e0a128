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

_SIDE: Final = 192
"""Pixels of a part; waves of 3 to 12 pixels are seen in it as sharp peaks."""
_PARTS: Final = 4
"""Parts across and down, at most."""
_LEAST_PARTS: Final = 6
_LOW: Final = 0.07
_HIGH: Final = 0.48
"""Waves looked at, in cycles a pixel: slower ones are shapes, faster ones the sensor's own."""
_BLOCK: Final = 8
"""JPEG codes blocks of so many pixels; their edges make waves along both axes that are no screen's."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What was measured on a picture's surface."""

    wave: float | None
    """How far the strongest common wave stands out of its surroundings, as a ratio; None if the picture is small."""
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
    wave, cycles = _wave(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
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


def _reduced(pixels: Pixels) -> Pixels:
    step = max(1, round(max(pixels.shape[:2]) / 400))
    return np.asarray(pixels[::step, ::step])


def _wave(gray: Array) -> tuple[float | None, float]:
    """Return how far the strongest wave common to all parts stands out, and its cycles a pixel."""
    spectra = [_spectrum(part) for part in _parts(gray)]
    if len(spectra) < _LEAST_PARTS:
        return None, 0.0
    common = np.median(spectra, axis=0)
    rest = cv2.medianBlur(common.astype(np.float32), 5)
    rest = cv2.blur(rest, (9, 9))
    ratio = np.where(_counted(), common / np.maximum(rest, 1e-6), 0)
    row, column = np.unravel_index(int(ratio.argmax()), ratio.shape)
    rows, columns = _frequencies()
    return round(float(ratio[row, column]), 2), round(float(np.hypot(rows[row, 0], columns[0, column])), 3)


def _parts(gray: Array) -> Iterator[Array]:
    height, width = gray.shape
    if min(height, width) < _SIDE:
        return
    for top in np.unique(np.linspace(0, height - _SIDE, min(_PARTS, height // (_SIDE // 2))).astype(int)):
        for left in np.unique(np.linspace(0, width - _SIDE, min(_PARTS, width // (_SIDE // 2))).astype(int)):
            yield gray[top : top + _SIDE, left : left + _SIDE]


def _spectrum(part: Array) -> Array:
    """Return the amplitudes of a part's waves, of mean one: dark parts count as much as bright ones."""
    values = part.astype(np.float32)
    values -= cv2.GaussianBlur(values, (0, 0), 4)
    window = np.hanning(_SIDE).astype(np.float32)
    amplitude = np.abs(np.fft.rfft2(values * window[:, None] * window))
    return np.asarray(amplitude / max(float(amplitude.mean()), 1e-6), np.float32)


def _frequencies() -> tuple[Array, Array]:
    return np.fft.fftfreq(_SIDE)[:, None], np.fft.rfftfreq(_SIDE)[None]


def _counted() -> Array:
    """Return which waves are looked at: neither too slow nor too fast, nor those of JPEG's blocks."""
    rows, columns = _frequencies()
    radius = np.hypot(rows, columns)
    on_axis = (np.abs(rows) < 1.5 / _SIDE) | (np.abs(columns) < 1.5 / _SIDE)
    return (radius > _LOW) & (radius < _HIGH) & ~on_axis
