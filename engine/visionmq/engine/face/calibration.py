"""What distances mean: error rates and probabilities, fitted to measured pairs of persons.

Distances of strangers are close to normal in their lower tail, where decisions are made: the normal quantile of the
false-match rate is a line in the distance (a probit line; fitted between 10 pairs of persons and 3 % of all). The evidence
of a distance is a logistic line, fitted with genuine and impostor pairs weighing the same (Platt 1999). How sure both
are is told by fitting again to resampled persons, as pairs that share a person are not independent
(Bolle, Ratha, Pankanti 2004, "Error analysis of pattern recognition systems: the subsets bootstrap"). Each person, and
each pair of persons, weighs the same, however many pictures there are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any, Final, TypeAlias

import numpy as np
from msgspec import Struct

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

LEAST_SEEN: Final = 10.0
"""Pairs of persons below a distance that its false-match rate is measured with; below it is extrapolated."""
MOST_RATE: Final = 0.03
"""Upper end of the tail that is fitted; with 0.1 the rarest rates came out a tenth too often."""
MOST_RATE_FOR_PLACE: Final = 0.1
"""The same where the slope is given: few pairs then say enough."""
RESAMPLES: Final = 100
LAPSES: Final = 0.004
"""Part of genuine pairs that is as far apart as strangers, each person weighing the same: on the dev sets two persons
of 463, seen from the side, have pairs more than 0.7 apart."""
_BINS: Final = 2000
_FARTHEST: Final = 2.0
_STEPS: Final = 50
_ROUNDS: Final = 6
_RIDGE: Final = 1e-9
_NORMAL: Final = NormalDist()


class Curve(Struct, frozen=True):
    """One fit: the three lines in the distance d that decisions need."""

    impostor: tuple[float, float]
    """a, b of FMR(d) = Phi(a + b d)."""
    genuine: tuple[float, float] | None
    """a, b of 1 - FNMR(d) = Phi(a + b d), fitted where FNMR is between a half and the last ten pairs; None where no
    genuine pair was measured."""
    evidence: tuple[float, float]
    """a, b of ln(p(d | same) / p(d | other)) = a - b d."""


class SetRow(Struct, frozen=True, kw_only=True):
    """What one set of pictures brought, and its own error rates at the thresholds of the whole."""

    name: str
    persons: int
    pictures: int
    genuine: int
    impostor: int
    fmr: dict[str, float]
    """By the wanted rate: how it came out here."""
    fnmr: dict[str, float]


class Table(Struct, frozen=True, kw_only=True):
    """The calibration of a model; the form of the files in `data`."""

    model: str
    version: str
    dimension: int
    measured_on: str
    persons: int
    genuine: int
    impostor: int
    """Pairs of pictures."""
    person_pairs: int
    best: Curve
    resampled: list[Curve]
    sets: list[SetRow] = []

    @property
    def least_rate(self) -> float:
        """The smallest false-match rate that was measured, not extrapolated."""
        return LEAST_SEEN / max(1, self.person_pairs)


def phi(z: float) -> float:
    """Return the normal distribution's value at z; exact far below the mean too."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def fmr_at(curve: Curve, distance: float) -> float:
    """Return the false-match rate of one comparison at a threshold."""
    return phi(curve.impostor[0] + curve.impostor[1] * distance)


def fnmr_at(curve: Curve, distance: float) -> float | None:
    """Return the part of genuine pairs beyond a threshold; None where none was measured."""
    if curve.genuine is None:
        return None
    return phi(-(curve.genuine[0] + curve.genuine[1] * distance))


def threshold_at(curve: Curve, fmr: float) -> float:
    """Return the distance of a false-match rate; never below 0."""
    return max(0.0, (_NORMAL.inv_cdf(fmr) - curve.impostor[0]) / curve.impostor[1])


def evidence_at(curve: Curve, distance: float) -> float:
    """Return the logarithm of how much likelier a distance is for one person than for two."""
    line = curve.evidence[0] - curve.evidence[1] * distance
    return math.log(math.exp(min(line, 500.0)) + LAPSES)


@dataclass(frozen=True)
class Pairs:
    """Distances of all pairs of some pictures, with whose they are."""

    distances: Array
    first: np.ndarray[Any, np.dtype[np.int64]]
    second: np.ndarray[Any, np.dtype[np.int64]]
    """Persons as numbers; the same for genuine pairs."""
    persons: int

    @cached_property
    def genuine(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which pairs are of one person."""
        return np.asarray(self.first == self.second, np.bool_)

    @cached_property
    def bins(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Which bin of the histogram each distance falls in."""
        return np.minimum((self.distances * (_BINS / _FARTHEST)).astype(np.int64), _BINS - 1)

    @cached_property
    def even(self) -> Array:
        """The weight of each pair, so that each person and each pair of persons weighs one."""
        low, high = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        _, place, count = np.unique(low * self.persons + high, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / count[place], np.float64)

    def weights(self, counts: Array) -> Array:
        """Return the weight of each pair in a sample that holds person i `counts[i]` times.

        A person drawn twice brings no impostor pairs with itself.
        """
        drawn = np.where(self.genuine, counts[self.first], counts[self.first] * counts[self.second])
        return np.asarray(self.even * drawn, np.float64)

    @property
    def person_pairs(self) -> int:
        """Pairs of different persons."""
        return round(float(self.even[~self.genuine].sum()))


def pairs_of(encodings: Array, persons: Sequence[str], groups: Sequence[str] | None = None) -> Pairs:
    """Return all pairs of rows (n x dimension); with `groups`, only those inside one group."""
    rows = np.asarray(encodings, np.float64)
    names = {name: number for number, name in enumerate(dict.fromkeys(persons))}
    numbers = np.array([names[name] for name in persons], np.int64)
    first, second = np.triu_indices(len(rows), 1)
    if groups is not None:
        inside = np.asarray(groups)[first] == np.asarray(groups)[second]
        first, second = first[inside], second[inside]
    squares = (rows**2).sum(1)
    between = squares[:, None] + squares[None, :] - 2.0 * rows @ rows.T
    distances = np.sqrt(np.maximum(0.0, between[first, second]))
    return Pairs(distances, numbers[first], numbers[second], len(names))


def fit(pairs: Pairs, weights: Array | None = None) -> Curve:
    """Return the curve of pairs; raise ValueError where they are too few to say anything."""
    weights = pairs.even if weights is None else weights
    genuine = _histogram(pairs, weights * pairs.genuine)
    impostor = _histogram(pairs, weights * ~pairs.genuine)
    return Curve(_tail(impostor), _reversed(_tail(genuine[::-1], 0.5)), _logistic(genuine, impostor))


def fit_impostors(pairs: Pairs, weights: Array | None = None, *, slope: float | None = None) -> tuple[float, float]:
    """Return the probit line of the impostor pairs alone, of a given slope if one is given.

    Raises ValueError where they are too few.
    """
    weights = pairs.even if weights is None else weights
    most = MOST_RATE if slope is None else MOST_RATE_FOR_PLACE
    return _tail(_histogram(pairs, weights * ~pairs.genuine), most, slope)


def _histogram(pairs: Pairs, weights: Array) -> Array:
    return np.asarray(np.bincount(pairs.bins, weights, _BINS), np.float64)


def resample(pairs: Pairs, seed: int, count: int = RESAMPLES) -> list[Array]:
    """Return the weights of pairs in samples of persons, drawn with replacement."""
    draw = np.random.default_rng(seed)
    even = np.full(pairs.persons, 1.0 / pairs.persons)
    return [pairs.weights(draw.multinomial(pairs.persons, even).astype(np.float64)) for _ in range(count)]


def _tail(histogram: Array, most: float = MOST_RATE, slope: float | None = None) -> tuple[float, float]:
    """Fit Phi^-1(F(d)) = a + b d to the lower tail of a histogram over the distance."""
    below = np.cumsum(histogram)
    total = below[-1]
    edges = (np.arange(_BINS) + 1.0) * (_FARTHEST / _BINS)
    used = (below >= LEAST_SEEN) & (below <= max(most * total, LEAST_SEEN)) & (histogram > 0)
    if used.sum() < 3:
        raise ValueError("too few pairs to fit")
    rates = below[used] / total
    z = np.array([_NORMAL.inv_cdf(float(rate)) for rate in rates])
    # Each step in z counts the same: the rare end is what is asked for, and it has few bins.
    weight = np.gradient(z).clip(min=1e-6)
    if slope is not None:
        return float(np.average(z - slope * edges[used], weights=weight)), slope
    slope, at = np.polyfit(edges[used], z, 1, w=np.sqrt(weight))
    if slope <= 0:
        raise ValueError("the pairs do not fall into a tail")
    return float(at), float(slope)


def _reversed(line: tuple[float, float]) -> tuple[float, float]:
    """Turn a line fitted to the histogram from its far end into one in the distance."""
    at, slope = line
    return -(at + slope * (_FARTHEST + _FARTHEST / _BINS)), slope


def _logistic(genuine: Array, impostor: Array) -> tuple[float, float]:
    """Return a, b of the log-likelihood ratio a - b d, with both kinds weighing one half.

    Genuine pairs that are more likely lapses count as that much less (expectation maximisation, lapses at `LAPSES`).
    """
    if not genuine.sum() or not impostor.sum():
        raise ValueError("pairs of both kinds are needed")
    middle = np.asarray((np.arange(_BINS) + 0.5) * (_FARTHEST / _BINS), np.float64)
    meant, line = genuine, np.zeros(2, np.float64)
    for _ in range(_ROUNDS):
        line = _newton(middle, _of_one(meant), _of_one(impostor), line)
        ratio = np.exp(np.clip(line[0] - line[1] * middle, -50.0, 50.0))
        meant = np.asarray(genuine * ratio / (ratio + LAPSES), np.float64)
    return float(line[0]), float(line[1])


def _of_one(histogram: Array) -> Array:
    return np.asarray(histogram / histogram.sum(), np.float64)


def _newton(middle: Array, genuine: Array, impostor: Array, line: Array) -> Array:
    """Return the logistic line of two histograms of weight 1, by Newton's method from a line that is near."""
    weight = np.concatenate([genuine, impostor]) / 2.0
    x = np.stack([np.ones(2 * _BINS), -np.tile(middle, 2)], axis=1)
    y = np.concatenate([np.ones(_BINS), np.zeros(_BINS)])
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ line, -50.0, 50.0)))
        slope = x.T @ (weight * (y - p)) - _RIDGE * line
        bend = (x * (weight * p * (1 - p))[:, None]).T @ x + _RIDGE * np.eye(2)
        step = np.linalg.solve(bend, slope)
        line = line + step * min(1.0, 10.0 / float(np.abs(step).max() + 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    return line
