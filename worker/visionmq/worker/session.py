"""One session with one broker: announcement, heartbeats, and the leases held."""

from dataclasses import dataclass, field
from typing import Final

from visionmq.schemas.messages import Drain, Heartbeat, Welcome
from visionmq.worker.events import BrokerId
from visionmq.worker.jobs import Job

_READY_AGAIN: Final = 1.0
"""Seconds after which an announcement without welcome is repeated."""
_ONE_WHO: Final = 0.2
"""Seconds in which several `who` mean the same: they cross with our announcement."""
_EARLY: Final = 0.8
"""Part of the heartbeat interval after which we send one, so that it arrives within it."""

_LATE: Final = 1.5
"""Heartbeat intervals without a message after which those that then come may be old."""
_CATCH_UP: Final = 0.25
"""Seconds in which the messages of a pause arrive."""


@dataclass(slots=True, eq=False)
class Session:
    """What we know of one broker, and what it expects of us."""

    broker: BrokerId
    epoch: int = 0
    """Raised with each new announcement; leases of former ones are void."""
    instance: str | None = None
    welcomed: bool = False
    draining: bool = False
    ended: bool = False
    credit: int = 0
    """As last told to the broker."""
    heartbeat: float = 0.5
    liveness: float = 2.0
    announced_at: float = float("-inf")
    beat_at: float = float("inf")
    heard_at: float = float("-inf")
    lag: float = 0.0
    """How old the messages of this moment may be: a pause of ours or of the network came before them."""
    lag_until: float = float("-inf")
    held: dict[int, Job] = field(default_factory=dict)

    def heard(self, now: float) -> None:
        """Note a message."""
        gap = now - self.heard_at
        self.heard_at = now
        if self.welcomed and gap > self.heartbeat * _LATE:
            self.lag, self.lag_until = gap, now + _CATCH_UP
        elif now >= self.lag_until:
            self.lag = 0.0

    def announced(self, now: float, credit: int) -> None:
        """Note that `ready` goes out: a new session, without leases."""
        self.epoch += 1
        self.held.clear()
        self.welcomed = False
        self.announced_at, self.credit = now, credit
        if self.heard_at < 0:
            self.heard_at = now

    def greet(self, message: Welcome, now: float) -> None:
        """Note the broker's welcome."""
        self.welcomed, self.instance = True, message.instance
        self.heartbeat, self.liveness = message.heartbeat_ms / 1000, message.liveness_ms / 1000
        self.beat_at = now + self.heartbeat * _EARLY

    def is_stranger(self, message: Heartbeat | Welcome) -> bool:
        """Whether this comes from another start of the broker than the one that welcomed us."""
        return self.instance is not None and message.instance is not None and message.instance != self.instance

    def wants_ready(self, now: float) -> bool:
        """Whether an announcement has had no welcome for too long."""
        return not self.ended and not self.welcomed and now >= self.announced_at + _READY_AGAIN

    def may_answer_who(self, now: float) -> bool:
        """Whether a `who` is more than an echo of an announcement under way."""
        return now >= self.announced_at + _ONE_WHO

    def is_silent(self, now: float) -> bool:
        """Whether a welcomed broker has said nothing for twice its liveness."""
        return not self.ended and self.welcomed and now >= self.heard_at + 2 * self.liveness

    def beat_due(self, now: float) -> bool:
        """Whether a heartbeat is due; if so, the next is scheduled."""
        if not self.welcomed or self.ended or now < self.beat_at:
            return False
        self.beat_at = now + self.heartbeat * _EARLY
        return True

    def wake_at(self) -> float:
        """Return when this session needs attention next."""
        if self.ended:
            return float("inf")
        return self.beat_at if self.welcomed else self.announced_at + _READY_AGAIN

    def drain(self) -> Drain | None:
        """Take no more work; return the message that says so, the first time."""
        if self.draining:
            return None
        self.draining = True
        return Drain()
