"""What a recogniser says of one line of a zone: for a number of characters, how likely each character is at each cell."""

from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
"""Every character of a machine-readable zone; columns of `Cells.odds` in this order."""
INDEX: Final = {character: index for index, character in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class Cells:
    """A line taken to have L characters."""

    odds: Array
    """(L, 37) float32: the probability of each of ALPHABET at each cell; rows sum to 1."""
    fit: float
    """Mean log-likelihood a character (at most 0) of the line having just L characters."""
    centres: Array
    """(L,) where each cell's centre lies along the line, 0 to 1."""

    def best(self) -> str:
        """Return the likeliest character of each cell."""
        return "".join(ALPHABET[index] for index in self.odds.argmax(axis=1))


class Line(Protocol):
    """One line of text that may belong to a zone."""

    def cells(self, length: int) -> Cells | None:
        """Return the line taken to have `length` characters; None if it cannot have so many."""
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """A line of which the cells are known for one number of characters only."""

    found: Cells

    def cells(self, length: int) -> Cells | None:
        """Return the cells if there are `length` of them."""
        return self.found if len(self.found.odds) == length else None


def written(text: str) -> Given:
    """Return a line that is known as text, without doubt; a character outside ALPHABET may be any."""
    odds = np.full((len(text), len(ALPHABET)), 1 / len(ALPHABET), np.float32)
    for index, character in enumerate(text):
        if character in INDEX:
            odds[index] = 0
            odds[index, INDEX[character]] = 1
    return Given(Cells(odds, 0.0, even_centres(len(text))))


def even_centres(length: int) -> Array:
    """Return the centres of `length` cells of one width."""
    return (np.arange(length, dtype=np.float32) + 0.5) / max(length, 1)
