"""What documents carry besides text: paper, security patterns, portraits, signatures, bars, stamps, chips, keys."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
_TILE: Final = 1200
_TILES: Final = 16


def paper(random: np.random.Generator, size: tuple[int, int]) -> Array:
    """Return an empty page of width and height `size`: one grey, or a gradient."""
    width, height = size
    base = random.uniform(150, 255) if random.random() < 0.9 else random.uniform(40, 150)
    corners = np.clip(base + random.normal(0, random.uniform(0, 15), (2, 2)), 0, 255).astype(np.float32)
    return np.asarray(cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)).astype(np.uint8)


@lru_cache(maxsize=1)
def _guilloches() -> list[Array]:
    """Return patterns of waves and rosettes, as coverage."""
    random = np.random.default_rng(20260101)
    tiles = []
    for _ in range(_TILES):
        tile = np.zeros((_TILE, _TILE), np.uint8)
        x = np.arange(0, _TILE, 4, dtype=np.float32)
        for _ in range(random.integers(1, 4)):
            waves = random.uniform(0, 60, 3), random.uniform(0.003, 0.08, 3)
            step, thick, lean = random.uniform(5, 40), int(random.integers(1, 4)), random.uniform(-0.4, 0.4)
            for number in range(int(-_TILE * 0.4 / step), int(_TILE * 1.4 / step)):
                y = number * step + lean * x
                for amplitude, rate in zip(*waves, strict=True):
                    y = y + amplitude * np.sin(rate * x + number * 0.2)
                points = np.stack([x, y], 1).round().astype(np.int32)
                cv2.polylines(tile, [points], False, int(random.integers(120, 256)), thick, cv2.LINE_AA)
        for _ in range(random.integers(0, 5)):
            centre, turn = random.uniform(0, _TILE, 2), np.linspace(0, 2 * np.pi, 400)
            for radius in np.arange(20, random.uniform(40, 260), random.uniform(5, 14)):
                reach = radius * (1 + 0.15 * np.sin(turn * int(random.integers(6, 20))))
                points = (centre + np.stack([np.cos(turn), np.sin(turn)], 1) * reach[:, None]).round().astype(np.int32)
                cv2.polylines(tile, [points], True, 255, 1, cv2.LINE_AA)
        tiles.append(tile)
    return tiles


def pattern(random: np.random.Generator, grey: Array) -> None:
    """Print a security pattern on a page."""
    if random.random() < 0.25:
        return
    tile = _guilloches()[random.integers(0, _TILES)]
    if random.random() < 0.5:
        tile = tile.T
    height, width = grey.shape
    tile = np.asarray(cv2.resize(tile, (max(width, _TILE), max(height, _TILE)))) if max(grey.shape) > _TILE else tile
    y, x = (random.integers(0, tile.shape[0] - height + 1), random.integers(0, tile.shape[1] - width + 1))
    strength = random.uniform(0.05, 0.45) / 255
    share = tile[y : y + height, x : x + width].astype(np.float32) * strength
    ink = random.uniform(60, 255)
    grey[:] = (grey + (ink - grey) * share).astype(np.uint8)


def portrait(random: np.random.Generator, grey: Array, photographs: list[Array], foot: int) -> None:
    """Put a portrait on the left or right: a piece of a photograph, or a head drawn as ellipses."""
    height, width = foot, grey.shape[1]
    tall = int(random.uniform(0.45, 0.85) * height)
    wide = int(tall * 0.78)
    if tall < 30 or wide > width * 0.6:
        return
    x = int(random.uniform(0.01, 0.1) * width if random.random() < 0.7 else width * 0.95 - wide)
    y = int(random.uniform(0.1, 0.3) * height)
    spot = grey[y : y + tall, max(0, x) : max(0, x) + wide]
    if photographs and random.random() < 0.6:
        picture = photographs[random.integers(0, len(photographs))]
        spot[:] = cv2.resize(picture, (spot.shape[1], spot.shape[0]))
        return
    spot[:] = random.integers(120, 250)
    size = spot.shape[1], spot.shape[0]
    centre, axes = (size[0] // 2, int(size[1] * 0.42)), (int(size[0] * 0.25), int(size[1] * 0.28))
    body = (size[0] // 2, int(size[1] * 1.05)), (int(size[0] * 0.45), int(size[1] * 0.4))
    view = np.ascontiguousarray(spot)
    cv2.ellipse(view, *body, 0, 0, 360, int(random.integers(20, 200)), -1)
    cv2.ellipse(view, centre, (int(axes[0] * 1.25), int(axes[1] * 1.3)), 0, 180, 380, int(random.integers(10, 150)), -1)
    cv2.ellipse(view, centre, axes, 0, 0, 360, int(random.integers(100, 230)), -1)
    spot[:] = view


def signature(random: np.random.Generator, grey: Array) -> None:
    """Scribble a signature."""
    height, width = grey.shape
    steps = int(random.integers(15, 40))
    x = np.linspace(0, random.uniform(150, 400), steps) + random.normal(0, 12, steps)
    y = random.normal(0, random.uniform(10, 35), steps)
    points = np.stack([x, y], 1) + random.uniform(0, 1, 2) * (width * 0.7, height)
    smooth = cv2.GaussianBlur(np.repeat(points, 6, axis=0).astype(np.float32), (1, 15), 0).round().astype(np.int32)
    cv2.polylines(grey, [smooth], False, int(random.integers(0, 90)), int(random.integers(1, 5)), cv2.LINE_AA)


def barcode(random: np.random.Generator, grey: Array) -> None:
    """Print bars or a matrix."""
    height, width = grey.shape
    wide, tall = int(random.uniform(0.15, 0.6) * width), int(random.uniform(0.08, 0.35) * height)
    x, y = random.integers(0, width - wide), random.integers(0, max(1, height - tall))
    cell = int(random.integers(2, 9))
    shape = (1, wide // cell + 1) if random.random() < 0.5 else (max(1, tall // cell), wide // cell + 1)
    code = (random.random(shape) < 0.5).astype(np.uint8) * 230 + 10
    spot = grey[y : y + tall, x : x + wide]
    spot[:] = cv2.resize(code, (spot.shape[1], spot.shape[0]), interpolation=cv2.INTER_NEAREST)


def stamp(random: np.random.Generator, grey: Array) -> None:
    """Stamp rings or a flag of stripes."""
    height, width = grey.shape
    centre = (int(random.uniform(0, width)), int(random.uniform(0, height)))
    ink = int(random.integers(0, 256))
    for _ in range(random.integers(1, 5)):
        axes = (int(random.uniform(10, 120)), int(random.uniform(10, 120)))
        thick = int(random.integers(1, 8)) if random.random() < 0.8 else -1
        cv2.ellipse(grey, centre, axes, random.uniform(0, 180), 0, 360, ink, thick, cv2.LINE_AA)


def chip(random: np.random.Generator, grey: Array) -> None:
    """Draw a chip's contacts."""
    height, width = grey.shape
    x, y, side = int(random.uniform(0, width * 0.8)), int(random.uniform(0, height * 0.7)), int(random.uniform(60, 140))
    cv2.rectangle(grey, (x, y), (x + side, y + side), int(random.integers(120, 240)), -1)
    for number in range(1, 4):
        cv2.line(grey, (x, y + side * number // 4), (x + side, y + side * number // 4), 60, 2)
    cv2.line(grey, (x + side // 2, y), (x + side // 2, y + side), 60, 2)


def keyboard(random: np.random.Generator, grey: Array, blend: Callable[..., None]) -> None:
    """Draw rows of keys, or a table of short cells."""
    from training.zones import glyphs  # glyphs knows nothing of ornaments

    pitch, key = int(random.integers(30, 80)), float(random.uniform(0.7, 0.95))
    path = str(random.choice(glyphs.text_fonts()))
    dark = random.random() < 0.5
    for row in range(grey.shape[0] // pitch):
        for column in range(grey.shape[1] // pitch):
            x, y = column * pitch + (row % 3) * pitch // 4, row * pitch
            if random.random() < 0.95:
                end = (int(x + pitch * key), int(y + pitch * key))
                cv2.rectangle(grey, (x, y), end, 40 if dark else 240, -1 if dark else 1)
            letter = chr(random.integers(48, 91))
            blend(
                glyphs.running_text(path, int(pitch * 0.4), letter), x + pitch // 4, y + pitch // 4, 230 if dark else 20
            )


def rounded(width: int, height: int, radius: int) -> Array:
    """Return the mask of a card with round corners."""
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (radius, 0), (width - radius - 1, height - 1), 255, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - radius - 1), 255, -1)
    for x in (radius, width - radius - 1):
        for y in (radius, height - radius - 1):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask
