"""Backgrounds: photographs, and surfaces that are drawn (cloth, screens, signs, grain).

Photographs for training come from Debian's `plasma-workspace-wallpapers`, `mate-backgrounds`, `gnome-backgrounds` and from
scikit-image's samples; those to measure on from `opencv-doc`. The two never mix.
"""

from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

_SUFFIXES: Final = {".jpg", ".jpeg", ".png"}
_NOT_PHOTOGRAPHS: Final = (
    "logo", "mask", "shape_sample", "trimap", "matte", "segmented", "gradient", "screenshot", "pic", "phantom",
)  # fmt: skip
"""Words in paths of samples that are drawings, masks or logos."""
_LEAST: Final = 128


def read_photographs(folders: list[Path], side: int = 640) -> list[Array]:
    """Return the photographs below folders as BGR, longest side at most `side`, in the order of their paths."""
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES)
    pictures: list[Array] = []
    for file in files:
        if any(word in str(file).lower() for word in _NOT_PHOTOGRAPHS):
            continue
        picture = cv2.imread(
            str(file), cv2.IMREAD_REDUCED_COLOR_2 if file.stat().st_size > 1 << 20 else cv2.IMREAD_COLOR
        )
        if picture is None or min(picture.shape[:2]) < _LEAST:
            continue
        scale = min(1.0, side / max(picture.shape[:2]))
        pictures.append(np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)))
    return pictures


def patch(photo: Array, size: tuple[int, int], rng: np.random.Generator) -> Array:
    """Return a random cut of a photograph at `size` (width, height)."""
    height, width = photo.shape[:2]
    share = rng.uniform(0.15, 0.9)
    tall, wide = max(16, int(height * share)), max(16, int(width * share))
    top, left = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
    return np.asarray(cv2.resize(photo[top : top + tall, left : left + wide], size, interpolation=cv2.INTER_LINEAR))


def colour(rng: np.random.Generator) -> Array:
    """Return a BGR colour: often near white or black, else any."""
    kind = rng.random()
    if kind < 0.3:
        return np.asarray(rng.uniform(220, 256, 3))
    if kind < 0.45:
        return np.asarray(rng.uniform(0, 45, 3))
    return np.asarray(rng.uniform(0, 256, 3))


def gradient(size: tuple[int, int], rng: np.random.Generator) -> Array:
    """Return a picture that runs from one colour to another in some direction."""
    corners = np.stack([colour(rng), colour(rng)]).astype(np.float32)
    mix = rng.uniform(0, 1, (2, 2)).astype(np.float32)
    small = corners[0] * (1 - mix[:, :, None]) + corners[1] * mix[:, :, None]
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)).clip(0, 255).astype(np.uint8)


def surface(size: tuple[int, int], rng: np.random.Generator) -> Array:
    """Return a drawn surface: weave of cloth, stripes, dots of a screen, or coarse grain on one colour."""
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(2.5, 14)
    along = (columns * np.cos(angle) + rows * np.sin(angle)) * (2 * np.pi / period)
    across = (rows * np.cos(angle) - columns * np.sin(angle)) * (2 * np.pi / period)
    kind = rng.integers(0, 4)
    if kind == 0:
        wave = np.sin(along) * np.sin(across)
    elif kind == 1:
        wave = np.sin(along)
    elif kind == 2:
        wave = np.sign(np.sin(along / 3)) * 1.0
    else:
        coarse = rng.normal(0, 1, (max(2, int(height / period)), max(2, int(width / period)))).astype(np.float32)
        wave = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    picture = colour(rng)[None, None] + wave[:, :, None] * rng.uniform(6, 50)
    return np.asarray(picture.clip(0, 255).astype(np.uint8))


def flat(size: tuple[int, int], rng: np.random.Generator) -> Array:
    """Return a picture of one colour."""
    return np.full((size[1], size[0], 3), colour(rng).astype(np.uint8), np.uint8)


def background(size: tuple[int, int], rng: np.random.Generator, photos: list[Array]) -> Array:
    """Return something to lie behind a logo, at `size` (width, height)."""
    kind = rng.random()
    if kind < 0.38:
        return flat(size, rng)
    if kind < 0.5:
        return gradient(size, rng)
    if kind < 0.65 or not photos:
        return surface(size, rng)
    return patch(photos[int(rng.integers(len(photos)))], size, rng)
