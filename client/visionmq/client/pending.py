"""Requests that have no terminal reply yet: each with all that is needed to send it again, and the table of them."""

import heapq
import math
from collections.abc import Iterator, Sequence
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


class PendingTable:
    """The unanswered requests: by id, by the wire id of their present try, and by when they want attention."""

    def __init__(self) -> None:
        self.by_wire: dict[str, Pending] = {}
        """To be read only: `add`, `postpone` and `drop` keep it."""
        self._by_id: dict[str, Pending] = {}
        self._alarms: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Pending]:
        return iter(self._by_id.values())

    def add(self, request: Pending) -> None:
        """Take a new request; it wants attention at its deadline."""
        self._by_id[request.id] = self.by_wire[request.wire_id] = request
        heapq.heappush(self._alarms, (request.deadline, request.id))

    def drop(self, request_id: str) -> Pending | None:
        """Forget a request; None if it is not here."""
        request = self._by_id.pop(request_id, None)
        if request is not None:
            self.by_wire.pop(request.wire_id, None)
        return request

    def postpone(self, request: Pending, at: float) -> None:
        """Make the next try of a request, under another wire id; it wants attention then."""
        self.by_wire.pop(request.wire_id, None)
        request.retries += 1
        request.sent_at, request.retry_at, request.ever_sent, request.moved = None, at, False, False
        self.by_wire[request.wire_id] = request
        self.wake(request, at)

    def hold_back(self) -> None:
        """Note that the connection which carried them is gone."""
        for request in self:
            request.sent_at, request.moved = None, request.ever_sent

    def wake(self, request: Pending, at: float) -> None:
        """Have a request come out of `due` at this time."""
        heapq.heappush(self._alarms, (at, request.id))

    def next_alarm(self) -> float:
        """Return when some request wants attention; it may have ended by then."""
        return self._alarms[0][0] if self._alarms else math.inf

    def due(self, now: float) -> Iterator[Pending]:
        """Yield the requests that want attention by now, soonest first; each may be dropped or woken meanwhile."""
        while self._alarms and self._alarms[0][0] <= now:
            request = self._by_id.get(heapq.heappop(self._alarms)[1])
            if request is not None:
                yield request

    def sent_for(self, seconds: float, now: float) -> list[str]:
        """Return the wire ids of the tries that went out so long ago or longer."""
        return [request.wire_id for request in self if request.sent_at is not None and now - request.sent_at >= seconds]
