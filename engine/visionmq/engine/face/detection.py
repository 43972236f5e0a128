"""Find faces: the full-range net proposes, the short-range net looks again, upright and close, and decides.

An unsure face is looked at in three more ways. Where nothing is found, the picture is turned, then searched in
finer tiles.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from visionmq.engine.face.blazeface import SHORT_SIDE, Floats, Net, Sight, full_range, merge, short_range
from visionmq.engine.face.looks import LEAST_FACE, first_look, look_at_tiles, shrink
from visionmq.engine.picture import Pixels

NAME: Final = "blazeface"
LEAST_PROPOSAL: Final = 0.3
"""Score of the first net: true faces of the development sets begin at 0.31, most lie above 0.6."""
SURE: Final = 0.85
"""Score of the second look that needs no further one: of 250 pictures without a face, the highest was 0.81."""
LEAST_SCORE: Final = 0.6
"""Mean of four looks below SURE: true faces of the development sets begin at 0.60, false ones end at 0.60."""
LIKELY: Final = 0.7
"""Below it, all faces of a picture may be seen upside down: those reach 0.66."""
MOST_PROPOSALS: Final = 256
_CLOSE: Final = 2.0
"""The second look shows this many sides of the box: the face is half the net's width."""
_CLOSER, _WIDER, _WIDEST = 1.5, 2.8, 3.0
"""The further looks of an unsure one; the widest is the first net's, and tells most."""
_LOOKS: Final = 4
_HIGHEST: Final = 0.96
"""The best score either net gave a face."""
_OFF: Final = 0.25
"""Of the width: the second look's face lies in the middle, or it is another one."""
_TURNED_SIDE: Final = 1280.0
"""Pixels: a larger picture is turned at this size."""
_FINER: Final = 8.0
"""Sides of the smallest face in the finer tiles."""


class Detector:
    """Finds faces in pictures of any size."""

    def __init__(self) -> None:
        self._scan: Net = full_range()
        self._check: Net = short_range()

    def find(self, pixels: Pixels, least_side: float = 0.0) -> list[Sight]:
        """Return the faces, the surest first, in the picture's pixels; `least_side` saves time on large pictures."""
        least = max(LEAST_FACE, least_side)
        found = self._verified(pixels, first_look(self._scan, pixels, least, LEAST_PROPOSAL))
        found = max([found, *(self._turned(pixels, turn) for turn in _directions(found))], key=_weight)
        if not found and max(pixels.shape[:2]) > _FINER * least:
            found = self._verified(pixels, look_at_tiles(self._scan, pixels, _FINER * least, LEAST_PROPOSAL))
        return found

    def check(self, pixels: Pixels, proposal: Sight) -> Sight | None:
        """Look again at one proposal, upright by its eyes, and close; None if it is no face."""
        view, matrix = upright(pixels, proposal, SHORT_SIDE, _CLOSE)
        middle = SHORT_SIDE / 2.0
        near = [
            sight
            for sight in self._check.look(view, LEAST_PROPOSAL)
            if max(abs(sight.x - middle), abs(sight.y - middle)) < _OFF * SHORT_SIDE
        ]
        if not near:
            return None
        seen = transform(merge(near)[0], np.asarray(cv2.invertAffineTransform(matrix), np.float64))
        return seen if seen.score >= SURE else self._again(pixels, seen)

    def _again(self, pixels: Pixels, seen: Sight) -> Sight | None:
        """Look at an unsure face in three more ways, until the mean cannot reach what is asked for."""
        scores = [seen.score]
        for net, zoom in ((self._scan, _WIDEST), (self._check, _CLOSER), (self._check, _WIDER)):
            view, _ = upright(pixels, seen, net.side, zoom)
            scores.append(net.central_score(view, _OFF * net.side))
            if sum(scores) + (_LOOKS - len(scores)) * _HIGHEST < _LOOKS * LEAST_SCORE:
                return None
        score = float(np.mean(scores))
        return replace(seen, score=score) if score >= LEAST_SCORE else None

    def _verified(self, pixels: Pixels, proposals: Sequence[Sight]) -> list[Sight]:
        looked = (self.check(pixels, proposal) for proposal in merge(proposals)[:MOST_PROPOSALS])
        return merge([sight for sight in looked if sight is not None])

    def _turned(self, pixels: Pixels, quarters: int) -> list[Sight]:
        """Search the picture turned by quarters of a circle, clockwise."""
        scale = min(1.0, _TURNED_SIDE / max(pixels.shape[:2]))
        small = shrink(pixels, scale)
        code, back = _turn(small.shape[1], small.shape[0], quarters)
        turned = np.asarray(cv2.rotate(small, code), np.uint8)
        sights = first_look(self._scan, turned, LEAST_FACE, LEAST_PROPOSAL)
        return self._verified(pixels, [transform(sight, back / scale) for sight in sights])


def _directions(found: Sequence[Sight]) -> Sequence[int]:
    """Quarters by which to turn the picture: as the faces lie; every way, if none is sure (or none is there)."""
    if not any(sight.score >= LIKELY for sight in found):
        return 1, 2, 3
    quarters = round(float(np.median([sight.roll for sight in found])) / (np.pi / 2)) % 4
    return ((4 - quarters) % 4,) if quarters else ()


def upright(pixels: Pixels, sight: Sight, side: int, zoom: float) -> tuple[Pixels, Floats]:
    """Return a square view of a face, its eyes level, and the 2 x 3 matrix from the picture to the view."""
    angle, scale = sight.roll, side / (zoom * sight.side)
    middle = np.array([sight.x, sight.y])
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * scale
    matrix = np.column_stack([rotation, side / 2.0 - rotation @ middle])
    return _warp(pixels, matrix, middle, zoom * sight.side, side), matrix


def transform(sight: Sight, matrix: Floats) -> Sight:
    """Return a sight seen through a 2 x 3 matrix of rotation, scale and shift."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    x, y = (matrix[:, :2] @ (sight.x, sight.y) + matrix[:, 2]).tolist()
    return Sight(sight.score, x, y, sight.side * scale, sight.points @ matrix[:, :2].T + matrix[:, 2])


def _warp(pixels: Pixels, matrix: Floats, middle: Floats, reach: float, side: int) -> Pixels:
    """Cut out what is needed, average it down to at most twice the size, then warp: nothing is skipped."""
    low = np.maximum(np.floor(middle - 0.75 * reach), 0).astype(int)
    high = np.minimum(np.ceil(middle + 0.75 * reach), pixels.shape[1::-1]).astype(int)
    if (high - low < 1).any():
        return np.zeros((side, side, 3), np.uint8)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    shrunk = min(1.0, 2.0 * side / reach)
    if shrunk < 1.0:
        part = shrink(part, shrunk)
    moved = np.column_stack([matrix[:, :2] / shrunk, matrix[:, :2] @ low + matrix[:, 2]])
    view = cv2.warpAffine(part, moved, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(view, np.uint8)


def _turn(width: int, height: int, quarters: int) -> tuple[int, Floats]:
    """OpenCV's code to turn a picture of this size clockwise, and the 2 x 3 matrix back."""
    if quarters == 1:
        return cv2.ROTATE_90_CLOCKWISE, np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, height - 1.0]])
    if quarters == 2:
        return cv2.ROTATE_180, np.array([[-1.0, 0.0, width - 1.0], [0.0, -1.0, height - 1.0]])
    return cv2.ROTATE_90_COUNTERCLOCKWISE, np.array([[0.0, -1.0, width - 1.0], [1.0, 0.0, 0.0]])


def _weight(sights: Sequence[Sight]) -> float:
    return sum(sight.score for sight in sights)
