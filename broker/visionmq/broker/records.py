"""What the broker remembers: requests, clients and workers, as plain mutable records."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, TypeAlias

from visionmq.schemas.messages import Priority, Ready, Request

PeerId: TypeAlias = bytes
"""The routing id that the socket gave a connection; another connection is another peer."""
Frame: TypeAlias = Any
"""An opaque frame: the broker takes its length and passes it on."""

LEVELS = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}


class Phase(Enum):
    """Where an accepted request is."""

    WAITING = auto()
    RUNNING = auto()
    ENDED = auto()


class Client:
    """One connected client."""

    __slots__ = ("deferred", "finish", "heard", "open", "peer", "scope", "unread", "user", "waiting", "waiting_bytes")

    def __init__(self, peer: PeerId, user: str | None, now: float) -> None:
        self.peer = peer
        self.user: str | None
        self.scope: str
        """What its keys of requests begin with: the same id under another user is another request."""
        self.sign_in(user)
        self.heard = now
        self.open: dict[str, Ticket] = {}
        self.waiting = 0
        self.waiting_bytes = 0
        self.finish = 0.0
        """Virtual time at which its queued work would be served; see fair.py."""
        self.unread = 0
        """Bytes of replies sent since it was last heard."""
        self.deferred: dict[str, None] = {}
        """Keys of stored replies that were kept back, oldest first."""

    def sign_in(self, user: str | None) -> None:
        """Make it the client of a user; None where keys are not demanded."""
        self.user = user
        self.scope = "" if user is None else f"{user}/"


class Worker:
    """One connected worker and the leases it holds."""

    __slots__ = (
        "answered",
        "bucket",
        "children",
        "credit",
        "draining",
        "heard",
        "leases",
        "ops",
        "peer",
        "pool",
        "ready",
    )

    def __init__(self, peer: PeerId, ready: Ready, now: float) -> None:
        self.peer = peer
        self.ready = ready
        self.ops = frozenset(ready.ops)
        self.credit = ready.credit
        self.leases: dict[int, Ticket | None] = {}
        """By lease number; None once the request was ended without it (it still costs credit)."""
        self.heard = now
        self.children = 0
        self.answered = 0
        self.draining = False
        self.pool: Any = None
        self.bucket = -1


class Ticket:
    """One accepted request, from acceptance to its terminal reply."""

    __slots__ = (
        "accepted_at", "attempt", "client", "deadline", "dispatched_at", "due", "frames", "key", "lease", "level",
        "losses", "phase", "position", "request", "seq", "size", "start", "worker", "workers",
    )  # fmt: skip

    def __init__(
        self, key: str, request: Request, frames: Sequence[Frame], size: int, client: Client, now: float
    ) -> None:
        self.key = key
        self.request = request
        self.frames = frames
        self.size = size
        self.client = client
        self.level = LEVELS[request.priority]
        self.accepted_at = now
        self.deadline = now + request.left_ms / 1000
        self.due = 0
        """Slot of the deadline wheel."""
        self.dispatched_at = now
        self.phase = Phase.WAITING
        self.start = 0.0
        self.seq = 0
        self.lease = 0
        self.attempt = 0
        self.losses = 0
        self.worker: Worker | None = None
        self.workers: tuple[str, ...] = ()
        self.position = -1
