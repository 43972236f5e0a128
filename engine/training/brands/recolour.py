"""Other colours of one drawing: what brands do to their logos on merchandise, in dark modes, on signs.

Drawings are BGRA uint8 with colour times alpha (premultiplied). A one-colour drawing keeps the shape that lightness has.
"""

from typing import Any, Final, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

_ONE_COLOUR: Final = 14.0
"""Spread of grey levels within a drawing up to which it has one colour only (anti-aliased edges make some)."""

_INK: Final = 0.12
"""Part of a silhouette that its dark or light parts cover at least to stand for the drawing."""


def _opaque(bgra: Array) -> Array:
    """Return colours (h, w, 3) float32 without alpha; any colour where nothing is drawn."""
    alpha = np.maximum(bgra[:, :, 3:], 1).astype(np.float32)
    return np.asarray((bgra[:, :, :3] * (255.0 / alpha)).clip(0, 255))


def one_coloured(bgra: Array) -> bool:
    """Tell whether a drawing has one colour."""
    grey = cv2.cvtColor(_opaque(bgra).astype(np.uint8), cv2.COLOR_BGR2GRAY)
    inside = grey[bgra[:, :, 3] > 200]
    return inside.size == 0 or float(inside.std()) < _ONE_COLOUR


def stencil(bgra: Array, rng: np.random.Generator) -> Array:
    """Return where a one-colour version of a drawing has ink (h, w) uint8: its silhouette, or its dark or light parts."""
    alpha = np.asarray(bgra[:, :, 3])
    if one_coloured(bgra) or rng.random() < 0.12:
        return alpha
    grey = cv2.cvtColor(_opaque(bgra).astype(np.uint8), cv2.COLOR_BGR2GRAY).astype(np.float32)
    low, high = np.percentile(grey[alpha > 100], [4, 96]) if (alpha > 100).any() else (0.0, 255.0)
    part = ((grey - low) / max(high - low, 1.0)).clip(0, 1)
    if rng.random() < 0.5:
        part = ((part - rng.uniform(0.35, 0.65)) * 6 + 0.5).clip(0, 1)
    part = 1 - part if rng.random() < 0.6 else part
    mask = (alpha * part).astype(np.uint8)
    return mask if mask.sum(dtype=np.int64) > _INK * alpha.sum(dtype=np.int64) else alpha


def ink(mask: Array, colour: Array) -> Array:
    """Return a drawing of one colour (BGR) from where it has ink."""
    share = mask[:, :, None].astype(np.float32) / 255
    return np.asarray(np.dstack([share * colour[None, None], mask]).astype(np.uint8))


def turned(bgra: Array, rng: np.random.Generator) -> Array:
    """Return a drawing with its hues turned and its saturation and gain changed (a rotation about the axis of greys)."""
    angle, saturation, gain = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 1.3), rng.uniform(0.7, 1.2)
    axis = np.full((3, 3), 1 / 3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    matrix = gain * (axis + saturation * (np.cos(angle) * (np.eye(3) - axis) + np.sin(angle) * cross))
    colours = cv2.transform(bgra[:, :, :3].copy(), matrix.astype(np.float32))
    return np.dstack([np.minimum(colours, bgra[:, :, 3:]), bgra[:, :, 3]])


def negative(bgra: Array) -> Array:
    """Return a drawing in complementary colours."""
    return np.dstack([bgra[:, :, 3:] - np.minimum(bgra[:, :, :3], bgra[:, :, 3:]), bgra[:, :, 3]])


def grey(bgra: Array) -> Array:
    """Return a drawing in greys."""
    level = cv2.cvtColor(bgra[:, :, :3].copy(), cv2.COLOR_BGR2GRAY)
    return np.dstack([level, level, level, bgra[:, :, 3]])


def recolour(bgra: Array, rng: np.random.Generator) -> Array:
    """Return a drawing as it is, in one colour, with other hues, grey or negative."""
    kind = rng.random()
    if kind < (0.3 if one_coloured(bgra) else 0.55):
        return bgra
    if kind < 0.8:
        return ink(stencil(bgra, rng), _colour(rng))
    if kind < 0.9:
        return turned(bgra, rng)
    return negative(bgra) if kind < 0.95 else grey(bgra)


def _colour(rng: np.random.Generator) -> Array:
    """Return white, black or any colour."""
    kind = rng.random()
    if kind < 0.25:
        return np.full(3, 255.0)
    return np.full(3, 20.0) if kind < 0.45 else np.asarray(rng.uniform(0, 256, 3))
