"""Reading a line that must be of a pattern: the most probable text that is, by prefix beam search over CTC's output.

The recogniser's alphabet is all scripts; a pattern settles most of its doubts (0 or O, 1 or I or l). Method: Graves
2012, section 7.5, with prefixes that the pattern's automaton cannot go on from left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from visionmq.engine.document.ocr import Array
from visionmq.engine.document.template.pattern import Pattern

_BEAM: Final = 20
"""Prefixes kept at a step; more changed no reading of the drawn cards."""
_LEAST: Final = 2e-3
"""A character below this probability starts no new prefix at a step."""
_GROUPS: Final = ("0OoQD", "1Il|i", "5Ss", "8B", "2Zz", "6Gb", "4A", "7T", "'’`´", "-–—−_", ".,")
_MISTAKEN: Final = 0.1
"""Part of a character's probability that a look-alike gets where the pattern forbids the character itself:
recognisers are surer of `0CT` for `OCT` than they should be."""


@dataclass(frozen=True, slots=True)
class Guided:
    """A text of the pattern."""

    text: str
    probability: float
    """That the line is this text, by the recogniser alone."""
    share: float
    """The same of all texts of the pattern: what it is if the line is of the pattern at all."""
    read: str
    """What the recogniser reads when it knows of no pattern."""


@dataclass(slots=True)
class _Prefix:
    """Where the pattern may be after a prefix, and the prefix's probability by whether a blank came last."""

    here: frozenset[int]
    blank: float = 0.0
    letter: float = 0.0

    @property
    def total(self) -> float:
        return self.blank + self.letter


_START: Final = -1


def read_pattern(characters: list[str], emissions: Array, pattern: Pattern) -> Guided | None:
    """Return the best text of a pattern in a line's emissions (as `Reader.emissions` gives them); None if none is."""
    alike = {character: _alike(character) for character in characters}
    beam = {"": _Prefix(frozenset([_START]), blank=1.0)}
    for step in emissions.tolist():
        likely = [(characters[at], value) for at, value in enumerate(step[1:]) if value > _LEAST]
        beam = _advanced(beam, step[0], likely, pattern, alike)
    whole: dict[str, float] = {}
    for text, prefix in beam.items():
        if _is_whole(prefix, pattern):
            plain = " ".join(text.split())
            whole[plain] = whole.get(plain, 0.0) + prefix.total
    if not whole:
        return None
    best = max(whole, key=whole.__getitem__)
    share = whole[best] / max(sum(whole.values()), 1e-300)
    return Guided(best, min(whole[best], 1.0), share, _greedy(characters, emissions))


def _greedy(characters: list[str], emissions: Array) -> str:
    """Return the likeliest path's text."""
    best = emissions.argmax(axis=1).tolist()
    runs = [at for at, before in zip(best, [0, *best], strict=False) if at != before]
    return " ".join("".join(characters[at - 1] for at in runs if at).split())


def _alike(character: str) -> set[str]:
    group = next((alike for alike in _GROUPS if character in alike), "")
    return {*group, character.swapcase()} - {character}


def _advanced(
    beam: dict[str, _Prefix],
    blank: float,
    likely: list[tuple[str, float]],
    pattern: Pattern,
    alike: dict[str, set[str]],
) -> dict[str, _Prefix]:
    grown: dict[str, _Prefix] = {}
    for text, prefix in beam.items():
        same = grown.setdefault(text, _Prefix(prefix.here))
        same.blank += prefix.total * blank
        for read, chance in likely:
            # The last character may be a look-alike that was taken for this one: it goes on without another penalty.
            goes_on = text[-1:] == read or text[-1:] in alike[read]
            if goes_on:
                same.letter += prefix.letter * chance
            weight = (prefix.blank if goes_on else prefix.total) * chance
            for taken, here, part in _next(prefix.here, read, pattern, alike[read]):
                longer = grown.setdefault(text + taken, _Prefix(here))
                longer.letter += weight * part
    kept = sorted(grown.items(), key=lambda item: -item[1].total)[:_BEAM]
    return dict(kept)


def _next(
    here: frozenset[int], read: str, pattern: Pattern, alike: set[str]
) -> Iterator[tuple[str, frozenset[int], float]]:
    """Yield what a character that was read may be after a prefix, where the pattern is then, and its weight."""
    if after := _after(here, read, pattern):
        yield read, after, 1.0
        return
    for other in sorted(alike):
        if after := _after(here, other, pattern):
            yield other, after, _MISTAKEN


def _after(here: frozenset[int], character: str, pattern: Pattern) -> frozenset[int]:
    reached = {after for at in here for after in (pattern.first if at == _START else pattern.follow[at])}
    return frozenset(at for at in reached if character in pattern.positions[at])


def _is_whole(prefix: _Prefix, pattern: Pattern) -> bool:
    return bool(prefix.here & pattern.last) or (pattern.empty and _START in prefix.here)
