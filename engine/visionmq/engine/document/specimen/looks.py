"""How an invented face looks, and the soft brushes it is painted with."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.mrz.reading import Array
from visionmq.engine.document.specimen.art import Colour, fill, stroke
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
_CENTRE: Final = np.array([150.0, 178.0])


@dataclass(frozen=True, slots=True)
class Looks:
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


def invent_looks(random: np.random.Generator, sex: str, age: int) -> Looks:
    """Return the looks of a person of this sex and age."""
    woman = sex == "F" or (sex != "M" and random.random() < 0.5)
    tone = int(random.integers(len(_SKINS)))
    hairs = 4 if tone > 2 else len(_HAIRS) - 1
    hair = _HAIRS[-1] if age > 62 else _HAIRS[int(random.integers(2 if tone > 4 else hairs))]
    wall = int(random.integers(205, 236))
    return Looks(
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


def outline_of(looks: Looks, grow: float = 1.0) -> Array:
    """Return the head's edge (n, 2): an ellipse whose lower half narrows to the chin."""
    angle = np.linspace(0, 2 * math.pi, 120)
    x, y = np.cos(angle), np.sin(angle)
    narrow = 1 - (1 - looks.jaw) * np.maximum(y, 0) ** 1.6
    edge = np.stack([x * narrow * looks.half_width * grow, y * looks.half_height * grow], axis=1)
    return np.asarray(edge + _CENTRE)


def tint(canvas: Pixels, shape: Array, colour: Colour, alpha: float, sigma: float) -> None:
    """Tint what lies under a polygon, fading over its edge."""
    margin = round(3 * sigma) + 2
    left, top = np.maximum(np.floor(shape.min(axis=0)).astype(int) - margin, 0)
    right, bottom = np.ceil(shape.max(axis=0)).astype(int) + margin
    part = canvas[top:bottom, left:right]
    mask = np.zeros(part.shape[:2], np.uint8)
    fill(mask, shape - np.array([left, top]), (255,))
    cover = cv2.GaussianBlur(mask, (0, 0), sigma).astype(np.float32)[:, :, None] * (alpha / 255)
    part[:] = (part * (1 - cover) + np.array(colour, np.float32) * cover).astype(np.uint8)


def ellipse(x: float, y: float, wide: float, tall: float, start: float = 0, end: float = 360) -> Array:
    """Return points (40, 2) of an ellipse, or of its arc between two angles in degrees."""
    angle = np.radians(np.linspace(start, end, 40))
    return np.stack([x + wide * np.cos(angle), y + tall * np.sin(angle)], axis=1)


def curve(canvas: Pixels, points: list[tuple[float, float]], colour: Colour, width: int) -> None:
    """Draw a smooth curve through three points."""
    t = np.linspace(0, 1, 16)[:, None]
    a, b, c = (np.array(point) for point in points)
    control = 2 * b - (a + c) / 2
    stroke(canvas, [(1 - t) ** 2 * a + 2 * t * (1 - t) * control + t**2 * c], colour, width)
