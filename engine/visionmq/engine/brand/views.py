"""What a reference looks like from elsewhere: the views whose mean embedding stands for it.

A clean drawing is seen on other grounds, turned, tilted, small and blurred; a query is one of these more often than it is
the drawing itself, and the mean of all is nearer to each than the drawing is.
"""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from visionmq.engine.brand.flat import content_box, ground_of
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

SIDE: Final = 224
"""Longer side in pixels of all views; the network sees less."""
_MARGIN: Final = 0.06
_GROUNDS: Final = ((128, 128, 128), (40, 40, 40))
"""Grounds that a drawing is moved to, BGR."""
_TURNS: Final = (-9.0, 9.0)
_TILTS: Final = ((0.14, 0.0), (-0.14, 0.0), (0.0, 0.14))
"""Shortening of the far side, along x and along y."""
_MATTE: Final = 90.0
"""Levels from the ground over which a pixel of a drawing is no mixture with it."""


def cut(pixels: Pixels, margin: float = _MARGIN) -> Pixels:
    """Return a reference cut to its content with a little of its flat ground around; whole, if it has none."""
    ground, flat = ground_of(pixels)
    content = content_box(pixels, ground) if flat else None
    if content is None:
        return pixels
    left, top, right, bottom = (round(float(side)) for side in content)
    pad = round(margin * max(right - left, bottom - top)) + 1
    framed = cv2.copyMakeBorder(pixels, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=ground)
    return np.ascontiguousarray(framed[top : bottom + 2 * pad, left : right + 2 * pad])


def views(pixels: Pixels) -> list[Pixels]:
    """Return a reference's views, the plain one first; about eleven."""
    plain = _sized(cut(pixels))
    return [plain, *_grounds(plain), *_moved(plain), *_worn(plain)]


def _sized(pixels: Pixels) -> Pixels:
    scale = SIDE / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _grounds(plain: Pixels) -> Iterator[Pixels]:
    """Yield the drawing on other grounds, and inverted."""
    ground, flat = ground_of(plain)
    if not flat:
        return
    far = np.abs(plain.astype(np.float32) - np.array(ground, np.float32)).max(axis=2)
    matte = np.clip(far / _MATTE, 0, 1)[:, :, None]
    for other in _GROUNDS:
        if max(abs(a - b) for a, b in zip(other, ground, strict=True)) > 64:
            yield np.asarray(plain * matte + np.array(other, np.float32) * (1 - matte), np.uint8)
    yield np.asarray(255 - plain)


def _moved(plain: Pixels) -> Iterator[Pixels]:
    """Yield the drawing turned and tilted, on its own ground."""
    ground, _ = ground_of(plain)
    height, width = plain.shape[:2]
    for turn in _TURNS:
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 0.92)
        yield np.asarray(cv2.warpAffine(plain, matrix, (width, height), borderValue=ground))
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    for across, down in _TILTS:
        matrix = cv2.getPerspectiveTransform(corners, _tilted(corners, across, down))
        yield np.asarray(cv2.warpPerspective(plain, matrix, (width, height), borderValue=ground))


def _tilted(corners: Array, across: float, down: float) -> Array:
    """Return corners of a rectangle one side of which is farther off."""
    moved, size = corners.copy(), corners[2]
    if across:
        side = [1, 2] if across > 0 else [0, 3]
        moved[side, 1] += np.array([1, -1]) * abs(across) * size[1]
        moved[side, 0] -= np.sign(across) * abs(across) * size[0]
    if down:
        moved[[0, 1], 0] += np.array([1, -1]) * down * size[0]
        moved[[0, 1], 1] += down * size[1]
    return np.asarray(moved, np.float32)


def _worn(plain: Pixels) -> Iterator[Pixels]:
    """Yield the drawing blurred, and from few pixels."""
    yield np.asarray(cv2.GaussianBlur(plain, (0, 0), max(plain.shape[:2]) / 60))
    scale = 40 / max(plain.shape[:2])
    small = cv2.resize(plain, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    yield np.asarray(cv2.resize(small, plain.shape[1::-1], interpolation=cv2.INTER_LINEAR))
