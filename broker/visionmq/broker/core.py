"""The broker as a pure state machine: `handle(event, now) -> actions`.

No socket, thread or clock: time is an argument, so every test is exact and an incident
replays from its events. What always holds: each accepted request ends exactly once, with one
terminal reply; no worker holds more leases than its credit; an operation has waiting requests only
while none of its workers is free (or it is paused); every table is bounded.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

from visionmq.broker import admin, policy
from visionmq.broker.events import (
    TO_CLIENT,
    TO_WORKER,
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
from visionmq.broker.ledger import Ledger
from visionmq.broker.outbox import Outbox
from visionmq.broker.pool import Workers
from visionmq.broker.records import Client, Frame, PeerId, Phase, Ticket, Worker
from visionmq.broker.settings import Settings
from visionmq.broker.stores import DeadLetters, Deadlines, StoredReplies
from visionmq.schemas import messages as m
from visionmq.schemas.codec import decode_to_worker, encode
from visionmq.schemas.common import AcceptedReport
from visionmq.schemas.errors import ErrorCode, make_error
from visionmq.schemas.limits import MAX_ATTEMPTS, MAX_ID_LENGTH, MAX_MESSAGE_BYTES, PROTOCOL_VERSION
from visionmq.schemas.operations import BROKER_PREFIX, OPERATIONS
from visionmq.wire import AGENT

_SMOOTHING = 0.05
_MS = 1000.0
_LOG_LINES = 1_000
_PAUSE = 1.0
"""Seconds between ticks that tell that the process was stopped or starved."""
_TOO_LATE = "the time was over before it could start"


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
        self.clients: dict[PeerId, Client] = {}
        self.workers = Workers(settings.absence, now)
        self.queue = FairQueue(settings.ageing)
        self.open: dict[str, Ticket] = {}
        self.stored = StoredReplies(settings)
        self.dead = DeadLetters(settings)
        self.deadlines = Deadlines(now)
        self.ledger = Ledger()
        self.rates = policy.Rates()
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        """The last lines of the log; the program's log appends to it."""
        self.draining = False
        self._drain_until = 0.0
        self._lease = first_lease
        self._next_beat = now
        self._ticked = now
        self._outbox = Outbox()
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
        client = self.clients.get(peer)
        if client is None:
            client = self.clients[peer] = Client(peer, grant.name if grant else None, now)
        client.heard = now
        client.unread = 0
        if self.secure and not self._permit_client(client, message, grant):
            return
        if client.deferred:
            self._send_deferred(client)
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
        code, text = refusal
        if isinstance(message, m.Request):
            self._refuse(client, message, code, text)
        else:
            self._send_client(client, [encode(m.Refused(code=code, message=text))])
        return False

    def _request(self, client: Client, request: m.Request, frames: Sequence[Frame], grant: Any, now: float) -> None:
        size = 0
        for frame in frames:
            size += len(frame)
        key = client.scope + request.id
        if key in self.open or key in self.stored.by_key:
            self._repeat(client, key, request, frames, size)
            return
        refusal = self._find_refusal(client, request, frames, size, grant, now)
        if refusal is not None:
            self._refuse(client, request, *refusal)
            return
        if request.op.startswith(BROKER_PREFIX):
            admin.answer(self, client, request, frames[0], now)
            return
        ticket = Ticket(key, request, frames, size, client, now)
        self.open[key] = client.open[key] = ticket
        self.ledger.accepted += 1
        self.deadlines.put(ticket, ticket.deadline)
        op = request.op
        worker = None if op in self.queue.active or op in self.queue.paused else self.workers.least_loaded(op)
        if worker is None:
            self.queue.put(ticket)
        if request.updates:
            self._report_position(ticket)
        if worker is not None:
            self._dispatch(ticket, worker, now)

    def _find_refusal(
        self, client: Client, request: m.Request, frames: Sequence[Frame], size: int, grant: Any, now: float
    ) -> tuple[Any, ...] | None:
        """Return (code, message[, retry_after_ms]) if the request is not to be accepted."""
        if request.v != PROTOCOL_VERSION:
            return ErrorCode.UNSUPPORTED_VERSION, f"version {request.v}; this broker speaks {PROTOCOL_VERSION}"
        if len(frames) != 1 + request.images:
            got = f"{len(frames) - 1} came" if frames else "not even a body came"
            return ErrorCode.BAD_REQUEST, f"the envelope says {request.images} image frames, {got}"
        if size > MAX_MESSAGE_BYTES:
            return ErrorCode.TOO_LARGE, f"{size} bytes; {MAX_MESSAGE_BYTES} are allowed in one request"
        if grant is not None and (refusal := policy.refuse_operation(grant, request.op, self.rates, now)):
            return refusal
        if request.op.startswith(BROKER_PREFIX):
            return None if request.op in OPERATIONS else self._unknown_operation(request.op)
        if self.draining:
            return ErrorCode.SHUTTING_DOWN, "this broker takes no more requests"
        if not self.workers.serve(request.op) and not self.workers.may_return(request.op, now):
            return self._unserved(request.op)
        return self._find_busy(client, size)

    def _find_busy(self, client: Client, size: int) -> tuple[Any, ...] | None:
        limits, queue = self.settings, self.queue
        if queue.waiting >= limits.max_waiting:
            text = f"{queue.waiting} requests are waiting; {limits.max_waiting} are allowed"
        elif client.waiting >= limits.max_waiting_per_client:
            text = f"{client.waiting} requests of this client are waiting; {limits.max_waiting_per_client} are allowed"
        elif queue.waiting_bytes + size > limits.max_waiting_bytes:
            text = f"{queue.waiting_bytes} bytes are waiting; {limits.max_waiting_bytes} are allowed"
        elif client.waiting_bytes + size > limits.max_waiting_bytes_per_client:
            allowed = limits.max_waiting_bytes_per_client
            text = f"{client.waiting_bytes} bytes of this client are waiting; {allowed} are allowed"
        else:
            return None
        return ErrorCode.BUSY, text, self._retry_after()

    def _retry_after(self) -> int:
        """Return milliseconds until about a tenth of what waits is served."""
        seconds = sum(self.queue_seconds(op) for op in self.queue.active)
        return int(min(max(seconds / 10, 0.1), 10.0) * _MS)

    def queue_seconds(self, op: str) -> float:
        """Return how long the waiting requests of an operation will take, as far as known."""
        queue = self.queue.operations[op]
        return queue.waiting * queue.seconds / max(self.workers.slots(op), 1)

    def _unserved(self, op: str) -> tuple[ErrorCode, str]:
        if op in OPERATIONS or op in self.queue.operations:
            served = ", ".join(self.workers.operations()) or "nothing"
            return ErrorCode.NO_WORKER, f"no worker serves {op} now (served: {served})"
        return self._unknown_operation(op)

    def _unknown_operation(self, op: str) -> tuple[ErrorCode, str]:
        known = ", ".join(sorted({*OPERATIONS, *self.workers.operations()}))
        return ErrorCode.UNKNOWN_OPERATION, f"no operation {op}; there are {known}"

    def _refuse(
        self, client: Client, request: m.Request, code: ErrorCode, text: str, retry_after_ms: int | None = None
    ) -> None:
        self.ledger.refuse(code)
        self._send_error(client, request.id, code, text, retry_after_ms)

    def _send_error(
        self, client: Client, request_id: str, code: ErrorCode, text: str, retry_after_ms: int | None = None
    ) -> None:
        error = make_error(code, text, stage="broker", request_id=request_id, retry_after_ms=retry_after_ms)
        self._send_client(client, [encode(m.Reply(id=request_id, state=m.State.FAILED)), encode(error)])

    def _repeat(self, client: Client, key: str, request: m.Request, frames: Sequence[Frame], size: int) -> None:
        """Join the running request, or send the stored reply again."""
        ticket = self.open.get(key)
        stored = self.stored.by_key.get(key)
        if ticket is not None:
            same = ticket.request.op == request.op and _same_frames(ticket.frames, frames)
        else:
            same = stored is not None and (stored.op, stored.request_size) == (request.op, size)
        if not same:
            self._refuse(client, request, ErrorCode.CONFLICT, "this request id was used for another request")
            return
        self.ledger.repeats += 1
        if ticket is not None:
            self._rebind(ticket, client)
        elif stored is not None:
            self._send_client(client, stored.frames, stored.size)

    def _rebind(self, ticket: Ticket, client: Client) -> None:
        """Direct the replies of a request to the peer that asked last."""
        if ticket.client is not client:
            ticket.client.open.pop(ticket.key, None)
            client.open[ticket.key] = ticket
            self.queue.rebind(ticket, ticket.phase is Phase.WAITING, client)

    def _hello(self, client: Client, message: m.Hello, now: float) -> None:
        if message.v != PROTOCOL_VERSION:
            text = f"version {message.v} ({message.agent}); this broker speaks {PROTOCOL_VERSION} ({AGENT})"
            self._send_client(client, [encode(m.Refused(code=ErrorCode.UNSUPPORTED_VERSION, message=text))])
            return
        self._send_client(client, [encode(self._welcome(self.settings.client_liveness))])

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
        self._send_client(client, [encode(m.Heartbeat(instance=self.instance))])

    def _cancel(self, client: Client, message: m.Cancel, now: float) -> None:
        key = client.scope + message.id
        ticket = self.open.get(key)
        if ticket is not None:
            self._rebind(ticket, client)
            self._abandon(ticket, ErrorCode.CANCELLED, "cancelled by the client", now)
        elif (stored := self.stored.by_key.get(key)) is not None:
            self._send_client(client, stored.frames, stored.size)
        else:
            self._send_client(client, [encode(m.Unknown(ids=[message.id]))])

    def _check(self, client: Client, message: m.Check, now: float) -> None:
        unknown = []
        for request_id in message.ids:
            key = client.scope + request_id
            ticket = self.open.get(key)
            if ticket is not None:
                self._rebind(ticket, client)
            elif (stored := self.stored.by_key.get(key)) is not None:
                self.ledger.repeats += 1
                self._send_client(client, stored.frames, stored.size)
            else:
                unknown.append(request_id)
        if unknown:
            self._send_client(client, [encode(m.Unknown(ids=unknown))])

    def _client_bye(self, client: Client, message: m.Bye, now: float) -> None:
        self._forget_client(client, "the client left", now)

    def _forget_client(self, client: Client, why: str, now: float) -> None:
        del self.clients[client.peer]
        for ticket in list(client.open.values()):
            self._abandon(ticket, ErrorCode.CANCELLED, why, now)

    def _client_unreachable(self, event: ClientUnreachable, now: float) -> None:
        """Its reply stays stored; the client asks for it when it is back, or falls silent."""
        self.ledger.unroutable += 1

    def _client_stalled(self, event: ClientStalled, now: float) -> None:
        self.ledger.deferred += 1
        client = self.clients.get(event.peer)
        if client is not None:
            client.unread = self.settings.unread_bytes

    def _send_client(self, client: Client, frames: Sequence[Frame], size: int = 0) -> None:
        client.unread += size
        self._outbox.actions.append((TO_CLIENT, client.peer, frames))

    def _send_deferred(self, client: Client) -> None:
        """Send what was kept back, as much as one unheard client may have."""
        while client.deferred and client.unread < self.settings.unread_bytes:
            key = next(iter(client.deferred))
            del client.deferred[key]
            stored = self.stored.by_key.get(key)
            if stored is not None:
                self._send_client(client, stored.frames, stored.size)

    # ---- the life of a request --------------------------------------------------------------

    def _report_position(self, ticket: Ticket) -> None:
        waiting = ticket.phase is Phase.WAITING and ticket.seq
        mine = ticket.client.waiting
        position = sum(min(client.waiting, mine) for client in self.clients.values()) - 1 if waiting else 0
        if position == ticket.position:
            return
        ticket.position = position
        op = ticket.request.op
        seconds = self.queue.operations[op].seconds
        eta = round((position / max(self.workers.slots(op), 1) + 1) * seconds * _MS, 1) if seconds else None
        reply = encode(m.Reply(id=ticket.request.id, state=m.State.ACCEPTED, attempt=ticket.attempt))
        self._send_client(ticket.client, [reply, encode(AcceptedReport(position=position, eta_ms=eta))])

    def _dispatch(self, ticket: Ticket, worker: Worker, now: float) -> None:
        request = ticket.request
        self._lease = lease = self._lease + 1
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

    def _feed(self, worker: Worker, now: float) -> None:
        """Give a worker what waits, as far as its credit goes."""
        while self.queue.waiting and not worker.draining and len(worker.leases) < worker.credit:
            if not self._start_next(worker, now):
                return

    def _start_next(self, worker: Worker, now: float) -> bool:
        """Give a worker the next request it can serve; False if none waits."""
        ticket = self.queue.take(worker.ops, now)
        if ticket is None:
            return False
        if ticket.deadline <= now:
            self._end(ticket, m.State.FAILED, ErrorCode.DEADLINE_EXCEEDED, _TOO_LATE, now)
        else:
            self._dispatch(ticket, worker, now)
        return True

    def _end(self, ticket: Ticket, state: m.State, code: ErrorCode, text: str, now: float) -> None:
        """End a request with an error of the broker's own."""
        request = ticket.request
        error = make_error(code, text, stage="broker", request_id=request.id)
        worker = ticket.worker
        reply = m.Reply(
            id=request.id,
            state=state,
            attempt=ticket.attempt,
            worker=worker.ready.name if worker else None,
            queue_ms=round((now - ticket.accepted_at) * _MS, 3),
        )
        self.ledger.end(state, code)
        self._settle(ticket, [encode(reply), encode(error)], now)

    def spread(self, op: str, now: float) -> None:
        """Give what waits for an operation to the least loaded workers, one request at a time."""
        while op in self.queue.active and (worker := self.workers.least_loaded(op)) is not None:
            if not self._start_next(worker, now):
                return

    def _settle(self, ticket: Ticket, frames: Sequence[Frame], now: float) -> None:
        """The one place where a request ends: out of every table, reply stored and sent."""
        ticket.phase = Phase.ENDED
        client = ticket.client
        key = ticket.key
        del self.open[key]
        client.open.pop(key, None)
        self.deadlines.remove(ticket)
        size = 0
        for frame in frames:
            size += len(frame)
        self.stored.put(key, ticket, frames, size, now)
        ticket.frames = ()
        if client.unread >= self.settings.unread_bytes:
            self.ledger.deferred += 1
            client.deferred[key] = None
            if len(client.deferred) > self.settings.stored_replies:
                del client.deferred[next(iter(client.deferred))]
            return
        client.unread += size
        self._outbox.actions.append((TO_CLIENT, client.peer, frames))

    def _abandon(self, ticket: Ticket, code: ErrorCode, text: str, now: float) -> None:
        """End a waiting or running request before its worker did; its lease costs credit until answered."""
        if ticket.phase is Phase.WAITING:
            self.queue.remove(ticket)
        elif ticket.worker is not None:
            ticket.worker.leases[ticket.lease] = None
            self._outbox.to_worker(ticket.worker.peer, encode(m.Stop(lease=ticket.lease)))
        state = m.State.CANCELLED if code is ErrorCode.CANCELLED else m.State.FAILED
        self._end(ticket, state, code, text, now)

    # ---- workers ----------------------------------------------------------------------------

    def _worker_sent(self, event: WorkerSent, now: float) -> None:
        peer, message, frames, grant = event
        if self.secure and (refusal := policy.refuse_worker(grant)):
            code, text = refusal
            self.ledger.refuse(code)
            self._send_worker(peer, m.Refused(code=code, message=text))
            if (known := self.workers.by_peer.get(peer)) is not None:
                self._lose([known], "its key was revoked", now)
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
                self._answer(worker, message, frames, now)  # type: ignore[arg-type]
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
        self._lose(same, "it announced itself again", now)
        worker = Worker(peer, ready, now)
        self.workers.add(worker)
        self._outbox.log("info", "worker_ready", worker=ready.name, host=ready.host, pid=ready.pid, credit=ready.credit)
        self._send_worker(peer, self._welcome(self.settings.worker_liveness))
        self._feed(worker, now)

    def _answer(self, worker: Worker, answer: m.Answer, frames: Sequence[Frame], now: float) -> None:
        lease = answer.lease
        if lease not in worker.leases:
            self.ledger.late += 1
            return
        ticket = worker.leases.pop(lease)
        worker.answered += 1
        worker.pool.place(worker)
        if ticket is not None:
            self._finish(ticket, worker, answer, frames, now)
        if self.queue.waiting:
            self._feed(worker, now)

    def _finish(self, ticket: Ticket, worker: Worker, answer: m.Answer, frames: Sequence[Frame], now: float) -> None:
        state = answer.state
        if len(frames) != 1 + answer.images or state not in m.TERMINAL:
            self._end(ticket, m.State.FAILED, ErrorCode.INTERNAL, "the worker's answer was malformed", now)
            return
        lasted = now - ticket.dispatched_at
        queue = self.queue.operations[ticket.request.op]
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
        self.ledger.end(state, answer.code)
        self._settle(ticket, [encode(reply), *frames], now)

    def _progress(self, worker: Worker, progress: m.Progress, frames: Sequence[Frame]) -> None:
        ticket = worker.leases.get(progress.lease)
        if ticket is None or not ticket.request.updates or len(frames) != 1 + progress.images:
            return
        client = ticket.client
        size = sum(len(frame) for frame in frames)
        if client.unread + size <= self.settings.unread_bytes:
            reply = m.Reply(
                id=ticket.request.id,
                state=m.State.PROGRESS,
                images=progress.images,
                attempt=ticket.attempt,
                worker=worker.ready.name,
            )
            self._send_client(client, [encode(reply), *frames], size)

    def _worker_heartbeat(self, worker: Worker, message: m.Heartbeat, now: float) -> None:
        worker.children = message.children
        self._send_worker(worker.peer, m.Heartbeat(instance=self.instance))

    def _credit(self, worker: Worker, message: m.Credit, now: float) -> None:
        worker.credit = message.credit
        worker.pool.place(worker)
        self._feed(worker, now)

    def _worker_drain(self, worker: Worker, message: m.Drain, now: float) -> None:
        worker.draining = True
        worker.pool.place(worker)

    def _worker_bye(self, worker: Worker, message: m.Bye, now: float) -> None:
        self._lose([worker], "it said goodbye", now, counts=False)

    def _worker_log(self, worker: Worker, message: m.Log, now: float) -> None:
        for line in message.lines:
            self._outbox.log("warning", "worker_log", worker=worker.ready.name, line=line[:2000])

    def _workers_unreachable(self, event: WorkersUnreachable, now: float) -> None:
        messages = [decode_to_worker(envelope) for envelopes in event.undelivered.values() for envelope in envelopes]
        undelivered = {message.lease for message in messages if isinstance(message, m.Run)}
        gone = [worker for peer in event.undelivered if (worker := self.workers.by_peer.get(peer))]
        self._lose(gone, "its connection closed", now, undelivered=undelivered)

    def _lose(
        self,
        workers: Sequence[Worker],
        why: str,
        now: float,
        *,
        counts: bool = True,
        undelivered: Collection[int] = (),
    ) -> None:
        """Forget workers; what they held goes to the head of the queue, or ends after its attempts.

        All are forgotten before any request moves on: a host that dies with many workers must
        not cost a request all its attempts. Leases of `undelivered` do not count as attempts.
        """
        orphaned = {op for worker in workers for op in self._part_with(worker, why, now, counts, undelivered)}
        for op in orphaned:
            self.spread(op, now)

    def _part_with(
        self, worker: Worker, why: str, now: float, counts: bool, undelivered: Collection[int]
    ) -> Collection[str]:
        """Forget one worker and return the operations whose requests it held."""
        self.workers.remove(worker, now)
        held = [ticket for ticket in worker.leases.values() if ticket is not None]
        worker.leases.clear()
        self._outbox.log(
            "info" if not counts else "warning", "worker_gone", worker=worker.ready.name, why=why, held=len(held)
        )
        for ticket in reversed(held):
            ticket.worker = None
            ticket.workers = (*ticket.workers, worker.ready.name)
            ticket.losses += counts and ticket.lease not in undelivered
            if ticket.losses >= MAX_ATTEMPTS:
                self._bury(ticket, now)
            else:
                self.ledger.requeued += 1
                self.queue.put_back(ticket)
        return {ticket.request.op for ticket in held}

    def _bury(self, ticket: Ticket, now: float) -> None:
        body_and_images = ticket.frames
        text = f"{ticket.losses} workers died holding it: {', '.join(ticket.workers)}"
        self._outbox.log(
            "error", "dead_letter", request_id=ticket.request.id, op=ticket.request.op, workers=ticket.workers
        )
        self._end(ticket, m.State.FAILED, ErrorCode.WORKER_LOST, text, now)
        ticket.frames = body_and_images
        self.dead.put(ticket, now)

    def _send_worker(self, peer: PeerId, message: m.Message) -> None:
        self._outbox.to_worker(peer, encode(message))

    # ---- time, faults, ends -------------------------------------------------------------------

    def _malformed(self, event: Malformed, now: float) -> None:
        self.ledger.malformed += 1
        if not event.from_client:
            self._send_worker(event.peer, m.Refused(code=event.code, message=event.text))
            return
        client = self.clients.get(event.peer) or Client(event.peer, None, now)
        if event.request_id and len(event.request_id) <= MAX_ID_LENGTH:
            self._send_error(client, event.request_id, event.code, event.text)
        else:
            self._send_client(client, [encode(m.Refused(code=event.code, message=event.text))])

    def _probe(self, event: Probe, now: float) -> None:
        beat = encode(m.Heartbeat(instance=self.instance))
        for peer in self.workers.by_peer:
            self._outbox.to_worker(peer, beat)

    def _tick(self, event: Tick, now: float) -> None:
        if now - self._ticked > _PAUSE:
            self._forgive(now)
        self._ticked = now
        for ticket in self.deadlines.due(now):
            self._overdue(ticket, now)
        self.stored.expire(now)
        if now >= self._next_beat:
            self._next_beat = now + self.settings.heartbeat
            self._beat(now)
        if self.draining:
            self._drain(now)

    def _drain(self, now: float) -> None:
        """End when nothing is open; what is still open after the time for draining fails first."""
        if not self.open:
            self._outbox.end()
        elif now >= self._drain_until:
            # The end comes a tick later, so that these replies still leave the socket.
            for ticket in list(self.open.values()):
                self._abandon(ticket, ErrorCode.SHUTTING_DOWN, "this broker ends now", now)

    def _forgive(self, now: float) -> None:
        """Hold nobody's silence against him: it was this broker that stood still."""
        self._outbox.log("warning", "broker_paused", seconds=round(now - self._ticked, 1))
        for worker in self.workers.by_peer.values():
            worker.heard = now
        for client in self.clients.values():
            client.heard = now

    def _overdue(self, ticket: Ticket, now: float) -> None:
        if ticket.deadline > now:
            self.deadlines.put(ticket, ticket.deadline)
        elif ticket.phase is Phase.WAITING:
            self._abandon(ticket, ErrorCode.DEADLINE_EXCEEDED, _TOO_LATE, now)
        elif now < ticket.deadline + self.settings.answer_grace:
            self.deadlines.put(ticket, ticket.deadline + self.settings.answer_grace)
        else:
            self._abandon(ticket, ErrorCode.DEADLINE_EXCEEDED, "the worker did not answer in time", now)

    def _beat(self, now: float) -> None:
        limits = self.settings
        silent = [w for w in self.workers.by_peer.values() if now - w.heard > limits.worker_liveness]
        self._lose(silent, "it fell silent", now)
        for client in [c for c in self.clients.values() if now - c.heard > limits.client_liveness]:
            self._forget_client(client, "the client fell silent", now)
        self._probe(Probe(), now)
        self._end_unserved(now)
        for ticket in self._watched():
            self._report_position(ticket)

    def _watched(self) -> list[Ticket]:
        """Return waiting requests whose clients want to know their position."""
        return [ticket for queue in self.queue.active.values() for ticket in queue.live() if ticket.request.updates]

    def _end_unserved(self, now: float) -> None:
        for op in [
            op for op in self.queue.active if not self.workers.serve(op) and not self.workers.may_return(op, now)
        ]:
            code, text = self._unserved(op)
            for ticket in list(self.queue.operations[op].live()):
                self._abandon(ticket, code, text, now)
        self.workers.end_absences(now)

    def _drain_requested(self, event: DrainRequested, now: float) -> None:
        if not self.draining:
            self.draining = True
            self._drain_until = now + self.settings.drain_seconds
            self._outbox.log("info", "broker_draining", open=len(self.open))


def _same_frames(one: Sequence[Frame], other: Sequence[Frame]) -> bool:
    return len(one) == len(other) and all(bytes(a) == bytes(b) for a, b in zip(one, other, strict=True))
