"""The text of a template's zone: by its pattern where it has one, and how far it can be relied on."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from visionmq.engine.document.ocr import Reader
from visionmq.engine.document.template.guided import Guided, read_pattern
from visionmq.engine.document.template.pattern import Pattern
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

SURE: Final = 0.8
"""Least probability of a text without a pattern: of 400 drawn lines, clean to unreadable, no wrong one passes."""
SURE_SHARE: Final = 0.9
"""Least probability of a text among all of its pattern."""
LEAST_PROBABILITY: Final = 0.02
"""Least probability of such a text by the recogniser alone: below, what is printed is probably not of the pattern."""
_BLOWN: Final = 252
_MOST_BLOWN: Final = 0.06
"""Part of a strip's columns without a trace of anything: glare may have taken letters with it."""
_BESIDE: Final = 0.8
"""Heights of the strip that stay beside the text when it is cut closer: room for a letter that was missed."""
_LEAST_GAPS: Final = 3
_WIDE: Final = 1.65
_STEPS: Final = 2.5
"""A gap between letters this many times as wide as most, and wider by so many steps, is a space."""
_ROOM: Final = 0.8
"""A strip is cut closer if that leaves less than this part of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is taken."""

    text: str
    raw: str
    """As read without the pattern."""
    probability: float
    trouble: str | None
    """Why it may not be relied on; None if it may."""

    @property
    def repaired(self) -> bool:
        """Whether the pattern made another text of it; spaces do not count."""
        return self.raw.replace(" ", "") != self.text.replace(" ", "")


def read_line(strip: Pixels, ocr: Reader, pattern: Pattern | None) -> Line:
    """Return the text of a straight strip (BGR) that holds one line."""
    return _plain(strip, ocr) if pattern is None else _guided(strip, ocr, pattern)


def glare(strip: Pixels) -> str | None:
    """Return that light hides a part of a strip, if it does: a name may go on under it."""
    blown = (strip.min(axis=2) >= _BLOWN).all(axis=0)
    return "glare lies on it" if float(blown.mean()) > _MOST_BLOWN else None


def _plain(strip: Pixels, ocr: Reader) -> Line:
    text, probability = ocr.read_text(strip)
    return Line(text, text, probability, "not clear enough" if probability < SURE else None)


def _guided(strip: Pixels, ocr: Reader, pattern: Pattern) -> Line:
    characters, emissions = ocr.emissions(strip)
    found = read_pattern(characters, emissions, pattern)
    if found is None or found.probability < LEAST_PROBABILITY:
        text, probability = ocr.read_text(strip)
        return Line(text, text, min(probability, 0.5), "it does not look like what is to stand there")
    share = found.share
    if share < SURE_SHARE and (closer := _closer(strip, emissions)) is not None:
        share = max(share, _again(found, read_pattern(*ocr.emissions(closer), pattern)))
    trouble = "not clear enough" if share < SURE_SHARE else None
    if (spaced := _spaced(found.text, characters, emissions)) != found.text and pattern.matches(spaced):
        return Line(spaced, found.read, min(share, 0.5), "a space may be missing")
    return Line(found.text, found.read, share, trouble)


def _again(first: Guided, second: Guided | None) -> float:
    """Return the second reading's share if it says the same."""
    return second.share if second is not None and second.text == first.text else 0.0


def _spaced(text: str, characters: list[str], emissions: Array) -> str:
    """Return a text with a space wherever two of its letters stand much farther apart than most do."""
    letters = [0, *(0 if character.isspace() else 1 for character in characters)]
    best = emissions.argmax(axis=1)
    edges = np.flatnonzero(np.diff(best, prepend=-1, append=-1))
    centres = [(a + b) / 2 for a, b in pairwise(edges.tolist()) if letters[best[a]]]
    gaps = np.diff(centres)
    if len(gaps) < _LEAST_GAPS or len(centres) != len(text.replace(" ", "")):
        return text
    wide = gaps >= np.maximum(_WIDE * np.median(gaps), np.median(gaps) + _STEPS)
    words = iter([*(" " if gap else "" for gap in wide), ""])
    joined = "".join(character + next(words) for character in text if character != " ")
    return joined if len(joined) > len(text) else text


def _closer(strip: Pixels, emissions: Array) -> Pixels | None:
    """Return a strip cut to its text: where much is empty, recognisers imagine a last letter."""
    spoken = np.flatnonzero(emissions[:, 0] < 0.5)
    if len(spoken) == 0:
        return None
    width, beside = strip.shape[1], _BESIDE * strip.shape[0]
    first = max(0, round(spoken[0] / len(emissions) * width - beside))
    last = min(width, round((spoken[-1] + 1) / len(emissions) * width + beside))
    return np.ascontiguousarray(strip[:, first:last]) if last - first < _ROOM * width else None
