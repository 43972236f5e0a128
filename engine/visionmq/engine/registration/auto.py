"""Two pictures in, an outcome out: one algorithm, or the cheapest that gives a matrix one can trust.

`auto` climbs a ladder of ways to look, from some 50 milliseconds to some seconds, and stops at the first matrix whose
certificate says `accept`. A matrix that is in doubt is looked at closer at once, since that costs less than the next rung.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from visionmq.engine.registration.cache import FeatureCache, content_key
from visionmq.engine.registration.calibration import stated_tolerance
from visionmq.engine.registration.features import to_gray
from visionmq.engine.registration.looks import Pair, Side, look, look_at_discs, look_closer, look_from_all_sides
from visionmq.engine.registration.outcome import Array, Certificate, Failure, FailureKind, Registration, Verdict
from visionmq.engine.registration.plan import Outcome, Settings, Try

DEFAULT: Final = Settings()


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to look at two pictures."""

    name: str
    settings: Settings
    look: Callable[..., Registration | Failure] = look
    is_coarse: bool = False
    """Its matrix is good to some pixels only: a closer look follows even where it is accepted."""


LADDER: Final = (
    Rung("orb", Settings("orb", largest=800, budget=2000)),
    Rung("akaze", Settings("akaze", largest=1000, budget=2000)),
    Rung("sift", Settings("sift")),
    Rung("sift discs", Settings("sift"), look_at_discs),
    Rung("sift views", Settings("sift", largest=560), look_from_all_sides, is_coarse=True),
)
"""Cheapest first."""
_STAGES: Final = (
    FailureKind.SAME_IMAGE,
    FailureKind.EMPTY_IMAGE,
    FailureKind.FEW_KEYPOINTS,
    FailureKind.FEW_MATCHES,
    FailureKind.FEW_INLIERS,
    FailureKind.DEGENERATE,
)
"""Failures in the order in which a try can meet them."""
_CLOSER: Final = Settings("sift", largest=1000)


def register_pictures(
    user: Array,
    model: Array,
    settings: Settings = DEFAULT,
    cache: FeatureCache | None = None,
    *,
    time_left: float = math.inf,
) -> Outcome:
    """Return where the user's picture (BGR or grey uint8) lies on the model's, with every try.

    Landmarks are kept in `cache` by what the pictures hold. `auto` starts no try that may not end in `time_left`
    seconds. Raises ValueError where the algorithm's name is unknown.
    """
    pair = Pair(Side(to_gray(user), content_key(user)), Side(to_gray(model), content_key(model)), cache)
    if pair.user.key == pair.model.key:
        return _same(pair)
    if settings.chosen is not None:
        found, attempt = _attempt(settings.chosen.value, partial(look, pair, settings))
        return _outcome(pair, found, [attempt])
    return _climb(pair, settings, time.perf_counter() + time_left)


def _climb(pair: Pair, settings: Settings, deadline: float) -> Outcome:
    """Try the ladder's rungs until a matrix is accepted, or no rung is left that would end in time."""
    tries: list[Try] = []
    best: Registration | Failure | None = None
    for rung in LADDER:
        if tries and _too_late(tries, deadline):
            break
        found, attempt = _attempt(rung.name, partial(rung.look, pair, _narrowed(rung, settings), follow=True))
        best = _better(best, found)
        tries.append(attempt)
        if _is_worth_closer(rung, found, best) and isinstance(found, Registration) and not _too_late(tries, deadline):
            closer = _narrowed(Rung("closer", _CLOSER), settings)
            found, attempt = _attempt(f"{rung.name}, closer", partial(look_closer, pair, found, closer))
            # Laid on each other first, the pictures tell more: its matrix is the finer one where both are accepted.
            best = found if attempt.verdict is Verdict.ACCEPT else _better(best, found)
            tries.append(attempt)
        if _is_settled(best):
            break
    return _outcome(pair, best, tries)


def _is_settled(best: Registration | Failure | None) -> bool:
    """Whether no further try can do better: a matrix is accepted, or a picture holds nothing at all."""
    if isinstance(best, Registration):
        return best.certificate.verdict is Verdict.ACCEPT
    return best is not None and best.kind is FailureKind.EMPTY_IMAGE


def _is_worth_closer(rung: Rung, found: Registration | Failure, best: Registration | Failure | None) -> bool:
    """Whether a matrix may be right and is the best so far: what was looked at closer once gives the same again."""
    if isinstance(found, Failure) or found is not best:
        return False
    verdict = found.certificate.verdict
    return verdict is Verdict.UNCERTAIN or (verdict is Verdict.ACCEPT and rung.is_coarse)


def _too_late(tries: list[Try], deadline: float) -> bool:
    """Whether a try that takes thrice as long as the longest so far may end after the deadline."""
    longest = max(one.milliseconds for one in tries) / 1000
    return time.perf_counter() + 3 * longest > deadline


def _narrowed(rung: Rung, settings: Settings) -> Settings:
    """Return a rung's settings with those of the caller that hold for every algorithm."""
    return replace(
        settings,
        algorithm=rung.settings.algorithm,
        largest=min(rung.settings.largest, settings.largest),
        budget=min(rung.settings.budget, settings.budget),
    )


def _attempt(name: str, way: Callable[[], Registration | Failure]) -> tuple[Registration | Failure, Try]:
    started = time.perf_counter()
    found = way()
    spent = (time.perf_counter() - started) * 1000
    if isinstance(found, Failure):
        return found, Try(name, Verdict.REJECT, None, found.found, spent, found.message)
    seal = found.certificate
    return found, Try(name, seal.verdict, seal.probability, seal.inliers, spent, "; ".join(seal.reasons))


def _better(first: Registration | Failure | None, second: Registration | Failure) -> Registration | Failure:
    """Return the one with the better certificate; of failures the one that came further, the later of equals."""
    if first is None:
        return second
    if isinstance(first, Failure) and isinstance(second, Failure):
        return second if _STAGES.index(second.kind) >= _STAGES.index(first.kind) else first
    if isinstance(second, Failure):
        return first
    return first if isinstance(first, Registration) and _rank(first) >= _rank(second) else second


def _rank(found: Registration) -> tuple[int, float]:
    order = (Verdict.REJECT, Verdict.UNCERTAIN, Verdict.ACCEPT)
    return order.index(found.certificate.verdict), found.certificate.probability


def _outcome(pair: Pair, best: Registration | Failure | None, tries: list[Try]) -> Outcome:
    found = best if isinstance(best, Registration) else None
    failure = best if isinstance(best, Failure) else None
    chosen = "" if found is None else _way(found, tries)
    return Outcome(found, failure, tuple(tries), pair.user.size, pair.model.size, chosen)


def _way(found: Registration, tries: list[Try]) -> str:
    """Return the name of the first try that gave this registration's certificate."""
    seal = found.certificate
    figures = seal.verdict, seal.probability, seal.inliers
    return next(one.algorithm for one in tries if (one.verdict, one.probability, one.inliers) == figures)


def _same(pair: Pair) -> Outcome:
    """The identity, certain without a try; a picture of nothing is told as such first."""
    gray = pair.user.gray
    sizes = pair.user.size, pair.model.size
    if gray.size == 0 or int(gray.min()) == int(gray.max()):
        empty = Failure(FailureKind.EMPTY_IMAGE, "The picture has no pixels, or they are all alike.")
        return Outcome(None, empty, (), *sizes)
    none = np.empty((0, 2), np.float32)
    certificate = Certificate(
        verdict=Verdict.ACCEPT,
        reasons=(),
        inliers=0,
        inlier_ratio=1.0,
        median_error=0.0,
        p95_error=0.0,
        coverage=1.0,
        spread=1.0,
        conditioning=0.0,
        similarity=1.0,
        held_out=0.0,
        forward_backward=0.0,
        restarts=0.0,
        probability=1.0,
        evidence=1.0,
        tolerance=stated_tolerance(pair.model.size),
    )
    found = Registration(np.eye(3), *sizes, none, none, np.empty(0, bool), certificate)
    return Outcome(found, Failure(FailureKind.SAME_IMAGE, "Both pictures are the same."), (), *sizes)
