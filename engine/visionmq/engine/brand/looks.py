"""How much a box of a photograph looks like a logo, from counts that integral images give at once for all boxes.

A logo is printed: flat colours, hard edges, its own colours inside, and contours that end where it ends.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final

import cv2
import numpy as np

from visionmq.engine.brand import boxes as box
from visionmq.engine.brand.contours import Contours, scores
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

_HARD: Final = 60.0
"""Grey levels a pixel and more: a printed edge."""
_FLAT: Final = 9.0
"""Grey levels a pixel and less: a printed area."""
_RING: Final = 0.18
"""Width of the ring around a box that it is compared with, as part of its longer side."""
_FILE: Final = "logo_places.npz"
"""The layers of a small network, fitted by `training.brand_places` on drawn scenes of training brands."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Integral images of a picture: (h + 1) x (w + 1) x channels float64, and its size."""

    sums: Array
    size: tuple[int, int]


def tables(pixels: Pixels) -> Tables:
    """Return the integral images of hard edges, flat areas, colours and squared lightness of a BGR picture."""
    soft = cv2.GaussianBlur(pixels, (0, 0), 0.7)
    slopes = [cv2.magnitude(*(_slope(plane, along) for along in (0, 1))) for plane in cv2.split(soft)]
    steep = np.maximum(np.maximum(slopes[0], slopes[1]), slopes[2])
    colours = cv2.cvtColor(soft, cv2.COLOR_BGR2LAB).astype(np.float32)
    layers = [steep > _HARD, steep < _FLAT, *cv2.split(colours), colours[:, :, 0] ** 2, colours[:, :, 1] ** 2]
    stack = np.dstack([layer.astype(np.float32) for layer in layers] + [colours[:, :, 2] ** 2])
    sums = np.dstack([cv2.integral(plane, sdepth=cv2.CV_64F) for plane in np.moveaxis(stack, 2, 0)])
    return Tables(sums, (pixels.shape[1], pixels.shape[0]))


def _slope(plane: Array, along: int) -> Array:
    return np.asarray(cv2.Sobel(plane, cv2.CV_32F, 1 - along, along, scale=0.25))


def _sum(made: Tables, found: Array) -> tuple[Array, Array]:
    """Return the sums over boxes, n x channels, and their pixels, n x 1."""
    left, top, right, bottom = np.round(box.clipped(found, made.size)).astype(np.int64).T
    sums = made.sums
    total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return total, np.maximum((right - left) * (bottom - top), 1)[:, None].astype(np.float64)


def describe(made: Tables, contours: Contours, found: Array) -> Array:
    """Return what is measured of each box, n x features float64."""
    inner, count = _sum(made, found)
    outer, wide = _sum(made, box.padded(found, _RING))
    around, more = outer - inner, np.maximum(wide - count, 1)
    inside, ring = inner / count, around / more
    spread = [np.sqrt(np.maximum(one[:, 5:8] - one[:, 2:5] ** 2, 0)).sum(axis=1) for one in (inside, ring)]
    apart = np.abs(inside[:, 2:5] - ring[:, 2:5])
    sides = found[:, 2:] - found[:, :2]
    short, long = sides.min(axis=1), np.maximum(sides.max(axis=1), 1)
    votes = np.log1p((box.ious(found, found) > 0.65).sum(axis=1))
    part = np.log(np.maximum(long, 1) / max(made.size))
    held = np.cbrt(scores(contours, found))
    columns = [inside[:, 0], ring[:, 0], inside[:, 1], ring[:, 1], apart[:, 0] / 64, apart[:, 1:].sum(axis=1) / 64]
    columns += [spread[0] / 64, spread[1] / 64, short / long, votes, part, part**2, held, held**2]
    columns += [inside[:, 0] * inside[:, 1], inside[:, 1] * ring[:, 1], inside[:, 1] ** 2, inside[:, 0] ** 2]
    return np.column_stack(columns)


def likeness(made: Tables, contours: Contours, found: Array) -> Array:
    """Return how much each box looks like a logo's, n: log-odds, more is likelier."""
    seen = describe(made, contours, found)
    *layers, last = _layers()
    for weights, shift in layers:
        seen = np.maximum(seen @ weights + shift, 0)
    return np.asarray((seen @ last[0] + last[1])[:, 0])


@cache
def _layers() -> list[tuple[Array, Array]]:
    """Return weights and shift of each layer; read once, when the engine warms up."""
    file = files(__package__).joinpath("data").joinpath(_FILE).read_bytes()
    with np.load(BytesIO(file)) as kept:
        return [(kept[f"weights{at}"], kept[f"shift{at}"]) for at in range(len(kept.files) // 2)]
