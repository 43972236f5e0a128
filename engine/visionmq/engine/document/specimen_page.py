"""The specimen's page: Utopia's passport, with a portrait of simple shapes."""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

OCRB: Final = Path(__file__).parent / "data" / "OCRB.otf"
MM: Final = 16
"""Pixels a millimetre."""
PAGE: Final = (125 * MM, 88 * MM)
"""Format TD3 (ICAO 9303-4): 125 mm by 88 mm."""
_PITCH: Final = 2.54
_INK: Final = (32, 34, 48)
_LABEL: Final = (104, 84, 110)
_NAVY: Final = (38, 58, 104)

_ITEMS: Final = (
    (40, 19, "Type", "P"),
    (56, 19, "Code of issuing state", "UTO"),
    (92, 19, "Passport No.", "X47P29134"),
    (40, 28, "Surname", "SPECIMEN"),
    (40, 37, "Given names", "LINA MARIE"),
    (40, 46, "Nationality", "UTOPIAN"),
    (92, 46, "Sex", "F"),
    (40, 55, "Date of birth", "12 APR 1987"),
    (92, 37, "Place of birth", "AMAUROT"),
    (92, 55, "Date of expiry", "30 SEP 2034"),
)


@cache
def _font(size: float, *, ocr: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(OCRB, size * MM) if ocr else ImageFont.load_default(size * MM)


def _at(*millimetres: float) -> tuple[float, ...]:
    return tuple(value * MM for value in millimetres)


def _point(x: float, y: float) -> tuple[float, float]:
    return x * MM, y * MM


def draw_page(lines: Sequence[str], random: np.random.Generator) -> Image.Image:
    """Return the page with these two lines as its machine-readable zone."""
    page = Image.fromarray(_paper(random))
    _guilloche(page)
    draw = ImageDraw.Draw(page)
    draw.rectangle(_at(0, 0, 125, 13), fill=_NAVY)
    draw.text(_point(7, 3.0), "UTOPIA", font=_font(6.2), fill=(238, 214, 150))
    draw.text(_point(40, 4.6), "PASSPORT  ·  PASSEPORT", font=_font(4.0), fill=(226, 230, 240))
    _emblem(draw, 115, 6.5)
    for x, y, label, value in _ITEMS:
        draw.text(_point(x, y - 3.2), label, font=_font(1.9), fill=_LABEL)
        draw.text(_point(x, y - 0.9), value, font=_font(3.6, ocr=True), fill=_INK)
    page.paste(_portrait(30, 39), (6 * MM, 18 * MM))
    _stamp(page)
    _zone(page, lines)
    return page


def _paper(random: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    width, height = PAGE
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    tint = np.stack([238 - 12 * x + 6 * y, 234 - 4 * x, 226 + 12 * x - 4 * y], axis=2)
    return np.clip(tint + random.normal(0, 1.2, (height, width, 1)), 0, 255).astype(np.uint8)


def _guilloche(page: Image.Image) -> None:
    """Draw the fine waves that make copying hard, pale enough to leave the text clear; none under the zone."""
    layer = Image.new("RGBA", page.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    for number in range(30):
        colour = (120, 160, 190, 95) if number % 2 else (200, 150, 165, 85)
        phase, base = number * 0.33, 15 + number * 1.62
        wave = [
            (x * MM, (base + 2.6 * math.sin(x / 9 + phase) + 1.3 * math.sin(x / 3.7 - phase)) * MM)
            for x in np.arange(0, 126, 0.6)
        ]
        draw.line(wave, fill=colour, width=3)
    for turn in range(36):
        angle = math.radians(turn * 10)
        rose = [
            ((86 + r * math.cos(angle + r / 14)) * MM, (42 + r * math.sin(angle + r / 14)) * MM)
            for r in np.arange(3, 21, 0.5)
        ]
        draw.line(rose, fill=(150, 130, 190, 70), width=3)
    page.paste(layer, (0, 0), layer)
    ImageDraw.Draw(page).rectangle(_at(0, 65, 125, 88), fill=(246, 244, 240))


def _emblem(draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """Draw a rising sun over waves."""
    gold = (238, 214, 150)
    for ray in range(12):
        angle = math.radians(180 + ray * 180 / 11)
        start = (x + 2.6 * math.cos(angle), y + 1 + 2.6 * math.sin(angle))
        end = (x + 4.4 * math.cos(angle), y + 1 + 4.4 * math.sin(angle))
        draw.line(_at(*start, *end), fill=gold, width=6)
    draw.pieslice(_at(x - 2, y - 1, x + 2, y + 3), 180, 360, fill=gold)
    for step in range(3):
        draw.line(_at(x - 4 + step, y + 2 + step * 0.9, x + 4 - step, y + 2 + step * 0.9), fill=gold, width=6)


def _portrait(width: float, height: float) -> Image.Image:
    """Return a drawn head and shoulders before a pale wall."""
    size = (round(width * MM), round(height * MM))
    rows = np.linspace(0, 1, size[1])[:, None, None]
    wall = np.array([214, 222, 230]) - rows * np.array([34, 28, 22])
    image = Image.fromarray(np.broadcast_to(wall, (size[1], size[0], 3)).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    hair, skin, shade = (74, 48, 38), (226, 184, 158), (203, 156, 132)
    draw.rounded_rectangle(_at(6.6, 6.2, 23.4, 29), radius=8.2 * MM, fill=hair)
    draw.rounded_rectangle(_at(3.2, 30, 26.8, 48), radius=6 * MM, fill=(52, 78, 104))
    draw.polygon(_at(11.6, 29.8, 18.4, 29.8, 15, 36), fill=shade)
    draw.rectangle(_at(12.2, 23, 17.8, 31.2), fill=shade)
    draw.ellipse(_at(8.6, 8.6, 21.4, 27.2), fill=skin)
    draw.pieslice(_at(8.2, 6.6, 21.8, 20.6), 180, 360, fill=hair)
    draw.pieslice(_at(8.2, 9.8, 17.4, 17.6), 180, 300, fill=hair)
    for x in (12.1, 17.9):
        draw.ellipse(_at(x - 1.35, 16.1, x + 1.35, 17.7), fill=(250, 248, 246))
        draw.ellipse(_at(x - 0.65, 16.2, x + 0.65, 17.6), fill=(60, 74, 70))
        draw.arc(_at(x - 1.8, 14.0, x + 1.8, 17.2), 205, 335, fill=hair, width=9)
    draw.line(_at(15.1, 17.6, 14.5, 20.8, 15.6, 21.1), fill=shade, width=8, joint="curve")
    draw.chord(_at(12.7, 21.6, 17.3, 24.6), 15, 165, fill=(186, 96, 92))
    return image.filter(ImageFilter.GaussianBlur(2.2))


def _stamp(page: Image.Image) -> None:
    """Write SPECIMEN across the fields, faint, as on all documents of no validity."""
    layer = Image.new("RGBA", (70 * MM, 16 * MM), (0, 0, 0, 0))
    ImageDraw.Draw(layer).text(_point(2, 1), "SPECIMEN", font=_font(12), fill=(190, 60, 70, 46))
    turned = layer.rotate(14, expand=True, resample=Image.Resampling.BICUBIC)
    page.paste(turned, (50 * MM, 24 * MM), turned)


def _zone(page: Image.Image, lines: Sequence[str]) -> None:
    """Print the zone in OCR-B at ten characters an inch (ICAO 9303-3, 4.2)."""
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        for index, character in enumerate(line):
            place = _point(6.7 + index * _PITCH, 73.4 + number * 6.4)
            draw.text(place, character, font=_font(3.55, ocr=True), fill=(26, 26, 30), anchor="ls")
