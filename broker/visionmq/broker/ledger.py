"""The sum of all requests: accepted = done + failed + cancelled + expired + open, always."""

from collections import Counter

from visionmq.schemas.errors import TRAITS, ErrorCode
from visionmq.schemas.messages import State


class Ledger:
    """Counts since the broker's start; see `visionmq.schemas.admin.Ledger` for the names."""

    __slots__ = (
        "accepted", "cancelled", "deferred", "done", "expired", "failed", "failures", "late", "malformed",
        "refused", "repeats", "requeued", "unroutable",
    )  # fmt: skip

    def __init__(self) -> None:
        self.accepted = self.done = self.failed = self.cancelled = self.expired = 0
        self.refused = self.repeats = self.requeued = self.late = 0
        self.malformed = self.unroutable = self.deferred = 0
        self.failures: Counter[str] = Counter()

    def end(self, state: State, code: str | None) -> None:
        """Count the end of an accepted request."""
        if state is State.DONE:
            self.done += 1
            return
        self.failures[code if code in TRAITS else "unknown"] += 1
        if state is State.CANCELLED:
            self.cancelled += 1
        elif code == ErrorCode.DEADLINE_EXCEEDED:
            self.expired += 1
        else:
            self.failed += 1

    def refuse(self, code: ErrorCode) -> None:
        """Count a request that was not accepted."""
        self.refused += 1
        self.failures[code] += 1
