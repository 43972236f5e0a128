"""The exceptions that the errors of the wire stand for."""

from typing import Final

import msgspec

from visionmq.client.errors import Internal, VisionMQError
from visionmq.schemas.codec import Buffer
from visionmq.schemas.errors import Error, ErrorCode


def _leaves(kind: type[VisionMQError]) -> list[type[VisionMQError]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in _leaves(child))]


BY_CODE: Final[dict[ErrorCode, type[VisionMQError]]] = {
    kind.code: kind for kind in _leaves(VisionMQError) if kind.code is not None
}
"""The class of each code."""


def from_wire(error: Error, request_id: str | None = None) -> VisionMQError:
    """Return the exception for the error object of a reply or of one failed item."""
    return BY_CODE[error.code](
        error.message,
        hint=error.hint,
        request_id=error.request_id or request_id,
        retryable=error.retryable,
        stage=error.stage,
        retry_after=None if error.retry_after_ms is None else error.retry_after_ms / 1000,
    )


def read_error(request_id: str, body: Buffer) -> VisionMQError:
    """Return the exception that the body of a `failed` or `cancelled` reply stands for."""
    try:
        return from_wire(msgspec.json.decode(body, type=Error), request_id)
    except msgspec.MsgspecError as mistake:
        return Internal(f"The error in the reply cannot be read: {mistake}", request_id=request_id)
