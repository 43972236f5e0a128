"""How many leases a worker asks for at once: enough to keep its children busy, no more.

What waits here can no longer go to another worker, so only about ten milliseconds of work do, unless a worker is told to
hold more: where one call for many jobs is much quicker than many calls, as on an accelerator.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

AHEAD_SECONDS: Final = 0.010
"""Work that may wait here by default; it covers the way to the broker and back."""
MAX_PREFETCH: Final = 63
_WEIGHT: Final = 0.2
"""Of the newest job in the moving average."""


@dataclass(slots=True)
class Pace:
    """Moving averages of how long a job keeps a child, in seconds, by operation.

    The slowest operation decides: credit taken on quick jobs would be filled with slow ones, which
    then wait here, behind each other, where no other worker can take them.
    """

    ahead: float = AHEAD_SECONDS
    """Seconds of work that may wait here."""
    averages: dict[str, float] = field(default_factory=dict)

    def expect(self, operations: Iterable[str]) -> None:
        """Take these for slow until one of their jobs has shown otherwise."""
        for operation in operations:
            self.averages.setdefault(operation, AHEAD_SECONDS * 2)

    def add(self, operation: str, seconds: float) -> None:
        """Take one more job into its operation's average."""
        known = self.averages.get(operation)
        self.averages[operation] = seconds if known is None else known + _WEIGHT * (seconds - known)

    @property
    def seconds(self) -> float | None:
        """The average of the slowest operation; None before the first job."""
        return max(self.averages.values(), default=None)

    def credit(self, usable: int, max_batch: int) -> int:
        """Return the leases to hold at once with so many usable children; 0 without any."""
        if not usable or self.seconds is None:
            return usable
        ahead = min(MAX_PREFETCH, math.floor(self.ahead / max(self.seconds, 1e-9)))
        if ahead:
            ahead += max_batch - 1
        return usable * (1 + ahead)


def material(old: int, new: int, usable: int) -> bool:
    """Whether a changed credit is worth a message: small waves around the same value are not."""
    if old == new:
        return False
    if 0 in (old, new) or new <= usable or old < usable:
        return True
    return abs(new - old) > max(1, old // 4)
