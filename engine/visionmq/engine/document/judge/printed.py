"""How the letters of a zone are printed: their typeface, their places and their proportions, measured on the picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.document.judge.typeface import CAP, SLACK, TALL, Typefaces, compare
from visionmq.engine.document.mrz.band import Band, straighten, strip_width
from visionmq.engine.document.mrz.reading import INDEX, even_centres

Array: TypeAlias = np.ndarray[Any, Any]

_PAD: Final = 10
_ROOM: Final = 44
_MOST: Final = 44
"""Letters that are compared; more do not change the mean by 0.01."""
_EACH: Final = 3
"""Of one character."""
_LEAST: Final = 8
"""Fewer letters than these say nothing."""
_LEAST_STRIP: Final = 6
"""Pixels a letter of a straightened line, below which it is no line of letters."""
_WIDEST: Final = 8000
"""Pixels of the longest straightened line: nine times what 44 letters take."""
_HEIGHTS: Final = (0.6, 1.6)
"""What a band's height may be wrong by; beyond, rows above or below were taken for letters."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What was measured on the letters of a zone."""

    likeness: dict[str, float]
    """Mean correlation with each face, -1 to 1."""
    letters: int
    """How many were compared."""
    height: float
    """Of a capital letter in pixels of the picture."""
    wander: float
    """Standard deviation of the letters from even places along the line, in pitches."""
    proportion: float
    """Height of a capital letter over the pitch."""
    spacing: float | None
    """From line to line over the pitch; None for one line."""
    indent: float
    """Largest distance between the beginnings of two lines, in pitches."""


def measure(
    faces: Typefaces, gray: Array, bands: Sequence[Band], texts: Sequence[str], centres: Sequence[Array]
) -> Printed | None:
    """Return what the letters of a zone look like; None where too few could be compared.

    `gray` is the picture, uint8; `texts` are the lines as read, `centres` the recogniser's (fractions of each band),
    empty if they are not known.
    """
    if any(
        not _LEAST_STRIP * len(text) < strip_width(band, CAP, 0) < _WIDEST
        for band, text in zip(bands, texts, strict=True)
    ):
        return None
    places = centres or [even_centres(len(text)) for text in texts]
    lines = [
        _Line.of(gray, band, text, np.asarray(centre, np.float64))
        for band, text, centre in zip(bands, texts, places, strict=True)
    ]
    picked = [(line, index) for number, line in enumerate(lines) for index in _picked(lines, number)]
    if len(picked) < _LEAST:
        return None
    upright = {id(line): line.upright() for line in lines}
    letters = [(upright[id(line)], float(line.centres[index]), line.text[index]) for line, index in picked]
    likeness, shifts = compare(faces, letters)
    pitch = float(np.mean([line.pitch for line in lines]))
    height = float(np.mean([line.band.height * (line.foot - line.head) / CAP for line in lines]))
    return Printed(
        likeness=likeness,
        letters=len(picked),
        height=round(height, 2),
        wander=round(_wander(picked, shifts), 4),
        proportion=round(height / pitch, 3),
        spacing=_spacing(lines, pitch),
        indent=_indent(lines, pitch),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """One line made straight: CAP pixels from letter to letter, its letters between the rows `head` and `foot`."""

    band: Band
    text: str
    centres: Array
    ink: Array
    """float32 (_ROOM, width), darker than the paper round it; the band's middle is its middle row."""
    head: float
    foot: float

    @classmethod
    def of(cls, gray: Array, band: Band, text: str, centres: Array) -> "_Line":
        strip = straighten(gray, band, _ROOM, CAP, _PAD)
        scale = len(text) * CAP / (strip.shape[1] - 2 * _PAD)
        size = (round(strip.shape[1] * scale), _ROOM)
        ink = _ink(cv2.resize(strip, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))
        edge = _PAD * scale
        head, foot = _extent(ink, [edge + c * len(text) * CAP for c, t in zip(centres, text, strict=True) if t != "<"])
        return cls(band, text, edge + centres * len(text) * CAP, ink, head, foot)

    @property
    def pitch(self) -> float:
        """From letter to letter in pixels of the picture."""
        step = (self.centres[-1] - self.centres[0]) / max(len(self.text) - 1, 1) / (len(self.text) * CAP)
        return float(step) * self.band.length

    def upright(self) -> Array:
        """Return the ink with its letters exactly CAP high, in the middle of TALL rows and slack around."""
        rows = TALL + 2 * SLACK[1]
        scale = CAP / max(self.foot - self.head, 1.0)
        middle = (self.head + self.foot) / 2
        matrix = np.array([[1, 0, 0], [0, scale, rows / 2 - 0.5 - (middle - 0.5) * scale]])
        return np.asarray(cv2.warpAffine(self.ink, matrix, (self.ink.shape[1], rows), borderMode=cv2.BORDER_REPLICATE))


def _ink(strip: Array) -> Array:
    paper = cv2.GaussianBlur(cv2.dilate(strip, np.ones((_ROOM // 2, CAP), np.uint8)), (0, 0), CAP / 3)
    return np.asarray(cv2.subtract(paper, strip), np.float32)


def _extent(ink: Array, places: Sequence[float]) -> tuple[float, float]:
    """Return the rows between which letters stand: half as dark as in their middle."""
    usual = (_ROOM - CAP) / 2, (_ROOM + CAP) / 2
    columns = [slice(max(0, round(x) - CAP // 3), round(x) + CAP // 3) for x in places]
    if not columns:
        return usual
    profile = np.mean([ink[:, column].mean(axis=1) for column in columns], axis=0)
    profile = profile - np.percentile(profile, 10)
    level = 0.5 * float(np.median(profile[round(usual[0]) + 4 : round(usual[1]) - 4]))
    head, foot = _crossing(profile, level, -1), _crossing(profile, level, 1)
    return (head, foot) if _HEIGHTS[0] < (foot - head) / CAP < _HEIGHTS[1] else usual


def _crossing(profile: Array, level: float, step: int) -> float:
    """Return where, from the middle on, the profile falls below a level and stays there two rows."""
    at = len(profile) // 2
    while 1 < at < len(profile) - 2 and max(profile[at + step], profile[at + 2 * step]) > level:
        at += step
    above, below = float(profile[at]), float(profile[at + step])
    share = (above - level) / max(above - below, 1e-6)
    return at + 0.5 + step * float(np.clip(share, 0, 1))


def _picked(lines: Sequence[_Line], number: int) -> list[int]:
    """Return which letters of a line are compared: not many of one kind, fillers last."""
    share = _MOST // len(lines)
    text = lines[number].text
    known = [index for index, character in enumerate(text) if character in INDEX]
    firsts = [index for index in known if text[:index].count(text[index]) < (_EACH if text[index] != "<" else 1)]
    return firsts[:share]


def _wander(picked: Sequence[tuple[_Line, int]], shifts: Array) -> float:
    """Return how far letters are from even places, in pitches; perspective bends the places by a parabola."""
    spread, count = 0.0, 0
    for line in {id(line): line for line, _ in picked}.values():
        rows = [row for row, (own, _) in enumerate(picked) if own is line]
        if len(rows) < _LEAST:
            continue
        indices = np.array([picked[row][1] for row in rows], np.float64)
        places = line.centres[indices.astype(int)] + shifts[rows]
        rest = places - np.polyval(np.polyfit(indices, places, 2), indices)
        spread, count = spread + float((rest**2).sum()), count + len(rows) - 3
    return float(np.sqrt(spread / count)) / CAP if count > 0 else 0.0


def _spacing(lines: Sequence[_Line], pitch: float) -> float | None:
    if len(lines) < 2:
        return None
    middles = [_middle(line) for line in lines]
    _, down = _axes(lines)
    gaps = [float((after - before) @ down) for before, after in pairwise(middles)]
    return round(float(np.mean(gaps)) / pitch, 3)


def _middle(line: _Line) -> Array:
    """Return the middle of a line as printed, in pixels of the picture."""
    corners = line.band.part(0.5, 0.5)
    share = ((line.head + line.foot) / 2 - _ROOM / 2) / CAP
    return np.asarray((corners[0] + corners[3]) / 2 + share * (corners[3] - corners[0]))


def _axes(lines: Sequence[_Line]) -> tuple[Array, Array]:
    along = np.sum([line.band.part(1, 1)[0] - line.band.part(0, 0)[0] for line in lines], axis=0)
    along /= np.linalg.norm(along)
    return along, np.array([-along[1], along[0]])


def _indent(lines: Sequence[_Line], pitch: float) -> float:
    along, _ = _axes(lines)
    starts = []
    for line in lines:
        inner = line.ink.shape[1] - 2 * (line.ink.shape[1] - len(line.text) * CAP) / 2
        first = float((line.centres[0] - (line.ink.shape[1] - inner) / 2) / inner)
        starts.append(float(line.band.part(first, first)[[0, 3]].mean(axis=0) @ along))
    return round((max(starts) - min(starts)) / pitch, 3)
