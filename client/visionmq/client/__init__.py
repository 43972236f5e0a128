"""The client of VisionMQ: send pictures, get answers.

    from visionmq.client import Client, Busy

    with Client() as client:                       # VISIONMQ_BROKER, or tcp://127.0.0.1:5760
        document = client.document("passport.jpg")
        print(document.doc_type, {name: field.value for name, field in document.fields.items()})

        future = client.submit("document.recognize", images=["a.jpg", "b.png"], timeout=10)
        print(future.result().result.items)        # future.cancel() takes it back on the server

        judged = client.recognize(["front.jpg"], forensics=True, current_date="today", want=["portrait"])
        print(judged.result.items[0].result.forensics, len(judged.picture("portrait") or b""))

        found = client.verify_faces("ada.jpg", "unknown.jpg", fmr=1e-4).result
        print(found.same, found.distance, found.probability)
        print(client.validate("ada", password, "car-7").allowed, client.access.bookings().total)

        for outcome in client.map("document.recognize", paths, window=16):
            print(outcome.item, outcome.reply.result if outcome.ok else outcome.error)

`Client.local()` starts a broker and a worker of its own and gives the same answers; `AsyncClient` has
the same methods for asyncio. All errors are in `visionmq.client.errors`.
"""

from visionmq.client import errors, legacy
from visionmq.client.aio import AsyncClient
from visionmq.client.client import Client
from visionmq.client.errors import (
    BadImage,
    BadRequest,
    Busy,
    CallerError,
    Cancelled,
    ClosedError,
    Conflict,
    DeadlineExceeded,
    EngineCrashed,
    EngineUnavailable,
    FaceBlurred,
    FaceOccluded,
    FaceRefused,
    FaceTooSmall,
    FaceTurned,
    Forbidden,
    Internal,
    LocalError,
    NoFace,
    NotFound,
    NoWorker,
    OutOfMemory,
    RateLimited,
    ServiceError,
    SeveralFaces,
    ShuttingDown,
    StoreUnavailable,
    Timeout,
    TooLarge,
    Unauthorized,
    UnknownOperation,
    Unreachable,
    UnsupportedVersion,
    VisionMQError,
    WorkerLost,
)
from visionmq.client.future import Future
from visionmq.client.outcomes import Outcome
from visionmq.client.replies import Progress, Reply, Timings
from visionmq.client.retry import DEFAULT, NEVER, PATIENT, Retry
from visionmq.wire import VERSION as __version__

__all__ = [
    "DEFAULT",
    "NEVER",
    "PATIENT",
    "AsyncClient",
    "BadImage",
    "BadRequest",
    "Busy",
    "CallerError",
    "Cancelled",
    "Client",
    "ClosedError",
    "Conflict",
    "DeadlineExceeded",
    "EngineCrashed",
    "EngineUnavailable",
    "FaceBlurred",
    "FaceOccluded",
    "FaceRefused",
    "FaceTooSmall",
    "FaceTurned",
    "Forbidden",
    "Future",
    "Internal",
    "LocalError",
    "NoFace",
    "NoWorker",
    "NotFound",
    "OutOfMemory",
    "Outcome",
    "Progress",
    "RateLimited",
    "Reply",
    "Retry",
    "ServiceError",
    "SeveralFaces",
    "ShuttingDown",
    "StoreUnavailable",
    "Timeout",
    "Timings",
    "TooLarge",
    "Unauthorized",
    "UnknownOperation",
    "Unreachable",
    "UnsupportedVersion",
    "VisionMQError",
    "WorkerLost",
    "__version__",
    "errors",
    "legacy",
]
