"""Leases: which worker runs which request."""

from collections.abc import Sequence

from visionmq.broker.events import TO_WORKER
from visionmq.broker.fair import FairQueue
from visionmq.broker.forecast import Forecast
from visionmq.broker.ledger import Ledger
from visionmq.broker.outbox import Outbox
from visionmq.broker.pool import Workers
from visionmq.broker.records import Frame, Phase, Ticket, Worker
from visionmq.broker.requests import TOO_LATE, Requests
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import ErrorCode

_MS = 1000.0


class Dispatcher:
    """Gives requests to workers, and takes their answers.

    A worker is given no more leases than its credit, and an operation has waiting requests only
    while none of its workers is free (or it is paused).
    """

    def __init__(
        self,
        queue: FairQueue,
        workers: Workers,
        requests: Requests,
        forecast: Forecast,
        ledger: Ledger,
        outbox: Outbox,
        first_lease: int,
    ) -> None:
        self._queue = queue
        self._workers = workers
        self._requests = requests
        self._forecast = forecast
        self._ledger = ledger
        self._outbox = outbox
        self._last_lease = first_lease

    def place(self, ticket: Ticket, now: float) -> None:
        """Start a new request on the least loaded worker, or let it wait."""
        op, queue = ticket.request.op, self._queue
        worker = None if op in queue.active or op in queue.paused else self._workers.least_loaded(op)
        if worker is None:
            queue.put(ticket)
        if ticket.request.updates:
            self._forecast.report_position(ticket)
        if worker is not None:
            self._lease(ticket, worker, now)

    def feed(self, worker: Worker, now: float) -> None:
        """Give a worker what waits, as far as its credit goes."""
        while self._queue.waiting and not worker.draining and len(worker.leases) < worker.credit:
            if not self._start_next(worker, now):
                return

    def spread(self, op: str, now: float) -> None:
        """Give what waits for an operation to the least loaded workers, one request at a time."""
        while op in self._queue.active and (worker := self._workers.least_loaded(op)) is not None:
            if not self._start_next(worker, now):
                return

    def answer(self, worker: Worker, answer: m.Answer, frames: Sequence[Frame], now: float) -> None:
        """End a lease by its answer, and use the credit that this frees; a late answer is only counted."""
        lease = answer.lease
        if lease not in worker.leases:
            self._ledger.late += 1
            return
        ticket = worker.leases.pop(lease)
        worker.answered += 1
        worker.pool.place(worker)
        if ticket is not None:
            self._requests.finish(ticket, worker, answer, frames, now)
        if self._queue.waiting:
            self.feed(worker, now)

    def _start_next(self, worker: Worker, now: float) -> bool:
        """Give a worker the next request it can serve; False if none waits."""
        ticket = self._queue.take(worker.ops, now)
        if ticket is None:
            return False
        if ticket.deadline <= now:
            self._requests.fail(ticket, ErrorCode.DEADLINE_EXCEEDED, TOO_LATE, now)
        else:
            self._lease(ticket, worker, now)
        return True

    def _lease(self, ticket: Ticket, worker: Worker, now: float) -> None:
        request = ticket.request
        self._last_lease = lease = self._last_lease + 1
        ticket.phase = Phase.RUNNING
        ticket.lease = lease
        ticket.attempt += 1
        ticket.worker = worker
        ticket.dispatched_at = now
        worker.leases[lease] = ticket
        worker.pool.place(worker)
        run = m.Run(
            lease=lease,
            id=request.id,
            op=request.op,
            left_ms=max(int((ticket.deadline - now) * _MS), 1),
            attempt=ticket.attempt,
            images=request.images,
            key=request.key,
            user=ticket.client.user,
            updates=request.updates,
        )
        self._outbox.actions.append((TO_WORKER, worker.peer, [encode(run), *ticket.frames]))
