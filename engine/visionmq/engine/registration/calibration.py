"""From a certificate's figures to a probability: two small logistic models, one for right at all, one for how near.

`evidence` is the probability that the two pictures show one thing and the matrix is about right; `accuracy` that a
matrix which is about right errs by at most a stated tolerance, on average over a grid of the overlap. Their product is
what a certificate states. The weights are fitted by `python -m benchmarks.registration --calibrate`, which prints
these tables anew; docs/accuracy.md tells on what, and how well they hold.
"""

from collections.abc import Mapping
from math import exp, lgamma, log, log1p, log10, pi
from typing import Final

from visionmq.engine.registration.outcome import Certificate

TOLERANCE: Final = 5.0
"""Mean error in model pixels that probabilities are about, for pictures up to LARGEST; larger ones in proportion."""
LARGEST: Final = 1600
"""Longer side in pixels beyond which a picture is looked at shrunk."""
ABOUT_RIGHT: Final = 20.0
"""Mean error in the same pixels from which on a matrix is plainly wrong."""

EVIDENCE: Final[Mapping[str, float]] = {
    "constant": 3.013,
    "surprise": 0.359,
    "coverage": 1.529,
    "looseness": -0.464,
    "forward_backward": -0.276,
    "restarts": 0.0,
    "similarity": 10.454,
}
ACCURACY: Final[Mapping[str, float]] = {
    "constant": -6.246,
    "tolerance": 4.054,
    "held_out": -0.554,
    "coverage": 0.799,
    "forward_backward": -0.362,
    "restarts": -0.216,
    "similarity": 3.079,
}
UNSEEN_SIMILARITY: Final = 0.2
"""Stands for the pictures' likeness where it was not looked at: between what right and wrong matrices have."""
_LOOSEST: Final = 100.0


def stated_tolerance(model_size: tuple[int, int]) -> float:
    """Return the error in model pixels that the probability for a model of this width and height is about."""
    return TOLERANCE * max(1.0, max(model_size) / LARGEST)


def evidence(figures: Certificate) -> float:
    """Return the probability that the matrix is about right, 0 to 1."""
    return _logistic(EVIDENCE, evidence_terms(figures))


def accuracy(figures: Certificate, tolerance: float) -> float:
    """Return the probability that a matrix which is about right errs by at most `tolerance` model pixels, 0 to 1."""
    return _logistic(ACCURACY, accuracy_terms(figures, tolerance))


def evidence_terms(figures: Certificate) -> dict[str, float]:
    """Return what the weights of EVIDENCE are for, by name; distances and areas count as logarithms."""
    return {
        "constant": 1.0,
        "surprise": log1p(max(figures.surprise, 0.0)),
        "coverage": log(figures.coverage + 0.01),
        "looseness": _length(min(figures.conditioning, _LOOSEST) * figures.median_error),
        "forward_backward": _length(_seen(figures.forward_backward)),
        "restarts": _length(_seen(figures.restarts)),
        "similarity": _similarity(figures),
    }


def accuracy_terms(figures: Certificate, tolerance: float) -> dict[str, float]:
    """Return what the weights of ACCURACY are for, by name; as above, and likeness as how little is missing to 1."""
    return {
        "constant": 1.0,
        "tolerance": log(tolerance),
        "held_out": _length(_seen(figures.held_out)),
        "coverage": log(figures.coverage + 0.01),
        "forward_backward": _length(_seen(figures.forward_backward)),
        "restarts": _length(_seen(figures.restarts)),
        "similarity": -log(1.03 - _similarity(figures)),
    }


def surprise(inliers: int, matches: int, reach: float, area: float) -> float:
    """Return by how many powers of ten chance falls short of so many inliers (Moisan and Stival 2004).

    `reach` is the largest error of an inlier and `area` the model's, both in model pixels; 0 where chance does it.
    """
    if inliers <= 4 or area <= 0:
        return 0.0
    lucky = min(1.0, pi * max(reach, 0.5) ** 2 / area)
    ways = log10(max(matches - 4, 1)) + _choose(matches, inliers) + _choose(inliers, 4)
    return max(0.0, -(ways + (inliers - 4) * log10(lucky)))


def _choose(many: int, few: int) -> float:
    """Return the base-10 logarithm of the binomial coefficient."""
    return (lgamma(many + 1) - lgamma(few + 1) - lgamma(many - few + 1)) / log(10)


def _logistic(weights: Mapping[str, float], terms: Mapping[str, float]) -> float:
    # A new term has no weight until it is fitted.
    score = sum(weights.get(name, 0.0) * value for name, value in terms.items())
    return 1 / (1 + exp(-max(-30.0, min(30.0, score))))


def _similarity(figures: Certificate) -> float:
    return UNSEEN_SIMILARITY if figures.similarity is None else figures.similarity


def _seen(distance: float | None) -> float:
    """Return a distance, a long one where nobody looked: only hopeless cases are not looked at."""
    return 100.0 if distance is None else distance


def _length(distance: float) -> float:
    return log(distance + 0.2)
