"""Drawn pictures with a known map between them, for the tests of registration."""

from typing import Any

import cv2
import numpy as np

from visionmq.engine.gate import PictureFormat
from visionmq.engine.picture import Picture

TRUTH = np.array([[0.82, -0.19, 46.0], [0.17, 0.86, -8.0], [1.2e-4, -6e-5, 1.0]])
"""User to model pixels of `user_and_model`."""
SIZE = (360, 280)


def draw_scene(seed: int, size: tuple[int, int] = SIZE) -> Any:
    """Return a picture full of landmarks: soft noise under rectangles and circles."""
    random = np.random.default_rng(seed)
    width, height = size
    coarse = random.integers(60, 200, (height // 12 + 2, width // 12 + 2, 3), np.uint8)
    picture = np.ascontiguousarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC))
    for _ in range(90):
        colour = tuple(int(part) for part in random.integers(0, 256, 3))
        x, y = (int(random.integers(0, side)) for side in size)
        w, h = (int(part) for part in random.integers(5, 38, 2))
        if random.random() < 0.6:
            cv2.rectangle(picture, (x, y), (x + w, y + h), colour, -1 if random.random() < 0.6 else 2)
        else:
            cv2.circle(picture, (x, y), w // 2 + 2, colour, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def user_and_model(seed: int = 1) -> tuple[Any, Any]:
    """Return two views of one scene: TRUTH maps pixels of the first to pixels of the second."""
    wide = draw_scene(seed, (SIZE[0] * 2, SIZE[1] * 2))
    place = np.array([[1, 0, SIZE[0] / 2], [0, 1, SIZE[1] / 2], [0, 0, 1.0]])
    views = (cv2.warpPerspective(wide, step @ np.linalg.inv(place), SIZE) for step in (np.linalg.inv(TRUTH), np.eye(3)))
    user, model = views
    return user, model


def as_picture(pixels: Any, notes: tuple[str, ...] = ()) -> Picture:
    """Return pixels as an engine gets them."""
    return Picture(pixels, pixels.shape[1], pixels.shape[0], PictureFormat.RAW, notes)
