"""What the caller gets for a request: a typed result, pictures, and where the time went."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from visionmq.client.errors import Internal
from visionmq.schemas import messages
from visionmq.schemas.codec import Buffer
from visionmq.schemas.common import AcceptedReport, Attachment, ProgressReport
from visionmq.schemas.operations import OPERATIONS

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds that a request spent in each place; `total_ms` is the caller's own view."""

    total_ms: float
    queue_ms: float = 0.0
    wait_ms: float = 0.0
    decode_ms: float = 0.0
    run_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply(Generic[R]):
    """A result; `images` are the frames that came with it, read-only."""

    result: R
    images: list[memoryview]
    timings: Timings
    request_id: str
    worker: str | None = None
    attempt: int = 0
    plan: str | None = None

    def picture(self, name: str, item: int = 0) -> memoryview | None:
        """Return the encoded picture that was wanted by this name, of one of the request's pictures; None if none."""
        attachments: Sequence[Attachment] = getattr(self.result, "images", ())
        for attachment in attachments:
            if (attachment.name, attachment.item) == (name, item) and attachment.frame < len(self.images):
                return self.images[attachment.frame]
        return None


@dataclass(frozen=True, slots=True)
class Progress:
    """News of a request that goes on: its place in the queue, or how far the engine is."""

    request_id: str
    stage: str
    """`waiting`, or what the engine calls its stage."""
    fraction: float | None = None
    position: int | None = None
    """Requests that will be served before this one; only while waiting."""
    eta_ms: float | None = None
    partial: Any = None
    images: Sequence[memoryview] = ()


def _views(images: Sequence[Buffer]) -> list[memoryview]:
    return [memoryview(image).toreadonly() for image in images]


def read_result(operation: str, body: Buffer) -> Any:
    """Return a result as the operation's type; plain dictionaries for operations unknown here."""
    row = OPERATIONS.get(operation)
    content = body if len(body) else b"{}"
    return msgspec.json.decode(content, type=row.result) if row else msgspec.json.decode(content)


def make_reply(
    operation: str, request_id: str, reply: messages.Reply, body: Buffer, images: Sequence[Buffer], *, total_ms: float
) -> Reply[Any]:
    """Return a `done` reply as the caller sees it; raises Internal if its result cannot be read."""
    try:
        result = read_result(operation, body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as mistake:
        raise Internal(
            f"The result of {operation} cannot be read: {mistake}.",
            hint="Install the same release of visionmq on both sides.",
            request_id=request_id,
            stage="client",
        ) from None
    timings = Timings(total_ms, reply.queue_ms, reply.wait_ms, reply.decode_ms, reply.run_ms)
    return Reply(result, _views(images), timings, request_id, reply.worker, reply.attempt, reply.plan)


def make_progress(request_id: str, reply: messages.Reply, body: Buffer, images: Sequence[Buffer]) -> Progress | None:
    """Return an `accepted` or `progress` reply as the caller sees it; None if it cannot be read."""
    content = body if len(body) else b"{}"
    try:
        if reply.state is messages.State.ACCEPTED:
            place = msgspec.json.decode(content, type=AcceptedReport)
            return Progress(request_id, "waiting", position=place.position, eta_ms=place.eta_ms)
        report = msgspec.json.decode(content, type=ProgressReport)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return Progress(request_id, report.stage, report.fraction, partial=report.partial, images=_views(images))
