"""What the gate's parsers return and raise."""

from typing import NamedTuple


class Refusal(Exception):
    """Why a picture may not be decoded, as one sentence for the caller."""


class Found(NamedTuple):
    """Size as stored, in pixels, and EXIF orientation."""

    width: int
    height: int
    orientation: int = 1
