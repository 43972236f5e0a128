"""The first frame of each message between the parent and an engine process."""

from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from visionmq.worker.events import Batchable, Outcome


class JobHead(Struct, frozen=True, omit_defaults=True):
    """One job of a batch; its body and `images` frames follow."""

    id: str
    until: float
    """When it is given up, on the monotonic clock that all processes of a host share: one that was stopped sees it."""
    images: int = 0
    key: str | None = None
    user: str | None = None
    updates: bool = False


class Batch(Struct, frozen=True):
    """To the child: jobs of one operation."""

    op: str
    jobs: list[JobHead]


class IsWarm(Struct, frozen=True, tag="warm"):
    """From the child: engines are loaded, the sandbox is closed."""

    operations: list[Batchable]
    engines: list[str]
    sandbox: list[str]
    """What is in force, and what is not and why."""
    problems: list[str] = []
    """Engines that could not be loaded, and why."""


class IsBroken(Struct, frozen=True, tag="broken"):
    """From the child: no engine could be loaded."""

    reason: str


class Outcomes(Struct, frozen=True, tag="outcomes"):
    """From the child: how the jobs of the batch ended, in order; their frames follow."""

    outcomes: list[Outcome]
    grown_mb: float = 0.0
    lost: bool = False
    """What its engines share, such as the way to the store, is lost for good: replace this child."""


class Report(Struct, frozen=True, tag="report"):
    """From the child: progress with one job; its body follows."""

    index: int


class Line(Struct, frozen=True, tag="line"):
    """From the child: a line for the log."""

    level: str
    event: str
    fields: dict[str, str]


FromChild: TypeAlias = IsWarm | IsBroken | Outcomes | Report | Line

from_child: Final = msgspec.json.Decoder(FromChild)
to_child: Final = msgspec.json.Decoder(Batch)
