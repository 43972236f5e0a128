"""PNG structure (ISO/IEC 15948): chunks, their checksums, and no animation."""

import zlib
from typing import Final

from visionmq.engine.gate_tiff import exif_orientation
from visionmq.engine.gate_types import Found, Refusal

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_ANIMATION: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})


def parse(data: bytes) -> Found:
    """Return the size of a whole, still PNG; bytes after IEND are ignored. Raise Refusal otherwise."""
    view = memoryview(data)
    at, size, orientation, pixels = len(SIGNATURE), None, 1, False
    while True:
        kind, body, at = _chunk(view, at)
        if kind in _ANIMATION:
            raise Refusal("Animated PNG (APNG) is not accepted; send one still picture.")
        if (kind == b"IHDR") != (size is None):
            raise Refusal("The PNG picture is broken: its header is not its first chunk.")
        if kind == b"IHDR":
            size = _header(body)
        elif kind == b"eXIf":
            orientation = exif_orientation(bytes(body))
        elif kind == b"IDAT":
            pixels = True
        elif kind == b"IEND":
            break
    if size is None or not pixels:
        raise Refusal("The PNG picture has no image in it.")
    return Found(*size, orientation)


def _chunk(view: memoryview, at: int) -> tuple[bytes, memoryview, int]:
    length = int.from_bytes(view[at : at + 4], "big")
    end = at + 12 + length
    if end > len(view):
        raise Refusal("The PNG picture is cut off: its end chunk is missing.")
    kind = bytes(view[at + 4 : at + 8])
    if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
        raise Refusal("The PNG picture is damaged: a checksum does not match.")
    return kind, view[at + 8 : end - 4], end


def _header(body: memoryview) -> tuple[int, int]:
    if len(body) != 13:
        raise Refusal("The PNG picture's header has the wrong length.")
    return int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
