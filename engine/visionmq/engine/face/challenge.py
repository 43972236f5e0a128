"""A live response: a random sequence of actions, and whether frames show them in that order.

What it proves is limited: a photograph, however it is moved, does not turn its nose against its eyes nor close its
eyes, and a recorded video does not know what will be asked. No clock and no randomness in here.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from visionmq.engine.api import EngineError
from visionmq.engine.face.asked import STAGE, Vector
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face import Action, StepEvidence

STRAIGHT_YAW: Final = 12.0
"""Degrees: as straight as people look who look into a camera."""
TURNED_YAW: Final = 20.0
"""Degrees; between the two a frame shows neither."""
SHUT: Final = 0.58
"""Part of the eyes' usual opening below which they are shut: 0.5 and 0.55 in the two pictures of ORL's dev set that
show it, 0.61 where somebody looks down."""
OPEN: Final = 0.8
LEAST_FRAMES_OPEN: Final = 3
"""Frames with eyes that are needed to know how open they usually are."""
MOST_LOST: Final = 0.25
"""Part of the frames that may show no face; in more, persons could change places."""

INSTRUCTIONS: Final = {
    Action.LOOK_STRAIGHT: "Look straight into the camera.",
    Action.TURN_LEFT: "Turn your head to your left.",
    Action.TURN_RIGHT: "Turn your head to your right.",
    Action.BLINK: "Look straight into the camera, shut your eyes, and open them again.",
}


class Asked(Struct, frozen=True):
    """What was asked, as it stands in the signed challenge."""

    nonce: str
    steps: list[Action]
    expires: float
    """Seconds since 1970, UTC."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one frame shows of the person."""

    frame: int
    yaw: float
    """Degrees; positive when the person's head is turned to the person's left (the picture's right)."""
    openness: float | None
    """Of the eyes, in any unit that grows with it; None where they cannot be seen."""
    quality: float
    vector: Vector | None = None


def sign(asked: Asked, secret: bytes) -> str:
    """Return a challenge as text that cannot be made without the secret (HMAC-SHA-256)."""
    body = msgspec.json.encode(asked)
    return f"{_text(body)}.{_text(_seal(body, secret))}"


def read(challenge: str, secret: bytes) -> Asked:
    """Return what was asked; raise EngineError(BAD_REQUEST) for what this service has not asked."""
    try:
        body, seal = (_bytes(part) for part in challenge.split("."))
        if hmac.compare_digest(seal, _seal(body, secret)):
            return msgspec.json.decode(body, type=Asked)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        pass
    message = "This challenge was not made by this service, or was changed."
    raise EngineError(ErrorCode.BAD_REQUEST, message, stage=STAGE, hint="Ask for a new one with `face.challenge`.")


def _seal(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, body, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def steps_of(choose: Callable[[Sequence[Action]], Action], count: int) -> list[Action]:
    """Return a sequence that `choose` picks: no step twice in a row, at least one turn, straight where it must be.

    `choose` picks one of several, at random outside of tests.
    """
    steps: list[Action] = []
    for place in range(count):
        open_ = [one for one in Action if not steps or one is not steps[-1]]
        if place == count - 1 and not any(one in _TURNS for one in steps):
            open_ = list(_TURNS)
        steps.append(choose(open_))
    return steps


_TURNS: Final = (Action.TURN_LEFT, Action.TURN_RIGHT)


def follow(steps: Sequence[Action], glimpses: Sequence[Glimpse]) -> list[StepEvidence]:
    """Return for each step the first frames after those of the step before that show it.

    What comes after a step that was not seen is not looked for.
    """
    evidence: list[StepEvidence] = []
    usual, at = _usual(glimpses), 0
    for action in steps:
        if evidence and not evidence[-1].done:
            evidence.append(StepEvidence(action=action, done=False, message="Not looked for."))
            continue
        rest = glimpses[at:]
        shown = _blink(rest, usual) if action is Action.BLINK else _turn(action, rest)
        evidence.append(shown)
        if shown.done:
            at = next(place for place, one in enumerate(glimpses) if one.frame == shown.frames[-1]) + 1
    return evidence


def _usual(glimpses: Sequence[Glimpse]) -> float | None:
    """Return how open the eyes usually are on frames that look straight; None where too few show it."""
    seen = [one.openness for one in glimpses if one.openness is not None and abs(one.yaw) <= STRAIGHT_YAW]
    return float(np.quantile(seen, 0.75)) if len(seen) >= LEAST_FRAMES_OPEN else None


_TARGET: Final = {Action.LOOK_STRAIGHT: 0.0, Action.TURN_LEFT: 90.0, Action.TURN_RIGHT: -90.0}
_LIMIT: Final = {Action.LOOK_STRAIGHT: STRAIGHT_YAW, Action.TURN_LEFT: TURNED_YAW, Action.TURN_RIGHT: -TURNED_YAW}


def _reaches(action: Action, yaw: float) -> bool:
    if action is Action.LOOK_STRAIGHT:
        return abs(yaw) <= STRAIGHT_YAW
    return yaw >= TURNED_YAW if action is Action.TURN_LEFT else yaw <= -TURNED_YAW


def _turn(action: Action, glimpses: Sequence[Glimpse]) -> StepEvidence:
    limit = _LIMIT[action]
    for one in glimpses:
        if _reaches(action, one.yaw):
            message = f"Frame {one.frame} is turned by {one.yaw:.0f} degrees."
            return StepEvidence(
                action=action, done=True, frames=[one.frame], measured=one.yaw, limit=limit, message=message
            )
    nearest = min((one.yaw for one in glimpses), key=lambda yaw: abs(yaw - _TARGET[action]), default=None)
    words = "no frame is left" if nearest is None else f"the nearest is turned by {nearest:.0f}"
    message = (
        f"No frame is turned by {'at most ' if action is Action.LOOK_STRAIGHT else ''}{limit:.0f} degrees; {words}."
    )
    return StepEvidence(action=action, done=False, measured=nearest, limit=limit, message=message)


def _blink(glimpses: Sequence[Glimpse], usual: float | None) -> StepEvidence:
    """Look for eyes that are open, then shut, then open, on frames that look straight."""
    if not usual:
        message = "Too few frames look straight with eyes that can be seen."
        return StepEvidence(action=Action.BLINK, done=False, limit=SHUT, message=message)
    parts = [
        (one.frame, one.openness / usual)
        for one in glimpses
        if one.openness is not None and abs(one.yaw) <= STRAIGHT_YAW
    ]
    frames: list[int] = []
    for frame, part in parts:
        wants_open = len(frames) != 1
        if (part >= OPEN) if wants_open else (part <= SHUT):
            frames.append(frame)
        if len(frames) == 3:
            break
    least = min((part for _, part in parts), default=None)
    done = len(frames) == 3
    message = (
        f"The eyes are shut on frame {frames[1]}, and open before and after it."
        if done
        else f"The eyes were not seen open, shut below {SHUT:.0%} of that, and open again."
    )
    return StepEvidence(
        action=Action.BLINK, done=done, frames=frames if done else [], measured=least, limit=SHUT, message=message
    )


def best_frame(glimpses: Sequence[Glimpse]) -> Glimpse | None:
    """Return the frame that shows the face best: straight before all else."""
    return max(glimpses, key=lambda one: (one.quality - abs(one.yaw) / 90.0, -one.frame), default=None)


def apart(best: Glimpse, glimpses: Sequence[Glimpse]) -> tuple[float, int] | None:
    """Return the largest distance of another frame's face from the best frame's, and which frame that is."""
    if best.vector is None:
        return None
    away = [
        (float(np.linalg.norm(one.vector - best.vector)), one.frame)
        for one in glimpses
        if one.vector is not None and one is not best
    ]
    return max(away, default=None)
