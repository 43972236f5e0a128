"""The worker's mind: leases in, work for children and answers out; no socket, no process, no clock.

Each lease of a session ends in exactly one answer, unless the session itself ends: a broker that
asks `who`, or has another instance, has forgotten its leases, and gets no answers to them.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.messages import (
    Answer,
    Bye,
    Credit,
    Drain,
    Heartbeat,
    Log,
    Progress,
    Refused,
    Run,
    Stop,
    Welcome,
    Who,
)
from visionmq.worker import events as ev
from visionmq.worker.answers import announcement, failure, from_outcome
from visionmq.worker.credit import Pace, material
from visionmq.worker.jobs import Job, Queue
from visionmq.worker.pool import Child, Pool
from visionmq.worker.session import Session
from visionmq.worker.settings import Settings

_STOP_GRACE: Final = 0.05
"""Seconds a stopped job may still take to end by itself; a new child costs far more."""
_LOOK_AGAIN: Final = 0.02
"""Seconds between looks for waiting jobs whose time is over."""
_FOREVER: Final = float("inf")


class Core:
    """One worker: sessions with brokers, a queue of jobs, a pool of children."""

    def __init__(self, settings: Settings, incarnation: str) -> None:
        self.settings = settings
        self.incarnation = incarnation
        self.sessions = [Session(number) for number in range(len(settings.brokers))]
        self.pool = Pool(settings.children)
        self.queue = Queue(settings.max_wait_ms / 1000)
        self.pace = Pace()
        self.limits: dict[str, int] = {}
        """Served operations and the most jobs of each in one call."""
        self.leaving = False
        self._engines: list[str] = []
        self._serving = False
        self._announced = False
        self._out: list[ev.Action] = []
        self._handlers: dict[type[Any], Callable[[Any, float], None]] = {
            ev.Heard: self._heard,
            ev.Warm: self._warm,
            ev.Broken: self._broken,
            ev.Reported: self._reported,
            ev.Finished: self._finished,
            ev.Gone: self._gone,
            ev.Tick: self._tick,
            ev.Leave: self._leave,
            ev.Warned: self._warned,
        }
        self._messages: dict[type[Any], Callable[[Session, Any, float], None]] = {
            Welcome: self._welcome,
            Heartbeat: self._heartbeat,
            Who: self._who,
            Stop: self._stop,
            Drain: self._drain,
            Refused: self._refused,
        }

    def handle(self, event: ev.Event, now: float) -> list[ev.Action]:
        """Take one event in; return what is to be done, in order."""
        self._handlers[type(event)](event, now)
        if not self._serving and self.pool.settled:
            self._open(now)
        self._dispatch(now)
        self._adjust_credit()
        self._part()
        out, self._out = self._out, []
        return out

    def wake_at(self, now: float) -> float:
        """Return when a Tick is needed at the latest."""
        times = [self.pool.next_start(), self.queue.opens_at]
        times += [min(child.ends_at, child.kill_at) for child in self.pool.children.values()]
        if self._serving:
            times += [session.wake_at() for session in self.sessions]
        if len(self.queue):
            times.append(now + _LOOK_AGAIN)
        return min(times)

    # ---- brokers --------------------------------------------------------------------------

    def _heard(self, event: ev.Heard, now: float) -> None:
        session = self.sessions[event.broker]
        if session.ended:
            return
        session.heard(now)
        if isinstance(event.message, Run):
            self._run(session, event.message, event.frames, now)
        else:
            self._messages[type(event.message)](session, event.message, now)

    def _welcome(self, session: Session, message: Welcome, now: float) -> None:
        if session.is_stranger(message) and session.welcomed:
            self._ready(session, now)
        session.greet(message, now)
        if not self._announced:
            self._announced = True
            self._out.append(ev.Announce(self.pool.usable, sorted(self.limits)))

    def _heartbeat(self, session: Session, message: Heartbeat, now: float) -> None:
        if session.is_stranger(message) and session.may_answer_who(now):
            self._ready(session, now)

    def _who(self, session: Session, _message: Who, now: float) -> None:
        if session.may_answer_who(now):
            self._ready(session, now)

    def _refused(self, session: Session, message: Refused, _now: float) -> None:
        self._note("the broker refused a message", broker=session.broker, code=message.code, message=message.message)

    def _drain(self, session: Session, _message: Drain, _now: float) -> None:
        session.drain()

    def _ready(self, session: Session, now: float) -> None:
        """Announce this worker; what the broker had given it before is void."""
        if not self._serving or session.ended:
            return
        self.queue.take_session(session.broker)
        session.announced(now, 0 if session.draining else self._credit())
        message = announcement(self.settings.name, self.incarnation, list(self.limits), self._engines, session.credit)
        self._out.append(ev.Send(session.broker, message))
        if session.draining:
            self._out.append(ev.Send(session.broker, Drain()))

    def _warned(self, event: ev.Warned, _now: float) -> None:
        self._out += [ev.Send(s.broker, Log(event.lines)) for s in self.sessions if s.welcomed and not s.ended]

    # ---- leases ---------------------------------------------------------------------------

    def _run(self, session: Session, run: Run, frames: Sequence[ev.Frame], now: float) -> None:
        # Time left counts from arrival; what may have lain in a buffer meanwhile is taken as having lain there.
        job = Job(session.broker, session.epoch, run, frames, now, now + run.left_ms / 1000 - session.lag)
        session.held[run.lease] = job
        if len(frames) != run.images + 1:
            self._fail(job, ErrorCode.INTERNAL, "the broker sent another number of frames than it named", now)
        elif run.op not in self.limits:
            self._fail(job, ErrorCode.UNKNOWN_OPERATION, f"this worker does not serve {run.op}", now)
        else:
            self.queue.add(job)

    def _stop(self, session: Session, message: Stop, now: float) -> None:
        job = session.held.get(message.lease)
        if job is None:
            return
        if self.queue.remove(job):
            self._fail(job, ErrorCode.CANCELLED, "cancelled while it waited", now)
            return
        for child in self.pool.busy:
            if job in child.batch and job not in child.stopped:
                child.stopped.append(job)
                child.kill_at = min(child.kill_at, now + _STOP_GRACE)

    def _answer(self, job: Job, answer: Answer, frames: Sequence[ev.Frame]) -> None:
        session = self.sessions[job.broker]
        if session.epoch == job.epoch and session.held.pop(job.run.lease, None) is not None:
            self._out.append(ev.Send(job.broker, answer, frames))

    def _fail(self, job: Job, code: ErrorCode, message: str, now: float) -> None:
        answer, body = failure(job, code, message, now)
        self._answer(job, answer, (body,))

    def _expire(self, job: Job, now: float) -> None:
        text = "its time was over before it started" if job.started is None else "its time was over while it ran"
        self._fail(job, ErrorCode.DEADLINE_EXCEEDED, text, now)

    # ---- children -------------------------------------------------------------------------

    def _warm(self, event: ev.Warm, _now: float) -> None:
        self.pool.warmed(event.child)
        self.limits = {operation.name: max(1, operation.max_batch) for operation in event.operations}
        self.pace.expect(operation.name for operation in event.operations if operation.reads_pictures)
        self._engines = list(event.engines)

    def _open(self, now: float) -> None:
        self._serving = True
        for session in self.sessions:
            self._ready(session, now)

    def _broken(self, event: ev.Broken, _now: float) -> None:
        if event.child in self.pool.children:
            self._out.append(ev.Exit(1, event.reason))

    def _reported(self, event: ev.Reported, _now: float) -> None:
        child = self.pool.children.get(event.child)
        if child is None or not 0 <= event.index < len(child.batch):
            return
        job = child.batch[event.index]
        session = self.sessions[job.broker]
        if job.run.updates and session.held.get(job.run.lease) is job:
            message = Progress(job.run.lease, images=len(event.frames) - 1)
            self._out.append(ev.Send(job.broker, message, event.frames))

    def _finished(self, event: ev.Finished, now: float) -> None:
        child = self.pool.children.get(event.child)
        if child is None:
            return
        if len(event.outcomes) != len(child.batch):
            self._out.append(ev.Kill(child.number))
            self._lose(child, "the engine process answered another number of jobs than it had", False, now)
            return
        batch = self.pool.release(child)
        for job, (outcome, frames) in zip(batch, event.outcomes, strict=True):
            self.pace.add(job.run.op, (now - child.started) / len(batch))
            self._answer(job, from_outcome(job, outcome), frames)
        self._recycle(child, event, now)

    def _recycle(self, child: Child, event: ev.Finished, now: float) -> None:
        """Replace a child that can do no more; those that have worked or grown enough, one at a time."""
        jobs, most = self.settings.recycle_jobs, self.settings.recycle_mb
        worn = (jobs and child.answered >= jobs) or (most and event.grown_mb >= most)
        if event.lost or (worn and self.pool.usable == len(self.pool.slots)):
            self.pool.remove(child, now, failed=False)
            self._out.append(ev.Retire(child.number))
            self._start_children(now)

    def _gone(self, event: ev.Gone, now: float) -> None:
        child = self.pool.children.get(event.child)
        if child is not None:
            self._lose(child, event.reason, event.memory, now)

    def _lose(self, child: Child, reason: str, memory: bool, now: float) -> None:
        """A child failed: its only job is the culprit; of several, each runs again alone."""
        stopped = child.stopped
        batch = self.pool.remove(child, now, failed=True)
        self._note("an engine process ended", reason=reason, requests=[job.run.id for job in batch])
        if len(batch) == 1 and batch[0] not in stopped:
            code = ErrorCode.OUT_OF_MEMORY if memory else ErrorCode.ENGINE_CRASHED
            self._fail(batch[0], code, f"the engine process ended: {reason}", now)
        else:
            self._split(batch, stopped, now)
        self._start_children(now)

    def _split(self, batch: list[Job], stopped: list[Job], now: float, *, alone: bool = True) -> None:
        """End the jobs of a lost batch that are stopped or out of time; the others wait again."""
        again = []
        for job in batch:
            if job in stopped:
                self._fail(job, ErrorCode.CANCELLED, "cancelled while it ran", now)
            elif job.deadline <= now:
                self._expire(job, now)
            elif self.sessions[job.broker].epoch == job.epoch:
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
            self._expire(batch[0], now)
        else:
            self._split(batch, stopped, now, alone=late)

    def _start_children(self, now: float) -> None:
        self._out += [ev.Start(number) for number in self.pool.start_due(now)]

    # ---- time and order -------------------------------------------------------------------

    def _tick(self, _event: ev.Tick, now: float) -> None:
        for job in self.queue.take_expired(now):
            self._expire(job, now)
        for child in self.pool.overdue(now):
            self._end_batch(child, now)
        self._start_children(now)
        for session in self.sessions if self._serving else ():
            self._keep_alive(session, now)

    def _keep_alive(self, session: Session, now: float) -> None:
        if session.is_silent(now):
            self._out.append(ev.Reconnect(session.broker))
            session.heard_at = now
            self._ready(session, now)
        elif session.wants_ready(now):
            self._ready(session, now)
        elif session.beat_due(now):
            message = Heartbeat(busy=sum(len(c.batch) for c in self.pool.busy), children=self.pool.usable)
            self._out.append(ev.Send(session.broker, message))

    def _dispatch(self, now: float) -> None:
        while self.pool.idle and len(self.queue):
            batch = self.queue.next_batch(now, self.limits)
            if not batch:
                return
            alive = [job for job in batch if job.deadline > now]
            for job in batch:
                if job.deadline <= now:
                    self._expire(job, now)
            if alive:
                self._give(alive, now)

    def _give(self, batch: list[Job], now: float) -> None:
        child = self.pool.idle[-1]
        longest = now + self.settings.job_seconds * len(batch)
        self.pool.give(child, batch, now, min(longest, *(job.deadline for job in batch)))
        jobs = [(job.run, job.deadline - now, job.frames) for job in batch]
        self._out.append(ev.Work(child.number, batch[0].run.op, jobs))

    def _credit(self) -> int:
        return self.pace.credit(self.pool.usable, max(self.limits.values(), default=1))

    def _adjust_credit(self) -> None:
        credit, usable = self._credit(), self.pool.usable
        for session in self.sessions:
            if session.welcomed and not session.draining and material(session.credit, credit, usable):
                session.credit = credit
                self._out.append(ev.Send(session.broker, Credit(credit)))

    # ---- leaving --------------------------------------------------------------------------

    def _leave(self, _event: ev.Leave, _now: float) -> None:
        if self.leaving:
            self._out.append(ev.Exit(143, "asked twice to end"))
        self.leaving = True
        for session in self.sessions:
            message = session.drain()
            if message is not None and session.welcomed:
                self._out.append(ev.Send(session.broker, message))

    def _part(self) -> None:
        """Say bye where a drained session holds nothing more; end after the last."""
        parted = False
        for session in self.sessions:
            if session.draining and not session.ended and not session.held:
                session.ended = parted = True
                if session.welcomed:
                    self._out.append(ev.Send(session.broker, Bye()))
        if parted and all(session.ended for session in self.sessions):
            self._out.append(ev.Exit(0, "drained"))

    def _note(self, event: str, **fields: Any) -> None:
        self._out.append(ev.Note(event, fields))
