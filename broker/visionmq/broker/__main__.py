"""`python -m visionmq.broker`: bind, say where, serve until told to end."""

import argparse
import gc
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import structlog
import zmq

from visionmq.broker.core import Broker
from visionmq.broker.settings import MEBIBYTE, Settings
from visionmq.broker.shell import Shell
from visionmq.broker.zap import Doorman, InsecureError, prove_closed
from visionmq.wire import VERSION, logs
from visionmq.wire.keys import BROKER_KEY, Identity, KeyFileError, KeyRing, read_identity
from visionmq.wire.sockets import CLIENT_ENDPOINT, WORKER_ENDPOINT, is_local, make_router

EXIT_USAGE = 2
EXIT_CANNOT_BIND = 3
EXIT_INSECURE = 4
_IO_THREADS = 2
_MAX_SOCKETS = 65_536
_SEND_LIMIT = 100_000
"""Messages that may wait for one peer; the core bounds their bytes."""

_EXAMPLES = """\
examples:
  visionmq broker                                      on this host only, without keys
  visionmq broker --clients 'tcp://127.0.0.1:*'        any free port; printed when bound
  visionmq broker --keys ~/.config/visionmq/keys --clients 'tcp://*:5760' --workers 'tcp://*:5761'
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="visionmq broker",
        description="Route requests from clients to workers.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    standard = Settings()
    add = parser.add_argument
    add("--clients", metavar="ENDPOINT", default=CLIENT_ENDPOINT, help="where to listen for clients (%(default)s)")
    add("--workers", metavar="ENDPOINT", default=WORKER_ENDPOINT, help="where to listen for workers (%(default)s)")
    add("--keys", metavar="DIR", type=Path, help="key folder (`visionmq keys init`); without it no keys are demanded")
    add("--insecure", action="store_true", help="listen beyond this host without keys: for closed networks only")
    add("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    add("--exit-with-parent", action="store_true", help="end when standard input is closed")
    add(
        "--max-waiting",
        metavar="N",
        type=int,
        default=standard.max_waiting,
        help="requests that may wait (%(default)s)",
    )
    add("--max-waiting-per-client", metavar="N", type=int, default=standard.max_waiting_per_client)
    add("--max-waiting-mb", metavar="MB", type=int, default=standard.max_waiting_bytes // MEBIBYTE)
    add(
        "--max-waiting-mb-per-client", metavar="MB", type=int, default=standard.max_waiting_bytes_per_client // MEBIBYTE
    )
    add("--heartbeat-ms", type=int, default=int(standard.heartbeat * 1000))
    add(
        "--liveness-ms",
        type=int,
        default=int(standard.worker_liveness * 1000),
        help="silence after which a worker is lost",
    )
    add("--client-liveness-ms", type=int, default=int(standard.client_liveness * 1000))
    add(
        "--absence-ms", type=int, default=int(standard.absence * 1000), help="how long requests wait for a first worker"
    )
    add("--version", action="version", version=f"visionmq {VERSION}")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        heartbeat=options.heartbeat_ms / 1000,
        worker_liveness=options.liveness_ms / 1000,
        client_liveness=options.client_liveness_ms / 1000,
        absence=options.absence_ms / 1000,
        max_waiting=options.max_waiting,
        max_waiting_per_client=options.max_waiting_per_client,
        max_waiting_bytes=options.max_waiting_mb * MEBIBYTE,
        max_waiting_bytes_per_client=options.max_waiting_mb_per_client * MEBIBYTE,
    )


def _complain(text: str, hint: str) -> None:
    print(f"error: {text}\nhint: {hint}", file=sys.stderr)


def _open_door(options: argparse.Namespace) -> tuple[Identity | None, KeyRing | None]:
    """Return the broker's identity and grants, if keys are demanded; raise KeyFileError if they must be."""
    if options.keys is None:
        public = [endpoint for endpoint in (options.clients, options.workers) if not is_local(endpoint)]
        if public and not options.insecure:
            raise KeyFileError(
                f"{public[0]} can be reached from other hosts, and no keys are demanded. "
                "Make keys with `visionmq keys init` and pass --keys, or listen on 127.0.0.1."
            )
        return None, None
    ring = KeyRing(options.keys)
    if not len(ring):
        raise KeyFileError(f"No keys in {ring.folder}. Add one with `visionmq keys new NAME --role client`.")
    return read_identity(options.keys / BROKER_KEY), ring


def _watch_parent(ended: threading.Event) -> None:
    """Set `ended` when standard input is closed."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        ended.set()

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _serve(options: argparse.Namespace, server: Identity | None, keys: KeyRing | None) -> int:
    log = structlog.get_logger()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context(io_threads=_IO_THREADS)
    context.set(zmq.MAX_SOCKETS, _MAX_SOCKETS)
    if keys is not None:
        Doorman(context, keys).start()
    clients = make_router(context, send_limit=_SEND_LIMIT, server=server)
    workers = make_router(context, send_limit=_SEND_LIMIT, server=server)
    try:
        for socket, endpoint in ((clients, options.clients), (workers, options.workers)):
            try:
                socket.bind(endpoint)
            except zmq.ZMQError as error:
                _complain(
                    f"cannot listen on {endpoint}: {error.strerror}", "`visionmq doctor` says who holds the port."
                )
                return EXIT_CANNOT_BIND
        bound = {name: _endpoint(socket) for name, socket in (("clients", clients), ("workers", workers))}
        if server is not None:
            for endpoint in bound.values():
                prove_closed(context, endpoint.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]"), server)  # noqa: S104
        _run(options, clients, workers, keys, bound)
        log.info("broker_ended")
    except InsecureError as error:
        _complain(str(error), "The broker refuses to serve; report this with your ZeroMQ version.")
        return EXIT_INSECURE
    finally:
        clients.close(linger=0)
        workers.close(linger=0)
        # Not destroy(): that would close the doorman's socket from this thread.
        context.term()
    return 0


def _endpoint(socket: Any) -> str:
    """Return where a socket listens; IPv4 addresses in their own notation."""
    endpoint: str = socket.get_string(zmq.LAST_ENDPOINT)
    head, mapped, rest = endpoint.partition("[::ffff:")
    return head + rest.replace("]", "", 1) if mapped else endpoint


def _run(options: argparse.Namespace, clients: Any, workers: Any, keys: KeyRing | None, bound: dict[str, str]) -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    if options.exit_with_parent:
        _watch_parent(ended)
    core = Broker(
        _settings(options),
        instance=secrets.token_hex(8),
        first_lease=secrets.randbits(52),
        now=time.monotonic(),
        secure=keys is not None,
    )
    shell = Shell(core, clients, workers, keys=keys, should_end=ended.is_set)
    try:
        logs.configure("broker", level=options.log_level, sink=lambda _level, line: core.log.append(line))
        ready = {"event": "listening", **bound, "pid": os.getpid(), "instance": core.instance}
        print(msgspec.json.encode(ready).decode(), flush=True)
        # A collection with 100,000 queued requests stops the loop for 0.1 s; the broker makes no cycles that last.
        gc.collect()
        gc.freeze()
        gc.disable()
        shell.run()
    finally:
        shell.close()


def main(arguments: list[str] | None = None) -> int:
    """Run the broker; return the exit status."""
    options = _parser().parse_args(arguments)
    logs.configure("broker", level=options.log_level)
    try:
        server, keys = _open_door(options)
    except KeyFileError as error:
        _complain(str(error), "docs/security.md explains keys.")
        return EXIT_USAGE
    return _serve(options, server, keys)


if __name__ == "__main__":
    sys.exit(main())
