"""The connection to one broker: whole messages in and out, never blocking."""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import zmq

from visionmq.schemas.codec import encode
from visionmq.schemas.messages import Credit, FromWorker, Heartbeat, Ready
from visionmq.wire.keys import Identity
from visionmq.wire.sockets import make_dealer

_NEWEST_COUNTS: Final = (Heartbeat, Credit, Ready)
_DONTWAIT: Final = int(zmq.DONTWAIT)
_SNDMORE: Final = int(zmq.SNDMORE)
_COPY_BELOW: Final = 65_536
_FLUSH_MS: Final = 1_000
"""How long the last answers and `bye` may take to leave, at the end only."""


class Link:
    """A DEALER and what it could not send yet."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", endpoint: str, identity: Identity | None) -> None:
        self._context, self._endpoint, self._identity = context, endpoint, identity
        self.socket = make_dealer(context, endpoint, identity)
        self._outbox: deque[tuple[FromWorker, Sequence[Any]]] = deque()

    @property
    def pending(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._outbox)

    def reconnect(self) -> None:
        """Connect anew; what was not sent is dropped with the old session."""
        self.socket.close(linger=0)
        self._outbox.clear()
        self.socket = make_dealer(self._context, self._endpoint, self._identity)

    def send(self, message: FromWorker, frames: Sequence[Any]) -> None:
        """Send, or keep until the broker can be reached; of some kinds only the newest is kept."""
        if not self._outbox and self._try(message, frames):
            return
        if isinstance(message, _NEWEST_COUNTS):
            self._outbox = deque(entry for entry in self._outbox if type(entry[0]) is not type(message))
        self._outbox.append((message, frames))

    def flush(self) -> None:
        """Send what waits, as far as it goes."""
        while self._outbox and self._try(*self._outbox[0]):
            self._outbox.popleft()

    def _try(self, message: FromWorker, frames: Sequence[Any]) -> bool:
        parts = [encode(message), *frames]
        try:
            for part in parts[:-1]:
                self.socket.send(part, _DONTWAIT | _SNDMORE, copy=len(part) < _COPY_BELOW)
            self.socket.send(parts[-1], _DONTWAIT, copy=len(parts[-1]) < _COPY_BELOW)
        except zmq.Again:
            return False
        return True

    def receive(self) -> list[zmq.Frame] | None:
        """Return the frames of the next message, uncopied; None if there is none."""
        try:
            frame = self.socket.recv(_DONTWAIT, copy=False)
        except zmq.Again:
            return None
        frames = [frame]
        while frame.more:
            frame = self.socket.recv(_DONTWAIT, copy=False)
            frames.append(frame)
        return frames

    def close(self) -> None:
        """Close; what is on its way may still leave for a moment."""
        self.flush()
        self.socket.close(linger=_FLUSH_MS)
