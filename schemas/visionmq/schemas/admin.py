"""Parameters and results of the broker's own operations, `broker.*`."""

from typing import Annotated

from msgspec import Meta, Struct

from visionmq.schemas.common import Params


class InfoParams(Params, frozen=True, kw_only=True):
    """`broker.info` takes nothing of its own."""


class Ledger(Struct, frozen=True, kw_only=True):
    """Counts since the broker's start; `accepted` = `open` + all other fields of the first group."""

    accepted: int
    done: int
    failed: int
    cancelled: int
    expired: int
    open: int
    """Waiting or running now."""

    refused: int
    """Answered without being accepted: busy, forbidden, no worker ..."""
    repeats: int
    """Repeated requests that joined a running one or were answered from the stored replies."""
    requeued: int
    late: int
    """Answers of former lease holders, dropped."""
    malformed: int
    unroutable: int
    """Replies whose peer was gone; kept in the stored replies."""
    deferred: int
    """Replies kept back because their client did not read."""
    failures: dict[str, int] = {}
    """Failed and refused requests by error code."""


class Info(Struct, frozen=True, kw_only=True):
    """The state of a broker."""

    agent: str
    instance: str
    protocol: int
    uptime_s: float
    secure: bool
    workers: int
    children: int
    clients: int
    waiting: int
    running: int
    waiting_bytes: int
    stored_replies: int
    stored_bytes: int
    dead_letters: int
    draining: bool
    paused: list[str]
    operations: list[str]
    ledger: Ledger
    limits: dict[str, int]


class WorkersParams(Params, frozen=True, kw_only=True):
    """`broker.workers` takes nothing of its own."""


class WorkerState(Struct, frozen=True, kw_only=True):
    """One connected worker."""

    name: str
    incarnation: str
    host: str
    pid: int
    agent: str
    operations: list[str]
    engines: list[str]
    credit: int
    held: int
    children: int
    answered: int
    draining: bool
    silent_ms: float
    """Since its last message."""


class Workers(Struct, frozen=True):
    """All connected workers."""

    workers: list[WorkerState]


class QueuesParams(Params, frozen=True, kw_only=True):
    """`broker.queues` takes nothing of its own."""


class QueueState(Struct, frozen=True, kw_only=True):
    """One operation's queue."""

    operation: str
    waiting: int
    running: int
    waiting_bytes: int
    by_priority: dict[str, int]
    oldest_ms: float
    workers: int
    paused: bool
    queue_seconds: float
    """Estimated seconds of work that waits: the figure to scale by."""


class Queues(Struct, frozen=True):
    """All queues in use."""

    queues: list[QueueState]


class OperationsParams(Params, frozen=True, kw_only=True):
    """Which operations `broker.pause`, `resume` or `purge` is about; all where empty."""

    operations: list[str] = []


class DrainParams(Params, frozen=True, kw_only=True):
    """Which worker `broker.drain` is about; the broker itself where empty."""

    worker: str | None = None


class Done(Struct, frozen=True):
    """How many requests, operations or workers a verb touched."""

    touched: int


class DeadParams(Params, frozen=True, kw_only=True):
    """`broker.dead` lists dead letters; with `id`, its pictures come as frames; `purge` deletes."""

    id: str | None = None
    purge: bool = False


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A request that was set aside after its attempts."""

    id: str
    operation: str
    attempts: int
    workers: list[str]
    age_s: float
    size_bytes: int
    images: int
    body: str | None = None
    """The parameters as sent; only with `id`."""


class DeadLetters(Struct, frozen=True):
    """Dead letters, oldest first; the oldest go when the store is full."""

    letters: list[DeadLetter]
    dropped: int
    """Letters that had to go for room."""


class LogsParams(Params, frozen=True, kw_only=True):
    """How many lines of the log `broker.logs` returns, newest last."""

    tail: Annotated[int, Meta(ge=1, le=1000)] = 80


class Logs(Struct, frozen=True):
    """Lines of the broker's log and of its workers' warnings; each a JSON object."""

    lines: list[str]
