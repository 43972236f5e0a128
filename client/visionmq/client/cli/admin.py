"""Commands that look at a broker and steer it."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from visionmq.client.cli.group import examples
from visionmq.client.cli.options import connect, settings_of, talks

Json = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")]
Operations = Annotated[list[str] | None, typer.Argument(metavar="[OPERATION]...", help="All where none is named.")]


def _result(answer: Any) -> Any:
    """Return an answer's result: a Reply holds one, other answers are their own."""
    return getattr(answer, "result", answer)


@talks
def ping(context: typer.Context) -> None:
    """Ask an engine for a sign of life, and say how long it took."""
    from time import perf_counter

    with connect(settings_of(context)) as client:
        start = perf_counter()
        pong = _result(client.ping())
        took = perf_counter() - start
    print(f"{getattr(pong, 'agent', pong)} answered in {took * 1000:.1f} ms")


@talks
def info(context: typer.Context, json: Json = False) -> None:
    """Show the broker's state: load, limits and the ledger of requests."""
    from visionmq.client.cli.show import print_json, print_pairs

    with connect(settings_of(context)) as client:
        found = _result(client.info())
    if json:
        print_json(found)
        return
    import msgspec

    pairs = msgspec.to_builtins(found)
    for group in ("ledger", "limits"):
        pairs[group] = "  ".join(f"{name}={value}" for name, value in pairs[group].items() if value not in ({}, None))
    print_pairs({name: ", ".join(value) if isinstance(value, list) else value for name, value in pairs.items()})


@talks
def workers(context: typer.Context, json: Json = False) -> None:
    """List the connected workers."""
    from visionmq.client.cli.show import print_json, print_table

    with connect(settings_of(context)) as client:
        found = _result(client.workers())
    if json:
        print_json(found)
        return
    columns = ("name", "host", "pid", "children", "held", "credit", "answered", "draining", "silent ms", "engines")
    rows = [
        (
            w.name,
            w.host,
            w.pid,
            w.children,
            w.held,
            w.credit,
            w.answered,
            w.draining,
            round(w.silent_ms),
            " ".join(w.engines),
        )
        for w in _rows(found, "workers")
    ]
    print_table(columns, rows, empty="no workers; start one: visionmq worker")


@talks
def queues(context: typer.Context, json: Json = False) -> None:
    """List the queues: what waits, what runs, and for how long."""
    from visionmq.client.cli.show import print_json, print_table

    with connect(settings_of(context)) as client:
        found = _result(client.queues())
    if json:
        print_json(found)
        return
    columns = ("operation", "waiting", "running", "bytes", "oldest ms", "workers", "paused", "queue seconds")
    rows = [
        (
            q.operation,
            q.waiting,
            q.running,
            q.waiting_bytes,
            round(q.oldest_ms),
            q.workers,
            q.paused,
            f"{q.queue_seconds:.2f}",
        )
        for q in _rows(found, "queues")
    ]
    print_table(columns, rows, empty="no queues in use")


def _rows(found: Any, name: str) -> Any:
    return getattr(found, name, found)


def _touch(context: typer.Context, verb: str, what: str, call: Callable[[Any], Any]) -> None:
    with connect(settings_of(context)) as client:
        done = _result(call(client))
    print(f"{verb} {getattr(done, 'touched', done)} {what}")


@talks
def pause(context: typer.Context, operations: Operations = None) -> None:
    """Let requests wait instead of being sent to workers."""
    _touch(context, "paused", "operations", lambda client: client.pause(*operations or ()))


@talks
def resume(context: typer.Context, operations: Operations = None) -> None:
    """Send paused requests to workers again."""
    _touch(context, "resumed", "operations", lambda client: client.resume(*operations or ()))


@talks
def purge(
    context: typer.Context,
    operations: Operations = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Cancel every request that waits."""
    if not yes:
        typer.confirm("Cancel all that waits?", abort=True)
    _touch(context, "cancelled", "requests", lambda client: client.purge(*operations or ()))


@talks
def drain(
    context: typer.Context,
    worker: Annotated[str | None, typer.Argument(metavar="[WORKER]", help="The broker itself where empty.")] = None,
) -> None:
    """Let a worker, or the broker, finish what it holds and end."""
    _touch(context, "drains:", "worker" if worker else "broker", lambda client: client.drain(worker))


@talks
def dead(context: typer.Context, json: Json = False) -> None:
    """List the dead letters: requests that were set aside after three attempts."""
    from visionmq.client.cli.show import print_json, print_table

    with connect(settings_of(context)) as client:
        found = _result(client.dead())
    if json:
        print_json(found)
        return
    rows = [
        (row.id, row.operation, row.attempts, row.images, row.size_bytes, round(row.age_s), " ".join(row.workers))
        for row in _rows(found, "letters")
    ]
    print_table(("id", "operation", "attempts", "images", "bytes", "age s", "workers"), rows, empty="no dead letters")


@talks
def logs(
    context: typer.Context,
    tail: Annotated[int, typer.Option("--tail", min=1, max=1000, help="How many lines.")] = 80,
) -> None:
    """Print the last lines of the broker's log, newest last."""
    from visionmq.client.cli.show import plain

    with connect(settings_of(context)) as client:
        found = _result(client.logs(tail))
    for line in _rows(found, "lines"):
        print(plain(line))


_COMMANDS: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
    "ping": (ping, ("visionmq ping", "visionmq ping -b tcp://10.0.0.5:5760 --key me.key")),
    "info": (info, ("visionmq info", "visionmq info --json")),
    "workers": (workers, ("visionmq workers", "visionmq workers --json")),
    "queues": (queues, ("visionmq queues",)),
    "pause": (pause, ("visionmq pause", "visionmq pause document.recognize")),
    "resume": (resume, ("visionmq resume", "visionmq resume document.recognize")),
    "drain": (drain, ("visionmq drain worker-1", "visionmq drain")),
    "purge": (purge, ("visionmq purge document.recognize --yes",)),
    "dead": (dead, ("visionmq dead", "visionmq dead --json")),
    "logs": (logs, ("visionmq logs --tail 80",)),
}


def register(app: typer.Typer) -> None:
    """Add these commands to the tree."""
    for name, (function, lines) in _COMMANDS.items():
        app.command(name, epilog=examples(*lines))(function)
