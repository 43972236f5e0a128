"""The service itself: whether it is alive, and what its broker knows and is told."""

from collections.abc import Iterable
from typing import Any

from visionmq.client.calls import Call, awaited, blocking, reply_of, result_of
from visionmq.client.channel import Params
from visionmq.client.pictures import Picture
from visionmq.client.replies import Reply
from visionmq.schemas import admin
from visionmq.schemas.system import Echo, EchoParams, Pong


def ping(**options: Any) -> Call[Pong]:
    """Ask an engine process whether it is alive."""
    return result_of(Pong, "system.ping", None, (), options)


def echo(text: str = "", images: Iterable[Picture] = (), *, sleep_ms: float = 0.0, **options: Any) -> Call[Reply[Echo]]:
    """Send text and frames and get them back."""
    return reply_of(Echo, "system.echo", EchoParams(text=text, sleep_ms=sleep_ms), images, options)


def info(**options: Any) -> Call[admin.Info]:
    """Return the broker's state and ledger."""
    return result_of(admin.Info, "broker.info", None, (), options)


def workers(**options: Any) -> Call[list[admin.WorkerState]]:
    """Return the connected workers."""
    return result_of(admin.Workers, "broker.workers", None, (), options).then(lambda found: found.workers)


def queues(**options: Any) -> Call[list[admin.QueueState]]:
    """Return the queues in use."""
    return result_of(admin.Queues, "broker.queues", None, (), options).then(lambda found: found.queues)


def pause(*operations: str, **options: Any) -> Call[int]:
    """Stop dispatching these operations, or all; return how many were touched."""
    return _touched("broker.pause", admin.OperationsParams(operations=list(operations)), options)


def resume(*operations: str, **options: Any) -> Call[int]:
    """Dispatch these operations, or all, again; return how many were touched."""
    return _touched("broker.resume", admin.OperationsParams(operations=list(operations)), options)


def purge(*operations: str, **options: Any) -> Call[int]:
    """Cancel what waits for these operations, or for all; return how many requests."""
    return _touched("broker.purge", admin.OperationsParams(operations=list(operations)), options)


def drain(worker: str | None = None, **options: Any) -> Call[int]:
    """Let a worker, or the broker itself, finish and end; return how many were touched."""
    return _touched("broker.drain", admin.DrainParams(worker=worker), options)


def dead(request_id: str | None = None, *, purge: bool = False, **options: Any) -> Call[Reply[admin.DeadLetters]]:
    """Return the dead letters, or one with its pictures; `purge` deletes them."""
    return reply_of(admin.DeadLetters, "broker.dead", admin.DeadParams(id=request_id, purge=purge), (), options)


def logs(tail: int = 80, **options: Any) -> Call[list[str]]:
    """Return the last lines of the broker's log, each a JSON object."""
    found = result_of(admin.Logs, "broker.logs", admin.LogsParams(tail=tail), (), options)
    return found.then(lambda logs: logs.lines)


def _touched(operation: str, params: Params, options: dict[str, Any]) -> Call[int]:
    return result_of(admin.Done, operation, params, (), options).then(lambda done: done.touched)


class BrokerCalls:
    """The methods of `Client` about the service itself."""

    ping = blocking(ping)
    echo = blocking(echo)
    info = blocking(info)
    workers = blocking(workers)
    queues = blocking(queues)
    pause = blocking(pause)
    resume = blocking(resume)
    purge = blocking(purge)
    drain = blocking(drain)
    dead = blocking(dead)
    logs = blocking(logs)


class AsyncBrokerCalls:
    """The methods of `AsyncClient` about the service itself."""

    ping = awaited(ping)
    echo = awaited(echo)
    info = awaited(info)
    workers = awaited(workers)
    queues = awaited(queues)
    pause = awaited(pause)
    resume = awaited(resume)
    purge = awaited(purge)
    drain = awaited(drain)
    dead = awaited(dead)
    logs = awaited(logs)
