"""The recipes that unseen brands are measured with: a logo laid into a picture as a camera would see it, seeded, fixed.

Written apart from the training's augmentation, so that no change there moves the yardstick; change nothing here once figures
are published, add a recipe instead. In all, a picture of 320 x 240 shows the logo in perspective, turned to 30 degrees, on a
photograph or a plain or graded ground; then come light, blur, noise and JPEG.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

WIDTH, HEIGHT = 320, 240
_TURN: Final = 30.0
_CONTRAST: Final = 50.0
"""Least mean difference of the logo from its ground, grey levels; else a pale or dark label lies between, as in print."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How hard a camera makes it."""

    length: tuple[float, float]
    """Longer side of the logo, pixels."""
    bend: float
    """How far a corner moves by perspective, as a part of the shorter side."""
    one_colour: float
    """Part of the logos that are printed in one colour."""
    covered: float
    """Part of the logos of which up to a quarter is covered."""
    moved: float
    """Part of the pictures that are blurred by motion instead of focus."""
    blur: float
    """Largest blur by focus, pixels (sigma)."""
    noise: float
    """Largest noise, levels (sigma)."""
    quality: int
    """Least quality of the JPEG."""


HARD: Final = Recipe((40.0, 170.0), bend=0.13, one_colour=0.25, covered=0.1, moved=0.3, blur=1.8, noise=12, quality=25)
USUAL: Final = Recipe((80.0, 200.0), bend=0.1, one_colour=0.1, covered=0.0, moved=0.0, blur=1.2, noise=8, quality=40)
"""So hard that the plain backbone finds about half, as in the trials that the aim of 90 % was set by."""


def _ground(rng: np.random.Generator, photos: list[Array]) -> Array:
    kind = rng.random()
    if kind < 0.5 and photos:
        photo = photos[int(rng.integers(len(photos)))]
        height, width = photo.shape[:2]
        share = rng.uniform(0.4, 1.0)
        wide = int(min(width, height * WIDTH / HEIGHT) * share)
        tall = int(wide * HEIGHT / WIDTH)
        top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
        return np.asarray(
            cv2.resize(photo[top : top + tall, left : left + wide], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        )
    ends = rng.uniform(0, 256, (2, 3)) if kind < 0.8 else np.repeat(rng.uniform(0, 256, (1, 3)), 2, axis=0)
    ramp = np.linspace(0, 1, WIDTH)[None, :, None]
    return np.broadcast_to(ends[0] * (1 - ramp) + ends[1] * ramp, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def _quad(shape: tuple[int, ...], rng: np.random.Generator, recipe: Recipe) -> Array:
    """Return where the corners of a drawing go, wholly inside the picture (4, 2): top left first, clockwise."""
    height, width = shape[:2]
    half = np.array([width, height]) / max(height, width) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners = corners + rng.uniform(-recipe.bend, recipe.bend, (4, 2)) * 2 * half.min()
    angle = np.radians(np.clip(rng.normal(0, 10), -_TURN, _TURN))
    corners = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners *= np.exp(rng.uniform(*np.log(recipe.length)))
    low, high = corners.min(axis=0), corners.max(axis=0)
    return np.asarray(corners - low + rng.uniform(0, 1, 2) * (np.array([WIDTH, HEIGHT]) - (high - low)))


def _printed(bgra: Array, rng: np.random.Generator, part: float) -> Array:
    """Return a premultiplied drawing as it is, or its darker (or lighter) parts in one colour."""
    if rng.random() > part:
        return bgra
    alpha = bgra[:, :, 3].astype(np.float32)
    grey = cv2.cvtColor(bgra[:, :, :3].copy(), cv2.COLOR_BGR2GRAY) * (255 / np.maximum(alpha, 1))
    low, high = np.percentile(grey[alpha > 128], [5, 95]) if (alpha > 128).any() else (0.0, 255.0)
    share = np.ones_like(alpha) if high - low < 40 else (1 - (grey - low) / (high - low)).clip(0, 1)
    mask = alpha * share / 255
    return np.asarray(np.dstack([mask[:, :, None] * rng.uniform(0, 256, 3), mask * 255]).astype(np.uint8))


def _lay(ground: Array, bgra: Array, quad: Array) -> Array:
    """Return a ground with a premultiplied drawing in a quad, on a label where it would not be seen."""
    height, width = bgra.shape[:2]
    scale = 1.5 * float(np.ptp(quad, axis=0).max()) / max(height, width)
    if scale < 1:
        bgra = np.asarray(cv2.resize(bgra, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
        height, width = bgra.shape[:2]
    start = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(start, quad.astype(np.float32))
    seen = cv2.warpPerspective(bgra, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    share = seen[:, :, 3:].astype(np.float32) / 255
    own = seen[:, :, :3].sum((0, 1)) / max(float(share.sum()), 1.0)
    around = (ground * share).sum((0, 1)) / max(float(share.sum()), 1.0)
    if np.abs(own - around).mean() < _CONTRAST:
        label = cv2.convexHull((quad.mean(axis=0) + (quad - quad.mean(axis=0)) * 1.2).astype(np.int32))
        paint = (245.0,) * 3 if own.mean() < 150 else (25.0,) * 3
        ground = cv2.fillPoly(ground.copy(), [label], paint, cv2.LINE_AA)
    return np.asarray((ground * (1 - share) + seen[:, :, :3]).clip(0, 255).astype(np.uint8))


def _covered(picture: Array, quad: Array, rng: np.random.Generator) -> Array:
    """Return a picture with a bar of one colour over up to a quarter of the logo's box."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    size = (high - low) * rng.uniform(0.2, 0.5, 2)
    corner = low + rng.uniform(0, 1, 2) * (high - low - size)
    first, last = corner.astype(int).tolist(), (corner + size).astype(int).tolist()
    return np.asarray(cv2.rectangle(picture.copy(), first, last, tuple(rng.uniform(0, 256, 3).tolist()), -1))


def _photographed(picture: Array, rng: np.random.Generator, recipe: Recipe) -> Array:
    """Return a picture after light, lens, sensor and codec."""
    ramp = np.arange(256) / 255
    table = ramp ** np.exp(rng.uniform(-0.45, 0.45)) * rng.uniform(0.65, 1.05) + rng.uniform(-0.04, 0.1)
    gains = 1 + rng.uniform(-0.08, 0.08, 3)
    picture = cv2.LUT(picture, (255 * table[:, None] * gains).clip(0, 255).astype(np.uint8)[None])
    if rng.random() < recipe.moved:
        length = int(rng.integers(3, 8))
        kernel: Array = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), rng.uniform(0, 180), 1.0)
        kernel = cv2.warpAffine(kernel, turn, (length, length))
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    else:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, recipe.blur))
    noisy = picture + rng.normal(0, rng.uniform(0, recipe.noise), picture.shape)
    quality = int(rng.integers(recipe.quality, 90))
    coded = cv2.imencode(".jpg", noisy.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))


def degrade(rgba: Array, rng: np.random.Generator, photos: list[Array], recipe: Recipe = HARD) -> tuple[Array, Array]:
    """Return a picture (HEIGHT, WIDTH, 3) BGR that shows a drawing, and its corners there (4, 2), top left first.

    `rgba` is a drawing (h, w, 4), colour in OpenCV's order BGRA and multiplied by alpha, cut to its box; `photos` are BGR
    pictures of at least 128 pixels a side to lie behind.
    """
    quad = _quad(rgba.shape, rng, recipe)
    picture = _lay(_ground(rng, photos), _printed(rgba, rng, recipe.one_colour), quad)
    if rng.random() < recipe.covered:
        picture = _covered(picture, quad, rng)
    return _photographed(picture, rng, recipe), quad


def proposal(picture: Array, quad: Array, rng: np.random.Generator) -> Array:
    """Return the crop that a proposal step might cut around a quad: each side 10 % inside to 40 % outside of its box."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    spread = high - low
    low, high = low - spread * rng.uniform(-0.1, 0.4, 2), high + spread * rng.uniform(-0.1, 0.4, 2)
    left, top = np.floor(low.clip(0)).astype(int)
    right, end = np.ceil(np.minimum(high, [picture.shape[1], picture.shape[0]])).astype(int)
    return np.asarray(picture[top : max(end, top + 8), left : max(right, left + 8)])
