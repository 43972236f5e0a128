"""Two pictures in, an outcome out: one algorithm, or the cheapest that gives a matrix one can trust."""

import math
import time
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from visionmq.engine.registration.cache import FeatureCache, content_key
from visionmq.engine.registration.features import Algorithm, Features, features, to_gray
from visionmq.engine.registration.outcome import (
    Array,
    Certificate,
    Failure,
    FailureKind,
    Registration,
    Verdict,
)
from visionmq.engine.registration.plan import Outcome, Settings, Try
from visionmq.engine.registration.register import register

DEFAULT: Final = Settings()


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
    pair = _Pair(_Side(to_gray(user), content_key(user)), _Side(to_gray(model), content_key(model)), cache)
    started = time.perf_counter()
    if pair.user.key == pair.model.key:
        return _same(pair)
    steps = _LADDER if settings.chosen is None else (settings,)
    tries: list[Try] = []
    best: Registration | Failure | None = None
    for step in steps:
        if tries and time.perf_counter() - started > time_left / 2:
            break
        found, attempt = _attempt(pair, replace(step, budget=min(step.budget, settings.budget)))
        tries.append(attempt)
        best = _better(best, found)
        if attempt.verdict is Verdict.ACCEPT:
            break
    return _outcome(pair, best, tries)


@dataclass(frozen=True, slots=True)
class _Side:
    gray: Array
    key: bytes

    @property
    def size(self) -> tuple[int, int]:
        return self.gray.shape[1], self.gray.shape[0]


@dataclass(frozen=True, slots=True)
class _Pair:
    user: _Side
    model: _Side
    cache: FeatureCache | None = field(default=None)


_LADDER: Final = (
    Settings("orb", largest=800, budget=2000),
    Settings("akaze", largest=1000, budget=2000),
    Settings("sift", largest=1600),
)


def _attempt(pair: _Pair, settings: Settings) -> tuple[Registration | Failure, Try]:
    started = time.perf_counter()
    found = _run(pair, settings)
    spent = (time.perf_counter() - started) * 1000
    if isinstance(found, Failure):
        return found, Try(settings.algorithm, Verdict.REJECT, None, found.found, spent, found.message)
    seal = found.certificate
    probability = getattr(seal, "probability", None)
    return found, Try(settings.algorithm, seal.verdict, probability, seal.inliers, spent, "; ".join(seal.reasons))


def _run(pair: _Pair, settings: Settings) -> Registration | Failure:
    algorithm = settings.chosen or Algorithm.SIFT
    user = _looked(pair.user, algorithm, settings, pair.cache)
    if isinstance(user, Failure):
        return user
    model = _looked(pair.model, algorithm, settings, pair.cache)
    if isinstance(model, Failure):
        return model
    return register(user, model, settings=settings, pictures=(pair.user.gray, pair.model.gray))


def _looked(side: _Side, algorithm: Algorithm, settings: Settings, cache: FeatureCache | None) -> Features | Failure:
    def make() -> Features | Failure:
        return features(side.gray, algorithm, budget=settings.budget, largest=settings.largest)

    if cache is None:
        return make()
    key: Hashable = (side.key, algorithm, settings.budget, settings.largest)
    return cache.get(key, make)


def _better(first: Registration | Failure | None, second: Registration | Failure) -> Registration | Failure:
    """Return the one with the better certificate; any registration is better than a failure, the later failure won."""
    if isinstance(second, Failure):
        return first if isinstance(first, Registration) else second
    return first if isinstance(first, Registration) and _rank(first) >= _rank(second) else second


def _rank(found: Registration) -> tuple[int, int]:
    order = (Verdict.REJECT, Verdict.UNCERTAIN, Verdict.ACCEPT)
    return order.index(found.certificate.verdict), found.certificate.inliers


def _outcome(pair: _Pair, best: Registration | Failure | None, tries: list[Try]) -> Outcome:
    found = best if isinstance(best, Registration) else None
    failure = best if isinstance(best, Failure) else None
    chosen = max(tries, key=lambda one: (one.verdict is Verdict.ACCEPT, one.inliers)).algorithm if found else ""
    return Outcome(found, failure, tuple(tries), pair.user.size, pair.model.size, chosen)


def _same(pair: _Pair) -> Outcome:
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
    )
    found = Registration(np.eye(3), *sizes, none, none, np.empty(0, bool), certificate)
    return Outcome(found, Failure(FailureKind.SAME_IMAGE, "Both pictures are the same."), (), *sizes)
