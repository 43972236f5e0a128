"""How large documents are and where their zones stand on them, and what that tells of a page in a picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.layouts import Layout

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
_OWN_SPACING: Final = 0.2
"""Share by which the lines' distance must differ from the standard's to be believed; heights are found to a tenth."""


def place_of(layout: Layout) -> Place:
    """Return where the zone of a layout stands; a layout not known here counts by its lines and length."""
    if layout.doc_type in _PLACES:
        return _PLACES[layout.doc_type]
    if layout.lines == 3 or layout.length <= 30:
        return _TD1 if layout.lines == 3 else Place(85.6, 53.98, 4.8, (6.1,) * layout.lines)
    return _TD3 if layout.length >= 44 else _TD2


def page_size(layout: Layout) -> tuple[float, float]:
    """Return width and height of a layout's document in millimetres."""
    place = place_of(layout)
    return place.width, place.height


def as_printed(place: Place, bands: Sequence[Band]) -> Place:
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


def rectangle(place: Place) -> Array:
    """Return a document's corners in millimetres, top left first and clockwise."""
    return np.array([[0, 0], [place.width, 0], [place.width, place.height], [0, place.height]])


def through(matrix: Array, points: Array) -> Array:
    """Return points (n, 2) through a homography."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])
