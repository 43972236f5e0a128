"""Decisions: from distances to same or not, who or unknown, and how sure that is.

No picture, no store, no clock: numbers in, answers out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import msgspec
import numpy as np

from visionmq.engine.face.calibration import Curve, Table, evidence_at, fmr_at, fnmr_at, threshold_at
from visionmq.engine.store.messages import Hit
from visionmq.schemas.face.common import Calibration
from visionmq.schemas.face.comparison import OperatingPoint
from visionmq.schemas.face.identification import Unknown

MARGIN: Final = 0.02
"""Least lead over the runner-up. On the dev sets (one template a person, every other picture as probe) a lead below
it came with 4 of 7 searches that named the wrong person at FMR 1 %, and with none of 1,700 that named the right one."""
_LOW, _HIGH = 0.025, 0.975
_STEEPEST: Final = 500.0
_SEEN_IN_TEN: Final = 10.0 / 3.0
"""`least_rate` is that of ten pairs; the rule of three speaks of three."""

Sure: TypeAlias = tuple[float, tuple[float, float]]
"""A probability and its interval."""
Line: TypeAlias = tuple[float, float]
"""a, b of a probit line."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """What distances mean here: a model's calibration, or a gallery's own laid over it."""

    table: Table
    kind: Calibration = Calibration.SHIPPED
    own: "Own | None" = None

    @property
    def best(self) -> Curve:
        """The fit to all persons."""
        return self._curve(self.table.best, self.own.best if self.own else None)

    @property
    def resampled(self) -> list[Curve]:
        """The fits to resampled persons."""
        if self.own is None:
            return self.table.resampled
        curves = self.table.resampled or [self.table.best] * len(self.own.resampled)
        return [self._curve(curve, line) for curve, line in zip(curves, self.own.resampled, strict=False)]

    @property
    def least_rate(self) -> float:
        """The smallest false-match rate that was measured."""
        return self.own.least_rate if self.own else self.table.least_rate

    @property
    def most(self) -> float:
        """The strongest evidence that measured pairs can bear, a logarithm: three of them, the rule of three."""
        return math.log(_SEEN_IN_TEN / self.least_rate)

    @property
    def measured_on(self) -> str:
        """Sets, persons and pairs."""
        return self.own.measured_on if self.own else self.table.measured_on

    def _curve(self, curve: Curve, line: "Line | None") -> Curve:
        """Move evidence with the impostors: a distance means what the one of the same false-match rate meant."""
        if line is None:
            return curve
        scale = line[1] / curve.impostor[1]
        shift = (line[0] - curve.impostor[0]) / curve.impostor[1]
        a, b = curve.evidence
        return msgspec.structs.replace(curve, impostor=line, evidence=(a - b * shift, b * scale))


class Own(msgspec.Struct, frozen=True):
    """A gallery's own impostor line; kept as a note in the store."""

    best: Line
    resampled: list[Line]
    least_rate: float
    measured_on: str


def similarity(distance: float) -> float:
    """Return the cosine of unit vectors that far apart, at least 0."""
    return max(0.0, 1.0 - distance * distance / 2.0)


def rate_each(fmr: float, comparisons: int) -> float:
    """Return the rate of one comparison at which `comparisons` independent ones keep to `fmr` together.

    1 - (1 - r)**n = fmr, solved without losing small numbers.
    """
    return -math.expm1(math.log1p(-fmr) / max(1, comparisons))


def rate_of_all(each: float, comparisons: int) -> float:
    """Return the rate at which any of `comparisons` independent comparisons errs."""
    return -math.expm1(comparisons * math.log1p(-min(each, 1.0 - 1e-12)))


def operating_point(ruler: Ruler, fmr: float, comparisons: int = 1, threshold: float | None = None) -> OperatingPoint:
    """Return the threshold of a wanted rate; for a threshold of the caller's own, the rate it amounts to."""
    best = ruler.best
    limit = threshold_at(best, rate_each(fmr, comparisons)) if threshold is None else threshold
    each = fmr_at(best, limit)
    rates = [fmr_at(curve, limit) for curve in ruler.resampled]
    low, high = np.quantile(rates, [_LOW, _HIGH]) if rates else (0.0, 1.0)
    return OperatingPoint(
        threshold=limit,
        fmr=fmr if threshold is None else rate_of_all(each, comparisons),
        comparisons=comparisons,
        fmr_each=each,
        fmr_interval=(min(float(low), each), max(float(high), each)),
        fnmr=fnmr_at(best, limit),
        extrapolated=each < ruler.least_rate,
        calibration=ruler.kind,
        measured_on=ruler.measured_on,
    )


def probability(ruler: Ruler, distance: float, prior: float) -> Sure:
    """Return how probable it is that two faces are one person's, and its 95 % interval."""
    odds = math.log(prior / (1.0 - prior))
    best = _logistic(odds + evidence_at(ruler.best, distance))
    others = [_logistic(odds + evidence_at(curve, distance)) for curve in ruler.resampled]
    return best, _interval(best, others, least=_logistic(odds + min(evidence_at(ruler.best, distance), ruler.most)))


def posteriors(ruler: Ruler, distances: Sequence[float], subjects: int, prior: float) -> list[Sure]:
    """Return for each of the nearest subjects how probable it is the one; `distances` ascend.

    The rest of `prior`, and what the subjects that are not listed claim, is nobody's: of those the evidence is what
    it is on average for strangers farther away than the last listed, FNMR / (1 - FMR) there.
    """
    if not distances:
        return []
    best = _posterior(ruler.best, distances, subjects, prior)
    others = np.array([_posterior(curve, distances, subjects, prior) for curve in ruler.resampled])
    others = others.reshape(-1, len(distances))
    least = _posterior(ruler.best, distances, subjects, prior, most=ruler.most)
    return [(value, _interval(value, list(others[:, place]), least=least[place])) for place, value in enumerate(best)]


def _posterior(
    curve: Curve, distances: Sequence[float], subjects: int, prior: float, most: float = _STEEPEST
) -> list[float]:
    claims = [min(evidence_at(curve, distance), most) for distance in distances]
    last = distances[-1]
    beyond = fnmr_at(curve, last)
    share = 1.0 if beyond is None else beyond / max(1.0 - fmr_at(curve, last), 1e-9)
    rest = max(0, subjects - len(distances)) * share
    each = prior / max(subjects, len(distances))
    top = max(0.0, *claims)
    nobody = (1.0 - prior + each * rest) * math.exp(-top)
    shares = [each * math.exp(claim - top) for claim in claims]
    return [share / (nobody + sum(shares)) for share in shares]


@dataclass(frozen=True, slots=True)
class Named:
    """Who a search found, or why nobody."""

    subject: str | None
    unknown: Unknown | None
    reason: str
    margin: float | None = None
    point: OperatingPoint | None = None
    sure: tuple[Sure, ...] = ()


def name(
    ruler: Ruler,
    hits: Sequence[Hit],
    *,
    sizes: tuple[int, int],
    fmr: float,
    prior: float,
    threshold: float | None = None,
    margin: float | None = None,
) -> Named:
    """Decide a search: the nearest subject if it is near enough and far enough ahead of the next.

    `hits` ascend, one a subject; `sizes` are the gallery's templates and subjects.
    """
    templates, subjects = sizes
    if not hits:
        return Named(None, Unknown.EMPTY_GALLERY, "Nobody is enrolled in this collection.")
    point = operating_point(ruler, fmr, templates, threshold)
    sure = tuple(posteriors(ruler, [hit.distance for hit in hits], subjects, prior))
    lead = hits[1].distance - hits[0].distance if len(hits) > 1 else None
    found = Named(hits[0].subject, None, "", lead, point, sure)
    best, limit = hits[0].distance, point.threshold
    if best > limit:
        reason = f"The nearest of {subjects} is {best:.3f} away; at most {limit:.3f} is a match at this error rate."
        return replace(found, subject=None, unknown=Unknown.ABOVE_THRESHOLD, reason=reason)
    needed = MARGIN if margin is None else margin
    if lead is not None and lead < needed:
        reason = f"Two subjects are {best:.3f} and {best + lead:.3f} away; they must differ by {needed:.3f}."
        return replace(found, subject=None, unknown=Unknown.MARGIN_TOO_SMALL, reason=reason)
    ahead = "" if lead is None else f", {lead:.3f} ahead of the next"
    return replace(found, reason=f"{best:.3f} away{ahead}; at most {limit:.3f} is a match.")


def _logistic(logit: float) -> float:
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-min(logit, _STEEPEST)))
    grown = math.exp(max(logit, -_STEEPEST))
    return grown / (1.0 + grown)


def _interval(best: float, others: Sequence[float], least: float) -> tuple[float, float]:
    """Return the interval of resampled values; its lower end claims no more than was measured (`least`)."""
    low, high = np.quantile(others, [_LOW, _HIGH]) if len(others) else (best, best)
    return min(float(low), best, least), max(float(high), best)
