"""Presentation attacks (ISO/IEC 30107-1): a slot for a check of single pictures, and what is not covered without one.

Nothing in this release tells a person from a picture of one on a single frame; a live response (`face.challenge`)
does for flat, unmoving pictures. A folder named by VISIONMQ_FACE_PRESENTATION may bring a network (see `slot`), or an
installed package a check of its own under the entry point group `visionmq.presentation`; what they name as their limits
is passed on.
"""

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Final, Protocol

from visionmq.engine.api import EngineError
from visionmq.engine.face.slot import presentation_check
from visionmq.engine.face.values import Face
from visionmq.engine.picture import Pixels
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face.comparison import Presentation

GROUP: Final = "visionmq.presentation"

UNCHECKED: Final = (
    "a photograph of the person, on paper or on a screen",
    "a video of the person",
    "a mask, make-up, or a face made or changed by a program",
)
"""What a result does not cover where nothing was checked."""
CHALLENGE_MISSES: Final = (
    "a video, or a model of the person's head, that is moved or drawn as asked while the challenge runs",
    "a worn mask, and make-up",
    "frames that a program put in place of the camera's",
)
"""What a live response does not cover."""


class PresentationCheck(Protocol):
    """Tells a live face from a presented one on a single picture."""

    method: str
    """Name and version."""
    cannot_detect: Sequence[str]

    def load(self) -> None:
        """Open what is needed; nothing is opened later."""
        ...

    def check(self, pixels: Pixels, face: Face) -> tuple[float, bool | None]:
        """Return a score, 0 (presented) to 1 (live), and whether it passes; None where it cannot be told."""
        ...


def installed_check() -> PresentationCheck | None:
    """Return the check that the environment names, or that an installed package offers; not yet loaded."""
    named = presentation_check()
    if named is not None:
        return named
    for point in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        try:
            made: PresentationCheck = point.load()()
        except (ImportError, AttributeError) as error:
            message = f"The presentation check {point.name!r} cannot be used: {error}."
            raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, message) from error
        return made
    return None


def statement(check: PresentationCheck | None, pixels: Pixels | None, face: Face | None) -> Presentation:
    """Return what was checked on a picture's face; an encoding shows nothing to be checked."""
    if pixels is None or face is None:
        return Presentation(checked=False, cannot_detect=["anything: an encoding was sent, no picture", *UNCHECKED])
    if check is None:
        return Presentation(checked=False, cannot_detect=list(UNCHECKED))
    score, passed = check.check(pixels, face)
    return Presentation(
        checked=True, passed=passed, method=check.method, score=score, cannot_detect=list(check.cannot_detect)
    )
