"""Which landmark of one picture is which of the other: nearest descriptors, clear and mutual."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration.features import Features
from visionmq.engine.registration.outcome import Array

RATIO: Final = 0.8
"""The nearest must be closer than this part of the second nearest (Lowe 2004, section 7.1)."""
_CELLS: Final = 8
"""Parts of the user's picture each way, for the spread filter."""
_A_CELL: Final = 6
"""Pairs that the spread filter keeps of a part: 64 parts give 384, enough for any estimator."""
_WHOLE: Final = 1024
"""Steps in a length of 1: finer than SIFT's own 512."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Pairs of landmarks as indices, the clearest first."""

    user: Array
    model: Array
    ratio: Array
    """Distance to the nearest over that to the second nearest; small is clear."""

    def __len__(self) -> int:
        return len(self.user)


def match(
    user: Features, model: Features, *, ratio: float = RATIO, mutual: bool = True, spread: bool = False
) -> Matches:
    """Return the pairs that pass the ratio test and, with `mutual`, are each other's nearest.

    With `spread` only the clearest few of each part of the user's picture are kept.

    Binary descriptors are compared by Hamming distance, others by Euclid's. Both must be of one algorithm.
    """
    if user.algorithm is not model.algorithm:
        raise ValueError("landmarks of two algorithms cannot be compared")
    if len(user) < 2 or len(model) < 2:
        return Matches(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    nearest, ratios = _nearest_bits(user, model) if user.algorithm.is_binary else _nearest(user, model)
    chosen = np.flatnonzero(ratios < ratio)
    if mutual:
        chosen = chosen[_back(user, model.descriptors[nearest[chosen]]) == chosen]
    chosen = chosen[np.argsort(ratios[chosen], kind="stable")]
    if spread:
        chosen = chosen[_clearest(user.points[chosen], user.size)]
    return Matches(chosen, nearest[chosen], ratios[chosen])


def _clearest(points: Array, size: tuple[int, int]) -> Array:
    """Return the indices, in order, of at most _A_CELL points of each cell; the points come clearest first."""
    cells = np.minimum(points / np.array(size, np.float32) * _CELLS, _CELLS - 1).clip(0).astype(np.int64)
    cell = cells[:, 1] * _CELLS + cells[:, 0]
    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return np.asarray(np.sort(order[place < _A_CELL]))


def _nearest(user: Features, model: Features) -> tuple[Array, Array]:
    """Return each user landmark's nearest model landmark, and the ratio of its distance to the second's."""
    # Descriptors have one length, so that |a - b|^2 falls as a.b rises: the nearest has the largest product.
    first, second = whole(user.descriptors), whole(model.descriptors)
    products = first @ second.T
    nearest = products.argmax(axis=1)
    rows = np.arange(len(products))
    shortest = products[rows, nearest]
    products[rows, nearest] = -np.inf
    other = products.argmax(axis=1)
    near = squares(first, second, nearest, shortest)
    return nearest, np.sqrt(_ratio(near, squares(first, second, other, products[rows, other])))


def _back(user: Features, descriptors: Array) -> Array:
    """Return the user landmark that is nearest to each of some of the model's descriptors."""
    if len(descriptors) == 0:
        return np.empty(0, np.int64)
    if user.algorithm.is_binary:
        _, back = cv2.batchDistance(descriptors, user.descriptors, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=1)
        return np.asarray(back[:, 0], np.int64)
    return np.asarray((whole(descriptors) @ whole(user.descriptors).T).argmax(axis=1))


def whole(descriptors: Array) -> Array:
    """Return descriptors of length 1 as whole numbers in float32.

    Their products are whole numbers below 2^24, so that every order of adding gives the same bits: a matrix library
    adds in another order on another number of threads.
    """
    return np.asarray(np.rint(descriptors * np.float32(_WHOLE)), np.float32)


def squares(first: Array, second: Array, chosen: Array, products: Array) -> Array:
    """Return the exact squared distances of each first descriptor to the chosen second, both whole numbers."""
    return np.asarray((first**2).sum(axis=1) + (second**2).sum(axis=1)[chosen] - 2 * products)


def _nearest_bits(user: Features, model: Features) -> tuple[Array, Array]:
    lengths, nearest = cv2.batchDistance(
        user.descriptors, model.descriptors, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=2
    )
    return nearest[:, 0].astype(np.int64), _ratio(lengths[:, 0].astype(np.float32), lengths[:, 1].astype(np.float32))


def _ratio(first: Array, second: Array) -> Array:
    """Return first over second, and 1 where both are nothing: two equal neighbours are not clear."""
    return np.asarray(np.where(second > 0, first / np.maximum(second, 1), 1.0))
