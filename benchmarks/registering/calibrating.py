"""Weights that make stated probabilities hold: logistic models by named figures, and how well they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.registering.pairs import Array, grid_error
from benchmarks.registering.warping import Made
from visionmq.engine.registration import calibration
from visionmq.engine.registration.auto import register_pictures
from visionmq.engine.registration.cache import FeatureCache
from visionmq.engine.registration.outcome import Certificate, Verdict
from visionmq.engine.registration.plan import Settings

TOLERANCES = (4.0, 5.0, 6.25)
"""Errors in model pixels that the accuracy model is fitted for."""
SIGNS = {"surprise": 1, "coverage": 1, "similarity": 1, "tolerance": 1} | dict.fromkeys(
    ("looseness", "forward_backward", "restarts", "held_out"), -1
)
"""Which way each figure may move a probability."""
_ENDLESS = 1e9
"""Stands for an infinite error in JSON."""
_RIDGE = 0.02
"""Weight of the squared weights in the fit: two figures that say the same share what they say."""

Weights = tuple[Mapping[str, float], Mapping[str, float]]
"""Of evidence and of accuracy."""


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


def plain(sample: Sample) -> dict[str, Any]:
    """Return a sample for JSON, to fit other terms to without making the pairs anew."""
    figures = asdict(sample.certificate) | {"verdict": str(sample.certificate.verdict)}
    about = {"half": sample.half, "algorithm": sample.algorithm, "name": sample.name}
    return {"figures": figures, "error": min(sample.error, _ENDLESS), **about}


def sample_of(said: dict[str, Any]) -> Sample:
    """Return what `plain` wrote."""
    figures = said["figures"] | {"verdict": Verdict(said["figures"]["verdict"])}
    error = float("inf") if said["error"] >= _ENDLESS else said["error"]
    return Sample(Certificate(**figures), error, said["half"], said["algorithm"], said["name"])


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
    """Return the weights of a logistic model by name, none of a sign that SIGNS forbids: such terms are left out.

    Two figures that say nearly the same may otherwise get large weights that undo each other.
    """
    names = list(rows[0])
    while True:
        weights = _least(np.array([[row[name] for name in names] for row in rows]), names, np.array(truths, np.float64))
        against = [weight * SIGNS.get(name, 0) for name, weight in zip(names, weights, strict=True)]
        if min(against) >= 0:
            found = dict(zip(names, weights, strict=True))
            return {name: round(float(found.get(name, 0.0)), 3) for name in rows[0]}
        names.pop(int(np.argmin(against)))


def _least(design: Array, names: Sequence[str], truth: Array) -> Array:
    """Return the weights by iteratively reweighted least squares, with a ridge."""
    weights, scale = np.zeros(len(names)), np.where(design.std(axis=0) > 0, design.std(axis=0), 1.0)
    ridge = _RIDGE * len(design) ** 0.5 * scale**2 * (np.array(names) != "constant")
    for _ in range(60):
        stated = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (stated - truth) + ridge * weights
        bend = (design * (stated * (1 - stated))[:, None]).T @ design + np.diag(ridge + 1e-9)
        step = np.linalg.solve(bend, slope)
        weights -= step * min(1.0, 5 / max(float(np.abs(step * scale).max()), 1e-9))
    return np.asarray(weights)


def stated(known: Sequence[Sample], weights: Weights, tolerance: float) -> Array:
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
