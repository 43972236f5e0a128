"""What the guesses of a recipe add up to."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.branding.recipes import Guess
from benchmarks.branding.sets import Query

RECALL = 0.95
"""Of the queries whose first guess is right, the part that a threshold keeps; false positives are counted at it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One query, what was guessed, and the milliseconds that took."""

    query: Query
    guesses: Sequence[Guess]
    milliseconds: float

    @property
    def first(self) -> bool:
        """Whether the best guess is right."""
        return bool(self.guesses) and self._right(self.guesses[0])

    @property
    def among(self) -> bool:
        """Whether one of the five best is right."""
        return any(self._right(one) for one in self.guesses[:5])

    @property
    def found(self) -> bool:
        """Whether the right brand is accepted by the recipe's own rule."""
        return any(one.accepted and self._right(one) for one in self.guesses)

    @property
    def wrongs(self) -> int:
        """How many wrong brands are accepted."""
        return sum(one.accepted and not self._right(one) for one in self.guesses)

    @property
    def score(self) -> float:
        """Of the best guess."""
        return self.guesses[0].score if self.guesses else -np.inf

    def _right(self, guess: Guess) -> bool:
        return self.query.brand is not None and guess.brand in {self.query.brand, *self.query.also}

    def iou(self) -> float | None:
        """Return how far the right brand's quad overlaps the true one; None where one of them is unknown."""
        quads = [one.quad for one in self.guesses if one.accepted and self._right(one) and one.quad is not None]
        if not quads or self.query.quad is None:
            return None
        first, second = (cv2.convexHull(np.array(one, np.float32)) for one in (quads[0], self.query.quad))
        common = float(cv2.intersectConvexConvex(first, second)[0])
        return common / max(1e-6, float(cv2.contourArea(first) + cv2.contourArea(second)) - common)


def kinds(answered: Sequence[Answered]) -> list[str]:
    """Return the kinds of queries in their order."""
    return list(dict.fromkeys(one.query.kind for one in answered))


def top(answered: Sequence[Answered]) -> list[list[str]]:
    """Return a row a kind of query that shows a brand: how many, top-1, top-5, accepted and right."""
    rows = []
    for kind in kinds(answered):
        mine = [one for one in answered if one.query.kind == kind and one.query.brand is not None]
        if mine:
            parts = [np.mean([getattr(one, name) for one in mine]) for name in ("first", "among", "found")]
            rows.append([kind, str(len(mine)), *(f"{part:.3f}" for part in parts)])
    return rows


def false_positives(known: Sequence[Answered], strangers: Sequence[Answered]) -> tuple[float, float]:
    """Return the part of strangers over the threshold that keeps RECALL of right first guesses, and accepted by rule."""
    right = [one.score for one in known if one.first]
    if not right or not strangers:
        return float("nan"), float("nan")
    least = float(np.quantile(right, 1 - RECALL))
    return (
        float(np.mean([one.score >= least for one in strangers])),
        float(np.mean([any(guess.accepted for guess in one.guesses) for one in strangers])),
    )
