"""The gate: reads a picture's header in pure Python before any native decoder sees a byte.

A picture passes only if its format is on the list, its structure is whole (end markers, checksums) and
its size is within the limits of `visionmq.schemas.limits`. Malformed APNG ends the process in OpenCV
4.14 and 5.0, so every PNG with animation chunks is refused here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from visionmq.engine import gate_jpeg, gate_png, gate_tiff, gate_webp
from visionmq.engine.api import EngineError, Frame
from visionmq.engine.gate_types import Found, Refusal
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_ASPECT, MAX_IMAGE_BYTES, MAX_PIXELS, MAX_SIDE, MIN_SIDE

STAGE: Final = "gate"


class PictureFormat(StrEnum):
    """The formats that pass."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    TIFF = "tiff"
    BMP = "bmp"
    RAW = "raw"
    """Pixels as they are; never found by `inspect`."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says; width and height are those stored, before `orientation` is applied."""

    format: PictureFormat
    width: int
    height: int
    orientation: int = 1
    """EXIF orientation, 1 to 8."""


_REFUSED: Final = (
    (0, b"GIF8", "GIF"),
    (0, b"%PDF", "PDF"),
    (0, b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"ftypavi", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftyphev", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftyp", "video (MP4 or MOV)"),
    (0, b"8BPS", "Photoshop"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"#?R", "Radiance HDR"),
    (0, b"\x00\x00\x01\x00", "ICO"),
    (0, b"II+\x00", "BigTIFF"),
    (0, b"MM\x00+", "BigTIFF"),
    (0, b"<svg", "SVG"),
    (0, b"<?xml", "XML"),
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"\x59\xa6\x6a\x95", "Sun raster"),
)


def inspect(frame: Frame) -> Header:
    """Return the header of an encoded picture.

    Raises EngineError(BAD_IMAGE, stage="gate"), and nothing else, for whatever may not be decoded.
    """
    size = memoryview(frame).nbytes
    if size == 0:
        raise _bad("The picture is empty (0 bytes).")
    if size > MAX_IMAGE_BYTES:
        raise _bad(f"The picture has {size:,} bytes; at most {MAX_IMAGE_BYTES:,} are allowed.")
    try:
        header = _parse(bytes(frame))
    except Refusal as refusal:
        raise _bad(str(refusal)) from None
    check_size(header.width, header.height)
    return header


def check_size(width: int, height: int) -> None:
    """Raise EngineError(BAD_IMAGE, stage="gate") if a picture of this size is outside the limits."""
    if min(width, height) < MIN_SIDE:
        raise _bad(f"The picture is {width}x{height} pixels; each side must have at least {MIN_SIDE}.")
    if max(width, height) > MAX_SIDE:
        raise _bad(f"The picture is {width}x{height} pixels; a side may have at most {MAX_SIDE:,}.")
    if width * height > MAX_PIXELS:
        raise _bad(f"The picture has {width * height:,} pixels; at most {MAX_PIXELS:,} are allowed.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise _bad(f"The picture is {width}x{height} pixels; one side may be at most {MAX_ASPECT:g} times the other.")


def _bad(message: str) -> EngineError:
    return EngineError(ErrorCode.BAD_IMAGE, message, stage=STAGE)


def _parse(data: bytes) -> Header:
    parsers = (
        (data[:3] == b"\xff\xd8\xff", PictureFormat.JPEG, gate_jpeg.parse),
        (data[:8] == gate_png.SIGNATURE, PictureFormat.PNG, gate_png.parse),
        (data[:4] == b"RIFF" and data[8:12] == b"WEBP", PictureFormat.WEBP, gate_webp.parse),
        (data[:4] in (b"II*\x00", b"MM\x00*"), PictureFormat.TIFF, gate_tiff.parse),
        (data[:2] == b"BM", PictureFormat.BMP, _parse_bmp),
    )
    for matches, picture_format, parse in parsers:
        if matches:
            found = parse(data)
            return Header(picture_format, found.width, found.height, found.orientation)
    raise Refusal(_name_stranger(data))


def _name_stranger(data: bytes) -> str:
    wanted = "send JPEG, PNG, WebP, TIFF or BMP"
    for offset, magic, name in _REFUSED:
        if data[offset : offset + len(magic)] == magic:
            return f"{name} is not accepted; {wanted}."
    return f"This is no picture of a known format (it begins with {data[:4].hex(' ')}); {wanted}."


def _parse_bmp(data: bytes) -> Found:
    if len(data) < 26:
        raise Refusal("The BMP picture ends within its header.")
    dib = int.from_bytes(data[14:18], "little")
    if dib == 12:
        width, height = (int.from_bytes(data[at : at + 2], "little") for at in (18, 20))
    elif 40 <= dib <= 124:
        width, height = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (18, 22))
    else:
        raise Refusal(f"The BMP picture has an unknown header of {dib} bytes.")
    if int.from_bytes(data[10:14], "little") >= len(data):
        raise Refusal("The BMP picture ends before its pixels.")
    return Found(width, abs(height))
