"""Draws a portrait: a face of nobody, lit softly, with the contrasts that face detectors look for."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.reading import Array
from visionmq.engine.document.specimen_art import Colour, blend, fill, stroke
from visionmq.engine.picture import Pixels

SIZE: Final = (300, 390)
"""Width and height in pixels that portraits are drawn at (30 mm by 39 mm and the like: 10 to 13)."""
_SKINS: Final[tuple[Colour, ...]] = (
    (186, 206, 238),
    (168, 196, 232),
    (140, 176, 222),
    (112, 152, 204),
    (84, 122, 176),
    (62, 92, 140),
    (48, 70, 108),
)
_HAIRS: Final[tuple[Colour, ...]] = (
    (28, 24, 24),
    (36, 40, 52),
    (40, 58, 86),
    (52, 84, 122),
    (96, 150, 190),
    (44, 74, 140),
    (168, 168, 170),
)
_EYES: Final[tuple[Colour, ...]] = ((40, 58, 84), (60, 84, 70), (150, 110, 70), (34, 44, 60), (110, 120, 96))
_CLOTHES: Final[tuple[Colour, ...]] = (
    (104, 78, 52),
    (60, 50, 46),
    (70, 62, 140),
    (96, 120, 60),
    (190, 186, 180),
    (120, 70, 96),
    (150, 120, 40),
)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What one face is drawn from; lengths in pixels of SIZE."""

    skin: Colour
    hair: Colour
    eyes: Colour
    clothes: Colour
    wall: Colour
    half_width: float
    half_height: float
    jaw: float
    style: int
    beard: float
    glasses: bool
    old: bool
    woman: bool
    light: float


def draw_face(random: np.random.Generator, *, sex: str = "X", age: int = 35) -> Pixels:
    """Return a portrait (390, 300, 3) of a person of this sex and age; the same random state draws the same face."""
    looks = _looks(random, sex, age)
    canvas: Pixels = np.empty((SIZE[1], SIZE[0], 3), np.uint8)
    canvas[:] = looks.wall
    if looks.style != 0:
        _hair_behind(canvas, looks)
    _shoulders(canvas, looks)
    _neck(canvas, looks)
    _head(canvas, looks)
    for eye in (-1, 1):
        _eye(canvas, looks, eye)
    _nose(canvas, looks)
    _mouth(canvas, looks)
    if looks.beard:
        _beard(canvas, looks)
    if looks.style != 0:
        _hair_before(canvas, looks)
    if looks.glasses:
        _glasses(canvas)
    return _photographed(canvas, looks, random)


def _looks(random: np.random.Generator, sex: str, age: int) -> _Looks:
    woman = sex == "F" or (sex != "M" and random.random() < 0.5)
    tone = int(random.integers(len(_SKINS)))
    hairs = 4 if tone > 2 else len(_HAIRS) - 1
    hair = _HAIRS[-1] if age > 62 else _HAIRS[int(random.integers(2 if tone > 4 else hairs))]
    wall = int(random.integers(205, 236))
    return _Looks(
        skin=_SKINS[tone],
        hair=hair,
        eyes=_EYES[0 if tone > 3 else int(random.integers(len(_EYES)))],
        clothes=_CLOTHES[int(random.integers(len(_CLOTHES)))],
        wall=(min(255, wall + 8), wall + 2, wall - 2),
        half_width=float(random.uniform(62, 70)),
        half_height=float(random.uniform(86, 94)),
        jaw=float(random.uniform(0.8, 0.92) + (0 if woman else 0.08)),
        style=int(random.integers(3, 7))
        if woman
        else int(random.choice([0, 1, 1, 2, 2] if age > 45 else [1, 1, 2, 2])),
        beard=0.0 if woman or age < 20 or random.random() < 0.55 else float(random.uniform(0.35, 0.85)),
        glasses=bool(random.random() < 0.2),
        old=age > 58,
        woman=woman,
        light=float(random.uniform(-1, 1)),
    )


_CENTRE: Final = np.array([150.0, 178.0])


def _outline(looks: _Looks, grow: float = 1.0) -> Array:
    """Return the head's edge (n, 2): an ellipse whose lower half narrows to the chin."""
    angle = np.linspace(0, 2 * math.pi, 120)
    x, y = np.cos(angle), np.sin(angle)
    narrow = 1 - (1 - looks.jaw) * np.maximum(y, 0) ** 1.6
    edge = np.stack([x * narrow * looks.half_width * grow, y * looks.half_height * grow], axis=1)
    return np.asarray(edge + _CENTRE)


def _soft(canvas: Pixels, shape: Array, colour: Colour, alpha: float, sigma: float) -> None:
    """Tint what lies under a polygon, fading over its edge."""
    margin = round(3 * sigma) + 2
    left, top = np.maximum(np.floor(shape.min(axis=0)).astype(int) - margin, 0)
    right, bottom = np.ceil(shape.max(axis=0)).astype(int) + margin
    part = canvas[top:bottom, left:right]
    mask = np.zeros(part.shape[:2], np.uint8)
    fill(mask, shape - np.array([left, top]), (255,))
    cover = cv2.GaussianBlur(mask, (0, 0), sigma).astype(np.float32)[:, :, None] * (alpha / 255)
    part[:] = (part * (1 - cover) + np.array(colour, np.float32) * cover).astype(np.uint8)


def _ellipse(x: float, y: float, wide: float, tall: float, start: float = 0, end: float = 360) -> Array:
    angle = np.radians(np.linspace(start, end, 40))
    return np.stack([x + wide * np.cos(angle), y + tall * np.sin(angle)], axis=1)


def _shoulders(canvas: Pixels, looks: _Looks) -> None:
    wide = 118 if looks.woman else 138
    body = [(150 - wide, 400), (150 - wide + 4, 352), (150 - wide * 0.72, 322), (120, 304), (180, 304)]
    body += [(150 + wide * 0.72, 322), (150 + wide - 4, 352), (150 + wide, 400)]
    fill(canvas, np.array(body), looks.clothes)
    dark = blend(looks.clothes, (0, 0, 0), 0.6)
    for side in (-1, 1):
        _soft(
            canvas,
            np.array([(150 + side * wide, 400), (150 + side * (wide - 8), 350), (150 + side * 86, 400)]),
            dark,
            0.6,
            9,
        )
        fill(
            canvas,
            np.array([(150 + side * 32, 300), (150 + side * 50, 316), (150, 384), (150, 352)]),
            blend(looks.clothes, (255, 255, 255), 0.75),
        )


def _neck(canvas: Pixels, looks: _Looks) -> None:
    half = 29 if looks.woman else 37
    fill(
        canvas,
        np.array([(150 - half, 230), (150 + half, 230), (150 + half + 8, 312), (150, 352), (150 - half - 8, 312)]),
        looks.skin,
    )
    shade = blend(looks.skin, (20, 24, 40), 0.62)
    _soft(canvas, _ellipse(150, 258, half - 5, 20), shade, 0.75, 6)


def _head(canvas: Pixels, looks: _Looks) -> None:
    shade, glow = blend(looks.skin, (24, 28, 60), 0.72), blend(looks.skin, (255, 255, 255), 0.72)
    for side in (-1, 1):
        ear = _ellipse(150 + side * (looks.half_width + 3), 186, 11, 21)
        fill(canvas, ear, blend(looks.skin, shade, 0.6))
    outline = _outline(looks)
    layer: Pixels = np.empty_like(canvas)
    layer[:] = looks.skin
    for side in (-1, 1):
        strength = 0.5 + 0.35 * side * looks.light
        _soft(layer, _ellipse(150 + side * (looks.half_width + 6), 190, 28, 96), shade, strength, 16)
    _soft(layer, _ellipse(150, 178 + looks.half_height, 54, 22), shade, 0.5, 13)
    _soft(layer, _ellipse(150, 128, 38, 22), glow, 0.5, 14)
    for side in (-1, 1):
        _soft(layer, _ellipse(150 + side * 36, 212, 17, 13), glow, 0.42, 9)
        _soft(layer, _ellipse(150 + side * 38, 220, 15, 11), (128, 130, 226), 0.16, 8)
        _soft(layer, _ellipse(150 + side * 29, 171, 25, 15), shade, 0.62, 7)
    mask = np.zeros(canvas.shape[:2], np.uint8)
    fill(mask, outline, (255,))
    cover = (mask.astype(np.float32) / 255)[:, :, None]
    canvas[:] = (canvas * (1 - cover) + layer * cover).astype(np.uint8)
    if looks.old:
        for side in (-1, 1):
            _line(canvas, [(150 + side * 21, 210), (150 + side * 30, 222), (150 + side * 33, 236)], shade, 2)
        for height in (118, 127):
            _line(canvas, [(122, height + 2), (150, height - 1), (178, height + 2)], shade, 1)


def _line(canvas: Pixels, points: list[tuple[float, float]], colour: Colour, width: int) -> None:
    """Draw a smooth curve through three points."""
    t = np.linspace(0, 1, 16)[:, None]
    a, b, c = (np.array(point) for point in points)
    control = 2 * b - (a + c) / 2
    stroke(canvas, [(1 - t) ** 2 * a + 2 * t * (1 - t) * control + t**2 * c], colour, width)


def _eye(canvas: Pixels, looks: _Looks, side: int) -> None:
    x, y = 150 + side * 29.0, 174.0
    dark = blend(looks.hair, (26, 24, 30), 0.35)
    white = [
        (x - 15, y + 1),
        (x - 8, y - 5.5),
        (x, y - 7.5),
        (x + 8, y - 5.5),
        (x + 15, y + 1),
        (x + 7, y + 5.5),
        (x, y + 6.5),
        (x - 7, y + 5.5),
    ]
    fill(canvas, np.array(white), (226, 230, 234))
    fill(canvas, _ellipse(x, y - 0.5, 7, 7), looks.eyes)
    fill(canvas, _ellipse(x, y - 0.5, 3.4, 3.4), (16, 14, 14))
    fill(canvas, _ellipse(x + 2.2, y - 3, 1.5, 1.5), (250, 250, 250))
    _line(canvas, [(x - 16, y + 1.5), (x, y - 8.5), (x + 16, y + 1.5)], dark, 3 if looks.woman else 2)
    _line(canvas, [(x - 13, y + 3.5), (x, y + 7.5), (x + 13, y + 3.5)], blend(looks.skin, (30, 30, 60), 0.6), 1)
    _line(canvas, [(x - 15, y - 6), (x, y - 13.5), (x + 15, y - 6)], blend(looks.skin, (24, 26, 50), 0.66), 1)
    brow = blend(looks.hair, looks.skin, 0.85)
    inner, outer = x - side * 17, x + side * 20
    tall = 4.5 if looks.woman else 7.0
    arch = [
        (inner, y - 20),
        (x + side * 4, y - 27),
        (outer, y - 18),
        (x + side * 4, y - 27 + tall),
        (inner, y - 20 + tall),
    ]
    _soft(canvas, np.array(arch), brow, 0.95, 1.3)


def _nose(canvas: Pixels, looks: _Looks) -> None:
    shade, glow = blend(looks.skin, (20, 24, 60), 0.68), blend(looks.skin, (255, 255, 255), 0.62)
    side = 1 if looks.light > 0 else -1
    _soft(
        canvas,
        np.array([(150 + side * 5, 166), (150 + side * 12, 208), (150 + side * 16, 218), (150 + side * 4, 212)]),
        shade,
        0.5,
        4,
    )
    _soft(canvas, np.array([(148, 160), (153, 160), (154, 208), (147, 208)]), glow, 0.55, 3.5)
    _soft(canvas, _ellipse(150, 219, 17, 5), shade, 0.6, 3)
    for nostril in (-1, 1):
        _soft(canvas, _ellipse(150 + nostril * 7, 218, 4, 2.3), blend(looks.skin, (10, 10, 20), 0.35), 0.95, 1.2)
        _line(canvas, [(150 + nostril * 14, 208), (150 + nostril * 18, 215), (150 + nostril * 13, 219)], shade, 1)


def _mouth(canvas: Pixels, looks: _Looks) -> None:
    red = blend(looks.skin, (70, 60, 190) if looks.woman else (74, 76, 150), 0.5)
    half = 24.0
    upper = [(150 - half, 242), (141, 238.5), (150, 241), (159, 238.5), (150 + half, 242), (150, 246.5)]
    lower = [(150 - half, 242), (150, 246.5), (150 + half, 242), (162, 253), (150, 255.5), (138, 253)]
    _soft(canvas, np.array(upper), blend(red, (20, 20, 40), 0.82), 0.95, 1.0)
    _soft(canvas, np.array(lower), red, 0.95, 1.2)
    _line(canvas, [(150 - half - 2, 241), (150, 246.5), (150 + half + 2, 241)], blend(red, (10, 10, 20), 0.42), 2)
    _soft(canvas, _ellipse(150, 262, 16, 3.5), blend(looks.skin, (20, 24, 60), 0.7), 0.5, 3)


def _beard(canvas: Pixels, looks: _Looks) -> None:
    """Tint jaw and upper lip; the outline holds it, and the mouth is drawn over it again."""
    outer = _outline(looks, 0.985)
    chin = outer[outer[:, 1] > 205]
    chin = chin[np.argsort(-chin[:, 0])]
    cheeks = np.array([(118, 214), (124, 226), (150, 229), (176, 226), (182, 214)])
    _soft(canvas, np.concatenate([chin, cheeks]), looks.hair, looks.beard, 3)
    _mouth(canvas, looks)


def _hair_behind(canvas: Pixels, looks: _Looks) -> None:
    wide = looks.half_width
    if looks.style in (3, 6):
        long = np.concatenate(
            [_ellipse(150, 170, wide + 24, 106, 180, 360), np.array([(150 + wide + 30, 318), (150 - wide - 30, 318)])]
        )
        fill(canvas, long, blend(looks.hair, (0, 0, 0), 0.85))
    elif looks.style == 4:
        fill(
            canvas,
            np.concatenate([_ellipse(150, 172, wide + 22, 104, 180, 360), _ellipse(150, 238, wide + 20, 30, 0, 180)]),
            blend(looks.hair, (0, 0, 0), 0.85),
        )
    elif looks.style == 5:
        fill(canvas, _ellipse(150, 70, 38, 30), blend(looks.hair, (0, 0, 0), 0.8))
    top = _ellipse(150, 168, wide + (9 if looks.style < 3 else 15), 102, 175, 365)
    fill(canvas, top, looks.hair)


def _hair_before(canvas: Pixels, looks: _Looks) -> None:
    wide, side = looks.half_width, 1 if looks.light > 0 else -1
    line = {1: 108, 2: 116, 3: 120, 4: 128, 5: 112, 6: 118}[looks.style]
    crown = _ellipse(150, 170, wide + (8 if looks.style < 3 else 14), 104, 172, 368)
    part = 150 - side * 18
    hairline = [
        (150 + wide + 4, 182),
        (150 + wide - 5, 148),
        (part + 40 * side if side > 0 else 150 + wide * 0.55, line + 6),
        (part, line - 8),
    ]
    hairline += [(150 - wide * 0.55 if side > 0 else part - 40, line + 6), (150 - wide + 5, 148), (150 - wide - 4, 182)]
    if looks.style == 4:
        hairline = [
            (150 + wide + 4, 200),
            (150 + wide - 8, 146),
            (150, 138),
            (150 - wide + 8, 146),
            (150 - wide - 4, 200),
        ]
    fill(canvas, np.concatenate([crown, np.array(hairline)]), looks.hair)
    if looks.style in (3, 4, 6):
        for edge in (-1, 1):
            strand = [
                (150 + edge * (wide - 6), 140),
                (150 + edge * (wide + 6), 196),
                (150 + edge * (wide - 2), 262),
                (150 + edge * (wide + 26), 310),
                (150 + edge * (wide + 24), 170),
            ]
            if looks.style == 4:
                strand = [
                    (150 + edge * (wide - 8), 140),
                    (150 + edge * (wide + 1), 200),
                    (150 + edge * (wide - 4), 250),
                    (150 + edge * (wide + 16), 240),
                    (150 + edge * (wide + 18), 160),
                ]
            fill(canvas, np.array(strand), looks.hair)
    shine = blend(looks.hair, (255, 255, 255), 0.7)
    stroke(canvas, [np.array([(part, line - 8), (part + side * 3, 84)])], blend(looks.hair, (0, 0, 0), 0.6), 2)
    _soft(canvas, _ellipse(150 + side * 20, 94, 26, 7), shine, 0.55, 6)
    _soft(canvas, _ellipse(150 - side * 34, 102, 12, 6), shine, 0.35, 5)


def _glasses(canvas: Pixels) -> None:
    frame = (48, 40, 38)
    for side in (-1, 1):
        stroke(canvas, [_ellipse(150 + side * 30, 176, 24, 18)], frame, 3, closed=True)
        stroke(canvas, [np.array([(150 + side * 54, 172), (150 + side * 68, 168)])], frame, 3)
    _line(canvas, [(126 + 18, 174), (150, 169), (156, 174)], frame, 3)


def _photographed(canvas: Pixels, looks: _Looks, random: np.random.Generator) -> Pixels:
    """Soften, light from one side, and add a photograph's grain."""
    soft = cv2.GaussianBlur(canvas, (0, 0), 0.9).astype(np.float32)
    slope = 1 + 0.07 * looks.light * np.linspace(-1, 1, SIZE[0], dtype=np.float32)
    grain = random.normal(0, 2.2, (SIZE[1], SIZE[0], 1)).astype(np.float32)
    return np.clip(soft * slope[None, :, None] + grain, 0, 255).astype(np.uint8)
