"""Curves: the text lines in an upright cut, followed from end to end, from the network's maps.

The network says at each place of a zone which way its letters read. A smooth field fitted to that has one curve through
every point; text lines are those curves along which the map of lines is high. So curl, skew and perspective
need no model of their own, and a line that glare interrupts is still one line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

STRIDE: Final = 4
"""Pixels of a picture to a cell of the maps."""
_TURNS: Final = tuple(np.arange(-5, 6) * 0.03)
_BENDS: Final = tuple(np.arange(-3, 4) * 0.04)
_NUDGES: Final = (-0.012, 0.0, 0.012)
"""Slopes tried beside the one that the directions give, the same in all columns, then growing to the zone's ends: the
network makes too little of small angles and of curl. The sharpest is taken."""
_STEEPEST: Final = 0.5
"""Slopes over this are of other print, which stands across."""
_COARSE: Final = 4
"""Every fourth column will do to choose between them."""
_RIDGE: Final = 1e-5
"""Holds the higher terms of a fit down; a thousandth halved the bend of curled pages already."""
_FINE: Final = 4
"""Curves tried to a row of cells."""
_TRIES: Final = ((1, 0.8), (3, 0.65), (4, 0.5))
"""A line is drawn closer in steps: the degree of its curve, and how far from the last one it is looked for, in letter
heights."""
_EDGE: Final = 0.5
"""The ends of lines are where the probability falls below this: the label that was learned is 1 inside, 0 outside."""
_PALE: Final = 0.25
"""What is over this goes on a line: letters in other faces than OCR-B, of which the network is less sure."""
_SHORTEST: Final = 7.0
"""A line has at least as many letter heights of certain length: nine letters, as on Swiss driving licences."""
_APART: Final = 1.2
"""Lines stand at least this many letter heights apart (the standard's closest is 1.6)."""


@dataclass(slots=True)
class TextLine:
    """A line on the way: a curve for each column of cells, and its ends in cells."""

    rows: Array
    present: Array
    ends: tuple[float, float]
    strength: float


@dataclass(frozen=True, slots=True)
class Fields:
    """What the network says about a cut, made smooth; x and y in cells, y from the middle."""

    slope: Array
    """Of the lines: c @ (1, x, x^2); how it changes from line to line is left to their tracing."""
    cap: Array
    """Capitals' height in cells: c @ (1, x, y)."""
    lean: Array
    """Of the letters' feet to the right, for one cell down: c @ (1, x)."""


def text_lines(maps: Array, fields: Fields) -> list[TextLine]:
    """Return the text lines, those of most certainty first.

    The clearest line is followed by itself; the others are sought along curves parallel to it.
    """
    slope = _powers(np.arange(maps.shape[2], dtype=np.float64), 2) @ fields.slope
    slope = _sharpest(maps, slope)
    first = next(iter(_sought(maps, fields, slope)), None)
    if first is None:
        return []
    slope = np.gradient(first.rows)
    kept: list[TextLine] = []
    for line in _sought(maps, fields, slope):
        if not any(_meet(line, other, fields) for other in kept):
            kept.append(line)
    return kept


def _sought(maps: Array, fields: Fields, slope: Array) -> Iterator[TextLine]:
    """Yield lines that run about along the slope in each column, the strongest first."""
    for rows in _curves(maps, fields, slope):
        line = _refined(maps[0], rows, fields)
        if line is not None:
            yield line


def _meet(one: TextLine, other: TextLine, fields: Fields) -> bool:
    """Return whether two lines come too near each other to be two."""
    span = slice(int(max(one.ends[0], other.ends[0], 0)), int(min(one.ends[1], other.ends[1])) + 1)
    gaps = np.abs(one.rows[span] - other.rows[span])
    x = np.arange(len(one.rows), dtype=np.float64)[span]
    return bool((gaps < _APART * caps_at(fields, x, np.zeros_like(x))).any())


def _powers(x: Array, degree: int) -> Array:
    return np.stack([x**power for power in range(degree + 1)], axis=-1)


def _plane(x: Array, y: Array) -> Array:
    return np.stack([np.ones_like(x), x, y], axis=-1)


def _solve(basis: Array, values: Array, weights: Array) -> Array:
    """Return the weighted least squares fit, the higher terms held small, outliers weighed down once."""
    scale = np.abs(basis).max(axis=0) + 1e-9
    solution: Array = np.zeros(basis.shape[1])
    each = weights
    for _ in range(2):
        scaled = basis / scale
        normal = (scaled * each[:, None]).T @ scaled
        normal += np.eye(len(normal)) * (_RIDGE * each.sum())
        normal[0, 0] -= _RIDGE * each.sum() * 0.99  # not all: one place alone must not be singular
        solution = np.linalg.solve(normal, (scaled * each[:, None]).T @ values)
        off = np.abs(values - scaled @ solution)
        each = weights / (1 + (off / (np.median(off) * 2 + 1e-6)) ** 2)
    return np.asarray(solution / scale)


def fitted(maps: Array, inside: Array) -> Fields:
    """Fit smooth fields to direction, size and lean within the zone."""
    rows, columns = np.nonzero(inside)
    y, x = rows - maps.shape[1] / 2, columns.astype(np.float64)
    weights = maps[1][inside].astype(np.float64)
    steep = np.clip(np.tan(0.5 * np.arctan2(maps[3][inside], np.maximum(maps[2][inside], -0.5))), -1, 1)
    # Stems stand near 90 degrees: their doubled angle is taken from 180.
    lean = -np.tan(0.5 * np.arctan2(-maps[5][inside], np.maximum(-maps[4][inside], -0.5)))
    cap = np.exp2(maps[6][inside]) * 16 / STRIDE
    return Fields(
        _solve(_powers(x, 2), steep, np.where(np.abs(steep) < _STEEPEST, weights, weights / 100)),
        _solve(_plane(x, y), cap, weights),
        _solve(_powers(x, 1), lean, weights),
    )


def caps_at(fields: Fields, x: Array, y: Array) -> Array:
    """Return capitals' heights in cells at places."""
    return np.asarray(np.maximum(_plane(x, y) @ fields.cap, 1.0))


def leans_at(fields: Fields, x: Array) -> Array:
    """Return how far letters' feet are to the right of their tops, for one cell down, at columns."""
    return np.asarray(_powers(x, 1) @ fields.lean)


def _profile(maps: Array, slope: Array) -> tuple[Array, Array]:
    """Return parallel curves, their row (cells from the top) at each column, and how much of a line is on each."""
    core, zone = maps[0], maps[1]
    height, width = core.shape
    rise = np.cumsum(slope)
    start = int(np.clip(np.average(np.arange(width), weights=zone.sum(axis=0) + 1e-6), 0, width - 1))
    seeds = (np.arange(height * _FINE) + 0.5) / _FINE - 0.5
    rows = (seeds[:, None] + (rise - rise[start])[None]).astype(np.float32)
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), rows.shape)
    along = cv2.remap(core, columns.copy(), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return rows, np.maximum(along - 0.25, 0).sum(axis=1)


def _sharpest(maps: Array, slope: Array) -> Array:
    """Return the slope in each column, or one near it, of which parallel curves run best along lines, not across."""
    columns = np.flatnonzero(maps[1].max(axis=0) > _EDGE)
    if len(columns) < 2:
        return slope
    middle, half = (columns[0] + columns[-1]) / 2, (columns[-1] - columns[0]) / 2
    bow = np.clip((np.arange(len(slope)) - middle) / half, -1, 1)
    few = np.ascontiguousarray(maps[:2, :, ::_COARSE])

    def sharpness(each: Array) -> float:
        return float((_profile(few, np.add.reduceat(each, np.arange(0, len(each), _COARSE)))[1] ** 2).sum())

    near = max((slope + turn + bend * bow for bend in _BENDS for turn in _TURNS), key=sharpness)
    return max((near + turn + bend * bow for bend in _NUDGES for turn in _NUDGES), key=sharpness)


def _curves(maps: Array, fields: Fields, slope: Array) -> list[Array]:
    """Return the curves where lines are, the strongest first."""
    rows, strength = _profile(maps, slope)
    middle = np.array([maps.shape[2] / 2])
    cap = float(caps_at(fields, middle, np.zeros(1))[0])
    return [
        rows[peak].astype(np.float64) for peak in _peaks(strength, round(_APART * cap * _FINE), _SHORTEST * cap * 0.4)
    ]


def _peaks(values: Array, apart: int, least: float) -> list[int]:
    """Return the indices of peaks of at least `least`, `apart` from one another, highest first."""
    smooth = np.convolve(values, np.ones(_FINE) / _FINE, mode="same")
    found: list[int] = []
    for index in np.argsort(-smooth):
        if smooth[index] < least:
            break
        if all(abs(int(index) - other) >= apart for other in found):
            found.append(int(index))
    return found


def _refined(core: Array, rows: Array, fields: Fields) -> TextLine | None:
    """Return a line drawn through the middle of what is seen near its curve, with its ends; None if too short."""
    height, width = core.shape
    x = np.arange(width, dtype=np.float64)
    cap = caps_at(fields, x, rows - height / 2)
    present, ends = np.zeros(width), (0, 0)
    for degree, reach in _TRIES:
        offsets = np.linspace(-reach, reach, 11)
        places = rows[None] + offsets[:, None] * cap[None]
        columns = np.broadcast_to(x.astype(np.float32), places.shape).copy()
        seen = cv2.remap(core, columns, places.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        weight = seen.sum(axis=0)
        shift = (seen * offsets[:, None]).sum(axis=0) / np.maximum(weight, 1e-6) * cap
        present = np.sort(seen, axis=0)[-3:].mean(axis=0)
        ends = _stretch(present - _PALE)
        if ends[1] - ends[0] < _SHORTEST * float(cap.mean()):
            return None
        span = slice(ends[0], ends[1] + 1)
        middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2 + 1
        basis = _powers(np.clip((x - middle) / half, -1, 1), degree)
        rows = rows + basis @ _solve(basis[span], shift[span], weight[span] + 1e-6)
    left, right = _sharpened(present, ends)
    return TextLine(rows, present, (left, right), float(present[span].mean()))


def _stretch(gains: Array) -> tuple[int, int]:
    """Return first and last index of the stretch of largest sum (Kadane): short gaps do not end it."""
    total, begin, best, found = 0.0, 0, 0.0, (0, 0)
    for index, gain in enumerate(gains):
        if total <= 0:
            total, begin = 0.0, index
        total += float(gain)
        if total > best:
            best, found = total, (begin, index)
    return found


def _sharpened(present: Array, ends: tuple[int, int]) -> tuple[float, float]:
    """Return where the probability crosses the edge's value, as fractions of cells; cells' middles are whole."""
    padded = np.concatenate([[0.0], present, [0.0]])
    left, right = ends[0] + 1, ends[1] + 1

    def crossing(inner: float, outer: float) -> float:
        return float(np.clip((inner - _EDGE) / max(inner - outer, 1e-6), 0, 1))

    return (
        ends[0] - crossing(padded[left], padded[left - 1]),
        ends[1] + crossing(padded[right], padded[right + 1]),
    )
