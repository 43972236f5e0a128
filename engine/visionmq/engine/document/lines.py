"""Glyphs to lines of the right length: long runs of fillers are counted by their width, not one by one."""

import itertools
from collections.abc import Sequence
from statistics import median
from typing import Final

from visionmq.engine.document.general import Char
from visionmq.engine.document.layouts import FILLER
from visionmq.engine.document.ocr import ALPHABET, Glyph
from visionmq.engine.document.zone import UNKNOWN

_GAP: Final = 1.65
"""A step this many times the usual one has room for one more character."""
_MOST_ADDED: Final = 14
"""Fillers that may be added to one line; most recognisers lose some of a long run."""
_ADDED_ODDS: Final = 0.9
_SEEN: Final = 0.001
"""Odds below this are left out."""


def fit(glyphs: Sequence[Glyph], length: int) -> list[Char] | None:
    """Return exactly `length` characters, or None if the line cannot have had so many."""
    line = [_char(glyph) for glyph in glyphs]
    if len(line) < length:
        line = _fill_gaps(glyphs, line)
    if len(line) < length:
        line = _extend(line, length)
    if len(line) > length:
        line = _shorten(line, length)
    return line if len(line) == length else None


def _char(glyph: Glyph) -> Char:
    odds = {ALPHABET[index]: float(score) for index, score in enumerate(glyph.scores) if score > _SEEN}
    return Char(glyph.best, odds)


def _fill_gaps(glyphs: Sequence[Glyph], line: list[Char]) -> list[Char]:
    steps = [after.at - before.at for before, after in itertools.pairwise(glyphs)]
    if len(steps) < 8:
        return line
    pitch = median(steps)
    filled = [line[0]]
    for step, before, after in zip(steps, line, line[1:], strict=False):
        missing = round(step / pitch) - 1 if step > _GAP * pitch else 0
        between = FILLER if before.read == after.read == FILLER else UNKNOWN
        filled += [_added(between)] * missing
        filled.append(after)
    return filled


def _added(character: str) -> Char:
    return Char(character, {character: _ADDED_ODDS} if character == FILLER else {})


def _longest_run(line: Sequence[Char]) -> tuple[int, int]:
    """Return start and length of the longest run of fillers, the last of equals."""
    best, start = (0, 0), 0
    for index in range(len(line) + 1):
        if index < len(line) and line[index].read == FILLER:
            continue
        if index - start >= best[1] and index > start:
            best = (start, index - start)
        start = index + 1
    return best


def _extend(line: list[Char], length: int) -> list[Char]:
    start, run = _longest_run(line)
    missing = length - len(line)
    if run < 3 or missing > _MOST_ADDED:
        return line
    return line[: start + run] + [_added(FILLER)] * missing + line[start + run :]


def _shorten(line: list[Char], length: int) -> list[Char]:
    start, run = _longest_run(line)
    extra = len(line) - length
    if run < 3 + extra or extra > 3:
        return line
    return line[: start + run - extra] + line[start + run :]
