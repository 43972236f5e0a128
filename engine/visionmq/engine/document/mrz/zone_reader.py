"""From pictures to zones: find, straighten, read, search; several pictures share each call of the recogniser.

Pictures go through the same attempts, cheapest first, and leave as soon as one has given a sound zone: as found, the
other way up, read again from strips laid a little differently, and last what the general detector finds.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.detector import Detector, ZoneCandidate, find_zones
from visionmq.engine.document.mrz.reading import Array, Cells, Line
from visionmq.engine.document.mrz.recogniser import Lettering, Recogniser
from visionmq.engine.document.mrz.search import Rules, search
from visionmq.engine.document.mrz.second_look import more_zones
from visionmq.engine.document.mrz.zone import Zone
from visionmq.engine.document.ocr import Reader
from visionmq.engine.picture import Pixels

_CANDIDATES: Final = 3
"""Most places of a picture that are read."""
_CLEAR: Final = 0.35
"""Share of a line covered by upright letters below which it is not worth a search; upside down it is about 0.1."""
_LONE: Final = 0.3
"""Least joint probability of a zone of one line: the digits of bank cards come near one, real ones are read surely."""
_EVEN: Final = 0.93
"""Lines of a zone shorter than this share of its longest may have been found in part only."""
_DIRECTED: Final = 0.98
"""How sure the detector must be of which way a zone stands, for the other way not to be tried."""
_SURELY: Final = 60.0
"""Evidence of a zone from which it is one, whatever its digits say: real ones have 85 and more (dev set), texts that
are none stay below 12."""
_SOUND: Final = 0.9
"""Joint probability from which a zone is not read again from other strips."""
_LEAST: Final = 1e-9
_LAYINGS: Final = ((1.0, -0.07), (1.0, 0.07), (0.9, 0.0), (1.1, 0.0))
"""Heights, and shifts across in heights, of the strips that a doubtful zone is read from again."""


@dataclass(frozen=True, slots=True)
class ZoneReading:
    """A zone and where each of its lines lies, the first line first."""

    zone: Zone
    bands: tuple[Band, ...]
    lines: tuple[Line, ...]
    """What the recogniser said of each."""

    @property
    def rank(self) -> tuple[bool, float]:
        """What the readings of one picture are ordered by: digits, then what is known of texts and of places."""
        zone = self.zone
        found = [line.cells(len(text)) for line, text in zip(self.lines, zone.texts, strict=True)]
        fits = sum(cells.fit * len(cells.odds) for cells in found if cells is not None)
        return zone.all_passed(), zone.evidence + math.log(max(zone.joint, _LEAST)) + fits


@dataclass(frozen=True, slots=True)
class _Blend:
    """A line read from several strips: the likelihoods of all, tempered because they err alike."""

    parts: Sequence[Lettering]

    def cells(self, length: int) -> Cells | None:
        found = [cells for part in self.parts if (cells := part.cells(length)) is not None]
        if not found:
            return None
        odds = np.exp(np.mean([np.log(cells.odds + 1e-9) for cells in found], axis=0))
        best = max(found, key=lambda cells: cells.fit)
        return Cells((odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), best.fit, best.centres)


@dataclass(slots=True)
class _Case:
    """One picture on its way through the attempts."""

    gray: Array
    attempts: Iterator[list[ZoneCandidate]]
    readings: list[ZoneReading] = field(default_factory=list)
    pending: list[ZoneCandidate] = field(default_factory=list)

    def best(self) -> ZoneReading | None:
        return max(self.readings, key=lambda reading: reading.rank, default=None)


class ZoneReader:
    """Finds and reads the zones of pictures."""

    def __init__(self, detector: Detector, recogniser: Recogniser, text: Reader) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._text = text

    def read(self, pictures: Sequence[Pixels], rules: Rules) -> list[list[ZoneReading]]:
        """Return for each BGR picture its zones, the best first; an empty list where there is none."""
        cases = [self._case(pixels) for pixels in pictures]
        while open_cases := [case for case in cases if self._next(case)]:
            self._read(open_cases, rules)
        return [self._finish(case, rules) for case in cases]

    def _case(self, pixels: Pixels) -> _Case:
        return _Case(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), self._attempts(pixels))

    def _attempts(self, pixels: Pixels) -> Iterator[list[ZoneCandidate]]:
        found = find_zones(self._detector, pixels)[:_CANDIDATES]
        found += [even for zone in found if (even := evened(zone)) is not None]
        yield found
        yield [zone.turned() for zone in found if zone.direction < _DIRECTED]
        more = more_zones(self._text, pixels)
        yield more
        yield [zone.turned() for zone in more]

    def _next(self, case: _Case) -> bool:
        """Take the next attempt that has something to read; False when there is none, or none is needed."""
        if any(reading.zone.all_passed() or reading.zone.evidence > _SURELY for reading in case.readings):
            return False
        case.pending = next((attempt for attempt in case.attempts if attempt), [])
        return bool(case.pending)

    def _read(self, cases: Sequence[_Case], rules: Rules) -> None:
        strips = [strip for case in cases for zone in case.pending for strip in self._strips(case, zone.lines)]
        letterings = iter(self._recogniser.read_strips(strips))
        for case in cases:
            for candidate in case.pending:
                lines = [next(letterings) for _ in candidate.lines]
                if max(line.clearness() for line in lines) >= _CLEAR:
                    case.readings += _readings(lines, candidate.lines, rules)

    def _strips(self, case: _Case, bands: Sequence[Band]) -> list[Array]:
        return self._recogniser.strips(case.gray, bands)

    def _finish(self, case: _Case, rules: Rules) -> list[ZoneReading]:
        """Return the readings, best first; the best is read again from other strips if it is not sound."""
        best = case.best()
        if best is None:
            return []
        if not (best.zone.all_passed() and best.zone.joint >= _SOUND):
            case.readings += self._again(case, best, rules)
        return sorted(case.readings, key=lambda reading: reading.rank, reverse=True)

    def _again(self, case: _Case, reading: ZoneReading, rules: Rules) -> list[ZoneReading]:
        laid = [[_laid(band, *laying) for laying in ((1.0, 0.0), *_LAYINGS)] for band in reading.bands]
        letterings = iter(self._recogniser.read_strips([s for bands in laid for s in self._strips(case, bands)]))
        lines = [_Blend([next(letterings) for _ in bands]) for bands in laid]
        return _readings(lines, reading.bands, rules)


def _readings(lines: Sequence[Line], bands: Sequence[Band], rules: Rules) -> list[ZoneReading]:
    return [
        ZoneReading(zone, tuple(bands[index] for index in zone.picked), tuple(lines[index] for index in zone.picked))
        for zone in search(lines, rules)
        if zone.layout.lines > 1 or zone.joint >= _LONE
    ]


def evened(zone: ZoneCandidate) -> ZoneCandidate | None:
    """Return the zone with lines that were found too short drawn out to its edges; None if there are none."""
    longest = max(zone.lines, key=lambda band: band.length)
    short = [band.length < _EVEN * longest.length for band in zone.lines]
    lines = [_drawn_out(band, longest) if cut else band for band, cut in zip(zone.lines, short, strict=True)]
    return replace(zone, lines=tuple(lines)) if any(short) else None


def _drawn_out(band: Band, longest: Band) -> Band:
    """Return a band that begins and ends beside those of the longest, straight on from where it lies."""
    start, end = band.curve[0].astype(np.float64), band.curve[-1].astype(np.float64)
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    first, last = (float((edge - start) @ along) for edge in (longest.curve[0], longest.curve[-1]))
    curve = start + np.linspace(first, last, len(longest.curve))[:, None] * along
    return Band(curve.astype(np.float32), np.full(len(curve), band.height, np.float32))


def _laid(band: Band, height: float, shift: float) -> Band:
    moved = band.curve + band.down() * (shift * band.heights)[:, None]
    return replace(band, curve=moved.astype(np.float32), heights=(band.heights * height).astype(np.float32))
