"""What a camera, a lamp and a compressor do to a picture, and what lies under documents. All grey, uint8."""

from functools import lru_cache
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

_NOISE: Final = 2048


@lru_cache(maxsize=1)
def _noise() -> Array:
    """Return a field of normal noise to cut pieces from."""
    return np.random.default_rng(7).standard_normal((_NOISE, _NOISE)).astype(np.float32)


def _noise_piece(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    y, x = (int(random.integers(0, _NOISE - side + 1)) for side in shape[:2])
    return _noise()[y : y + shape[0], x : x + shape[1]]


def degrade(random: np.random.Generator, grey: Array, cap: float) -> Array:
    """Return the picture as a bad camera gives it; `cap` is the letters' height, which bounds the blur."""
    picture = grey
    shrunk = random.random() < 0.22 and cap > 9
    if shrunk:  # a small picture that is enlarged before it is read
        picture = np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        cap = cap / 2
    picture = _lit(random, picture)
    picture = _blurred(random, picture, cap)
    if random.random() < 0.7:
        noise = _noise_piece(random, picture.shape) * abs(random.normal(0, 7))
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if random.random() < 0.6:
        quality = int(random.uniform(18, 95))
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
    if shrunk:
        how = cv2.INTER_LINEAR if random.random() < 0.7 else cv2.INTER_CUBIC
        picture = np.asarray(cv2.resize(picture, grey.shape[::-1], interpolation=how))
    if random.random() < 0.03:
        picture = 255 - picture
    return np.asarray(picture)


def _lit(random: np.random.Generator, grey: Array) -> Array:
    """Change contrast and brightness; add uneven light, shadows' edges and glare."""
    picture = grey.astype(np.float32)
    height, width = grey.shape
    if random.random() < 0.7:
        low, high = random.uniform(0, 70), random.uniform(130, 255)
        picture = picture * ((high - low) / 255) + low
    if random.random() < 0.4:
        field = random.uniform(0.5, 1.2, (3, 3)).astype(np.float32)
        picture *= cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    if random.random() < 0.15:  # the edge of a shadow
        corners = (random.uniform(-0.5, 1.5, (4, 2)) * (width, height)).astype(np.int32)
        mask = cv2.fillConvexPoly(np.zeros((height // 4, width // 4), np.uint8), cv2.convexHull(corners // 4), 255)
        mask = cv2.resize(cv2.GaussianBlur(mask, (0, 0), random.uniform(0.5, 6)), (width, height))
        picture *= 1 - mask.astype(np.float32) * (random.uniform(0.2, 0.6) / 255)
    if random.random() < 0.15:
        small = np.zeros((height // 8, width // 8), np.float32)
        centre = (int(random.uniform(0, width // 8)), int(random.uniform(0, height // 8)))
        axes = (int(random.uniform(2, 20)), int(random.uniform(2, 10)))
        cv2.ellipse(small, centre, axes, random.uniform(0, 180), 0, 360, random.uniform(80, 260), -1)
        picture += cv2.resize(cv2.GaussianBlur(small, (0, 0), random.uniform(1.5, 8)), (width, height))
    return np.clip(picture, 0, 255).astype(np.uint8)


def _blurred(random: np.random.Generator, grey: Array, cap: float) -> Array:
    kind = random.random()
    most = min(2.5, 0.2 * cap)
    if kind < 0.45:
        sigma = random.uniform(0.2, max(0.3, most))
        return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma))
    if kind < 0.6 and cap > 5:
        length = int(min(random.uniform(2, 9), cap * 0.5)) + 1
        kernel = np.zeros((length, length), np.float32)
        turn, middle = random.uniform(0, np.pi), (length - 1) / 2
        reach = np.array([np.cos(turn), np.sin(turn)]) * middle
        ends = [tuple(round(float(value)) for value in (middle + sign * reach)) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0, 1)
        return np.asarray(cv2.filter2D(grey, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))
    if kind < 0.68:  # sharpened
        soft = cv2.GaussianBlur(grey, (0, 0), 1.2)
        return np.asarray(cv2.addWeighted(grey, 2.0, soft, -1.0, 0))
    return grey


def piece(random: np.random.Generator, photograph: Array, size: tuple[int, int]) -> Array:
    """Return a piece of a photograph, scaled and mirrored by chance, of width and height `size`."""
    height, width = photograph.shape
    share = random.uniform(0.25, 1.0)
    wide, tall = int(width * share), int(height * share)
    x, y = int(random.integers(0, width - wide + 1)), int(random.integers(0, height - tall + 1))
    cut = photograph[y : y + tall, x : x + wide]
    if random.random() < 0.5:
        cut = cut[:, ::-1]
    if random.random() < 0.3:
        cut = cut.T
    return np.asarray(cv2.resize(np.ascontiguousarray(cut), size, interpolation=cv2.INTER_AREA))


def texture(random: np.random.Generator, size: tuple[int, int]) -> Array:
    """Return wood, cloth or speckle: noise stretched along one direction, over a gradient."""
    width, height = size
    base = np.full((height, width), random.uniform(20, 235), np.float32)
    for _ in range(random.integers(1, 4)):
        cell = np.exp(random.uniform(0, 4, 2))
        small = (max(2, int(width / cell[0])), max(2, int(height / cell[1])))
        field = _noise_piece(random, (min(small[1], _NOISE), min(small[0], _NOISE)))
        base += cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR) * random.uniform(2, 25)
    if random.random() < 0.25:  # threads
        x, y = np.arange(width)[None], np.arange(height)[:, None]
        rate = random.uniform(0.2, 2, 2)
        base += (np.sin(rate[0] * x) * np.sin(rate[1] * y)).astype(np.float32) * random.uniform(3, 40)
    return np.clip(base, 0, 255).astype(np.uint8)
