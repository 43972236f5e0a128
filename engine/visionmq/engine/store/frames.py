"""What passes between a link and its keeper: a length, and MessagePack of one struct.

Both ends are ours and of one release; still, each message is decoded to a type, and a length is bounded.
"""

import socket
import struct
from typing import Final

import msgspec
from msgspec import Raw, Struct

from visionmq.engine.api import EngineError
from visionmq.schemas.errors import ErrorCode

MOST_BYTES: Final = 1 << 30
"""Longest message: a page of templates with payloads is far smaller."""
_LENGTH: Final = struct.Struct("<I")


class Call(Struct, frozen=True):
    """To the keeper: a method's name and its request."""

    method: str
    request: Raw


class Reply(Struct, frozen=True, tag="reply"):
    """From the keeper: the answer."""

    answer: Raw


class Failure(Struct, frozen=True, tag="failure"):
    """From the keeper: why there is no answer."""

    code: ErrorCode
    message: str
    stage: str | None = None
    hint: str | None = None

    def to_exception(self) -> EngineError:
        """Return what the keeper raised."""
        return EngineError(self.code, self.message, stage=self.stage, hint=self.hint)


class Ready(Struct, frozen=True, tag="ready"):
    """From the keeper: the store is open; said once."""


from_keeper: "Final[msgspec.msgpack.Decoder[Reply | Failure | Ready]]" = msgspec.msgpack.Decoder(
    Reply | Failure | Ready
)
to_keeper: "Final[msgspec.msgpack.Decoder[Call]]" = msgspec.msgpack.Decoder(Call)


class Closed(Exception):
    """The other end is gone."""


def send(sock: socket.socket, message: Struct) -> None:
    """Send one message whole; Closed if nobody is there to take it."""
    data = msgspec.msgpack.encode(message)
    if len(data) > MOST_BYTES:
        raise EngineError(ErrorCode.TOO_LARGE, "This is too much for the store at once.", stage="store")
    try:
        sock.sendall(_LENGTH.pack(len(data)) + data)
    except OSError as error:
        raise Closed(str(error)) from None


def receive(sock: socket.socket) -> bytearray:
    """Return the bytes of the next message; Closed at the end."""
    size = _LENGTH.unpack(_read(sock, _LENGTH.size))[0]
    if size > MOST_BYTES:
        raise Closed("a message is too long")
    return _read(sock, size)


def _read(sock: socket.socket, size: int) -> bytearray:
    data, have = bytearray(size), 0
    while have < size:
        try:
            got = sock.recv_into(memoryview(data)[have:])
        except OSError as error:
            raise Closed(str(error)) from None
        if not got:
            raise Closed("closed")
        have += got
    return data


def failure(error: EngineError) -> Failure:
    """Return an error as the wire tells it."""
    return Failure(error.code, str(error), error.stage, error.hint)
