"""The broker as a pure state machine: `handle(event, now) -> actions`.

No socket, thread or clock: time is an argument, so every test is exact and an incident
replays from its events. What always holds: each accepted request ends exactly once, with one
terminal reply; no worker holds more leases than its credit; an operation has waiting requests only
while none of its workers is free (or it is paused); every table is bounded.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from visionmq.broker import admin, policy
from visionmq.broker.admission import Admission
from visionmq.broker.clients import Clients
from visionmq.broker.dispatch import Dispatcher
from visionmq.broker.drain import Drain
from visionmq.broker.events import (
    Action,
    ClientSent,
    ClientStalled,
    ClientUnreachable,
    DrainRequested,
    Event,
    Malformed,
    Probe,
    Tick,
    WorkerSent,
    WorkersUnreachable,
)
from visionmq.broker.fair import FairQueue
from visionmq.broker.forecast import Forecast
from visionmq.broker.ledger import Ledger
from visionmq.broker.outbox import Outbox
from visionmq.broker.pool import Workers
from visionmq.broker.records import Client, Frame, PeerId, Ticket, Worker
from visionmq.broker.recovery import Recovery
from visionmq.broker.requests import Requests
from visionmq.broker.settings import Settings
from visionmq.broker.stores import DeadLetters, StoredReplies
from visionmq.schemas import messages as m
from visionmq.schemas.codec import decode_to_worker, encode
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_ID_LENGTH, PROTOCOL_VERSION
from visionmq.schemas.operations import BROKER_PREFIX
from visionmq.wire import AGENT

_MS = 1000.0
_LOG_LINES = 1_000
_PAUSE = 1.0
"""Seconds between ticks that tell that the process was stopped or starved."""


class Broker:
    """The whole state of a broker."""

    def __init__(
        self, settings: Settings, *, instance: str, first_lease: int, now: float, secure: bool = False
    ) -> None:
        """Start empty; `instance` and `first_lease` are random, so that no two starts share leases."""
        self.settings = settings
        self.instance = instance
        self.secure = secure
        self.started = now
        self.ledger = Ledger()
        self.stored = StoredReplies(settings)
        self.dead = DeadLetters(settings)
        self.queue = FairQueue(settings.ageing)
        self.workers = Workers(settings.absence, now)
        self._outbox = Outbox()
        self.clients = Clients(settings, self.stored, self.ledger, self._outbox)
        self.requests = Requests(settings, self.queue, self.clients, self.stored, self.ledger, self._outbox, now)
        self.forecast = Forecast(self.queue, self.workers, self.clients)
        self.dispatcher = Dispatcher(
            self.queue, self.workers, self.requests, self.forecast, self.ledger, self._outbox, first_lease
        )
        self.recovery = Recovery(
            self.queue, self.workers, self.requests, self.dispatcher, self.dead, self.ledger, self._outbox
        )
        self.drain = Drain(settings.drain_seconds, self.requests, self._outbox)
        self.admission = Admission(settings, self.queue, self.workers, self.forecast, self.drain)
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        """The last lines of the log; the program's log appends to it."""
        self._next_beat = now
        self._ticked = now
        self._on: dict[type[Any], Callable[[Any, float], None]] = {
            ClientSent: self._client_sent,
            WorkerSent: self._worker_sent,
            Malformed: self._malformed,
            ClientUnreachable: self._client_unreachable,
            ClientStalled: self._client_stalled,
            WorkersUnreachable: self._workers_unreachable,
            Probe: self._probe,
            Tick: self._tick,
            DrainRequested: self._drain_requested,
        }
        self._on_client: dict[type[Any], Callable[[Client, Any, float], None]] = {
            m.Hello: self._hello,
            m.Heartbeat: self._client_heartbeat,
            m.Cancel: self._cancel,
            m.Check: self._check,
            m.Bye: self._client_bye,
        }
        self._on_worker: dict[type[Any], Callable[[Worker, Any, float], None]] = {
            m.Heartbeat: self._worker_heartbeat,
            m.Credit: self._credit,
            m.Drain: self._worker_drain,
            m.Bye: self._worker_bye,
            m.Log: self._worker_log,
        }

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take one event and return what is to be done, in order."""
        out: list[Action] = []
        self._outbox.actions = out
        self._on[type(event)](event, now)
        return out

    # ---- clients --------------------------------------------------------------------------

    def _client_sent(self, event: ClientSent, now: float) -> None:
        peer, message, frames, grant = event
        client = self.clients.by_peer.get(peer)
        if client is None:
            client = self.clients.by_peer[peer] = Client(peer, grant.name if grant else None, now)
        client.heard = now
        client.unread = 0
        if self.secure and not self._permit_client(client, message, grant):
            return
        if client.deferred:
            self.clients.send_deferred(client)
        if type(message) is m.Request:
            self._request(client, message, frames, grant, now)
        else:
            self._on_client[type(message)](client, message, now)

    def _permit_client(self, client: Client, message: m.FromClient, grant: Any) -> bool:
        refusal = policy.refuse_client(grant)
        if refusal is None:
            if client.user != grant.name:
                client.sign_in(grant.name)
            return True
        code, text, _ = refusal
        if isinstance(message, m.Request):
            self.ledger.refuse(code)
            self.clients.send_error(client, message.id, code, text)
        else:
            self.clients.send_refusal(client, code, text)
        return False

    def _request(self, client: Client, request: m.Request, frames: Sequence[Frame], grant: Any, now: float) -> None:
        size = 0
        for frame in frames:
            size += len(frame)
        key = client.scope + request.id
        if key in self.requests.open or key in self.stored.by_key:
            self._repeat(client, key, request, frames, size)
            return
        refusal = self.admission.find_refusal(client, request, frames, size, grant, now)
        if refusal is not None:
            self.ledger.refuse(refusal[0])
            self.clients.send_error(client, request.id, *refusal)
            return
        if request.op.startswith(BROKER_PREFIX):
            admin.answer(self, client, request, frames[0], now)
            return
        ticket = Ticket(key, request, frames, size, client, now)
        self.requests.accept(ticket)
        self.dispatcher.place(ticket, now)

    def _repeat(self, client: Client, key: str, request: m.Request, frames: Sequence[Frame], size: int) -> None:
        """Join the running request, or send the stored reply again."""
        ticket = self.requests.open.get(key)
        stored = self.stored.by_key.get(key)
        if ticket is not None:
            same = ticket.request.op == request.op and _same_frames(ticket.frames, frames)
        else:
            same = stored is not None and (stored.op, stored.request_size) == (request.op, size)
        if not same:
            self.ledger.refuse(ErrorCode.CONFLICT)
            text = "this request id was used for another request"
            self.clients.send_error(client, request.id, ErrorCode.CONFLICT, text)
            return
        self.ledger.repeats += 1
        if ticket is not None:
            self.requests.rebind(ticket, client)
        else:
            self.clients.send_stored(client, key)

    def _hello(self, client: Client, message: m.Hello, now: float) -> None:
        if message.v != PROTOCOL_VERSION:
            text = f"version {message.v} ({message.agent}); this broker speaks {PROTOCOL_VERSION} ({AGENT})"
            self.clients.send_refusal(client, ErrorCode.UNSUPPORTED_VERSION, text)
            return
        self.clients.send(client, [encode(self._welcome(self.settings.client_liveness))])

    def _welcome(self, liveness: float) -> m.Welcome:
        return m.Welcome(
            v=PROTOCOL_VERSION,
            instance=self.instance,
            agent=AGENT,
            heartbeat_ms=int(self.settings.heartbeat * _MS),
            liveness_ms=int(liveness * _MS),
            operations=self.workers.operations(),
        )

    def _client_heartbeat(self, client: Client, message: m.Heartbeat, now: float) -> None:
        self.clients.send(client, [encode(m.Heartbeat(instance=self.instance))])

    def _cancel(self, client: Client, message: m.Cancel, now: float) -> None:
        key = client.scope + message.id
        ticket = self.requests.open.get(key)
        if ticket is not None:
            self.requests.rebind(ticket, client)
            self.requests.abandon(ticket, ErrorCode.CANCELLED, "cancelled by the client", now)
        elif not self.clients.send_stored(client, key):
            self.clients.send(client, [encode(m.Unknown(ids=[message.id]))])

    def _check(self, client: Client, message: m.Check, now: float) -> None:
        unknown = []
        for request_id in message.ids:
            key = client.scope + request_id
            ticket = self.requests.open.get(key)
            if ticket is not None:
                self.requests.rebind(ticket, client)
            elif self.clients.send_stored(client, key):
                self.ledger.repeats += 1
            else:
                unknown.append(request_id)
        if unknown:
            self.clients.send(client, [encode(m.Unknown(ids=unknown))])

    def _client_bye(self, client: Client, message: m.Bye, now: float) -> None:
        self._forget_client(client, "the client left", now)

    def _forget_client(self, client: Client, why: str, now: float) -> None:
        del self.clients.by_peer[client.peer]
        self.requests.abandon_all(list(client.open.values()), ErrorCode.CANCELLED, why, now)

    def _client_unreachable(self, event: ClientUnreachable, now: float) -> None:
        """Its reply stays stored; the client asks for it when it is back, or falls silent."""
        self.ledger.unroutable += 1

    def _client_stalled(self, event: ClientStalled, now: float) -> None:
        self.clients.stall(event.peer)

    # ---- the life of a request --------------------------------------------------------------

    # ---- workers ----------------------------------------------------------------------------

    def _worker_sent(self, event: WorkerSent, now: float) -> None:
        peer, message, frames, grant = event
        if self.secure and (refusal := policy.refuse_worker(grant)):
            code, text, _ = refusal
            self.ledger.refuse(code)
            self._send_worker(peer, m.Refused(code=code, message=text))
            if (known := self.workers.by_peer.get(peer)) is not None:
                self.recovery.lose([known], "its key was revoked", now)
            return
        worker = self.workers.by_peer.get(peer)
        kind = type(message)
        if kind is m.Ready:
            self._ready(peer, worker, message, now)  # type: ignore[arg-type]
        elif worker is None:
            if kind is m.Answer:
                self.ledger.late += 1
            if kind is not m.Bye:
                self._send_worker(peer, m.Who())
        else:
            worker.heard = now
            if kind is m.Answer:
                self.dispatcher.answer(worker, message, frames, now)  # type: ignore[arg-type]
            elif kind is m.Progress:
                self._progress(worker, message, frames)  # type: ignore[arg-type]
            else:
                self._on_worker[kind](worker, message, now)

    def _ready(self, peer: PeerId, known: Worker | None, ready: m.Ready, now: float) -> None:
        if ready.v != PROTOCOL_VERSION:
            text = f"version {ready.v} ({ready.agent}); this broker speaks {PROTOCOL_VERSION} ({AGENT})"
            self._send_worker(peer, m.Refused(code=ErrorCode.UNSUPPORTED_VERSION, message=text))
            return
        same = [w for w in self.workers.by_peer.values() if w is known or w.ready.incarnation == ready.incarnation]
        self.recovery.lose(same, "it announced itself again", now)
        worker = Worker(peer, ready, now)
        self.workers.add(worker)
        self._outbox.log("info", "worker_ready", worker=ready.name, host=ready.host, pid=ready.pid, credit=ready.credit)
        self._send_worker(peer, self._welcome(self.settings.worker_liveness))
        self.dispatcher.feed(worker, now)

    def _progress(self, worker: Worker, progress: m.Progress, frames: Sequence[Frame]) -> None:
        ticket = worker.leases.get(progress.lease)
        if ticket is None or not ticket.request.updates or len(frames) != 1 + progress.images:
            return
        client = ticket.client
        size = sum(len(frame) for frame in frames)
        if self.clients.has_room(client, size):
            reply = m.Reply(
                id=ticket.request.id,
                state=m.State.PROGRESS,
                images=progress.images,
                attempt=ticket.attempt,
                worker=worker.ready.name,
            )
            self.clients.send(client, [encode(reply), *frames], size)

    def _worker_heartbeat(self, worker: Worker, message: m.Heartbeat, now: float) -> None:
        worker.children = message.children
        self._send_worker(worker.peer, m.Heartbeat(instance=self.instance))

    def _credit(self, worker: Worker, message: m.Credit, now: float) -> None:
        worker.credit = message.credit
        worker.pool.place(worker)
        self.dispatcher.feed(worker, now)

    def _worker_drain(self, worker: Worker, message: m.Drain, now: float) -> None:
        worker.draining = True
        worker.pool.place(worker)

    def _worker_bye(self, worker: Worker, message: m.Bye, now: float) -> None:
        self.recovery.lose([worker], "it said goodbye", now, counts=False)

    def _worker_log(self, worker: Worker, message: m.Log, now: float) -> None:
        for line in message.lines:
            self._outbox.log("warning", "worker_log", worker=worker.ready.name, line=line[:2000])

    def _workers_unreachable(self, event: WorkersUnreachable, now: float) -> None:
        messages = [decode_to_worker(envelope) for envelopes in event.undelivered.values() for envelope in envelopes]
        undelivered = {message.lease for message in messages if isinstance(message, m.Run)}
        gone = [worker for peer in event.undelivered if (worker := self.workers.by_peer.get(peer))]
        self.recovery.lose(gone, "its connection closed", now, undelivered=undelivered)

    def _send_worker(self, peer: PeerId, message: m.Message) -> None:
        self._outbox.to_worker(peer, encode(message))

    # ---- time, faults, ends -------------------------------------------------------------------

    def _malformed(self, event: Malformed, now: float) -> None:
        self.ledger.malformed += 1
        if not event.from_client:
            self._send_worker(event.peer, m.Refused(code=event.code, message=event.text))
            return
        client = self.clients.by_peer.get(event.peer) or Client(event.peer, None, now)
        if event.request_id and len(event.request_id) <= MAX_ID_LENGTH:
            self.clients.send_error(client, event.request_id, event.code, event.text)
        else:
            self.clients.send_refusal(client, event.code, event.text)

    def _probe(self, event: Probe, now: float) -> None:
        beat = encode(m.Heartbeat(instance=self.instance))
        for peer in self.workers.by_peer:
            self._outbox.to_worker(peer, beat)

    def _tick(self, event: Tick, now: float) -> None:
        if now - self._ticked > _PAUSE:
            self._forgive(now)
        self._ticked = now
        self.requests.expire(now)
        self.stored.expire(now)
        if now >= self._next_beat:
            self._next_beat = now + self.settings.heartbeat
            self._beat(now)
        self.drain.advance(now)

    def _forgive(self, now: float) -> None:
        """Hold nobody's silence against him: it was this broker that stood still."""
        self._outbox.log("warning", "broker_paused", seconds=round(now - self._ticked, 1))
        for worker in self.workers.by_peer.values():
            worker.heard = now
        for client in self.clients.by_peer.values():
            client.heard = now

    def _beat(self, now: float) -> None:
        limits = self.settings
        silent = [w for w in self.workers.by_peer.values() if now - w.heard > limits.worker_liveness]
        self.recovery.lose(silent, "it fell silent", now)
        for client in [c for c in self.clients.by_peer.values() if now - c.heard > limits.client_liveness]:
            self._forget_client(client, "the client fell silent", now)
        self._probe(Probe(), now)
        self._end_unserved(now)
        self.forecast.report_positions()

    def _end_unserved(self, now: float) -> None:
        for op in [op for op in self.queue.active if not self.workers.serve(op)]:
            if refusal := self.admission.refuse_unserved(op, now):
                waiting = list(self.queue.operations[op].live())
                self.requests.abandon_all(waiting, refusal.code, refusal.text, now)
        self.workers.end_absences(now)

    def _drain_requested(self, event: DrainRequested, now: float) -> None:
        self.drain.begin(now)


def _same_frames(one: Sequence[Frame], other: Sequence[Frame]) -> bool:
    return len(one) == len(other) and all(bytes(a) == bytes(b) for a, b in zip(one, other, strict=True))
