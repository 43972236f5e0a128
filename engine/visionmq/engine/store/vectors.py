"""Rows of vectors that never move, whose they are, and which are free.

A subject's rows form a chain (`_head` of the subject, `_next` of a row), so that a million subjects
cost eight bytes a row instead of a list object each.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 16_384
"""Rows a block: 8 MB at 128 numbers; memory that no row has touched costs nothing."""
NONE: Final = -1
ROUNDING: Final = float(np.finfo(np.float32).eps)


class Vectors:
    """Vectors in blocks; a removed row is given to a later template."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.used = 0
        """Rows ever taken; those at and beyond it hold nothing."""
        self.live = 0
        """Templates that are here."""
        self._blocks: list[NDArray[np.float32]] = []
        self._squares: NDArray[np.float32] = np.empty(0, np.float32)
        self._owner: NDArray[np.int32] = np.empty(0, np.int32)
        self._next: NDArray[np.int32] = np.empty(0, np.int32)
        self._free: list[int] = []
        self._template_ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._subject_ids: list[str] = []
        self._number_of: dict[str, int] = {}
        self._head: list[int] = []
        self._free_numbers: list[int] = []
        self._largest = 0.0

    @property
    def subjects(self) -> int:
        """How many subjects have a row."""
        return len(self._number_of)

    # ---- changes -------------------------------------------------------------------------

    def add(self, template_id: str, subject_id: str, vector: NDArray[np.float32]) -> int:
        """Keep a template that is not here yet; return its row."""
        row = self._take_row(template_id)
        number = self._number(subject_id)
        square = vector @ vector
        self._blocks[row // BLOCK][row % BLOCK] = vector
        self._squares[row] = square
        self._largest = max(self._largest, float(square))
        self._owner[row] = number
        self._next[row] = self._head[number]
        self._head[number] = row
        self._row_of[template_id] = row
        self.live += 1
        return row

    def remove(self, template_id: str) -> int | None:
        """Free a template's row, overwriting its vector, and return it; None if it is not here."""
        row = self._row_of.pop(template_id, None)
        if row is None:
            return None
        self._unchain(row)
        self._blocks[row // BLOCK][row % BLOCK] = 0
        self._squares[row] = np.inf
        self._template_ids[row] = ""
        self._free.append(row)
        self.live -= 1
        return row

    def _take_row(self, template_id: str) -> int:
        if self._free:
            row = self._free.pop()
            self._template_ids[row] = template_id
            return row
        row, self.used = self.used, self.used + 1
        if row == len(self._blocks) * BLOCK:
            self._blocks.append(np.zeros((BLOCK, self.dimension), np.float32))
        if row == len(self._squares):
            self._lengthen(max(BLOCK, row + row // 2))
        self._template_ids.append(template_id)
        return row

    def _lengthen(self, size: int) -> None:
        more = size - len(self._squares)
        self._squares = np.concatenate([self._squares, np.full(more, np.inf, np.float32)])
        self._owner = np.concatenate([self._owner, np.full(more, NONE, np.int32)])
        self._next = np.concatenate([self._next, np.full(more, NONE, np.int32)])

    def _number(self, subject_id: str) -> int:
        number = self._number_of.get(subject_id)
        if number is not None:
            return number
        if self._free_numbers:
            number = self._free_numbers.pop()
            self._subject_ids[number], self._head[number] = subject_id, NONE
        else:
            number = len(self._subject_ids)
            self._subject_ids.append(subject_id)
            self._head.append(NONE)
        self._number_of[subject_id] = number
        return number

    def _unchain(self, row: int) -> None:
        number, after = int(self._owner[row]), int(self._next[row])
        if self._head[number] == row:
            self._head[number] = after
        else:
            before = next(one for one in self._chain(number) if self._next[one] == row)
            self._next[before] = after
        if self._head[number] == NONE:
            del self._number_of[self._subject_ids[number]]
            self._subject_ids[number] = ""
            self._free_numbers.append(number)

    # ---- questions -----------------------------------------------------------------------

    def _chain(self, number: int) -> Iterator[int]:
        row = self._head[number]
        while row != NONE:
            yield row
            row = int(self._next[row])

    def ids(self, row: int) -> tuple[str, str]:
        """Return (template id, subject id) of a row in use."""
        return self._template_ids[row], self._subject_ids[self._owner[row]]

    def templates_of(self, subject_id: str) -> list[str]:
        """Return the templates of a subject; none if it is unknown."""
        number = self._number_of.get(subject_id)
        return [] if number is None else [self._template_ids[row] for row in self._chain(number)]

    def rows_of(self, subject_ids: Iterable[str]) -> NDArray[np.int64]:
        """Return the rows of those subjects that are here."""
        numbers = {self._number_of[one] for one in subject_ids if one in self._number_of}
        return np.array([row for number in numbers for row in self._chain(number)], np.int64)

    def owners(self, rows: NDArray[np.int64]) -> int:
        """Return how many subjects these rows are of."""
        return len(np.unique(self._owner[rows]))

    def all(self) -> NDArray[np.int64]:
        """Return all rows in use."""
        return np.flatnonzero(np.isfinite(self._squares[: self.used])).astype(np.int64)

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return a copy of these rows' vectors, in their order."""
        found = np.empty((len(rows), self.dimension), np.float32)
        block = rows // BLOCK
        for number in np.unique(block).tolist():
            here = block == number
            found[here] = self._blocks[number][rows[here] % BLOCK]
        return found

    def scores(self, probes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return |a|^2 - 2 a.p for each probe and row: n x used; infinite for free rows."""
        found = np.empty((len(probes), self.used), np.float32)
        doubled = probes * np.float32(-2)
        for number, block in enumerate(self._blocks):
            first = number * BLOCK
            part = block[: self.used - first]
            if len(probes) == 1:  # a product with a vector reads the block once, at the speed of memory
                np.matmul(part, doubled[0], out=found[0, first : first + len(part)])
            else:
                found[:, first : first + len(part)] = doubled @ part.T
        found += self._squares[: self.used]
        return found

    def score_error(self, probe: NDArray[np.float32]) -> float:
        """Return a bound on how far a score of this probe is from the truth.

        A product of n terms in any order is within n eps of the sum of their sizes (Higham, Accuracy
        and Stability of Numerical Algorithms, 2002, section 3.1); the same bound holds for the squares.
        """
        size: float = float(np.sqrt(np.square(probe, dtype=np.float64).sum())) + float(np.sqrt(self._largest))
        return (self.dimension + 4) * ROUNDING * size * size
