"""Parameters and results of the `document.*` operations (ICAO Doc 9303, parts 3 to 7)."""

from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from visionmq.schemas.common import Items, Params, Quad


class CheckDigit(StrEnum):
    """What the check digit that covers a field says (ICAO 9303-3, 4.9)."""

    PASSED = "passed"
    FAILED = "failed"
    ABSENT = "absent"
    """The standard gives this field no check digit, or the document leaves it empty."""


class Edit(Struct, frozen=True):
    """One character that was read otherwise than the picture alone suggests."""

    index: int
    """Position in the line, from 0."""
    line: int
    read: str
    taken: str
    cost: float
    """Natural logarithm of how much likelier the reading was than what was taken."""


class Field(Struct, frozen=True, kw_only=True):
    """One item of a document."""

    name: str
    value: str | None
    """Normalised: dates as ISO 8601, fillers removed; None where it cannot be made sense of."""
    raw: str
    """The characters as printed, fillers kept."""
    accepted: bool
    """Whether the value may be relied on; never true for a failed check digit or an ambiguous repair."""
    confidence: float
    """Probability, 0 to 1, that every character is right."""
    check_digit: CheckDigit = CheckDigit.ABSENT
    repaired: bool = False
    note: str | None = None
    quad: Quad | None = None


class RecognizeParams(Params, frozen=True, kw_only=True):
    """What to look for: `want` may name `overlay` (annotated picture) and `mrz` (the rectified strip)."""

    mask: list[str] = field(default_factory=lambda: ["*"])
    """Document types as patterns, such as `mrz.*`."""
    mode: str = "default"
    options: dict[str, str] = {}


class Document(Struct, frozen=True, kw_only=True):
    """What one picture shows."""

    doc_type: str | None
    """For instance `mrz.mrp` (machine-readable passport, TD3); None where nothing was found."""
    fields: dict[str, Field] = {}
    reason: str | None = None
    """Why nothing was found, or why a field was not accepted."""
    advice: str | None = None
    """One sentence a person can act on."""
    edits: list[Edit] = []
    size: tuple[int, int] | None = None
    """Width and height in pixels of the picture as shown (EXIF orientation applied)."""


class Documents(Items[Document], frozen=True, kw_only=True):
    """The result of `document.recognize`: one item a picture."""


class MasksParams(Params, frozen=True, kw_only=True):
    """`document.masks` takes nothing of its own."""


class Masks(Struct, frozen=True):
    """What can be recognised now."""

    masks: list[str]
    modes: list[str]
    pass_back: Any = None
