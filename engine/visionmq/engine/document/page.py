"""The page a zone is printed on: its outline, the page cut out and made flat, and the zone as a strip.

ICAO 9303-4 to 9303-7 say how large a document is and where its zone stands, so the zone alone tells about where the
four edges are; edges that the picture really shows near there make it exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.document.band import Band
from visionmq.engine.document.edges import Side, find_sides
from visionmq.engine.document.layouts import Layout
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad

Array: TypeAlias = np.ndarray[Any, Any]

PITCH: Final = 2.54
"""Millimetres from character to character (ICAO 9303-3, 4.3: OCR-B, ten characters an inch)."""
CAPITAL: Final = 2.5
"""Height of a capital letter of OCR-B at size I, in millimetres; 2.4 to 2.6 with the spread of ink."""


@dataclass(frozen=True, slots=True)
class Place:
    """How large a document is and where its zone stands on it; millimetres."""

    width: float
    height: float
    left: float
    """From the left edge to the first character."""
    lines: tuple[float, ...]
    """From the bottom edge to the middle of each line, the first line first."""


_TWO: Final = (15.85, 9.5)
"""Two lines, 6.35 mm apart; measured on full pages within 0.6 mm."""
_TD3: Final = Place(125.0, 88.0, 6.0, _TWO)
_TD2: Final = Place(105.0, 74.0, 6.0, _TWO)
_TD1: Final = Place(85.6, 53.98, 4.8, (14.6, 10.35, 6.1))
_PLACES: Final = {
    "mrz.mrp": _TD3,
    "mrz.td2": _TD2,
    "mrz.idfra": Place(105.0, 74.0, 7.2, _TWO),
    "mrz.mrva": Place(120.0, 80.0, 4.5, _TWO),
    "mrz.mrvb": Place(105.0, 74.0, 6.0, _TWO),
}
_SPREAD: Final = 0.15
"""How far a point of a band may be off, in characters: its ends are found to about a tenth, all points together."""
_LEAN: Final = 0.002
"""Usual change of scale by perspective for each millimetre: a quarter over a passport's width."""
_SAMPLES: Final = 9
_PASSES: Final = ((1.6, 8.0, 1.0), (3.0, 2.0, 0.5))
"""Search for edges, coarse then fine: pixels a millimetre, widest slope and its step in degrees."""
_OWN_SPACING: Final = 0.2
"""Share by which the lines' distance must differ from the standard's to be believed; heights are found to a tenth."""
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


def place_of(layout: Layout) -> Place:
    """Return where the zone of a layout stands; a layout not known here counts by its lines and length."""
    if layout.doc_type in _PLACES:
        return _PLACES[layout.doc_type]
    if layout.lines == 3 or layout.length <= 30:
        return _TD1 if layout.lines == 3 else Place(85.6, 53.98, 4.8, (6.1,) * layout.lines)
    return _TD3 if layout.length >= 44 else _TD2


def find_page(
    pixels: Pixels, bands: Sequence[Band], layout: Layout, centres: Sequence[Array] | None = None
) -> Quad | None:
    """Return the outline of the document that a zone of this layout stands on; None without bands.

    The corners are in pixels of the picture and may lie outside it where the page is cut off. `centres` are the
    recogniser's character centres along each band, fractions 0 to 1; they make perspective exact.
    """
    if len(bands) != layout.lines or not bands:
        return None
    place = _as_printed(place_of(layout), bands)
    matrix = zone_frame(bands, place, layout.lengths, centres)
    if not _is_likely(matrix, place, pixels):
        return None
    pixels, shrink = _shrunk(pixels, matrix)
    matrix = np.diag([*shrink, 1.0]) @ matrix
    outline = _rectangle(place)
    for scale, slope, step in _PASSES:
        search = _Search(scale, (slope, step), _inward(place, layout.length))
        outline, matrix = _refined(pixels, matrix, place, search, outline)
    return _quad(_through(matrix, outline) / shrink)


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
    corners = _through(matrix, _rectangle(place))
    if not np.isfinite(corners).all():
        return False
    spread = float(np.ptp(corners, axis=0).max())
    return bool(_LEAST_PAGE < spread < _MOST_PAGES * max(pixels.shape[:2]))


def _as_printed(place: Place, bands: Sequence[Band]) -> Place:
    """Return the place with its lines as far apart as they are, where a document does not keep to the standard.

    Letters are taken to be of the standard's height: it is the typeface's, and leans with the lines' distance.
    """
    if len(bands) < 2:
        return place
    middles = [band.part(0.5, 0.5)[[0, 3]].mean(axis=0) for band in bands]
    height = sum(band.height for band in bands) / len(bands)
    printed = float(np.linalg.norm(middles[-1] - middles[0])) / (len(bands) - 1) / height * CAPITAL
    usual = (place.lines[0] - place.lines[-1]) / (len(bands) - 1)
    if abs(printed / usual - 1) < _OWN_SPACING:
        return place
    centre = (place.lines[0] + place.lines[-1]) / 2
    halves = (len(bands) - 1) / 2
    lines = tuple(centre + (halves - number) * printed for number in range(len(bands)))
    return replace(place, lines=tuple(max(line, CAPITAL) for line in lines))


def zone_frame(
    bands: Sequence[Band], place: Place, lengths: Sequence[int], centres: Sequence[Array] | None = None
) -> Array:
    """Return the homography from millimetres on the page to pixels, by the zone alone; float64 (3, 3).

    `lengths` are the characters of each line.

    Least squares over points on the bands. A zone is low and wide: how the scale changes from line to line is
    hardly seen in it, so perspective is held near what photographs usually have (`_LEAN`).
    """
    here, there = _matches(bands, place, lengths, centres)
    origin: Array = here.mean(axis=0)
    x, y = (here - origin).T
    one, none = np.ones_like(x), np.zeros_like(x)
    pitch = sum(band.length for band in bands) / sum(lengths)
    u, v = there.T
    weight = 1 / (_SPREAD * pitch)
    rows = weight * np.vstack(
        [
            np.stack([x, y, one, none, none, none, -u * x, -u * y], axis=1),
            np.stack([none, none, none, x, y, one, -v * x, -v * y], axis=1),
        ]
    )
    prior = np.zeros((2, 8))
    prior[0, 6] = prior[1, 7] = 1 / _LEAN
    target = np.concatenate([weight * u, weight * v, [0, 0]])
    solved = np.linalg.lstsq(np.vstack([rows, prior]), target, rcond=None)[0]
    moved = np.array([[1, 0, -origin[0]], [0, 1, -origin[1]], [0, 0, 1.0]])
    return np.asarray(np.append(solved, 1).reshape(3, 3) @ moved)


def _matches(
    bands: Sequence[Band], place: Place, lengths: Sequence[int], centres: Sequence[Array] | None
) -> tuple[Array, Array]:
    """Return points in millimetres and the same points in pixels: tops, middles and feet of letters."""
    here, there = [], []
    for number, (band, length) in enumerate(zip(bands, lengths, strict=True)):
        if centres is None:
            fractions = np.linspace(0, 1, _SAMPLES)
            along: Array = place.left + fractions * length * PITCH
        else:
            picked = np.unique(np.linspace(0, length - 1, 2 * _SAMPLES).round().astype(int))
            fractions = np.asarray(centres[number], np.float64)[picked]
            along = place.left + (picked + 0.5) * PITCH
        middle = place.height - place.lines[number]
        for x, fraction in zip(along, fractions, strict=True):
            top, _, _, foot = band.part(float(fraction), float(fraction))
            here += [(x, middle - CAPITAL / 2), (x, middle + CAPITAL / 2)]
            there += [top, foot]
    return np.array(here), np.array(there, np.float64)


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
    expected = _through(to_raster, outline)
    sides = find_sides(pixels, backward, size, expected, slopes=search.slopes, inward=inward, outward=outward)
    found = _through(np.linalg.inv(to_raster), corners_of(sides))
    if not _is_plausible(found, outline):
        return outline, matrix
    seen = [side.seen for side in sides]
    if not all(seen):
        return found, matrix
    # All four edges are real: from now on they, not the zone, say how the page lies.
    better = cv2.getPerspectiveTransform(_rectangle(place).astype(np.float32), _f32(_through(matrix, found)))
    return _rectangle(place), np.asarray(better)


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


def _rectangle(place: Place) -> Array:
    return np.array([[0, 0], [place.width, 0], [place.width, place.height], [0, place.height]])


def _through(matrix: Array, points: Array) -> Array:
    """Return points (n, 2) through a homography."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def _f32(points: Array) -> Array:
    return np.asarray(points, np.float32)


def _quad(corners: Array) -> Quad:
    return Quad([(round(float(x), 1), round(float(y), 1)) for x, y in corners])


def page_size(layout: Layout) -> tuple[float, float]:
    """Return width and height of a layout's document in millimetres."""
    place = place_of(layout)
    return place.width, place.height


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
