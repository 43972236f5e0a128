"""The fields of a document: what was read, how surely, and what else it may be (ICAO Doc 9303, parts 3 to 7)."""

from enum import StrEnum

from msgspec import Struct

from visionmq.schemas.common import Quad


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


class Alternative(Struct, frozen=True):
    """What a doubtful character may be instead."""

    index: int
    """Position in the field's raw text, from 0."""
    character: str
    probability: float


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
    """A character was read against the picture's first guess, because only so the check digits fit."""
    ambiguous: bool = False
    """Two readings fit equally well; never accepted."""
    note: str | None = None
    quad: Quad | None = None
    source: str = "mrz"
    """Where it stands: `mrz`, `barcode`, `template` or `visual`."""
    alternatives: list[Alternative] = []
    """For each doubtful character, what else it may be; likeliest first."""
    attributes: dict[str, str] = {}
    """More forms of the value: `alpha_2`, `country`, `date` (DD.MM.YYYY), `transliterated`, ..."""
