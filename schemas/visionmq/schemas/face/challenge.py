"""A live response to a random sequence of actions: `face.challenge` and `face.respond`."""

from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from visionmq.schemas.common import ModelInfo, Params
from visionmq.schemas.face.comparison import Presentation

MAX_TOKEN_LENGTH: Final = 4096


class Action(StrEnum):
    """What a person is asked to do; left and right are the person's own."""

    LOOK_STRAIGHT = "look_straight"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    BLINK = "blink"


class ChallengeParams(Params, frozen=True, kw_only=True):
    """Ask for a random sequence of actions."""

    actions: Annotated[int, Meta(ge=2, le=8)] = 5
    """A recording made for the purpose passes one challenge in eight of 5 steps, one in four of 3, one in twenty of 8."""
    seconds: Annotated[float, Meta(ge=5, le=600)] = 60.0
    """Until it expires."""


class Challenge(Struct, frozen=True, kw_only=True):
    """What to do, in this order; good for one response."""

    challenge: str
    """To be sent back as it is."""
    steps: list[Action]
    instructions: list[str]
    """One sentence a step, for the person."""
    expires_at: str
    """ISO 8601, UTC."""
    seconds: float
    cannot_detect: list[str]
    pass_back: Any = None


class RespondParams(Params, frozen=True, kw_only=True):
    """The frames that show the actions, in the order in which they were taken."""

    challenge: Annotated[str, Meta(min_length=1, max_length=MAX_TOKEN_LENGTH)]


class StepEvidence(Struct, frozen=True, kw_only=True):
    """Whether one step was seen."""

    action: Action
    done: bool
    frames: list[int] = []
    """Indices of the frames that show it."""
    measured: float | None = None
    limit: float | None = None
    message: str = ""


class Responded(Struct, frozen=True, kw_only=True):
    """Whether the frames prove a live response to this challenge."""

    live: bool
    """False says `not proven`, never `proven false`."""
    reasons: list[str] = []
    """Why not: `expired`, `used_before`, `step_missing`, `other_movement`, `face_lost`, `another_person`."""
    steps: list[StepEvidence]
    best_frame: int | None = None
    """The frame that shows the face best, to be verified or enrolled."""
    person_distance: float | None = None
    """Largest distance between the best frame's face and that of another frame."""
    presentation: Presentation
    model: ModelInfo
    pass_back: Any = None
