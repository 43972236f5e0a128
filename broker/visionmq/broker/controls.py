"""What operators may do: pause, resume, purge, drain, and see to dead letters."""

from collections.abc import Sequence

from visionmq.broker.dispatch import Dispatcher
from visionmq.broker.drain import Drain
from visionmq.broker.fair import FairQueue
from visionmq.broker.outbox import Outbox
from visionmq.broker.pool import Workers
from visionmq.broker.records import Frame, Ticket
from visionmq.broker.reports import Result
from visionmq.broker.requests import Requests
from visionmq.broker.stores import DeadLetters
from visionmq.schemas import admin as s
from visionmq.schemas import messages as m
from visionmq.schemas.codec import ProtocolError, encode
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.operations import BROKER_PREFIX, OPERATIONS

_NO_IMAGES: Sequence[Frame] = ()


class Controls:
    """Every verb takes its parameters and the time; it raises ProtocolError where they make no sense."""

    def __init__(
        self,
        *,
        queue: FairQueue,
        workers: Workers,
        requests: Requests,
        dispatcher: Dispatcher,
        dead: DeadLetters,
        drain: Drain,
        outbox: Outbox,
    ) -> None:
        self._queue = queue
        self._workers = workers
        self._requests = requests
        self._dispatcher = dispatcher
        self._dead = dead
        self._drain = drain
        self._outbox = outbox

    def pause(self, params: s.OperationsParams, _now: float) -> Result:
        """Let requests of these operations wait, though workers are free."""
        operations = set(self._operations(params)) - self._queue.paused
        self._queue.paused |= operations
        return s.Done(touched=len(operations)), ()

    def resume(self, params: s.OperationsParams, now: float) -> Result:
        """Serve these operations again."""
        operations = set(self._operations(params)) & self._queue.paused
        self._queue.paused -= operations
        for op in sorted(operations):
            self._dispatcher.spread(op, now)
        return s.Done(touched=len(operations)), ()

    def purge(self, params: s.OperationsParams, now: float) -> Result:
        """Cancel what waits for these operations; what runs goes on."""
        waiting = [ticket for op in self._operations(params) for ticket in self._queue.operations[op].live()]
        self._requests.abandon_all(waiting, ErrorCode.CANCELLED, "purged by an operator", now)
        return s.Done(touched=len(waiting)), ()

    def drain(self, params: s.DrainParams, now: float) -> Result:
        """Let the workers of a name, or this broker, end what they hold and take no more."""
        if params.worker is None:
            self._drain.begin(now)
            return s.Done(touched=1), ()
        everyone = self._workers.by_peer.values()
        chosen = [worker for worker in everyone if worker.ready.name == params.worker]
        if not chosen:
            names = ", ".join(sorted(worker.ready.name for worker in everyone)) or "none"
            raise ProtocolError(ErrorCode.BAD_REQUEST, f"no worker {params.worker}; connected: {names}")
        for worker in chosen:
            self._workers.drain(worker)
            self._outbox.to_worker(worker.peer, encode(m.Drain()))
        return s.Done(touched=len(chosen)), ()

    def open_dead_letters(self, params: s.DeadParams, now: float) -> Result:
        """Return all dead letters, or one with its body and images; then delete all, if asked."""
        if params.id is None:
            letters, images = [_dead_letter(ticket, now - since) for ticket, since in self._dead], _NO_IMAGES
        else:
            ticket, since = self._find_letter(params.id)
            body = bytes(ticket.frames[0]).decode(errors="replace")
            letters, images = [_dead_letter(ticket, now - since, body)], ticket.frames[1:]
        if params.purge:
            self._dead.purge()
        return s.DeadLetters(letters=letters, dropped=self._dead.dropped), images

    def _find_letter(self, request_id: str) -> tuple[Ticket, float]:
        found = self._dead.get(request_id)
        if found is None:
            raise ProtocolError(ErrorCode.BAD_REQUEST, f"no dead letter {request_id}; `visionmq dead` lists them")
        return found

    def _operations(self, params: s.OperationsParams) -> list[str]:
        """Return the operations meant; raise ProtocolError for one that nobody knows."""
        known = {*self._workers.operations(), *self._queue.operations, *self._queue.paused}
        known |= {op for op in OPERATIONS if not op.startswith(BROKER_PREFIX)}
        strange = sorted(set(params.operations) - known)
        if strange:
            text = f"no operation {', '.join(strange)}; there are {', '.join(sorted(known))}"
            raise ProtocolError(ErrorCode.UNKNOWN_OPERATION, text)
        return params.operations or sorted(known)


def _dead_letter(ticket: Ticket, age: float, body: str | None = None) -> s.DeadLetter:
    return s.DeadLetter(
        id=ticket.request.id,
        operation=ticket.request.op,
        attempts=ticket.attempt,
        workers=list(ticket.workers),
        age_s=round(age, 1),
        size_bytes=ticket.size,
        images=ticket.request.images,
        body=body,
    )
