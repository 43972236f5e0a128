"""How many leases a worker asks for at once: enough to keep its children busy, no more.

What waits here can no longer go to another worker, so only about ten milliseconds of work do.
"""

import math
from dataclasses import dataclass
from typing import Final

PREFETCH_SECONDS: Final = 0.010
"""Work that may wait here; it covers the way to the broker and back."""
MAX_PREFETCH: Final = 63
_WEIGHT: Final = 0.2
"""Of the newest job in the moving average."""


@dataclass(slots=True)
class Pace:
    """The moving average of how long one job keeps a child, in seconds; None before the first."""

    seconds: float | None = None

    def add(self, seconds: float) -> None:
        """Take one more job into the average."""
        known = self.seconds
        self.seconds = seconds if known is None else known + _WEIGHT * (seconds - known)

    def credit(self, usable: int, max_batch: int) -> int:
        """Return the leases to hold at once with so many usable children; 0 without any."""
        if not usable or self.seconds is None:
            return usable
        ahead = min(MAX_PREFETCH, math.floor(PREFETCH_SECONDS / max(self.seconds, 1e-9)))
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
