"""`visionmq up`: a broker and its workers on this host, kept running."""

import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from visionmq.client.cli.document_old import old_flag
from visionmq.client.cli.programs import check_installed
from visionmq.wire.sockets import CLIENT_ENDPOINT, WORKER_ENDPOINT

if TYPE_CHECKING:
    from visionmq.client.cli.supervisor import Supervisor

_BROKER: Final = "broker"
_LOCAL_WORKER: Final = "local-worker"
"""Name of the key that the workers of `up --keys` get."""
_GRACE: Final = 30.0


def up(
    children: Annotated[int | None, typer.Option("-n", "--children", min=1, help="Engine processes a worker.")] = None,
    count: Annotated[int, typer.Option("--count", min=0, max=64, help="Worker programs.")] = 1,
    clients: Annotated[str, typer.Option(metavar="ENDPOINT", help="Where clients connect.")] = CLIENT_ENDPOINT,
    workers: Annotated[str, typer.Option(metavar="ENDPOINT", help="Where workers connect.")] = WORKER_ENDPOINT,
    keys: Annotated[
        Path | None, typer.Option(metavar="DIR", envvar="VISIONMQ_KEYS", help="Key folder; needed beyond this host.")
    ] = None,
    engine: Annotated[list[str] | None, typer.Option(help="Engines to load; may be repeated.")] = None,
    bundle: Annotated[
        list[Path] | None,
        typer.Option("--bundle", "--bundle_dir", metavar="DIR", help="Folder of document templates; may be repeated."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="FILE|URL", help="Store of faces, brands and access; postgresql://... for several hosts."),
    ] = None,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "warning",
    port: Annotated[
        int | None, old_flag("--port", metavar="N", min=1, max=65535, text="Clients connect to this port of this host.")
    ] = None,
    concur: Annotated[int | None, old_flag("--concur", metavar="N", min=0, text="As -n; 0 is one a core.")] = None,
    lazy: Annotated[bool, old_flag("--lazy", text="Changes nothing: engines load before a worker is ready.")] = False,
) -> None:
    """Run a broker and workers here until Ctrl-C; what ends is started again.

    Ctrl-C or SIGTERM lets running requests finish (30 s at most); a second one ends at once.
    """
    from visionmq.client.cli.supervisor import Stop, Supervisor

    if port is not None:
        clients = f"tcp://127.0.0.1:{port}"
    check_installed("broker")
    check_installed("worker")
    supervisor = Supervisor(_say)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.events.put(Stop()))
    arguments = [*_common(log_level), *(_flag("--keys", keys))]
    supervisor.start(_BROKER, ["visionmq.broker", "--clients", clients, "--workers", workers, *arguments])
    if store:  # not an argument, which all users of the host can read
        os.environ["VISIONMQ_STORE"] = store
    options = [*_common(log_level), *_flag("-n", children or concur or None)]
    options += [word for folder in bundle or () for word in ("--bundle", str(folder))]
    options += [word for name in engine or () for word in ("--engine", name)]
    options += _flag("--key", _worker_key(keys) if keys else None)
    _supervise(supervisor, count, options)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _common(log_level: str) -> list[str]:
    return ["--log-level", log_level]


def _flag(name: str, value: object) -> list[str]:
    return [] if value is None else [name, str(value)]


def _worker_key(folder: Path) -> Path:
    """Return the key file of the workers here, made and granted the first time."""
    from visionmq.wire import keys

    path = folder / f"{_LOCAL_WORKER}.key"
    if not path.exists():
        server = keys.read_identity(folder / keys.BROKER_KEY).public
        identity = keys.make_identity(_LOCAL_WORKER, server)
        keys.write_identity(path, identity)
        keys.write_grant(folder, keys.Grant(_LOCAL_WORKER, identity.public, keys.Role.WORKER))
    return path


def _supervise(supervisor: "Supervisor", count: int, options: list[str]) -> None:
    from visionmq.client.cli.supervisor import Ended, Said, Stop

    names = [f"worker-{number}" for number in range(1, count + 1)]
    while True:
        match supervisor.next_event():
            case Said(name, event) if name == _BROKER and event.get("event") == "listening":
                _fix_endpoints(supervisor, event)
                for worker in names:
                    if worker not in supervisor.programs:
                        supervisor.start(worker, _worker_arguments(worker, event, options))
            case Said(name, event) if event.get("event") == "ready":
                _say(f"{name} is ready: {event.get('children')} children, {families(event.get('operations', []))}")
            case Ended(name, code):
                _say(f"{name}: exit code {code}")
                supervisor.restart_later(name)
            case Stop():
                break
    _say("finishing what runs; Ctrl-C again ends at once")
    # The broker first: it takes no more work and waits for answers, which the workers still give.
    supervisor.drain([_BROKER], seconds=_GRACE)
    supervisor.drain([name for name in names if name in supervisor.programs], seconds=_GRACE)


def _worker_arguments(name: str, event: dict[str, Any], options: list[str]) -> list[str]:
    return ["visionmq.worker", "--broker", event["workers"], "--name", f"{name}-{os.getpid()}", *options]


def _fix_endpoints(supervisor: "Supervisor", event: dict[str, Any]) -> None:
    """Print where the broker listens, and let its next start listen there too."""
    arguments = supervisor.programs[_BROKER].arguments
    for flag in ("clients", "workers"):
        arguments[arguments.index(f"--{flag}") + 1] = event[flag]
    print(f"clients: {event['clients']}", f"workers: {event['workers']}", sep="\n", flush=True)
    _say(f"try:  visionmq --broker {event['clients']} ping")


def families(operations: Sequence[str]) -> str:
    """Return operations by what stands before their dot: `face.* (11), system.* (2)`."""
    counts = Counter(operation.partition(".")[0] for operation in operations)
    return ", ".join(f"{name}.* ({count})" for name, count in sorted(counts.items()))
