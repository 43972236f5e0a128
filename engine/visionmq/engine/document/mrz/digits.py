"""How likely a check digit is printed as it is: the arithmetic of Doc 9303-3, 4.9, and how issuers err.

Two kinds of documents are thought of. In an *honest* one each digit is right but for a rare slip; in a *careless* one
(specimens, forgeries, novelty cards) a digit is as often wrong as right. Which kind it is, is summed over, so that five
wrong digits that are clearly read are one mistake of the issuer and not five.
"""

from functools import cache
from typing import Any, Final

import numpy as np

from visionmq.engine.document.mrz.reading import ALPHABET, Array

SLIP: Final = 5e-3
"""One wrong digit in an honest document; of 29 specimens on the web one has just its composite digit wrong."""
CARELESS: Final = 1e-2
"""Documents whose digits are not to be relied on; one of 29 specimens on the web has several wrong."""
OPEN: Final = 1e-3
"""A filler where a digit belongs (old documents without a composite digit)."""
KINDS: Final = np.array([1 - CARELESS, CARELESS])
"""Prior of honest, careless."""

RESIDUES: Final = np.array([0 if character == "<" else int(character, 36) % 10 for character in ALPHABET])
"""For each of ALPHABET its number in check digits, modulo 10: all that a check digit can tell of it."""
BY_RESIDUE: Final = np.eye(10)[RESIDUES]
"""(37, 10): sums over characters into sums over residues."""

FILLER_COLUMN: Final = 10
"""Column of the filler in the tables of check digits; columns 0 to 9 are the digits."""


def _match() -> Array:
    table = np.empty((2, 2, 10, 11))
    table[0, 0] = SLIP / 9
    table[0, 0, range(10), range(10)] = 1 - SLIP - OPEN
    table[0, 0, :, FILLER_COLUMN] = OPEN
    table[0, 1] = SLIP / 9
    table[0, 1, :, (0, FILLER_COLUMN)] = (1 - SLIP) / 2
    table[1, 0] = (1 - OPEN) / 18
    table[1, 0, range(10), range(10)] = (1 - OPEN) / 2
    table[1, 0, :, FILLER_COLUMN] = OPEN
    table[1, 1] = 0.04
    table[1, 1, :, FILLER_COLUMN] = 0.6
    return table


MATCH: Final = _match()
"""(kind of document, field empty, remainder of the sum, printed): probability of what is printed."""


@cache
def shifts(own: int, shared: int, size: tuple[int, int]) -> Any:
    """Return for each residue (10) and pair of sums after a character the pair before it, as flat indices.

    `own` and `shared` are the character's weights; a size is (10 or 1, 10 or 1): 1 where nothing is summed.
    """
    residue = np.arange(10)[:, None, None]
    first = (np.arange(size[0])[None, :, None] - own * residue) % size[0]
    second = (np.arange(size[1])[None, None, :] - shared * residue) % size[1]
    return (first * size[1] + second).reshape(10, -1)


ROLLS: Final = {
    weight: np.array([[(total - weight * (digit % 10)) % 10 for total in range(10)] for digit in range(11)])
    for weight in (0, 1, 3, 7)
}
"""For each weight of a printed digit (11, 10): the composite sum before it, by the sum after it."""
ONWARD: Final = {
    weight: np.array([[(total + weight * (digit % 10)) % 10 for total in range(10)] for digit in range(11)])
    for weight in (0, 1, 3, 7)
}
"""The same forward: the sum after the digit, by the sum before it."""
