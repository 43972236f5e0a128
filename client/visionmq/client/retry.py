"""Which refusals the client takes up again by itself, and after what pause."""

from dataclasses import dataclass
from typing import Final

from visionmq.client.errors import VisionMQError
from visionmq.schemas.errors import ErrorCode

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Retry:
    """A policy of retries; it never goes beyond the request's deadline.

    Pauses are random between nothing and a bound that doubles (full jitter), and never
    shorter than the service's `retry_after`.
    """

    codes: frozenset[ErrorCode] = frozenset({ErrorCode.BUSY, ErrorCode.SHUTTING_DOWN})
    limit: int | None = None
    """How many retries at most; None: as many as the deadline allows."""

    def allows(self, error: VisionMQError, done: int) -> bool:
        """Whether one more try follows this error after `done` retries."""
        return error.retryable and error.code in self.codes and (self.limit is None or done < self.limit)

    def pause(self, error: VisionMQError, done: int, chance: float) -> float:
        """Return seconds to wait before retry number `done` + 1; `chance` is random in [0, 1)."""
        bound = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(done, 16))
        return (error.retry_after or 0.0) + chance * bound


NEVER: Final = Retry(codes=frozenset(), limit=0)
DEFAULT: Final = Retry()
"""Full queues and restarts are waited out; a missing worker is said at once."""
PATIENT: Final = Retry(
    codes=frozenset({ErrorCode.BUSY, ErrorCode.SHUTTING_DOWN, ErrorCode.NO_WORKER, ErrorCode.RATE_LIMITED})
)
"""Everything that may pass by itself is waited out, until the deadline."""


def as_retry(wish: "Retry | int | None") -> Retry:
    """Return the policy a caller wished for: None the default, 0 none, n at most n retries."""
    if isinstance(wish, Retry):
        return wish
    if wish is None:
        return DEFAULT
    return Retry(limit=int(wish)) if wish else NEVER
