"""What can go wrong, as one tree of exceptions.

    VisionMQError
    ├── CallerError                    the request has to change
    │   ├── BadRequest                 bad_request
    │   ├── UnsupportedVersion         unsupported_version
    │   ├── TooLarge                   too_large
    │   ├── UnknownOperation           unknown_operation
    │   ├── Conflict                   conflict
    │   ├── Unauthorized               unauthorized
    │   ├── Forbidden                  forbidden
    │   ├── RateLimited                rate_limited
    │   ├── Cancelled                  cancelled
    │   ├── BadImage                   bad_image
    │   ├── NotFound                   not_found
    │   └── FaceRefused                there is no face that could be used
    │       ├── NoFace                 no_face
    │       ├── SeveralFaces           several_faces
    │       ├── FaceTooSmall           face_too_small
    │       ├── FaceBlurred            face_blurred
    │       ├── FaceTurned             face_turned
    │       └── FaceOccluded           face_occluded
    ├── ServiceError                   the service has to change, or has to be asked again later
    │   ├── Busy                       busy
    │   ├── NoWorker                   no_worker
    │   ├── ShuttingDown               shutting_down
    │   ├── DeadlineExceeded           deadline_exceeded (also a TimeoutError)
    │   ├── StoreUnavailable           store_unavailable
    │   ├── EngineUnavailable          engine_unavailable
    │   ├── EngineCrashed              engine_crashed
    │   ├── OutOfMemory                out_of_memory
    │   ├── WorkerLost                 worker_lost
    │   └── Internal                   internal
    └── LocalError                     the service never said it; made on this side
        ├── Unreachable                nobody answered (also a ConnectionError)
        ├── Timeout                    no reply in time (also a TimeoutError)
        └── ClosedError                the client is closed, or its local service ended

One class for each code of the wire (docs/protocol.md, section 6), so that `except Busy` works.
"""

from visionmq.client import base_errors
from visionmq.schemas.errors import ErrorCode

VisionMQError = base_errors.VisionMQError
CallerError = base_errors.CallerError
ServiceError = base_errors.ServiceError
LocalError = base_errors.LocalError


class BadRequest(CallerError):
    """Frames, JSON or parameters are wrong."""

    code = ErrorCode.BAD_REQUEST


class UnsupportedVersion(CallerError):
    """The two sides share no version of the protocol."""

    code = ErrorCode.UNSUPPORTED_VERSION


class TooLarge(CallerError):
    """A limit on sizes or counts is passed."""

    code = ErrorCode.TOO_LARGE


class UnknownOperation(CallerError):
    """No such operation."""

    code = ErrorCode.UNKNOWN_OPERATION


class Conflict(CallerError):
    """The request id was used for another request."""

    code = ErrorCode.CONFLICT


class Unauthorized(CallerError):
    """The key is unknown, revoked or unreadable."""

    code = ErrorCode.UNAUTHORIZED


class Forbidden(CallerError):
    """The key does not cover the operation."""

    code = ErrorCode.FORBIDDEN


class RateLimited(CallerError):
    """The key's rate is used up."""

    code = ErrorCode.RATE_LIMITED


class Cancelled(CallerError):
    """The request was cancelled on the service's side, for instance by `purge`."""

    code = ErrorCode.CANCELLED


class BadImage(CallerError):
    """A picture is broken, refused by the gate, or cannot be read here."""

    code = ErrorCode.BAD_IMAGE


class NotFound(CallerError):
    """No subject, brand, user, car or booking of that name."""

    code = ErrorCode.NOT_FOUND


class FaceRefused(CallerError):
    """There is a picture, but no face in it that could be used."""


class NoFace(FaceRefused):
    """No face was found."""

    code = ErrorCode.NO_FACE


class SeveralFaces(FaceRefused):
    """More than one person could be meant."""

    code = ErrorCode.SEVERAL_FACES


class FaceTooSmall(FaceRefused):
    """The face has too few pixels."""

    code = ErrorCode.FACE_TOO_SMALL


class FaceBlurred(FaceRefused):
    """The face is not sharp enough."""

    code = ErrorCode.FACE_BLURRED


class FaceTurned(FaceRefused):
    """The face looks too far to a side."""

    code = ErrorCode.FACE_TURNED


class FaceOccluded(FaceRefused):
    """Something covers a part of the face."""

    code = ErrorCode.FACE_OCCLUDED


class StoreUnavailable(ServiceError):
    """The store cannot be read or written now; nothing was changed."""

    code = ErrorCode.STORE_UNAVAILABLE


class Busy(ServiceError):
    """A queue is full."""

    code = ErrorCode.BUSY


class NoWorker(ServiceError):
    """No worker serves the operation now."""

    code = ErrorCode.NO_WORKER


class ShuttingDown(ServiceError):
    """The broker or the worker takes no more work."""

    code = ErrorCode.SHUTTING_DOWN


class DeadlineExceeded(ServiceError, TimeoutError):
    """The service gave the request up because its time was over."""

    code = ErrorCode.DEADLINE_EXCEEDED


class EngineUnavailable(ServiceError):
    """The engine lacks a model or a library."""

    code = ErrorCode.ENGINE_UNAVAILABLE


class EngineCrashed(ServiceError):
    """The input ended the engine process."""

    code = ErrorCode.ENGINE_CRASHED


class OutOfMemory(ServiceError):
    """The job passed its memory limit."""

    code = ErrorCode.OUT_OF_MEMORY


class WorkerLost(ServiceError):
    """Three workers died holding the request."""

    code = ErrorCode.WORKER_LOST


class Internal(ServiceError):
    """The service is at fault; its log has the details."""

    code = ErrorCode.INTERNAL


class Unreachable(LocalError, ConnectionError):
    """No broker answered at any endpoint; the message names all that were tried."""


class Timeout(LocalError, TimeoutError):
    """No reply came in time; whether the work was done is not known."""


class ClosedError(LocalError):
    """The client is closed, or the local service it owned has ended."""
