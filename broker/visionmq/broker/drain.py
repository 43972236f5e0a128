"""The end of a broker: nothing new is accepted, what is open gets some time, then the process ends."""

from visionmq.broker.outbox import Outbox
from visionmq.broker.requests import Requests
from visionmq.schemas.errors import ErrorCode


class Drain:
    """Whether the broker is draining, and until when what is open may still end by itself."""

    def __init__(self, seconds: float, requests: Requests, outbox: Outbox) -> None:
        self.begun = False
        self._seconds = seconds
        self._until = 0.0
        self._requests = requests
        self._outbox = outbox

    def begin(self, now: float) -> None:
        """Start to drain, if that has not begun."""
        if not self.begun:
            self.begun = True
            self._until = now + self._seconds
            self._outbox.log("info", "broker_draining", open=len(self._requests.open))

    def advance(self, now: float) -> None:
        """End when nothing is open; what is still open after the time for draining fails first."""
        if not self.begun:
            return
        if not self._requests.open:
            self._outbox.end()
        elif now >= self._until:
            # The end comes a tick later, so that these replies still leave the socket.
            left = list(self._requests.open.values())
            self._requests.abandon_all(left, ErrorCode.SHUTTING_DOWN, "this broker ends now", now)
