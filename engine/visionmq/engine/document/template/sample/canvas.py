"""Drawing in millimetres, with smooth edges: everything is drawn twice as large and shrunk at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, ...]
Point = tuple[float, float]

OCRB: Final = Path(__file__).parents[2] / "data" / "OCRB.otf"
_FINER: Final = 2
_EXACT: Final = 1000.0
"""Size in pixels at which widths are measured."""


@cache
def _font(pixels: float, ocr: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(OCRB, pixels) if ocr else ImageFont.load_default(pixels)


@cache
def _advance(pair: str, ocr: bool) -> float:
    """Return how far the first of two characters moves the second, in sizes of the type; kerning counts."""
    font = _font(_EXACT, ocr)
    return float(font.getlength(pair) - font.getlength(pair[1:])) / _EXACT


@dataclass(slots=True)
class Canvas:
    """A picture that is drawn on in millimetres from its top left corner; later strokes cover earlier ones."""

    image: Image.Image
    scale: float
    """Pixels a millimetre of the picture as it is drawn on."""

    @classmethod
    def blank(cls, width: float, height: float, per_mm: float, colour: Colour) -> "Canvas":
        """Return an empty sheet, in millimetres, that ends up with `per_mm` pixels a millimetre."""
        scale = per_mm * _FINER
        size = round(width * scale), round(height * scale)
        return cls(Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour), scale)

    def finished(self) -> Image.Image:
        """Return the picture at its own resolution."""
        size = tuple(side // _FINER for side in self.image.size)
        return self.image.resize((size[0], size[1]), Image.Resampling.BOX)

    def px(self, points: Sequence[Point]) -> list[Point]:
        """Return points in pixels."""
        return [(x * self.scale, y * self.scale) for x, y in points]

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """Draw a line through points; the width is in millimetres."""
        pen = ImageDraw.Draw(self.image, "RGBA")
        pen.line(self.px(points), fill=colour, width=max(1, round(width * self.scale)), joint="curve")

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        ImageDraw.Draw(self.image, "RGBA").polygon(self.px(points), fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, *, radius: float = 0) -> None:
        """Fill a rectangle, with rounded corners if asked for."""
        pen = ImageDraw.Draw(self.image, "RGBA")
        (a, b), (c, d) = self.px([(left, top), (right, bottom)])
        pen.rounded_rectangle((a, b, c, d), radius=radius * self.scale, fill=colour)

    def frame(self, left: float, top: float, right: float, bottom: float, width: float, colour: Colour) -> None:
        """Draw a rectangle's outline, inside it."""
        pen = ImageDraw.Draw(self.image, "RGBA")
        (a, b), (c, d) = self.px([(left, top), (right, bottom)])
        pen.rectangle((a, b, c, d), outline=colour, width=round(width * self.scale))

    def oval(self, centre: Point, across: float, down: float, colour: Colour) -> None:
        """Fill an ellipse of these radii."""
        self.slice(centre, across, down, (0, 360), colour)

    def slice(self, centre: Point, across: float, down: float, angles: tuple[float, float], colour: Colour) -> None:
        """Fill a part of an ellipse, from one angle to another, clockwise from the right in degrees."""
        (a, b), (c, d) = self.px([(centre[0] - across, centre[1] - down), (centre[0] + across, centre[1] + down)])
        ImageDraw.Draw(self.image, "RGBA").pieslice((a, b, c, d), angles[0], angles[1], fill=colour)

    def text(
        self,
        at: Point,
        text: str,
        size: float,
        colour: Colour,
        *,
        ocr: bool = False,
        right: bool = False,
        gap: float = 0,
    ) -> None:
        """Write a line from (or, with `right`, up to) a point of its base line; `gap` is added between characters.

        `size` is the type's in millimetres. Characters stand where the outlines say: fonts round their widths to
        whole pixels at each size, and the same card would not be the same at another resolution.
        """
        pen, font = ImageDraw.Draw(self.image, "RGBA"), _font(size * self.scale, ocr)
        widths = [_advance(text[index : index + 2], ocr) * size + gap for index in range(len(text))]
        x = at[0] - (sum(widths) if right else 0.0)
        for character, width in zip(text, widths, strict=True):
            pen.text((x * self.scale, at[1] * self.scale), character, font=font, fill=colour, anchor="ls")
            x += width

    def paste(self, picture: Image.Image, at: Point) -> None:
        """Lay another picture on, its top left at a point; alpha counts."""
        ((x, y),) = self.px([at])
        place = round(x), round(y)
        self.image.paste(picture, place, picture if picture.mode == "RGBA" else None)
