"""Bounded stores: replies kept for repeats, dead letters, and the wheel of deadlines."""

from collections import deque
from collections.abc import Iterator, Sequence

from msgspec import Struct

from visionmq.broker.records import Frame, Ticket
from visionmq.broker.settings import Settings

_SLOTS_PER_SECOND = 20
"""Deadlines are checked to a twentieth of a second; dispatch checks them exactly."""


class StoredReply(Struct, frozen=True, gc=False):
    """A terminal reply, and what tells whether a repeat is the same request."""

    frames: Sequence[Frame]
    size: int
    until: float
    op: str
    request_size: int


class StoredReplies:
    """Terminal replies by request, oldest out first: bounded in time, number and bytes.

    A deque keeps the order: the first key of a dict that loses its first keys is slow to find.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.by_key: dict[str, StoredReply] = {}
        self._order: deque[str] = deque()
        self.size = 0

    def put(self, key: str, ticket: Ticket, frames: Sequence[Frame], size: int, now: float) -> None:
        """Keep a reply; larger ones than the whole store are not kept."""
        limits = self._settings
        if size > limits.stored_bytes:
            return
        self.by_key[key] = StoredReply(frames, size, now + limits.stored_seconds, ticket.request.op, ticket.size)
        self._order.append(key)
        self.size += size
        while self.size > limits.stored_bytes or len(self._order) > limits.stored_replies:
            self._drop_oldest()

    def expire(self, now: float) -> None:
        """Drop what is too old."""
        while self._order and self.by_key[self._order[0]].until <= now:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self.size -= self.by_key.pop(self._order.popleft()).size

    def __len__(self) -> int:
        return len(self.by_key)


class DeadLetters:
    """Requests set aside after their attempts, oldest out first: bounded in number and bytes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: dict[str, tuple[Ticket, float]] = {}
        self._size = 0
        self.dropped = 0

    def put(self, ticket: Ticket, now: float) -> None:
        """Set a request aside, in place of an older one of the same id."""
        if (older := self._kept.pop(ticket.key, None)) is not None:
            self._size -= older[0].size
        self._kept[ticket.key] = (ticket, now)
        self._size += ticket.size
        while self._size > self._settings.dead_bytes or len(self._kept) > self._settings.dead_letters:
            self._size -= self._kept.pop(next(iter(self._kept)))[0].size
            self.dropped += 1

    def get(self, request_id: str) -> tuple[Ticket, float] | None:
        """Return a letter and when it came, by the request's id."""
        return next((letter for letter in self._kept.values() if letter[0].request.id == request_id), None)

    def purge(self) -> int:
        """Delete all letters and return how many there were."""
        count = len(self._kept)
        self._kept.clear()
        self._size = 0
        return count

    def __iter__(self) -> Iterator[tuple[Ticket, float]]:
        return iter(self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)


class Deadlines:
    """Open requests by when their time is over: a hashed wheel, exact removal, no dead entries."""

    def __init__(self, now: float) -> None:
        self._slots: dict[int, dict[Ticket, None]] = {}
        """Ordered, unlike sets of objects: requests that are overdue together end as they came, in each replay."""
        self._next = int(now * _SLOTS_PER_SECOND)

    def put(self, ticket: Ticket, at: float) -> None:
        """Have a request come up at a time."""
        due = max(int(at * _SLOTS_PER_SECOND) + 1, self._next)
        ticket.due = due
        slot = self._slots.get(due)
        if slot is None:
            self._slots[due] = {ticket: None}
        else:
            slot[ticket] = None

    def remove(self, ticket: Ticket) -> None:
        """Forget a request."""
        slot = self._slots.get(ticket.due)
        if slot is not None:
            slot.pop(ticket, None)
            if not slot:
                del self._slots[ticket.due]

    def due(self, now: float) -> list[Ticket]:
        """Return and forget the requests whose time has come."""
        last = int(now * _SLOTS_PER_SECOND)
        if len(self._slots) < last - self._next:
            slots = sorted(slot for slot in self._slots if slot <= last)
        else:
            slots = [slot for slot in range(self._next, last + 1) if slot in self._slots]
        self._next = last + 1
        return [ticket for slot in slots for ticket in self._slots.pop(slot)]

    def __len__(self) -> int:
        return sum(len(slot) for slot in self._slots.values())
