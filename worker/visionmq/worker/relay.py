"""Warnings of this worker on their way to the brokers' logs, at a bounded rate."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

LINES_AT_ONCE: Final = 20
INTERVAL: Final = 1.0
"""Seconds between two messages; with the above, at most 20 lines a second."""
_LONGEST: Final = 500
_LEVELS: Final = frozenset({"warning", "error", "critical", "exception"})


@dataclass(slots=True)
class Relay:
    """The last warnings, until they are taken; the oldest go when there are too many."""

    next_at: float = 0.0
    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_AT_ONCE))

    def put(self, level: str, line: str) -> None:
        """Keep a line of the log if it is a warning or worse."""
        # An envelope holds 16 KiB in all: long lines would cost others their place.
        if level in _LEVELS:
            self._lines.append(line.replace("\n", " ")[:_LONGEST])

    def take(self, now: float) -> list[str]:
        """Return the lines to send now; none until the interval has passed."""
        if not self._lines or now < self.next_at:
            return []
        self.next_at = now + INTERVAL
        lines = list(self._lines)
        self._lines.clear()
        return lines
