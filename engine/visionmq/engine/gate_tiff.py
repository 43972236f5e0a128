"""TIFF headers (TIFF 6.0), for TIFF pictures and for the EXIF blocks of other formats."""

from collections.abc import Iterator
from typing import Final

from visionmq.engine.gate_types import Found, Refusal

WIDTH: Final = 256
HEIGHT: Final = 257
PHOTOMETRIC: Final = 262
ORIENTATION: Final = 274
_READABLE_PHOTOMETRIC: Final = (0, 1, 2, 3, 6)
"""White or black is zero, RGB, palette, YCbCr; OpenCV confuses CMYK with alpha."""


def parse(data: bytes) -> Found:
    """Return the size of a single-page TIFF; raise Refusal otherwise."""
    tags, following = _first_directory(data)
    if following:
        raise Refusal("The TIFF file has several pages; send each as a picture of its own.")
    if tags.get(PHOTOMETRIC, 1) not in _READABLE_PHOTOMETRIC:
        raise Refusal("The TIFF picture is neither grey, RGB, palette nor YCbCr; convert it to RGB.")
    if WIDTH not in tags or HEIGHT not in tags:
        raise Refusal("The TIFF picture does not state its size.")
    return Found(tags[WIDTH], tags[HEIGHT], _valid(tags.get(ORIENTATION, 1)))


def exif_orientation(block: bytes) -> int:
    """Return the orientation of an EXIF block (a TIFF header); 1 where there is none or it is broken."""
    if block[:6] == b"Exif\x00\x00":
        block = block[6:]
    if block[:4] not in (b"II*\x00", b"MM\x00*"):
        return 1
    try:
        tags, _ = _first_directory(block)
    except Refusal:
        return 1
    return _valid(tags.get(ORIENTATION, 1))


def _valid(orientation: int) -> int:
    return orientation if 1 <= orientation <= 8 else 1


def _first_directory(data: bytes) -> tuple[dict[int, int], int]:
    order = "<" if data[:2] == b"II" else ">"
    start = _number(data, 4, 4, order)
    count = _number(data, start, 2, order)
    end = start + 2 + 12 * count
    tags = dict(_entries(data, start + 2, count, order))
    following = _number(data, end, 4, order) if end + 4 <= len(data) else 0
    return tags, following


def _entries(data: bytes, at: int, count: int, order: str) -> Iterator[tuple[int, int]]:
    if at + 12 * count > len(data):
        raise Refusal("The TIFF picture ends within its directory.")
    for index in range(count):
        entry = at + 12 * index
        tag, kind, number = (_number(data, entry + skip, size, order) for skip, size in ((0, 2), (2, 2), (4, 4)))
        width = {3: 2, 4: 4}.get(kind)
        if number == 1 and width:
            yield tag, _number(data, entry + 8, width, order)


def _number(data: bytes, at: int, size: int, order: str) -> int:
    part = data[at : at + size]
    if len(part) < size:
        raise Refusal("The TIFF picture ends within its header.")
    return int.from_bytes(part, "little" if order == "<" else "big")
