"""The engine behind `system.*`: proves that a worker lives, and measures the way to it.

Imports neither NumPy nor OpenCV, so that a worker of this engine alone is light.
"""

import os
import time
from collections.abc import Sequence
from importlib import metadata
from typing import Final

from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_IMAGES
from visionmq.schemas.system import Echo, EchoParams, PingParams, Pong

_PING: Final = OperationSpec("system.ping", PingParams, reads_pictures=False)
_ECHO: Final = OperationSpec("system.echo", EchoParams, most_images=MAX_IMAGES, reads_pictures=False, max_batch=8)


class SystemEngine:
    """Answers pings, and echoes frames unopened."""

    name = "system"
    version = "1"

    def __init__(self) -> None:
        self._agent = "visionmq"

    def operations(self) -> Sequence[OperationSpec]:
        """Return `system.ping` and `system.echo`."""
        return _PING, _ECHO

    def capabilities(self) -> Sequence[Capability]:
        """Return that nothing is needed."""
        return (Capability("system", True, "part of visionmq"),)

    def load(self) -> None:
        """Look up this release's number, which a pong states."""
        try:
            self._agent = f"visionmq/{metadata.version('visionmq')}"
        except metadata.PackageNotFoundError:  # a source tree on the path, not installed
            self._agent = "visionmq/0+source"

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return one answer a job, in order."""
        act = self._ping if operation == _PING.name else _echo
        return [act(job) for job in jobs]

    def _ping(self, job: Job) -> Answer:
        return Answer(Pong(agent=self._agent, pid=os.getpid(), pass_back=job.params.pass_back))


def _echo(job: Job) -> Answer | EngineError:
    if not isinstance(job.params, EchoParams):
        return EngineError(ErrorCode.INTERNAL, "system.echo was given other parameters", stage="system")
    if job.params.sleep_ms:
        time.sleep(min(job.params.sleep_ms / 1000, max(job.time_left, 0.0)))
    frames = [bytes(frame) for frame in job.frames]
    return Answer(Echo(job.params.text, [len(frame) for frame in frames], job.params.pass_back), images=frames)
