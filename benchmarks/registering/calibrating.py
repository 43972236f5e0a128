"""Weights that make stated probabilities hold: logistic models fitted on one half of the pictures, checked on the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.registering.pairs import Array, grid_error
from benchmarks.registering.warping import Made
from visionmq.engine.registration import calibration
from visionmq.engine.registration.auto import register_pictures
from visionmq.engine.registration.cache import FeatureCache
from visionmq.engine.registration.outcome import Certificate
from visionmq.engine.registration.plan import Settings

TOLERANCES = (4.0, 5.0, 6.25)
"""Errors in model pixels that the accuracy model is fitted for."""
_RIDGE = 0.02
"""Weight of the squared weights in the fit: two figures that say the same share what they say."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A matrix that was found, what its certificate says, and how far off it is."""

    certificate: Certificate
    error: float
    """Mean error over the grid in model pixels, infinite for unrelated pictures."""
    half: int
    algorithm: str
    name: str


def samples(made: Iterable[Made], algorithms: Sequence[str]) -> list[Sample]:
    """Return what each algorithm makes of each pair; where it finds no matrix there is nothing to state."""
    found, cache = [], FeatureCache(most_bytes=1 << 29)
    for pair in made:
        for algorithm in algorithms:
            outcome = register_pictures(pair.user, pair.model, Settings(algorithm=algorithm), cache)
            if outcome.registration is not None and outcome.failure is None:
                error = float("inf")
                if pair.truth is not None:
                    error = grid_error(outcome.registration.matrix, pair.truth, pair.user.shape, pair.model.shape)
                found.append(Sample(outcome.registration.certificate, error, pair.half, algorithm, pair.name))
    return found


def fitted(known: Sequence[Sample]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the weights of evidence and accuracy, fitted to samples."""
    right = [sample.error <= calibration.ABOUT_RIGHT for sample in known]
    seen = [calibration.evidence_terms(sample.certificate) for sample in known]
    near = [
        (calibration.accuracy_terms(sample.certificate, tolerance), sample.error <= tolerance)
        for sample, about in zip(known, right, strict=True)
        if about
        for tolerance in TOLERANCES
    ]
    return logistic(seen, right), logistic([terms for terms, _ in near], [true for _, true in near])


def logistic(rows: Sequence[Mapping[str, float]], truths: Sequence[bool]) -> dict[str, float]:
    """Return the weights of a logistic model by name (iteratively reweighted least squares, with a ridge)."""
    names = list(rows[0])
    design = np.array([[row[name] for name in names] for row in rows])
    truth = np.array(truths, np.float64)
    weights, scale = np.zeros(len(names)), np.where(design.std(axis=0) > 0, design.std(axis=0), 1.0)
    ridge = _RIDGE * len(rows) ** 0.5 * scale**2 * (np.array(names) != "constant")
    for _ in range(60):
        stated = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (stated - truth) + ridge * weights
        bend = (design * (stated * (1 - stated))[:, None]).T @ design + np.diag(ridge + 1e-9)
        step = np.linalg.solve(bend, slope)
        weights -= step * min(1.0, 5 / max(float(np.abs(step * scale).max()), 1e-9))
    return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


def stated(
    known: Sequence[Sample], weights: tuple[Mapping[str, float], Mapping[str, float]], tolerance: float
) -> Array:
    """Return the probability that given weights state for each sample at a tolerance."""
    chances = []
    for sample in known:
        terms = (
            calibration.evidence_terms(sample.certificate),
            calibration.accuracy_terms(sample.certificate, tolerance),
        )
        scores = [
            sum(part.get(name, 0.0) * value for name, value in term.items())
            for part, term in zip(weights, terms, strict=True)
        ]
        chances.append(float(np.prod(1 / (1 + np.exp(-np.clip(scores, -30, 30))))))
    return np.array(chances)


@dataclass(frozen=True, slots=True)
class Decile:
    """The samples whose stated probability lies in one tenth."""

    low: float
    count: int
    said: float
    """Mean of the stated probabilities."""
    held: float
    """Share of the samples that hold them."""


def deciles(chances: Array, held: Array) -> list[Decile]:
    """Return the ten tenths that hold anything, lowest first."""
    place = np.minimum((chances * 10).astype(int), 9)
    return [
        Decile(
            number / 10,
            int((place == number).sum()),
            float(chances[place == number].mean()),
            float(held[place == number].mean()),
        )
        for number in range(10)
        if (place == number).any()
    ]


def table_of(weights: Mapping[str, float]) -> str:
    """Return weights as the lines that calibration.py holds."""
    return "\n".join(f'    "{name}": {weight},' for name, weight in weights.items())
