"""The engine processes: which are warm, what each does, and when a lost one is replaced."""

from dataclasses import dataclass, field
from typing import Final

from visionmq.worker.events import ChildId
from visionmq.worker.jobs import Job

FIRST_PAUSE: Final = 0.1
LAST_PAUSE: Final = 5.0
"""Seconds before a crashed child is replaced: doubled each time, from first to last, until one succeeds."""


LOAD_SECONDS: Final = 180.0
"""A child that is not warm by then is given up."""


@dataclass(slots=True, eq=False)
class Child:
    """One engine process."""

    number: ChildId
    slot: "Slot"
    warm: bool = False
    answered: int = 0
    batch: list[Job] = field(default_factory=list)
    started: float = 0.0
    ends_at: float = float("inf")
    """When its batch, or its loading, is out of time."""
    stopped: list[Job] = field(default_factory=list)
    """Jobs of its batch that nobody wants any more."""
    kill_at: float = float("inf")


@dataclass(slots=True, eq=False)
class Slot:
    """The place of one child after the other."""

    child: Child | None = None
    failures: int = 0
    start_at: float = 0.0


class Pool:
    """A fixed number of slots, each with a child or waiting to get one."""

    def __init__(self, size: int) -> None:
        self.slots = [Slot() for _ in range(size)]
        self.children: dict[ChildId, Child] = {}
        self.idle: list[Child] = []
        self._last = 0

    @property
    def usable(self) -> int:
        """How many children are warm."""
        return sum(child.warm for child in self.children.values())

    @property
    def settled(self) -> bool:
        """Whether some child can work, and none is loading for the first time."""
        ready = [slot.failures > 0 or (slot.child is not None and slot.child.warm) for slot in self.slots]
        return all(ready) and self.usable > 0

    def overdue(self, now: float) -> list[Child]:
        """Return the children that are out of time, or whose work nobody wants any more."""
        return [child for child in self.children.values() if min(child.ends_at, child.kill_at) <= now]

    @property
    def busy(self) -> list[Child]:
        """The children that work now."""
        return [child for child in self.children.values() if child.batch]

    def start_due(self, now: float) -> list[ChildId]:
        """Fill the empty slots whose pause is over; return the new children's numbers."""
        started = []
        for slot in self.slots:
            if slot.child is None and slot.start_at <= now:
                self._last += 1
                slot.child = self.children[self._last] = Child(self._last, slot)
                slot.child.ends_at = now + LOAD_SECONDS
                started.append(self._last)
        return started

    def next_start(self) -> float:
        """Return when the next pause is over."""
        return min((slot.start_at for slot in self.slots if slot.child is None), default=float("inf"))

    def warmed(self, number: ChildId) -> None:
        """Note that a child can work."""
        child = self.children.get(number)
        if child is not None and not child.warm:
            child.warm, child.ends_at = True, float("inf")
            self.idle.append(child)

    def give(self, child: Child, batch: list[Job], now: float, ends_at: float) -> None:
        """Note that an idle child works on a batch."""
        self.idle.remove(child)
        child.batch, child.started, child.ends_at = batch, now, ends_at
        for job in batch:
            job.started = now

    def release(self, child: Child) -> list[Job]:
        """Note that a child has answered; return its batch."""
        batch, child.batch, child.stopped = child.batch, [], []
        child.ends_at = child.kill_at = float("inf")
        child.slot.failures = 0
        child.answered += len(batch)
        self.idle.append(child)
        return batch

    def remove(self, child: Child, now: float, *, failed: bool) -> list[Job]:
        """Forget a child; return its batch. A failed one is replaced after a pause, others at once."""
        del self.children[child.number]
        if child in self.idle:
            self.idle.remove(child)
        slot, slot_pause = child.slot, 0.0
        if failed:
            slot_pause = min(LAST_PAUSE, FIRST_PAUSE * 2**slot.failures)
            slot.failures = min(slot.failures + 1, 10)
        slot.child, slot.start_at = None, now + slot_pause
        batch, child.batch = child.batch, []
        return batch
