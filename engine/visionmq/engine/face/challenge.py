"""A live response: a random sequence of actions, and whether frames show them in that order.

What it proves is limited: a photograph, however it is moved, does not turn its nose against its eyes nor close its
eyes, and a recording does not know what will be asked. The best that a recording can do is to blink all the time
between turns of a fixed order: that passes 24, 17, 12, 9 and 5 % of challenges of 3, 4, 5, 6 and 8 steps (counted
over all sequences). No clock and no randomness in here.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from visionmq.engine.api import EngineError
from visionmq.engine.face.asked import STAGE, Vector
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face.challenge import Action, StepEvidence

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
    """Return a sequence of steps, none twice in a row, with a turn among them; all such are as likely as each other.

    `choose` picks one of several, at random outside of tests.
    """
    steps: list[Action] = []
    while not _TURNS & set(steps):
        steps = []
        for _ in range(count):
            steps.append(choose([one for one in Action if not steps or one is not steps[-1]]))
    return steps


_TURNS: Final = frozenset({Action.TURN_LEFT, Action.TURN_RIGHT})


def follow(steps: Sequence[Action], glimpses: Sequence[Glimpse]) -> list[StepEvidence]:
    """Return for each step the first frames after those of the step before that show it.

    A turn that is not asked for in its place ends the sequence: a recording that shows every movement in turn proves
    nothing. What comes after a step that was not seen is not looked for.
    """
    usual, at = _usual(glimpses), 0
    evidence: list[StepEvidence] = []
    for place, action in enumerate(steps):
        if evidence and not evidence[-1].done:
            evidence.append(StepEvidence(action=action, done=False, message="Not looked for."))
            continue
        rest = glimpses[at:]
        shown = _blink(rest, usual) if action is Action.BLINK else _turn(action, rest)
        seen = [one for one in rest if not shown.done or one.frame <= shown.frames[-1]]
        wrong = stray(seen, {action, *steps[max(0, place - 1) : place]})
        if wrong is not None:
            message = f"Frame {wrong.frame} is turned by {wrong.yaw:.0f} degrees, which was not asked for there."
            shown = StepEvidence(action=action, done=False, frames=[wrong.frame], measured=wrong.yaw, message=message)
        evidence.append(shown)
        at += len(seen)
    return evidence


def stray(glimpses: Sequence[Glimpse], allowed: Container[Action]) -> Glimpse | None:
    """Return the first frame that shows a turn other than those that are allowed."""
    for one in glimpses:
        if any(turn not in allowed and _reaches(turn, one.yaw) for turn in _TURNS):
            return one
    return None


def stray_after(steps: Sequence[Action], evidence: Sequence[StepEvidence], glimpses: Sequence[Glimpse]) -> bool:
    """Whether a turn follows the last step that nobody asked for."""
    if not evidence or not evidence[-1].done:
        return False
    rest = [one for one in glimpses if one.frame > evidence[-1].frames[-1]]
    return stray(rest, {steps[-1]}) is not None


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
