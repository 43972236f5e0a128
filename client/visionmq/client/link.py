"""The socket to the broker: whole messages in and out, never blocking."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import zmq

from visionmq.client.actions import Send
from visionmq.schemas.codec import Buffer, encode
from visionmq.schemas.messages import HAS_BODY, Request
from visionmq.wire.keys import Identity
from visionmq.wire.sockets import make_dealer


class Link:
    """A DEALER, a new one for each connection, and what it could not send yet; belongs to one thread."""

    def __init__(self, identity: Identity | None) -> None:
        self.socket: zmq.Socket[bytes] | None = None
        """None before the first `connect`."""
        self._identity = identity
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._outbox: deque[Send] = deque()
        """Encoded when it goes, so that no stale time left does."""

    @property
    def pending(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._outbox)

    def connect(self, endpoint: str) -> None:
        """Drop the connection, with what waits to be sent on it, and open one to this endpoint."""
        if self.socket is not None:
            self.socket.close(linger=0)
        self._outbox.clear()
        self.socket = make_dealer(self._context, endpoint, self._identity)

    def send(self, action: Send) -> None:
        """Send one message, or keep it until the connection takes more."""
        if self._outbox or not self._sent(action):
            self._outbox.append(action)

    def flush(self, refreshed: Callable[[Request], Request | None]) -> None:
        """Send what waits, as far as it goes; each request as `refreshed` gives it, not at all where that is None."""
        while self._outbox:
            action = self._outbox[0]
            if isinstance(action.message, Request):
                fresh = refreshed(action.message)
                if fresh is None:
                    self._outbox.popleft()
                    continue
                action = replace(action, message=fresh)
            if not self._sent(action):
                return
            self._outbox.popleft()

    def _sent(self, action: Send) -> bool:
        """Send one message; False if the connection takes nothing now."""
        assert self.socket is not None
        frames: list[Buffer] = [encode(action.message)]
        if isinstance(action.message, HAS_BODY):
            frames += [action.body or b"", *action.images]
        try:
            # Frames above pyzmq's threshold (64 KiB) are not copied; the request keeps them.
            self.socket.send_multipart(frames, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        return True

    def receive(self) -> list[Buffer]:
        """Return the frames of the next message, without copying pictures; empty if none waits."""
        assert self.socket is not None
        try:
            frames: list[Buffer] = [self.socket.recv(zmq.NOBLOCK)]
        except zmq.Again:
            return []
        while self.socket.getsockopt(zmq.RCVMORE):
            frames.append(self.socket.recv() if len(frames) == 1 else self.socket.recv(copy=False).buffer)
        return frames

    def close(self, linger: int) -> None:
        """Close; what is on its way may still leave for so many milliseconds."""
        if self.socket is not None:
            self.socket.close(linger=linger)
        self._context.term()
