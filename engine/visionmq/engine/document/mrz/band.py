"""Bands: where one line of text lies in a picture, as a curve with a height.

A band runs along the middle of its letters in reading direction. Places on it are told as fractions, 0 at the outer
edge of its first character and 1 at that of its last, measured in letter heights and not in pixels: so characters of
one width take equal shares of a line even where perspective makes one end smaller.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

_SHRINK: Final = 1.5
"""A strip that shrinks the letters more than this is taken from a picture shrunk beforehand, so that strokes do not
fall between samples: linear interpolation of neighbours looks at two pixels only."""
_MARGIN: Final = 4
_MIN_HEIGHT: Final = 1.0


@dataclass(frozen=True, slots=True)
class Band:
    """One line of text, from the outer edge of its first character to that of its last."""

    curve: Array
    """float32 (n, 2), n > 1: points along the middle of the letters, in reading direction, in pixels of the picture
    (0, 0 is the centre of the first pixel)."""
    heights: Array
    """float32 (n,): the height of a capital letter at each point, in pixels, measured along `across`."""
    across: Array | None = None
    """float32 (n, 2): unit vectors from the tops of the letters to their feet; None where that is at right angles to
    the curve. Perspective and shear make it another direction."""

    @property
    def height(self) -> float:
        """The median height of a capital letter, in pixels."""
        return float(np.median(self.heights))

    @property
    def length(self) -> float:
        """The length of the curve, in pixels."""
        return float(np.linalg.norm(np.diff(self.curve, axis=0), axis=1).sum())

    def down(self) -> Array:
        """Return for each point the unit vector from the tops of the letters to their feet, float32 (n, 2)."""
        if self.across is not None:
            return self.across
        along = np.gradient(self.curve.astype(np.float64), axis=0)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        return np.stack([-along[:, 1], along[:, 0]], axis=1).astype(np.float32)

    def turned(self) -> "Band":
        """Return the same line read from its other end, as if the picture were upside down."""
        across = None if self.across is None else -self.across[::-1]
        return Band(self.curve[::-1], self.heights[::-1], across)

    def quad(self) -> Array:
        """Return the corners of the line, the reader's top left first and clockwise, float32 (4, 2)."""
        return self.part(0.0, 1.0)

    def part(self, start: float, end: float) -> Array:
        """Return the corners of the share of the line from `start` to `end` (fractions), as `quad` does."""
        middle, height, down = self._at(np.array([start, end]))
        half = down * height[:, None] / 2
        top, foot = middle - half, middle + half
        return np.array([top[0], top[1], foot[1], foot[0]], np.float32)

    def scaled(self, factor: float, shift: tuple[float, float] = (0.0, 0.0)) -> "Band":
        """Return the band in a picture scaled by `factor` and then moved by `shift` pixels."""
        curve = (self.curve + 0.5) * factor - 0.5 + np.array(shift)
        return Band(curve.astype(np.float32), (self.heights * factor).astype(np.float32), self.across)

    def _travelled(self) -> Array:
        """Return how far along the line each point is, in letter heights."""
        steps = np.linalg.norm(np.diff(self.curve.astype(np.float64), axis=0), axis=1)
        heights = np.maximum(self.heights.astype(np.float64), _MIN_HEIGHT)
        return np.concatenate([[0.0], np.cumsum(steps * 2 / (heights[1:] + heights[:-1]))])

    def _at(self, fractions: Array) -> tuple[Array, Array, Array]:
        """Return middle, height and down at fractions of the line; before 0 and after 1 it goes straight on."""
        travelled = self._travelled()
        total = travelled[-1]
        places = np.asarray(fractions, np.float64) * total
        inside = np.clip(places, 0, total)

        def along(values: Array) -> Array:
            return np.stack([np.interp(inside, travelled, column) for column in values.T], axis=1)

        middle, down = along(self.curve), along(self.down())
        heights = np.interp(inside, travelled, np.maximum(self.heights, _MIN_HEIGHT))
        span = max(1, len(self.curve) // 8)
        first, last = self.curve[span] - self.curve[0], self.curve[-1] - self.curve[-1 - span]
        beyond = places - inside
        ends = np.where(beyond[:, None] < 0, _unit(first), _unit(last))
        return middle + ends * (beyond * heights)[:, None], heights, down / np.linalg.norm(down, axis=1, keepdims=True)


def strip_width(band: Band, cap: int = 16, pad: int = 12) -> int:
    """Return the width in pixels of the strip that `straighten` makes, without making it."""
    return max(1, round(float(band._travelled()[-1]) * cap)) + 2 * pad


def straighten(pixels: Array, band: Band, height: int = 24, cap: int = 16, pad: int = 12) -> Array:
    """Return the line as an upright strip, uint8 (height, W), of a grey picture (h, w) uint8.

    Capital letters are `cap` pixels high in it and its middle row is the middle of the letters; the scale along the
    line is that across it. `pad` pixels of what surrounds the line stand at both ends, so the first character begins
    at x = pad and the last ends at W - pad. What lies outside the picture repeats its edge.
    """
    width = strip_width(band, cap, pad)
    inner = width - 2 * pad
    fractions = (np.arange(width) + 0.5 - pad) / inner
    middle, heights, down = band._at(fractions)
    rows = (np.arange(height) + 0.5 - height / 2) / cap
    places = middle[None] + rows[:, None, None] * (down * heights[:, None])[None]
    return _sampled(pixels, places.astype(np.float32), cap / float(np.median(heights)))


def _sampled(pixels: Array, places: Array, scale: float) -> Array:
    """Return the grey picture at places (h, w, 2), smoothed first where `scale` shrinks it much."""
    low = np.floor(places.min(axis=(0, 1))).astype(int) - _MARGIN
    high = np.ceil(places.max(axis=(0, 1))).astype(int) + _MARGIN + 1
    left, top = np.clip(low, 0, np.array(pixels.shape[1::-1]) - 1)
    right, bottom = np.clip(high, [left + 1, top + 1], pixels.shape[1::-1])
    piece, places = pixels[top:bottom, left:right], places - np.array([left, top], np.float32)
    if scale < 1 / _SHRINK:
        size = np.maximum(1, np.round(np.array(piece.shape[1::-1]) * scale * _SHRINK)).astype(int)
        factor = (size / np.array(piece.shape[1::-1])).astype(np.float32)
        piece = cv2.resize(piece, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
        places = (places + np.float32(0.5)) * factor - np.float32(0.5)
    return np.asarray(
        cv2.remap(piece, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    )


def _unit(vector: Array) -> Array:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))
