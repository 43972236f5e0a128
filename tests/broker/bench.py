"""A broker core on a bench: a clock that stands until it is moved, and peers that are names.

Nothing here knows what the broker should do; `recount` compares its counters with what can be
counted by hand, and is called by every test at its end.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from visionmq.broker import events as e
from visionmq.broker.core import Broker
from visionmq.broker.records import Phase
from visionmq.broker.settings import Settings
from visionmq.schemas import messages as m
from visionmq.schemas.codec import decode_from_client, decode_from_worker, decode_to_client, decode_to_worker, encode
from visionmq.schemas.limits import MAX_ENVELOPE_BYTES, MAX_ID_LENGTH
from visionmq.wire.keys import Grant

ECHO = "system.echo"
PING = "system.ping"


class Sent(NamedTuple):
    """A message that the broker wants sent."""

    peer: str
    message: Any
    frames: tuple[bytes, ...]

    @property
    def body(self) -> Any:
        """The decoded body."""
        return msgspec.json.decode(self.frames[0])


def make_request(request_id: str, op: str = ECHO, *, left_ms: int = 60_000, **fields: Any) -> m.Request:
    """Return a request of the spoken version."""
    return m.Request(v=fields.pop("v", 1), id=request_id, op=op, left_ms=left_ms, **fields)


class Bench:
    """Drives one core; everything sent is kept in `sent`, everything logged in `logged`."""

    def __init__(self, *, secure: bool = False, **settings: Any) -> None:
        self.now = 1_000.0
        settings.setdefault("absence", 5.0)
        self.broker = Broker(Settings(**settings), instance="i1", first_lease=100, now=self.now, secure=secure)
        self.grants: dict[str, Grant | None] = {}
        self.sent: list[Sent] = []
        self.logged: list[tuple[str, dict[str, Any]]] = []
        self.ended = False

    # ---- events -----------------------------------------------------------------------------

    def handle(self, event: e.Event) -> list[Sent]:
        """Let the core take an event; return what it sends, in order."""
        sent = []
        for kind, target, content in self.broker.handle(event, self.now):
            if kind == e.LOG:
                self.logged.append((target[1], content))
            elif kind == e.END:
                self.ended = True
            else:
                sent.append(_sent(kind, target, content))
        self.sent += sent
        return sent

    def client(self, peer: str, message: m.FromClient, *frames: bytes) -> list[Sent]:
        """A client sends."""
        message = decode_from_client(encode(message))
        return self.handle(e.ClientSent(peer.encode(), message, frames, self.grants.get(peer)))

    def worker(self, peer: str, message: m.FromWorker, *frames: bytes) -> list[Sent]:
        """A worker sends."""
        message = decode_from_worker(encode(message))
        return self.handle(e.WorkerSent(peer.encode(), message, frames, self.grants.get(peer)))

    def wait(self, seconds: float, *alive: str) -> list[Sent]:
        """Let time pass in ticks, while these peers (`c...` or `w...`) send heartbeats."""
        sent, end = [], self.now + seconds
        while self.now < end:
            self.now = min(self.now + 0.05, end)
            for peer in alive:
                say = self.worker if peer.startswith("w") else self.client
                sent += say(peer, m.Heartbeat())
            sent += self.handle(e.Tick())
        return sent

    # ---- what most tests need ----------------------------------------------------------------

    def ready(self, peer: str, *ops: str, credit: int = 1, incarnation: str | None = None) -> list[Sent]:
        """A worker announces itself."""
        ready = m.Ready(v=1, name=peer, incarnation=incarnation or peer, ops=list(ops or (ECHO,)), credit=credit)
        return self.worker(peer, ready)

    def ask(self, peer: str, request_id: str, op: str = ECHO, *, body: bytes = b"{}", **fields: Any) -> list[Sent]:
        """A client asks, without pictures unless `pictures` are given."""
        pictures: Sequence[bytes] = fields.pop("pictures", ())
        return self.client(peer, make_request(request_id, op, images=len(pictures), **fields), body, *pictures)

    def answer(self, run: Sent, body: bytes = b'{"ok":1}', **fields: Any) -> list[Sent]:
        """The worker answers a lease."""
        fields.setdefault("state", m.State.DONE)
        return self.worker(run.peer, m.Answer(lease=run.message.lease, **fields), body)

    def verb(self, op: str, body: bytes = b"{}", *, peer: str = "c-admin") -> Any:
        """Ask for one of the broker's own operations; return its result, or its error."""
        (reply,) = self.ask(peer, f"verb-{len(self.sent)}", op, body=body)
        return reply.body

    def cut(self, *peers: str) -> list[Sent]:
        """These workers' connections close: a heartbeat does not reach them, nor what follows from that."""
        beat = encode(m.Heartbeat(instance="i1"))
        undelivered = {peer.encode(): [beat] for peer in peers}
        sent = []
        while undelivered:
            new = self.handle(e.WorkersUnreachable(undelivered))
            undelivered = {}
            for one in new:
                if one.peer in peers:
                    undelivered.setdefault(one.peer.encode(), []).append(encode(one.message))
                else:
                    sent.append(one)
        return sent

    def held(self, peer: str) -> int:
        """Return how many leases a worker holds."""
        return len(self.broker.workers.by_peer[peer.encode()].leases)


def _sent(kind: int, peer: bytes, frames: Sequence[bytes]) -> Sent:
    decode = decode_to_client if kind == e.TO_CLIENT else decode_to_worker
    message = decode(frames[0])
    assert len(frames[0]) <= MAX_ENVELOPE_BYTES
    carries = isinstance(message, m.HAS_BODY)
    assert len(frames) == (2 + message.images if carries else 1), "frames do not match the envelope"
    return Sent(peer.decode(), message, tuple(frames[1:]))


def runs(sent: Sequence[Sent]) -> list[Sent]:
    """Return the leases among what was sent."""
    return [one for one in sent if isinstance(one.message, m.Run)]


def ids(sent: Sequence[Sent]) -> list[str]:
    """Return the request ids of the leases among what was sent."""
    return [run.message.id for run in runs(sent)]


def terminal(sent: Sequence[Sent]) -> list[Sent]:
    """Return the terminal replies among what was sent."""
    return [one for one in sent if isinstance(one.message, m.Reply) and one.message.state in m.TERMINAL]


def only(sent: Sequence[Sent], kind: type[Any]) -> Sent:
    """Return the one message of a kind among what was sent."""
    (found,) = [one for one in sent if isinstance(one.message, kind)]
    return found


def recount(broker: Broker) -> None:
    """Assert every invariant that can be seen from outside one event."""
    ledger, queue = broker.ledger, broker.queue
    ended = ledger.done + ledger.failed + ledger.cancelled + ledger.expired
    assert ledger.accepted == ended + len(broker.requests.open), "the ledger does not add up"
    assert len(broker.requests.deadlines) == len(broker.requests.open), (
        "an open request has no deadline, or an ended one has"
    )
    waiting = [ticket for ticket in broker.requests.open.values() if ticket.phase is Phase.WAITING]
    assert all(ticket.phase is not Phase.ENDED for ticket in broker.requests.open.values())
    _recount_queue(broker, waiting)
    _recount_clients(broker, waiting)
    _recount_workers(broker)
    for op in queue.active:
        assert op in queue.paused or broker.workers.least_loaded(op) is None, f"{op} waits beside a free worker"
    assert broker.stored.size <= broker.settings.stored_bytes
    assert all(len(ticket.request.id) <= MAX_ID_LENGTH for ticket in broker.requests.open.values())


def _recount_queue(broker: Broker, waiting: list[Any]) -> None:
    queue = broker.queue
    assert queue.waiting == len(waiting)
    assert queue.waiting_bytes == sum(ticket.size for ticket in waiting)
    counts = Counter(ticket.request.op for ticket in waiting)
    assert {op: one.waiting for op, one in queue.operations.items() if one.waiting} == dict(counts)
    assert set(queue.active) == set(counts)
    for op, one in queue.operations.items():
        live = list(one.live())
        assert len(live) == one.waiting
        assert set(live) == {ticket for ticket in waiting if ticket.request.op == op}
        assert sum(map(len, one.heaps)) == one.waiting + one.dead, "dead entries are miscounted"


def _recount_clients(broker: Broker, waiting: list[Any]) -> None:
    for client in broker.clients.by_peer.values():
        mine = [ticket for ticket in waiting if ticket.client is client]
        assert client.waiting == len(mine)
        assert client.waiting_bytes == sum(ticket.size for ticket in mine)
        assert client.open == {key: ticket for key, ticket in broker.requests.open.items() if ticket.client is client}
    assert all(
        broker.clients.by_peer.get(ticket.client.peer) is ticket.client for ticket in broker.requests.open.values()
    )


def _recount_workers(broker: Broker) -> None:
    workers = broker.workers.by_peer
    for worker in workers.values():
        for lease, ticket in worker.leases.items():
            if ticket is not None:
                assert ticket.phase is Phase.RUNNING
                assert (ticket.worker, ticket.lease) == (worker, lease)
        free = len(worker.leases) < worker.credit and not worker.draining
        assert (worker.bucket >= 0) == free, "a free worker is out of the pool, or a full one in it"
        assert worker.pool.buckets[worker.bucket][worker.peer] is worker if free else True
    leased = [ticket for worker in workers.values() for ticket in worker.leases.values() if ticket is not None]
    assert len(leased) == len(broker.requests.open) - broker.queue.waiting, "a running request has no lease"
    pools = {id(worker.pool): worker.pool for worker in workers.values()}
    assert sum(pool.size for pool in pools.values()) == len(workers)
