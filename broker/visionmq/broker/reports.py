"""What the broker says of itself, to operators and to whoever scales its workers."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import Struct

from visionmq.broker.clients import Clients
from visionmq.broker.drain import Drain
from visionmq.broker.fair import FairQueue
from visionmq.broker.forecast import Forecast
from visionmq.broker.ledger import Ledger
from visionmq.broker.pool import Workers
from visionmq.broker.records import LEVELS, Frame, Worker
from visionmq.broker.requests import Requests
from visionmq.broker.stores import DeadLetters
from visionmq.schemas import admin as s
from visionmq.schemas import limits
from visionmq.schemas.codec import encode
from visionmq.wire import AGENT

Result: TypeAlias = tuple[Struct, Sequence[Frame]]
"""The body of a verb's reply, and its images."""

_MS = 1000.0
_COUNTS = tuple(name for name in s.Ledger.__struct_fields__ if name not in {"open", "failures"})
_LIMITS = {
    name.lower(): value for name, value in vars(limits).items() if name.startswith("MAX_") and isinstance(value, int)
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reports:
    """Reads all tables and changes none; every verb takes its parameters and the time."""

    instance: str
    secure: bool
    started: float
    clients: Clients
    workers: Workers
    queue: FairQueue
    requests: Requests
    dead: DeadLetters
    forecast: Forecast
    drain: Drain
    ledger: Ledger
    log: Collection[str]

    def describe(self, _params: s.InfoParams, now: float) -> Result:
        """Return the broker's figures and limits."""
        workers, queue = self.workers.by_peer.values(), self.queue
        info = s.Info(
            agent=AGENT,
            instance=self.instance,
            protocol=limits.PROTOCOL_VERSION,
            uptime_s=round(now - self.started, 3),
            secure=self.secure,
            workers=len(workers),
            children=sum(worker.children for worker in workers),
            clients=len(self.clients.by_peer),
            waiting=queue.waiting,
            running=len(self.requests.open) - queue.waiting,
            waiting_bytes=queue.waiting_bytes,
            stored_replies=len(self.requests.stored),
            stored_bytes=self.requests.stored.size,
            dead_letters=len(self.dead),
            draining=self.drain.begun,
            paused=sorted(queue.paused),
            operations=self.workers.operations(),
            ledger=self._ledger(),
            limits=_LIMITS,
        )
        return info, ()

    def _ledger(self) -> s.Ledger:
        counts = {name: getattr(self.ledger, name) for name in _COUNTS}
        return s.Ledger(open=len(self.requests.open), failures=dict(self.ledger.failures), **counts)

    def list_workers(self, _params: s.WorkersParams, now: float) -> Result:
        """Return all connected workers, by name."""
        states = [_worker_state(worker, now) for worker in self.workers.by_peer.values()]
        return s.Workers(workers=sorted(states, key=lambda state: state.name)), ()

    def list_queues(self, _params: s.QueuesParams, now: float) -> Result:
        """Return the queues of all operations that are served, waited for or paused, by name."""
        open_requests = self.requests.open.values()
        running = Counter(ticket.request.op for ticket in open_requests if ticket.worker is not None)
        known = {*self.workers.operations(), *self.queue.operations, *self.queue.paused}
        return s.Queues(queues=[self._queue_state(op, running[op], now) for op in sorted(known)]), ()

    def _queue_state(self, op: str, running: int, now: float) -> s.QueueState:
        queue = self.queue.operations[op]
        waiting = list(queue.live())
        return s.QueueState(
            operation=op,
            waiting=queue.waiting,
            running=running,
            waiting_bytes=queue.waiting_bytes,
            by_priority={name: sum(ticket.level == level for ticket in waiting) for name, level in LEVELS.items()},
            oldest_ms=round(max((now - ticket.accepted_at for ticket in waiting), default=0.0) * _MS, 1),
            workers=self.workers.count(op),
            paused=op in self.queue.paused,
            queue_seconds=round(self.forecast.queue_seconds(op), 3),
        )

    def tail_log(self, params: s.LogsParams, _now: float) -> Result:
        """Return the last lines of the log, as many as fit into a body."""
        kept: list[str] = []
        room = limits.MAX_BODY_BYTES // 2  # quotes in a line take two bytes in the reply
        for line in reversed(list(self.log)[-params.tail :]):
            room -= len(encode(line))
            if room < 0:
                break
            kept.append(line)
        return s.Logs(lines=kept[::-1]), ()


def _worker_state(worker: Worker, now: float) -> s.WorkerState:
    return s.WorkerState(
        name=worker.ready.name,
        incarnation=worker.ready.incarnation,
        host=worker.ready.host,
        pid=worker.ready.pid,
        agent=worker.ready.agent,
        operations=sorted(worker.ops),
        engines=worker.ready.engines,
        credit=worker.credit,
        held=len(worker.leases),
        children=worker.children,
        answered=worker.answered,
        draining=worker.draining,
        silent_ms=round((now - worker.heard) * _MS, 1),
    )
