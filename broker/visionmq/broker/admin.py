"""The broker's own operations, `broker.*`: what it says of itself, and what operators may do."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from visionmq.broker.records import LEVELS, Client, Frame
from visionmq.schemas import admin as s
from visionmq.schemas import limits
from visionmq.schemas import messages as m
from visionmq.schemas.codec import ProtocolError, decode_body, encode
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.operations import OPERATIONS
from visionmq.wire import AGENT

if TYPE_CHECKING:
    from visionmq.broker.core import Broker


def answer(broker: "Broker", client: Client, request: m.Request, body: Frame, now: float) -> None:
    """Answer one of the broker's own operations at once; it is not counted in the ledger."""
    try:
        params = decode_body(OPERATIONS[request.op].params, bytes(body))
        result, images = _VERBS[request.op](broker, params, now)
    except ProtocolError as error:
        broker.clients.send_error(client, request.id, error.code, str(error))
        return
    reply = m.Reply(id=request.id, state=m.State.DONE, images=len(images))
    broker.clients.send(client, [encode(reply), encode(result), *images])


_Result = tuple[Struct, Sequence[Frame]]


def _info(broker: "Broker", _params: Any, now: float) -> _Result:
    workers = broker.workers.by_peer.values()
    ledger = broker.ledger
    counts = {name: getattr(ledger, name) for name in s.Ledger.__struct_fields__ if name not in {"open", "failures"}}
    info = s.Info(
        agent=AGENT,
        instance=broker.instance,
        protocol=limits.PROTOCOL_VERSION,
        uptime_s=round(now - broker.started, 3),
        secure=broker.secure,
        workers=len(workers),
        children=sum(worker.children for worker in workers),
        clients=len(broker.clients.by_peer),
        waiting=broker.queue.waiting,
        running=len(broker.requests.open) - broker.queue.waiting,
        waiting_bytes=broker.queue.waiting_bytes,
        stored_replies=len(broker.stored),
        stored_bytes=broker.stored.size,
        dead_letters=len(broker.dead),
        draining=broker.drain.begun,
        paused=sorted(broker.queue.paused),
        operations=broker.workers.operations(),
        ledger=s.Ledger(open=len(broker.requests.open), failures=dict(ledger.failures), **counts),
        limits={
            name.lower(): value
            for name, value in vars(limits).items()
            if name.startswith("MAX_") and isinstance(value, int)
        },
    )
    return info, ()


def _workers(broker: "Broker", _params: Any, now: float) -> _Result:
    states = [
        s.WorkerState(
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
            silent_ms=round((now - worker.heard) * 1000, 1),
        )
        for worker in broker.workers.by_peer.values()
    ]
    return s.Workers(workers=sorted(states, key=lambda state: state.name)), ()


def _queues(broker: "Broker", _params: Any, now: float) -> _Result:
    running: dict[str, int] = {}
    for ticket in broker.requests.open.values():
        if ticket.worker is not None:
            running[ticket.request.op] = running.get(ticket.request.op, 0) + 1
    states = []
    for op in sorted({*broker.workers.operations(), *broker.queue.operations, *broker.queue.paused}):
        queue = broker.queue.operations[op]
        waiting = list(queue.live())
        states.append(
            s.QueueState(
                operation=op,
                waiting=queue.waiting,
                running=running.get(op, 0),
                waiting_bytes=queue.waiting_bytes,
                by_priority={name: sum(t.level == level for t in waiting) for name, level in LEVELS.items()},
                oldest_ms=round(max((now - t.accepted_at for t in waiting), default=0.0) * 1000, 1),
                workers=broker.workers.count(op),
                paused=op in broker.queue.paused,
                queue_seconds=round(broker.forecast.queue_seconds(op), 3),
            )
        )
    return s.Queues(queues=states), ()


def _operations(broker: "Broker", params: s.OperationsParams) -> list[str]:
    """Return the operations meant; raise ProtocolError for one that nobody knows."""
    known = {*broker.workers.operations(), *broker.queue.operations, *broker.queue.paused}
    known |= {op for op in OPERATIONS if not op.startswith("broker.")}
    strange = sorted(set(params.operations) - known)
    if strange:
        raise ProtocolError(
            ErrorCode.UNKNOWN_OPERATION, f"no operation {', '.join(strange)}; there are {', '.join(sorted(known))}"
        )
    return params.operations or sorted(known)


def _pause(broker: "Broker", params: s.OperationsParams, _now: float) -> _Result:
    operations = set(_operations(broker, params)) - broker.queue.paused
    broker.queue.paused |= operations
    return s.Done(touched=len(operations)), ()


def _resume(broker: "Broker", params: s.OperationsParams, now: float) -> _Result:
    operations = set(_operations(broker, params)) & broker.queue.paused
    broker.queue.paused -= operations
    for op in operations:
        broker.dispatcher.spread(op, now)
    return s.Done(touched=len(operations)), ()


def _purge(broker: "Broker", params: s.OperationsParams, now: float) -> _Result:
    waiting = [t for op in _operations(broker, params) for t in broker.queue.operations[op].live()]
    broker.requests.abandon_all(waiting, ErrorCode.CANCELLED, "purged by an operator", now)
    return s.Done(touched=len(waiting)), ()


def _drain(broker: "Broker", params: s.DrainParams, now: float) -> _Result:
    if params.worker is None:
        broker.drain.begin(now)
        return s.Done(touched=1), ()
    chosen = [w for w in broker.workers.by_peer.values() if w.ready.name == params.worker]
    if not chosen:
        names = ", ".join(sorted(w.ready.name for w in broker.workers.by_peer.values())) or "none"
        raise ProtocolError(ErrorCode.BAD_REQUEST, f"no worker {params.worker}; connected: {names}")
    for worker in chosen:
        broker.workers.drain(worker)
        broker._outbox.to_worker(worker.peer, encode(m.Drain()))
    return s.Done(touched=len(chosen)), ()


def _dead(broker: "Broker", params: s.DeadParams, now: float) -> _Result:
    found = list(broker.dead) if params.id is None else [letter for letter in (broker.dead.get(params.id),) if letter]
    if params.id is not None and not found:
        raise ProtocolError(ErrorCode.BAD_REQUEST, f"no dead letter {params.id}; `visionmq dead` lists them")
    letters = [
        s.DeadLetter(
            id=ticket.request.id,
            operation=ticket.request.op,
            attempts=ticket.attempt,
            workers=list(ticket.workers),
            age_s=round(now - since, 1),
            size_bytes=ticket.size,
            images=ticket.request.images,
            body=bytes(ticket.frames[0]).decode(errors="replace") if params.id else None,
        )
        for ticket, since in found
    ]
    if params.purge:
        broker.dead.purge()
    images = found[0][0].frames[1:] if params.id else ()
    return s.DeadLetters(letters=letters, dropped=broker.dead.dropped), images


def _logs(broker: "Broker", params: s.LogsParams, _now: float) -> _Result:
    kept: list[str] = []
    room = limits.MAX_BODY_BYTES // 2  # quotes in a line take two bytes in the reply
    for line in reversed(list(broker.log)[-params.tail :]):
        room -= len(encode(line))
        if room < 0:
            break
        kept.append(line)
    return s.Logs(lines=kept[::-1]), ()


_VERBS: dict[str, Callable[["Broker", Any, float], _Result]] = {
    "broker.info": _info,
    "broker.workers": _workers,
    "broker.queues": _queues,
    "broker.pause": _pause,
    "broker.resume": _resume,
    "broker.purge": _purge,
    "broker.drain": _drain,
    "broker.dead": _dead,
    "broker.logs": _logs,
}
