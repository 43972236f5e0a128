"""Tracing: the lines of a zone as bands, from the network's maps of an upright cut.

The network says at each place of a zone which way its letters read. A smooth field fitted to that has one curve through
every point; text lines are those curves along which the map of lines is high. So curl, skew and perspective
need no model of their own, and a line that glare interrupts is still one line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.document.band import Band

Array: TypeAlias = np.ndarray[Any, Any]

STRIDE: Final = 4
"""Pixels of a picture to a cell of the maps."""
_INSIDE: Final = 0.35
"""Cells over this probability of a zone steer the fields."""
_TURNS: Final = tuple(np.arange(-4, 5) * 0.012)
"""Slopes tried beside the one that the directions give, which may be two degrees off; the sharpest is taken."""
_FINE: Final = 4
"""Curves tried to a row of cells."""
_TRIES: Final = ((1, 0.8), (2, 0.65), (3, 0.5))
"""A line is drawn closer in steps: the degree of its curve, and how far from the last one it is looked for, in letter
heights."""
_EDGE: Final = 0.5
"""The ends of lines are where the probability falls below this: the label that was learned is 1 inside, 0 outside."""
_SHORTEST: Final = 7.0
"""A line has at least as many letter heights of certain length: nine letters, as on Swiss driving licences."""
_APART: Final = 1.2
"""Lines stand at least this many letter heights apart (the standard's closest is 1.6)."""
_ZONE_GAP: Final = 3.6
"""Lines this many letter heights apart are of two zones (the standard's widest is 2.7)."""
_MOST_LINES: Final = 3
_POINTS: Final = 33
_AGREE: Final = 4.0
"""Lines of one zone whose ends differ by fewer letter heights end at one edge; more, and one line is truly shorter."""
_SAME: Final = 0.8
"""Ends that differ by fewer letter heights are the same edge, each measured where it is: better than a mean, as the
edge leans in perspective."""
_LENGTHS: Final = (24.0, 58.0)
"""Length of a line in letter heights that zones of 30 to 44 letters have, with room for wide and narrow print."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A zone in an upright cut."""

    lines: tuple[Band, ...]
    """Top to bottom, in pixels of the cut."""
    score: float
    upright: float
    """How sure it is that the cut shows the zone upright and not upside down, 0 to 1."""
    cramped: bool
    """Whether a line reaches the left or right edge of the cut."""


@dataclass(slots=True)
class _Line:
    """A line on the way: a curve for each column of cells, and its ends in cells."""

    rows: Array
    present: Array
    ends: tuple[float, float]
    strength: float


@dataclass(frozen=True, slots=True)
class _Fields:
    """What the network says about a cut, made smooth; x and y in cells, y from the middle."""

    slope: Array
    """Of the lines: c @ (1, x, x^2); how it changes from line to line is left to their tracing."""
    cap: Array
    """Capitals' height in cells: c @ (1, x, y)."""
    lean: Array
    """Of the letters' feet to the right, for one cell down: c @ (1, x)."""


def trace(maps: Array) -> list[Traced]:
    """Return the zones in the maps of an upright cut (9, h, w), top to bottom; more than one if they lie close."""
    inside = maps[1] > _INSIDE
    if int(inside.sum()) < 12:
        return []
    fields = _fitted(maps, inside)
    lines = _lines(maps, fields)
    return [_zone(maps, group, fields, inside) for group in _groups(lines, fields) if group]


def _lines(maps: Array, fields: _Fields) -> list[_Line]:
    """Return the text lines, those of most certainty first.

    The clearest line is followed by itself; the others are sought along curves parallel to it.
    """
    slope = _powers(np.arange(maps.shape[2], dtype=np.float64), 2) @ fields.slope
    slope = max((slope + turn for turn in _TURNS), key=lambda each: _sharpness(maps, each))
    first = next(iter(_sought(maps, fields, slope)), None)
    if first is None:
        return []
    slope = np.gradient(first.rows)
    kept: list[_Line] = []
    for line in _sought(maps, fields, slope):
        if not any(_meet(line, other, fields) for other in kept):
            kept.append(line)
    return kept


def _sought(maps: Array, fields: _Fields, slope: Array) -> Iterator[_Line]:
    """Yield lines that run about along the slope in each column, the strongest first."""
    for rows in _curves(maps, fields, slope):
        line = _refined(maps[0], rows, fields)
        if line is not None:
            yield line


def _meet(one: _Line, other: _Line, fields: _Fields) -> bool:
    """Return whether two lines come too near each other to be two."""
    span = slice(int(max(one.ends[0], other.ends[0], 0)), int(min(one.ends[1], other.ends[1])) + 1)
    gaps = np.abs(one.rows[span] - other.rows[span])
    if gaps.size == 0:
        return False
    x = np.arange(len(one.rows), dtype=np.float64)[span]
    return bool((gaps < _APART * _caps(fields, x, np.zeros_like(x))).any())


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
        normal += np.eye(len(normal)) * (1e-3 * each.sum())
        normal[0, 0] -= 1e-3 * each.sum()
        solution = np.linalg.solve(normal, (scaled * each[:, None]).T @ values)
        off = np.abs(values - scaled @ solution)
        each = weights / (1 + (off / (np.median(off) * 2 + 1e-6)) ** 2)
    return np.asarray(solution / scale)


def _fitted(maps: Array, inside: Array) -> _Fields:
    """Fit smooth fields to direction, size and lean within the zone."""
    rows, columns = np.nonzero(inside)
    y, x = rows - maps.shape[1] / 2, columns.astype(np.float64)
    weights = maps[1][inside].astype(np.float64)
    steep = np.tan(0.5 * np.arctan2(maps[3][inside], np.maximum(maps[2][inside], -0.5)))
    # Stems stand near 90 degrees: their doubled angle is taken from 180.
    lean = -np.tan(0.5 * np.arctan2(-maps[5][inside], np.maximum(-maps[4][inside], -0.5)))
    cap = np.exp2(maps[6][inside]) * 16 / STRIDE
    return _Fields(
        _solve(_powers(x, 2), steep, weights),
        _solve(_plane(x, y), cap, weights),
        _solve(_powers(x, 1), lean, weights),
    )


def _caps(fields: _Fields, x: Array, y: Array) -> Array:
    """Return capitals' heights in cells at places."""
    return np.asarray(np.maximum(_plane(x, y) @ fields.cap, 1.0))


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


def _sharpness(maps: Array, slope: Array) -> float:
    """Return how well curves of this slope run along lines and not across them."""
    return float((_profile(maps, slope)[1] ** 2).sum())


def _curves(maps: Array, fields: _Fields, slope: Array) -> list[Array]:
    """Return the curves where lines are, the strongest first."""
    rows, strength = _profile(maps, slope)
    middle = np.array([maps.shape[2] / 2])
    cap = float(_caps(fields, middle, np.zeros(1))[0])
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


def _refined(core: Array, rows: Array, fields: _Fields) -> _Line | None:
    """Return a line drawn through the middle of what is seen near its curve, with its ends; None if too short."""
    height, width = core.shape
    x = np.arange(width, dtype=np.float64)
    cap = _caps(fields, x, rows - height / 2)
    present, ends = np.zeros(width), (0, 0)
    for degree, reach in _TRIES:
        offsets = np.linspace(-reach, reach, 11)
        places = rows[None] + offsets[:, None] * cap[None]
        columns = np.broadcast_to(x.astype(np.float32), places.shape).copy()
        seen = cv2.remap(core, columns, places.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        weight = seen.sum(axis=0)
        shift = (seen * offsets[:, None]).sum(axis=0) / np.maximum(weight, 1e-6) * cap
        present = np.sort(seen, axis=0)[-3:].mean(axis=0)
        ends = _stretch(present - _EDGE)
        if ends[1] - ends[0] < _SHORTEST * float(cap.mean()):
            return None
        span = slice(ends[0], ends[1] + 1)
        middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2 + 1
        basis = _powers(np.clip((x - middle) / half, -1, 1), degree)
        rows = rows + basis @ _solve(basis[span], shift[span], weight[span] + 1e-6)
    left, right = _sharpened(present, ends)
    return _Line(rows, present, (left, right), float(present[span].mean()))


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


def _groups(lines: list[_Line], fields: _Fields) -> list[list[_Line]]:
    """Return lines, top to bottom, as zones: neighbours belong together unless they are too far apart."""
    groups: list[list[_Line]] = []
    for line in sorted(lines, key=lambda line: float(line.rows.mean())):
        if groups and _neighbours(groups[-1][-1], line, fields):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_three(group) for group in groups]


def _neighbours(one: _Line, other: _Line, fields: _Fields) -> bool:
    middle = sum(one.ends + other.ends) / 4
    column = int(np.clip(middle, 0, len(one.rows) - 1))
    cap = float(_caps(fields, np.array([middle]), np.array([0.0]))[0])
    shared = min(one.ends[1], other.ends[1]) - max(one.ends[0], other.ends[0])
    return bool(other.rows[column] - one.rows[column] < _ZONE_GAP * cap and shared > 0)


def _three(group: list[_Line]) -> list[_Line]:
    """Return at most three lines that follow one another: the strongest run."""
    if len(group) <= _MOST_LINES:
        return group
    runs = [group[start : start + _MOST_LINES] for start in range(len(group) - _MOST_LINES + 1)]
    return max(runs, key=lambda run: sum(line.strength * (line.ends[1] - line.ends[0]) for line in run))


def _zone(maps: Array, lines: list[_Line], fields: _Fields, inside: Array) -> Traced:
    """Return the lines as bands in pixels, ended at common edges."""
    height, width = inside.shape
    ends = _common_ends(lines, fields, height)
    bands = tuple(_band(line, end, fields, height) for line, end in zip(lines, ends, strict=True))
    score = _score(lines, bands)
    # The vector of the way is as long as the network is sure of it: it was learned by least squares.
    ahead = float(np.average(maps[7][inside], weights=maps[1][inside]))
    upright = 0.5 + 0.5 * float(np.clip(ahead, -1, 1))
    cramped = any(left < 1 or right > width - 2 for left, right in ends)
    return Traced(bands, score, upright, cramped)


def _common_ends(lines: list[_Line], fields: _Fields, height: int) -> list[tuple[float, float]]:
    """Return each line's ends; those that miss the edge that the zone's lines share are drawn to it."""
    result = [list(line.ends) for line in lines]
    for side in (0, 1):
        rows = np.array([line.rows[int(np.clip(line.ends[side], 0, len(line.rows) - 1))] for line in lines])
        cap = float(_caps(fields, np.array([lines[0].ends[side]]), np.array([0.0]))[0])
        lean = float(_powers(np.array([lines[0].ends[side]]), 1)[0] @ fields.lean)
        places = np.array([line.ends[side] for line in lines])
        if len(lines) == _MOST_LINES and abs(places[1] - np.interp(rows[1], rows[::2], places[::2])) < 0.25 * cap:
            continue  # three ends on a straight edge are right, however it leans
        straight = places - lean * (rows - height / 2)
        edge = _edge(straight, side, cap)
        off = np.abs(straight - edge) / cap
        for place in np.flatnonzero((off > _SAME) & (off < _AGREE)):
            result[place][side] = edge + lean * (rows[place] - height / 2)
    return [(float(left), float(right)) for left, right in result]


def _edge(places: Array, side: int, cap: float) -> float:
    """Return where lines end on one side: where most of them do, else where the longest does."""
    votes = (np.abs(places[:, None] - places[None]) < _SAME * cap).sum(axis=1)
    outward = places if side else -places
    best = max(range(len(places)), key=lambda place: (votes[place] > 1, outward[place]))
    return float(places[np.abs(places - places[best]) < _SAME * cap].mean())


def _band(line: _Line, ends: tuple[float, float], fields: _Fields, height: int) -> Band:
    """Return a line as a band in pixels of the cut."""
    x = np.linspace(ends[0], ends[1], _POINTS)
    columns = np.arange(len(line.rows))
    y = np.interp(x, columns, line.rows)
    down = np.stack([_powers(x, 1) @ fields.lean, np.ones_like(x)], axis=1)
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    caps = _caps(fields, x, y - height / 2)
    curve = np.stack([x, y], axis=1) * STRIDE + (STRIDE - 1) / 2
    return Band(curve.astype(np.float32), (caps * STRIDE).astype(np.float32), down.astype(np.float32))


def _score(lines: list[_Line], bands: tuple[Band, ...]) -> float:
    """Return how certain the lines are, less where they are too short or too long for a zone."""
    sure = float(np.mean([line.strength for line in lines]))
    length = max(band.length / band.height for band in bands)
    short, long = min(1.0, length / _LENGTHS[0]), min(1.0, _LENGTHS[1] / length)
    return float(np.clip(sure * short**2 * long**2, 0, 1))
