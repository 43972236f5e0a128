"""The engine process: loads engines, shuts itself in, then works until its socket closes.

Started by the worker as `python -m visionmq.worker.child`; talks over the inherited socket only.
"""

import argparse
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from visionmq.engine.api import Engine, EngineError
from visionmq.schemas.codec import encode
from visionmq.schemas.common import ProgressReport
from visionmq.worker import sandbox
from visionmq.worker.channel import ChildEnd
from visionmq.worker.childwire import Batch, IsBroken, IsWarm, Line, Outcomes, Report, to_child
from visionmq.worker.events import Batchable
from visionmq.worker.runner import run_batch, table

if TYPE_CHECKING:
    from visionmq.engine.shared import Shared

_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1024**2


class Memory:
    """Resident memory of this process; keeps the file open, as the sandbox lets none be opened."""

    def __init__(self) -> None:
        try:
            self._handle = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._handle = -1
        self._warm = self._resident()

    def _resident(self) -> float:
        if self._handle < 0:
            return 0.0
        return int(os.pread(self._handle, 100, 0).split()[1]) * _PAGE_MB

    def grown_mb(self) -> float:
        """Return the growth since this object was made, in MiB."""
        return round(self._resident() - self._warm, 1)


def _log_to(channel: ChildEnd, lock: threading.Lock) -> None:
    """Have all log lines go to the parent: here not even a log file may grow."""

    def send(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        level, text = str(event.pop("level")), str(event.pop("event"))
        line = Line(level, text, {key: str(value) for key, value in event.items()})
        with lock:
            channel.send([encode(line)])
        raise structlog.DropEvent

    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, send],
        wrapper_class=structlog.make_filtering_bound_logger(20),
    )


def load(names: Sequence[str], shared: "Shared") -> tuple[list[Engine], list[str]]:
    """Return the engines that could be loaded, and why others could not."""
    engines, problems = [], []
    for name in names:
        try:
            engines.append(shared.engine(name))
        except EngineError as error:
            problems.append(f"{name}: {error}")
        except Exception as error:
            structlog.get_logger().error("an engine could not be loaded", engine=name, exc_info=True)
            problems.append(f"{name}: {type(error).__name__}: {error}")
    return engines, problems


def _make_shared() -> "Shared":
    from visionmq.engine.shared import Shared

    return Shared()


def _one_thread() -> None:
    """Keep OpenCV from starting threads: each core has its own process."""
    cv2 = sys.modules.get("cv2")
    if cv2 is not None:
        cv2.setNumThreads(1)


def _prepare_imports(reads_pictures: bool) -> None:
    """Import now what would otherwise be imported behind the closed sandbox."""
    import traceback  # noqa: F401

    if reads_pictures:
        import visionmq.engine.picture  # noqa: F401


def serve(channel: ChildEnd, names: Sequence[str], *, job_mb: int, closed: bool) -> int:
    """Load, shut in, and work until the parent closes; return the exit status."""
    lock = threading.Lock()
    _log_to(channel, lock)
    shared = _make_shared()
    engines, problems = load(names, shared)
    served = table(engines)
    if not served:
        channel.send([encode(IsBroken("; ".join(problems) or "no engine was named"))])
        return 1
    _one_thread()
    _prepare_imports(any(row.spec.reads_pictures for row in served.values()))
    memory = Memory()
    layers = sandbox.close(job_mb) if closed else ["no sandbox: switched off"]
    operations = [Batchable(row.spec.name, row.spec.max_batch, row.spec.reads_pictures) for row in served.values()]
    versions = [f"{engine.name}/{engine.version}" for engine in engines]
    with lock:
        channel.send([encode(IsWarm(operations, versions, layers, problems))])

    def report(index: int, said: ProgressReport) -> None:
        with lock:
            channel.send([encode(Report(index)), encode(said)])

    while (frames := channel.receive()) is not None:
        batch: Batch = to_child.decode(frames[0])
        ended = run_batch(served[batch.op], batch, frames[1:], report)
        head = Outcomes([outcome for outcome, _ in ended], memory.grown_mb(), shared.lost)
        answer: list[Any] = [encode(head)]
        for _, parts in ended:
            answer += parts
        with lock:
            channel.send(answer)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the engine process; its only user is the worker."""
    parser = argparse.ArgumentParser(prog="visionmq.worker.child", description=__doc__)
    parser.add_argument("--channel", type=int, required=True)
    parser.add_argument("--job-mb", type=int, required=True)
    parser.add_argument("--no-sandbox", action="store_true")
    parser.add_argument("engines", nargs="+")
    options = parser.parse_args(arguments)
    # Whoever stops the whole group means the parent, which lets us finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sandbox.die_with_parent()
    with socket.socket(fileno=options.channel) as sock:
        try:
            return serve(ChildEnd(sock), options.engines, job_mb=options.job_mb, closed=not options.no_sandbox)
        except (BrokenPipeError, ConnectionResetError):
            return 0


if __name__ == "__main__":
    sys.exit(main())
