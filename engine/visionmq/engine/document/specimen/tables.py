"""What specimens lie on when they are photographed."""

from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.mrz.reading import Array
from visionmq.engine.picture import Pixels


def lay_table(size: tuple[int, int], random: np.random.Generator) -> Pixels:
    """Return what the page lies on: wood, cloth, stone, paint or paper."""
    kind = _TABLES[int(random.integers(len(_TABLES)))]
    width, height = size
    small = (max(8, width // 2), max(8, height // 2))
    ground = np.clip(kind(small, random), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(ground, size, interpolation=cv2.INTER_LINEAR))


def _wood(size: tuple[int, int], random: np.random.Generator) -> Array:
    width, height = size
    tones = ((58, 88, 124), (92, 130, 168), (38, 56, 84), (150, 178, 200))
    grain: Array = random.normal(0, 1, (height, max(1, width // 8))).astype(np.float32)
    grain = np.asarray(cv2.resize(cv2.GaussianBlur(grain, (0, 0), 6, sigmaY=0.8), size, interpolation=cv2.INTER_CUBIC))
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    veins = np.sin(y / 8.5 + 1.8 * np.sin(x / 210 + random.uniform(0, 6)))
    tone = np.array(tones[int(random.integers(len(tones)))], np.float32)
    wood = tone + (grain * 30 + veins * 3)[:, :, None]
    plank = int(random.integers(110, 200))
    for edge in range(int(random.integers(plank)), height, plank):
        wood[edge : edge + 2] *= 0.62
        wood[edge : edge + plank] += random.normal(0, 6)
    return np.asarray(wood)


def _tone(random: np.random.Generator) -> Array:
    """Return a muted colour."""
    return np.asarray(np.full(3, random.uniform(40, 215)) + random.uniform(-26, 26, 3))


def _cloth(size: tuple[int, int], random: np.random.Generator) -> Array:
    width, height = size
    tone = _tone(random)
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    weave = 7 * ((x // 2 + y // 2) % 2) + 4 * np.sin(x * 0.9) + 4 * np.sin(y * 0.9)
    folds = cv2.resize(random.normal(0, 11, (5, 6)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(tone + (weave + folds)[:, :, None])


def _stone(size: tuple[int, int], random: np.random.Generator) -> Array:
    width, height = size
    ground = np.zeros((height, width), np.float32)
    for cells, strength in ((9, 12), (40, 10), (160, 12)):
        coarse = random.normal(0, strength, (max(2, cells * height // width), cells)).astype(np.float32)
        ground += cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    tone = np.full(3, random.uniform(70, 190)) + random.uniform(-8, 8, 3)
    return np.asarray(tone + ground[:, :, None])


def _paint(size: tuple[int, int], random: np.random.Generator) -> Array:
    width, height = size
    slope = np.linspace(-14, 14, width)[None, :] * random.uniform(-1, 1)
    return np.asarray(_tone(random) + np.broadcast_to(slope, (height, width))[:, :, None])


def _print(size: tuple[int, int], random: np.random.Generator) -> Array:
    """Return a sheet of paper with lines of something like text."""
    width, height = size
    sheet = np.full((height, width, 3), random.uniform(205, 245), np.float32)
    step = int(random.integers(9, 16))
    for row in range(step, height - step, step):
        x = int(random.integers(8, 30))
        while x < width - 20:
            word = int(random.integers(6, 34))
            sheet[row : row + step // 3, x : min(x + word, width - 12)] = random.uniform(60, 120)
            x += word + int(random.integers(4, 9))
    return np.asarray(cv2.GaussianBlur(sheet, (0, 0), 0.8))


_TABLES: Final = (_wood, _wood, _cloth, _stone, _paint, _print)
