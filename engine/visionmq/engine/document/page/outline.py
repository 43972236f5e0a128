"""The page a zone is printed on: its outline, the page cut out and made flat, and the zone as a strip.

ICAO 9303-4 to 9303-7 say how large a document is and where its zone stands, so the zone alone tells about where the
four edges are; edges that the picture really shows near there make it exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.layouts import Layout
from visionmq.engine.document.page.edges import Side, find_sides
from visionmq.engine.document.page.place import (
    CAPITAL,
    PITCH,
    Place,
    as_printed,
    page_size,
    place_of,
    rectangle,
    through,
    zone_frame,
)
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad

__all__ = ["corners_of", "find_page", "page_size", "rectify_page", "strip"]

Array: TypeAlias = np.ndarray[Any, Any]

_PASSES: Final = ((1.6, 8.0, 1.0), (3.0, 2.0, 0.5))
"""Search for edges, coarse then fine: pixels a millimetre, widest slope and its step in degrees."""
_OUTWARD: Final = 0.22
_INWARD: Final = 0.06
"""How far from its expected place a side is looked for, in widths of the page. Cards whose zone stands higher than
the standard says are common, cards cut smaller are not."""
_CLEARANCE: Final = 1.0
"""Millimetres from the zone's letters to the nearest edge; the standard has four."""
_LEAST_PAGE: Final = 60.0
"""Pixels: letters of a passport so small have one."""
_MOST_PAGES: Final = 12
"""Pictures across a page: a photograph that shows the zone alone has two."""
_SPARE: Final = 1.2
"""How much finer than the last pass the picture is kept."""
_AREA: Final = (0.6, 1.6)
"""An outline found may differ from the predicted one by this; other edges belong to something else."""
_AROUND: Final = 0.25
"""What is looked at round the expected page, in widths of it."""
_MOST_WIDTH: Final = 2000
_LEAST_WIDTH: Final = 64
_STRIP_MARGIN: Final = 0.75
"""Margin round the strip, in heights of a letter."""
_MOST_STRIP: Final = 2400


def find_page(
    pixels: Pixels, bands: Sequence[Band], layout: Layout, centres: Sequence[Array] | None = None
) -> Quad | None:
    """Return the outline of the document that a zone of this layout stands on; None without bands.

    The corners are in pixels of the picture and may lie outside it where the page is cut off. `centres` are the
    recogniser's character centres along each band, fractions 0 to 1; they make perspective exact.
    """
    if len(bands) != layout.lines or not bands:
        return None
    place = as_printed(place_of(layout), bands)
    matrix = zone_frame(bands, place, layout.lengths, centres)
    if not _is_likely(matrix, place, pixels):
        return None
    pixels, shrink = _shrunk(pixels, matrix)
    matrix = np.diag([*shrink, 1.0]) @ matrix
    outline = rectangle(place)
    for scale, slope, step in _PASSES:
        search = _Search(scale, (slope, step), _inward(place, layout.length))
        outline, matrix = _refined(pixels, matrix, place, search, outline)
    return _quad(through(matrix, outline) / shrink)


def _shrunk(pixels: Pixels, matrix: Array) -> tuple[Pixels, Array]:
    """Return the picture as fine as the search for edges needs it, and its factors across and down."""
    scale = float(np.linalg.norm(matrix[:2, 0] - matrix[2, 0] * matrix[:2, 2]))
    factor = _PASSES[-1][0] * _SPARE / max(scale, 1e-6)
    if factor >= 1:
        return pixels, np.ones(2)
    full = np.array(pixels.shape[1::-1])
    size = np.maximum(1, np.round(full * factor)).astype(int)
    return np.asarray(cv2.resize(pixels, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)), size / full


def _is_likely(matrix: Array, place: Place, pixels: Pixels) -> bool:
    """Whether a page is neither too small to have letters on it nor far larger than the picture."""
    corners = through(matrix, rectangle(place))
    if not np.isfinite(corners).all():
        return False
    spread = float(np.ptp(corners, axis=0).max())
    return bool(_LEAST_PAGE < spread < _MOST_PAGES * max(pixels.shape[:2]))


@dataclass(frozen=True, slots=True)
class _Search:
    """How edges are looked for."""

    scale: float
    """Pixels a millimetre."""
    slopes: tuple[float, float]
    """Widest, and step, in degrees."""
    inward: tuple[float, ...]
    """How far top, right, bottom and left may lie inside their places, in millimetres."""


def _inward(place: Place, length: int) -> tuple[float, ...]:
    """Return how far each edge may lie inside its place: none may cut the zone."""
    right = place.width - place.left - length * PITCH
    bottom = place.lines[-1] - CAPITAL / 2
    rooms = (place.height, right, bottom, place.left)
    return tuple(min(_INWARD * place.width, max(0.5, room - _CLEARANCE)) for room in rooms)


def _refined(pixels: Pixels, matrix: Array, place: Place, search: _Search, outline: Array) -> tuple[Array, Array]:
    """Return the outline in millimetres after a search for real edges, and the frame that belongs to it."""
    scale, margin = search.scale, _AROUND * place.width
    size = (round((place.width + 2 * margin) * scale), round((place.height + 2 * margin) * scale))
    to_raster = np.array([[scale, 0, margin * scale], [0, scale, margin * scale], [0, 0, 1.0]])
    backward = matrix @ np.linalg.inv(to_raster)
    inward = tuple(room * scale for room in search.inward)
    outward = _OUTWARD * place.width * scale
    expected = through(to_raster, outline)
    sides = find_sides(pixels, backward, size, expected, slopes=search.slopes, inward=inward, outward=outward)
    found = through(np.linalg.inv(to_raster), corners_of(sides))
    if not _is_plausible(found, outline):
        return outline, matrix
    seen = [side.seen for side in sides]
    if not all(seen):
        return found, matrix
    # All four edges are real: from now on they, not the zone, say how the page lies.
    better = cv2.getPerspectiveTransform(rectangle(place).astype(np.float32), _f32(through(matrix, found)))
    return rectangle(place), np.asarray(better)


def corners_of(sides: Sequence[Side]) -> Array:
    """Return where top and left, top and right, bottom and right, bottom and left meet."""
    top, right, bottom, left = (side.line for side in sides)
    corners = [
        np.cross(first, second) for first, second in ((top, left), (top, right), (bottom, right), (bottom, left))
    ]
    return np.array([corner[:2] / corner[2] for corner in corners])


def _is_plausible(found: Array, outline: Array) -> bool:
    share = cv2.contourArea(_f32(found)) / max(cv2.contourArea(_f32(outline)), 1e-6)
    return bool(cv2.isContourConvex(_f32(found))) and _AREA[0] < share < _AREA[1]


def _f32(points: Array) -> Array:
    return np.asarray(points, np.float32)


def _quad(corners: Array) -> Quad:
    return Quad([(round(float(x), 1), round(float(y), 1)) for x, y in corners])


def rectify_page(pixels: Pixels, page: Quad, size: tuple[float, float]) -> Pixels:
    """Return the page upright and flat, in the proportion of `size` and as sharp as the picture shows it."""
    corners = _f32(np.array(page.points))
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width = int(np.clip(round(float(max(sides[0], sides[2]))), _LEAST_WIDTH, _MOST_WIDTH))
    shape = (width, max(1, round(width * size[1] / size[0])))
    target = _f32(np.array([[0, 0], [shape[0], 0], [shape[0], shape[1]], [0, shape[1]]]) - 0.5)
    matrix = cv2.getPerspectiveTransform(corners, target)
    flags = cv2.INTER_AREA if width == _MOST_WIDTH else cv2.INTER_LINEAR
    return np.asarray(cv2.warpPerspective(pixels, matrix, shape, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def strip(pixels: Pixels, bands: Sequence[Band]) -> Pixels:
    """Return the zone as an upright strip with a margin; bent and slanted lines come out straight."""
    height = float(np.mean([band.height for band in bands]))
    length = float(np.mean([band.length for band in bands]))
    scale = min(1.0, _MOST_STRIP / length)
    margin = _STRIP_MARGIN * height / length
    columns = np.linspace(-margin, 1 + margin, max(8, round((length + 2 * _STRIP_MARGIN * height) * scale)))
    rows = _rungs(bands, columns)
    gaps = np.maximum(1, np.round(scale * np.linalg.norm(np.diff(rows, axis=0), axis=2).mean(axis=1))).astype(int)
    grid = [
        rows[index] + (rows[index + 1] - rows[index]) * share
        for index, gap in enumerate(gaps)
        for share in np.arange(gap)[:, None, None] / gap
    ]
    places = np.concatenate([piece.reshape(-1, len(columns), 2) for piece in grid]).astype(np.float32)
    return np.asarray(cv2.remap(pixels, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))  # type: ignore[call-overload]


def _rungs(bands: Sequence[Band], columns: Array) -> Array:
    """Return the curves above the first line, through each, and below the last; (lines + 2, columns, 2)."""
    corners = [np.array([band.part(float(c), float(c))[[0, 3]] for c in _knots(columns)]) for band in bands]
    curves = [np.stack([_spread(part[:, side], columns) for side in (0, 1)]) for part in corners]
    reach = _STRIP_MARGIN + 0.5
    middle = [(tops + feet) / 2 for tops, feet in curves]
    first, last = curves[0], curves[-1]
    above = middle[0] + (first[0] - first[1]) * reach
    below = middle[-1] + (last[1] - last[0]) * reach
    return np.array([above, *middle, below])


def _knots(columns: Array) -> Array:
    return np.linspace(columns[0], columns[-1], 33)


def _spread(points: Array, columns: Array) -> Array:
    return np.stack([np.interp(columns, _knots(columns), axis) for axis in points.T], axis=1)
