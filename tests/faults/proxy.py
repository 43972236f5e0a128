"""A TCP proxy whose network can be cut: bytes stop, connections stay, as in a partition."""

import selectors
import socket
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

_CHUNK = 1 << 16
_MOST_HELD = 1 << 20
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER's on, for no seconds: closing sends a reset."""


@dataclass(eq=False)
class _Flow:
    """One direction of one connection."""

    source: socket.socket
    sink: socket.socket
    upward: bool
    held: bytearray = field(default_factory=bytearray)
    resets: bool = False


class Proxy:
    """Forwards one port to another until it is cut; what came meanwhile arrives after the heal."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._cut: frozenset[bool] = frozenset()
        self._flows: list[_Flow] = []
        self._wake_in, self._wake_out = socket.socketpair()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def cut(self, *, up: bool = True, down: bool = True) -> None:
        """Stop bytes towards the broker (`up`), towards the worker (`down`), or both."""
        self._cut = frozenset(way for way, wanted in ((True, up), (False, down)) if wanted)
        self._wake_in.send(b"\0")

    def heal(self) -> None:
        """Let all bytes pass again."""
        self._cut = frozenset()
        self._wake_in.send(b"\0")

    def reset(self) -> None:
        """Answer the next bytes of every connection that is now open with a reset."""
        for flow in self._flows:
            flow.resets = flow.upward

    def close(self) -> None:
        """Close all connections."""
        self._closing = True
        self._wake_in.send(b"\0")
        self._thread.join()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing:
            with selectors.DefaultSelector() as selector:
                selector.register(self._listener, selectors.EVENT_READ)
                selector.register(self._wake_out, selectors.EVENT_READ)
                wanted: dict[socket.socket, int] = {}
                for flow in self._flows:
                    if flow.upward in self._cut:
                        continue
                    if len(flow.held) < _MOST_HELD:
                        wanted[flow.source] = wanted.get(flow.source, 0) | selectors.EVENT_READ
                    if flow.held:
                        wanted[flow.sink] = wanted.get(flow.sink, 0) | selectors.EVENT_WRITE
                for sock, events in wanted.items():
                    selector.register(sock, events)
                ready = {key.fileobj: events for key, events in selector.select()}
            self._turn(ready)
        for flow in self._flows:
            flow.source.close()
        for sock in (self._listener, self._wake_in, self._wake_out):
            sock.close()

    def _turn(self, ready: Mapping[Any, int]) -> None:
        if self._wake_out in ready:
            self._wake_out.recv(64)
        for flow in list(self._flows):
            if flow not in self._flows or flow.upward in self._cut:
                continue
            try:
                if ready.get(flow.source, 0) & selectors.EVENT_READ:
                    data = flow.source.recv(_CHUNK)
                    if flow.resets:
                        flow.source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                    if flow.resets or not data:
                        raise ConnectionError
                    flow.held += data
                if flow.held:
                    sent = flow.sink.send(flow.held)
                    del flow.held[:sent]
            except BlockingIOError:
                continue
            except OSError:
                self._drop(flow)
        if self._listener in ready:
            self._accept()

    def _accept(self) -> None:
        below, _ = self._listener.accept()
        try:
            above = socket.create_connection(self._target, timeout=1.0)
        except OSError:
            below.close()
            return
        for sock in (below, above):
            sock.setblocking(False)
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._flows += [_Flow(below, above, True), _Flow(above, below, False)]

    def _drop(self, flow: _Flow) -> None:
        pair = {flow.source, flow.sink}
        self._flows = [other for other in self._flows if other.source not in pair]
        for sock in pair:
            sock.close()
