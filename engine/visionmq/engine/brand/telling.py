"""What is said of recognised pictures: matches by the rule that was asked for, candidates, and the rule itself."""

from collections.abc import Sequence
from typing import Final

from visionmq.engine.brand.recognition import Seen, Sighting, contend
from visionmq.engine.brand.scoring import Level, cut
from visionmq.schemas.brand.recognition import BrandMatch, Candidate, RecognizeParams, Threshold
from visionmq.schemas.common import Quad

_DIGITS: Final = 5


def matches_of(seen: Seen, found: Sequence[Sighting], params: RecognizeParams) -> list[Sighting]:
    """Return what is a match in a picture by the rule that was asked for."""
    if params.threshold is not None:
        least = params.threshold
        return [one for one in found if one.similarity >= least][: params.top]
    least = cut(params.fpr)
    return contend(found, params.top, lambda one: one.probability >= least, seen.proposals.letters)


def threshold_of(params: RecognizeParams, level: Level, references: int) -> Threshold:
    """Return the rule by which matches were told from unknown."""
    basis = "gallery" if level.measured else "defaults"
    if params.threshold is not None:
        return Threshold(kind="similarity", similarity=params.threshold, calibrated_on=basis)
    return Threshold(
        kind="fpr",
        fpr=params.fpr,
        probability=round(cut(params.fpr), _DIGITS),
        similarity=round(level.similarity(max(1, references), params.fpr), _DIGITS),
        calibrated_on=basis,
    )


def told_match(one: Sighting, seen: Seen | None) -> BrandMatch:
    """Return a match as it stands in the result, with its embedding if the picture is given."""
    return BrandMatch(
        brand=one.brand,
        similarity=_short(one.similarity),
        probability=_short(one.probability),
        reference=one.reference,
        quad=Quad([(round(float(x), 1), round(float(y), 1)) for x, y in one.quad]),
        verified=one.found is not None and one.found.verified,
        inliers=0 if one.found is None else one.found.inliers,
        text=one.text,
        embedding=None if seen is None else vector_of(seen, one.place),
    )


def vector_of(seen: Seen, place: int) -> list[float]:
    """Return the embedding of a place."""
    return [_short(part) for part in seen.vectors[place]]


def told_candidate(one: Sighting) -> Candidate:
    """Return a brand that was considered."""
    return Candidate(brand=one.brand, similarity=_short(one.similarity), probability=_short(one.probability))


def _short(value: float) -> float:
    return round(float(value), _DIGITS)
