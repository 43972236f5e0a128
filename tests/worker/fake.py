"""A broker that does what a test says, and a worker process to go with it."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import zmq

from visionmq.schemas.codec import decode_from_worker, encode
from visionmq.schemas.messages import Answer, FromWorker, Heartbeat, Log, Progress, Ready, Run, ToWorker, Welcome, Who
from visionmq.wire.sockets import make_router

ROOT = Path(__file__).parents[2]
FAULTS = "tests.faults.engine:FaultEngine"
PATIENCE = 20.0


class FakeBroker:
    """Speaks the worker's side of the protocol for one worker, one message at a time."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", instance: str = "one", port: int = 0) -> None:
        self.socket = make_router(context, send_limit=1000)
        self._bind(port)
        port = self.socket.getsockopt_string(zmq.LAST_ENDPOINT).rpartition(":")[2]
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self.instance = instance
        self.peer = b""
        self.ready: Ready | None = None
        self.stranger = False
        """Whether to ask who it is that does not begin with `ready`."""
        self.strays: list[FromWorker] = []
        self.answers: dict[int, tuple[Answer, Any, list[bytes]]] = {}
        self.seen: list[tuple[float, FromWorker]] = []
        self._lease = 0

    def _bind(self, port: int) -> None:
        """Bind; libzmq frees the port of a closed socket only a moment later."""
        end = time.monotonic() + 10
        while True:
            try:
                self.socket.bind(f"tcp://127.0.0.1:{port or '*'}")
                return
            except zmq.ZMQError:
                if time.monotonic() > end:
                    self.socket.close()
                    raise
                threading.Event().wait(0.01)

    def send(self, message: ToWorker, frames: Sequence[bytes] = ()) -> None:
        self.socket.send_multipart([self.peer, encode(message), *frames])

    def hear(self, seconds: float) -> FromWorker | None:
        """Take one message, answer it if the protocol wants that, and return it."""
        if not self.socket.poll(max(0, int(seconds * 1000))):
            return None
        peer, head, *frames = self.socket.recv_multipart()
        message = decode_from_worker(head)
        self.seen.append((time.monotonic(), message))
        self.peer = peer
        if self.stranger and self.ready is None and not isinstance(message, Ready):
            self.strays.append(message)
            self.send(Who())
        elif isinstance(message, Ready):
            self.ready = message
            self.send(Welcome(1, self.instance, "fake/1", 200, 2000))
        elif isinstance(message, Heartbeat):
            self.send(Heartbeat(instance=self.instance))
        elif isinstance(message, Answer):
            assert len(frames) == message.images + 1
            assert message.lease not in self.answers, "a lease was answered twice"
            self.answers[message.lease] = (message, json.loads(frames[0]), frames[1:])
        elif isinstance(message, Progress):
            self.last_progress = json.loads(frames[0])
        return message

    def until(self, kind: type[FromWorker], seconds: float = PATIENCE) -> FromWorker:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self.hear(left)
            if isinstance(message, kind):
                return message
        raise AssertionError(f"no {kind.__name__} within {seconds} s")

    def run(self, op: str, params: dict[str, Any] | None = None, images: Sequence[bytes] = (), **fields: Any) -> int:
        """Send a job out; return its lease."""
        self._lease += 1
        left = fields.pop("left_ms", 20_000)
        run = Run(self._lease, f"request-{self._lease}", op, left, images=len(images), **fields)
        self.send(run, [json.dumps(params or {}).encode(), *images])
        return self._lease

    def result(self, lease: int, seconds: float = PATIENCE) -> tuple[Answer, Any, list[bytes]]:
        end = time.monotonic() + seconds
        while lease not in self.answers:
            left = end - time.monotonic()
            assert left > 0, f"lease {lease} was not answered within {seconds} s"
            self.hear(left)
        return self.answers[lease]

    def beats(self) -> list[float]:
        return [at for at, message in self.seen if isinstance(message, Heartbeat)]

    def logs(self) -> str:
        return "\n".join(line for _, message in self.seen if isinstance(message, Log) for line in message.lines)

    def close(self) -> None:
        self.socket.close()


@contextlib.contextmanager
def worker(*endpoints: str, engine: str = FAULTS, arguments: Sequence[str] = ()) -> Iterator[subprocess.Popen[str]]:
    """A worker process that is gone afterwards."""
    command = [sys.executable, "-m", "visionmq.worker", "--engine", engine, "--exit-with-parent"]
    for endpoint in endpoints:
        command += ["--broker", endpoint]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()
