"""One campaign under way: its service, its load, its faults, and the verdict at the end."""

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tests.faults.harness import Service
from tests.faults.ledger import DONE, digest, percentile
from visionmq.client import Client, Future
from visionmq.schemas.admin import Info

PATIENCE = 45.0
"""Seconds that the last outcomes may take, beyond the longest time limit."""


@dataclass(frozen=True)
class Options:
    """What a campaign is asked for; None for its own short or long measure."""

    long: bool = False
    requests: int | None = None
    seconds: float | None = None
    seed: int = 1
    progress: bool = True


@dataclass
class Report:
    """What became of a campaign."""

    name: str
    seed: int
    requests: int
    outcomes: Counter[str]
    faults: Counter[str]
    starts: int
    info: Info
    p50: float
    p99: float
    longest: float
    seconds: float
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.violations

    def line(self) -> str:
        """Return all of it in one line."""
        ended = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        faults = ", ".join(f"{count} {name}" for name, count in self.faults.items())
        ledger, counts = self.info.ledger, self.counts
        return (
            f"{self.name}: {'OK' if self.ok else 'VIOLATED'}: {self.requests} requests: {ended}; faults: {faults}; "
            f"{self.starts} starts, {ledger.requeued} requeued, {ledger.late} late answers dropped, "
            f"{counts['resent']} resent, {counts['retried']} retried, {counts['late']} surplus replies dropped; "
            f"p50 {self.p50 * 1000:.0f} ms, p99 {self.p99 * 1000:.0f} ms, longest {self.longest:.2f} s; "
            f"{self.seconds:.1f} s, seed {self.seed}" + "".join(f"; {note}" for note in self.notes)
        )


class Campaign:
    """A running campaign; in a `with` it stops its faults and its service, whatever happens."""

    def __init__(self, name: str, options: Options, *, workers: int = 2, window: int = 64) -> None:
        self.name, self.options = name, options
        self.rng = random.Random(options.seed)
        self.service = Service(seed=options.seed, workers=workers)
        self.ledger = self.service.ledger
        self.faults: Counter[str] = Counter()
        self.notes: list[str] = []
        self.violations: list[str] = []
        self.strangers = False
        """Whether requests run that are not of our ledger."""
        self.client: Client
        self._window = threading.Semaphore(window)
        self._window_size = window
        self._sent = 0
        self._longest_timeout = 0.0
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._broken: list[BaseException] = []

    def __enter__(self) -> "Campaign":
        self.service.__enter__()
        self.client = self.service.client()
        self._began = time.monotonic()
        if self.options.progress:
            self._thread(self._show_progress)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_faults()
        self.client.close()
        self.service.__exit__()

    # ---- load ----------------------------------------------------------------------------

    def send(
        self,
        operation: str,
        params: dict[str, Any] | None = None,
        images: Sequence[bytes] = (),
        *,
        timeout: float = 60.0,
        expected: str | None = None,
        allowed: frozenset[str] = DONE,
    ) -> Future[Any]:
        """Send one request as soon as the window has room; it is in the ledger."""
        if not self._window.acquire(timeout=self._longest_timeout + PATIENCE):
            raise RuntimeError("no request has ended for too long")
        self._longest_timeout = max(self._longest_timeout, timeout)
        sent = time.monotonic()
        future = self.client.submit(operation, params, images, timeout=timeout)
        self._sent += 1
        self.ledger.watch(
            future, timeout=timeout, sent=sent, expected=expected, allowed=allowed, then=self._window.release
        )
        return future

    def send_digest(self, *, timeout: float = 60.0, allowed: frozenset[str] = DONE) -> Future[Any]:
        """Send random text, and a picture's worth of random bytes with every fourth request."""
        text = f"{self.rng.getrandbits(64):x}"
        image = self.rng.randbytes(self.rng.randrange(1, 20_000)) if self.rng.random() < 0.25 else b""
        images = [image] if image else []
        expected = digest(text, image)
        return self.send("test.sha256", {"text": text}, images, timeout=timeout, expected=expected, allowed=allowed)

    def load(self, requests: int, seconds: float, one: Callable[[int], object]) -> None:
        """Call `one` for each number below `requests`, spread over at least so many seconds."""
        began = time.monotonic()
        for number in range(requests):
            early = began + seconds * number / requests - time.monotonic()
            if early > 0:
                self._stop.wait(early)
            one(number)
            if self._broken:
                raise self._broken[0]

    def await_outcomes(self) -> bool:
        """Wait until all requests have ended; False if some have not in time."""
        end = time.monotonic() + self._longest_timeout + PATIENCE
        taken = 0
        while taken < self._window_size and self._window.acquire(timeout=max(0.0, end - time.monotonic())):
            taken += 1
        self._window.release(taken) if taken else None
        return taken == self._window_size

    # ---- faults --------------------------------------------------------------------------

    def every(self, seconds: float, fault: Callable[[], object], *, poisson: bool = False) -> None:
        """Inject a fault again and again, periodically or at random times of that mean."""

        def inject() -> None:
            rng = random.Random(self.options.seed + len(self._threads))
            while not self._stop.wait(rng.expovariate(1 / seconds) if poisson else seconds):
                fault()

        self._thread(inject)

    def once(self, seconds: float, fault: Callable[[], object]) -> None:
        """Inject one fault after so many seconds; the report waits for its end."""

        def inject() -> None:
            time.sleep(seconds)
            fault()

        self._thread(inject)

    def pause(self, seconds: float) -> None:
        """Let a fault last, or end at once when the campaign does."""
        self._stop.wait(seconds)

    def stop_faults(self) -> None:
        """End all injections."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _thread(self, work: Callable[[], object]) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:
                self._broken.append(error)

        thread = threading.Thread(target=guarded, name="fault", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _show_progress(self) -> None:
        while not self._stop.wait(2.0 if sys.stderr.isatty() else 10.0):
            ended = sum(self.ledger.outcomes.values())
            faults = ", ".join(f"{count} {name}" for name, count in self.faults.items())
            text = f"{self.name} {time.monotonic() - self._began:6.1f} s: {self._sent} sent, {ended} ended; {faults}"
            print(text, end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)

    # ---- verdict -------------------------------------------------------------------------

    def report(self) -> Report:
        """Stop the faults, wait for the end of all requests, check everything, and say it."""
        self.stop_faults()
        if self._broken:
            raise self._broken[0]
        self.await_outcomes()
        seconds = time.monotonic() - self._began
        info, amiss = self.service.settled(self.client)
        violations = self.violations + amiss + self.ledger.violations(strangers=self.strangers)
        outcomes = self.ledger.outcomes
        if not self.service.restarts and not self.strangers and info.ledger.done < outcomes["done"]:
            violations.append(f"info says {info.ledger.done} done; {outcomes['done']} came")
        done = self.ledger.latencies("done")
        counts = self.client.counts
        return Report(
            name=self.name,
            seed=self.options.seed,
            requests=len(self.ledger.entries),
            outcomes=outcomes,
            faults=self.faults,
            starts=len(self.ledger.starts),
            info=info,
            p50=percentile(done, 0.5),
            p99=percentile(done, 0.99),
            longest=done[-1] if done else 0.0,
            seconds=seconds,
            counts={"resent": counts.resent, "retried": counts.retried, "late": counts.late},
            notes=self.notes,
            violations=violations,
        )
