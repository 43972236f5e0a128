"""The holder's portrait, cut out of the page.

Faces are found by the Haar cascade of Viola and Jones (2001) that comes in OpenCV's wheel; the frame round one is
the photograph's of ICAO 9303-3, 3.9: 35 by 45 mm, the head 70 to 80 % of its height.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.api import EngineError
from visionmq.engine.document.mrz.layouts import Layout
from visionmq.engine.document.page.edges import find_sides
from visionmq.engine.document.page.outline import corners_of, page_size, rectify_page
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad
from visionmq.schemas.errors import ErrorCode

Array: TypeAlias = np.ndarray[Any, Any]
Area: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in millimetres on the page."""

CASCADE: Final = "haarcascade_frontalface_alt2.xml"
_SCALE: Final = 3.2
"""Pixels a millimetre at which faces are looked for: the smallest face is 20 pixels wide, the cascade's least."""
_LEAST, _MOST = 6.3, 30.0
"""Width of a face on a document in millimetres: from an identity card's to one that fills a passport's photograph."""
_STEP: Final = 1.15
_NEIGHBOURS: Final = 3
_ZONE: Final = 23.2
"""Height of the machine-readable zone in millimetres (ICAO 9303-4 to -7): no portrait stands in it."""
_WIDE, _ABOVE, _BELOW = 0.72, 0.52, 0.5
"""The photograph's frame round a face, in widths of the face: to either side of its middle, over and under it."""
_FINE: Final = 4.0
"""Pixels a millimetre at which the photograph's edges are looked for."""
_NEAR: Final = 0.2
"""How far they may lie from the expected frame, in its widths."""
_AROUND: Final = 1.5
"""Where the page shows no face, the picture is searched so many pages around it: a card's front may lie beside."""
_MOST_AROUND: Final = 480
"""Pixels of that search."""
_SURE: Final = 1.5
"""Least weight of a face that is no face on the page itself; textures reach 1."""
_USUAL: Final = (0.06, 0.22, 0.3, 0.66)
"""Where passports, visas and cards of two lines show the portrait: left, top, right, bottom as shares of the page."""
_FINE_ENOUGH: Final = 320
"""Least width of a page in pixels: a face of 18 mm has 45."""
_MARK: Final = 14
"""Grey levels over three pixels; paper and its noise have less."""
_BLANK: Final = 0.01
"""Share of marked pixels below which a place is blank; one letter in it is more."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of the picture."""

    quad: Quad
    """Where it is, in pixels of the picture; the reader's top left first."""
    pixels: Pixels
    """Upright and flat."""
    sure: float
    """How much speaks for it, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a search for the portrait came to."""

    crop: Crop | None
    blank: bool
    """No face, and nothing at all printed where this kind of document has it."""
    reason: str
    """Why there is no portrait."""


class Portraits:
    """Finds portraits."""

    def __init__(self, cascade: Any) -> None:
        """Take a loaded cascade."""
        self._cascade = cascade

    def find(self, pixels: Pixels, page: Quad, size: tuple[float, float]) -> Crop | None:
        """Return the portrait of the page, or of its other side where that lies beside it; None if there is none.

        `size` is the page's width and height in millimetres.
        """
        matrix = page_frame(page, size)
        bottom = max(size[1] - _ZONE + 2, 1.0)
        # The standard puts the portrait at the left (ICAO 9303-4, 4.1); not all cards do.
        found = self._largest(pixels, matrix, (0.0, 0.0, 0.5 * size[0], bottom), 0.0)
        found = found or self._largest(pixels, matrix, (0.3 * size[0], 0.0, size[0], bottom), 0.0)
        if found is None:
            reach = _AROUND * size[1]
            found = self._largest(pixels, matrix, (-reach / 2, -reach, size[0] + reach / 2, size[1] + reach), _SURE)
        if found is None:
            return None
        face, weight = found
        return crop(pixels, matrix, _framed(pixels, matrix, _photograph(face)), min(1.0, weight / 4))

    def _largest(self, pixels: Pixels, matrix: Array, area: Area, least: float) -> tuple[Array, float] | None:
        """Return the largest face in an area of the page's plane: left, top, width (mm), and its weight.

        The area is left, top, right, bottom; `least` the weight it must have.
        """
        left, top, right, bottom = area
        scale = min(_SCALE, _MOST_AROUND / max(right - left, bottom - top))
        shape = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
        to_page = np.array([[1 / scale, 0, left], [0, 1 / scale, top], [0, 0, 1.0]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        gray = cv2.cvtColor(cv2.warpPerspective(pixels, matrix @ to_page, shape, flags=flags), cv2.COLOR_BGR2GRAY)
        least_side, most_side = (max(20, round(side * scale)) for side in (_LEAST, _MOST))
        boxes, _, weights = self._cascade.detectMultiScale3(
            gray, _STEP, _NEIGHBOURS, 0, (least_side, least_side), (most_side, most_side), True
        )
        sure = [(box, float(weight)) for box, weight in zip(boxes, np.ravel(weights), strict=True) if weight >= least]
        if not sure:
            return None
        (x, y, width, _), weight = max(sure, key=lambda found: found[0][2] * min(found[1], 3.0))
        return np.array([x / scale + left, y / scale + top, width / scale]), weight


def look_for(portraits: Portraits, pixels: Pixels, page: Quad, layout: Layout) -> Sight:
    """Return the portrait of a document, or what is in its place."""
    size = page_size(layout)
    found = portraits.find(pixels, page, size)
    if found is not None:
        return Sight(found, False, "")
    if layout.lines != 2:
        return Sight(None, False, "cards of this size show the portrait on their other side")
    flat = rectify_page(pixels, page, size)
    if flat.shape[1] < _FINE_ENOUGH:
        return Sight(None, False, "the page is too small in the picture to find a face")
    left, top, right, bottom = _USUAL
    height, width = flat.shape[:2]
    place = flat[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    edges = cv2.morphologyEx(cv2.GaussianBlur(place, (0, 0), 1.5), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    blank = float((edges.max(axis=2) > _MARK).mean()) < _BLANK
    return Sight(None, blank, "no face was found, though something is printed in its place")


def load_portraits() -> Portraits:
    """Read the cascade and run it once; raise EngineError(ENGINE_UNAVAILABLE) if it lacks."""
    path = Path(cv2.__file__).parent / "data" / CASCADE
    cascade = cv2.CascadeClassifier(str(path)) if path.is_file() else None
    if cascade is None or cascade.empty():
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, f"OpenCV was installed without {CASCADE}.")
    cascade.detectMultiScale(np.zeros((64, 64), np.uint8))
    return Portraits(cascade)


def _photograph(face: Array) -> Area:
    """Return the photograph's left, top, right and bottom round a face, in millimetres."""
    x, y, width = face
    middle, centre = x + width / 2, y + width / 2
    return (
        middle - _WIDE * width,
        centre - (0.5 + _ABOVE) * width,
        middle + _WIDE * width,
        centre + (0.5 + _BELOW) * width,
    )


def _framed(pixels: Pixels, matrix: Array, area: Area) -> Area:
    """Return the photograph's own edges where three of them show near the expected frame; else the frame."""
    left, top, right, bottom = area
    margin = 0.3 * (right - left)
    to_raster = np.array([[_FINE, 0, (margin - left) * _FINE], [0, _FINE, (margin - top) * _FINE], [0, 0, 1.0]])
    size = (round((right - left + 2 * margin) * _FINE), round((bottom - top + 2 * margin) * _FINE))
    low, wide, high = margin * _FINE, (right - left) * _FINE, (bottom - top) * _FINE
    frame = np.array([[low, low], [low + wide, low], [low + wide, low + high], [low, low + high]])
    reach = _NEAR * wide
    backward = matrix @ np.linalg.inv(to_raster)
    sides = find_sides(pixels, backward, size, frame, slopes=(2.0, 1.0), inward=(reach,) * 4, outward=reach)
    if sum(side.seen for side in sides) < 3:
        return area
    corners = corners_of(sides) / _FINE + np.array([left - margin, top - margin])
    low_corner, high_corner = corners.min(axis=0), corners.max(axis=0)
    return float(low_corner[0]), float(low_corner[1]), float(high_corner[0]), float(high_corner[1])


def page_frame(page: Quad, size: tuple[float, float]) -> Array:
    """Return the homography from millimetres on the page to pixels."""
    width, height = size
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, np.array(page.points, np.float32)))


def crop(pixels: Pixels, matrix: Array, area: Area, sure: float) -> Crop:
    """Return an area of the page (left, top, right, bottom; millimetres)."""
    left, top, right, bottom = area
    corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]]) @ matrix.T
    points = corners[:, :2] / corners[:, 2:]
    quad = Quad([(round(float(x), 1), round(float(y), 1)) for x, y in points])
    return Crop(quad, rectify_page(pixels, quad, (right - left, bottom - top)), round(sure, 3))
