"""What the blocking and the asyncio client share: settings, preparation of requests, one transport."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import uuid4

import msgspec
from msgspec import Struct

from visionmq.client.connection import CONNECT_SECONDS
from visionmq.client.errors import BadRequest, TooLarge, Unauthorized
from visionmq.client.future import Future
from visionmq.client.pending import Pending
from visionmq.client.pictures import Frame, Picture, load_all
from visionmq.client.replies import Progress
from visionmq.client.retry import Retry, as_retry
from visionmq.client.transport import Transport
from visionmq.schemas.codec import ProtocolError, check_depth, encode
from visionmq.schemas.limits import MAX_BODY_BYTES
from visionmq.schemas.messages import Priority
from visionmq.wire.keys import Identity, KeyFileError, read_identity
from visionmq.wire.sockets import CLIENT_ENDPOINT, is_endpoint

BROKER_VARIABLE: Final = "VISIONMQ_BROKER"
KEY_VARIABLE: Final = "VISIONMQ_KEY"
DEFAULT_TIMEOUT: Final = 30.0

Params: TypeAlias = Struct | Mapping[str, Any] | None
Endpoints: TypeAlias = str | Sequence[str] | None


def find_endpoints(given: Endpoints) -> list[str]:
    """Return the endpoints given, or else those of VISIONMQ_BROKER, or else the usual local one."""
    text = given if given is not None else os.environ.get(BROKER_VARIABLE, "")
    parts = [text] if isinstance(text, str) else list(text)
    found = [name.strip() for part in parts for name in part.split(",") if name.strip()]
    return [_checked(name if "://" in name else f"tcp://{name}") for name in found] or [CLIENT_ENDPOINT]


def _checked(endpoint: str) -> str:
    """Return the endpoint; raise BadRequest, not ZeroMQ's "Invalid argument", if it is none."""
    if not is_endpoint(endpoint):
        raise BadRequest(f"{endpoint} is no address of a broker.", hint="Write it as tcp://HOST:5760.", stage="client")
    return endpoint


def find_identity(key: str | os.PathLike[str] | None) -> Identity | None:
    """Return the identity of the key file given, or else of VISIONMQ_KEY; None without either."""
    path = key if key is not None else os.environ.get(KEY_VARIABLE)
    if not path:
        return None
    try:
        return read_identity(Path(path))
    except KeyFileError as error:
        raise Unauthorized(str(error), hint="", stage="client") from None


def make_body(params: Params, frames: Sequence[Frame]) -> bytes:
    """Return the body of a request; raises BadRequest or TooLarge for what no broker would take."""
    try:
        fields: Any = {} if params is None else params
        if any(frame.raw for frame in frames):
            fields = {**msgspec.to_builtins(fields), "raw": [frame.raw for frame in frames]}
        body = encode(fields)
        check_depth(body)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError, ProtocolError) as error:
        raise BadRequest(f"The parameters cannot be written as JSON: {error}.", stage="client") from None
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(
            f"The parameters have {len(body)} bytes as JSON; {MAX_BODY_BYTES} are allowed.",
            hint="Send pictures as images, never in the parameters.",
            stage="client",
        )
    return body


class Channel:
    """The way to the service: one transport, and the settings that requests inherit."""

    def __init__(
        self,
        endpoints: Endpoints = None,
        *,
        key: str | os.PathLike[str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retries: Retry | int | None = None,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self.endpoints = find_endpoints(endpoints)
        self.timeout = timeout
        self.retries = as_retry(retries)
        self.transport = Transport(self.endpoints, find_identity(key), connect_seconds=connect_seconds)

    def submit(
        self,
        operation: str,
        params: Params = None,
        images: Iterable[Picture] = (),
        *,
        timeout: float | None = None,
        priority: Priority | str = Priority.NORMAL,
        key: str | None = None,
        updates: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
        retries: Retry | int | None = None,
        order: str = "bgr",
    ) -> Future[Any]:
        """Send a request; what is wrong with it locally raises here, all else in the future."""
        frames = load_all(list(images), order=order)
        seconds = self.timeout if timeout is None else timeout
        if seconds <= 0:
            raise BadRequest(f"A timeout of {seconds} s leaves no time.", hint="Give seconds above 0.", stage="client")
        request = Pending(
            id=uuid4().hex,
            operation=operation,
            body=make_body(params, frames),
            images=[frame.data for frame in frames],
            deadline=time.monotonic() + seconds,
            priority=Priority(priority),
            key=key,
            updates=updates or on_progress is not None,
            retry=self.retries if retries is None else as_retry(retries),
        )
        future: Future[Any] = Future(request.id, operation, self.transport.withdraw)
        if on_progress is not None:
            future.add_progress(on_progress)
        self.transport.submit(request, future)
        return future
