"""Requests as settings: every name is known, or the answer says which are."""

from collections.abc import Iterable
from enum import StrEnum
from importlib.util import find_spec
from typing import Final, TypeVar

from visionmq.engine.api import EngineError
from visionmq.engine.registration.features import Algorithm
from visionmq.engine.registration.pictures import WANTS, wanted
from visionmq.engine.registration.plan import AUTO, Estimator, Settings, Transform
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.registration import RegisterParams

E = TypeVar("E", bound=StrEnum)

STAGE: Final = "registration"
SURF: Final = "surf"
SURF_HINT: Final = "Install mahotas where the worker runs: `pip install 'visionmq[worker]'`; or ask for sift or auto."


def settings_of(params: RegisterParams) -> Settings:
    """Return the settings that are asked for.

    Raises EngineError: BAD_REQUEST for a name that is not known, ENGINE_UNAVAILABLE for SURF without its library.
    """
    check_wants(params.want)
    usual = Settings()
    return Settings(
        algorithm=algorithm_of(params.algorithm),
        ratio=usual.ratio if params.ratio is None else params.ratio,
        mutual=usual.mutual if params.mutual is None else params.mutual,
        spread=usual.spread if params.spread is None else params.spread,
        estimator=_one_of(Estimator, params.estimator, usual.estimator, "estimator"),
        model=_one_of(Transform, params.model, usual.model, "model"),
        refine=usual.refine if params.refine is None else params.refine,
        budget=usual.budget if params.budget is None else params.budget,
        tolerance=usual.tolerance if params.tolerance is None else params.tolerance,
    )


def algorithms() -> list[str]:
    """Return the names of all algorithms of this release, `auto` first."""
    return [AUTO, *(one.value for one in Algorithm)]


def algorithm_of(name: str) -> str:
    """Return an algorithm's name in small letters; raises EngineError for one that cannot be had."""
    small = name.strip().lower()
    if small not in algorithms():
        raise _unknown("algorithm", name, algorithms())
    if small == SURF and not has_surf():
        raise EngineError(
            ErrorCode.ENGINE_UNAVAILABLE, "SURF is not installed on this worker.", stage=STAGE, hint=SURF_HINT
        )
    return small


def has_surf() -> bool:
    """Whether the library that computes SURF is installed."""
    return find_spec("mahotas") is not None


def check_wants(patterns: Iterable[str]) -> None:
    """Raise EngineError(BAD_REQUEST) for a wanted picture that is none."""
    for pattern in patterns:
        if not wanted([pattern]):
            raise _unknown("wanted picture", pattern, WANTS)


def _one_of(kind: type[E], name: str | None, usual: E, what: str) -> E:
    if name is None:
        return usual
    try:
        return kind(name.strip().lower())
    except ValueError:
        raise _unknown(what, name, list(kind)) from None


def _unknown(what: str, name: str, known: Iterable[str]) -> EngineError:
    text = f"There is no {what} {name[:64]!r}; supported are {', '.join(known)}."
    return EngineError(ErrorCode.BAD_REQUEST, text, stage=STAGE)
