"""One connection at a time out of a list of endpoints: which is tried, whether it was welcomed, whether it still talks.

Pure bookkeeping for the session, which sends what is to be sent: no socket, no clock.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from visionmq.client.errors import Unreachable
from visionmq.schemas.messages import Welcome

CONNECT_SECONDS: Final = 0.8
"""Until a first welcome; so that "nobody is listening" is said within a second."""
_LONGEST_ATTEMPT: Final = 5.0
_SLOWEST_LINK: Final = 2e6
"""Bytes a second: pictures under way excuse this much silence, for answers queue behind them."""
_LONGEST_EXCUSE: Final = 30.0
_NEVER: Final = float("inf")


class Connection:
    """The present connection; before the first `attempt`, after `give_up` and after `close` there is none."""

    def __init__(self, endpoints: Sequence[str], connect_seconds: float) -> None:
        assert endpoints
        self.endpoints = list(endpoints)
        self.welcome: Welcome | None = None
        """The broker's last welcome; None before the first one ever."""
        self.is_open = False
        """Whether the broker has welcomed this connection."""
        self.heard_at = 0.0
        self.sent_bytes = 0
        """Of requests, on this connection; the session counts them."""
        self._confirmed_bytes = 0
        self._marks: deque[int] = deque()
        """How much was sent before each heartbeat that has no answer yet."""
        self._connect_seconds = connect_seconds
        self._index = 0
        self._attempts = 0
        self._attempt_until = _NEVER
        self._next_heartbeat = _NEVER
        self._instance: str | None = None

    @property
    def endpoint(self) -> str:
        """The endpoint in use or being tried."""
        return self.endpoints[self._index]

    def wakeup(self) -> float:
        """Return when one of the questions below has another answer, if nothing is heard before."""
        return min(self._next_heartbeat, self._silent_at()) if self.is_open else self._attempt_until

    # ---- attempts ------------------------------------------------------------------------

    @property
    def gave_up(self) -> bool:
        """Whether a connection that is not open is no more waited for."""
        return self._attempt_until == _NEVER

    def attempt(self, now: float) -> None:
        """Note that a connection to the present endpoint is opened."""
        self.is_open = False
        self._attempts += 1
        self._attempt_until = now + self._patience()
        self.sent_bytes = self._confirmed_bytes = 0
        self._marks.clear()

    def turn(self, *, anew: bool = False) -> None:
        """Choose the next endpoint; `anew` forgets how often all were tried."""
        self._index = (self._index + 1) % len(self.endpoints)
        if anew:
            self._attempts = 0

    def _patience(self) -> float:
        if self.welcome is None:
            return self._connect_seconds / len(self.endpoints)
        rounds = (self._attempts - 1) // len(self.endpoints)
        return min(_LONGEST_ATTEMPT, self._connect_seconds * 2.0 ** min(rounds, 8))

    def has_failed(self, now: float) -> bool:
        """Whether the attempt has had no welcome in time."""
        return not self.is_open and now >= self._attempt_until

    @property
    def is_hopeless(self) -> bool:
        """Whether nobody has ever answered, and every endpoint was tried."""
        return self.welcome is None and self._attempts >= len(self.endpoints)

    def give_up(self) -> None:
        """Note that no more is tried; the last connection stays, and its `hello` goes out if somebody appears."""
        self._attempt_until = _NEVER

    def close(self) -> None:
        """Note the end of the conversation."""
        self.is_open, self._attempt_until = False, _NEVER

    def unreachable(self, request_id: str) -> Unreachable:
        """Return the error of a request that met nobody."""
        tried = ", ".join(self.endpoints)
        return Unreachable(
            f"Nobody answered within {self._connect_seconds:g} s at {tried}.",
            hint="Start a broker with `visionmq broker`, or set VISIONMQ_BROKER or the endpoint to where one "
            "listens; a broker that demands keys is silent to unknown ones (VISIONMQ_KEY).",
            request_id=request_id,
            retryable=True,
            stage="client",
        )

    # ---- the broker at the other end -----------------------------------------------------

    def greet(self, welcome: Welcome, now: float) -> bool:
        """Note a welcome; return whether it is this connection's first."""
        fresh = not self.is_open
        self.welcome, self.is_open, self._attempts = welcome, True, 0
        self._attempt_until = _NEVER
        if fresh:
            self._next_heartbeat = now + welcome.heartbeat_ms / 1000
        return fresh

    def meet(self, instance: str) -> bool:
        """Note the broker's instance; return whether it is another one than before."""
        changed = self._instance is not None and self._instance != instance
        self._instance = instance
        return changed

    def confirm(self) -> None:
        """Note an answer to the oldest heartbeat: what was sent before it has arrived."""
        if self._marks:
            self._confirmed_bytes = self._marks.popleft()

    def beat_due(self, now: float) -> bool:
        """Whether a heartbeat is due; if so, the next is scheduled."""
        if not self.is_open or now < self._next_heartbeat:
            return False
        assert self.welcome is not None
        self._next_heartbeat = now + self.welcome.heartbeat_ms / 1000
        self._marks.append(self.sent_bytes)
        return True

    def is_silent(self, now: float) -> bool:
        """Whether a broker that has welcomed us says nothing any more."""
        return self.is_open and now >= self._silent_at()

    def _silent_at(self) -> float:
        assert self.welcome is not None
        excuse = min(_LONGEST_EXCUSE, (self.sent_bytes - self._confirmed_bytes) / _SLOWEST_LINK)
        return self.heard_at + self.welcome.liveness_ms / 1000 + excuse
