"""The templates of one gallery in memory, and the search through them.

Rows of float32 lie in blocks that never move; a removed row is used again by a later template. A
search is one matrix product a block, by |a - p|^2 = |a|^2 - 2 a.p + |p|^2. In float32 this form is
wrong by up to some 1e-4, so it only nominates: every row within twice its error bound of the wanted
rank is measured again in float64, which makes the answer exact, and the same for every history of
the index. Beyond EXACT_FLOATS a graph nominates instead, and the answer says so.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from time import monotonic
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from visionmq.engine.store.graph import Graph
from visionmq.engine.store.vectors import Vectors

EXACT_FLOATS: Final = 200_000 * 128
"""Gallery size (templates times dimension) up to which all are compared: one pass over 100 MB of
memory took 4 to 5 ms on one core, so 100,000 templates of 128 stay far below the aim of 10 ms."""
MOST_PENDING: Final = 4_096
"""Templates not yet in the graph that an approximate search compares one by one; with more, all are compared."""
NOMINATED: Final = 64
"""Fewest nominees of the graph that are measured exactly; see docs/adr/0043-search.md for the recall."""
GROUPS: Final = 4_096
"""Strided groups whose minima bound the wanted rank: a partition of so many instead of all scores."""
MOST_FEW: Final = 4_096
"""Rows of named subjects that are gathered and measured; of more, the whole gallery's scores are taken."""
LARGEST: Final = float(np.finfo(np.float32).max)
MOST: Final = 1e15
"""Largest number in a vector: squares of more would not fit float32."""
SCORES: Final = 1 << 22
"""Most scores (probes times rows) held at once: 16 MB."""
BUILD_STEP: Final = 64
"""Templates put into the graph between two looks at the clock: about 20 ms at a million."""


Order: TypeAlias = Callable[[str], str]


class Near(NamedTuple):
    """A template and its distance to the probe."""

    template_id: str
    subject_id: str
    distance: float


class Nearest(NamedTuple):
    """The nearest of each probe, nearest first, and among how many they are that."""

    hits: list[list[Near]]
    templates: int
    subjects: int
    exact: bool
    """Whether all were compared."""


class Rank(NamedTuple):
    """How hits are ranked: see `Index.search`."""

    top: int
    templates: bool
    order: Order


class Index:
    """Finds the nearest templates, or subjects by their nearest template; not thread-safe."""

    def __init__(self, dimension: int, *, exact_floats: int = EXACT_FLOATS) -> None:
        self.dimension = dimension
        self._rows = Vectors(dimension)
        self._limit = exact_floats // dimension
        self._graph: Graph | None = None
        self._pending: dict[int, None] = {}

    def __len__(self) -> int:
        """Return how many templates there are."""
        return self._rows.live

    @property
    def subjects(self) -> int:
        """How many subjects have a template here."""
        return self._rows.subjects

    def templates_of(self, subject_id: str) -> list[str]:
        """Return the templates of a subject that are here."""
        return self._rows.templates_of(subject_id)

    @property
    def pending(self) -> int:
        """How many templates still have to go into the graph; 0 if there is none."""
        return len(self._pending)

    def add(self, template_id: str, subject_id: str, vector: NDArray[np.float32]) -> None:
        """Add one template, or put another vector in its place.

        Raises ValueError for a vector of other length or with values that are not finite.
        """
        if vector.shape != (self.dimension,) or not _usable(vector):
            raise ValueError(f"{template_id} is not {self.dimension} finite numbers")
        self.remove(template_id)
        row = self._rows.add(template_id, subject_id, vector)
        if self._graph is not None:
            self._pending[row] = None
        elif self._rows.live > self._limit:
            self._start_graph()

    def remove(self, template_id: str) -> bool:
        """Remove one template; False if it is not here."""
        row = self._rows.remove(template_id)
        if row is None:
            return False
        self._leave_graph(row)
        return True

    def remove_subject(self, subject_id: str) -> int:
        """Remove all templates of a subject; return how many there were."""
        templates = self._rows.templates_of(subject_id)
        for template_id in templates:
            self.remove(template_id)
        return len(templates)

    def build(self, seconds: float) -> bool:
        """Put pending templates into the graph for about so long; True if some are left.

        The graph is built in the idle time of whoever owns the index, so that no search waits for it.
        """
        end = monotonic() + seconds
        while self._pending and self._graph is not None and monotonic() < end:
            step = np.fromiter(self._pending, np.int64, min(BUILD_STEP, len(self._pending)))
            self._graph.add(step, self._rows.vectors(step))
            for row in step.tolist():
                del self._pending[row]
        return bool(self._pending)

    def search(
        self,
        probes: NDArray[np.float32],
        top: int = 5,
        *,
        subjects: Iterable[str] | None = None,
        templates: bool = False,
        exact: bool = False,
        order: Order = str,
    ) -> Nearest:
        """Return the `top` nearest subjects (or templates) of each of n x dimension probes.

        `subjects` restricts the search to these ids, whatever the size of the gallery. `exact`
        compares all even where the gallery is large. `order` tells, of a subject id, what equal
        distances are sorted by; it is asked only where distances are equal.

        Raises ValueError for probes of other length or with values that are not finite.
        """
        if probes.ndim != 2 or probes.shape[1] != self.dimension or not _usable(probes):
            raise ValueError(f"probes are not n x {self.dimension} finite numbers")
        few = None if subjects is None else self._rows.rows_of(subjects)
        searched = (len(self), self.subjects) if few is None else (len(few), self._rows.owners(few))
        rank = Rank(top, templates, order)
        if top < 1 or not searched[0]:
            return Nearest([[] for _ in probes], *searched, exact=True)
        if few is not None and len(few) <= MOST_FEW:
            return Nearest([self._ranked(few, probe, rank)[0] for probe in probes], *searched, exact=True)
        if few is not None or self._graph is None or exact or len(self._pending) > MOST_PENDING:
            return Nearest(self._compare_all(probes, rank, few), *searched, exact=True)
        return Nearest([self._approximate(probe, rank) for probe in probes], *searched, exact=False)

    # ---- all compared --------------------------------------------------------------------

    def _compare_all(self, probes: NDArray[np.float32], rank: Rank, only: NDArray[np.int64] | None) -> list[list[Near]]:
        step = max(1, SCORES // self._rows.used)
        hits = []
        for first in range(0, len(probes), step):
            some = probes[first : first + step]
            for probe, scores in zip(some, self._rows.scores(some), strict=True):
                hits.append(self._select(probe, scores if only is None else _only(scores, only), rank))
        return hits

    def _select(self, probe: NDArray[np.float32], scores: NDArray[np.float32], rank: Rank) -> list[Near]:
        """Return the nearest by scores = |a|^2 - 2 a.p, each wrong by less than `error`."""
        error = self._rows.score_error(probe)
        offset = float(np.square(probe, dtype=np.float64).sum())
        count = rank.top
        while True:
            bound = _rank_bound(scores, count)
            nominees = np.flatnonzero(scores <= min(bound + 2 * error, LARGEST))
            hits, last = self._ranked(nominees, probe, rank)
            if bound > LARGEST or (len(hits) == rank.top and last <= offset + bound + error):
                return hits
            count *= 4

    # ---- some compared -------------------------------------------------------------------

    def _approximate(self, probe: NDArray[np.float32], rank: Rank) -> list[Near]:
        assert self._graph is not None
        pending = np.fromiter(self._pending, np.int64, len(self._pending))
        count = max(NOMINATED, 4 * rank.top)
        while True:
            nominees = self._graph.nearest(probe, count)
            hits, _ = self._ranked(np.concatenate([nominees, pending]), probe, rank)
            if len(hits) == rank.top or count >= self._rows.live:
                return hits
            count *= 4

    def _start_graph(self) -> None:
        self._graph = Graph(self.dimension)
        self._pending = dict.fromkeys(self._rows.all().tolist())

    def _leave_graph(self, row: int) -> None:
        if row in self._pending:
            del self._pending[row]
        elif self._graph is not None:
            self._graph.remove(row)

    # ---- ranks ---------------------------------------------------------------------------

    def _ranked(self, rows: NDArray[np.int64], probe: NDArray[np.float32], rank: Rank) -> tuple[list[Near], float]:
        """Return the nearest of these rows, and the squared distance of the last of them."""
        apart = self._rows.vectors(rows).astype(np.float64) - probe
        squares = np.einsum("ij,ij->i", apart, apart)
        nearest_first = np.argsort(squares)
        seen: set[str] = set()
        hits: list[Near] = []
        last = 0.0
        for square, equals in groupby(nearest_first.tolist(), key=squares.__getitem__):
            named = [self._rows.ids(int(rows[one])) for one in equals]
            if len(named) > 1:
                named.sort(key=lambda ids: (rank.order(ids[1]), ids[1], ids[0]))
            for template_id, subject_id in named:
                if rank.templates or subject_id not in seen:
                    seen.add(subject_id)
                    hits.append(Near(template_id, subject_id, float(square) ** 0.5))
            last = float(square)
            if len(hits) >= rank.top:
                break
        return hits[: rank.top], last


def _usable(vectors: NDArray[np.float32]) -> bool:
    """Whether products of these numbers stay finite."""
    return bool(np.abs(vectors).max(initial=0.0) <= MOST)  # False for NaN


def _only(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the scores with all other rows infinitely far."""
    found = np.full_like(scores, np.inf)
    found[rows] = scores[rows]
    return found


def _rank_bound(scores: NDArray[np.float32], count: int) -> float:
    """Return a number that at least `count` of the scores do not exceed, near the least such number."""
    if count >= len(scores):
        return float("inf")
    if count <= GROUPS // 4 and len(scores) >= 4 * GROUPS:
        scores = scores[: len(scores) // GROUPS * GROUPS].reshape(-1, GROUPS).min(axis=0)
    return float(np.partition(scores, count - 1)[count - 1])
