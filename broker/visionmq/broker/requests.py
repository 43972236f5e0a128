"""The life of a request, from acceptance to its one terminal reply."""

from collections.abc import Sequence

from visionmq.broker.clients import Clients
from visionmq.broker.fair import FairQueue
from visionmq.broker.ledger import Ledger
from visionmq.broker.outbox import Outbox
from visionmq.broker.records import Client, Frame, Phase, Ticket, Worker
from visionmq.broker.settings import Settings
from visionmq.broker.stores import Deadlines, StoredReplies
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import ErrorCode, make_error

_MS = 1000.0
_SMOOTHING = 0.05
"""Weight of the newest lease in the mean of how long one lasts: about the last twenty count."""
TOO_LATE = "the time was over before it could start"


class Requests:
    """All open requests, and the stored replies of ended ones.

    Each ends exactly once, in `_settle`, and is then in no table of open ones any more.
    """

    def __init__(
        self,
        settings: Settings,
        queue: FairQueue,
        clients: Clients,
        stored: StoredReplies,
        ledger: Ledger,
        outbox: Outbox,
        now: float,
    ) -> None:
        self.open: dict[str, Ticket] = {}
        self.stored = stored
        self.deadlines = Deadlines(now)
        self._grace = settings.answer_grace
        self._queue = queue
        self._clients = clients
        self._ledger = ledger
        self._outbox = outbox

    def accept(self, ticket: Ticket) -> None:
        """Take a request in: from here on it is owed an end."""
        key = ticket.key
        self.open[key] = ticket.client.open[key] = ticket
        self._ledger.accepted += 1
        self.deadlines.put(ticket, ticket.deadline)

    def rebind(self, ticket: Ticket, client: Client) -> None:
        """Direct the replies of a request to the peer that asked last."""
        if ticket.client is not client:
            ticket.client.open.pop(ticket.key, None)
            client.open[ticket.key] = ticket
            self._queue.rebind(ticket, ticket.phase is Phase.WAITING, client)

    def finish(self, ticket: Ticket, worker: Worker, answer: m.Answer, frames: Sequence[Frame], now: float) -> None:
        """End a request with its worker's answer."""
        state = answer.state
        if len(frames) != 1 + answer.images or state not in m.TERMINAL:
            self.fail(ticket, ErrorCode.INTERNAL, "the worker's answer was malformed", now)
            return
        lasted = now - ticket.dispatched_at
        queue = self._queue.operations[ticket.request.op]
        queue.seconds += (lasted - queue.seconds) * _SMOOTHING if queue.seconds else lasted
        reply = m.Reply(
            id=ticket.request.id,
            state=state,
            images=answer.images,
            attempt=ticket.attempt,
            worker=worker.ready.name,
            queue_ms=round((ticket.dispatched_at - ticket.accepted_at) * _MS, 3),
            wait_ms=answer.wait_ms,
            decode_ms=answer.decode_ms,
            run_ms=answer.run_ms,
            plan=answer.plan,
        )
        self._ledger.end(state, answer.code)
        self._settle(ticket, [encode(reply), *frames], now)

    def pass_on(self, worker: Worker, progress: m.Progress, frames: Sequence[Frame]) -> None:
        """Tell a client that wants updates what its worker says meanwhile; malformed and late news are dropped."""
        ticket = worker.leases.get(progress.lease)
        if ticket is None or not ticket.request.updates or len(frames) != 1 + progress.images:
            return
        reply = m.Reply(
            id=ticket.request.id,
            state=m.State.PROGRESS,
            images=progress.images,
            attempt=ticket.attempt,
            worker=worker.ready.name,
        )
        size = sum(len(frame) for frame in frames)
        self._clients.deliver_if_room(ticket.client, [encode(reply), *frames], size)

    def fail(self, ticket: Ticket, code: ErrorCode, text: str, now: float) -> None:
        """End a request that is neither queued nor leased with an error of the broker's own."""
        state = m.State.CANCELLED if code is ErrorCode.CANCELLED else m.State.FAILED
        request, worker = ticket.request, ticket.worker
        error = make_error(code, text, stage="broker", request_id=request.id)
        reply = m.Reply(
            id=request.id,
            state=state,
            attempt=ticket.attempt,
            worker=worker.ready.name if worker else None,
            queue_ms=round((now - ticket.accepted_at) * _MS, 3),
        )
        self._ledger.end(state, code)
        self._settle(ticket, [encode(reply), encode(error)], now)

    def abandon(self, ticket: Ticket, code: ErrorCode, text: str, now: float) -> None:
        """End a waiting or running request before its worker did; its lease costs credit until answered."""
        if ticket.phase is Phase.WAITING:
            self._queue.remove(ticket)
        elif ticket.worker is not None:
            ticket.worker.leases[ticket.lease] = None
            self._outbox.to_worker(ticket.worker.peer, encode(m.Stop(lease=ticket.lease)))
        self.fail(ticket, code, text, now)

    def abandon_all(self, tickets: Sequence[Ticket], code: ErrorCode, text: str, now: float) -> None:
        """End several before their workers did."""
        for ticket in tickets:
            self.abandon(ticket, code, text, now)

    def expire(self, now: float) -> None:
        """End what is overdue; a running request is left to its worker's own answer for a grace."""
        for ticket in self.deadlines.due(now):
            graced = ticket.deadline + self._grace
            if ticket.deadline > now:
                self.deadlines.put(ticket, ticket.deadline)
            elif ticket.phase is Phase.WAITING:
                self.abandon(ticket, ErrorCode.DEADLINE_EXCEEDED, TOO_LATE, now)
            elif now < graced:
                self.deadlines.put(ticket, graced)
            else:
                self.abandon(ticket, ErrorCode.DEADLINE_EXCEEDED, "the worker did not answer in time", now)

    def _settle(self, ticket: Ticket, frames: Sequence[Frame], now: float) -> None:
        """The one place where a request ends: out of every table, reply stored and sent."""
        ticket.phase = Phase.ENDED
        client, key = ticket.client, ticket.key
        del self.open[key]
        client.open.pop(key, None)
        self.deadlines.remove(ticket)
        size = 0
        for frame in frames:
            size += len(frame)
        self.stored.put(key, ticket, frames, size, now)
        ticket.frames = ()
        self._clients.deliver(client, key, frames, size)
