"""Where a barcode may be: a compact patch that is evenly full of edges.

Text has edges too, but gaps between words and lines; the patterns behind a document's text are even, but weak or not
compact. The search runs on cells of 8 pixels and costs 2 to 4 ms at 1280 pixels on one core.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from visionmq.engine.picture import Pixels

Array = np.ndarray[Any, np.dtype[np.float32]]

WORK_SIDE: Final = 1280
"""Pixels of the longer side at which places are looked for, and the whole picture is read."""
CELL: Final = 8
LEAST_ENERGY: Final = 22.0
"""Mean energy in a patch; drawn symbols blurred by 2 px of modules of 2 to 4 px keep 28."""
NOISY: Final = 15.0
"""Energy of the calmest tenth of cells; white noise of deviation 11 gives that, dev pictures 0 to 8."""
MOST_UNEVEN: Final = 0.5
"""Deviation of that energy over 5 x 5 cells, as a share of its mean: symbols 0.1 to 0.4, lines of text 0.6 to 1.2."""
LEAST_CELLS: Final = 6
LEAST_CONTRAST: Final = 35.0
"""Between the means of dark and light in a place; drawn symbols with 2 px of blur keep 38."""
DARK: Final = (0.36, 0.73)
"""Share of dark pixels in a place: symbols 0.40 to 0.72 (the high ones blurred with their rim), text 0.1 to 0.5."""
LEAST_DARK_NEARBY: Final = 0.32
"""The same in the lightest twentieth of windows: symbols 0.33 to 0.5, text and portraits mostly 0.1 to 0.3."""
WINDOW: Final = (25, 61)
"""Least and most pixels of such a window, a quarter of the place's height between: several modules in any case."""
LEAST_SHARE_OF_EDGES: Final = 0.34
"""Energy per contrast: symbols with modules of up to 4 px 0.36 to 1, text 0.2 to 0.5."""
BARS: Final = 0.2
"""Least surplus of edges across the longer side in a PDF417 (0.25 to 0.7; in matrix symbols under 0.07)."""
LEAST_MATRIX: Final = 64.0
"""Pixels of a matrix symbol's place, its rim of 32 included: 21 modules of 2 px with blur give 74."""
LEAST_STACK: Final = (110.0, 44.0)
MOST_OBLONG: Final = 4.0
"""Of a matrix symbol; Data Matrix has 8 x 32 modules."""
LEAST_FILL: Final = 0.6
"""Share of its own smallest rectangle that a place fills: drawn symbols 0.8 to 1."""
MOST_PLACES: Final = 3
_EATEN: Final = 4
"""Cells that the window takes off both sides together."""
MARGIN: Final = 1.15
"""How much larger a piece is cut out than its place; readers want a rim of quiet."""
_MOST_SIDE: Final = 2200
"""Pixels of a cut-out piece: a card's barcode at the largest enlargement needs no more."""


@dataclass(frozen=True, slots=True)
class Place:
    """A turned rectangle, longer side first, and the four corners of what lies in it."""

    centre: tuple[float, float]
    size: tuple[float, float]
    angle: float
    """Degrees from the picture's x axis to the longer side, clockwise as seen."""
    corners: Array
    """(4, 2): corners of the patch itself in reading order of the rectangle; slanted where the patch is."""

    def scaled(self, factor: float) -> "Place":
        """Return the same place in a picture that is `factor` times as large."""
        (x, y), (width, height) = self.centre, self.size
        return Place((x * factor, y * factor), (width * factor, height * factor), self.angle, self.corners * factor)

    def holds(self, x: float, y: float) -> bool:
        """Return whether a point lies in the rectangle."""
        turned = _turn(np.array([[x, y]], np.float32) - np.array(self.centre, np.float32), -self.angle)[0]
        return bool(abs(turned[0]) <= self.size[0] / 2 and abs(turned[1]) <= self.size[1] / 2)


def edge_energy(gray: Pixels) -> Array:
    """Return how much edge each cell of 8 x 8 pixels holds: the mean of |dx| + |dy| of a 3x3 Sobel, a quarter of it."""
    rows, columns = max(1, gray.shape[0] // CELL), max(1, gray.shape[1] // CELL)
    dx, dy = cv2.spatialGradient(np.ascontiguousarray(gray[: rows * CELL, : columns * CELL]))
    size = (columns, rows)
    parts = [cv2.resize(cv2.convertScaleAbs(part, alpha=0.25), size, interpolation=cv2.INTER_AREA) for part in (dx, dy)]
    return np.asarray(parts[0], np.float32) + np.asarray(parts[1], np.float32)


def is_noisy(energy: Array) -> bool:
    """Return whether even the calmest cells are full of edges; a symbol is then lost in the noise round it."""
    return float(np.percentile(energy, 10)) > NOISY


def find_places(gray: Pixels, energy: Array) -> list[Place]:
    """Return where barcodes may be, the largest first, at most `MOST_PLACES`."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(_even_edges(energy))
    areas = stats[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda label: -areas[label])
    places = (_place(labels == label) for label in order[: 4 * MOST_PLACES] if areas[label] >= LEAST_CELLS)
    return [place for place in places if place is not None and _is_plausible(gray, place)][:MOST_PLACES]


def _even_edges(energy: Array) -> Pixels:
    """Return a mask of cells round which edges are dense and even."""
    mean = cv2.blur(energy, (5, 5))
    variance = cv2.blur(energy * energy, (5, 5)) - mean * mean
    mask = ((mean > LEAST_ENERGY) & (variance < (MOST_UNEVEN * mean) ** 2)).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))


def _place(patch: np.ndarray[Any, np.dtype[np.bool_]]) -> Place | None:
    """Return the rectangle round a patch of cells; None if the patch is not compact."""
    points: Array = np.argwhere(patch)[:, ::-1].astype(np.float32)
    centre, (width, height), angle = cv2.minAreaRect(points)
    if len(points) < LEAST_FILL * (width + 1) * (height + 1):
        return None
    if width < height:
        width, height, angle = height, width, angle + 90
    middle = np.array(centre, np.float32)
    level = _turn(points - middle, -angle)
    corners = np.array([level[np.argmax(level @ way)] for way in _diagonals(width, height)], np.float32)
    corners += np.sign(corners) * (_EATEN + 1) / 2
    half = np.float32(0.5)
    return Place(
        (float(middle[0] + half) * CELL, float(middle[1] + half) * CELL),
        ((width + 1 + _EATEN) * CELL, (height + 1 + _EATEN) * CELL),
        angle,
        (_turn(corners, angle) + middle + half) * CELL,
    )


def _is_plausible(gray: Pixels, place: Place) -> bool:
    """Return whether a place is as evenly dark and light as a symbol; text and guilloches rarely are."""
    width, height = place.size
    inner = (max(float(CELL), width - _EATEN * CELL), max(float(CELL), height - _EATEN * CELL))
    piece, _ = cut_out(gray, Place(place.centre, inner, place.angle, place.corners), 1.0, slanted=False, margin=1.0)
    _, dark = cv2.threshold(piece, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    share = float(dark.mean())
    if not DARK[0] <= share <= DARK[1]:
        return False
    contrast = cv2.mean(piece, 1 - dark)[0] - cv2.mean(piece, dark)[0]
    across, along = (float(cv2.norm(edges, cv2.NORM_L1)) / piece.size / 4 for edges in cv2.spatialGradient(piece))
    if contrast < LEAST_CONTRAST or across + along < LEAST_SHARE_OF_EDGES * contrast:
        return False
    return _is_shaped(place.size, (across - along) / (across + along)) and _is_even(piece)


def _is_shaped(size: tuple[float, float], surplus: float) -> bool:
    width, height = size
    if surplus > BARS:
        return width >= LEAST_STACK[0] and height >= LEAST_STACK[1]
    # Upright stacks (more rows than columns are wide) have their bars along the longer side.
    return height >= LEAST_MATRIX and width <= MOST_OBLONG * height and abs(surplus) < 4 * BARS


def _is_even(piece: Pixels) -> bool:
    side = int(np.clip(min(piece.shape) // 4, *WINDOW))
    window = (side, side)
    dark = cv2.blur(np.asarray(cv2.compare(piece, cv2.blur(piece, window), cv2.CMP_LT)), window)
    return float(np.percentile(dark, 5)) >= LEAST_DARK_NEARBY * 255


def _diagonals(width: float, height: float) -> Array:
    """Return the directions of a rectangle's corners, scaled so that its sides count the same."""
    x, y = 1 / (width + 1), 1 / (height + 1)
    return np.array([(-x, -y), (x, -y), (x, y), (-x, y)], np.float32)


def _turn(points: Array, degrees: float) -> Array:
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]], np.float32), np.float32)


def cut_out(gray: Pixels, place: Place, scale: float, *, slanted: bool, margin: float = MARGIN) -> tuple[Pixels, Array]:
    """Return a place as a level picture, enlarged by `scale`, and the 3 x 3 matrix that leads back.

    `slanted` maps the four corners of the patch, instead of its rectangle, to a rectangle: it takes out perspective.
    """
    width, height = place.size
    scale = min(scale, _MOST_SIDE / (width * margin))
    size = np.array([width, height]) * scale
    source = place.corners if slanted else _rectangle(place)
    edge = size * (margin - 1) / 2
    target = np.array([(0, 0), (size[0], 0), size, (0, size[1])]) + edge
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    whole = np.maximum(1, np.round(size + 2 * edge)).astype(int)
    piece = cv2.warpPerspective(
        gray, matrix, (int(whole[0]), int(whole[1])), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(piece), np.linalg.inv(matrix).astype(np.float32)


def _rectangle(place: Place) -> Array:
    width, height = place.size
    level = np.array([(-width, -height), (width, -height), (width, height), (-width, height)], np.float32)
    return _turn(level * np.float32(0.5), place.angle) + np.array(place.centre, np.float32)
