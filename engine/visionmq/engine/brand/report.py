"""References that stand in each other's way: duplicates, contradictions, outliers; and how near strangers come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from visionmq.engine.brand.gallery import Reference
from visionmq.engine.registration.outcome import Array
from visionmq.schemas.brand.report import OperatingPoint, Outlier, Pair, Report

ALIKE: Final = 0.97
"""Similarity from which on two references are the same drawing."""
_BLOCK: Final = 512
"""References compared with all at once."""
_CLEAR: Final = 0.05
"""By how much another brand must be nearer than one's own, for an outlier."""


@dataclass(frozen=True, slots=True)
class Kin:
    """Similarities of references to their nearest, n each, -1 where there is none."""

    own: Array
    """To the nearest other of the same brand."""
    other: Array
    """To the nearest of another brand."""
    other_index: Array
    alike: list[tuple[int, int, float]]
    """Pairs of at least ALIKE, each once, nearest first."""


def kin_of(references: Sequence[Reference]) -> Kin:
    """Return how near the references are to each other."""
    count = len(references)
    vectors = np.array([one.vector for one in references], np.float32)
    names = np.unique(np.array([one.brand for one in references]), return_inverse=True)[1].reshape(-1)
    own, other, index = np.full(count, -1.0), np.full(count, -1.0), np.full(count, -1)
    alike: list[tuple[int, int, float]] = []
    for start in range(0, count, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, count))
        products = vectors[rows] @ vectors.T
        alike.extend(_pairs(products, rows))
        same = names[rows][:, None] == names[None]
        products[np.arange(len(rows)), rows] = -1
        own[rows] = np.where(same, products, -1).max(axis=1)
        rest = np.where(same, -1, products)
        index[rows], other[rows] = rest.argmax(axis=1), rest.max(axis=1)
    alike.sort(key=lambda pair: (-pair[2], pair[0], pair[1]))
    return Kin(own, other, index, alike)


def _pairs(products: Array, rows: Array) -> list[tuple[int, int, float]]:
    first, second = np.nonzero(products >= ALIKE)
    later = rows[first] < second
    return [(int(rows[a]), int(b), float(products[a, b])) for a, b in zip(first[later], second[later], strict=True)]


def report(collection: str, references: Sequence[Reference], most: int) -> Report:
    """Return what is odd about a collection, at most so many findings of each kind, the worst first."""
    kin = kin_of(references) if references else Kin(*(np.empty(0),) * 3, [])
    pairs = [_pair(references[a], references[b], near) for a, b, near in kin.alike]
    sizes: dict[str, int] = {}
    for one in references:
        sizes[one.brand] = sizes.get(one.brand, 0) + 1
    odd = [index for index in range(len(references)) if 0 <= kin.own[index] < kin.other[index] - _CLEAR]
    odd.sort(key=lambda index: (kin.own[index] - kin.other[index], index))
    return Report(
        collection=collection,
        brands=len(sizes),
        references=len(references),
        duplicates=[pair for pair in pairs if pair.first == pair.second][:most],
        contradictions=[pair for pair in pairs if pair.first != pair.second][:most],
        outliers=[_outlier(references, kin, index) for index in odd[:most]],
        lonely=sum(size == 1 for size in sizes.values()),
    )


def _pair(first: Reference, second: Reference, near: float) -> Pair:
    return Pair(
        first=first.brand,
        second=second.brand,
        first_source=first.source,
        second_source=second.source,
        similarity=round(min(1.0, near), 4),
    )


def _outlier(references: Sequence[Reference], kin: Kin, index: int) -> Outlier:
    one = references[index]
    return Outlier(
        brand=one.brand,
        source=one.source,
        own=round(float(kin.own[index]), 4),
        other=references[int(kin.other_index[index])].brand,
        similarity=round(float(kin.other[index]), 4),
    )


def points_of(similarities: Array, rates: Sequence[float]) -> list[OperatingPoint]:
    """Return the similarity that only such a part of strangers exceeds, for each rate."""
    return [OperatingPoint(fpr=rate, similarity=round(float(np.quantile(similarities, 1 - rate)), 4)) for rate in rates]
