"""How probable a brand is at a place, from all that speaks for it; and the similarity that a stranger seldom reaches.

One logistic regression, fitted by `training.brand_odds` on degraded drawings and scenes of brands that no
test uses, with galleries of 12 to 120 of them, half of whose queries are strangers or photographs without a logo.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, log1p
from typing import Final

import numpy as np

DEFAULT_LEVEL: Final = 0.69
"""Similarity that one stranger in a hundred reaches among REFERENCE_COUNT comparisons."""
REFERENCE_COUNT: Final = 1000
RISE: Final = 0.050
"""How much the level rises for every e-fold of comparisons: the largest of many is larger (Gumbel)."""

ODDS: Final[dict[str, float]] = {
    "constant": -0.651,
    "excess": 0.674,
    "margin": 4.045,
    "lead": 8.425,
    "around": 2.891,
    "share": 0.261,
    "framed": 0.349,
    "whole": 6.635,
    "looked": 1.582,
    "surprise": 0.646,
    "likeness": 1.815,
    "votes": 0.2,
    "support": 0.426,
    "text": 2.5,
}
"""Weights by term, see `terms`; those of votes and text are set by hand: drawn brands have one reference and no word."""
CUTS: Final = ((0.001, 0.998), (0.003, 0.93), (0.01, 0.71), (0.03, 0.4), (0.1, 0.115), (0.3, 0.029), (0.5, 0.012))
"""Probability that a picture's best brand must have for a rate of false ones, by rate. Meant are pictures without a known brand,
of which a quarter shows another brand's logo; measured on 1,200 such logos and 1,200 photographs."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that speaks for one brand at one place."""

    similarity: float
    margin: float
    """By how much it is nearer than the next brand at the place, of any; below 0 if another is nearer."""
    lead: float = 0.0
    """By how much it is nearer than any other brand at any place that overlaps this one."""
    around: float = 0.0
    """By how much its mean similarity at the places around differs from that here."""
    share: float = 0.0
    """Logarithm of the place's part of the picture's content."""
    framed: float = 0.0
    """Log-odds that the place holds a logo and little else, by its looks alone."""
    whole: float = 0.0
    """By how much it exceeds the strangers' level at the whole picture, times the probability that the whole is a logo."""
    surprise: float = 0.0
    likeness: float = 0.0
    looked: bool = False
    """Whether landmarks and outlines were compared at all."""
    votes: int = 1
    support: int = 1
    """At how many places of the picture it is the nearest of all brands."""
    text: float = 0.0
    """How surely the word mark names the brand, -1 (it names another) to 1; 0 if none was read."""


@dataclass(frozen=True, slots=True)
class Level:
    """How near strangers come to a gallery."""

    offset: float = 0.0
    """What is added to the default level: above 0 for galleries whose brands look alike."""
    measured: bool = False

    def similarity(self, comparisons: int, fpr: float = 0.01) -> float:
        """Return the similarity that strangers reach at this rate, over so many comparisons (places x references)."""
        count = log(max(comparisons, 2) / REFERENCE_COUNT)
        return min(0.98, DEFAULT_LEVEL + self.offset + RISE * (count + log(0.01 / fpr)))


def terms(seen: Evidence, level: float) -> dict[str, float]:
    """Return what the weights of ODDS are for; `level` is the similarity that one stranger in a hundred reaches."""
    return {
        "constant": 1.0,
        "excess": seen.similarity - level,
        "margin": max(-0.3, min(0.3, seen.margin)),
        "lead": max(-0.3, min(0.3, seen.lead)),
        "around": seen.around,
        "share": seen.share,
        "framed": seen.framed,
        "whole": seen.whole,
        "looked": float(seen.looked),
        "surprise": log1p(max(0.0, seen.surprise)),
        "likeness": seen.likeness - 0.35 if seen.looked else 0.0,
        "votes": log1p(min(seen.votes, 5) - 1),
        "support": log1p(min(max(seen.support, 1), 12) - 1),
        "text": seen.text,
    }


def probability(seen: Evidence, level: float, weights: Mapping[str, float] = ODDS) -> float:
    """Return the probability that the brand is there."""
    score = sum(weights[name] * value for name, value in terms(seen, level).items())
    return 1 / (1 + exp(-max(-30.0, min(30.0, score))))


def cut(fpr: float) -> float:
    """Return the probability that a match must have for a rate of false ones: between CUTS on logarithms."""
    rates, least = [log(rate) for rate, _ in CUTS], [probability for _, probability in CUTS]
    return float(np.interp(log(fpr), rates, least))
