"""What registration answers: a matrix with its certificate, or a typed failure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


class FailureKind(StrEnum):
    """Why there is no matrix."""

    EMPTY_IMAGE = "empty_image"
    """A picture has no pixels, or they are all alike."""
    FEW_KEYPOINTS = "few_keypoints"
    FEW_MATCHES = "few_matches"
    FEW_INLIERS = "few_inliers"
    DEGENERATE = "degenerate"
    """The matches fit a matrix that no view of a plane has: it mirrors, folds or squeezes to a line."""
    SAME_IMAGE = "same_image"
    """Both pictures are the same, pixel by pixel; the matrix is the identity, and was not measured."""


@dataclass(frozen=True, slots=True)
class Failure:
    """No matrix, and why; `found` and `needed` are counts where the kind is about counts."""

    kind: FailureKind
    message: str
    found: int = 0
    needed: int = 0


class Verdict(StrEnum):
    """How far a matrix can be trusted."""

    ACCEPT = "accept"
    UNCERTAIN = "uncertain"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What speaks for a matrix, in numbers, and the verdict they add up to. Lengths are model pixels."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """Why the verdict is not `accept`; empty where it is."""
    inliers: int
    inlier_ratio: float
    """Inliers of all matches, 0 to 1."""
    median_error: float
    """Median distance of the mapped inliers from their partners."""
    p95_error: float
    coverage: float
    """Area of the inliers' hull, of the part of the model that the user's picture shows, 0 to 1."""
    spread: float
    """Cells of a 4 x 4 grid over that part that hold an inlier, 0 to 1."""
    conditioning: float
    """How far the worst corner of that part moves when each inlier moves by one pixel at random (one sigma)."""
    similarity: float | None = None
    """Correlation of the two pictures' structure after warping, -1 to 1; None where it was not asked for."""
    surprise: float = 0.0
    """Powers of ten by which the agreement of so many matches beats chance."""
    held_out: float | None = None
    """Median distance from the partner of an inlier that the matrix was fitted without; None where not looked at."""
    forward_backward: float | None = None
    """How far there and back misses, on average over the overlap, where back is found by itself; None as above."""
    restarts: float | None = None
    """How far the matrix moves, on average over the overlap, found anew from random halves of the matches."""
    probability: float = 0.0
    """That the mean error over a grid of the overlap is at most `tolerance`, 0 to 1."""
    evidence: float = 0.0
    """Probability that the two pictures show one thing and the matrix is about right; `probability` is never above."""
    tolerance: float = 0.0
    """The error that `probability` is about."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One picture laid on another."""

    matrix: Array
    """3x3 float64, maps homogeneous user pixels (x, y, 1) to model pixels; matrix[2, 2] is 1."""
    user_size: tuple[int, int]
    """Width and height of the user's picture as sent."""
    model_size: tuple[int, int]
    user_points: Array
    """Matched points, n x 2 float32, in pixels of the user's picture."""
    model_points: Array
    """Their partners, n x 2 float32, in pixels of the model's picture."""
    inliers: Array
    """Which matches the matrix explains, n bool."""
    certificate: Certificate
