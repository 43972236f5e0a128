"""Pictures: from an image frame to BGR pixels, upright, behind the gate."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from visionmq.engine.api import EngineError, Frame
from visionmq.engine.gate import Header, PictureFormat, check_size, inspect
from visionmq.schemas.common import PixelOrder, RawImage
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_PIXELS

# Read by OpenCV once, when it is loaded; a decoder that disagrees with the header is stopped by it.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_PIXELS)
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

import cv2
import numpy as np

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
"""Height x width x 3, BGR."""

STAGE: Final = "decode"
_STRIP: Final = 256
"""Rows composited at once, so that the intermediate arrays stay small."""
_JPEG_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as a person sees it."""

    pixels: Pixels
    width: int
    height: int
    format: PictureFormat
    notes: tuple[str, ...] = ()
    """What was done to the pixels, for instance `alpha composited on white`."""


def read_picture(frame: Frame, raw: RawImage | None = None) -> Picture:
    """Return the picture of an image frame; with `raw`, of raw pixels.

    Raises EngineError(BAD_IMAGE) with stage `gate` (refused unseen) or `decode` (broken).
    """
    if raw is not None:
        return _read_raw(frame, raw)
    header = inspect(frame)
    pixels, notes = _to_bgr(_decode(frame, header))
    if header.orientation != 1:
        if header.format is not PictureFormat.TIFF:
            pixels = _upright(pixels, header.orientation)
        notes = (*notes, f"EXIF orientation {header.orientation} applied")
    return _picture(pixels, header.format, notes)


def encode_png(pixels: Pixels) -> bytes:
    """Return BGR or grey pixels as a PNG file."""
    return _encode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])


def encode_jpeg(pixels: Pixels, quality: int = _JPEG_QUALITY) -> bytes:
    """Return BGR or grey pixels as a JPEG file; `quality` is 1 to 100."""
    return _encode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])


def _encode(suffix: str, pixels: Pixels, options: list[int]) -> bytes:
    done, encoded = cv2.imencode(suffix, pixels, options)
    if not done:
        raise EngineError(ErrorCode.INTERNAL, f"OpenCV could not encode a {suffix} picture.", stage="encode")
    return bytes(encoded.tobytes())


def _bad(message: str) -> EngineError:
    return EngineError(ErrorCode.BAD_IMAGE, message, stage=STAGE)


def _picture(pixels: Pixels, picture_format: PictureFormat, notes: tuple[str, ...]) -> Picture:
    height, width = pixels.shape[:2]
    return Picture(np.ascontiguousarray(pixels), width, height, picture_format, notes)


def _decode(frame: Frame, header: Header) -> np.ndarray[Any, Any]:
    name = header.format.value.upper()
    try:
        # Unchanged keeps all bits and alpha, and leaves EXIF to us; only the TIFF decoder turns by itself.
        pixels = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raise _bad(f"The {name} picture could not be decoded ({type(error).__name__}).") from None
    if pixels is None or pixels.size == 0:
        raise _bad(f"The {name} picture is broken or cut off and could not be decoded.")
    expected = (header.height, header.width)
    if header.format is PictureFormat.TIFF and header.orientation >= 5:
        expected = (header.width, header.height)
    if pixels.shape[:2] != expected:
        raise _bad(f"The {name} picture says {header.width}x{header.height} and is another size.")
    return np.asarray(pixels)


def _to_bgr(pixels: np.ndarray[Any, Any]) -> tuple[Pixels, tuple[str, ...]]:
    notes: tuple[str, ...] = ()
    if pixels.dtype != np.uint8:
        pixels, note = _to_bytes(pixels)
        notes = (note,)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    channels = pixels.shape[2]
    if channels in (1, 2):
        notes = (*notes, "grey")
    if channels == 1:
        return np.repeat(pixels, 3, axis=2), notes
    if channels in (2, 4):
        return _on_white(pixels), (*notes, "alpha composited on white")
    if channels != 3:
        raise _bad(f"The picture has {channels} channels; 1, 3 or 4 can be read.")
    return pixels, notes


def _to_bytes(pixels: np.ndarray[Any, Any]) -> tuple[Pixels, str]:
    """Scale by the bits in use: the high byte of a 12-bit scan stored in 16 would be all black."""
    if pixels.dtype == np.uint16:
        colour = pixels[..., :3] if pixels.ndim == 3 else pixels
        bits = max(8, int(colour.max()).bit_length())
        scaled = _scaled(pixels, 255.0 / ((1 << bits) - 1))
        if pixels.ndim == 3 and pixels.shape[2] == 4:
            scaled[..., 3] = pixels[..., 3] >> 8
        return scaled, f"16-bit, {bits} bits in use"
    if pixels.dtype in (np.float32, np.float64):
        least, most = float(pixels.min()), float(pixels.max())
        if not np.isfinite([least, most]).all():
            raise _bad("The picture holds numbers that are not finite.")
        return _scaled(pixels - least, 255.0 / max(most - least, 1e-12)), "floating point, scaled to its range"
    raise _bad(f"Pixels of type {pixels.dtype} cannot be read.")


def _scaled(pixels: np.ndarray[Any, Any], factor: float) -> Pixels:
    out: Pixels = np.empty(pixels.shape, np.uint8)
    for rows in _strips(pixels.shape[0]):
        out[rows] = np.clip(pixels[rows].astype(np.float32) * factor + 0.5, 0, 255)
    return out


def _strips(height: int) -> Iterator[slice]:
    return (slice(top, top + _STRIP) for top in range(0, height, _STRIP))


def _on_white(pixels: np.ndarray[Any, Any]) -> Pixels:
    """Composite alpha on white: what a person sees is what the engine sees."""
    out: Pixels = np.empty((*pixels.shape[:2], 3), np.uint8)
    for rows in _strips(pixels.shape[0]):
        alpha = pixels[rows, :, -1:].astype(np.uint32)
        colour = pixels[rows, :, :-1].astype(np.uint32)
        out[rows] = (colour * alpha + 255 * (255 - alpha) + 127) // 255
    return out


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo an EXIF orientation (EXIF 2.32, tag 274)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _read_raw(frame: Frame, raw: RawImage) -> Picture:
    if raw.dtype != "uint8":
        raise _bad(f"Raw pixels of type {raw.dtype!r} cannot be read; send uint8.")
    check_size(raw.width, raw.height)
    expected, size = raw.height * raw.width * raw.channels, memoryview(frame).nbytes
    if expected != size:
        raise _bad(f"{raw.height}x{raw.width}x{raw.channels} raw pixels need {expected:,} bytes; {size:,} were sent.")
    if raw.channels == 2 or (raw.order is PixelOrder.GRAY) != (raw.channels == 1):
        raise _bad(f"Raw pixels of order {raw.order.value} cannot have {raw.channels} channels.")
    pixels = np.frombuffer(frame, np.uint8).reshape(raw.height, raw.width, raw.channels)
    if raw.order is PixelOrder.RGB:
        pixels = pixels[:, :, [2, 1, 0, 3][: raw.channels]]
    bgr, notes = _to_bgr(pixels)
    return _picture(bgr, PictureFormat.RAW, notes)
