"""Where each field of a machine-readable zone stands (ICAO Doc 9303, parts 4 to 7), and its check digits."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

FILLER: Final = "<"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Kind(Enum):
    """Which characters may stand at a position."""

    # Written out: in this body a bare name means the member above, and equal values would make aliases.
    LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
    DIGITS = "0123456789<"
    CHECK = "0123456789"
    OPTIONAL_CHECK = "<0123456789"
    SEX = "MFX<"
    ANY = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a line; `check` is the position of their check digit."""

    name: str
    line: int
    start: int
    end: int
    kind: Kind
    check: int | None = None
    check_kind: Kind = Kind.CHECK


Part = tuple[int, int, int]
"""Line, start, end."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of zone."""

    doc_type: str
    title: str
    lines: int
    length: int
    spans: tuple[Span, ...]
    composite: tuple[Part, ...] = ()
    composite_at: tuple[int, int] | None = None
    """Line and position of the composite check digit."""
    first: str = LETTERS
    """Characters the zone may begin with."""
    prefix: str = ""


def _upper(length: int) -> tuple[Span, ...]:
    return (
        Span("document_code", 0, 0, 2, Kind.LETTERS),
        Span("issuer", 0, 2, 5, Kind.LETTERS),
        Span("names", 0, 5, length, Kind.LETTERS),
    )


def _lower(optional: Span) -> tuple[Span, ...]:
    return (
        Span("number", 1, 0, 9, Kind.ANY, 9),
        Span("nationality", 1, 10, 13, Kind.LETTERS),
        Span("birth_date", 1, 13, 19, Kind.DIGITS, 19),
        Span("gender", 1, 20, 21, Kind.SEX),
        Span("expiry_date", 1, 21, 27, Kind.DIGITS, 27),
        optional,
    )


_NOT_VISA: Final = LETTERS.replace("V", "")
_CARD: Final = _NOT_VISA.replace("P", "")
"""A passport page cut off at the right would else pass for a card."""

TD3: Final = Layout(
    "mrz.mrp",
    "machine-readable passport (TD3)",
    2,
    44,
    _upper(44) + _lower(Span("optional_data", 1, 28, 42, Kind.ANY, 42, Kind.OPTIONAL_CHECK)),
    ((1, 0, 10), (1, 13, 20), (1, 21, 43)),
    (1, 43),
    _NOT_VISA,
)
TD2: Final = Layout(
    "mrz.td2",
    "identity card of format TD2",
    2,
    36,
    _upper(36) + _lower(Span("optional_data", 1, 28, 35, Kind.ANY)),
    ((1, 0, 10), (1, 13, 20), (1, 21, 35)),
    (1, 35),
    _CARD,
)
MRVA: Final = Layout(
    "mrz.mrva", "visa of format A", 2, 44, _upper(44) + _lower(Span("optional_data", 1, 28, 44, Kind.ANY)), first="V"
)
MRVB: Final = Layout(
    "mrz.mrvb", "visa of format B", 2, 36, _upper(36) + _lower(Span("optional_data", 1, 28, 36, Kind.ANY)), first="V"
)
TD1: Final = Layout(
    "mrz.td1",
    "identity card of format TD1",
    3,
    30,
    (
        Span("document_code", 0, 0, 2, Kind.LETTERS),
        Span("issuer", 0, 2, 5, Kind.LETTERS),
        Span("number", 0, 5, 14, Kind.ANY, 14, Kind.OPTIONAL_CHECK),
        Span("optional_data", 0, 15, 30, Kind.ANY),
        Span("birth_date", 1, 0, 6, Kind.DIGITS, 6),
        Span("gender", 1, 7, 8, Kind.SEX),
        Span("expiry_date", 1, 8, 14, Kind.DIGITS, 14),
        Span("nationality", 1, 15, 18, Kind.LETTERS),
        Span("optional_data_2", 1, 18, 29, Kind.ANY),
        Span("names", 2, 0, 30, Kind.LETTERS),
    ),
    ((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)),
    (1, 29),
    _CARD,
)
IDFRA: Final = Layout(
    "mrz.idfra",
    "French national identity card (until 2021)",
    2,
    36,
    (
        Span("document_code", 0, 0, 2, Kind.LETTERS),
        Span("issuer", 0, 2, 5, Kind.LETTERS),
        Span("surname", 0, 5, 30, Kind.LETTERS),
        Span("optional_data", 0, 30, 36, Kind.ANY),
        Span("number", 1, 0, 12, Kind.ANY, 12),
        Span("given_names", 1, 13, 27, Kind.LETTERS),
        Span("birth_date", 1, 27, 33, Kind.DIGITS, 33),
        Span("gender", 1, 34, 35, Kind.SEX),
    ),
    ((0, 0, 36), (1, 0, 35)),
    (1, 35),
    "I",
    "IDFRA",
)

LAYOUTS: Final = (TD3, TD1, TD2, IDFRA, MRVA, MRVB)
MASKS: Final = tuple(layout.doc_type for layout in LAYOUTS)
"""What `document.masks` lists."""

_WEIGHTS: Final = (7, 3, 1)


def value_of(character: str) -> int:
    """Return a character's number in check digits: 0 to 9, A to Z are 10 to 35, the filler 0."""
    return 0 if character == FILLER else int(character, 36)


def check_digit(text: str) -> str:
    """Return the check digit of a text (ICAO 9303-3, 4.9: weights 7, 3, 1, modulo 10)."""
    return str(sum(value_of(character) * _WEIGHTS[index % 3] for index, character in enumerate(text)) % 10)
