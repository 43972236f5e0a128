"""Where each field of a machine-readable zone stands, and its check digits.

Sources: ICAO Doc 9303, parts 4 to 7 (passports, TD1, TD2, visas); for layouts of single states each constant says
what it rests on. Left out because nothing public settles them: the zones of Chinese travel permits other than the
one line of the card of 2014, and what the 24 characters of each state's driving licence mean (`EUDL` keeps them whole).
"""

from typing import Final

from visionmq.engine.document.mrz.layout_parts import FILLER, LETTERS, Kind, Layout, Part, Span

__all__ = [
    "FILLER",
    "LAYOUTS",
    "LETTERS",
    "MASKS",
    "Kind",
    "Layout",
    "Part",
    "Span",
    "check_digit",
    "value_of",
]


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

FRADL: Final = Layout(
    "mrz.fra_dl",
    "French driving licence (since 2013)",
    1,
    30,
    (
        Span("document_code", 0, 0, 2, Kind.ANY),
        Span("issuer", 0, 2, 5, Kind.LETTERS),
        Span("number", 0, 5, 14, Kind.ANY, 14, covers=((0, 0, 14),)),
        Span("expiry_date", 0, 15, 21, Kind.DIGITS),
        Span("surname", 0, 21, 29, Kind.LETTERS),
    ),
    ((0, 0, 29),),
    (0, 29),
    "D",
    "D1FRA",
)
"""Worked out from specimens by the users of github.com/cheminfo/mrz (thread 54): both digits cover all before them."""

NLDDL: Final = Layout(
    "mrz.nld_dl",
    "Dutch driving licence (since 2014)",
    1,
    30,
    (
        Span("document_code", 0, 0, 2, Kind.ANY),
        Span("issuer", 0, 2, 5, Kind.LETTERS),
        Span("version", 0, 5, 6, Kind.CHECK),
        Span("number", 0, 6, 16, Kind.DIGITS),
        Span("optional_data", 0, 16, 29, Kind.ANY),
    ),
    ((0, 0, 29),),
    (0, 29),
    "D",
    "D1NLD",
)
"""The specimen `D1NLD15094962111659VW87Z78NB84` (github.com/privacybydesign) fits: number, then 13 random characters."""

EUDL: Final = Layout(
    "mrz.eu_dl",
    "driving licence with the European one-line zone",
    1,
    30,
    (
        Span("document_code", 0, 0, 2, Kind.ANY),
        Span("issuer", 0, 2, 5, Kind.LETTERS),
        Span("optional_data", 0, 5, 29, Kind.ANY),
    ),
    ((0, 0, 29),),
    (0, 29),
    "D",
)
"""What the French and the Dutch licence share; Estonia and Ireland have such lines too, whose parts are not public."""

CHEDL: Final = Layout(
    "mrz.che_dl",
    "driving licence of Switzerland or Liechtenstein",
    3,
    30,
    (
        Span("optional_data", 0, 0, 9, Kind.ANY),
        Span("document_code", 1, 0, 2, Kind.LETTERS),
        Span("issuer", 1, 2, 5, Kind.LETTERS),
        Span("number", 1, 5, 17, Kind.DIGITS),
        Span("birth_date", 1, 19, 25, Kind.DIGITS),
        Span("names", 2, 0, 30, Kind.LETTERS),
    ),
    first=LETTERS + "0123456789",
    uneven=(9, 30, 30),
)
"""ASTRA's description of the credit-card licence as github.com/cheminfo/mrz reads it: no check digits at all. The first
line is the blank's number and the language; the number is the holder's nine digits and the three of the version."""

CHNEEP: Final = Layout(
    "mrz.chn_eep",
    "Chinese exit-entry permit for Hong Kong and Macau (card of 2014)",
    1,
    30,
    (
        Span("document_code", 0, 0, 2, Kind.LETTERS),
        Span("number", 0, 2, 11, Kind.ANY, 11),
        Span("expiry_date", 0, 13, 19, Kind.DIGITS, 19),
        Span("birth_date", 0, 21, 27, Kind.DIGITS, 27),
    ),
    ((0, 2, 12), (0, 13, 20), (0, 21, 28)),
    (0, 29),
    "C",
    "CS",
)
"""As two open readers of these cards take it (classes EepMrzParser on github.com); no official text is public."""

LAYOUTS: Final = (TD3, TD1, TD2, IDFRA, MRVA, MRVB, FRADL, NLDDL, EUDL, CHEDL, CHNEEP)
MASKS: Final = tuple(layout.doc_type for layout in LAYOUTS)
"""What `document.masks` lists."""

_WEIGHTS: Final = (7, 3, 1)


def value_of(character: str) -> int:
    """Return a character's number in check digits: 0 to 9, A to Z are 10 to 35, the filler 0."""
    return 0 if character == FILLER else int(character, 36)


def check_digit(text: str) -> str:
    """Return the check digit of a text (ICAO 9303-3, 4.9: weights 7, 3, 1, modulo 10)."""
    return str(sum(value_of(character) * _WEIGHTS[index % 3] for index, character in enumerate(text)) % 10)
