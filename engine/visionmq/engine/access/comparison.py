"""One face against the few who may take a car: the nearest, how far, and how much nearer than the next.

Pure. The threshold is the one that keeps the wanted false-match rate over all comparisons together; the engine that
knows the model gives it for a few numbers of comparisons, and the next larger number counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from visionmq.schemas.access.reasons import Reason


@dataclass(frozen=True, slots=True)
class Compared:
    """How a face compared with one candidate."""

    user_id: str
    template_id: str
    distance: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who it is, or why nobody."""

    winner: Compared | None
    against: Reason | None
    nearest: Compared | None
    threshold: float
    margin: float | None


def judge(
    found: Sequence[Compared], candidates: int, templates: int, thresholds: Mapping[int, float], least_margin: float
) -> Verdict:
    """Return the verdict; `found` holds at most one entry a candidate: those without a template are left out."""
    threshold = threshold_for(max(templates, 1), thresholds)
    ranked = sorted(found, key=lambda one: (one.distance, one.user_id))
    if not ranked:
        return Verdict(None, Reason.FACE_NOT_ENROLLED if candidates else Reason.NO_LIVE_BOOKING, None, threshold, None)
    nearest = ranked[0]
    margin = ranked[1].distance - nearest.distance if len(ranked) > 1 else None
    if nearest.distance > threshold:
        return Verdict(None, Reason.FACE_NOT_RECOGNISED, nearest, threshold, margin)
    if margin is not None and margin < least_margin:
        return Verdict(None, Reason.FACE_AMBIGUOUS, nearest, threshold, margin)
    return Verdict(nearest, None, nearest, threshold, margin)


def threshold_for(comparisons: int, thresholds: Mapping[int, float]) -> float:
    """Return the threshold of the smallest known number that is not below; beyond all of them, that of the largest."""
    known = [number for number in thresholds if number >= comparisons]
    return thresholds[min(known) if known else max(thresholds)]
