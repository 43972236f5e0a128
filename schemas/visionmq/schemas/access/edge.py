"""Encodings that a car makes itself, and the proof that this car made them now: `access.nonce` and `edge_proof`."""

import hmac
import struct
from collections.abc import Sequence
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from visionmq.schemas.access.common import Car
from visionmq.schemas.common import Params

MAX_ENCODING: Final = 4096
"""Numbers of an encoding made at the edge."""
_DOMAIN: Final = b"visionmq.access.face.1"


class EdgeEncoding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An encoding that the car made itself, and the proof that this car made it now."""

    vector: Annotated[list[float], Meta(min_length=1, max_length=MAX_ENCODING)]
    model: str
    """Name and version of the model, `name/version`, as in `face.encode`'s result."""
    nonce: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """From `access.nonce`; good once."""
    proof: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """`edge_proof` with the car's device key."""


class NonceParams(Params, frozen=True, kw_only=True):
    """Ask for a nonce; a new one each time, whatever the key."""

    car: Car


class Nonce(Struct, frozen=True, kw_only=True):
    """A number to be used once, by this car, soon."""

    nonce: str
    """32 random bytes in hexadecimal digits."""
    car: str
    expires_at: str
    seconds: float
    pass_back: Any = None


def encoding_bytes(vector: Sequence[float]) -> bytes:
    """Return an encoding as the proof covers it: little-endian float32."""
    return struct.pack(f"<{len(vector)}f", *vector)


def edge_proof(key: str, *, nonce: str, car: str, model: str, vector: Sequence[float]) -> str:
    """Return HMAC-SHA256 (RFC 2104) by a car's device key over nonce, car, model and encoding, in hexadecimal digits.

    Each part is preceded by its length (four bytes, big-endian), so that no two requests give the same text. Raises
    ValueError for a key or nonce that is not hexadecimal.
    """
    parts = (_DOMAIN, bytes.fromhex(nonce), car.encode(), model.encode(), encoding_bytes(vector))
    text = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return hmac.digest(bytes.fromhex(key), text, "sha256").hex()
