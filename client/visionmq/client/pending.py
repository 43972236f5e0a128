"""A request that has no terminal reply yet, with all that is needed to send it again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from visionmq.client.retry import DEFAULT, Retry
from visionmq.schemas.codec import Buffer
from visionmq.schemas.limits import MAX_LEFT_MS, PROTOCOL_VERSION
from visionmq.schemas.messages import Priority, Request


@dataclass(slots=True)
class Pending:
    """One unanswered request; it lives until a terminal reply, its deadline, or a cancel."""

    id: str
    operation: str
    body: bytes
    images: Sequence[Buffer]
    deadline: float
    """Seconds on the caller's monotonic clock."""
    priority: Priority = Priority.NORMAL
    key: str | None = None
    updates: bool = False
    retry: Retry = DEFAULT

    retries: int = 0
    sent_at: float | None = None
    """When it went out on the present connection; None while it is held back."""
    retry_at: float | None = None
    """When it is to be tried again after a refusal."""
    ever_sent: bool = False
    moved: bool = False
    """Whether an earlier connection carried this try."""

    @property
    def wire_id(self) -> str:
        """The id of this try: each retry has its own, so that no stored refusal answers it."""
        return f"{self.id}.{self.retries}" if self.retries else self.id

    @property
    def size(self) -> int:
        """Bytes on the wire, about."""
        return len(self.body) + sum(memoryview(image).nbytes for image in self.images) + 200

    def envelope(self, now: float) -> Request:
        """Return the request with the time that is left now."""
        left = math.ceil((self.deadline - now) * 1000)
        return Request(
            v=PROTOCOL_VERSION,
            id=self.wire_id,
            op=self.operation,
            left_ms=max(1, min(left, MAX_LEFT_MS)),
            images=len(self.images),
            priority=self.priority,
            # Retries are one effect: the key stays the first id.
            key=self.key or (self.id if self.retries else None),
            updates=self.updates,
        )
