"""Whether two pictures show one person: accuracy of listed pairs, and rates over all pairs."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.recognising.reading import Portraits
from benchmarks.recognising.recognisers import Recogniser

FIXED = 0.6
"""The threshold that `face_recognition` comes with."""
Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of one set. Distances are infinite where a face was not found: no match, rightly or wrongly."""

    set_name: str
    pictures: int
    found: int
    missed: tuple[str, ...]
    pairs: int
    at_fixed: float
    at_best: float
    best: float
    genuine: Numbers
    impostor: Numbers
    find_times: Numbers
    encode_times: Numbers

    def true_matches(self, rate: float) -> float:
        """Return the share of genuine pairs that match where no more than `rate` of impostor pairs do."""
        return float((self.genuine <= threshold(self.impostor, rate)).mean())

    def plain(self) -> dict[str, Any]:
        """Return the figures as plain numbers."""
        return {
            "set": self.set_name,
            "pictures": self.pictures,
            "found": self.found,
            "pairs": self.pairs,
            "at_fixed": self.at_fixed,
            "at_best": self.at_best,
            "best": self.best,
            "true_matches": {rate: self.true_matches(rate) for rate in (0.01, 0.001)},
            "find_ms": float(np.median(self.find_times) * 1e3),
            "encode_ms": float(np.median(self.encode_times) * 1e3),
        }


def verify(recogniser: Recogniser, portraits: Portraits) -> Verified:
    """Find and encode every picture once, then compare."""
    encodings, find_times, encode_times = {}, [], []
    for file in portraits.files:
        pixels = portraits.read(file)
        start = time.process_time()
        boxes = recogniser.find(pixels)
        find_times.append(time.process_time() - start)
        if boxes:
            start = time.process_time()
            encodings[file] = recogniser.encode(pixels)[0]
            encode_times.append(time.process_time() - start)
    listed = np.array([_distance(encodings, a, b) for a, b, _ in portraits.pairs])
    same = np.array([same for _, _, same in portraits.pairs])
    missed = np.array([a not in encodings or b not in encodings for a, b, _ in portraits.pairs])
    best = max(np.unique(listed[np.isfinite(listed)]), key=lambda limit: accuracy(listed, same, missed, float(limit)))
    genuine, impostor = _all_pairs(portraits, encodings)
    return Verified(
        portraits.name,
        len(portraits.files),
        len(encodings),
        tuple(file for file in portraits.files if file not in encodings),
        len(portraits.pairs),
        accuracy(listed, same, missed, FIXED),
        accuracy(listed, same, missed, float(best)),
        float(best),
        genuine,
        impostor,
        np.array(find_times),
        np.array(encode_times),
    )


def accuracy(distances: Numbers, same: Any, missed: Any, limit: float) -> float:
    """Return the share of pairs that are told rightly; one with a face that was not found is not."""
    return float((((distances <= limit) == same) & ~missed).mean())


def threshold(impostor: Numbers, rate: float) -> float:
    """Return the largest distance at which at most `rate` of the impostor pairs match."""
    allowed = int(rate * impostor.size)
    return float(np.nextafter(np.partition(impostor, allowed)[allowed], -np.inf))


def _distance(encodings: dict[str, Any], a: str, b: str) -> float:
    if a not in encodings or b not in encodings:
        return float("inf")
    return float(np.linalg.norm(encodings[a] - encodings[b]))


def _all_pairs(portraits: Portraits, encodings: dict[str, Any]) -> tuple[Numbers, Numbers]:
    """Distances of all pairs within groups: of one person, and of two."""
    files = portraits.files
    rows = np.stack([encodings.get(file, np.full(128, np.nan)) for file in files]).astype(np.float64)
    squares = (rows**2).sum(1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2.0 * rows @ rows.T, 0.0))
    apart[np.isnan(apart)] = np.inf
    persons, groups = (np.array([known[file] for file in files]) for known in (portraits.persons, portraits.groups))
    first, second = np.triu_indices(len(files), 1)
    near, same = groups[first] == groups[second], persons[first] == persons[second]
    distances = apart[first, second]
    return distances[same & near], distances[~same & near]
