"""The error codes of the wire: one table, from which clients make their exception classes."""

from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct


class ErrorCode(StrEnum):
    """Why a request failed; the value is what stands on the wire."""

    BAD_REQUEST = "bad_request"
    UNSUPPORTED_VERSION = "unsupported_version"
    TOO_LARGE = "too_large"
    UNKNOWN_OPERATION = "unknown_operation"
    CONFLICT = "conflict"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    NO_WORKER = "no_worker"
    SHUTTING_DOWN = "shutting_down"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    CANCELLED = "cancelled"
    BAD_IMAGE = "bad_image"
    NOT_FOUND = "not_found"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FACE_TOO_SMALL = "face_too_small"
    FACE_BLURRED = "face_blurred"
    FACE_TURNED = "face_turned"
    FACE_OCCLUDED = "face_occluded"
    STORE_UNAVAILABLE = "store_unavailable"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    ENGINE_CRASHED = "engine_crashed"
    OUT_OF_MEMORY = "out_of_memory"
    WORKER_LOST = "worker_lost"
    INTERNAL = "internal"


class Fault(StrEnum):
    """Who has to change something so that the error goes away."""

    CALLER = "caller"
    SERVICE = "service"
    NOBODY = "nobody"


class ErrorTrait(NamedTuple):
    """What is always true of an error code."""

    retryable: bool
    """Sending the same request again, later, may succeed."""
    fault: Fault
    hint: str
    """What to do next, in one sentence."""


TRAITS: Final[dict[ErrorCode, ErrorTrait]] = {
    ErrorCode.BAD_REQUEST: ErrorTrait(False, Fault.CALLER, "Compare the request with `visionmq schema OPERATION`."),
    ErrorCode.UNSUPPORTED_VERSION: ErrorTrait(
        False, Fault.CALLER, "Install the same release of visionmq on both sides."
    ),
    ErrorCode.TOO_LARGE: ErrorTrait(
        False, Fault.CALLER, "Send fewer or smaller pictures; `visionmq info` prints the limits."
    ),
    ErrorCode.UNKNOWN_OPERATION: ErrorTrait(False, Fault.CALLER, "`visionmq schema` lists the operations."),
    ErrorCode.CONFLICT: ErrorTrait(False, Fault.CALLER, "Use a new request id for another request."),
    ErrorCode.UNAUTHORIZED: ErrorTrait(False, Fault.CALLER, "Ask the operator for a key: `visionmq keys new NAME`."),
    ErrorCode.FORBIDDEN: ErrorTrait(False, Fault.CALLER, "Ask the operator to grant this key the operation."),
    ErrorCode.RATE_LIMITED: ErrorTrait(
        True, Fault.CALLER, "Wait for retry_after_ms, or ask the operator for a higher rate."
    ),
    ErrorCode.BUSY: ErrorTrait(
        True, Fault.SERVICE, "Wait for retry_after_ms, then send again; add workers if it persists."
    ),
    ErrorCode.NO_WORKER: ErrorTrait(
        True, Fault.SERVICE, "Start a worker that serves the operation: `visionmq worker`."
    ),
    ErrorCode.SHUTTING_DOWN: ErrorTrait(True, Fault.SERVICE, "Send again to another broker, or when this one is back."),
    ErrorCode.DEADLINE_EXCEEDED: ErrorTrait(False, Fault.NOBODY, "Allow more time, or add workers."),
    ErrorCode.CANCELLED: ErrorTrait(False, Fault.CALLER, "The request was cancelled; nothing is left to do."),
    ErrorCode.BAD_IMAGE: ErrorTrait(False, Fault.CALLER, "Send a whole JPEG, PNG or WebP picture within the limits."),
    ErrorCode.NOT_FOUND: ErrorTrait(False, Fault.CALLER, "Ask for the list of what there is, then name one of it."),
    ErrorCode.NO_FACE: ErrorTrait(False, Fault.CALLER, "Send a picture in which the face is seen from the front."),
    ErrorCode.SEVERAL_FACES: ErrorTrait(False, Fault.CALLER, "Send a picture of one person, or cut the others off."),
    ErrorCode.FACE_TOO_SMALL: ErrorTrait(False, Fault.CALLER, "Come closer, or send the picture in a larger size."),
    ErrorCode.FACE_BLURRED: ErrorTrait(False, Fault.CALLER, "Hold still, clean the lens, and send a sharp picture."),
    ErrorCode.FACE_TURNED: ErrorTrait(False, Fault.CALLER, "Look straight into the camera."),
    ErrorCode.FACE_OCCLUDED: ErrorTrait(
        False, Fault.CALLER, "Take off what covers the face, such as a mask or a hand, and send another picture."
    ),
    ErrorCode.STORE_UNAVAILABLE: ErrorTrait(
        True, Fault.SERVICE, "Nothing was changed; send again, and look at the store's disk, address and key file."
    ),
    ErrorCode.ENGINE_UNAVAILABLE: ErrorTrait(False, Fault.SERVICE, "`visionmq doctor` says what the engine lacks."),
    ErrorCode.ENGINE_CRASHED: ErrorTrait(
        False, Fault.SERVICE, "This input ended the engine; please report it with the request id."
    ),
    ErrorCode.OUT_OF_MEMORY: ErrorTrait(False, Fault.NOBODY, "Send a smaller picture, or raise the worker's --job-mb."),
    ErrorCode.WORKER_LOST: ErrorTrait(False, Fault.SERVICE, "Its workers died three times; see `visionmq dead`."),
    ErrorCode.INTERNAL: ErrorTrait(
        False, Fault.SERVICE, "Report it with the request id; the service's log has the details."
    ),
}


class Error(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a `failed` or `cancelled` reply, and of one failed item in a batch."""

    code: ErrorCode
    message: str
    retryable: bool
    hint: str
    stage: str | None = None
    """Where it happened: `broker`, `worker`, `gate`, `decode` or the engine's name."""
    request_id: str | None = None
    retry_after_ms: int | None = None


def make_error(
    code: ErrorCode,
    message: str,
    *,
    stage: str | None = None,
    request_id: str | None = None,
    retry_after_ms: int | None = None,
    hint: str | None = None,
) -> Error:
    """Return the error of this code with its standing traits filled in."""
    trait = TRAITS[code]
    return Error(
        code=code,
        message=message,
        retryable=trait.retryable,
        hint=hint or trait.hint,
        stage=stage,
        request_id=request_id,
        retry_after_ms=retry_after_ms,
    )
