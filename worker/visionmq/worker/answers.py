"""What a worker says about itself and its jobs: announcements and answers."""

import os
import platform
from collections.abc import Sequence

from visionmq.schemas.codec import encode
from visionmq.schemas.errors import ErrorCode, make_error
from visionmq.schemas.limits import MAX_NAME_LENGTH, PROTOCOL_VERSION
from visionmq.schemas.messages import Answer, Ready, State
from visionmq.wire import AGENT
from visionmq.worker.events import Outcome
from visionmq.worker.jobs import Job


def announcement(name: str, incarnation: str, operations: Sequence[str], engines: Sequence[str], credit: int) -> Ready:
    """Return the message that opens a session."""
    return Ready(
        v=PROTOCOL_VERSION,
        name=name,
        incarnation=incarnation,
        ops=sorted(operations),
        credit=credit,
        agent=AGENT,
        host=(platform.node() or "unknown")[:MAX_NAME_LENGTH],
        pid=os.getpid(),
        engines=list(engines),
    )


def failure(job: Job, code: ErrorCode, message: str, now: float) -> tuple[Answer, bytes]:
    """Return the answer and body of a job that ends without an engine's word."""
    error = make_error(code, message, stage="worker", request_id=job.run.id)
    state = State.CANCELLED if code is ErrorCode.CANCELLED else State.FAILED
    waited = (now if job.started is None else job.started) - job.arrived
    ran = 0.0 if job.started is None else now - job.started
    return Answer(job.run.lease, state, code=code, wait_ms=_ms(waited), run_ms=_ms(ran)), encode(error)


def from_outcome(job: Job, outcome: Outcome) -> Answer:
    """Return the answer for what a child said of a job."""
    return Answer(
        job.run.lease,
        State.DONE if outcome.ok else State.FAILED,
        images=outcome.images,
        code=outcome.code,
        wait_ms=_ms((job.started or job.arrived) - job.arrived),
        decode_ms=max(0.0, outcome.decode_ms),
        run_ms=max(0.0, outcome.run_ms),
        plan=outcome.plan,
    )


def _ms(seconds: float) -> float:
    return round(max(0.0, seconds) * 1000, 3)
