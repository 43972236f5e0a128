"""What a worker's core hears (events) and what it wants done (actions)."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from visionmq.schemas.messages import FromWorker, Run, ToWorker

Frame: TypeAlias = Any
"""Bytes in some buffer; the core passes it on and never looks inside."""
BrokerId: TypeAlias = int
ChildId: TypeAlias = int


class Batchable(Struct, frozen=True):
    """An operation that the engines serve, and how many of its jobs share one call."""

    name: str
    max_batch: int = 1
    reads_pictures: bool = False


class Outcome(Struct, frozen=True, omit_defaults=True):
    """How one job ended in a child; its body and `images` frames follow."""

    ok: bool
    code: str | None = None
    images: int = 0
    decode_ms: float = 0.0
    run_ms: float = 0.0
    plan: str | None = None


# ---- events -------------------------------------------------------------------------------


class Heard(Struct, frozen=True):
    """A broker's message, with the body and image frames if it has some."""

    broker: BrokerId
    message: ToWorker
    frames: Sequence[Frame] = ()


class Warm(Struct, frozen=True):
    """A child has loaded its engines and shut itself in."""

    child: ChildId
    operations: Sequence[Batchable]
    engines: Sequence[str] = ()


class Broken(Struct, frozen=True):
    """A child cannot load a single engine; another try would end alike."""

    child: ChildId
    reason: str


class Reported(Struct, frozen=True):
    """A child's progress with the job at `index` of its batch."""

    child: ChildId
    index: int
    frames: Sequence[Frame]


class Finished(Struct, frozen=True):
    """A child's outcomes, in the order of its batch, each with body and image frames."""

    child: ChildId
    outcomes: Sequence[tuple[Outcome, Sequence[Frame]]]
    grown_mb: float = 0.0
    lost: bool = False
    """The child can do no more: what its engines share is lost."""


class Gone(Struct, frozen=True):
    """A child ended though nobody asked it to."""

    child: ChildId
    reason: str
    memory: bool = False
    """Whether the kernel most likely ended it for its memory."""


class Tick(Struct, frozen=True):
    """Time has passed."""


class Leave(Struct, frozen=True):
    """Finish what is held, then end."""


class Warned(Struct, frozen=True):
    """Lines of our log that the brokers should have too."""

    lines: list[str]


Event: TypeAlias = Heard | Warm | Broken | Reported | Finished | Gone | Tick | Leave | Warned


# ---- actions ------------------------------------------------------------------------------


class Send(Struct, frozen=True):
    """Send a message to a broker."""

    broker: BrokerId
    message: FromWorker
    frames: Sequence[Frame] = ()


class Reconnect(Struct, frozen=True):
    """Close the connection to a silent broker and open another."""

    broker: BrokerId


class Start(Struct, frozen=True):
    """Start an engine process under this number."""

    child: ChildId


class Work(Struct, frozen=True):
    """Hand jobs of one operation to a child: the lease, the seconds left, and the frames of each."""

    child: ChildId
    operation: str
    jobs: Sequence[tuple[Run, float, Sequence[Frame]]]


class Kill(Struct, frozen=True):
    """End a child now; nothing it still says counts."""

    child: ChildId


class Retire(Struct, frozen=True):
    """Let an idle child end by itself."""

    child: ChildId


class Announce(Struct, frozen=True):
    """Children are warm and a broker has welcomed us: tell whoever started this worker."""

    children: int
    operations: list[str]


class Note(Struct, frozen=True):
    """Write a warning to the log."""

    event: str
    fields: dict[str, Any] = {}


class Exit(Struct, frozen=True):
    """End the worker with this status."""

    status: int
    reason: str = ""


Action: TypeAlias = Send | Reconnect | Start | Work | Kill | Retire | Announce | Note | Exit
