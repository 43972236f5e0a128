"""What can be recognised, and what a picture teaches: `document.masks` and `document.learn`."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from visionmq.schemas.common import Attachment, Params


class MasksParams(Params, frozen=True, kw_only=True):
    """`document.masks` takes nothing of its own."""


class Masks(Struct, frozen=True):
    """What can be recognised now."""

    masks: list[str]
    modes: list[str]
    pass_back: Any = None


class ZoneKind(StrEnum):
    """What a template's zone holds."""

    TEXT = "text"
    DATE = "date"
    MRZ = "mrz"
    PICTURE = "picture"
    SIGNATURE = "signature"
    CHECKBOX = "checkbox"


class TemplateZone(Struct, frozen=True, forbid_unknown_fields=True):
    """One named part of a template's picture."""

    name: str
    kind: ZoneKind
    box: tuple[float, float, float, float]
    """Left, top, width, height in pixels of the template's picture."""
    pattern: str | None = None
    """Regular expression that the whole text must match to be accepted."""
    date_format: str | None = None
    """For dates, as `DD.MM.YYYY`."""
    label: str | None = None


class LearnParams(Params, frozen=True, kw_only=True):
    """A template: the request's one picture is the clean document."""

    name: str
    zones: list[TemplateZone]
    title: str | None = None


class Learned(Struct, frozen=True, kw_only=True):
    """A bundle; each file of it is an image frame, named by its attachment."""

    name: str
    features: int
    """Landmarks that a photograph can be aligned by."""
    warnings: list[str] = []
    images: list[Attachment] = []
    pass_back: Any = None
