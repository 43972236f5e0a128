"""The broker as a pure state machine: `handle(event, now) -> actions`.

No socket, thread or clock: time is an argument, so every test is exact and an incident
replays from its events. What always holds, and who sees to it: each accepted request ends exactly
once, with one terminal reply (`Requests`); no worker is given more leases than its credit, and an
operation has waiting requests only while none of its workers is free, or it is paused
(`Dispatcher`); what a lost worker held runs again or is set aside (`Recovery`); every table is
bounded (`Admission`, the stores).
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from visionmq.broker.admin import Admin
from visionmq.broker.admission import Admission
from visionmq.broker.client_side import ClientSide
from visionmq.broker.clients import Clients
from visionmq.broker.controls import Controls
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
from visionmq.broker.greeting import Greeting
from visionmq.broker.ledger import Ledger
from visionmq.broker.outbox import Outbox
from visionmq.broker.pool import Workers
from visionmq.broker.recovery import Recovery
from visionmq.broker.reports import Reports
from visionmq.broker.requests import Requests
from visionmq.broker.settings import Settings
from visionmq.broker.stores import DeadLetters, StoredReplies
from visionmq.broker.worker_side import WorkerSide

_LOG_LINES = 1_000
_PAUSE = 1.0
"""Seconds between ticks that tell that the process was stopped or starved."""


class Broker:
    """A whole broker: its parts, wired; events go to the part they concern, and time passes for all."""

    def __init__(
        self, settings: Settings, *, instance: str, first_lease: int, now: float, secure: bool = False
    ) -> None:
        """Start empty; `instance` and `first_lease` are random, so that no two starts share leases."""
        self.settings = settings
        self.instance = instance
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        """The last lines of the log; the program's log appends to it."""
        self._started = self._ticked = self._next_beat = now
        self._secure = secure
        self._outbox = outbox = Outbox()
        self.ledger = ledger = Ledger()
        self.dead = DeadLetters(settings)
        self.stored = stored = StoredReplies(settings)
        self.queue = queue = FairQueue(settings.ageing)
        self.workers = workers = Workers(settings.absence, now)
        self.clients = clients = Clients(settings, stored, ledger, outbox)
        self.requests = requests = Requests(settings, queue, clients, stored, ledger, outbox, now)
        self._drain = Drain(settings.drain_seconds, requests, outbox)
        self._forecast = forecast = Forecast(queue, workers, clients)
        self._admission = Admission(settings, queue, workers, forecast, self._drain)
        self._dispatcher = Dispatcher(queue, workers, requests, forecast, ledger, outbox, first_lease)
        self._greeting = Greeting(instance, settings, workers)
        self._client_side = self._make_client_side()
        self._worker_side = self._make_worker_side()
        self._on: dict[type[Any], Callable[[Any, float], None]] = {
            ClientSent: self._client_side.sent,
            WorkerSent: self._worker_side.sent,
            Malformed: self._malformed,
            ClientUnreachable: self._client_side.unreachable,
            ClientStalled: self._client_side.stalled,
            WorkersUnreachable: self._worker_side.unreachable,
            Probe: self._worker_side.probe,
            Tick: self._tick,
            DrainRequested: self._drain_requested,
        }

    def _make_client_side(self) -> ClientSide:
        return ClientSide(
            self.settings,
            secure=self._secure,
            greeting=self._greeting,
            clients=self.clients,
            requests=self.requests,
            admission=self._admission,
            dispatcher=self._dispatcher,
            admin=Admin(self.clients, self._make_reports(), self._make_controls()),
            ledger=self.ledger,
        )

    def _make_worker_side(self) -> WorkerSide:
        recovery = Recovery(
            self.queue, self.workers, self.requests, self._dispatcher, self.dead, self.ledger, self._outbox
        )
        return WorkerSide(
            self.settings,
            secure=self._secure,
            greeting=self._greeting,
            workers=self.workers,
            requests=self.requests,
            dispatcher=self._dispatcher,
            recovery=recovery,
            ledger=self.ledger,
            outbox=self._outbox,
        )

    def _make_reports(self) -> Reports:
        return Reports(
            instance=self.instance,
            secure=self._secure,
            started=self._started,
            clients=self.clients,
            workers=self.workers,
            queue=self.queue,
            requests=self.requests,
            dead=self.dead,
            forecast=self._forecast,
            drain=self._drain,
            ledger=self.ledger,
            log=self.log,
        )

    def _make_controls(self) -> Controls:
        return Controls(
            queue=self.queue,
            workers=self.workers,
            requests=self.requests,
            dispatcher=self._dispatcher,
            dead=self.dead,
            drain=self._drain,
            outbox=self._outbox,
        )

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take one event and return what is to be done, in order."""
        actions: list[Action] = []
        self._outbox.actions = actions
        self._on[type(event)](event, now)
        return actions

    def _malformed(self, event: Malformed, now: float) -> None:
        self.ledger.malformed += 1
        side = self._client_side if event.from_client else self._worker_side
        side.malformed(event, now)

    def _drain_requested(self, _event: DrainRequested, now: float) -> None:
        self._drain.begin(now)

    # ---- time ---------------------------------------------------------------------------------

    def _tick(self, _event: Tick, now: float) -> None:
        if now - self._ticked > _PAUSE:
            self._forgive(now)
        self._ticked = now
        self.requests.expire(now)
        self.stored.expire(now)
        if now >= self._next_beat:
            self._next_beat = now + self.settings.heartbeat
            self._beat(now)
        self._drain.advance(now)

    def _forgive(self, now: float) -> None:
        """Hold nobody's silence against him: it was this broker that stood still."""
        self._outbox.log("warning", "broker_paused", seconds=round(now - self._ticked, 1))
        self._worker_side.forgive(now)
        self._client_side.forgive(now)

    def _beat(self, now: float) -> None:
        self._worker_side.lose_silent(now)
        self._client_side.forget_silent(now)
        self._worker_side.probe(Probe(), now)
        self._end_unserved(now)
        self._forecast.report_positions()

    def _end_unserved(self, now: float) -> None:
        """End what waits for workers that have not come back in time."""
        for op in [op for op in self.queue.active if not self.workers.serve(op)]:
            if refusal := self._admission.refuse_unserved(op, now):
                waiting = list(self.queue.operations[op].live())
                self.requests.abandon_all(waiting, refusal.code, refusal.text, now)
        self.workers.end_absences(now)
