"""Jobs that wait for a child, in order of arrival, and the batches made of them."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from visionmq.schemas.messages import Run
from visionmq.worker.events import BrokerId, Frame

Key: TypeAlias = tuple[BrokerId, int, int]


@dataclass(slots=True, eq=False)
class Job:
    """One lease, from its arrival to its answer; times are the caller's monotonic seconds."""

    broker: BrokerId
    epoch: int
    """Which session with that broker it belongs to; answers of former ones are not sent."""
    run: Run
    frames: Sequence[Frame]
    arrived: float
    deadline: float
    alone: bool = False
    """It was in a batch that ended badly, so it shares no other."""
    started: float | None = None

    @property
    def key(self) -> Key:
        """What tells this job from all others of this worker."""
        return self.broker, self.epoch, self.run.lease


@dataclass(slots=True)
class Queue:
    """Waiting jobs; those that lost their child through another's fault go to the front."""

    max_wait: float
    _waiting: "OrderedDict[Key, Job]" = field(default_factory=OrderedDict)
    opens_at: float = float("inf")
    """When the next incomplete batch has waited long enough."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, job: Job) -> None:
        """Put a new job last."""
        self._waiting[job.key] = job

    def put_back(self, jobs: Sequence[Job]) -> None:
        """Put jobs first, in their order."""
        for job in reversed(jobs):
            self._waiting[job.key] = job
            self._waiting.move_to_end(job.key, last=False)

    def remove(self, job: Job) -> bool:
        """Take a job out; False if it does not wait."""
        return self._waiting.pop(job.key, None) is not None

    def take_expired(self, now: float) -> list[Job]:
        """Take out the jobs whose time is over."""
        return self._take(job for job in self._waiting.values() if job.deadline <= now)

    def take_session(self, broker: BrokerId) -> list[Job]:
        """Take out all jobs of one broker."""
        return self._take(job for job in self._waiting.values() if job.broker == broker)

    def next_batch(self, now: float, limits: Mapping[str, int]) -> list[Job]:
        """Take the jobs that a free child should do next; none if all should wait for company."""
        self.opens_at = float("inf")
        passed: set[str] = set()
        for job in self._waiting.values():
            most = 1 if job.alone else limits.get(job.run.op, 1)
            if most == 1:
                return self._take([job])
            if job.run.op in passed:
                continue
            batch = self._mates(job, most)
            opens_at = job.arrived + self.max_wait
            if len(batch) == most or opens_at <= now:
                return self._take(batch)
            passed.add(job.run.op)
            self.opens_at = min(self.opens_at, opens_at)
        return []

    def _mates(self, first: Job, most: int) -> list[Job]:
        """Return `first` and the jobs that may go with it, in order of arrival."""
        op = first.run.op
        return list(islice((job for job in self._waiting.values() if job.run.op == op and not job.alone), most))

    def _take(self, jobs: Iterable[Job]) -> list[Job]:
        taken = list(jobs)
        for job in taken:
            del self._waiting[job.key]
        return taken
