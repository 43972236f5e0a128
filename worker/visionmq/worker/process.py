"""The parent's handle on one engine process."""

import os
import signal
import socket
import subprocess
import sys
from typing import Final

from visionmq.schemas.limits import MAX_PIXELS
from visionmq.worker.channel import ParentEnd
from visionmq.worker.settings import Settings

_ONE_THREAD: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
_LIMITS: Final = {"MALLOC_ARENA_MAX": "2", "OPENCV_IO_MAX_IMAGE_PIXELS": str(MAX_PIXELS)}
"""OpenCV reads its limit when it is imported; fewer arenas give memory back sooner."""
_SOCKET_BUFFER: Final = 4 << 20
"""Asked of the kernel, which may give less; a larger one means fewer turns for a big picture."""


def _environment() -> dict[str, str]:
    return {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), **_LIMITS}


class EngineProcess:
    """A running child and our end of its socket; `close` leaves neither behind."""

    def __init__(self, settings: Settings) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        for sock in (ours, theirs):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
        command = [sys.executable, "-m", "visionmq.worker.child", "--channel", str(theirs.fileno())]
        command += ["--job-mb", str(settings.job_mb), *([] if settings.sandbox else ["--no-sandbox"])]
        try:
            self._process = subprocess.Popen(
                [*command, "--", *settings.engines],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno() if sys.stderr is not None else subprocess.DEVNULL,
                env=_environment(),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self.channel = ParentEnd(ours)
        self.fd = ours.fileno()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def kill(self) -> None:
        """End the process now, and close our end."""
        self._process.kill()
        self.channel.sock.close()

    def retire(self) -> None:
        """Let an idle process end by itself: it sees the closed socket."""
        self.channel.sock.close()

    def reap(self) -> int | None:
        """Return the exit status if the process has ended, without waiting."""
        return self._process.poll()

    def wait(self, seconds: float) -> None:
        """Wait for the end; kill after so many seconds."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def describe(status: int | None) -> tuple[str, bool]:
    """Say how a child ended, and whether the kernel most likely ended it for its memory."""
    if status is None:
        return "it closed its socket", False
    if status >= 0:
        return f"it exited with status {status}", False
    name = signal.Signals(-status).name
    # We kill only children that the core has forgotten: another SIGKILL is the kernel's, short of memory.
    if -status == signal.SIGKILL:
        return f"{name}, most likely by the kernel for want of memory", True
    return name, False
