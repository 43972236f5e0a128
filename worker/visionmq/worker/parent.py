"""The worker's shell: polls sockets and children, tells the core, does what it says.

Never opens a picture or a body, and never waits for anything but the poll: no engine, however
stuck, can silence it.
"""

import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Final

import msgspec
import structlog
import zmq

from visionmq.schemas.codec import ProtocolError, decode_to_worker, encode
from visionmq.wire.keys import Identity
from visionmq.worker import childwire as cw
from visionmq.worker import events as ev
from visionmq.worker.bell import Bell
from visionmq.worker.channel import ChannelError
from visionmq.worker.core import Core
from visionmq.worker.link import Link
from visionmq.worker.process import EngineProcess, describe
from visionmq.worker.relay import Relay
from visionmq.worker.settings import Settings

_DRAIN_AT_ONCE: Final = 256
_LONGEST_POLL: Final = 0.5
_REAP_AGAIN: Final = 0.005
_IN: Final = int(zmq.POLLIN)
_IN_OUT: Final = int(zmq.POLLIN | zmq.POLLOUT)
_DEATH_PATIENCE: Final = 1.0
"""Seconds a child may take to end after it has closed its socket."""
_log = structlog.get_logger()


class Worker:
    """One worker process; `run` returns its exit status."""

    def __init__(self, settings: Settings, identity: Identity | None, relay: Relay) -> None:
        self._settings, self._relay = settings, relay
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._links = [Link(self._context, endpoint, identity) for endpoint in settings.brokers]
        self._core = Core(settings, secrets.token_hex(8))
        self._children: dict[ev.ChildId, EngineProcess] = {}
        self._ended: dict[ev.ChildId, float] = {}
        """Children whose socket is closed, and since when."""
        self._leaving: list[EngineProcess] = []
        """Killed and retired children that are not reaped yet."""
        self._status: int | None = None
        self._actions: dict[type[Any], Callable[[Any], None]] = {
            ev.Send: lambda do: self._links[do.broker].send(do.message, do.frames),
            ev.Reconnect: self._reconnect,
            ev.Start: self._start,
            ev.Work: self._work,
            ev.Kill: lambda do: self._part(do.child, EngineProcess.kill),
            ev.Retire: lambda do: self._part(do.child, EngineProcess.retire),
            ev.Announce: self._announce,
            ev.Note: lambda do: _log.warning(do.event, **do.fields),
            ev.Exit: self._exit,
        }

    def run(self) -> int:
        """Serve until drained, told to end twice, or without any engine; return the exit status."""
        with ExitStack() as stack:
            stack.callback(self._close)
            bell = Bell(stack)
            while self._status is None:
                self._turn(bell)
            return self._status

    def _turn(self, bell: Bell) -> None:
        now = time.monotonic()
        if now >= self._core.wake_at(now):
            self._tell(ev.Tick())
        lines = self._relay.take(now)
        if lines:
            self._tell(ev.Warned(lines))
        ready = self._poll(bell.fd, now)
        if bell.fd in ready:
            for _ in range(bell.count()):
                self._tell(ev.Leave())
        if self._settings.exit_with_parent and 0 in ready and not os.read(0, 4096):
            self._exit(ev.Exit(0, "the starter has ended"))
        self._reap()
        for number, child in list(self._children.items()):
            if child.fd in ready:
                self._hear_child(number, child)
        for broker, link in enumerate(self._links):
            link.flush()
            self._hear_broker(broker, link)

    def _poll(self, bell: int, now: float) -> set[int]:
        """Wait until there is something to do; return the descriptors that have news."""
        wait = min(_LONGEST_POLL, max(0.0, self._core.wake_at(now) - now))
        if self._ended or self._leaving:
            wait = min(wait, _REAP_AGAIN)
        watched: list[tuple[Any, int]] = [(bell, _IN)]
        if self._settings.exit_with_parent:
            watched.append((0, _IN))
        watched += [(link.socket, _IN_OUT if link.pending else _IN) for link in self._links]
        for number, child in self._children.items():
            if number not in self._ended:
                watched.append((child.fd, _IN_OUT if child.channel.pending else _IN))
        # A whole millisecond at least, unless something is due: a zero would make the loop spin.
        found = zmq.zmq_poll(watched, 0 if wait <= 0 else int(wait * 1000) + 1)
        return {item for item, _ in found if isinstance(item, int)}

    def _tell(self, event: ev.Event) -> None:
        for action in self._core.handle(event, time.monotonic()):
            self._actions[type(action)](action)

    # ---- brokers --------------------------------------------------------------------------

    def _hear_broker(self, broker: ev.BrokerId, link: Link) -> None:
        for _ in range(_DRAIN_AT_ONCE):
            frames = link.receive()
            if frames is None:
                return
            try:
                message = decode_to_worker(frames[0].buffer)
            except ProtocolError as error:
                _log.warning("a message of the broker cannot be read", reason=str(error))
                continue
            self._tell(ev.Heard(broker, message, frames[1:]))

    def _reconnect(self, do: ev.Reconnect) -> None:
        self._links[do.broker].reconnect()
        _log.warning("the broker was silent; connecting anew", broker=self._settings.brokers[do.broker])

    def _announce(self, do: ev.Announce) -> None:
        line = {"event": "ready", "pid": os.getpid(), "children": do.children, "operations": do.operations}
        sys.stdout.write(encode(line).decode() + "\n")
        sys.stdout.flush()

    def _exit(self, do: ev.Exit) -> None:
        if self._status is None:
            self._status = do.status
            (_log.error if do.status == 1 else _log.info)("the worker ends", reason=do.reason)

    # ---- children -------------------------------------------------------------------------

    def _start(self, do: ev.Start) -> None:
        try:
            child = self._children[do.child] = EngineProcess(self._settings)
        except OSError as error:
            self._tell(ev.Gone(do.child, f"it could not be started: {error}"))
            return
        _log.info("an engine process starts", child=do.child, child_pid=child.pid)

    def _work(self, do: ev.Work) -> None:
        now = time.monotonic()
        heads = [
            cw.JobHead(run.id, now + left, len(frames) - 1, run.key, run.user, run.updates)
            for run, left, frames in do.jobs
        ]
        parts: list[Any] = [encode(cw.Batch(do.operation, heads))]
        for _, _, frames in do.jobs:
            parts += [frame.buffer if isinstance(frame, zmq.Frame) else frame for frame in frames]
        child = self._children[do.child]
        try:
            child.channel.send(parts)
        except ChannelError:
            self._ended.setdefault(do.child, time.monotonic())

    def _hear_child(self, number: ev.ChildId, child: EngineProcess) -> None:
        try:
            if child.channel.pending:
                child.channel.flush()
            while number in self._children and number not in self._ended:
                frames = child.channel.receive()
                if frames is None:
                    return
                self._from_child(number, cw.from_child.decode(frames[0]), frames[1:])
        except ChannelError:
            self._ended.setdefault(number, time.monotonic())
        except msgspec.MsgspecError as error:
            _log.error("an engine process does not keep to the format", reason=str(error))
            self._ended.setdefault(number, time.monotonic() - _DEATH_PATIENCE)

    def _from_child(self, number: ev.ChildId, head: cw.FromChild, frames: Sequence[memoryview]) -> None:
        match head:
            case cw.Outcomes():
                self._tell(ev.Finished(number, _share(head.outcomes, frames), head.grown_mb, head.lost))
            case cw.Report():
                self._tell(ev.Reported(number, head.index, frames))
            case cw.Line():
                getattr(_log, head.level if head.level in {"info", "warning"} else "error")(head.event, **head.fields)
            case cw.IsWarm():
                for problem in head.problems:
                    _log.warning("an engine could not be loaded", reason=problem)
                _log.info("an engine process is warm", child=number, sandbox=head.sandbox)
                self._tell(ev.Warm(number, head.operations, head.engines))
            case cw.IsBroken():
                self._tell(ev.Broken(number, head.reason))

    def _part(self, number: ev.ChildId, how: Callable[[EngineProcess], None]) -> None:
        child = self._children.pop(number, None)
        if child is None:
            return
        self._ended.pop(number, None)
        how(child)
        self._leaving.append(child)

    def _reap(self) -> None:
        """Tell the core how ended children ended, once the kernel says so; collect the others."""
        self._leaving = [child for child in self._leaving if child.reap() is None]
        for number, since in list(self._ended.items()):
            child = self._children[number]
            status = child.reap()
            if status is None and time.monotonic() < since + _DEATH_PATIENCE:
                continue
            del self._ended[number], self._children[number]
            child.kill()
            self._leaving.append(child)
            reason, memory = describe(status)
            self._tell(ev.Gone(number, reason, memory))

    def _close(self) -> None:
        for child in self._children.values():
            child.kill()
        for child in [*self._children.values(), *self._leaving]:
            child.wait(2.0)
        for link in self._links:
            link.close()
        self._context.term()


def _share(outcomes: Sequence[ev.Outcome], frames: Sequence[memoryview]) -> list[tuple[ev.Outcome, list[memoryview]]]:
    """Give each outcome its body and image frames."""
    shared, at = [], 0
    for outcome in outcomes:
        end = at + 1 + outcome.images
        shared.append((outcome, list(frames[at:end])))
        at = end
    return shared
