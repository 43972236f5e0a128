"""What the session tells its shell to do, in this order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from visionmq.client.errors import VisionMQError
from visionmq.schemas.codec import Buffer
from visionmq.schemas.messages import Message, Reply


@dataclass(frozen=True, slots=True)
class Connect:
    """Drop the connection, with what waits to be sent on it, and open one to this endpoint."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send one message; `body` and `images` only where its type carries them."""

    message: Message
    body: bytes | None = None
    images: Sequence[Buffer] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """Report an `accepted` or `progress` reply of a request that goes on."""

    id: str
    reply: Reply
    body: Buffer
    images: Sequence[Buffer]


@dataclass(frozen=True, slots=True)
class Finish:
    """Resolve a request with its result; it is not heard of again."""

    id: str
    reply: Reply
    body: Buffer
    images: Sequence[Buffer]


@dataclass(frozen=True, slots=True)
class Fail:
    """Resolve a request with an error; it is not heard of again."""

    id: str
    error: VisionMQError


Action: TypeAlias = Connect | Send | Update | Finish | Fail
