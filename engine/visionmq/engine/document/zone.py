"""From characters as read to a zone: position rules, check digits and repairs; pure, no pictures.

A position takes only what the standard allows there. A failed check digit is repaired by one exchange of
look-alikes (O/0, I/1 ...), and only if exactly one exchange passes it and the composite digit passes too.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from visionmq.engine.document.layouts import FILLER, LAYOUTS, Kind, Layout, Span, check_digit, value_of
from visionmq.engine.document.reading import ALPHABET, Array
from visionmq.schemas.document import Alternative, CheckDigit, Edit

UNKNOWN: Final = "?"
"""Stands where geometry says that a character was not read."""

_PAIRS: Final = ("O0", "I1", "B8", "S5", "Z2", "G6", "Q0", "D0")
_LIKE: Final[dict[str, str]] = {}
for _letter, _digit in _PAIRS:
    _LIKE[_letter] = _LIKE.get(_letter, "") + _digit
    _LIKE[_digit] = _LIKE.get(_digit, "") + _letter

LEAST_ALTERNATIVE: Final = 0.01
"""Probability above which another character is named."""
_FLOOR: Final = 1e-4
"""Odds given to what the recogniser did not consider."""


@dataclass(frozen=True, slots=True)
class Char:
    """One character as read, with the probabilities of what it may be."""

    read: str
    odds: Mapping[str, float]

    def odds_of(self, character: str) -> float:
        """Return the probability of a character, never zero."""
        return max(self.odds.get(character, 0.0), _FLOOR)


Line = Sequence[Char]


def plain(text: str) -> list[Char]:
    """Return a line that was read without doubt."""
    return [Char(character, {character: 1.0}) for character in text]


@dataclass(frozen=True, slots=True)
class Reading:
    """Another legal reading of a span, and the probability that it is the right one."""

    text: str
    probability: float


@dataclass(slots=True)
class Zone:
    """The most probable legal reading of lines under one layout, and how far each part of it may be trusted.

    A span is named by `Span.name`; lines are counted from 0 within the layout.
    """

    layout: Layout
    chars: list[Line]
    texts: list[str]
    """One a line of the layout, each of the line's length."""
    edits: list[Edit] = field(default_factory=list)
    """Every character that was taken against the recogniser's first choice, with its cost in log odds."""
    checks: dict[str, CheckDigit] = field(default_factory=dict)
    """For each span with a check digit of its own, what that digit says of the texts as taken."""
    composite: CheckDigit = CheckDigit.ABSENT
    repaired: set[str] = field(default_factory=set)
    """Spans in which a character was exchanged for another that was allowed there too (mended by check digits)."""
    ambiguous: set[str] = field(default_factory=set)
    """Spans of which another legal reading is nearly as probable: never to be accepted. See `rivals`."""
    rivals: dict[str, tuple[Reading, ...]] = field(default_factory=dict)
    """For doubtful spans, the other legal readings, likeliest first."""
    exceptions: tuple[str, ...] = ()
    """Ids of what the document does against, or at the margin of, the standard (`exceptions.EXCEPTIONS`)."""
    refused: dict[str, str] = field(default_factory=dict)
    """Strict mode: spans that must not be accepted, each with the id of the exception that it makes use of."""
    chances: dict[str, float] = field(default_factory=dict)
    """Posterior probability of each span's text, given the picture and all the rules."""
    joint: float = 0.0
    """Posterior probability that every character of the zone is right."""
    marginals: list[Array] = field(default_factory=list)
    """For each line (L, 37): the posterior probability of each character of ALPHABET at each position."""
    picked: tuple[int, ...] = ()
    """Which of the lines given to the search are the zone's, by index."""
    centres: list[Array] = field(default_factory=list)
    """For each line (L,): where along the line each character's centre is, 0 to 1."""
    evidence: float = 0.0
    """Natural logarithm of how much better the layout explains the lines than chance does."""

    def posterior(self, span: Span) -> float:
        """Return the probability that a span's text is right, given the picture and the rules; calibrated."""
        if span.name in self.chances:
            return self.chances[span.name]
        return self.probability(span.line, span.start, span.end)

    def alternatives(self, line: int, start: int = 0, end: int | None = None) -> list[Alternative]:
        """Return what the characters of a part of a line may be instead, by position from `start`, likeliest first."""
        if not self.marginals:
            return []
        odds, text = self.marginals[line], self.texts[line]
        return [
            Alternative(index - start, ALPHABET[column], round(float(odds[index, column]), 4))
            for index in range(start, len(text) if end is None else end)
            for column in np.argsort(-odds[index], kind="stable")
            if odds[index, column] > LEAST_ALTERNATIVE and ALPHABET[column] != text[index]
        ]

    def text(self, span: Span) -> str:
        """Return a span's characters as taken."""
        return self.texts[span.line][span.start : span.end]

    def all_passed(self) -> bool:
        """Whether no check digit failed and at least one was there."""
        states = [*self.checks.values(), self.composite]
        return CheckDigit.FAILED not in states and CheckDigit.PASSED in states

    def score(self) -> tuple[int, int, int, int]:
        """Order readings of one picture: digits that pass, unread characters, ones that fail, edits."""
        states = [*self.checks.values(), self.composite]
        holes = sum(text.count(UNKNOWN) for text in self.texts)
        return states.count(CheckDigit.PASSED), -holes, -states.count(CheckDigit.FAILED), -len(self.edits)

    def probability(self, line: int, start: int, end: int) -> float:
        """Return the probability that these characters are right, given what may stand there."""
        product = 1.0
        for index in range(start, end):
            char, taken = self.chars[line][index], self.texts[line][index]
            allowed = allowed_at(self.layout, line, index).value
            total = sum(char.odds.get(character, 0.0) for character in allowed)
            product *= char.odds_of(taken) / max(total, char.odds_of(taken))
        return product


def allowed_at(layout: Layout, line: int, index: int) -> Kind:
    """Return which characters may stand at a position."""
    if layout.composite_at == (line, index):
        return Kind.CHECK
    for span in layout.spans:
        if span.line == line and span.start <= index < span.end:
            return span.kind
        if span.line == line and span.check == index:
            return span.check_kind
    return Kind.ANY


def parse(lines: Sequence[Line]) -> Zone | None:
    """Return the best reading of lines of 30, 36 or 44 characters; None if no layout fits."""
    zones = [_apply(layout, lines) for layout in LAYOUTS if _fits(layout, lines)]
    return max(zones, key=Zone.score, default=None)


def _fits(layout: Layout, lines: Sequence[Line]) -> bool:
    if len(lines) != layout.lines or any(len(line) != layout.length for line in lines):
        return False
    first = lines[0][0].read
    letters = {first, *_LIKE.get(first, "")}
    return bool(letters & set(layout.first)) and (
        not layout.prefix or _as_letters(lines[0][: len(layout.prefix)]) == layout.prefix
    )


def _as_letters(line: Line) -> str:
    return "".join(next((like for like in _LIKE.get(char.read, "") if like.isalpha()), char.read)
                   if char.read.isdigit() else char.read for char in line)  # fmt: skip


def _apply(layout: Layout, lines: Sequence[Line]) -> Zone:
    zone = Zone(layout, [list(line) for line in lines], ["".join(char.read for char in line) for line in lines])
    for number in range(layout.lines):
        for index in range(layout.length):
            _obey_position(zone, number, index)
    for span in layout.spans:
        _mend_check(zone, span)
    _judge(zone)
    return zone


def _obey_position(zone: Zone, line: int, index: int) -> None:
    char = zone.chars[line][index]
    allowed = allowed_at(zone.layout, line, index).value
    if char.read in allowed or char.read == UNKNOWN:
        return
    likes = [like for like in _LIKE.get(char.read, "") if like in allowed]
    if likes:
        _take(zone, line, index, max(likes, key=char.odds_of))


def _take(zone: Zone, line: int, index: int, taken: str) -> None:
    char = zone.chars[line][index]
    cost = math.log(char.odds_of(char.read) / char.odds_of(taken))
    zone.edits.append(Edit(index, line, char.read, taken, round(cost, 2)))
    text = zone.texts[line]
    zone.texts[line] = text[:index] + taken + text[index + 1 :]


def _mend_check(zone: Zone, span: Span) -> None:
    """Exchange one look-alike if exactly one exchange makes the span's own and the composite digit pass."""
    if span.check is None or _span_state(zone, span) is not CheckDigit.FAILED or zone.layout.composite_at is None:
        return
    found = list(_exchanges(zone, span))
    if len(found) == 1:
        _take(zone, span.line, *found[0])
        zone.repaired.add(span.name)


def _exchanges(zone: Zone, span: Span) -> Iterator[tuple[int, str]]:
    assert span.check is not None
    original = zone.texts[span.line]
    for index in (*range(span.start, span.end), span.check):
        allowed = allowed_at(zone.layout, span.line, index).value
        for like in _LIKE.get(original[index], ""):
            if like not in allowed:
                continue
            zone.texts[span.line] = original[:index] + like + original[index + 1 :]
            if _span_state(zone, span) is CheckDigit.PASSED and _composite_state(zone) is CheckDigit.PASSED:
                yield index, like
    zone.texts[span.line] = original


def _judge(zone: Zone) -> None:
    for span in zone.layout.spans:
        if span.check is not None:
            zone.checks[span.name] = _span_state(zone, span)
    zone.composite = _composite_state(zone)


def _span_state(zone: Zone, span: Span) -> CheckDigit:
    assert span.check is not None
    text, line = zone.text(span), zone.texts[span.line]
    digit = line[span.check]
    if span.name == "number" and digit == FILLER and span.check_kind is Kind.OPTIONAL_CHECK:
        # TD1: a number of more than nine characters goes on in the optional data, its digit last.
        more = line[span.check + 1 :].split(FILLER)[0]
        text, digit = text + more[:-1], more[-1:]
    elif span.check_kind is Kind.OPTIONAL_CHECK and digit == FILLER:
        return CheckDigit.ABSENT if not text.strip(FILLER) else CheckDigit.FAILED
    return _state(text, digit)


def _composite_state(zone: Zone) -> CheckDigit:
    if zone.layout.composite_at is None:
        return CheckDigit.ABSENT
    line, index = zone.layout.composite_at
    text = "".join(zone.texts[number][start:end] for number, start, end in zone.layout.composite)
    return _state(text, zone.texts[line][index])


def _state(text: str, digit: str) -> CheckDigit:
    if UNKNOWN in text or not digit.isdigit():
        return CheckDigit.FAILED
    return CheckDigit.PASSED if check_digit(text) == digit else CheckDigit.FAILED


def hidden_rivals(char: Char, taken: str, allowed: str) -> float:
    """Return the odds, relative to what was taken, of the likeliest character no check digit can tell from it.

    Characters whose values are equal modulo 10 look alike to every check digit: 6, G and Q, or 8, I and S.
    """
    rest = value_of(taken) % 10 if taken != UNKNOWN else -1
    rivals = (char.odds.get(c, 0.0) for c in allowed if c != taken and value_of(c) % 10 == rest)
    return max(rivals, default=0.0) / char.odds_of(taken)
