"""Pictures made worse, by one thing at a time and by a stated amount; the same seed gives the same picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

Array = np.ndarray[Any, Any]

_FOCAL = 1.2
"""Focal length of the camera that tilts a page, in longer sides of the picture: a phone's main camera."""


@dataclass(frozen=True, slots=True)
class Degradation:
    """One way to make a picture worse, and the amounts to try, mildest first."""

    name: str
    unit: str
    levels: tuple[float, ...]
    apply: Callable[[Array, float, np.random.Generator], Array]
    neutral: float
    """The amount that changes nothing."""


def turn(pixels: Array, degrees: float, _random: np.random.Generator) -> Array:
    """Return the whole picture turned counter-clockwise on a table of its border's mean colour."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (round(width * cos + height * sin), round(width * sin + height * cos))
    matrix[:, 2] += np.array([size[0] - width, size[1] - height]) / 2
    flags = cv2.INTER_LINEAR if degrees % 90 else cv2.INTER_NEAREST
    return cv2.warpAffine(pixels, matrix, size, flags=flags, borderValue=_table(pixels))


def tilt(pixels: Array, degrees: float, random: np.random.Generator) -> Array:
    """Return the picture as a plane leant back by an angle about an axis of random direction; its middle keeps its scale."""
    height, width = pixels.shape[:2]
    middle = np.array([width / 2, height / 2])
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64) - middle
    direction = random.uniform(0, 2 * np.pi)
    axis = np.array([np.cos(direction), np.sin(direction), 0.0])
    rotation, _ = cv2.Rodrigues(axis * np.radians(degrees))
    space = np.column_stack([corners, np.zeros(4)]) @ rotation.T
    focal = _FOCAL * max(width, height)
    seen = space[:, :2] * (focal / (focal + space[:, 2]))[:, None]
    low = seen.min(axis=0)
    size = tuple(np.ceil(seen.max(axis=0) - low).astype(int))
    source = (corners + middle).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(source, (seen - low).astype(np.float32))
    return cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderValue=_table(pixels))


def shrink(pixels: Array, percent: float, _random: np.random.Generator) -> Array:
    size = (max(1, round(pixels.shape[1] * percent / 100)), max(1, round(pixels.shape[0] * percent / 100)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def compress(pixels: Array, quality: float, _random: np.random.Generator) -> Array:
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, round(quality)])
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR)


def blur(pixels: Array, sigma: float, _random: np.random.Generator) -> Array:
    return cv2.GaussianBlur(pixels, (0, 0), sigma)


def grain(pixels: Array, deviation: float, random: np.random.Generator) -> Array:
    return _bytes(pixels + random.normal(0, deviation, pixels.shape).astype(np.float32))


def glare(pixels: Array, added: float, random: np.random.Generator) -> Array:
    """Return the picture with a lamp's reflection, a third of its width, in the lower half, so much brighter in its middle."""
    height, width = pixels.shape[:2]
    x, y = random.uniform(0.2, 0.8) * width, random.uniform(0.6, 0.95) * height
    columns, rows = np.meshgrid(np.arange(width) - x, np.arange(height) - y)
    light = added * np.exp(-((columns / (width / 6)) ** 2 + (rows / (width / 9)) ** 2))
    return _bytes(pixels + light[:, :, None])


def shadow(pixels: Array, percent: float, random: np.random.Generator) -> Array:
    """Return the picture with a soft-edged shadow over half of it that takes so much of the light."""
    height, width = pixels.shape[:2]
    angle = random.uniform(0, 2 * np.pi)
    columns, rows = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    side = columns * np.cos(angle) + rows * np.sin(angle)
    light = 1 - percent / 100 / (1 + np.exp(np.clip(-side / 0.04, -50, 50)))
    return _bytes(pixels * light[:, :, None])


DEGRADATIONS: Sequence[Degradation] = (
    Degradation("rotation", "degrees", tuple(range(0, 360, 15)), turn, 0),
    Degradation("perspective", "degrees", (0, 5, 10, 15, 20, 25, 30, 35, 40, 45), tilt, 0),
    Degradation("size", "percent", (100, 80, 70, 60, 50, 40, 30), shrink, 100),
    Degradation("JPEG", "quality", (90, 70, 50, 40, 30, 20, 10), compress, 100),
    Degradation("blur", "px", (0, 0.5, 1, 1.5, 2, 2.5, 3), blur, 0),
    Degradation("noise", "grey levels", (0, 5, 10, 20, 30, 40), grain, 0),
    Degradation("glare", "grey levels", (0, 60, 120, 180, 240), glare, 0),
    Degradation("shadow", "percent", (0, 30, 50, 70, 85), shadow, 0),
)


def degraded(pixels: Array, kind: Degradation, level: float, seed: int) -> Array:
    """Return the picture, BGR uint8, with one degradation."""
    if level == kind.neutral:
        return pixels
    return np.ascontiguousarray(kind.apply(pixels, level, np.random.default_rng([seed, len(kind.name)])))


def _bytes(values: Array) -> Array:
    return np.clip(values, 0, 255).astype(np.uint8)


def _table(pixels: Array) -> tuple[float, ...]:
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return tuple(float(value) for value in edge.mean(axis=0))
