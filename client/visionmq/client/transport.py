"""The shell around the session: one thread that owns the socket and the clock.

Other threads only append to a queue and wake this one; no socket is ever shared.
"""

import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import structlog
import zmq

from visionmq.client import errors
from visionmq.client.actions import Action, Connect, Fail, Finish, Send, Update
from visionmq.client.connection import CONNECT_SECONDS
from visionmq.client.future import Future
from visionmq.client.link import Link
from visionmq.client.pending import Pending
from visionmq.client.replies import make_progress, make_reply
from visionmq.client.session import Session
from visionmq.schemas.codec import Buffer, ProtocolError, decode_to_client
from visionmq.schemas.messages import Reply
from visionmq.wire import AGENT
from visionmq.wire.keys import Identity

_TURN: Final = 256
"""Messages taken in one turn, so that heartbeats and submissions are not starved."""
_GOODBYE_MS: Final = 100
"""How long closing may wait for `bye` to leave; the one bounded exception to LINGER 0."""
_LONGEST_POLL: Final = 5.0

Command: TypeAlias = Callable[[float], list[Action]]
_log = structlog.get_logger()


class Transport:
    """A running conversation with the service; thread-safe."""

    _link: Link
    """Made by the client's thread, which alone touches it."""

    def __init__(
        self, endpoints: Sequence[str], identity: Identity | None = None, *, connect_seconds: float = CONNECT_SECONDS
    ) -> None:
        self.session = Session(endpoints, agent=AGENT, connect_seconds=connect_seconds)
        self.malformed = 0
        self._identity = identity
        self._futures: dict[str, tuple[Future[Any], float]] = {}
        self._commands: deque[Command] = deque()
        self._lock = threading.Lock()
        self._closing: errors.VisionMQError | None = None
        self._pid = os.getpid()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="visionmq-client", daemon=True)
        self._thread.start()

    # ---- from any thread -----------------------------------------------------------------

    def submit(self, request: Pending, future: Future[Any]) -> None:
        """Hand a request over; the future resolves on the client's thread.

        Raises ClosedError after `close`, and in a process forked from the client's.
        """
        future.thread = self._thread
        with self._lock:
            if self._closing is not None:
                raise self._closing
            if os.getpid() != self._pid:
                raise errors.ClosedError("This client belongs to the parent process.", hint="Make a new one here.")
            self._futures[request.id] = (future, time.monotonic())
            self._post(lambda now: self.session.submit(request, now))

    def withdraw(self, request_id: str) -> None:
        """Forget a request here and on the server."""
        with self._lock:
            self._futures.pop(request_id, None)
            if self._closing is None:
                self._post(lambda now: self.session.cancel(request_id, now))

    def close(self, error: errors.VisionMQError | None = None) -> None:
        """Say goodbye, end open requests with ClosedError, and wait for the thread; may be called twice."""
        with self._lock:
            first = self._closing is None
            self._closing = self._closing or error or errors.ClosedError("The client is closed.")
            if first:
                self._wake()
        if threading.current_thread() is not self._thread and os.getpid() == self._pid:
            self._thread.join()

    def _post(self, command: Command) -> None:
        self._commands.append(command)
        if len(self._commands) == 1:
            self._wake()

    def _wake(self) -> None:
        try:
            self._wake_in.send(b"\0")
        except BlockingIOError:
            pass  # enough wake-ups wait already
        except OSError:
            pass  # the thread has ended

    # ---- on the client's thread ----------------------------------------------------------

    def _run(self) -> None:
        self._link = Link(self._identity)
        error: errors.VisionMQError | None = None
        try:
            self._perform(self.session.start(time.monotonic()))
            while self._closing is None:
                self._turn()
            self._obey()
        except Exception as mistake:
            _log.exception("client_thread_failed")
            error = errors.Internal(f"The client's thread has failed: {mistake!r}", stage="client")
        finally:
            self._end(error)

    def _end(self, error: errors.VisionMQError | None) -> None:
        with self._lock:
            self._closing = self._closing or error or errors.ClosedError("The client is closed.")
        self._perform(self.session.close(error or self._closing))
        for request_id in list(self._futures):
            self._settle(request_id, error or self._closing)
        self._link.close(linger=_GOODBYE_MS if self.session.connection.welcome else 0)
        self._wake_in.close()
        self._wake_out.close()

    def _turn(self) -> None:
        dealer = self._link.socket
        assert dealer is not None
        wait = max(0.0, min(self.session.wakeup() - time.monotonic(), _LONGEST_POLL))
        flags = zmq.POLLIN | zmq.POLLOUT if self._link.pending else zmq.POLLIN
        watched: list[tuple[Any, int]] = [(dealer, flags), (self._wake_out.fileno(), zmq.POLLIN)]
        for source, _event in zmq.zmq_poll(watched, int(wait * 1000) + 1):
            if source is not dealer:
                self._wake_out.recv(4096)
        # What has arrived is taken before the clock is asked: a process that was stopped for a
        # while must not take a talking broker for silent.
        self._receive()
        self._obey()
        now = time.monotonic()
        if now >= self.session.wakeup():
            self._perform(self.session.tick(now))
        if self._link.pending:
            self._link.flush(lambda request: self.session.refreshed(request, time.monotonic()))

    def _obey(self) -> None:
        while self._commands:
            command = self._commands.popleft()
            self._perform(command(time.monotonic()))

    def _receive(self) -> None:
        for _ in range(_TURN):
            frames = self._link.receive()
            if not frames:
                return
            try:
                message = decode_to_client(frames[0])
                if len(frames) != (2 + message.images if isinstance(message, Reply) else 1):
                    raise ValueError
            except (ProtocolError, ValueError):
                self.malformed += 1
                continue
            body: Buffer = frames[1] if len(frames) > 1 else b""
            self._perform(self.session.received(message, body, frames[2:], time.monotonic()))

    def _perform(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Send():
                    self._link.send(action)
                case Finish():
                    self._finish(action)
                case Fail():
                    self._settle(action.id, action.error)
                case Update():
                    self._update(action)
                case Connect():
                    self._link.connect(action.endpoint)

    def _finish(self, action: Finish) -> None:
        entry = self._futures.get(action.id)
        if entry is None:
            return
        future, since = entry
        total_ms = (time.monotonic() - since) * 1000
        try:
            reply = make_reply(future.operation, action.id, action.reply, action.body, action.images, total_ms=total_ms)
        except errors.VisionMQError as error:
            self._settle(action.id, error)
        else:
            self._settle(action.id, reply)

    def _settle(self, request_id: str, outcome: Any) -> None:
        with self._lock:
            entry = self._futures.pop(request_id, None)
        if entry is not None:
            entry[0].settle(outcome)

    def _update(self, action: Update) -> None:
        entry = self._futures.get(action.id)
        progress = make_progress(action.id, action.reply, action.body, action.images)
        if entry is not None and progress is not None:
            entry[0].report(progress)
