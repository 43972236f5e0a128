"""The fault engine that also says when each job started, through a pipe the sandbox lets it keep."""

import os
import time
from collections.abc import Sequence

from tests.faults.engine import FaultEngine
from visionmq.engine.api import Answer, EngineError, Job

RECORD = "VISIONMQ_FAULT_RECORD"
"""Environment variable: path of the named pipe."""


class RecordingEngine(FaultEngine):
    """Write `REQUEST_ID MONOTONIC_SECONDS` before each job; one line is one atomic write."""

    _record = -1

    def load(self) -> None:
        super().load()
        self._record = os.open(os.environ[RECORD], os.O_WRONLY)

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        outcomes: list[Answer | EngineError] = []
        for job in jobs:
            os.write(self._record, f"{job.request_id} {time.monotonic():.6f}\n".encode())
            outcomes += super().run(operation, [job])
        return outcomes
