"""What workers' messages mean, and what becomes of workers that leave, are cut off or fall silent."""

from collections.abc import Callable
from typing import Any

from visionmq.broker.dispatch import Dispatcher
from visionmq.broker.events import Malformed, Probe, WorkerSent, WorkersUnreachable
from visionmq.broker.greeting import Greeting, refuse_version
from visionmq.broker.ledger import Ledger
from visionmq.broker.outbox import Outbox
from visionmq.broker.policy import Refusal, refuse_worker
from visionmq.broker.pool import Workers
from visionmq.broker.records import PeerId, Worker
from visionmq.broker.recovery import Recovery
from visionmq.broker.requests import Requests
from visionmq.broker.settings import Settings
from visionmq.schemas import messages as m
from visionmq.schemas.codec import decode_to_worker, encode

_LOG_LENGTH = 2_000
"""Characters kept of one line of a worker's log."""


class WorkerSide:
    """Takes the events of the workers' socket. Where keys are demanded (`secure`), each message must have one."""

    def __init__(
        self,
        settings: Settings,
        *,
        secure: bool,
        greeting: Greeting,
        workers: Workers,
        requests: Requests,
        dispatcher: Dispatcher,
        recovery: Recovery,
        ledger: Ledger,
        outbox: Outbox,
    ) -> None:
        self._liveness = settings.worker_liveness
        self._secure = secure
        self._greeting = greeting
        self._workers = workers
        self._requests = requests
        self._dispatcher = dispatcher
        self._recovery = recovery
        self._ledger = ledger
        self._outbox = outbox
        self._on: dict[type[Any], Callable[[Worker, Any, float], None]] = {
            m.Heartbeat: self._heartbeat,
            m.Credit: self._credit,
            m.Drain: self._drain,
            m.Bye: self._bye,
            m.Log: self._log,
        }

    # ---- events -------------------------------------------------------------------------------

    def sent(self, event: WorkerSent, now: float) -> None:
        """A worker sent a message."""
        peer, message, frames, grant = event
        worker = self._workers.by_peer.get(peer)
        if self._secure and (refusal := refuse_worker(grant)):
            self._turn_away(peer, worker, refusal, now)
        elif worker is None or type(message) is m.Ready:
            self._meet(peer, worker, message, now)
        else:
            worker.heard = now
            if type(message) is m.Answer:
                self._dispatcher.answer(worker, message, frames, now)
            elif type(message) is m.Progress:
                self._requests.pass_on(worker, message, frames)
            else:
                self._on[type(message)](worker, message, now)

    def malformed(self, event: Malformed, _now: float) -> None:
        """Something could not be decoded."""
        self._refuse(event.peer, Refusal(event.code, event.text))

    def unreachable(self, event: WorkersUnreachable, now: float) -> None:
        """Messages found no connection: those workers are lost, but what never reached them costs no attempt."""
        messages = [decode_to_worker(envelope) for envelopes in event.undelivered.values() for envelope in envelopes]
        undelivered = {message.lease for message in messages if isinstance(message, m.Run)}
        gone = [worker for peer in event.undelivered if (worker := self._workers.by_peer.get(peer))]
        self._recovery.lose(gone, "its connection closed", now, undelivered=undelivered)

    def probe(self, _event: Probe, _now: float) -> None:
        """Send every worker a heartbeat; those whose connections are closed come back as unreachable."""
        for peer in self._workers.by_peer:
            self._outbox.to_worker(peer, self._greeting.heartbeat)

    # ---- time ---------------------------------------------------------------------------------

    def lose_silent(self, now: float) -> None:
        """Forget workers that have not been heard for too long."""
        silent = [worker for worker in self._workers.by_peer.values() if now - worker.heard > self._liveness]
        self._recovery.lose(silent, "it fell silent", now)

    def forgive(self, now: float) -> None:
        """Hold no worker's silence so far against it."""
        for worker in self._workers.by_peer.values():
            worker.heard = now

    # ---- who comes ----------------------------------------------------------------------------

    def _turn_away(self, peer: PeerId, known: Worker | None, refusal: Refusal, now: float) -> None:
        """Refuse a message for its key; a worker whose key was revoked loses what it holds."""
        self._ledger.refuse(refusal.code)
        self._refuse(peer, refusal)
        if known is not None:
            self._recovery.lose([known], "its key was revoked", now)

    def _refuse(self, peer: PeerId, refusal: Refusal) -> None:
        self._outbox.to_worker(peer, encode(m.Refused(code=refusal.code, message=refusal.text)))

    def _meet(self, peer: PeerId, known: Worker | None, message: m.FromWorker, now: float) -> None:
        """Hear a stranger, who must say first who it is, or an announcement."""
        if isinstance(message, m.Ready):
            self._ready(peer, known, message, now)
            return
        if isinstance(message, m.Answer):
            self._ledger.late += 1
        if not isinstance(message, m.Bye):
            self._outbox.to_worker(peer, encode(m.Who()))

    def _ready(self, peer: PeerId, known: Worker | None, ready: m.Ready, now: float) -> None:
        if refusal := refuse_version(ready.v, ready.agent):
            self._refuse(peer, refusal)
            return
        everyone = self._workers.by_peer.values()
        same = [worker for worker in everyone if worker is known or worker.ready.incarnation == ready.incarnation]
        self._recovery.lose(same, "it announced itself again", now)
        worker = Worker(peer, ready, now)
        self._workers.add(worker)
        self._outbox.log("info", "worker_ready", worker=ready.name, host=ready.host, pid=ready.pid, credit=ready.credit)
        self._outbox.to_worker(peer, self._greeting.welcome(self._liveness))
        self._dispatcher.feed(worker, now)

    # ---- the rest -----------------------------------------------------------------------------

    def _heartbeat(self, worker: Worker, message: m.Heartbeat, _now: float) -> None:
        worker.children = message.children
        self._outbox.to_worker(worker.peer, self._greeting.heartbeat)

    def _credit(self, worker: Worker, message: m.Credit, now: float) -> None:
        worker.credit = message.credit
        worker.pool.place(worker)
        self._dispatcher.feed(worker, now)

    def _drain(self, worker: Worker, _message: m.Drain, _now: float) -> None:
        self._workers.drain(worker)

    def _bye(self, worker: Worker, _message: m.Bye, now: float) -> None:
        self._recovery.lose([worker], "it said goodbye", now, counts=False)

    def _log(self, worker: Worker, message: m.Log, _now: float) -> None:
        for line in message.lines:
            self._outbox.log("warning", "worker_log", worker=worker.ready.name, line=line[:_LOG_LENGTH])
