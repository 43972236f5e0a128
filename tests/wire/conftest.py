"""A real broker on free loopback ports, owned by the test, and peers that speak frame by frame."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from visionmq.schemas import messages as m
from visionmq.schemas.codec import decode_to_client, decode_to_worker, encode
from visionmq.wire.keys import Grant, Identity, Role, make_identity, write_grant, write_identity
from visionmq.wire.sockets import make_dealer

WAIT_MS = 10_000


class Peer:
    """One DEALER; `say` sends, `hear` waits for a message of a kind."""

    def __init__(self, context: Any, endpoint: str, identity: Identity | None, decode: Callable[[bytes], Any]) -> None:
        self.socket = make_dealer(context, endpoint, identity)
        self.socket.setsockopt(zmq.SNDTIMEO, WAIT_MS)
        self._decode = decode

    def say(self, message: m.Message, *frames: bytes) -> None:
        """Send a message of the protocol."""
        self.send(encode(message), *frames)

    def send(self, *frames: bytes) -> None:
        """Send anything."""
        self.socket.send_multipart(frames)

    def hear(self, *kinds: type[m.Message], wait_ms: int = WAIT_MS) -> tuple[Any, list[bytes]]:
        """Return the next message of these kinds (any if none is named) and its frames; others are dropped."""
        while True:
            assert self.socket.poll(wait_ms), f"no {kinds} came"
            head, *frames = self.socket.recv_multipart()
            message = self._decode(head)
            if not kinds or isinstance(message, kinds):
                return message, frames

    def is_silent(self, wait_ms: int) -> bool:
        """Whether nothing comes in this time."""
        return not self.socket.poll(wait_ms)


class Door:
    """A running broker."""

    def __init__(self, process: "subprocess.Popen[bytes]", context: Any, server: Identity | None) -> None:
        assert process.stdout is not None
        self.process = process
        self.said = json.loads(process.stdout.readline())
        self._context = context
        self._server = server
        self._peers: list[Peer] = []
        self._asked = 0

    def client(self, identity: Identity | None = None) -> Peer:
        """Connect to the clients' port."""
        return self._peer(self.said["clients"], identity, decode_to_client)

    def worker(self, identity: Identity | None = None) -> Peer:
        """Connect to the workers' port."""
        return self._peer(self.said["workers"], identity, decode_to_worker)

    def echo_worker(self, identity: Identity | None = None) -> Peer:
        """Connect a worker and announce `system.echo`."""
        worker = self.worker(identity)
        worker.say(m.Ready(v=1, name="echo", incarnation="x", ops=["system.echo"], credit=4))
        worker.hear(m.Welcome)
        return worker

    def serves(self, client: Peer, worker: Peer) -> bool:
        """Whether this client's next request is answered by this worker."""
        self._asked += 1
        name = f"served-{self._asked}"
        client.say(m.Request(v=1, id=name, op="system.echo", left_ms=10_000, images=1), b"{}", b"picture")
        while True:
            run, frames = worker.hear(m.Run)
            worker.say(m.Answer(lease=run.lease, state=m.State.DONE, images=run.images), *frames)
            if run.id == name:
                break
        while True:
            reply, frames = client.hear(m.Reply)
            if reply.id == name:
                return reply.state is m.State.DONE and frames == [b"{}", b"picture"]

    def _peer(self, endpoint: str, identity: Identity | None, decode: Callable[[bytes], Any]) -> Peer:
        peer = Peer(self._context, endpoint, identity, decode)
        self._peers.append(peer)
        return peer

    def close(self) -> None:
        """Close the peers, then the broker by closing its standard input."""
        for peer in self._peers:
            peer.socket.close(linger=0)
        _end(self.process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def start_broker(*arguments: str) -> "subprocess.Popen[bytes]":
    """Start a broker on free ports that ends with its standard input."""
    command = [sys.executable, "-m", "visionmq.broker", "--exit-with-parent", "--log-level", "error"]
    ports = ["--clients", "tcp://127.0.0.1:*", "--workers", "tcp://127.0.0.1:*"]
    return subprocess.Popen([*command, *ports, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.fixture(scope="module")
def context() -> Iterator[Any]:
    """One ZeroMQ context a module."""
    made: Any = zmq.Context()
    yield made
    made.destroy(linger=0)


@pytest.fixture(scope="module")
def door(context: Any) -> Iterator[Door]:
    """A broker without keys, one a module."""
    made = Door(start_broker("--client-liveness-ms", "600000", "--liveness-ms", "600000"), context, None)
    yield made
    made.close()


class KeyFolder:
    """A folder of keys as `visionmq keys` makes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = make_identity("broker")
        write_identity(folder / "broker.key", self.server)

    def new(self, name: str, role: Role, **rights: Any) -> Identity:
        """Make a key and authorise it."""
        identity = make_identity(name, self.server.public)
        write_grant(self.folder, Grant(name=name, public=identity.public, role=role, **rights))
        return identity

    def revoke(self, name: str) -> None:
        """Take a key back."""
        (self.folder / "authorized" / f"{name}.json").unlink()


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    """A fresh key folder with the broker's own key."""
    return KeyFolder(tmp_path / "keys")


@pytest.fixture
def locked(context: Any, keys: KeyFolder) -> Iterator[Door]:
    """A broker that demands keys; `ann`, `bob`, `wim` and `root` have one."""
    for name, role in (("ann", Role.CLIENT), ("bob", Role.CLIENT), ("wim", Role.WORKER), ("root", Role.ADMIN)):
        write_identity(keys.folder / f"{name}.key", keys.new(name, role))
    made = Door(start_broker("--keys", str(keys.folder)), context, keys.server)
    yield made
    made.close()
