"""What a camera, a screen and a codec do to a picture; shared by training and measuring, at different strengths."""

from typing import Any, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


def motion(picture: Array, length: int, angle: float) -> Array:
    """Return a picture blurred along a line of `length` pixels at `angle` radians."""
    kernel = np.zeros((length, length), np.float32)
    middle = (length - 1) / 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * middle
    first, last = (np.array([middle, middle]) + sign * reach for sign in (-1, 1))
    cv2.line(kernel, tuple(first.round().astype(int).tolist()), tuple(last.round().astype(int).tolist()), 1.0)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()))


def tone(picture: Array, *, gamma: float, gain: float, offset: float, cast: Array) -> Array:
    """Return a picture through gamma, gain, offset and a gain a channel."""
    ramp = np.arange(256, dtype=np.float32) / 255
    table = (ramp**gamma * gain)[:, None] * cast[None] + offset
    return np.asarray(cv2.LUT(picture, (table * 255).clip(0, 255).astype(np.uint8)[None]))


def slope(picture: Array, rng: np.random.Generator, depth: float) -> Array:
    """Return a picture lit unevenly: light falls to `1 - depth` in some direction."""
    light = 1 - rng.uniform(0, depth, (2, 2)).astype(np.float32)
    whole = cv2.resize(light, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray((picture * whole[:, :, None]).astype(np.uint8))


def noise(picture: Array, rng: np.random.Generator, sigma: float) -> Array:
    """Return a picture with Gaussian noise of `sigma` grey levels."""
    grain = rng.standard_normal(picture.shape, np.float32) * sigma
    return np.asarray((picture + grain).clip(0, 255).astype(np.uint8))


def jpeg(picture: Array, quality: int) -> Array:
    """Return a picture after JPEG at `quality`."""
    return np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    )


def over(picture: Array, bgra: Array) -> Array:
    """Return a premultiplied drawing (h, w, 4) over a picture of its size."""
    rest = 255 - bgra[:, :, 3:].astype(np.uint16)
    return np.asarray(cv2.add(bgra[:, :, :3].copy(), ((picture * rest + 127) // 255).astype(np.uint8)))
