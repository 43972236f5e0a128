"""Finds the machine-readable zone among the lines of text of a picture, whichever way it is turned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

import numpy as np

from visionmq.engine.document.lines import fit
from visionmq.engine.document.ocr import Array, Box, Glyph, Reader, rectify
from visionmq.engine.document.general import parse
from visionmq.engine.document.zone import Zone
from visionmq.engine.picture import Pixels

_SLENDER: Final = 8.0
"""Length to height of the shortest zone line (TD1, 30 characters) is about 15; half of that leaves room."""
_MOST_READ: Final = 14
"""Lines read in each direction before giving up."""
_LEAST_GLYPHS: Final = 16
_MOST_LOST: Final = 4
"""The best read line of a zone lacks at most this many characters; else 36 could pass for 44."""
_FORMATS: Final = ((2, 44), (3, 30), (2, 36))


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of text that was read."""

    box: Box
    glyphs: list[Glyph]


@dataclass(frozen=True, slots=True)
class Finding:
    """A zone and where its lines are, the first line first."""

    zone: Zone
    boxes: list[Box]

    def quad(self) -> Array:
        """Return the corners of the whole zone: the reader's top left, top right, bottom right, bottom left."""
        first, last = self.boxes[0].corners(), self.boxes[-1].corners()
        return np.array([first[0], first[1], last[2], last[3]])


def find_zone(reader: Reader, pixels: Pixels) -> Finding | None:
    """Return the zone in a picture, or None."""
    found = reader.find(pixels)
    best = _best(reader, pixels, found)
    if best is None or best.zone.score()[0] == 0:
        joined = _best(reader, pixels, _joined(found))
        best = joined or best
    return best


def _best(reader: Reader, pixels: Pixels, boxes: Sequence[Box]) -> Finding | None:
    """Return the best zone among these boxes, read from either end."""
    slender = [box for box in boxes if box.length >= _SLENDER * box.height]
    slender = _aligned(sorted(slender, key=lambda box: -box.length / box.height)[:_MOST_READ])
    best: Finding | None = None
    for turn in (False, True):
        strips = [Strip(box, reader.read(rectify(pixels, box))) for box in _turn(slender, turn)]
        found = max(_findings(strips), key=lambda finding: finding.zone.score(), default=None)
        if found is not None and found.zone.score()[0] > 0:
            return found
        best = best or found
    return best


def _aligned(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes read the same way as the first: at the edge of the angles two lines may point apart."""
    return [box if abs((box.angle - boxes[0].angle + 180) % 360 - 180) <= 90 else box.turned() for box in boxes]


def _joined(boxes: Sequence[Box]) -> list[Box]:
    """Return lines that detection broke (glare, a fold, pale fillers), as one box each; others are left out."""
    rest = sorted((box for box in boxes if box.length > 2 * box.height), key=lambda box: -box.length)
    lines: list[Box] = []
    while rest:
        line, parts = rest.pop(0), 0
        for box in list(rest):
            if _continues(line, box):
                line, parts = _union(line, box), parts + 1
                rest.remove(box)
        if parts:
            lines.append(line)
    return lines


def _axes(box: Box) -> tuple[Array, Array]:
    angle = np.radians(box.angle)
    return np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])


def _continues(line: Box, box: Box) -> bool:
    along, down = _axes(line)
    shift = np.array([box.x - line.x, box.y - line.y])
    gap = abs(float(shift @ along)) - (line.length + box.length) / 2
    alike = abs(box.angle - line.angle) < 4 and 0.6 < box.height / line.height < 1.6
    return alike and abs(float(shift @ down)) < 0.5 * line.height and gap < 3 * line.height


def _union(line: Box, box: Box) -> Box:
    along, down = _axes(line)
    shift = np.array([box.x - line.x, box.y - line.y])
    centre = float(shift @ along)
    start = min(-line.length / 2, centre - box.length / 2)
    end = max(line.length / 2, centre + box.length / 2)
    middle = np.array([line.x, line.y]) + along * (start + end) / 2 + down * float(shift @ down) / 2
    return Box(float(middle[0]), float(middle[1]), end - start, max(line.height, box.height), line.angle)


def _turn(boxes: Sequence[Box], turn: bool) -> list[Box]:
    return [box.turned() for box in boxes] if turn else list(boxes)


def _findings(strips: Sequence[Strip]) -> Iterator[Finding]:
    likely = [strip for strip in strips if _is_likely(strip)]
    for count, length in _FORMATS:
        for group in combinations(likely, count):
            ordered = _ordered(group)
            if ordered is None or max(len(strip.glyphs) for strip in ordered) < length - _MOST_LOST:
                continue
            lines = [line for strip in ordered if (line := fit(strip.glyphs, length)) is not None]
            zone = parse(lines) if len(lines) == count else None
            if zone is not None:
                yield Finding(zone, [strip.box for strip in ordered])


def _is_likely(strip: Strip) -> bool:
    return len(strip.glyphs) >= _LEAST_GLYPHS and any(glyph.best == "<" for glyph in strip.glyphs)


def _ordered(group: Sequence[Strip]) -> list[Strip] | None:
    """Return the strips from top to bottom as read, or None if they are not lines of one block."""
    first = group[0].box
    angle = np.radians(first.angle)
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    offsets = []
    for strip in group:
        box = strip.box
        shift = np.array([box.x - first.x, box.y - first.y])
        if abs((box.angle - first.angle + 180) % 360 - 180) > 4 or not 0.8 < box.length / first.length < 1.25:
            return None
        if abs(float(shift @ along)) > 0.12 * first.length:
            return None
        offsets.append(float(shift @ down))
    height = float(np.mean([strip.box.height for strip in group]))
    order = sorted(range(len(group)), key=offsets.__getitem__)
    gaps = [offsets[after] - offsets[before] for before, after in pairwise(order)]
    if not all(0.5 * height < gap < 4 * height for gap in gaps):
        return None
    return [group[index] for index in order]
