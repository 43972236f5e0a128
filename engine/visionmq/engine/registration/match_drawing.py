"""Both pictures beside each other, with the matches between them: which the matrix explains, and which not."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.board import Board, Colour, width_of
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.estimation import corners
from visionmq.engine.registration.outcome import Array, Registration, Verdict
from visionmq.engine.registration.warp import apply

INLIER: Final[Colour] = (120, 210, 40)
OUTLIER: Final[Colour] = (60, 70, 240)
OUTLINE: Final[Colour] = (36, 190, 255)
_GROUND: Final[Colour] = (38, 34, 32)
_INK: Final[Colour] = (235, 235, 235)
_FAINT: Final[Colour] = (170, 165, 160)
_SHADE: Final = 0.55
"""Brightness of the pictures, so that lines stand out."""
_MOST_INLIERS: Final = 120
_MOST_OUTLIERS: Final = 60
"""Lines drawn: more become a carpet. Points are drawn for all."""
_MANY: Final = 300
"""Points from which on they are drawn smaller."""
_GAP: Final = 12
_BAR: Final = 34
_LEAST_SIDE: Final = 560
"""Smaller pictures are enlarged to this, so that points do not hide what they are on."""
_LEAST_WIDTH: Final = 480
"""Pixels that the line of text under the pictures needs."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a picture lies on the canvas."""

    scale: float
    left: int
    top: int
    size: tuple[int, int]

    def of(self, points: Array) -> Array:
        """Return points of the picture (n x 2) in pixels of the canvas."""
        return (np.asarray(points, np.float64) + 0.5) * self.scale - 0.5 + (self.left, self.top)


def draw_matches(user: Pixels, model: Pixels, found: Registration | None, *, side: int, trusted: bool) -> Pixels:
    """Return the user's picture beside or above the model (both BGR), inliers in green and outliers in red.

    The longer side is about `side` pixels at most. The user's outline is drawn on the model where the matrix is
    trusted.
    """
    places = _places(user, model, side)
    board = Board(_canvas((user, model), places))
    if found is not None:
        _draw_pairs(board, found, places)
        if trusted:
            _draw_outline(board, found, places[1])
    _draw_bar(board, found, trusted)
    return board.finish()


def _places(user: Pixels, model: Pixels, side: int) -> tuple[_Place, _Place]:
    """Beside each other where both are tall, above each other where that shows them larger; each as large as it can."""
    (height, width), (tall, wide) = user.shape[:2], model.shape[:2]
    beside = width / height + wide / tall < 2.6
    if beside:
        common = min(max(height, tall, _LEAST_SIDE), (side - _GAP) / (width / height + wide / tall), side - _BAR)
        scales = common / height, common / tall
    else:
        common = min(max(width, wide, _LEAST_SIDE), (side - _GAP - _BAR) / (height / width + tall / wide), side)
        scales = common / width, common / wide
    sizes = [
        (max(1, round(w * s)), max(1, round(h * s)))
        for w, h, s in ((width, height, scales[0]), (wide, tall, scales[1]))
    ]
    second = (sizes[0][0] + _GAP, 0) if beside else (0, sizes[0][1] + _GAP)
    spare = max(0, _LEAST_WIDTH - max(sizes[0][0], second[0] + sizes[1][0])) // 2
    first = _Place(scales[0], spare, 0, sizes[0])
    return first, _Place(scales[1], spare + second[0], second[1], sizes[1])


def _canvas(pictures: tuple[Pixels, Pixels], places: tuple[_Place, _Place]) -> Pixels:
    width = max(_LEAST_WIDTH, *(place.left + place.size[0] for place in places))
    height = max(place.top + place.size[1] for place in places) + _BAR
    canvas = np.full((height, width, 3), _GROUND, np.uint8)
    for picture, place in zip(pictures, places, strict=True):
        shrinks = place.scale < 1
        shown = cv2.resize(picture, place.size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        rows = slice(place.top, place.top + place.size[1])
        canvas[rows, place.left : place.left + place.size[0]] = (shown * _SHADE).astype(np.uint8)
    return canvas


def _draw_pairs(board: Board, found: Registration, places: tuple[_Place, _Place]) -> None:
    """Draw outliers first and fainter: inliers are what is looked for."""
    user, model = places[0].of(found.user_points), places[1].of(found.model_points)
    radius = 2.5 if len(user) <= _MANY else 1.6
    for inlier, colour, most, strength in ((False, OUTLIER, _MOST_OUTLIERS, 0.55), (True, INLIER, _MOST_INLIERS, 0.8)):
        chosen = np.flatnonzero(found.inliers == inlier)
        over = Board(board.pixels.copy())
        for index in _evenly(chosen, user, most):
            over.path(np.array([user[index], model[index]]), colour, 1)
        cv2.addWeighted(over.pixels, strength, board.pixels, 1 - strength, 0, dst=board.pixels)
        for index in chosen:
            for point in (user[index], model[index]):
                board.dot((float(point[0]), float(point[1])), radius, colour)


def _evenly(chosen: Array, points: Array, most: int) -> Array:
    """Return at most `most` of these pairs, every part of the picture having its share."""
    if len(chosen) <= most:
        return chosen
    cell = np.floor(points[chosen] / 24).astype(np.int64)
    order = np.lexsort((cell[:, 0], cell[:, 1]))
    return np.asarray(chosen[order[np.linspace(0, len(chosen) - 1, most).astype(np.int64)]])


def _draw_outline(board: Board, found: Registration, place: _Place) -> None:
    edge = apply(found.matrix, corners(found.user_size), found.user_size)
    if not np.isfinite(edge).all():
        return
    # Drawn on the model's part alone, so that it does not run over the other picture.
    part = board.pixels[place.top : place.top + place.size[1], place.left : place.left + place.size[0]]
    inner = Board(np.ascontiguousarray(part))
    own = _Place(place.scale, 0, 0, place.size).of(edge)
    inner.outline(own, (0, 0, 0), 4)
    inner.outline(own, OUTLINE, 2)
    part[:] = inner.pixels


def _draw_bar(board: Board, found: Registration | None, trusted: bool) -> None:
    height = board.pixels.shape[0]
    baseline, middle = height - 12, height - 17.0
    if found is None:
        board.text("no matrix: too little in common", (14, baseline), 14, _INK)
        return
    inliers = int(np.count_nonzero(found.inliers))
    left = 18.0
    for colour, count, word in ((INLIER, inliers, "agree"), (OUTLIER, len(found.inliers) - inliers, "do not")):
        board.dot((left, middle), 5, colour)
        board.text(f"{count} {word}", (left + 12, baseline), 14, _INK)
        left += 40 + width_of(f"{count} {word}", 14)
    seal = found.certificate
    state = "accepted" if seal.verdict is Verdict.ACCEPT else seal.verdict.value
    sure = f"{state}: {min(seal.probability, 0.999):.1%} sure to be within {seal.tolerance:.3g} px"
    verdict = sure if trusted else "rejected: no matrix is returned"
    board.text(verdict, (left, baseline), 14, _FAINT, "bold")
