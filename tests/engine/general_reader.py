"""Zones from what a general reader of text saw: few alternatives, and look-alikes taken for one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from visionmq.engine.document.mrz.reading import ALPHABET, INDEX, Array, Cells, Given, even_centres
from visionmq.engine.document.mrz.search import DEFAULT, Rules, search
from visionmq.engine.document.mrz.zone import Zone

_PAIRS: Final = ("O0", "I1", "B8", "S5", "Z2", "G6", "Q0", "D0", "QO", "DO", "1L", "MN", "VY", "KX")
_FILLERS: Final = "CKEL"
"""Fillers are taken for these; the reverse is rare."""
_LEAK: Final = 1e-3
"""How often a general reader takes a character for its look-alike without saying so."""
_SEEN: Final = 0.5
_ALIEN: Final = 0.02
"""Of what is left of a character that was seen: most of it is for letters that no zone has."""


def _confusions() -> Array:
    table = np.eye(len(ALPHABET))
    for first, second in _PAIRS:
        table[INDEX[first], INDEX[second]] = table[INDEX[second], INDEX[first]] = _LEAK
    for letter in _FILLERS:
        table[INDEX[letter], INDEX["<"]] = _LEAK
    return np.asarray(table / table.sum(axis=1, keepdims=True))


CONFUSIONS: Final = _confusions()
"""(37, 37): the probability of what is printed, by what was read."""


@dataclass(frozen=True, slots=True)
class Char:
    """One character as a general reader saw it, with the probabilities of what it may be."""

    read: str
    odds: Mapping[str, float]


def plain(text: str) -> list[Char]:
    """Return a line that was read without doubt."""
    return [Char(character, {character: 1.0}) for character in text]


def seen(line: Sequence[Char]) -> Cells:
    """Return a general reader's characters as cells; what is left of the odds of one that was not seen is spread evenly."""
    odds = np.zeros((len(line), len(ALPHABET)))
    for index, char in enumerate(line):
        for character, chance in char.odds.items():
            if character in INDEX:
                odds[index, INDEX[character]] += chance
    left = np.maximum(1 - odds.sum(axis=1, keepdims=True), 0.0)
    odds += np.where(odds.max(axis=1, keepdims=True) > _SEEN, _ALIEN, 1.0) * left / len(ALPHABET)
    odds = odds @ CONFUSIONS
    return Cells((odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), 0.0, even_centres(len(line)))


def parse(lines: Sequence[Sequence[Char]], rules: Rules = DEFAULT) -> Zone | None:
    """Return the best reading of all lines together; None if no layout fits."""
    zones = [zone for zone in search([Given(seen(line)) for line in lines], rules) if len(zone.picked) == len(lines)]
    return zones[0] if zones else None
