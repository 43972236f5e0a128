"""The leases of all sessions: each ends in exactly one answer, or unanswered with its session."""

from collections.abc import Sequence

from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.messages import Answer, Progress
from visionmq.worker import events as ev
from visionmq.worker.answers import failure
from visionmq.worker.jobs import Job
from visionmq.worker.session import Session


class Leases:
    """Answers to what the sessions hold; what is to be sent is put into `out`."""

    def __init__(self, sessions: Sequence[Session], out: list[ev.Action]) -> None:
        self._sessions, self._out = sessions, out

    def is_wanted(self, job: Job) -> bool:
        """Whether the session that gave this job still lasts."""
        return self._sessions[job.broker].epoch == job.epoch

    def answer(self, job: Job, answer: Answer, frames: Sequence[ev.Frame]) -> None:
        """End a lease by this answer, with body and image frames; nothing happens if it has ended."""
        session = self._sessions[job.broker]
        if session.epoch == job.epoch and session.held.pop(job.run.lease, None) is not None:
            self._out.append(ev.Send(job.broker, answer, frames))

    def fail(self, job: Job, code: ErrorCode, message: str, now: float) -> None:
        """End a lease by an error that no engine told."""
        answer, body = failure(job, code, message, now)
        self.answer(job, answer, (body,))

    def expire(self, job: Job, now: float) -> None:
        """End a lease whose time is over."""
        text = "its time was over before it started" if job.started is None else "its time was over while it ran"
        self.fail(job, ErrorCode.DEADLINE_EXCEEDED, text, now)

    def report(self, job: Job, frames: Sequence[ev.Frame]) -> None:
        """Pass on a job's progress, with body and image frames, if its lease lasts and somebody asked for it."""
        if job.run.updates and self._sessions[job.broker].held.get(job.run.lease) is job:
            self._out.append(ev.Send(job.broker, Progress(job.run.lease, images=len(frames) - 1), frames))
