"""Upright boxes in a picture, many at once: n x 4 float32 of left, top, right, bottom in pixels."""

from typing import Final

import numpy as np

from visionmq.engine.registration.outcome import Array

NONE: Final = np.empty((0, 4), np.float32)


def areas(boxes: Array) -> Array:
    """Return the area of each box, n."""
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def overlaps(first: Array, second: Array) -> Array:
    """Return the area of each pair's common part, n x m."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def ious(first: Array, second: Array) -> Array:
    """Return intersection over union of each pair, n x m."""
    common = overlaps(first, second)
    union = areas(first)[:, None] + areas(second)[None] - common
    return np.asarray(common / np.maximum(union, 1e-6))


def distinct(boxes: Array, limit: float, most: int) -> list[int]:
    """Return the indices, in order, of at most `most` boxes of which none overlaps an earlier one by over `limit`."""
    kept: list[int] = []
    for index in range(len(boxes)):
        if len(kept) == most:
            break
        if not kept or float(ious(boxes[index : index + 1], boxes[kept]).max()) <= limit:
            kept.append(index)
    return kept


def clipped(boxes: Array, size: tuple[int, int]) -> Array:
    """Return boxes cut to a picture of this width and height."""
    limits = np.array([size[0], size[1], size[0], size[1]], np.float32)
    return np.asarray(np.clip(boxes, 0, limits), np.float32)


def padded(boxes: Array, part: float) -> Array:
    """Return boxes grown on every side by a part of their longer side."""
    grow = part * np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])[:, None]
    return np.asarray(boxes + np.hstack([-grow, -grow, grow, grow]), np.float32)


def quad_of(box: Array) -> Array:
    """Return a box's corners, 4 x 2: top left, top right, bottom right, bottom left."""
    left, top, right, bottom = (float(side) for side in box)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
