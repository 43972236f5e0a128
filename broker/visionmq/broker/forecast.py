"""How long waiting will last, as clients and operators are told."""

from visionmq.broker.clients import Clients
from visionmq.broker.fair import FairQueue
from visionmq.broker.pool import Workers
from visionmq.broker.records import Phase, Ticket
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.common import AcceptedReport

_MS = 1000.0


class Forecast:
    """Estimates from what waits, how long leases have lasted, and how many requests can run at once."""

    def __init__(self, queue: FairQueue, workers: Workers, clients: Clients) -> None:
        self._queue = queue
        self._workers = workers
        self._clients = clients

    def queue_seconds(self, op: str) -> float:
        """Return how long the waiting requests of an operation will take, as far as known."""
        queue = self._queue.operations[op]
        return queue.waiting * queue.seconds / max(self._workers.slots(op), 1)

    def retry_after_ms(self) -> int:
        """Return milliseconds until about a tenth of what waits is served: 100 to 10,000."""
        seconds = sum(self.queue_seconds(op) for op in self._queue.active)
        return int(min(max(seconds / 10, 0.1), 10.0) * _MS)

    def report_position(self, ticket: Ticket) -> None:
        """Tell a client where its request is in the queue, if that is not what it was told last."""
        position = self._position(ticket)
        if position == ticket.position:
            return
        ticket.position = position
        reply = encode(m.Reply(id=ticket.request.id, state=m.State.ACCEPTED, attempt=ticket.attempt))
        report = AcceptedReport(position=position, eta_ms=self._eta_ms(ticket.request.op, position))
        self._clients.send(ticket.client, [reply, encode(report)])

    def report_positions(self) -> None:
        """Tell all clients that want to know where their waiting requests are."""
        queues = self._queue.active.values()
        for ticket in [ticket for queue in queues for ticket in queue.live() if ticket.request.updates]:
            self.report_position(ticket)

    def _position(self, ticket: Ticket) -> int:
        """Return how many go first: in a fair queue no client has more before it than this one itself has."""
        if ticket.phase is not Phase.WAITING or not ticket.seq:
            return 0
        mine = ticket.client.waiting
        return sum(min(client.waiting, mine) for client in self._clients.by_peer.values()) - 1

    def _eta_ms(self, op: str, position: int) -> float | None:
        """Return milliseconds until the result, or None before the first lease has told how long one lasts."""
        seconds = self._queue.operations[op].seconds
        if not seconds:
            return None
        return round((position / max(self._workers.slots(op), 1) + 1) * seconds * _MS, 1)
