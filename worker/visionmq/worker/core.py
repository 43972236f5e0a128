"""The worker's mind: leases in, work for children and answers out; no socket, no process, no clock.

Each lease of a session ends in exactly one answer, unless the session itself ends: a broker that
asks `who`, or has another instance, has forgotten its leases, and gets no answers to them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.messages import Bye, Credit, Drain, Heartbeat, Log, Refused, Run, Stop, Welcome, Who
from visionmq.worker import events as ev
from visionmq.worker.answers import announcement
from visionmq.worker.credit import material
from visionmq.worker.crew import Crew
from visionmq.worker.jobs import Job
from visionmq.worker.leases import Leases
from visionmq.worker.session import Session
from visionmq.worker.settings import Settings


class Core:
    """One worker: its sessions with brokers lead, its crew of children follows."""

    def __init__(self, settings: Settings, incarnation: str) -> None:
        self.settings = settings
        self.incarnation = incarnation
        self.sessions = [Session(number) for number in range(len(settings.brokers))]
        self._out: list[ev.Action] = []
        self._leases = Leases(self.sessions, self._out)
        self.crew = Crew(settings, self._leases, self._out)
        self.leaving = False
        self._serving = False
        self._announced = False
        self._handlers: dict[type[Any], Callable[[Any, float], None]] = {
            ev.Heard: self._heard,
            ev.Warm: self.crew.warm,
            ev.Broken: self.crew.broken,
            ev.Reported: self.crew.reported,
            ev.Finished: self.crew.finished,
            ev.Gone: self.crew.gone,
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
        if not self._serving and self.crew.pool.settled:
            self._open(now)
        self.crew.dispatch(now)
        self._adjust_credit()
        self._part()
        out = self._out.copy()
        self._out.clear()
        return out

    def wake_at(self, now: float) -> float:
        """Return when a Tick is needed at the latest."""
        times = [self.crew.wake_at(now)]
        if self._serving:
            times += [session.wake_at() for session in self.sessions]
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
            self._out.append(ev.Announce(self.crew.pool.usable, sorted(self.crew.limits)))

    def _heartbeat(self, session: Session, message: Heartbeat, now: float) -> None:
        if session.is_stranger(message) and session.may_answer_who(now):
            self._ready(session, now)

    def _who(self, session: Session, _message: Who, now: float) -> None:
        if session.may_answer_who(now):
            self._ready(session, now)

    def _refused(self, session: Session, message: Refused, _now: float) -> None:
        fields = {"broker": session.broker, "code": message.code, "message": message.message}
        self._out.append(ev.Note("the broker refused a message", fields))

    def _drain(self, session: Session, _message: Drain, _now: float) -> None:
        session.drain()

    def _ready(self, session: Session, now: float) -> None:
        """Announce this worker; what the broker had given it before is void."""
        if not self._serving or session.ended:
            return
        self.crew.queue.take_session(session.broker)
        session.announced(now, 0 if session.draining else self.crew.credit())
        message = announcement(
            self.settings.name, self.incarnation, list(self.crew.limits), self.crew.engines, session.credit
        )
        self._out.append(ev.Send(session.broker, message))
        if session.draining:
            self._out.append(ev.Send(session.broker, Drain()))

    def _warned(self, event: ev.Warned, _now: float) -> None:
        self._out += [ev.Send(s.broker, Log(event.lines)) for s in self.sessions if s.welcomed and not s.ended]

    def _open(self, now: float) -> None:
        self._serving = True
        for session in self.sessions:
            self._ready(session, now)

    # ---- leases ---------------------------------------------------------------------------

    def _run(self, session: Session, run: Run, frames: Sequence[ev.Frame], now: float) -> None:
        # Time left counts from arrival; what may have lain in a buffer meanwhile is taken as having lain there.
        job = Job(session.broker, session.epoch, run, frames, now, now + run.left_ms / 1000 - session.lag)
        session.held[run.lease] = job
        if len(frames) != run.images + 1:
            self._leases.fail(job, ErrorCode.INTERNAL, "the broker sent another number of frames than it named", now)
        elif run.op not in self.crew.limits:
            self._leases.fail(job, ErrorCode.UNKNOWN_OPERATION, f"this worker does not serve {run.op}", now)
        else:
            self.crew.queue.add(job)

    def _stop(self, session: Session, message: Stop, now: float) -> None:
        job = session.held.get(message.lease)
        if job is not None:
            self.crew.stop(job, now)

    # ---- time and order -------------------------------------------------------------------

    def _tick(self, _event: ev.Tick, now: float) -> None:
        self.crew.tick(now)
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
            message = Heartbeat(busy=self.crew.at_work(), children=self.crew.pool.usable)
            self._out.append(ev.Send(session.broker, message))

    def _adjust_credit(self) -> None:
        credit, usable = self.crew.credit(), self.crew.pool.usable
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
