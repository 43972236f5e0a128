"""JPEG structure (ITU-T T.81, annex B): segments, scans and the end marker."""

import re
from typing import Final

from visionmq.engine.gate_tiff import exif_orientation
from visionmq.engine.gate_types import Found, Refusal
from visionmq.schemas.limits import MAX_JPEG_SCANS

_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker within entropy-coded data: not a stuffed byte, a restart or a fill byte."""
_SOF: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS, _EOI, _APP1 = 0xDA, 0xD9, 0xE1
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length: TEM, restarts and a repeated SOI."""


def parse(data: bytes) -> Found:
    """Return the size of a whole JPEG; bytes after its end marker are ignored. Raise Refusal otherwise."""
    size: tuple[int, int] | None = None
    orientation, scans, at = 1, 0, 2
    while True:
        marker, at = _next_marker(data, at)
        if marker == _EOI:
            break
        if marker in _ALONE:
            continue
        body, at = _segment(data, at)
        if marker in _SOF:
            size = _frame_size(body, size)
        elif marker == _APP1 and body[:6] == b"Exif\x00\x00":
            orientation = exif_orientation(body)
        elif marker == _SOS:
            scans += 1
            at = _end_of_scan(data, at, scans)
    if size is None or scans == 0:
        raise Refusal("The JPEG picture has no image in it.")
    return Found(*size, orientation)


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    if at < len(data) and data[at] != 0xFF:
        raise Refusal("The JPEG picture is broken: a marker was expected and other bytes found.")
    while at < len(data) and data[at] == 0xFF:
        at += 1
    if at >= len(data):
        raise Refusal("The JPEG picture is cut off: its end marker is missing.")
    return data[at], at + 1


def _segment(data: bytes, at: int) -> tuple[bytes, int]:
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2 or at + length > len(data):
        raise Refusal("The JPEG picture is cut off within a header segment.")
    return data[at + 2 : at + length], at + length


def _frame_size(body: bytes, known: tuple[int, int] | None) -> tuple[int, int]:
    if known is not None:
        raise Refusal("The JPEG picture states its size twice.")
    if len(body) < 6:
        raise Refusal("The JPEG picture's frame header is cut off.")
    return int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")


def _end_of_scan(data: bytes, at: int, scans: int) -> int:
    if scans > MAX_JPEG_SCANS:
        raise Refusal(f"The JPEG picture has more than {MAX_JPEG_SCANS} scans.")
    found = _MARKER.search(data, at)
    if found is None:
        raise Refusal("The JPEG picture is cut off: its end marker is missing.")
    return found.start()
