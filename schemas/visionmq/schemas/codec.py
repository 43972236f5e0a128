"""Bytes become types here and nowhere else.

`decode_*` raise `ProtocolError` for anything that is not exactly a message of the protocol,
and nothing else; `encode` writes one. A body is decoded to the type its operation names.
"""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_BODY_BYTES, MAX_BODY_DEPTH, MAX_ENVELOPE_BYTES
from visionmq.schemas.messages import FromClient, FromWorker, Message, ToClient, ToWorker

Buffer: TypeAlias = bytes | bytearray | memoryview
T = TypeVar("T")
S = TypeVar("S", bound=Struct)


class ProtocolError(Exception):
    """A peer's message breaks the protocol; `code` says how."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


_encoder: Final = msgspec.json.Encoder()
_from_client: "Final[msgspec.json.Decoder[FromClient]]" = msgspec.json.Decoder(FromClient)
_from_worker: "Final[msgspec.json.Decoder[FromWorker]]" = msgspec.json.Decoder(FromWorker)
_to_client: "Final[msgspec.json.Decoder[ToClient]]" = msgspec.json.Decoder(ToClient)
_to_worker: "Final[msgspec.json.Decoder[ToWorker]]" = msgspec.json.Decoder(ToWorker)
_MISTAKES: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError)
_LONGEST_TEXT: Final = 300
"""Characters of a mistake that are told: it may quote what the peer sent, and must fit an envelope."""

encode = _encoder.encode
"""Return the JSON bytes of a message or a body."""


def _decode(decoder: "msgspec.json.Decoder[T]", frame: Buffer) -> T:
    if len(frame) > MAX_ENVELOPE_BYTES:
        raise ProtocolError(ErrorCode.TOO_LARGE, f"envelope of {len(frame)} bytes; {MAX_ENVELOPE_BYTES} are allowed")
    try:
        return decoder.decode(frame)
    except _MISTAKES as mistake:
        raise ProtocolError(ErrorCode.BAD_REQUEST, f"envelope: {mistake}"[:_LONGEST_TEXT]) from None


def decode_from_client(frame: Buffer) -> FromClient:
    """Return the message a client sent to the broker."""
    return _decode(_from_client, frame)


def decode_from_worker(frame: Buffer) -> FromWorker:
    """Return the message a worker sent to the broker."""
    return _decode(_from_worker, frame)


def decode_to_client(frame: Buffer) -> ToClient:
    """Return the message the broker sent to a client."""
    return _decode(_to_client, frame)


def decode_to_worker(frame: Buffer) -> ToWorker:
    """Return the message the broker sent to a worker."""
    return _decode(_to_worker, frame)


class _Salvage(Struct):
    """What is still readable of a broken request, so that it can be answered by its id."""

    id: str | None = None
    v: int | None = None


_salvage: Final = msgspec.json.Decoder(_Salvage)


def salvage(frame: Buffer) -> tuple[str | None, int | None]:
    """Return the request id and version of a broken envelope, each None where unreadable."""
    if len(frame) > MAX_ENVELOPE_BYTES:
        return None, None
    try:
        found = _salvage.decode(frame)
    except _MISTAKES:
        return None, None
    return found.id, found.v


_bodies: dict[type[Struct], "msgspec.json.Decoder[Struct]"] = {}


def decode_body(kind: type[S], frame: Buffer) -> S:
    """Return a body as `kind`; an empty frame means an empty object.

    Raises ProtocolError if it is too large, too deep, no JSON, or of another shape.
    """
    if len(frame) > MAX_BODY_BYTES:
        raise ProtocolError(ErrorCode.TOO_LARGE, f"body of {len(frame)} bytes; {MAX_BODY_BYTES} are allowed")
    check_depth(frame)
    decoder = _bodies.get(kind)
    if decoder is None:
        decoder = _bodies[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(frame if len(frame) else b"{}")  # type: ignore[return-value]  # keyed by its own type
    except _MISTAKES as mistake:
        raise ProtocolError(ErrorCode.BAD_REQUEST, f"body: {mistake}"[:_LONGEST_TEXT]) from None


_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def check_depth(frame: Buffer) -> None:
    """Raise ProtocolError if brackets outside strings nest deeper than MAX_BODY_DEPTH."""
    brackets = _STRINGS.sub(b"", bytes(frame)).translate(None, _NOT_BRACKETS)
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_BODY_DEPTH:
            raise ProtocolError(ErrorCode.BAD_REQUEST, f"body nests deeper than {MAX_BODY_DEPTH} levels")


def frames(message: Message, body: bytes, images: Sequence[Buffer] = ()) -> list[Buffer]:
    """Return the frames of a message that carries a body."""
    return [encode(message), body, *images]
