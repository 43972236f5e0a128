"""The broker's sockets: receive, decode, `handle`, send. One thread; no decision is made here.

The loop is written for speed: the Cython base of pyzmq's socket without its sugar, the `more`
bit of a frame instead of a socket option, frames passed on without a copy, a poll only when
both sockets are empty. The garbage collector is off (docs/adr/0003).
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
import zmq
from zmq.backend import Socket as RawSocket
from zmq.backend import zmq_poll
from zmq.utils.monitor import parse_monitor_message

from visionmq.broker.core import Broker
from visionmq.broker.events import (
    END,
    LOG,
    TO_CLIENT,
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
from visionmq.schemas import messages as m
from visionmq.schemas.codec import ProtocolError, decode_from_client, decode_from_worker, salvage
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_IMAGES, PROTOCOL_VERSION
from visionmq.wire.keys import Grant, KeyRing

_DONTWAIT: Final = int(zmq.DONTWAIT)
_DONTWAIT_SNDMORE: Final = int(zmq.DONTWAIT | zmq.SNDMORE)
_BATCH: Final = 64
"""Messages taken from one socket before the other gets its turn."""
_TICK_SECONDS: Final = 0.05
_TICK_MS: Final = 50
_MAX_FRAMES: Final = MAX_IMAGES + 2
_Frames = Sequence[Any]


class Shell:
    """Owns the two ROUTERs and drives a core with them until it says END."""

    def __init__(
        self,
        core: Broker,
        clients: "zmq.Socket[bytes]",
        workers: "zmq.Socket[bytes]",
        *,
        keys: KeyRing | None = None,
        should_end: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take over bound sockets; `should_end` is asked once a tick."""
        self._core = core
        self._clients = clients
        self._workers = workers
        self._keys = keys
        self._should_end = should_end
        self._log = structlog.get_logger()
        self._running = True
        self._failures: list[Event] = []
        self._undelivered: dict[bytes, list[bytes]] = {}
        self._send = (RawSocket.send.__get__(clients), RawSocket.send.__get__(workers))
        self._receive_client = RawSocket.recv.__get__(clients)
        self._receive_worker = RawSocket.recv.__get__(workers)
        self._monitor = workers.get_monitor_socket(zmq.EVENT_DISCONNECTED)

    def run(self) -> None:
        """Serve until the core ends."""
        clock = time.monotonic
        next_tick = clock()
        watched = [(self._clients, int(zmq.POLLIN)), (self._workers, int(zmq.POLLIN))]
        while self._running:
            for socket, _ in zmq_poll(watched, _TICK_MS):
                if socket is self._workers:
                    self._drain(self._receive_worker, self._read_worker)
                else:
                    self._drain(self._receive_client, self._read_client)
            now = clock()
            if now >= next_tick:
                next_tick = now + _TICK_SECONDS
                self._tick(now)

    def close(self) -> None:
        """Close the monitor; the sockets are the caller's."""
        self._workers.disable_monitor()
        self._monitor.close(linger=0)

    def _tick(self, now: float) -> None:
        if self._keys is not None and self._keys.refresh():
            self._log.info("keys_read", keys=len(self._keys), problems=self._keys.problems)
        if self._disconnections():
            self._do(Probe(), now)
        if self._should_end():
            self._do(DrainRequested(), now)
        self._do(Tick(), now)

    def _disconnections(self) -> bool:
        found = False
        with contextlib.suppress(zmq.Again):
            while True:
                parse_monitor_message(self._monitor.recv_multipart(zmq.DONTWAIT))
                found = True
        return found

    # ---- receiving ------------------------------------------------------------------------

    def _drain(self, receive: Callable[..., Any], read: Callable[[bytes, Any, list[Any]], Event]) -> None:
        """Take what waits in one socket, handle it, then send all that came of it.

        Sending in one go wakes libzmq's sender once a batch, not once a message.
        """
        handle, now = self._core.handle, time.monotonic()
        actions: list[Action] = []
        for _ in range(_BATCH):
            try:
                peer = receive(_DONTWAIT)
            except zmq.Again:
                break
            head = receive(_DONTWAIT, False)
            event = read(peer, head, _rest(receive) if head.more else [])
            try:
                actions += handle(event, now)
            except Exception:  # one message must not end the service of all others
                self._log.exception("core_failed", message=type(event).__name__)
        self._perform(actions, now)

    def _read_client(self, peer: bytes, head: Any, frames: list[Any]) -> Event:
        try:
            message = decode_from_client(head.buffer)
        except ProtocolError as error:
            return _malformed(True, peer, error, head)
        if frames and type(message) is not m.Request:
            return _surplus(True, peer)
        return ClientSent(peer, message, frames, self._grant(head) if self._keys is not None else None)

    def _read_worker(self, peer: bytes, head: Any, frames: list[Any]) -> Event:
        try:
            message = decode_from_worker(head.buffer)
        except ProtocolError as error:
            return _malformed(False, peer, error, head)
        return WorkerSent(peer, message, frames, self._grant(head) if self._keys is not None else None)

    def _grant(self, head: "zmq.Frame") -> Grant | None:
        """Return the grant of the key that this very message came under."""
        try:
            public = head.get("User-Id")
        except zmq.ZMQError:
            return None
        return self._keys.grant(str(public)) if self._keys is not None else None

    # ---- doing ----------------------------------------------------------------------------

    def _do(self, event: Event, now: float) -> None:
        self._perform(self._core.handle(event, now), now)

    def _perform(self, actions: list[Action], now: float) -> None:
        self._perform_once(actions)
        if self._failures or self._undelivered:
            self._report_failures(now)

    def _perform_once(self, actions: list[Action]) -> None:
        for kind, target, content in actions:
            if kind <= 1:
                send = self._send[kind]
                try:
                    # Only the first frame can fail: once libzmq has taken it, the rest of the message follows.
                    send(target, _DONTWAIT_SNDMORE)
                    for frame in content[:-1]:
                        send(frame, _DONTWAIT_SNDMORE, type(frame) is bytes)
                    frame = content[-1]
                    send(frame, _DONTWAIT, type(frame) is bytes)
                except zmq.ZMQError as error:
                    if kind == TO_CLIENT:
                        failure = ClientStalled if error.errno == zmq.EAGAIN else ClientUnreachable
                        self._failures.append(failure(target, content))
                    else:
                        self._undelivered.setdefault(target, []).append(content[0])
            elif kind == LOG:
                level, name = target
                getattr(self._log, level)(name, **content)
            elif kind == END:
                self._running = False

    def _report_failures(self, now: float) -> None:
        """Tell the core what could not be sent; in a loop, not in recursion: all workers may be gone."""
        while self._failures or self._undelivered:
            failures, self._failures = self._failures, []
            if self._undelivered:
                failures.append(WorkersUnreachable(self._undelivered))
                self._undelivered = {}
            for event in failures:
                self._perform_once(self._core.handle(event, now))


def _rest(receive: Callable[..., Any]) -> list[Any]:
    """Return the frames after the envelope; those past the limit are read and dropped."""
    frame = receive(_DONTWAIT, False)
    frames = [frame]
    while frame.more:
        frame = receive(_DONTWAIT, False)
        if len(frames) < _MAX_FRAMES:
            frames.append(frame)
    return frames


def _malformed(from_client: bool, peer: bytes, error: ProtocolError, head: Any) -> Malformed:
    request_id, version = salvage(head.buffer) if from_client else (None, None)
    if version is not None and version != PROTOCOL_VERSION:
        return Malformed(
            from_client, peer, ErrorCode.UNSUPPORTED_VERSION, f"version {version} is not spoken", request_id
        )
    return Malformed(from_client, peer, error.code, str(error), request_id)


def _surplus(from_client: bool, peer: bytes) -> Malformed:
    return Malformed(from_client, peer, ErrorCode.BAD_REQUEST, "this message is one frame; more came", None)
