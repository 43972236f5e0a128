"""What a store campaign asks: enrolments, forgetting, bookings and returns, each until it is acknowledged.

A worker thread owns one keeper process, its own subjects and its own car, so what must be in the store at
the end follows from what was acknowledged. A request whose answer did not come is in doubt: it is sent
again with its key, to a new keeper if the old one is gone, until there is an answer.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import numpy as np

from visionmq.engine.access import methods
from visionmq.engine.access.methods import Asked
from visionmq.engine.api import EngineError
from visionmq.engine.store.keeper_link import KeeperLink, start_keeper
from visionmq.engine.store.messages import (
    ENROLL,
    FORGET,
    SEARCH,
    Author,
    Enroll,
    Enrolled,
    Forget,
    Gallery,
    NewTemplate,
    Receipt,
    Search,
)
from visionmq.schemas.access.bookings import BookParams
from visionmq.schemas.access.decisions import Decision, ReturnParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.access.vehicles import Location
from visionmq.schemas.errors import ErrorCode

DIMENSION = 16
FACES = Gallery("face", "staff", "drawn/1", DIMENSION)
PATIENCE = 240.0
"""Seconds until a request must have been acknowledged, whatever dies."""
DOUBTFUL = frozenset({ErrorCode.STORE_UNAVAILABLE, ErrorCode.ENGINE_UNAVAILABLE})
PASSWORD = "correct horse"


class Door(Protocol):
    """A way to the store, and how often a keeper was started for it."""

    starts: int

    def ask(self, method: Any, request: Any) -> Any:
        """Ask once; EngineError(STORE_UNAVAILABLE) leaves the outcome in doubt."""
        ...

    def kill(self) -> bool:
        """kill -9 what is behind it; False if there is nothing at the moment."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class Keeper:
    """A keeper process that is started again when it was killed; one thread asks, another kills."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._link: KeeperLink | None = None
        self._lock = threading.Lock()
        self.starts = 0

    def ask(self, method: Any, request: Any) -> Any:
        """Ask once; EngineError(STORE_UNAVAILABLE) leaves the outcome in doubt."""
        link = self._link
        if link is None or link.lost:
            link = self._restart()
        return link.call(method, request)

    def _restart(self) -> KeeperLink:
        self.close()
        link = start_keeper(self._address)
        assert isinstance(link, KeeperLink)
        with self._lock:
            self._link = link
            self.starts += 1
        return link

    def kill(self) -> bool:
        """kill -9 the process, wherever it is in its work; False if there is none at the moment."""
        with self._lock:
            if self._link is None or self._link.lost or self._link._process.poll() is not None:
                return False
            self._link._process.kill()
            return True

    def close(self) -> None:
        """Collect the process."""
        with self._lock:
            link, self._link = self._link, None
        if link is not None:
            link.close()


@dataclass
class Acknowledged:
    """What the store has said is done."""

    live: dict[str, list[str]] = field(default_factory=dict)
    """Template ids, by subject."""
    subject_ids: dict[str, str] = field(default_factory=dict)
    forgotten: dict[str, Receipt] = field(default_factory=dict)
    vectors: dict[str, list[bytes]] = field(default_factory=dict)
    bookings: dict[str, str] = field(default_factory=dict)
    """State, by booking id."""
    requests: list[tuple[Any, Any, Any]] = field(default_factory=list)
    """(method, request, answer) of every write."""


class Worker(threading.Thread):
    """One of the four: its way to the store, its requests, and what was acknowledged."""

    def __init__(self, number: int, door: Door, requests: int, campaign: "Shared") -> None:
        super().__init__(name=f"w{number}", daemon=True)
        self.number, self.campaign, self.requests = number, campaign, requests
        self.keeper = door
        self.rng = random.Random(f"{campaign.seed} {number}")
        self.done = Acknowledged()
        self.latencies: list[float] = []
        self.error: BaseException | None = None
        self._numbers = iter(range(10**9))
        self._booked: tuple[str, str] | None = None

    @property
    def car(self) -> str:
        return f"car{self.number}"

    def run(self) -> None:
        try:
            for _ in range(self.requests):
                self._one()
            for booking in self.campaign.contested:
                self._contest(*booking)
        except BaseException as error:
            self.error = error
            self.campaign.barrier.abort()
        finally:
            self.keeper.close()

    def _one(self) -> None:
        chance = self.rng.random()
        if chance < 0.55 or not self.done.live:
            self._enroll()
        elif chance < 0.65:
            self._forget()
        elif chance < 0.90:
            self._book_or_return()
        else:
            self._search()

    # ---- one request until it is acknowledged --------------------------------------------

    def write(self, method: Any, make: Callable[[Author], Any]) -> Any:
        """Ask for a change until it is acknowledged; its key stays the same."""
        author = Author(f"{self.name} {next(self._numbers)}", self.name)
        request = make(author)
        told = self.until_answered(method, request)
        self.done.requests.append((method, request, told))
        return told

    def until_answered(self, method: Any, request: Any) -> Any:
        """Ask until there is an answer."""
        began, doubts = time.monotonic(), 0
        while True:
            try:
                told = self.keeper.ask(method, request)
            except EngineError as error:
                if error.code not in DOUBTFUL or time.monotonic() > began + PATIENCE:
                    raise
                doubts += 1
                self.campaign.pause(0.02)
                continue
            self.latencies.append(time.monotonic() - began)
            if doubts:
                again = "was done before" if getattr(told, "repeated", False) else "had to be done"
                self.campaign.count(f"in doubt, {again}")
            return told

    # ---- the kinds -----------------------------------------------------------------------

    def _vector(self) -> bytes:
        return np.array([self.rng.gauss(0, 1) for _ in range(DIMENSION)], "<f4").tobytes()

    def _enroll(self) -> None:
        known = sorted(self.done.live)
        name = self.rng.choice(known) if known and self.rng.random() < 0.1 else f"{self.name} {next(self._numbers)}"
        vectors = [self._vector() for _ in range(self.rng.randrange(1, 4))]
        templates = [NewTemplate(vector=vector, source=f"{name}.jpg") for vector in vectors]
        told: Enrolled = self.write(
            ENROLL, lambda author: Enroll(gallery=FACES, subject=name, templates=templates, author=author)
        )
        self.done.live.setdefault(name, []).extend(told.template_ids)
        self.done.subject_ids[name] = told.subject_id
        self.done.vectors.setdefault(name, []).extend(vectors)
        self.campaign.tell(name, vectors[0])

    def _forget(self) -> None:
        name = self.rng.choice(sorted(self.done.live))
        self.campaign.untell(name)
        told = self.write(FORGET, lambda author: Forget(kind="face", collection="staff", subject=name, author=author))
        self.done.forgotten[name] = told
        for kept in (self.done.live, self.done.vectors):
            del kept[name]

    def _search(self) -> None:
        """Whoever was acknowledged to any worker must be found by this one, and nobody who was forgotten."""
        name, vector = self.campaign.somebody(self.rng)
        found = self.until_answered(SEARCH, Search(gallery=FACES, probes=vector, top=1))
        if self.campaign.is_known(name) and [hit.subject for hit in found.hits[0]] != [name]:
            self.campaign.violate(f"{name} was acknowledged and is not found by {self.name}")

    def _book_or_return(self) -> None:
        if self._booked is None:
            self._booked = self.book(self.car)
        else:
            (user, booking), self._booked = self._booked, None
            told = self._return(user, self.car, booking)
            if told.reasons != [Reason.RETURNED]:
                self.campaign.violate(f"{self.name} returned {booking}: {told.reasons}")

    def book(self, car: str) -> tuple[str, str]:
        """Book a car from now; return user and booking."""
        user, now = self.rng.choice(self.campaign.users), datetime.now(UTC)
        params = BookParams(user=user, car=car, start=now - timedelta(seconds=1), end=now + timedelta(hours=1))
        told = self.write(methods.BOOK, lambda author: Asked(params, author))
        self.done.bookings[told.id] = "booked"
        return user, told.id

    def _return(self, user: str, car: str, booking: str) -> Decision:
        place = Location(text=f"yard of {self.name}")
        params = ReturnParams(user=user, car=car, location=place, booking=booking)
        told: Decision = self.write(methods.RETURN, lambda author: Asked(params, author))
        self.done.bookings[booking] = "returned"
        return told

    def _contest(self, user: str, car: str, booking: str) -> None:
        """Return a booking at the same moment as all other workers."""
        self.campaign.barrier.wait(PATIENCE)
        told = self._return(user, car, booking)
        with self.campaign.lock:
            self.campaign.reasons.setdefault(booking, []).append(told.reasons)


class Shared:
    """What the workers of a campaign have in common."""

    def __init__(self, seed: int, workers: int) -> None:
        self.seed = seed
        self.lock = threading.Lock()
        self.barrier = threading.Barrier(workers)
        self.users: list[str] = []
        self.contested: list[tuple[str, str, str]] = []
        """(user, car, booking) that all workers return at once."""
        self.reasons: dict[str, list[list[Reason]]] = {}
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.prepared = Acknowledged()
        self._known: dict[str, bytes] = {}
        self._stop = threading.Event()

    def pause(self, seconds: float) -> None:
        """Wait a little before something is asked again, or killed."""
        self._stop.wait(seconds)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def violate(self, what: str) -> None:
        with self.lock:
            self.violations.append(what)

    def tell(self, name: str, vector: bytes) -> None:
        with self.lock:
            self._known[name] = vector

    def untell(self, name: str) -> None:
        with self.lock:
            self._known.pop(name, None)

    def is_known(self, name: str) -> bool:
        with self.lock:
            return name in self._known

    def somebody(self, rng: random.Random) -> tuple[str, bytes]:
        with self.lock:
            name = rng.choice(list(self._known)) if self._known else ""
            return name, self._known.get(name, bytes(4 * DIMENSION))
