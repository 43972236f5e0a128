"""What becomes of requests whose workers are gone: they run again, or end after their attempts."""

from collections.abc import Collection, Sequence

from visionmq.broker.dispatch import Dispatcher
from visionmq.broker.fair import FairQueue
from visionmq.broker.ledger import Ledger
from visionmq.broker.outbox import Outbox
from visionmq.broker.pool import Workers
from visionmq.broker.records import Ticket, Worker
from visionmq.broker.requests import Requests
from visionmq.broker.stores import DeadLetters
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_ATTEMPTS


class Recovery:
    """Takes leases back from workers that left, died or fell silent."""

    def __init__(
        self,
        queue: FairQueue,
        workers: Workers,
        requests: Requests,
        dispatcher: Dispatcher,
        dead: DeadLetters,
        ledger: Ledger,
        outbox: Outbox,
    ) -> None:
        self._queue = queue
        self._workers = workers
        self._requests = requests
        self._dispatcher = dispatcher
        self._dead = dead
        self._ledger = ledger
        self._outbox = outbox

    def lose(
        self,
        workers: Sequence[Worker],
        why: str,
        now: float,
        *,
        counts: bool = True,
        undelivered: Collection[int] = (),
    ) -> None:
        """Forget workers; what they held goes to the head of the queue, or ends after its attempts.

        All are forgotten before any request moves on: a host that dies with many workers must not
        cost a request all its attempts. Without `counts`, and for leases of `undelivered`, no
        attempt is used up.
        """
        operations: dict[str, None] = {}  # in order, unlike a set: a replay spreads them alike
        for worker in workers:
            held = self._forget(worker, now)
            level = "warning" if counts else "info"
            self._outbox.log(level, "worker_gone", worker=worker.ready.name, why=why, held=len(held))
            for ticket in reversed(held):
                self._requeue(ticket, worker, counts and ticket.lease not in undelivered, now)
                operations[ticket.request.op] = None
        for op in operations:
            self._dispatcher.spread(op, now)

    def _forget(self, worker: Worker, now: float) -> list[Ticket]:
        """Take a worker out of the pool and return the requests that it held, oldest lease first."""
        self._workers.remove(worker, now)
        held = [ticket for ticket in worker.leases.values() if ticket is not None]
        worker.leases.clear()
        return held

    def _requeue(self, ticket: Ticket, worker: Worker, counts: bool, now: float) -> None:
        ticket.worker = None
        ticket.workers = (*ticket.workers, worker.ready.name)
        ticket.losses += counts
        if ticket.losses >= MAX_ATTEMPTS:
            self._bury(ticket, now)
        else:
            self._ledger.requeued += 1
            self._queue.put_back(ticket)

    def _bury(self, ticket: Ticket, now: float) -> None:
        """End a request and set it aside with its input."""
        body_and_images = ticket.frames
        request, workers = ticket.request, ticket.workers
        self._outbox.log("error", "dead_letter", request_id=request.id, op=request.op, workers=workers)
        text = f"{ticket.losses} workers died holding it: {', '.join(workers)}"
        self._requests.fail(ticket, ErrorCode.WORKER_LOST, text, now)
        ticket.frames = body_and_images
        self._dead.put(ticket, now)
