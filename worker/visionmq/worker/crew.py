"""The engine processes at work: what each is given, what it answers, and what becomes of the jobs of a lost one.

Pure, as the core is: what is to be done is put into `out`. A batch that ends badly is taken apart, and each job of it
runs again alone, so that only the culprit fails.
"""

from typing import Final

from visionmq.schemas.errors import ErrorCode
from visionmq.worker import events as ev
from visionmq.worker.answers import from_outcome
from visionmq.worker.credit import Pace
from visionmq.worker.jobs import Job, Queue
from visionmq.worker.leases import Leases
from visionmq.worker.pool import Child, Pool
from visionmq.worker.settings import Settings

_STOP_GRACE: Final = 0.05
"""Seconds a stopped job may still take to end by itself; a new child costs far more."""
_LOOK_AGAIN: Final = 0.02
"""Seconds between looks for waiting jobs whose time is over."""


class Crew:
    """A pool of children and the queue of jobs before them."""

    def __init__(self, settings: Settings, leases: Leases, out: list[ev.Action]) -> None:
        self._settings, self._leases, self._out = settings, leases, out
        self.pool = Pool(settings.children)
        self.queue = Queue(settings.max_wait_ms / 1000)
        self.limits: dict[str, int] = {}
        """Served operations and the most jobs of each in one call."""
        self.engines: list[str] = []
        self._pace = Pace(settings.ahead_ms / 1000)

    def credit(self) -> int:
        """Return how many leases to hold at once."""
        return self._pace.credit(self.pool.usable, max(self.limits.values(), default=1))

    def at_work(self) -> int:
        """Return how many jobs run."""
        return sum(len(child.batch) for child in self.pool.busy)

    def wake_at(self, now: float) -> float:
        """Return when `tick` or `dispatch` is needed at the latest."""
        times = [self.pool.next_start(), self.queue.opens_at]
        times += [min(child.ends_at, child.kill_at) for child in self.pool.children.values()]
        if len(self.queue):
            times.append(now + _LOOK_AGAIN)
        return min(times)

    # ---- jobs -----------------------------------------------------------------------------

    def dispatch(self, now: float) -> None:
        """Give waiting jobs to idle children."""
        while self.pool.idle and len(self.queue):
            batch = self.queue.next_batch(now, self.limits)
            if not batch:
                return
            alive = [job for job in batch if job.deadline > now]
            for job in batch:
                if job.deadline <= now:
                    self._leases.expire(job, now)
            if alive:
                self._give(alive, now)

    def _give(self, batch: list[Job], now: float) -> None:
        child = self.pool.idle[-1]
        longest = now + self._settings.job_seconds * len(batch)
        self.pool.give(child, batch, now, min(longest, *(job.deadline for job in batch)))
        jobs = [(job.run, job.deadline - now, job.frames) for job in batch]
        self._out.append(ev.Work(child.number, batch[0].run.op, jobs))

    def stop(self, job: Job, now: float) -> None:
        """End a job that nobody wants any more: at once if it waits, soon if it runs."""
        if self.queue.remove(job):
            self._leases.fail(job, ErrorCode.CANCELLED, "cancelled while it waited", now)
            return
        for child in self.pool.busy:
            if job in child.batch and job not in child.stopped:
                child.stopped.append(job)
                child.kill_at = min(child.kill_at, now + _STOP_GRACE)

    def tick(self, now: float) -> None:
        """Do what is due by the clock."""
        for job in self.queue.take_expired(now):
            self._leases.expire(job, now)
        for child in self.pool.overdue(now):
            self._end_batch(child, now)
        self._start_children(now)

    # ---- what children tell ---------------------------------------------------------------

    def warm(self, event: ev.Warm, _now: float) -> None:
        """Note what a child that has loaded its engines serves."""
        self.pool.warmed(event.child)
        self.limits = {operation.name: max(1, operation.max_batch) for operation in event.operations}
        self._pace.expect(operation.name for operation in event.operations if operation.reads_pictures)
        self.engines = list(event.engines)

    def broken(self, event: ev.Broken, _now: float) -> None:
        """End the worker: no child can load an engine."""
        if event.child in self.pool.children:
            self._out.append(ev.Exit(1, event.reason))

    def reported(self, event: ev.Reported, _now: float) -> None:
        """Pass a job's progress on."""
        child = self.pool.children.get(event.child)
        if child is None or not 0 <= event.index < len(child.batch):
            return
        self._leases.report(child.batch[event.index], event.frames)

    def finished(self, event: ev.Finished, now: float) -> None:
        """Answer a batch; its child is free, or worn out."""
        child = self.pool.children.get(event.child)
        if child is None:
            return
        if len(event.outcomes) != len(child.batch):
            self._out.append(ev.Kill(child.number))
            self._lose(child, "the engine process answered another number of jobs than it had", False, now)
            return
        batch = self.pool.release(child)
        for job, (outcome, frames) in zip(batch, event.outcomes, strict=True):
            self._pace.add(job.run.op, (now - child.started) / len(batch))
            self._leases.answer(job, from_outcome(job, outcome), frames)
        self._recycle(child, event, now)

    def _recycle(self, child: Child, event: ev.Finished, now: float) -> None:
        """Replace a child that can do no more; those that have worked or grown enough, one at a time."""
        jobs, most = self._settings.recycle_jobs, self._settings.recycle_mb
        worn = (jobs and child.answered >= jobs) or (most and event.grown_mb >= most)
        if event.lost or (worn and self.pool.usable == len(self.pool.slots)):
            self.pool.remove(child, now, failed=False)
            self._out.append(ev.Retire(child.number))
            self._start_children(now)

    def gone(self, event: ev.Gone, now: float) -> None:
        """Take leave of a child that ended by itself."""
        child = self.pool.children.get(event.child)
        if child is not None:
            self._lose(child, event.reason, event.memory, now)

    # ---- lost children --------------------------------------------------------------------

    def _lose(self, child: Child, reason: str, memory: bool, now: float) -> None:
        """A child failed: its only job is the culprit; of several, each runs again alone."""
        stopped = child.stopped
        batch = self.pool.remove(child, now, failed=True)
        requests = [job.run.id for job in batch]
        self._out.append(ev.Note("an engine process ended", {"reason": reason, "requests": requests}))
        if len(batch) == 1 and batch[0] not in stopped:
            code = ErrorCode.OUT_OF_MEMORY if memory else ErrorCode.ENGINE_CRASHED
            self._leases.fail(batch[0], code, f"the engine process ended: {reason}", now)
        else:
            self._split(batch, stopped, now)
        self._start_children(now)

    def _split(self, batch: list[Job], stopped: list[Job], now: float, *, alone: bool = True) -> None:
        """End the jobs of a lost batch that are stopped or out of time; the others wait again."""
        again = []
        for job in batch:
            if job in stopped:
                self._leases.fail(job, ErrorCode.CANCELLED, "cancelled while it ran", now)
            elif job.deadline <= now:
                self._leases.expire(job, now)
            elif self._leases.is_wanted(job):
                job.alone, job.started = job.alone or alone, None
                again.append(job)
        self.queue.put_back(again)

    def _end_batch(self, child: Child, now: float) -> None:
        """Kill a child whose batch is stopped or out of time, or that does not end its loading."""
        stopped, late = child.stopped, child.ends_at <= now
        self._out.append(ev.Kill(child.number))
        if not child.warm:
            self._lose(child, "its engines did not load in time", False, now)
            return
        batch = self.pool.remove(child, now, failed=False)
        if late and len(batch) == 1 and batch[0] not in stopped:
            self._leases.expire(batch[0], now)
        else:
            self._split(batch, stopped, now, alone=late)

    def _start_children(self, now: float) -> None:
        self._out += [ev.Start(number) for number in self.pool.start_due(now)]
