"""A zone as it was read: texts, what the digits say of them, and how far each part may be trusted."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from visionmq.engine.document.mrz.layout_parts import Layout, Span
from visionmq.engine.document.mrz.reading import ALPHABET, Array
from visionmq.schemas.document.fields import Alternative, CheckDigit, Edit

UNKNOWN: Final = "?"
"""Stands in an edit where nothing could be seen of a character."""
LEAST_ALTERNATIVE: Final = 0.01
"""Probability above which another character is named."""


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
    continued: int = 0
    """Characters of the optional data that belong to a long number, its check digit included (TD1, TD2)."""
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

    def number(self) -> str:
        """Return the document's number as printed, with what of it stands in the optional data."""
        spans = {span.name: span for span in self.layout.spans}
        text = self.text(spans["number"]) if "number" in spans else ""
        return text + self.text(spans["optional_data"])[: self.continued - 1] if self.continued else text

    def optional(self) -> str:
        """Return the (first) optional data without what belongs to a long number."""
        spans = {span.name: span for span in self.layout.spans}
        return self.text(spans["optional_data"])[self.continued :] if "optional_data" in spans else ""

    def all_passed(self) -> bool:
        """Whether no check digit failed and at least one was there."""
        states = [*self.checks.values(), self.composite]
        return CheckDigit.FAILED not in states and CheckDigit.PASSED in states

    def score(self) -> tuple[int, int, float]:
        """Order readings of one picture: digits that pass, those that fail, then the evidence."""
        states = [*self.checks.values(), self.composite]
        return states.count(CheckDigit.PASSED), -states.count(CheckDigit.FAILED), self.evidence

    def probability(self, line: int, start: int, end: int) -> float:
        """Return the probability that these characters are right: the product of each one's posterior.

        Exact where they are independent; for a span with a check digit `posterior` is the better figure.
        """
        rows = self.marginals[line][start:end]
        taken = [ALPHABET.index(character) for character in self.texts[line][start:end]]
        return float(np.prod(rows[np.arange(len(taken)), taken])) if taken else 1.0
