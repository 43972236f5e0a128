"""Tracing: the lines of a zone as bands, with the edges that they share, from the network's maps of an upright cut."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.curves import STRIDE, Fields, TextLine, caps_at, fitted, leans_at, text_lines

Array: TypeAlias = np.ndarray[Any, Any]

_INSIDE: Final = 0.35
"""Cells over this probability of a zone steer the fields."""
_PART: Final = 0.25
_FEWEST: Final = 12
"""Cells of a zone, at least."""
_ZONE_GAP: Final = 3.6
"""Lines this many letter heights apart are of two zones (the standard's widest is 2.7)."""
_MOST_LINES: Final = 3
_POINTS: Final = 33
_AGREE: Final = 4.0
_BLANK: Final = 0.05
"""Lines of one zone whose ends differ by fewer letter heights end at one edge. If by more, the shorter is drawn out
only where the mean probability of a line is over `_BLANK`: a Swiss licence's first line is truly shorter."""
_SAME: Final = 0.8
"""Ends that differ by fewer letter heights are the same edge, each measured where it is: better than a mean, as the
edge leans in perspective."""
_UNEVEN: Final = 1.2
"""The largest letters of a zone are at most this much higher than the smallest: perspective makes 1.1 of it."""
_LENGTHS: Final = (25.0, 58.0)
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


def trace(maps: Array) -> list[Traced]:
    """Return the zones in the maps of an upright cut (9, h, w), top to bottom; more than one if they lie close."""
    inside = _main_parts(maps[1] > _INSIDE)
    if int(inside.sum()) < _FEWEST:
        return []
    fields = fitted(maps, inside)
    lines = text_lines(maps, fields)
    return [_zone(maps, group, fields, inside) for group in _groups(lines, fields) if group]


def _main_parts(inside: Array) -> Array:
    """Return a mask without the parts that are small beside its largest: they are other print, and lie otherwise."""
    count, marks, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=8)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    if len(areas) == 0:
        return inside
    return np.asarray(np.isin(marks, np.flatnonzero(areas > _PART * areas.max()) + 1))


def _groups(lines: list[TextLine], fields: Fields) -> list[list[TextLine]]:
    """Return lines, top to bottom, as zones: neighbours belong together unless they are too far apart."""
    groups: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: float(line.rows.mean())):
        if groups and _neighbours(groups[-1][-1], line, fields):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_three(group) for group in groups]


def _neighbours(one: TextLine, other: TextLine, fields: Fields) -> bool:
    middle = sum(one.ends + other.ends) / 4
    column = int(np.clip(middle, 0, len(one.rows) - 1))
    cap = float(caps_at(fields, np.array([middle]), np.array([0.0]))[0])
    shared = min(one.ends[1], other.ends[1]) - max(one.ends[0], other.ends[0])
    return bool(other.rows[column] - one.rows[column] < _ZONE_GAP * cap and shared > 0)


def _three(group: list[TextLine]) -> list[TextLine]:
    """Return at most three lines that follow one another: the strongest run."""
    if len(group) <= _MOST_LINES:
        return group
    runs = [group[start : start + _MOST_LINES] for start in range(len(group) - _MOST_LINES + 1)]
    return max(runs, key=lambda run: sum(line.strength * (line.ends[1] - line.ends[0]) for line in run))


def _zone(maps: Array, lines: list[TextLine], fields: Fields, inside: Array) -> Traced:
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


def _common_ends(lines: list[TextLine], fields: Fields, height: int) -> list[tuple[float, float]]:
    """Return each line's ends; those that miss the edge that the zone's lines share are drawn to it."""
    result = [list(line.ends) for line in lines]
    for side in (0, 1):
        rows = np.array([line.rows[int(np.clip(line.ends[side], 0, len(line.rows) - 1))] for line in lines])
        cap = float(caps_at(fields, np.array([lines[0].ends[side]]), np.array([0.0]))[0])
        lean = float(leans_at(fields, np.array([lines[0].ends[side]]))[0])
        places = np.array([line.ends[side] for line in lines])
        if len(lines) == _MOST_LINES and abs(places[1] - np.interp(rows[1], rows[::2], places[::2])) < 0.25 * cap:
            continue  # three ends on a straight edge are right, however it leans
        straight = places - lean * (rows - height / 2)
        edge = _edge(straight, side, cap)
        off = np.abs(straight - edge) / cap
        for place in np.flatnonzero(off > _SAME):
            end = edge + lean * (rows[place] - height / 2)
            if off[place] < _AGREE or _trace_of_print(lines[place], end, side):
                result[place][side] = end
    return [(float(left), float(right)) for left, right in result]


def _trace_of_print(line: TextLine, end: float, side: int) -> bool:
    """Return whether something is seen between a line's end and one further out."""
    places = sorted(
        (int(np.clip(end, 0, len(line.present) - 1)), int(np.clip(line.ends[side], 0, len(line.present) - 1)))
    )
    return float(line.present[slice(*places)].mean()) > _BLANK if places[1] > places[0] else False


def _edge(places: Array, side: int, cap: float) -> float:
    """Return where lines end on one side: where most of them do, else where the longest does."""
    votes = (np.abs(places[:, None] - places[None]) < _SAME * cap).sum(axis=1)
    outward = places if side else -places
    best = max(range(len(places)), key=lambda place: (votes[place] > 1, outward[place]))
    return float(places[np.abs(places - places[best]) < _SAME * cap].mean())


def _band(line: TextLine, ends: tuple[float, float], fields: Fields, height: int) -> Band:
    """Return a line as a band in pixels of the cut."""
    x = np.linspace(ends[0], ends[1], _POINTS)
    columns = np.arange(len(line.rows))
    y = np.interp(x, columns, line.rows)
    down = np.stack([leans_at(fields, x), np.ones_like(x)], axis=1)
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    caps = caps_at(fields, x, y - height / 2)
    curve = np.stack([x, y], axis=1) * STRIDE + (STRIDE - 1) / 2
    return Band(curve.astype(np.float32), (caps * STRIDE).astype(np.float32), down.astype(np.float32))


def _score(lines: list[TextLine], bands: tuple[Band, ...]) -> float:
    """Return how certain the lines are, less where they are too short, long or unlike for a zone."""
    sure = float(np.mean([line.strength for line in lines]))
    length = max(band.length / band.height for band in bands)
    short, long = min(1.0, length / _LENGTHS[0]), min(1.0, _LENGTHS[1] / length)
    heights = [band.height for band in bands]
    even = min(1.0, _UNEVEN * min(heights) / max(heights))
    return float(np.clip(sure * short**3 * long**2 * even**3, 0, 1))
