"""The index alone, without store and process: what its parts cost, and how well the graph nominates."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from visionmq.engine.store.index import EXACT_FLOATS, Index, Nearest

Vectors = NDArray[np.float32]
TOP = 5


def grow(
    vectors: Vectors, probes: Vectors, steps: list[int], exact_floats: int = EXACT_FLOATS
) -> Iterator[dict[str, Any]]:
    """Yield figures of one index at each size: all compared, then by the graph, built as a keeper builds it."""
    index, at, graph_s = Index(vectors.shape[1], exact_floats=exact_floats), 0, 0.0
    for size in steps:
        began = time.process_time()
        for row in range(at, size):
            index.add(f"t{row}", f"p{row}", vectors[row])
        told: dict[str, Any] = {"templates": size, "add_us": _micro(began, size - at)}
        began = time.process_time()
        while index.build(1.0):
            pass
        graph_s += time.process_time() - began
        exact = index.search(probes, TOP, exact=True)
        told["exact_ms"] = _one_by_one(index, probes[:50], exact=True)
        told["exact_in_batch_ms"] = _batch(index, probes[:32])
        if not (found := index.search(probes, TOP)).exact:
            told |= {"graph_cpu_s": round(graph_s, 1), "graph_us_a_template": round(graph_s / size * 1e6)}
            told |= {"graph_search_ms": _one_by_one(index, probes, exact=False), **recall(found, exact)}
        told["process_mb"] = psutil.Process().memory_info().rss >> 20
        at = size
        yield told


def recall(found: Nearest, exact: Nearest) -> dict[str, float]:
    """Return which share of the truly nearest was found, at 1 and at 5."""
    pairs = [
        ([hit.subject_id for hit in one], [hit.subject_id for hit in two])
        for one, two in zip(found.hits, exact.hits, strict=True)
    ]
    return {
        "recall_at_1": round(float(np.mean([one[0] == two[0] for one, two in pairs])), 4),
        "recall_at_5": round(float(np.mean([len(set(one) & set(two)) / TOP for one, two in pairs])), 4),
    }


def _one_by_one(index: Index, probes: Vectors, *, exact: bool) -> dict[str, float]:
    """Return the median on the clock, and processor time a search, in ms."""
    times, began = [], time.process_time()
    for probe in probes:
        start = time.perf_counter()
        index.search(probe[None], TOP, exact=exact)
        times.append((time.perf_counter() - start) * 1000)
    cpu = (time.process_time() - began) * 1000 / len(probes)
    return {"median": round(float(np.median(times)), 3), "cpu": round(cpu, 3)}


def _batch(index: Index, probes: Vectors) -> float:
    began = time.process_time()
    index.search(probes, TOP, exact=True)
    return round((time.process_time() - began) * 1000 / len(probes), 3)


def _micro(began: float, count: int) -> float:
    return round((time.process_time() - began) / max(1, count) * 1e6, 1)
