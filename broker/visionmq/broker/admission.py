"""Which requests are let in: every reason to refuse one before it is accepted."""

from collections.abc import Sequence

from visionmq.broker.drain import Drain
from visionmq.broker.fair import FairQueue
from visionmq.broker.forecast import Forecast
from visionmq.broker.policy import Rates, Refusal, refuse_operation
from visionmq.broker.pool import Workers
from visionmq.broker.records import Client, Frame
from visionmq.broker.settings import Settings
from visionmq.schemas import messages as m
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_MESSAGE_BYTES, PROTOCOL_VERSION
from visionmq.schemas.operations import BROKER_PREFIX, OPERATIONS
from visionmq.wire.keys import Grant


class Admission:
    """Decides alone; it changes nothing but the counts of rates."""

    def __init__(
        self, settings: Settings, queue: FairQueue, workers: Workers, forecast: Forecast, drain: Drain
    ) -> None:
        self._settings = settings
        self._queue = queue
        self._workers = workers
        self._forecast = forecast
        self._drain = drain
        self._rates = Rates()

    def find_refusal(
        self, client: Client, request: m.Request, frames: Sequence[Frame], size: int, grant: Grant | None, now: float
    ) -> Refusal | None:
        """Return why a request is not to be accepted, or None; `size` is that of its frames, in bytes."""
        op = request.op
        if request.v != PROTOCOL_VERSION:
            text = f"version {request.v}; this broker speaks {PROTOCOL_VERSION}"
            return Refusal(ErrorCode.UNSUPPORTED_VERSION, text)
        if len(frames) != 1 + request.images:
            got = f"{len(frames) - 1} came" if frames else "not even a body came"
            return Refusal(ErrorCode.BAD_REQUEST, f"the envelope says {request.images} image frames, {got}")
        if size > MAX_MESSAGE_BYTES:
            return Refusal(ErrorCode.TOO_LARGE, f"{size} bytes; {MAX_MESSAGE_BYTES} are allowed in one request")
        if grant is not None and (refusal := refuse_operation(grant, op, self._rates, now)):
            return refusal
        if op.startswith(BROKER_PREFIX):
            return None if op in OPERATIONS else self._unknown(op)
        if self._drain.begun:
            return Refusal(ErrorCode.SHUTTING_DOWN, "this broker takes no more requests")
        if not self._workers.serve(op) and (refusal := self.refuse_unserved(op, now)):
            return refusal
        return self._find_busy(client, size)

    def refuse_unserved(self, op: str, now: float) -> Refusal | None:
        """Return why an operation that no worker serves is refused; None while one may still come."""
        if self._workers.may_return(op, now):
            return None
        if op in OPERATIONS or op in self._queue.operations:
            served = ", ".join(self._workers.operations()) or "nothing"
            return Refusal(ErrorCode.NO_WORKER, f"no worker serves {op} now (served: {served})")
        return self._unknown(op)

    def _unknown(self, op: str) -> Refusal:
        known = ", ".join(sorted({*OPERATIONS, *self._workers.operations()}))
        return Refusal(ErrorCode.UNKNOWN_OPERATION, f"no operation {op}; there are {known}")

    def _find_busy(self, client: Client, size: int) -> Refusal | None:
        limits, queue = self._settings, self._queue
        if queue.waiting >= limits.max_waiting:
            text = f"{queue.waiting} requests are waiting; {limits.max_waiting} are allowed"
        elif client.waiting >= limits.max_waiting_per_client:
            text = f"{client.waiting} requests of this client are waiting; {limits.max_waiting_per_client} are allowed"
        elif queue.waiting_bytes + size > limits.max_waiting_bytes:
            text = f"{queue.waiting_bytes} bytes are waiting; {limits.max_waiting_bytes} are allowed"
        elif client.waiting_bytes + size > limits.max_waiting_bytes_per_client:
            allowed = limits.max_waiting_bytes_per_client
            text = f"{client.waiting_bytes} bytes of this client are waiting; {allowed} are allowed"
        else:
            return None
        return Refusal(ErrorCode.BUSY, text, self._forecast.retry_after_ms())
