"""WebP structure (RFC 9649): one still picture in a RIFF container."""

from collections.abc import Iterator

from visionmq.engine.gate_tiff import exif_orientation
from visionmq.engine.gate_types import Found, Refusal


def parse(data: bytes) -> Found:
    """Return the size of a whole, still WebP; raise Refusal otherwise."""
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        raise Refusal("The WebP picture is cut off, or longer than it says.")
    canvas: tuple[int, int] | None = None
    image: tuple[int, int] | None = None
    orientation = 1
    for kind, body in _chunks(data):
        if kind in (b"ANIM", b"ANMF"):
            raise Refusal("Animated WebP is not accepted; send one still picture.")
        if kind == b"VP8X":
            canvas = _canvas(body)
        elif kind in (b"VP8 ", b"VP8L") and image is None:
            image = _lossy(body) if kind == b"VP8 " else _lossless(body)
        elif kind == b"EXIF":
            orientation = exif_orientation(body)
    if image is None:
        raise Refusal("The WebP picture has no image in it.")
    if canvas is not None and canvas != image:
        raise Refusal("The WebP picture is broken: it states two different sizes.")
    return Found(*image, orientation)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > len(data):
            raise Refusal("The WebP picture is cut off within a chunk.")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)


def _canvas(body: bytes) -> tuple[int, int]:
    if len(body) < 10:
        raise Refusal("The WebP picture's header is cut off.")
    if body[0] & 0x02:
        raise Refusal("Animated WebP is not accepted; send one still picture.")
    return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1


def _lossy(body: bytes) -> tuple[int, int]:
    if len(body) < 10 or body[3:6] != b"\x9d\x01\x2a":
        raise Refusal("The WebP picture's frame header is broken.")
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def _lossless(body: bytes) -> tuple[int, int]:
    if len(body) < 5 or body[0] != 0x2F:
        raise Refusal("The WebP picture's frame header is broken.")
    bits = int.from_bytes(body[1:5], "little")
    return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
