"""What a document's outline shows of a picture's quality: tilt, margins, colour."""

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.picture import Pixels

Array = np.ndarray[Any, Any]

_FOCAL: Final = 1.2
"""Assumed focal length in longer sides of the picture: telephones have 0.75, cut or zoomed pictures up to 2.5."""
_SAMPLE: Final = (96, 64)
_COLOURFUL: Final = 95


def tilt_of(corners: Array, shape: tuple[int, ...]) -> float:
    """Return the degrees between the camera's axis and the normal of a rectangle seen at four corners.

    Two directions in the page follow from the homography, whatever the rectangle's true sides; their cross product is
    the normal (R. Hartley, A. Zisserman: Multiple View Geometry, 8.6). The focal length is assumed, so the figure is
    a rough one.
    """
    height, width = shape[:2]
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    seen = ((corners - middle) / (_FOCAL * max(height, width))).astype(np.float32)
    if abs(cv2.contourArea(seen)) < 1e-7:
        return 0.0
    matrix = cv2.getPerspectiveTransform(square, seen)
    normal = np.cross(matrix[:, 0], matrix[:, 1])
    return float(np.degrees(np.arccos(np.clip(abs(normal[2]) / max(float(np.linalg.norm(normal)), 1e-12), 0, 1))))


def margin_of(lines: Sequence[Band], shape: tuple[int, ...]) -> float:
    """Return the pixels between the lines and the nearest edge of the picture; below 0 where they leave it."""
    corners = np.concatenate([line.quad() for line in lines])
    far = np.array([shape[1] - 1, shape[0] - 1]) - corners
    return float(min(corners.min(), far.min()))


def outside_of(corners: Array, shape: tuple[int, ...]) -> float:
    """Return the per cent of an outline's area that lies outside the picture."""
    frame = np.array([(0, 0), (shape[1] - 1, 0), (shape[1] - 1, shape[0] - 1), (0, shape[0] - 1)], np.float32)
    outline = corners.astype(np.float32)
    area = abs(cv2.contourArea(outline))
    if area < 1 or not cv2.isContourConvex(outline.reshape(-1, 1, 2)):
        return 0.0
    inside, _ = cv2.intersectConvexConvex(outline, frame)
    return 100 * (1 - min(1.0, float(inside) / area))


def colour_of(pixels: Pixels, corners: Array) -> float:
    """Return the spread between colour channels in the most colourful twentieth of a region, 0 to 255."""
    width, height = _SAMPLE
    target = np.array([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    # Every sample is one pixel; the blur takes the sensor's coloured noise out.
    sample = cv2.blur(cv2.warpPerspective(pixels, matrix, _SAMPLE, borderMode=cv2.BORDER_REPLICATE), (3, 3))
    spread = sample.max(axis=2).astype(np.float32) - sample.min(axis=2)
    return float(np.percentile(spread, _COLOURFUL))
