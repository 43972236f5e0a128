"""Counts pairs of letters in the names of the world: python -m training.letters.count > pairs.txt (needs `faker`).

The names are those that Faker (MIT) invents people from: some 80 languages, each counted alike, written as a zone
writes them; languages in other than Latin or Cyrillic letters count where Faker has romanised lists.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from faker.providers import person

from visionmq.engine.document.fields.transliteration import NotWritable, to_zone
from visionmq.engine.document.mrz.letters import LETTERS, STEP, encode
from visionmq.engine.document.mrz.reading import Array

_PRIOR: Final = 0.5
"""Pairs added to each count of 10,000 a language."""


def main() -> None:
    """Print the table as `letters.py` has it."""
    total = np.zeros((len(LETTERS), len(LETTERS)))
    for module in pkgutil.iter_modules(person.__path__):
        counts = _counts(set(_names(module.name)))
        if counts.sum() > 0:
            total += counts / counts.sum() * 10_000
    table = (total + _PRIOR) / (total + _PRIOR).sum(axis=1, keepdims=True)
    print(f"# step {STEP}")
    print("\n".join(encode(table)))


def _names(locale: str) -> Iterator[str]:
    """Yield the words of a language's names, as a zone writes them."""
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    for attribute in vars(provider):
        if "name" not in attribute or "format" in attribute or "prefix" in attribute or "suffix" in attribute:
            continue
        listed = getattr(provider, attribute)
        if isinstance(listed, (tuple, list, set, dict)):
            yield from _written(str(name) for name in listed)


def _written(names: Iterator[str]) -> Iterator[str]:
    for name in names:
        try:
            words = to_zone(name).split()
        except NotWritable:
            continue
        yield from (word for word in words if len(word) > 1 and word.isalpha())


def _counts(words: set[str]) -> Array:
    counts = np.zeros((len(LETTERS), len(LETTERS)))
    for word in words:
        line = f"<{word}<"
        for before, after in pairwise(line):
            counts[LETTERS.index(before), LETTERS.index(after)] += 1
    return counts


if __name__ == "__main__":
    main()
