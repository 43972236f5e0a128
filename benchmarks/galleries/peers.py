"""What others do with the same vectors, in arrays, on one thread."""

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Ask = Callable[[Vectors], object]


def peers(vectors: Vectors, top: int, path: str | None) -> dict[str, Ask]:
    """Return ways to search, by name; faiss only if it is found in `path`."""
    from usearch.index import search

    doubles = vectors.astype(np.float64)  # face_recognition's encodings are float64

    def face_distance(probe: Vectors) -> object:
        """As face_recognition.face_distance and its examples do it."""
        return np.argmin(np.linalg.norm(doubles - probe, axis=1))

    found: dict[str, Ask] = {
        "face_recognition.face_distance": face_distance,
        "usearch exact": lambda probe: search(vectors, probe, top, "l2sq", exact=True, threads=1),
    }
    return found | _faiss(vectors, top, path)


def _faiss(vectors: Vectors, top: int, path: str | None) -> dict[str, Ask]:
    if path:
        sys.path.append(path)
    try:
        import faiss
    except ImportError:
        return {}
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatL2(vectors.shape[1])
    flat.add(vectors)
    return {f"faiss {faiss.__version__} IndexFlatL2": lambda probe: flat.search(probe[None], top)}
