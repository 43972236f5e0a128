"""Rendering of text to coverage masks, quickly: glyphs of fixed pitch are kept, fonts opened once."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from PIL import ImageFont

Array: TypeAlias = np.ndarray[Any, Any]

_ROOT: Final = Path("/usr/share/fonts")
_OCRB: Final = (
    "opentype/ocr-b/OCRB.otf",
    "opentype/ocr-b/OCRBS.otf",
    Path(__file__).parents[2] / "visionmq/engine/document/data/OCRB.otf",
)
_OTHER_ZONE: Final = (
    "truetype/dejavu/DejaVuSansMono.ttf",
    "truetype/liberation/LiberationMono-Regular.ttf",
    "truetype/liberation/LiberationMono-Bold.ttf",
    "truetype/dejavu/DejaVuSansMono-Bold.ttf",
    "opentype/freefont/FreeMono.otf",
    "opentype/freefont/FreeMonoBold.otf",
    "truetype/cmu/cmuntt.ttf",
    "opentype/ocr-b/OCRBL.otf",
    "truetype/ocr-a/OCRABold.ttf",
    "truetype/ocr-a/OCRA.ttf",
)
_TEXT_FOLDERS: Final = ("truetype/liberation", "truetype/dejavu", "opentype/freefont", "truetype/cmu")


@lru_cache(maxsize=4096)
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    """Return an open font."""
    return ImageFont.truetype(path, size)


def _existing(paths: Iterable[str | Path]) -> list[str]:
    found = [str(_ROOT / path) for path in paths if (_ROOT / path).is_file()]
    if not found:
        raise FileNotFoundError("fonts are missing; install fonts-ocr-b, fonts-dejavu and fonts-liberation")
    return found


def ocrb_fonts() -> list[str]:
    """Return the paths of the typeface of passports, as it is and sharp."""
    return _existing(_OCRB)


def other_zone_fonts() -> list[str]:
    """Return the paths of other fixed-pitch faces that zones are seen printed in."""
    return _existing(_OTHER_ZONE)


def text_fonts() -> list[str]:
    """Return the paths of faces for ordinary text, many of them."""
    return sorted(str(path) for folder in _TEXT_FOLDERS for path in (_ROOT / folder).glob("*.[ot]tf"))


@lru_cache(maxsize=4096)
def _glyph(path: str, size: int, character: str) -> tuple[Array, int]:
    """Return a character's coverage, uint8, and how far its top is above (negative: below) the baseline."""
    face = font(path, size)
    _, top, _, _ = face.getbbox(character, anchor="ls")
    mask = np.array(face.getmask(character), np.uint8)
    if mask.size == 0:
        return np.zeros((1, 1), np.uint8), 0
    width, height = face.getmask(character).size
    return mask.reshape(height, width), -int(top)


def cap_height(path: str, size: int) -> int:
    """Return the height of H in pixels."""
    _, top, _, bottom = font(path, size).getbbox("H", anchor="ls")
    return int(bottom - top)


def fixed_pitch(path: str, size: int, text: str, pitch: float) -> tuple[Array, int]:
    """Return the coverage of a line with characters centred every `pitch` pixels, and the baseline's row in it."""
    above, below = round(size * 1.1), round(size * 0.4)
    line = np.zeros((above + below, round(pitch * len(text)) + 2 * size), np.uint8)
    for place, character in enumerate(text):
        mask, top = _glyph(path, size, character)
        left = size + round(pitch * (place + 0.5) - mask.shape[1] / 2)
        row = above - top
        if left < 0 or row < 0:
            continue
        spot = line[row : row + mask.shape[0], left : left + mask.shape[1]]
        np.maximum(spot, mask[: spot.shape[0], : spot.shape[1]], out=spot)
    return line[:, size : size + round(pitch * len(text))], above


def running_text(path: str, size: int, text: str) -> Array:
    """Return the coverage of a line of ordinary text."""
    mask = font(path, size).getmask(text)
    width, height = mask.size
    if width * height == 0:
        return np.zeros((1, 1), np.uint8)
    return np.array(mask, np.uint8).reshape(height, width)


def thickened(mask: Array, pixels: int) -> Array:
    """Return the coverage with strokes `pixels` thicker (thinner where negative)."""
    if pixels == 0:
        return mask
    kernel = np.ones((abs(pixels) + 1, abs(pixels) + 1), np.uint8)
    return np.asarray(cv2.dilate(mask, kernel) if pixels > 0 else cv2.erode(mask, kernel))
