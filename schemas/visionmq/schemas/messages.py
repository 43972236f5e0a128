"""The first frame of every message, as frozen structs (docs/protocol.md, section Messages).

The field `type` says which; unknown fields are refused. Times are integers or floats in
milliseconds and end in `_ms`. A message that carries `images` is followed by a body frame
and that many image frames; all others are one frame.
"""

from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from visionmq.schemas.limits import (
    MAX_CHECK_IDS,
    MAX_ID_LENGTH,
    MAX_IMAGES,
    MAX_LEFT_MS,
    MAX_NAME_LENGTH,
)

RequestId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
Milliseconds: TypeAlias = Annotated[float, Meta(ge=0)]


class Priority(StrEnum):
    """How urgent a request is; waiting raises it, so that `low` ones still end."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class State(StrEnum):
    """What a reply says of its request; the last three are terminal."""

    ACCEPTED = "accepted"
    PROGRESS = "progress"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL = frozenset({State.DONE, State.FAILED, State.CANCELLED})


class Message(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", omit_defaults=True, gc=False):
    """What all first frames have in common: the tag `type`."""


# ---- client to broker ---------------------------------------------------------------------


class Hello(Message, frozen=True, tag="hello"):
    """A client's first message; answered by `welcome`, or `error` if no version is shared."""

    v: int
    agent: Name = "unknown"


class Request(Message, frozen=True, tag="request"):
    """One operation on `images` pictures; followed by the body and the image frames."""

    v: int
    id: RequestId
    op: Name
    left_ms: Annotated[int, Meta(ge=1, le=MAX_LEFT_MS)]
    images: Annotated[int, Meta(ge=0, le=MAX_IMAGES)] = 0
    priority: Priority = Priority.NORMAL
    key: RequestId | None = None
    """Idempotency key of operations that write; the request id where absent."""
    updates: bool = False
    """Whether `accepted` and `progress` replies are wanted."""


class Cancel(Message, frozen=True, tag="cancel"):
    """Take the client's request back, waiting or running."""

    id: RequestId


class Check(Message, frozen=True, tag="check"):
    """Ask after requests that have long had no answer.

    Stored replies come again, and the ids the broker does not know come back in `unknown`.
    """

    ids: Annotated[list[RequestId], Meta(max_length=MAX_CHECK_IDS)]


# ---- both ways ----------------------------------------------------------------------------


class Heartbeat(Message, frozen=True, tag="heartbeat"):
    """I am alive; the broker's answer names its instance, a worker's its state."""

    instance: Name | None = None
    busy: Count = 0
    """Jobs a worker is running now."""
    children: Count = 0
    """Engine processes that are warm."""


class Bye(Message, frozen=True, tag="bye"):
    """I leave now: a client's requests are cancelled, a worker's leases go to others."""


# ---- broker to client and worker ----------------------------------------------------------


class Welcome(Message, frozen=True, tag="welcome"):
    """The broker's answer to `hello` and `ready`."""

    v: int
    instance: Name
    """Random for each start of a broker: another one means that it has forgotten everything."""
    agent: Name
    heartbeat_ms: int
    """Send something at least this often."""
    liveness_ms: int
    """After this long without a message the other side is taken for dead."""
    operations: list[Name] = []
    """What workers serve at this moment."""


class Reply(Message, frozen=True, tag="reply"):
    """The state of a request; followed by a body and `images` frames."""

    id: RequestId
    state: State
    images: Count = 0
    attempt: Count = 0
    worker: Name | None = None
    queue_ms: Milliseconds = 0.0
    """From acceptance by the broker to dispatch."""
    wait_ms: Milliseconds = 0.0
    """From arrival at the worker to the start in an engine process."""
    decode_ms: Milliseconds = 0.0
    run_ms: Milliseconds = 0.0
    plan: Name | None = None
    """The cheaper plan that was taken because little time was left."""


class Unknown(Message, frozen=True, tag="unknown"):
    """The answer to `check`: of these the broker knows nothing; send them again."""

    ids: list[RequestId]


class Refused(Message, frozen=True, tag="error"):
    """A message could not be taken, and named no request that could be answered."""

    code: str
    message: str


# ---- worker to broker ---------------------------------------------------------------------


class Ready(Message, frozen=True, tag="ready"):
    """A worker's announcement: what it serves and how many requests it takes at once."""

    v: int
    name: Name
    incarnation: Name
    """Random for each start of the worker."""
    ops: Annotated[list[Name], Meta(min_length=1, max_length=256)]
    credit: Count
    agent: Name = "unknown"
    host: Name = "unknown"
    pid: Count = 0
    engines: list[Name] = []
    """`name/version` of each engine."""


class Credit(Message, frozen=True, tag="credit"):
    """From now on the worker takes this many requests at once, those it holds included."""

    credit: Count


class Answer(Message, frozen=True, tag="answer"):
    """The end of a lease; followed by a body and `images` frames."""

    lease: int
    state: State
    images: Count = 0
    code: str | None = None
    """The error code of a failure, for the broker's statistics."""
    wait_ms: Milliseconds = 0.0
    decode_ms: Milliseconds = 0.0
    run_ms: Milliseconds = 0.0
    plan: Name | None = None


class Progress(Message, frozen=True, tag="progress"):
    """A partial answer; followed by a body and `images` frames."""

    lease: int
    images: Count = 0


class Drain(Message, frozen=True, tag="drain"):
    """From a worker: send no more work, I finish what I hold. To a worker: do that, then end."""


class Log(Message, frozen=True, tag="log"):
    """Warnings of a worker for the broker's log; each line is a JSON object without newlines."""

    lines: Annotated[list[str], Meta(max_length=80)]


# ---- broker to worker ---------------------------------------------------------------------


class Run(Message, frozen=True, tag="run"):
    """A lease: run this request and answer; followed by the client's body and image frames."""

    lease: int
    """Names this attempt; an answer to an older one is dropped."""
    id: RequestId
    op: Name
    left_ms: int
    attempt: int = 1
    images: Count = 0
    key: RequestId | None = None
    user: Name | None = None
    """Name of the requester's key, where the broker demands keys."""
    updates: bool = False


class Stop(Message, frozen=True, tag="stop"):
    """Give this lease up (cancelled, or its time is over); still to be answered."""

    lease: int


class Who(Message, frozen=True, tag="who"):
    """The broker does not know this worker (it restarted, or gave it up): announce again."""


FromClient: TypeAlias = Request | Hello | Heartbeat | Cancel | Check | Bye
FromWorker: TypeAlias = Answer | Heartbeat | Ready | Credit | Progress | Drain | Bye | Log
ToClient: TypeAlias = Reply | Welcome | Heartbeat | Unknown | Refused
ToWorker: TypeAlias = Run | Heartbeat | Welcome | Stop | Who | Drain | Refused

HAS_BODY = (Request, Reply, Run, Answer, Progress)
"""Messages that a body frame and `images` image frames follow."""
