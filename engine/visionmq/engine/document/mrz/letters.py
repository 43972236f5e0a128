"""How letters follow one another in names, which no check digit covers.

Counted in the surnames and given names that Faker 40 (MIT) invents people from, some 80 languages each counted alike,
by `training/letters/count.py`. Half of the weight is left to letters in any order, so that no name is ruled out:
a pair that no language has speaks ten to one against it, no more.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from visionmq.engine.document.mrz.reading import Array

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
"""Rows and columns; the filler stands for the beginning and the end of a word."""
STEP: Final = 0.3
"""What one step of PAIRS is worth, in natural logarithms."""
ANY_ORDER: Final = 0.5
"""Share of names whose letters follow no language that was counted. With so much, names of random letters are read
wrongly, where they are thought sure, as often as their posteriors say (700 drawn zones)."""
WORD_ENDS: Final = 0.15
"""How often a letter ends a word where letters follow no language."""
_VALUES: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

PAIRS: Final = """
FCECFGFDCHD9B6FHM7ABDEHLEG5
5FOE5XUE7FMCUL7OX7HQ9OLXHTC
6QFM8QK48RBCNK7PIEIFDNNYHE8
5LOF6NIE7JLEHJ7XP9EJ9HHUEG7
DFECEGFGCHD7B7EGP6AAHCIIEE6
6QOO6BMI6KMBJI8VQ6FGAVRQMP9
6GKG7OGB8RKCJD8OSAHL7MHTFM5
4LJJ6OOM7LIEEF8PWCFF8LKZGP7
8E9C9GDIFFB9B6CGJA9BFEKKGF7
3RGH7WUJ9MFIKG5SWPFK6OKWMLC
5KOQ8WRB7KFDKI6VYBCGALDNFT7
5FIC6GHJ6HG9EJ9KSNFFAENSEL7
3CFK8KNI6MJJCK8FQIFJ9OJVGK9
6JD98N9G8GEJMBAMQHCBEMJUEG5
EDFDCGEEEGD8B6FFQ79CB8GOFF6
4NKO6LW88RFENL7BWAFHBWOWLWB
7KPPBPPP6PPJHPDPPPJL2DLPPP9
6FEC8MCJ6JFDEC8KMDDABHLREI7
6KCP8NNA8MBDEH9GLIB8BHKZIF5
6QIS7MN86JHHKI7QTACABKKZFH7
ACBB8HDFBGA9B8FFK78CHIFHEE7
4UIK6TKS5QJEXDASXEBMFPXXHP7
3QNM7NUH6OIGKG9UUGFJ7UOUGSC
5QQO9NQG5QQGMKBNQIID8QIOOK4
5JHD8LIJANFBFB9LVECFAGNQEN4
5HHE7VJB6LFFFG8NJLFGAIIVEF6
8AABBCBBCBAA8BCBIB9BHCEJEEZ
"""
"""For each letter (rows) the steps of each next one (columns): 0 is certain, `Z` is 35 steps."""


def encode(table: Array) -> list[str]:
    """Return the rows of PAIRS for probabilities (27, 27)."""
    steps = np.clip(np.round(-np.log(table) / STEP), 0, len(_VALUES) - 1).astype(int)
    return ["".join(_VALUES[step] for step in row) for row in steps]


def decode(rows: Iterable[str]) -> Array:
    """Return the probabilities (27, 27) that rows stand for, mixed with letters in any order."""
    steps = np.array([[_VALUES.index(character) for character in row] for row in rows])
    table = np.exp(-STEP * steps)
    table[-1, -1] = 0
    even = np.full(table.shape, (1 - WORD_ENDS) / 26)
    even[:, -1] = WORD_ENDS
    even[-1] = [*[1 / 26] * 26, 0]
    mixed = (1 - ANY_ORDER) * table / table.sum(axis=1, keepdims=True) + ANY_ORDER * even
    return np.asarray(mixed / mixed.sum(axis=1, keepdims=True))


NEXT: Final = decode(PAIRS.split())
"""(27, 27): the probability of each next letter, or of the word's end, after each."""
