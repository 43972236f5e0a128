"""A service of one's own: a broker and workers as child processes that end with this one.

Each child's stdin is a pipe from here: when this process ends, however it ends, the pipe closes
and they end too (`--exit-with-parent`). They listen on sockets that only this user can reach
(ipc, in a folder of mode 0700) where the system has them, else on loopback.
"""

import atexit
import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final

from visionmq.client.errors import ClosedError, Timeout

BUNDLES_VARIABLE: Final = "VISIONMQ_BUNDLES"
"""Folders of document templates that a worker loads, separated as in PATH."""
STORE_VARIABLE: Final = "VISIONMQ_STORE"
"""The store of a worker: a file, or `postgresql://USER:PASSWORD@HOST/NAME`; without it one in the user's data folder."""

_LAST_WORDS: Final = 40
_END_SECONDS: Final = 5.0
_EVERYWHERE: Final = frozenset({"part", "timestamp", "child", "child_pid"})
"""What every line of a log tells."""


class _Program:
    """One child: its process, the JSON lines it says, and the last lines of its log."""

    def __init__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.module = module
        self.log: deque[str] = deque(maxlen=_LAST_WORDS)
        self.said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C is for the caller's process, which then ends this one.
            start_new_session=True,
            env={**os.environ, **environment},
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self._hear, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._note, args=(self.process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _hear(self, stream: IO[bytes]) -> None:
        for line in stream:
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict):
                    self.said.put(said)
        self.said.put(None)

    def _note(self, stream: IO[bytes]) -> None:
        for line in stream:
            self.log.append(line.decode(errors="replace").rstrip())

    def expect(self, event: str, until: float) -> dict[str, Any]:
        """Wait for the line that says `event`; raises ClosedError or Timeout with the last log lines."""
        while True:
            try:
                said = self.said.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise Timeout(f"{self.module} was not ready in time.", hint=self._words(), stage="client") from None
            if said is None:
                self.process.wait(_END_SECONDS)
                self._readers[1].join(_END_SECONDS)
                raise ClosedError(
                    f"{self.module} ended with status {self.process.returncode} while starting.",
                    hint=self._words(),
                    stage="client",
                )
            if said.get("event") == event:
                return said

    def _words(self) -> str:
        if not self.log:
            return "It said nothing; try `visionmq doctor`."
        return "\n".join(["Its last words:", *map(_spoken, self.log)])

    def release(self) -> None:
        """Ask it to end, by closing its stdin."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()

    def wait(self, until: float) -> None:
        """Wait for its end; kill it if it takes longer."""
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join(_END_SECONDS)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def _spoken(line: str) -> str:
    """Return a line of a log as it is read: of an event its level, name and facts, but for what every line has."""
    try:
        facts = json.loads(line)
        level, event = facts.pop("level"), facts.pop("event")
    except (ValueError, KeyError, TypeError, AttributeError):
        return line
    told = [f"{name}={value}" for name, value in facts.items() if name not in _EVERYWHERE]
    return " ".join([f"{level}: {event}", *told])


class LocalService:
    """A broker and its workers, owned by this process."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.endpoint = ""
        self._programs: list[_Program] = []
        self._folder: str | None = None
        self._environment = dict(environment or {})
        self._lock = threading.Lock()
        atexit.register(self.close)

    def _run(self, module: str, *arguments: str) -> _Program:
        program = _Program(module, arguments, self._environment)
        self._programs.append(program)
        return program

    def _addresses(self) -> tuple[str, str]:
        if os.name != "posix":
            return "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"
        self._folder = tempfile.mkdtemp(prefix="visionmq-")  # mode 0700
        return f"ipc://{self._folder}/clients", f"ipc://{self._folder}/workers"

    def start(self, workers: int, options: Sequence[str], until: float) -> None:
        """Start all programs and wait until each is ready."""
        clients, inner = self._addresses()
        broker = self._run("visionmq.broker", "--clients", clients, "--workers", inner)
        bound = None
        if self._folder is None:
            bound = broker.expect("listening", until)
            inner = str(bound["workers"])
        # An ipc address is known beforehand: the workers load while the broker starts.
        started = [self._run("visionmq.worker", "--broker", inner, *options) for _ in range(workers)]
        bound = bound or broker.expect("listening", until)
        self.endpoint = str(bound["clients"])
        for worker in started:
            worker.expect("ready", until)

    def close(self) -> None:
        """End all programs, workers first, and wait for them; may be called twice."""
        with self._lock:
            programs, self._programs = self._programs, []
            for program in reversed(programs):
                program.release()
            until = time.monotonic() + _END_SECONDS
            for program in reversed(programs):
                program.wait(until)
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
            atexit.unregister(self.close)


def start(
    workers: int = 1,
    children: int | None = None,
    engines: Sequence[str] | None = None,
    *,
    bundles: Sequence[str | os.PathLike[str]] = (),
    store: str | os.PathLike[str] | None = None,
    start_seconds: float = 60.0,
) -> LocalService:
    """Start a broker and workers with `children` processes each, and return when they are ready.

    `bundles` are folders of document templates; without any, those of VISIONMQ_BUNDLES. `store` is the file or
    address of the store of faces and access; without one that of VISIONMQ_STORE.
    Raises ClosedError if one ends while starting, Timeout if they need longer than `start_seconds`.
    """
    options = [] if children is None else ["-n", str(children)]
    for engine in engines or ():
        options += ["--engine", engine]
    folders = os.pathsep.join(os.path.abspath(folder) for folder in bundles)
    given = {BUNDLES_VARIABLE: folders, STORE_VARIABLE: "" if store is None else _address(os.fspath(store))}
    service = LocalService({name: value for name, value in given.items() if value})
    try:
        service.start(workers, options, time.monotonic() + start_seconds)
    except BaseException:
        service.close()
        raise
    return service


def _address(store: str) -> str:
    """Return a store's address that is the same from any folder."""
    return store if "://" in store else os.path.abspath(store)
