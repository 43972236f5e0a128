"""What a registration is asked to do, and what it reports; values only.

A `Settings` says how; an `Outcome` says what was found, and every try that led there.
"""

from dataclasses import dataclass
from typing import Final

from visionmq.engine.registration.estimation import Estimator, Transform
from visionmq.engine.registration.features import BUDGET, LARGEST, Algorithm
from visionmq.engine.registration.matching import RATIO
from visionmq.engine.registration.outcome import Failure, Registration, Verdict

__all__ = ["AUTO", "TOLERANCE", "Estimator", "Outcome", "Settings", "Transform", "Try"]

AUTO: Final = "auto"
"""The name that lets the engine choose: cheapest first, until a matrix is accepted."""
TOLERANCE: Final = 3.0
"""Noise of an inlier, in pixels of the coarser of the two pictures as they were looked at."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How two pictures are registered; the defaults are right for most."""

    algorithm: str = AUTO
    """`auto`, or an `Algorithm` by name in any case."""
    ratio: float = RATIO
    """Nearest over second nearest descriptor distance that a match may have (Lowe 2004); 1 keeps all."""
    mutual: bool = True
    """Keep only matches that are each other's nearest."""
    spread: bool = False
    """Keep only the clearest few matches of each part of the picture, so that no crowd outvotes the rest."""
    estimator: Estimator = Estimator.MAGSAC
    model: Transform = Transform.HOMOGRAPHY
    refine: bool = False
    """Finish with ECC (Evangelidis and Psarakis 2008), kept only where the pictures become more alike."""
    budget: int = BUDGET
    """Landmarks kept of each picture."""
    tolerance: float = TOLERANCE
    """Noise that an inlier may have, in pixels of the coarser picture as it was looked at."""
    largest: int = LARGEST
    """Longer side in pixels at which pictures are looked at."""

    @property
    def chosen(self) -> Algorithm | None:
        """The one algorithm asked for; None for `auto`. Raises ValueError where the name is unknown."""
        name = self.algorithm.strip().lower()
        return None if name == AUTO else Algorithm(name)


@dataclass(frozen=True, slots=True)
class Try:
    """One way that was tried, what came of it, and what it cost."""

    algorithm: str
    """The algorithm, with how it was used where that matters, for instance `sift views`."""
    verdict: Verdict
    """`reject` where there was no matrix."""
    probability: float | None
    """The certificate's, 0 to 1; None where there was no matrix."""
    inliers: int
    milliseconds: float
    note: str = ""
    """Why there was no matrix, or what keeps it from being accepted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of two pictures: a registration or a failure.

    Only the same picture twice has both: the matrix is the identity, and the failure says `same_image`.
    """

    registration: Registration | None
    failure: Failure | None
    tries: tuple[Try, ...]
    user_size: tuple[int, int]
    """Width and height of the user's picture as sent."""
    model_size: tuple[int, int]
    algorithm: str = ""
    """Which try the matrix is from; empty where there is none."""
