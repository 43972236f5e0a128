"""What security print is made of: tinted paper, fine lines, emblems, and text; all drawn, in millimetres."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from visionmq.engine.document.mrz.reading import Array
from visionmq.engine.picture import Pixels

MM: Final = 12
"""Pixels a millimetre of a page: letters of the zone are 30 pixels high."""
Colour: TypeAlias = tuple[int, int, int]
"""Blue, green, red."""
Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height in millimetres."""
INK: Final[Colour] = (40, 32, 30)
_DATA: Final = Path(__file__).parents[1] / "data"
_FACES: Final = {
    "ocr": _DATA / "OCRB.otf",
    "sans": _DATA / "fonts" / "sans.ttf",
    "bold": _DATA / "fonts" / "sans_bold.ttf",
    "serif": _DATA / "fonts" / "serif_bold.ttf",
}
_SHIFT: Final = 4
"""Fractional bits of OpenCV's coordinates."""


@cache
def _face(name: str) -> bytes:
    return _FACES[name].read_bytes()


@cache
def font(name: str, size: float) -> ImageFont.FreeTypeFont:
    """Return a typeface (`ocr`, `sans`, `bold`, `serif`) at a size in pixels; its file is read once."""
    return ImageFont.truetype(BytesIO(_face(name)), size)


def load_fonts() -> None:
    """Read all typefaces, so that drawing opens no file afterwards."""
    for name in _FACES:
        _face(name)


@dataclass(slots=True)
class Sheet:
    """A page while it is drawn; text is set last, in one go, by `print_texts`."""

    pixels: Pixels
    boxes: dict[str, Box] = field(default_factory=dict)
    """Where named things are."""
    _texts: list[tuple[float, float, str, str, float, Colour, str]] = field(default_factory=list)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in millimetres."""
        return self.pixels.shape[1] / MM, self.pixels.shape[0] / MM

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: Colour = INK,
        *,
        face: str = "sans",
        anchor: str = "ls",
    ) -> None:
        """Set text with its left end (or what `anchor` of Pillow says) on the base line at x, y; `size` in millimetres."""
        self._texts.append((x, y, text, face, size, colour, anchor))

    def print_texts(self) -> None:
        """Put all text on the page."""
        image = Image.fromarray(self.pixels)
        draw = ImageDraw.Draw(image)
        for x, y, text, face, size, colour, anchor in self._texts:
            draw.text((x * MM, y * MM), text, font=font(face, round(size * MM, 1)), fill=colour, anchor=anchor)
        self._texts.clear()
        self.pixels = np.asarray(image)

    def paste(self, piece: Pixels, x: float, y: float, alpha: Array | float = 1.0) -> None:
        """Lay a piece on the page with its top left corner at x, y; `alpha` (h, w) or one number."""
        top, left = round(y * MM), round(x * MM)
        part = self.pixels[top : top + piece.shape[0], left : left + piece.shape[1]]
        piece = piece[: part.shape[0], : part.shape[1]]
        cover = alpha if isinstance(alpha, float) else alpha[: part.shape[0], : part.shape[1], None]
        part[:] = (part * (1 - cover) + piece * cover).astype(np.uint8)

    def rectangle(self, box: Box, colour: Colour, alpha: float = 1.0) -> None:
        """Fill a rectangle."""
        left, top, width, height = (round(value * MM) for value in box)
        part = self.pixels[max(0, top) : top + height, max(0, left) : left + width]
        part[:] = (part * (1 - alpha) + np.array(colour) * alpha).astype(np.uint8)


def fixed(points: Array) -> Array:
    """Return points in pixels as OpenCV's fixed-point numbers."""
    return np.round(np.asarray(points) * (1 << _SHIFT)).astype(np.int32)


def fill(pixels: Pixels, points: Array, colour: Sequence[float]) -> None:
    """Fill a polygon (n, 2) given in pixels."""
    cv2.fillPoly(pixels, [fixed(points)], colour, cv2.LINE_AA, _SHIFT)


def stroke(
    pixels: Pixels, lines: Sequence[Array], colour: Sequence[float], width: int = 1, *, closed: bool = False
) -> None:
    """Draw curves, each (n, 2) in pixels."""
    cv2.polylines(pixels, [fixed(line) for line in lines], closed, colour, width, cv2.LINE_AA, _SHIFT)


def paper(size: tuple[float, float], tints: Sequence[Colour], random: np.random.Generator) -> Pixels:
    """Return a sheet that runs from one pale tint to the next across, as rainbow printing does."""
    width, height = (round(value * MM) for value in size)
    small: Array = np.zeros((12, 32, 3), np.float32)
    slant = random.uniform(-0.4, 0.4)
    x, y = np.meshgrid(np.linspace(0, 1, 32), np.linspace(0, 1, 12))
    place = np.clip(x + slant * (y - 0.5), 0, 1) * (len(tints) - 1)
    for channel in range(3):
        small[:, :, channel] = np.interp(place, range(len(tints)), [tint[channel] for tint in tints])
    grain = random.integers(-2, 3, (height // 2, width // 2, 1), dtype=np.int16).astype(np.float32)
    sheet: Array = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
    sheet += cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)[:, :, None]
    return np.clip(sheet, 0, 255).astype(np.uint8)


def waves(sheet: Sheet, box: Box, colour: Colour, random: np.random.Generator, *, lines: int = 34) -> None:
    """Draw two families of sine lines that cross, as on most documents."""
    left, top, width, height = box
    x = np.arange(0, width + 0.5, 0.7)
    curves = []
    for family in range(2):
        long, short = 2 * math.pi / random.uniform(16, 30), 2 * math.pi / random.uniform(5, 9)
        drift, tall = random.uniform(0.15, 0.4) * (1 - 2 * family), random.uniform(1.6, 3.2)
        for number in range(lines):
            phase = number * drift
            swing = np.sin(x * long + phase) + 0.35 * np.sin(x * short - phase)
            curves.append(np.stack([left + x, top + height * (number + 0.5) / lines + tall * swing], axis=1) * MM)
    stroke(sheet.pixels, curves, colour)


def rosette(
    sheet: Sheet, centre: tuple[float, float], radius: float, colour: Colour, random: np.random.Generator
) -> None:
    """Draw a flower of closed curves that weave through each other."""
    petals, turns = int(random.integers(5, 14)), int(random.integers(14, 26))
    angle = np.linspace(0, 2 * math.pi, 420)
    curves = []
    for turn in range(turns):
        phase = 2 * math.pi * turn / turns
        swing = 0.30 + 0.12 * math.sin(phase * 2)
        reach = radius * (0.62 + swing * np.cos(petals * angle + phase)) / (0.62 + 0.42)
        curves.append((np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None] + np.array(centre)) * MM)
    stroke(sheet.pixels, curves, colour, closed=True)


def blend(colour: Colour, other: Colour, share: float) -> Colour:
    """Return `share` of the first colour with the rest of the other."""
    mixed = [round(a * share + b * (1 - share)) for a, b in zip(colour, other, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def emblem(sheet: Sheet, centre: tuple[float, float], size: float, colour: Colour, kind: int) -> None:
    """Draw one of five arms of no state, `size` millimetres high: sun, star, peaks, tree, waves, each in a ring."""
    middle, scale = np.array(centre) * MM, size * MM / 2
    angle = np.linspace(0, 2 * math.pi, 80)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    for reach in (1.0, 0.9):
        stroke(sheet.pixels, [ring * scale * reach + middle], colour, max(1, round(scale / 16)), closed=True)
    for shape in _CHARGES[kind % len(_CHARGES)]():
        fill(sheet.pixels, np.asarray(shape) * scale * 0.78 + middle, colour)


def _sun() -> list[Array]:
    angle = np.linspace(0, 2 * math.pi, 40)
    disc = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 0.42
    return [disc, *(_spike(turn * math.pi / 6, 0.5, 0.95, 0.1) for turn in range(12))]


def _spike(angle: float, start: float, end: float, half: float) -> Array:
    along, aside = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    return np.array([along * start + aside * half, along * end, along * start - aside * half])


def _star() -> list[Array]:
    angle = np.arange(10) * math.pi / 5 - math.pi / 2
    reach = np.where(np.arange(10) % 2, 0.37, 0.95)
    return [np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None]]


def _peaks() -> list[Array]:
    return [
        np.array([(-0.9, 0.45), (-0.3, -0.6), (0.02, 0.0), (0.3, -0.35), (0.9, 0.45)]),
        np.array([(-0.75, 0.55), (0.75, 0.55), (0.5, 0.75), (-0.5, 0.75)]),
    ]


def _tree() -> list[Array]:
    crowns = [
        np.array([(0, top), (width, top + 0.6), (-width, top + 0.6)])
        for top, width in ((-0.95, 0.45), (-0.55, 0.6), (-0.1, 0.75))
    ]
    return [*crowns, np.array([(-0.1, 0.5), (0.1, 0.5), (0.1, 0.9), (-0.1, 0.9)])]


def _sea() -> list[Array]:
    x = np.linspace(-0.85, 0.85, 30)
    bands = []
    for base in (-0.05, 0.3, 0.65):
        upper = base + 0.1 * np.sin(x * 8)
        bands.append(
            np.concatenate([np.stack([x, upper], axis=1), np.stack([x, upper + 0.15], axis=1)[::-1]])
            * [1 - base * 0.3, 1]
        )
    angle = np.linspace(math.pi, 2 * math.pi, 20)
    return [*bands, np.stack([np.cos(angle) * 0.45, np.sin(angle) * 0.45 - 0.2], axis=1)]


_CHARGES: Final = (_sun, _star, _peaks, _tree, _sea)


def signature(text: str, width: float, random: np.random.Generator, colour: Colour) -> tuple[Pixels, Array]:
    """Return a name in a hand, and its cover (h, w) from 0 to 1; `width` in millimetres at most."""
    kind = cv2.FONT_HERSHEY_SCRIPT_COMPLEX if random.random() < 0.6 else cv2.FONT_HERSHEY_SCRIPT_SIMPLEX
    (across, up), _ = cv2.getTextSize(text, kind, 2.0, 3)
    canvas: Pixels = np.zeros((up * 3, across + 3 * up), np.uint8)
    cv2.putText(canvas, text, (up, up * 2), kind, 2.0, 255, 3, cv2.LINE_AA)
    x = np.linspace(0, across, 60)
    under = np.stack([x + up, up * 2.35 + 0.14 * up * np.sin(x / across * 6 + random.uniform(0, 6)) - x * 0.04], axis=1)
    stroke(canvas, [under], (255,), 3)
    slant = random.uniform(0.15, 0.45)
    matrix = np.array([[1, -slant, slant * up * 1.5], [random.uniform(-0.08, 0.0), 1, 0.03 * across]], np.float32)
    canvas = np.asarray(cv2.warpAffine(canvas, matrix, (canvas.shape[1], canvas.shape[0])))
    scale = min(width * MM / canvas.shape[1], 0.8)
    canvas = np.asarray(cv2.resize(canvas, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    cover = np.clip(canvas.astype(np.float32) / 255 * 1.3, 0, 1)
    return np.full((*canvas.shape, 3), colour, np.uint8), cover
