"""A board to draw on: smooth shapes by OpenCV, text in any Latin or Cyrillic letters by Pillow."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from visionmq.engine.picture import Pixels

Array: TypeAlias = np.ndarray[Any, Any]
Colour: TypeAlias = tuple[int, int, int]
"""Blue, green, red."""

_DATA: Final = Path(__file__).parent / "document" / "data"
_FILES: Final = {"plain": "fonts/sans.ttf", "bold": "fonts/sans_bold.ttf", "zone": "OCRB.otf"}
SIZES: Final = (12, 13, 14, 15, 17, 20, 24)
"""Pixels of all letters that are used; `load_pens` opens these, after it no file is read."""
_LONGEST: Final = 300
"""Characters of a text that is shown; some barcodes hold thousands."""
_FINE: Final = 3
"""Bits of a pixel's fraction that shapes are drawn with."""


@cache
def _pen(style: str, size: int) -> ImageFont.FreeTypeFont:
    # The basic layout breaks on nothing; barcodes hold control characters and halves of letters.
    return ImageFont.truetype(_DATA / _FILES[style], size, layout_engine=ImageFont.Layout.BASIC)


def load_pens() -> None:
    """Open all typefaces; call it once before the sandbox closes."""
    for style in _FILES:
        for size in SIZES:
            _pen(style, size).getmask("Ag")
    Board(np.zeros((4, 4, 3), np.uint8)).finish()  # Pillow imports what it writes with at the first use


def width_of(text: str, size: int, style: str = "plain") -> float:
    """Return the width of a text in pixels."""
    return float(_pen(style, size).getlength(text))


def fitted(text: str, room: float, size: int, style: str = "plain") -> str:
    """Return a text on one line, cut off with three dots if it is wider than `room` pixels."""
    text = "".join(char if char.isprintable() else " " for char in text[:_LONGEST])
    if width_of(text, size, style) <= room:
        return text
    while text and width_of(text + "...", size, style) > room:
        text = text[:-1]
    return text.rstrip() + "..."


def wrapped(text: str, room: float, size: int, style: str = "plain") -> list[str]:
    """Return a text in lines of at most `room` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size, style) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return [fitted(line, room, size, style) for line in lines]


@dataclass(slots=True)
class Board:
    """Pixels (h, w, 3) BGR that are drawn on; texts are set last, all at once, by `finish`."""

    pixels: Pixels
    _texts: list[tuple[str, tuple[float, float], int, Colour, str]] = field(default_factory=list)

    def outline(self, points: Array, colour: Colour, width: int = 2) -> None:
        """Draw the edge of a polygon."""
        cv2.polylines(self.pixels, [_fine(points)], True, colour, width, cv2.LINE_AA, _FINE)

    def path(self, points: Array, colour: Colour, width: int = 2) -> None:
        """Draw an open line."""
        cv2.polylines(self.pixels, [_fine(points)], False, colour, width, cv2.LINE_AA, _FINE)

    def fill(self, points: Array, colour: Colour, strength: float = 1.0) -> None:
        """Fill a polygon; `strength` below 1 lets what is under it through."""
        points = np.asarray(points, np.float64)
        low = np.clip(np.floor(points.min(axis=0)).astype(int) - 1, 0, None)
        high = np.ceil(points.max(axis=0)).astype(int) + 2
        part = self.pixels[low[1] : high[1], low[0] : high[0]]
        if part.size == 0:
            return
        over = part.copy()
        cv2.fillPoly(over, [_fine(points - low)], colour, cv2.LINE_AA, _FINE)
        cv2.addWeighted(over, strength, part, 1 - strength, 0, dst=part)

    def dot(self, centre: tuple[float, float], radius: float, colour: Colour) -> None:
        """Draw a filled circle."""
        at = (round(centre[0] * 2**_FINE), round(centre[1] * 2**_FINE))
        cv2.circle(self.pixels, at, round(radius * 2**_FINE), colour, -1, cv2.LINE_AA, _FINE)

    def pill(self, left: float, top: float, width: float, height: float, colour: Colour) -> None:
        """Draw a filled bar with round ends."""
        radius, middle = height / 2, top + height / 2
        self.dot((left + radius, middle), radius, colour)
        self.dot((left + width - radius, middle), radius, colour)
        right = left + width - radius
        self.fill(
            np.array([[left + radius, top], [right, top], [right, top + height], [left + radius, top + height]]), colour
        )

    def text(self, text: str, at: tuple[float, float], size: int, colour: Colour, style: str = "plain") -> None:
        """Set a text; `at` is the left end of its baseline."""
        self._texts.append((text, at, size, colour, style))

    def finish(self) -> Pixels:
        """Return the pixels with all texts on them."""
        image = Image.fromarray(np.ascontiguousarray(self.pixels[:, :, ::-1]))
        draw = ImageDraw.Draw(image)
        for text, at, size, colour, style in self._texts:
            draw.text(at, text, fill=colour[::-1], font=_pen(style, size), anchor="ls")
        return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _fine(points: Array) -> Array:
    return np.round(np.asarray(points, np.float64) * 2**_FINE).astype(np.int32)
