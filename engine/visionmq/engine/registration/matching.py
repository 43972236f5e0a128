"""Which landmark of one picture is which of the other: nearest descriptors, clear and mutual."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration.features import Features
from visionmq.engine.registration.outcome import Array

RATIO: Final = 0.8
"""The nearest must be closer than this part of the second nearest (Lowe 2004, section 7.1)."""
_ROWS: Final = 4096
"""Descriptors compared at once, so that the table of distances stays small."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Pairs of landmarks as indices, the clearest first."""

    user: Array
    model: Array
    ratio: Array
    """Distance to the nearest over that to the second nearest; small is clear."""

    def __len__(self) -> int:
        return len(self.user)


def match(user: Features, model: Features, *, ratio: float = RATIO, mutual: bool = True) -> Matches:
    """Return the pairs that pass the ratio test and, with `mutual`, are each other's nearest.

    Binary descriptors are compared by Hamming distance, SIFT's by Euclid's. Both must be of one algorithm.
    """
    if user.algorithm is not model.algorithm:
        raise ValueError("landmarks of two algorithms cannot be compared")
    if len(user) < 2 or len(model) < 2:
        return Matches(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    nearest, ratios, back = _nearest(user, model)
    keep = ratios < ratio
    if mutual:
        keep &= back[nearest] == np.arange(len(user))
    chosen = np.flatnonzero(keep)
    chosen = chosen[np.argsort(ratios[chosen], kind="stable")]
    return Matches(chosen, nearest[chosen], ratios[chosen])


def _nearest(user: Features, model: Features) -> tuple[Array, Array, Array]:
    """Return each user landmark's nearest model landmark, the ratio, and each model landmark's nearest."""
    nearest, ratios = np.empty(len(user), np.int64), np.empty(len(user), np.float32)
    back = np.zeros(len(model), np.int64)
    least = np.full(len(model), np.inf, np.float32)
    for start in range(0, len(user), _ROWS):
        table = _distances(user.descriptors[start : start + _ROWS], model.descriptors, user.algorithm.is_binary)
        rows = np.arange(len(table))
        closest, where = table.min(axis=0), table.argmin(axis=0) + start
        better = closest < least
        least[better], back[better] = closest[better], where[better]
        first = table.argmin(axis=1)
        shortest = table[rows, first]
        table[rows, first] = np.inf
        nearest[start : start + _ROWS] = first
        ratios[start : start + _ROWS] = shortest / np.maximum(table.min(axis=1), 1e-6)
    return nearest, ratios, back


def _distances(user: Array, model: Array, binary: bool) -> Array:
    """Return the float32 table of distances, user x model."""
    if binary:
        counts, _ = cv2.batchDistance(user, model, dtype=cv2.CV_32S, normType=cv2.NORM_HAMMING)
        return np.asarray(counts).astype(np.float32)
    # Descriptors have length 1, so that |a - b|^2 = 2 - 2 a.b; float noise may bring it below 0.
    return np.asarray(np.sqrt(np.maximum(2 - 2 * (user @ model.T), 0)), np.float32)
