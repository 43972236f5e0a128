"""An engine that misbehaves on demand; `tests.faults.engine:FaultEngine`."""

import ctypes
import hashlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec
from visionmq.schemas.common import Params, ProgressReport
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_IMAGES


class FaultParams(Params, frozen=True, kw_only=True):
    """What a test asks for; each operation uses some of it."""

    seconds: float = 0.0
    text: str = ""
    value: int = 0


class Said(Struct, frozen=True):
    """The answer of all operations."""

    text: str
    pass_back: Any = None


def _digest(job: Job) -> str:
    params = job.params
    assert isinstance(params, FaultParams)
    whole = hashlib.sha256()
    for frame in job.frames:
        whole.update(frame)
    whole.update(params.text.encode())
    return whole.hexdigest()


def _sha256(job: Job) -> str:
    return _digest(job)


def _sleep(job: Job) -> str:
    time.sleep(job.params.seconds)  # type: ignore[attr-defined]
    return "slept"


def _hang(_job: Job) -> str:
    while True:
        time.sleep(3600)


def _gil(_job: Job) -> str:
    re.match(r"(a+)+$", "a" * 64 + "b")  # holds the interpreter lock for longer than the universe has
    return "unreachable"


def _crash(_job: Job) -> str:
    ctypes.string_at(0)
    return "unreachable"


def _abort(_job: Job) -> str:
    os.abort()


def _oom(_job: Job) -> str:
    hoard = []
    while True:
        hoard.append(bytearray(64 << 20))


def _mixed(job: Job) -> str:
    """Crash if the text says so, else answer: what a batch with one culprit is made of."""
    if job.params.text == "crash":  # type: ignore[attr-defined]
        ctypes.string_at(0)
    return _digest(job)


def _fail(job: Job) -> str:
    raise RuntimeError(job.params.text)  # type: ignore[attr-defined]


def _progress(job: Job) -> str:
    for step in range(3):
        job.progress(ProgressReport("step", step / 2))
    return "done"


def _child(_job: Job) -> str:
    return str(os.getpid())


def _escape(job: Job) -> str:
    """Try what the sandbox refuses; answer `refused: ERROR` or `escaped`."""
    ways: dict[str, Callable[[], object]] = {
        "read": lambda: open("/etc/hostname").close(),
        "write": lambda: open("/tmp/visionmq-escaped", "w").close(),
        "socket": socket.socket,
        "pair": socket.socketpair,
        "exec": lambda: os.execv(sys.executable, [sys.executable, "-c", "pass"]),
        "run": lambda: subprocess.run(["/bin/true"], check=True),
        "fork": lambda: os.waitpid(os.fork() or os._exit(0), 0),  # type: ignore[func-returns-value]
        "kill": lambda: os.kill(os.getppid(), 0),
        "unlink": lambda: os.unlink("/tmp/visionmq-absent"),
        "listdir": lambda: os.listdir("/"),
    }
    try:
        ways[job.params.text]()  # type: ignore[attr-defined]
    except OSError as error:
        return f"refused: {type(error).__name__}"
    return "escaped"


_ACTS: dict[str, Callable[[Job], str]] = {
    "test.sha256": _sha256,
    "test.sleep": _sleep,
    "test.hang": _hang,
    "test.gil": _gil,
    "test.crash": _crash,
    "test.abort": _abort,
    "test.oom": _oom,
    "test.mixed": _mixed,
    "test.fail": _fail,
    "test.progress": _progress,
    "test.pid": _child,
    "test.escape": _escape,
}


class FaultEngine:
    """Answers digests, and sleeps, hangs, crashes and hoards when asked."""

    name = "fault"
    version = "1"

    def operations(self) -> Sequence[OperationSpec]:
        return [
            OperationSpec(
                name,
                FaultParams,
                most_images=MAX_IMAGES,
                reads_pictures=False,
                max_batch=8 if name in {"test.mixed", "test.sha256"} else 1,
            )
            for name in _ACTS
        ]

    def capabilities(self) -> Sequence[Capability]:
        return ()

    def load(self) -> None:
        pass

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        outcomes: list[Answer | EngineError] = []
        for job in jobs:
            if not isinstance(job.params, FaultParams):
                outcomes.append(EngineError(ErrorCode.INTERNAL, "other parameters"))
                continue
            outcomes.append(Answer(Said(_ACTS[operation](job), job.params.pass_back)))
        return outcomes
