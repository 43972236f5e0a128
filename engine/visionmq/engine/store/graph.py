"""A graph that nominates the nearest rows of a large gallery: HNSW of the package usearch.

Malkov and Yashunin, Efficient and robust approximate nearest neighbor search using hierarchical
navigable small world graphs, 2018. The parameters were chosen in docs/adr/0043-search.md.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

CONNECTIVITY: Final = 32
EXPANSION_ADD: Final = 128
EXPANSION_SEARCH: Final = 512


class Graph:
    """Rows by number, with vectors in half precision: nominees have to be measured again."""

    def __init__(self, dimension: int) -> None:
        from usearch.index import Index

        self._index = Index(
            ndim=dimension,
            metric="l2sq",
            dtype="f16",
            connectivity=CONNECTIVITY,
            expansion_add=EXPANSION_ADD,
            expansion_search=EXPANSION_SEARCH,
        )

    def __len__(self) -> int:
        """Return how many rows are in the graph."""
        return len(self._index)

    @property
    def bytes_used(self) -> int:
        """Memory that the graph takes."""
        return int(self._index.memory_usage)

    def add(self, rows: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add rows that are not in the graph."""
        self._index.add(rows.astype(np.uint64), vectors, threads=1)

    def remove(self, row: int) -> None:
        """Take a row out; its place is used by a later one."""
        self._index.remove(row)

    def nearest(self, probe: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Return about `count` rows near the probe, in no order that matters."""
        found = self._index.search(probe, count, threads=1)
        return np.asarray(found.keys, np.int64)
