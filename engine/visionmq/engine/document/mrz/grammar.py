"""What may stand in a field, as small weighted automata: names, numbers, dates, codes.

A grammar has one `Level` a character: states that the character may be in, how likely each follows the one before
it, and what each prints. Weights are probabilities of what issuers print; each constant says how strong a belief it is.
What a grammar gives weight zero to is never read; what is only odd keeps a small weight, so that a clear reading wins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from visionmq.engine.document.mrz.layout_parts import FILLER, LETTERS
from visionmq.engine.document.mrz.letters import NEXT
from visionmq.engine.document.mrz.reading import ALPHABET, INDEX, Array

DIGITS: Final = "0123456789"

ODD_CODE: Final = 5e-3
"""A code of issuer or nationality that no list has: specimens and mistakes, about one document in two hundred."""
ODD_DATE: Final = 4e-3
"""A date that is no day of the calendar, at each of its parts."""
UNKNOWN_DATE: Final = 2e-3
"""A part of a date left open with fillers (Doc 9303-3, 4.8)."""
LATE_LETTER: Final = 5e-5
"""A letter after three fillers of a name, where nothing may follow."""
PARTED_NAMES: Final = 2e-3
"""Two fillers between given names, where the standard wants one."""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One character of a grammar."""

    moves: Array
    """(states before, states): how likely each state follows each one before."""
    prints: Array
    """(states, 37): how likely each state prints each character."""
    empty: int | None = None
    """The state in which nothing but fillers has been printed so far."""


Grammar: TypeAlias = tuple[Level, ...]
States: TypeAlias = Mapping[str, str]
"""For each state the characters that it prints, all alike."""
Moves: TypeAlias = Mapping[str, Mapping[str, float]]


def _prints(states: States) -> Array:
    table = np.zeros((len(states), len(ALPHABET)))
    for row, characters in enumerate(states.values()):
        for character in characters:
            table[row, INDEX[character]] = 1 / len(characters)
    return table


def _moves(before: Sequence[str], after: Sequence[str], moves: Moves) -> Array:
    return np.array([[moves.get(old, {}).get(new, 0.0) for new in after] for old in before])


def chain(length: int, states: States, moves: Moves, empty: str | None = None) -> Grammar:
    """Return a grammar of the same states throughout; `moves[""]` says where it begins."""
    names, prints = list(states), _prints(states)
    at = names.index(empty) if empty else None
    first = Level(_moves([""], names, moves), prints, at)
    later = Level(_moves(names, names, moves), prints, at)
    return (first, *[later] * (length - 1))


def choice(weights: Mapping[str, float], odd: float = 0.0, characters: str = LETTERS + FILLER) -> Grammar:
    """Return a grammar of given texts of one length, or with probability `odd` any of `characters`."""
    length, total = len(next(iter(weights))), sum(weights.values())
    before, levels = [""], []
    for end in range(1, length + 1):
        after = sorted({text[:end] for text in weights}) + ["*"] * (odd > 0)
        reach: dict[str, float] = {}
        for text, weight in weights.items():
            reach[text[:end]] = reach.get(text[:end], 0.0) + weight / total * (1 - odd)
        past = {text[: end - 1]: 0.0 for text in weights}
        for text, weight in reach.items():
            past[text[:-1]] += weight
        moves: dict[str, dict[str, float]] = {"*": {"*": 1.0}, "": {"*": odd}}
        for text, weight in reach.items():
            moves.setdefault(text[:-1], {})[text] = weight / (past[text[:-1]] if end > 1 else 1.0)
        prints = {text: characters if text == "*" else text[-1] for text in after}
        levels.append(Level(_moves(before, after, moves), _prints(prints)))
        before = after
    return tuple(levels)


def any_of(length: int, characters: str) -> Grammar:
    """Return a grammar that takes every text of some characters for equally likely."""
    return chain(length, {"any": characters}, {"": {"any": 1.0}, "any": {"any": 1.0}})


def _word(part: str, end: str) -> dict[str, dict[str, float]]:
    """Return how the letters of a word of the surname (`S`) or given names (`G`) follow, and what follows its end."""
    return {
        part + letter: {part + other: float(chance) for other, chance in zip(LETTERS, row, strict=False)}
        | {end: float(row[-1])}
        for letter, row in zip(LETTERS, NEXT, strict=False)
    }


def _begin(part: str, chance: float) -> dict[str, float]:
    """Return the states that a word begins with, with a probability shared among them."""
    return {part + letter: chance * float(share) for letter, share in zip(LETTERS, NEXT[-1], strict=False)}


def _spelt(part: str) -> dict[str, str]:
    return {part + letter: letter for letter in LETTERS}


_NAME_STATES: Final = _spelt("S") | {"s": FILLER, "b": FILLER} | _spelt("G") | {"g": FILLER, "d": FILLER, "e": FILLER}
"""Surname, filler in it, second filler, given names, filler in them, second one, padding."""
_NAME_MOVES: Final = {
    "": _begin("S", 0.99) | {"s": 0.005, "e": 0.005},
    **_word("S", "s"),
    "s": _begin("S", 0.20) | {"b": 0.80},
    "b": _begin("G", 0.95) | {"e": 0.05},
    **_word("G", "g"),
    "g": _begin("G", 0.55) | {"d": 0.45},
    "d": _begin("G", PARTED_NAMES) | {"e": 1 - PARTED_NAMES},
    "e": _begin("G", LATE_LETTER) | {"e": 1 - LATE_LETTER},
}


def names(length: int) -> Grammar:
    """Return the grammar of `SURNAME<<GIVEN<NAMES<<<<` (Doc 9303-3, 4.6)."""
    return chain(length, _NAME_STATES, _NAME_MOVES)


def surname(length: int) -> Grammar:
    """Return the grammar of a surname that has a field of its own."""
    moves = {
        "": _begin("S", 1.0),
        **_word("S", "s"),
        "s": _begin("S", 0.15) | {"e": 0.85},
        "e": _begin("S", LATE_LETTER) | {"e": 1 - LATE_LETTER},
    }
    return chain(length, _spelt("S") | {"s": FILLER, "e": FILLER}, moves)


def given_names(length: int) -> Grammar:
    """Return the grammar of the old French card's given names, parted by two fillers."""
    moves = {
        "": _begin("G", 1.0),
        **_word("G", "g"),
        "g": _begin("G", 0.1) | {"d": 0.9},
        "d": _begin("G", 0.3) | {"e": 0.7},
        "e": _begin("G", LATE_LETTER) | {"e": 1 - LATE_LETTER},
    }
    return chain(length, _spelt("G") | {"g": FILLER, "d": FILLER, "e": FILLER}, moves)


_NUMBER_STATES: Final = {"D": DIGITS, "L": LETTERS, "i": FILLER, "p": FILLER, "R": DIGITS + LETTERS, "0": FILLER}
"""Digit, letter, filler inside, padding after, any of both (numbers drawn at random), nothing yet."""
_NUMBER_MOVES: Final = {
    "": {"D": 0.37, "L": 0.32, "R": 0.305, "0": 0.005},
    "D": {"D": 0.72, "L": 0.20, "p": 0.075, "i": 0.005},
    "L": {"D": 0.52, "L": 0.44, "p": 0.035, "i": 0.005},
    "i": {"D": 0.60, "L": 0.40},
    "p": {"p": 0.99, "D": 0.007, "L": 0.003},
    "R": {"R": 0.95, "p": 0.05},
    "0": {"0": 0.98, "D": 0.01, "L": 0.01},
}


def number(length: int) -> Grammar:
    """Return the grammar of a document number: runs of letters and digits, or both at random; padded at the end."""
    return chain(length, _NUMBER_STATES, _NUMBER_MOVES, empty="0")


_OPTIONAL_MOVES: Final = {
    "": {"0": 0.50, "D": 0.30, "L": 0.10, "R": 0.10},
    "0": {"0": 0.98, "D": 0.012, "L": 0.006, "R": 0.002},
    "D": {"D": 0.78, "L": 0.12, "p": 0.07, "i": 0.03},
    "L": {"D": 0.45, "L": 0.42, "p": 0.08, "i": 0.05},
    "i": {"D": 0.60, "L": 0.40},
    "p": {"p": 0.97, "D": 0.02, "L": 0.01},
    "R": {"R": 0.93, "p": 0.07},
}


def optional(length: int) -> Grammar:
    """Return the grammar of optional data: mostly nothing, else as numbers are."""
    return chain(length, _NUMBER_STATES, _OPTIONAL_MOVES, empty="0")


def sex() -> Grammar:
    """Return the grammar of the sex; `X` is printed against the standard, which wants a filler there."""
    return choice({"M": 0.46, "F": 0.46, FILLER: 0.07, "X": 0.01})


_LONG, _SHORT, _FEBRUARY = "13578", "469", "2"
_DATE: Final[tuple[tuple[States, Moves], ...]] = (
    ({"y": DIGITS, "u": FILLER}, {"": {"y": 1 - UNKNOWN_DATE, "u": UNKNOWN_DATE}}),
    ({"y": DIGITS, "u": FILLER}, {"y": {"y": 1.0}, "u": {"u": 1.0}}),
    (
        {"0": "0", "1": "1", "u": FILLER, "?": DIGITS},
        {
            "y": {"0": 0.75, "1": 0.25 - UNKNOWN_DATE - ODD_DATE, "u": UNKNOWN_DATE, "?": ODD_DATE},
            "u": {"u": 0.9, "0": 0.05, "1": 0.05},
        },
    ),
    (
        {"a": _LONG, "b": _SHORT, "c": _FEBRUARY, "A": "02", "B": "1", "u": FILLER, "?": DIGITS},
        {
            "0": {"a": 5 / 9, "b": 3 / 9, "c": 1 / 9 - ODD_DATE, "?": ODD_DATE},
            "1": {"A": 2 / 3, "B": 1 / 3 - ODD_DATE, "?": ODD_DATE},
            "u": {"u": 1.0},
            "?": {"?": 1.0},
        },
    ),
    (
        {"0": "0", "m": "12", "x": "3", "y": "3", "u": FILLER, "?": DIGITS},
        {
            **{month: {"0": 0.29, "m": 0.64, "x": 0.064, "u": UNKNOWN_DATE, "?": ODD_DATE} for month in "aA"},
            **{month: {"0": 0.30, "m": 0.66, "y": 0.033, "u": UNKNOWN_DATE, "?": ODD_DATE} for month in "bB"},
            "c": {"0": 0.31, "m": 0.68, "u": UNKNOWN_DATE, "?": ODD_DATE},
            "u": {"u": 0.9, "0": 0.03, "m": 0.07},
            "?": {"?": 1.0},
        },
    ),
    (
        {"0": "123456789", "m": DIGITS, "x": "01", "y": "0", "u": FILLER, "?": DIGITS},
        {
            **{state: {state: 1 - ODD_DATE, "?": ODD_DATE} for state in "0mxy"},
            "u": {"u": 1.0},
            "?": {"?": 1.0},
        },
    ),
)
"""YYMMDD: which days a month has; `u` is left open, `?` is no date."""


def date() -> Grammar:
    """Return the grammar of a date YYMMDD (Doc 9303-3, 4.8)."""
    levels, before = [], [""]
    for states, moves in _DATE:
        levels.append(Level(_moves(before, list(states), moves), _prints(states)))
        before = list(states)
    return tuple(levels)
