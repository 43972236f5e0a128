"""Specimens drawn with their truth: `document.make`."""

from typing import Any

from msgspec import Struct

from visionmq.schemas.common import Attachment, Params, Quad


class MakeParams(Params, frozen=True, kw_only=True):
    """A specimen to write and draw; fields left out are invented from the seed."""

    doc_type: str = "mrz.mrp"
    fields: dict[str, str] = {}
    """By the names of the result without `mrz_`: `surname`, `number`, `birth_date` (ISO 8601), ..."""
    seed: int = 0
    photograph: bool = True
    """Lay the page on a table and photograph it; else the bare page."""


class Made(Struct, frozen=True, kw_only=True):
    """A drawn specimen and its ground truth; the picture is the first image frame."""

    doc_type: str
    mrz: list[str]
    fields: dict[str, str]
    quads: dict[str, Quad] = {}
    images: list[Attachment] = []
    pass_back: Any = None
