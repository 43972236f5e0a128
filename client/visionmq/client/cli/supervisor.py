"""One broker and its workers as child processes: started, started again when they end, drained.

All that happens (a line printed, a process ended, a signal) comes through one queue to one
thread; the others only read pipes.
"""

import contextlib
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import msgspec

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 15.0
_STEADY: Final = 30.0
"""Seconds a program has to run before its next start comes without a pause."""


@dataclass(frozen=True, slots=True)
class Said:
    """A program printed an event."""

    name: str
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """A program ended."""

    name: str
    code: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants everything to end; the second time at once."""


@dataclass(slots=True)
class Program:
    """One supervised program; `arguments` are those of its next start."""

    name: str
    arguments: list[str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    pause: float = 0.0
    due: float | None = None
    """When to start it again; None while it runs or is not wanted."""

    def next_pause(self, now: float) -> float:
        """Return the seconds before the next start: doubling, none after a steady run."""
        steady = now - self.started_at > _STEADY
        self.pause = 0.0 if steady else min(_LONGEST_PAUSE, max(_FIRST_PAUSE, self.pause * 2))
        return self.pause


@dataclass(slots=True)
class Supervisor:
    """Runs programs until it is told to stop."""

    say: Callable[[str], None]
    events: "queue.SimpleQueue[Said | Ended | Stop]" = field(default_factory=queue.SimpleQueue)
    programs: dict[str, Program] = field(default_factory=dict)

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start a program under a name."""
        program = self.programs[name] = Program(name, list(arguments))
        self._launch(program)

    def _launch(self, program: Program) -> None:
        # Its own session: Ctrl-C reaches the supervisor only, which then drains in order.
        process = subprocess.Popen(
            [sys.executable, "-m", *program.arguments, "--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        program.process, program.started_at, program.due = process, monotonic(), None
        threading.Thread(target=self._listen, args=(program.name, process), daemon=True).start()

    def _listen(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                with contextlib.suppress(msgspec.MsgspecError):
                    self.events.put(Said(name, msgspec.json.decode(line, type=dict[str, Any])))
        self.events.put(Ended(name, process.wait()))

    def next_event(self, wait: float | None = None) -> Said | Ended | Stop | None:
        """Return what happens next; None after `wait` seconds, or when a program was started again."""
        due = [program.due for program in self.programs.values() if program.due is not None]
        limits = ([wait] if wait is not None else []) + [max(0.0, moment - monotonic()) for moment in due]
        try:
            event = self.events.get(timeout=min(limits, default=None))
        except queue.Empty:
            self._start_due()
            return None
        if isinstance(event, Ended):
            self._note_end(event)
        return event

    def _note_end(self, event: Ended) -> None:
        program = self.programs[event.name]
        process, program.process = program.process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()

    def restart_later(self, name: str) -> None:
        """Start an ended program again, after a pause that grows."""
        program, now = self.programs[name], monotonic()
        pause = program.next_pause(now)
        program.due = now + pause
        self.say(f"{name} ended; it is started again in {pause:.1f} s")

    def _start_due(self) -> None:
        now = monotonic()
        for program in self.programs.values():
            if program.due is not None and program.due <= now:
                self._launch(program)

    def running(self, names: Sequence[str] | None = None) -> list[Program]:
        """Return the programs that run now."""
        wanted = self.programs.values() if names is None else [self.programs[name] for name in names]
        return [program for program in wanted if program.process is not None]

    def drain(self, names: Sequence[str], *, seconds: float) -> None:
        """Ask programs to finish and end; kill what is still there after `seconds`, or at the next Stop."""
        for program in self.programs.values():
            program.due = None
        for program in self.running(names):
            assert program.process is not None
            program.process.terminate()
        until = monotonic() + seconds
        while self.running(names) and (left := until - monotonic()) > 0:
            if isinstance(self.next_event(left), Stop):
                break
        self._kill(names)

    def _kill(self, names: Sequence[str]) -> None:
        for program in self.running(names):
            assert program.process is not None
            self.say(f"{program.name} does not end; it is killed")
            program.process.kill()
        while self.running(names):
            self.next_event()
