"""Warnings of this worker on their way to the brokers' logs, at a bounded rate."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from visionmq.schemas.codec import encode

LINES_AT_ONCE: Final = 16
INTERVAL: Final = 1.0
"""Seconds between two messages; with the above, at most 16 lines a second."""
_LONGEST: Final = 480
_START: Final = 80
_END: Final = 240
"""Of a long line: the request id comes first, what went wrong last."""
_LEVELS: Final = frozenset({"warning", "error", "critical", "exception"})


@dataclass(slots=True)
class Relay:
    """The last warnings, until they are taken; the oldest go when there are too many."""

    next_at: float = 0.0
    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_AT_ONCE))

    def put(self, level: str, line: str) -> None:
        """Keep a line of the log if it is a warning or worse."""
        if level not in _LEVELS:
            return
        # An envelope holds 16 KiB in all, and escaping may double a line.
        if len(line) > _LONGEST:
            line = encode({"level": level, "start": line[:_START], "end": line[-_END:]}).decode()
        self._lines.append(line)

    def take(self, now: float) -> list[str]:
        """Return the lines to send now; none until the interval has passed."""
        if not self._lines or now < self.next_at:
            return []
        self.next_at = now + INTERVAL
        lines = list(self._lines)
        self._lines.clear()
        return lines
