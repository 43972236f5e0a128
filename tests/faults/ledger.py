"""What was sent, what came back and what was started; and whether that keeps the promises."""

import hashlib
import math
import os
import select
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from visionmq.client import Future, VisionMQError
from visionmq.schemas.limits import MAX_ATTEMPTS

DONE = frozenset({"done"})
LATE_SECONDS = 0.5
"""`left_ms` runs from arrival, so the way to the engine comes on top of a deadline; nothing else may."""


def digest(text: str, image: bytes = b"") -> str:
    """Return f(input): what `test.sha256` must answer."""
    return hashlib.sha256(image + text.encode()).hexdigest()


@dataclass(slots=True)
class Entry:
    """One request: what may become of it, and what did."""

    id: str
    operation: str
    expected: str | None
    allowed: frozenset[str]
    sent: float
    deadline: float
    outcomes: list[tuple[str, float]] = field(default_factory=list)
    attempt: int = 0
    wrong: str | None = None


class Ledger:
    """All requests of a campaign, append-only; safe for the client's thread and the sender's."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.starts: list[tuple[str, float]] = []

    def watch(
        self,
        future: Future[Any],
        *,
        timeout: float,
        sent: float,
        expected: str | None = None,
        allowed: frozenset[str] = DONE,
        then: Callable[[], None] | None = None,
    ) -> Entry:
        """Note a request and, later, its outcome; then call `then`."""
        entry = Entry(future.request_id, future.operation, expected, allowed, sent, sent + timeout)
        self.entries[entry.id] = entry

        def ended(ended_future: Any) -> None:
            self._end(entry, ended_future)
            if then is not None:
                then()

        future.add_done_callback(ended)
        return entry

    def _end(self, entry: Entry, future: Any) -> None:
        now = time.monotonic()
        try:
            reply = future.result(0)
        except CancelledError:
            entry.outcomes.append(("cancelled", now))
        except VisionMQError as error:
            name = error.code.value if error.code else type(error).__name__.lower()
            entry.outcomes.append((name, now))
            entry.wrong = None if name in entry.allowed else f"{name}: {error}"
        else:
            entry.outcomes.append(("done", now))
            entry.attempt = reply.attempt
            if entry.expected is not None and reply.result["text"] != entry.expected:
                entry.wrong = f"answered {reply.result['text']!r}, not {entry.expected!r}"

    @property
    def outcomes(self) -> Counter[str]:
        """How many requests ended how."""
        return Counter(name for entry in list(self.entries.values()) for name, _ in entry.outcomes)

    def latencies(self, *names: str) -> list[float]:
        """Return the seconds of the requests that ended like this, ascending."""
        return sorted(
            at - entry.sent for entry in self.entries.values() for name, at in entry.outcomes if name in names
        )

    def violations(self, *, strangers: bool = False) -> list[str]:
        """Return all broken promises, in words; empty if none. `strangers`: others send requests too."""
        found: list[str] = []
        starts: dict[str, list[float]] = {}
        for request_id, at in self.starts:
            starts.setdefault(request_id.split(".")[0], []).append(at)
        for entry in self.entries.values():
            found += _entry_violations(entry, starts.get(entry.id, []))
        unknown = [] if strangers else sorted(starts.keys() - self.entries.keys())
        return found + [f"unknown request started: {name}" for name in unknown]


def _entry_violations(entry: Entry, starts: list[float]) -> list[str]:
    who = f"{entry.operation} {entry.id[:8]}"
    if not entry.outcomes:
        return [f"lost: {who}, sent {time.monotonic() - entry.sent:.1f} s ago"]
    found = []
    if len(entry.outcomes) > 1:
        found.append(f"{len(entry.outcomes)} outcomes: {who}")
    name, _ = entry.outcomes[0]
    if name not in entry.allowed or entry.wrong:
        found.append(f"wrong outcome {name}: {who}: {entry.wrong}")
    if entry.attempt > MAX_ATTEMPTS:
        found.append(f"{entry.attempt} attempts: {who}")
    if name == "done" and not starts:
        found.append(f"done without a start: {who}")
    late = [at - entry.deadline for at in starts if at > entry.deadline + LATE_SECONDS]
    if late:
        found.append(f"started {max(late):.2f} s after its deadline: {who}")
    return found


def percentile(ascending: list[float], share: float) -> float:
    """Return the value that this share of the values does not pass; NaN of none."""
    if not ascending:
        return math.nan
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))]


class StartRecord:
    """The reading end of the pipe that engines write their starts to."""

    def __init__(self, path: Path, starts: list[tuple[str, float]]) -> None:
        os.mkfifo(path)
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)  # both ends: it never reports its end
        self._stop_out, self._stop_in = os.pipe()
        self._starts = starts
        self._thread = threading.Thread(target=self._read, name="starts", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        rest = b""
        while True:
            ready, _, _ = select.select([self._fd, self._stop_out], [], [])
            if self._fd in ready:
                *lines, rest = (rest + os.read(self._fd, 1 << 16)).split(b"\n")
                for line in lines:
                    name, _, at = line.decode().partition(" ")
                    self._starts.append((name, float(at)))
            elif self._stop_out in ready:
                return

    def close(self) -> None:
        """Read what is there and end."""
        os.write(self._stop_in, b"\0")
        self._thread.join()
        for handle in (self._fd, self._stop_in, self._stop_out):
            os.close(handle)
