"""The waiting requests: fair among clients, three priorities with ageing, exact removal.

Start-time fair queueing (Goyal, Vin and Cheng, 1996): a request's start tag is the later of
virtual time and its client's last finish tag, and the smallest tag is served first. A client
with ten thousand requests so gets tags far ahead, and a newcomer's first tag is "now". Ties go
by arrival. Removal is lazy; a heap is rebuilt when half of it is dead, so it stays bounded.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from visionmq.broker.records import Client, Phase, Ticket

_Entry: TypeAlias = tuple[float, int, Ticket]
_SLACK = 64


class OperationQueue:
    """The requests that wait for one operation."""

    __slots__ = ("dead", "heaps", "seconds", "waiting", "waiting_bytes")

    def __init__(self) -> None:
        self.heaps: tuple[list[_Entry], list[_Entry], list[_Entry]] = ([], [], [])
        self.dead = 0
        self.waiting = 0
        self.waiting_bytes = 0
        self.seconds = 0.0
        """Running mean of how long a lease lasts; 0 before the first."""

    def live(self) -> Iterator[Ticket]:
        """Yield the waiting requests in no order."""
        for heap in self.heaps:
            for entry in heap:
                if _alive(entry):
                    yield entry[2]

    def head(self, now: float, ageing: float) -> tuple[int, float, int, int] | None:
        """Return (effective priority, start tag, arrival, level) of who is next, or None."""
        best = None
        for level, heap in enumerate(self.heaps):
            while heap and not _alive(heap[0]):
                heappop(heap)
                self.dead -= 1
            if heap:
                start, seq, ticket = heap[0]
                raised = level - int((now - ticket.accepted_at) / ageing)
                candidate = (raised if raised > 0 else 0, start, seq, level)
                if best is None or candidate < best:
                    best = candidate
        return best

    def compact(self) -> None:
        """Rebuild the heaps without their dead entries."""
        for heap in self.heaps:
            heap[:] = [entry for entry in heap if _alive(entry)]
            heapify(heap)
        self.dead = 0


def _alive(entry: _Entry) -> bool:
    ticket = entry[2]
    return ticket.phase is Phase.WAITING and ticket.seq == entry[1]


class FairQueue:
    """All waiting requests, by operation; `now` is the caller's."""

    def __init__(self, ageing: float) -> None:
        self.operations: defaultdict[str, OperationQueue] = defaultdict(OperationQueue)
        """Those where something waits, or a request was served."""
        self.active: dict[str, OperationQueue] = {}
        """Those where something waits."""
        self.paused: set[str] = set()
        self.waiting = 0
        self.waiting_bytes = 0
        self._ageing = ageing
        self._virtual = 0.0
        self._seq = 0
        self._back = 0

    def put(self, ticket: Ticket) -> None:
        """Let a new request wait."""
        client = ticket.client
        ticket.start = start = max(self._virtual, client.finish)
        client.finish = start + 1.0
        self._seq += 1
        self._push(ticket, self._seq)

    def put_back(self, ticket: Ticket) -> None:
        """Let a request wait again, before all others of its priority; the last put back is first."""
        ticket.start = min(ticket.start, self._virtual)
        self._back -= 1
        self._push(ticket, self._back)

    def _push(self, ticket: Ticket, seq: int) -> None:
        op = ticket.request.op
        queue = self.operations[op]
        ticket.seq = seq
        ticket.phase = Phase.WAITING
        heappush(queue.heaps[ticket.level], (ticket.start, ticket.seq, ticket))
        self.active[op] = queue
        self._count(queue, ticket, 1)

    def take(self, ops: Iterable[str], now: float) -> Ticket | None:
        """Return and remove the request that is next among these operations."""
        best, chosen = None, None
        for op, queue in self.active.items():
            if op in ops and op not in self.paused:
                head = queue.head(now, self._ageing)
                if head is not None and (best is None or head < best):
                    best, chosen = head, queue
        if best is None or chosen is None:
            return None
        ticket = heappop(chosen.heaps[best[3]])[2]
        self._virtual = max(self._virtual, ticket.start)
        self._leave(chosen, ticket)
        return ticket

    def remove(self, ticket: Ticket) -> None:
        """Take a waiting request out; the caller changes its phase."""
        queue = self.operations[ticket.request.op]
        ticket.seq = 0
        queue.dead += 1
        self._leave(queue, ticket)
        if queue.dead > queue.waiting + _SLACK:
            queue.compact()

    def _leave(self, queue: OperationQueue, ticket: Ticket) -> None:
        self._count(queue, ticket, -1)
        if not queue.waiting:
            self.active.pop(ticket.request.op, None)
            if not queue.seconds:  # none of its requests was ever served: any name may have been asked for
                self.operations.pop(ticket.request.op, None)
        client = ticket.client
        if not client.waiting:
            client.finish = min(client.finish, self._virtual + 1.0)

    def _count(self, queue: OperationQueue, ticket: Ticket, sign: int) -> None:
        size = sign * ticket.size
        queue.waiting += sign
        queue.waiting_bytes += size
        self.waiting += sign
        self.waiting_bytes += size
        ticket.client.waiting += sign
        ticket.client.waiting_bytes += size

    def rebind(self, ticket: Ticket, waiting: bool, new: Client) -> None:
        """Let a request count for another connection of its client."""
        if waiting:
            old = ticket.client
            old.waiting -= 1
            old.waiting_bytes -= ticket.size
            new.waiting += 1
            new.waiting_bytes += ticket.size
            new.finish = max(new.finish, ticket.start + 1.0)
        ticket.client = new
