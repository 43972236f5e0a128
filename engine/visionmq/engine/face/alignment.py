"""dlib's five points on a face, and the upright chip that its network was trained on.

The points depend on the box they start from: it must lie as those of dlib's own detector do. Measured against
it on the development sets, its box lies 0.19 of BlazeFace's side below the eyes, in the face's own direction; from the
eyes, because BlazeFace's box slides down a head that looks up, and the points then slip to the nose.
"""

from dataclasses import replace
from typing import Any, Final

import cv2
import dlib
import numpy as np

from visionmq.engine.face.blazeface import Floats, Sight
from visionmq.engine.face.detection import upright
from visionmq.engine.face.models import FIVE_POINTS, model_path
from visionmq.engine.face.values import Face, Points
from visionmq.engine.picture import Pixels

BOX_SIDE: Final = 0.985
"""dlib's box over BlazeFace's, mean of 950 faces; the spread of 0.08 is dlib's own steps of size."""
BOX_BELOW_EYES: Final = 0.19
PADDING: Final = 0.25
"""dlib's `get_face_chip`: the chip the network was trained on."""
LEVEL: Final = 20.0
"""Degrees of roll beyond which the points are sought in an upright view: dlib's detector, too, ends about there."""
_VIEW: Final = 320
_VIEW_ZOOM: Final = 2.4
_PARTS: Final = 5


class Aligner:
    """Places the five points; opened from the package's file."""

    def __init__(self) -> None:
        self._predictor: Any = dlib.shape_predictor(str(model_path(FIVE_POINTS)))

    def in_box(self, rgb: Pixels, box: tuple[int, int, int, int]) -> Points:
        """Return dlib's points for a box (left, top, right, bottom), in whole pixels as dlib gives them."""
        shape = self._predictor(rgb, dlib.rectangle(*box))
        return np.array([(point.x, point.y) for point in shape.parts()], np.float64)

    def align(self, pixels: Pixels, rgb: Pixels, sight: Sight, detector: str) -> Face:
        """Return the face of a sight: dlib's box and points."""
        box = dlib_box(sight)
        if abs(np.degrees(sight.roll)) <= LEVEL:
            left, top, right, bottom = box
            points = self.in_box(rgb, (round(left), round(top), round(right), round(bottom)))
        else:
            points = self._in_view(pixels, sight)
        return replace(make_face(box, points, sight.score, detector), points=sight.points)

    def _in_view(self, pixels: Pixels, sight: Sight) -> Points:
        view, matrix = upright(pixels, sight, _VIEW, _VIEW_ZOOM)
        eyes = matrix[:, :2] @ sight.eyes + matrix[:, 2]
        side = sight.side * float(np.hypot(*matrix[0, :2]))
        middle, half = eyes + np.array([0.0, BOX_BELOW_EYES * side]), BOX_SIDE * side / 2.0
        corners = [round(float(value)) for value in (*(middle - half), *(middle + half))]
        points = self.in_box(to_rgb(view), (corners[0], corners[1], corners[2], corners[3]))
        back = cv2.invertAffineTransform(matrix)
        return np.asarray(points @ back[:, :2].T + back[:, 2])


def dlib_box(sight: Sight) -> tuple[float, float, float, float]:
    """Return where dlib's detector would put its box: left, top, right, bottom."""
    down = np.array([-np.sin(sight.roll), np.cos(sight.roll)]) * BOX_BELOW_EYES * sight.side
    x, y = sight.eyes + down
    half = BOX_SIDE * sight.side / 2.0
    return float(x - half), float(y - half), float(x + half), float(y + half)


def make_face(box: tuple[float, float, float, float], points: Points, score: float, detector: str) -> Face:
    """Return the face of a box (left, top, right, bottom) and its five points."""
    left, top, right, bottom = box
    return Face(left, top, right - left, bottom - top, score, points, detector, roll_of(points))


def similarity(points: Floats, targets: Floats) -> Floats:
    """Return the 2 x 3 matrix of rotation, scale and shift that lays points on targets (Umeyama, 1991)."""
    middle, target = points.mean(0), targets.mean(0)
    seen, wanted = (points - middle) @ (1.0, 1.0j), (targets - target) @ (1.0, 1.0j)
    factor = complex(np.vdot(seen, wanted) / max(float(np.vdot(seen, seen).real), 1e-12))
    rotation = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([rotation, target - rotation @ middle])


def to_rgb(pixels: Pixels) -> Pixels:
    """Return the picture in dlib's order of channels."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def roll_of(points: Points) -> float:
    """Degrees, clockwise: the line through the middles of the eyes against the rows of the picture."""
    across = points[:2].mean(0) - points[2:4].mean(0)
    return float(np.degrees(np.arctan2(across[1], across[0])))


def chip(rgb: Pixels, points: Floats, side: int) -> Pixels:
    """Return dlib's aligned chip, side x side x 3, BGR, of an RGB picture: the very one `face_recognition` encodes."""
    parts = dlib.points([dlib.point(round(x), round(y)) for x, y in points.tolist()])
    shape = dlib.full_object_detection(dlib.rectangle(0, 0, 1, 1), parts)
    aligned = dlib.get_face_chip(rgb, shape, side, PADDING)
    return np.ascontiguousarray(aligned[..., ::-1])
