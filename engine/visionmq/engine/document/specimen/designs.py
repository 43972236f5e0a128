"""Where things stand on each kind of specimen document, and in what colours; all designs are our own."""

from dataclasses import dataclass, replace
from typing import Final

from visionmq.engine.document.specimen.art import Box, Colour

Item = tuple[float, float, str, str]
"""Left and base line of the value, label, name of the field."""


@dataclass(frozen=True, slots=True)
class Design:
    """One side of a document, in millimetres."""

    size: tuple[float, float]
    title: str
    items: tuple[Item, ...] = ()
    portrait: Box | None = None
    ghost: Box | None = None
    signed: Box | None = None
    band: float = 10.0
    """Height of the coloured band with the issuer's name; 0 for none."""
    zone: tuple[float, float] | None = None
    """Left end and lowest base line of the zone."""
    spacing: float = 6.35
    chip: tuple[float, float] | None = None
    table: Box | None = None
    """Where a driving licence lists its classes."""


_ID1: Final = (85.6, 54.0)
_ID2: Final = (105.0, 74.0)
_CLOSE: Final = 4.25
"""Millimetres from line to line on cards: those of the development set have 4.2 to 4.9."""
_PERSON: Final = ("surname", "given_names", "nationality", "birth_date", "gender", "birth_place")

_PASSPORT: Final = Design(
    (125, 88),
    "PASSPORT",
    (
        (42, 20, "Type / Type", "document_code"),
        (58, 20, "Code of issuing State", "issuer"),
        (88, 20, "Passport No.", "number"),
        (42, 28, "1. Surname / Nom", "surname"),
        (42, 35.5, "2. Given names / Prénoms", "given_names"),
        (42, 43, "3. Nationality / Nationalité", "nationality_name"),
        (42, 50.5, "4. Date of birth / Date de naissance", "birth_date"),
        (84, 50.5, "5. Sex / Sexe", "gender"),
        (42, 57.5, "6. Place of birth / Lieu de naissance", "birth_place"),
        (84, 57.5, "7. Date of issue", "issue_date"),
        (84, 43, "9. Authority", "authority"),
        (42, 64, "8. Date of expiry / Date d'expiration", "expiry_date"),
    ),
    portrait=(5.5, 16, 32, 41.6),
    ghost=(107, 24, 13, 17),
    signed=(6, 58.5, 32, 6.5),
    zone=(6.6, 79.8),
)
_TD2: Final = Design(
    _ID2,
    "IDENTITY CARD",
    (
        (36, 16.5, "Surname / Nom", "surname"),
        (36, 23, "Given names / Prénoms", "given_names"),
        (36, 29.5, "Nationality", "nationality_name"),
        (72, 29.5, "Sex", "gender"),
        (36, 36, "Date of birth", "birth_date"),
        (72, 36, "Document No.", "number"),
        (36, 42.5, "Date of expiry", "expiry_date"),
        (72, 42.5, "Date of issue", "issue_date"),
    ),
    portrait=(5, 13, 27, 35.1),
    signed=(72, 44.5, 26, 6),
    zone=(6.0, 66.0),
    spacing=6.4,
)
_FRENCH: Final = replace(
    _TD2,
    title="CARTE NATIONALE D'IDENTITÉ",
    items=(
        (38, 16.5, "Nom", "surname"),
        (38, 23, "Prénom(s)", "given_names"),
        (38, 29.5, "Sexe", "gender"),
        (58, 29.5, "Né(e) le", "birth_date"),
        (38, 36, "à", "birth_place"),
        (38, 42.5, "Nationalité", "nationality_name"),
        (72, 16.5, "N°", "number"),
    ),
)
_VISA_ITEMS: Final = (
    (38, 17, "VALID FOR", "issuer_name"),
    (38, 24, "FROM", "issue_date"),
    (68, 24, "UNTIL", "expiry_date"),
    (38, 31, "NUMBER OF ENTRIES", "entries"),
    (68, 31, "DURATION OF STAY", "stay"),
    (38, 38, "NUMBER OF PASSPORT", "number"),
    (38, 45, "SURNAME, NAME", "whole_name"),
    (68, 38, "TYPE OF VISA", "document_code"),
)
_VISA_A: Final = Design(
    (120, 80), "VISA", _VISA_ITEMS, portrait=(6, 13, 27, 35.1), signed=(84, 46, 30, 7), zone=(4.2, 71.6)
)
_VISA_B: Final = Design(_ID2, "VISA", _VISA_ITEMS, portrait=(5, 13, 27, 35.1), zone=(6.4, 66.0))
_CARD_BACK: Final = Design(
    _ID1,
    "",
    (
        (5, 8, "Place of birth", "birth_place"),
        (44, 8, "Authority", "authority"),
        (5, 15.5, "Date of issue", "issue_date"),
        (44, 15.5, "Height", "height"),
        (5, 23, "Colour of eyes", "eyes"),
    ),
    ghost=(70, 5, 12, 15.6),
    band=0,
    zone=(4.4, 49.6),
    spacing=_CLOSE,
)
_CARD_FRONT: Final = Design(
    _ID1,
    "IDENTITY CARD",
    (
        (33, 16.5, "Surname", "surname"),
        (33, 23, "Given names", "given_names"),
        (33, 29.5, "Nationality", "nationality_name"),
        (66, 29.5, "Sex", "gender"),
        (33, 36, "Date of birth", "birth_date"),
        (60, 36, "Expires", "expiry_date"),
        (33, 42.5, "Document No.", "number"),
    ),
    portrait=(4.5, 12, 25, 32.5),
    ghost=(71, 12.5, 10, 13),
    signed=(54, 44.5, 28, 6.5),
    chip=(66, 38.5),
    band=9,
)
_LICENCE_FRONT: Final = Design(
    _ID1,
    "DRIVING LICENCE",
    (
        (33, 14.5, "1.", "surname"),
        (33, 19.5, "2.", "given_names"),
        (33, 24.5, "3.", "birth_line"),
        (33, 29.5, "4a.", "issue_date"),
        (60, 29.5, "4b.", "expiry_date"),
        (33, 34.5, "4c.", "authority"),
        (33, 39.5, "5.", "number"),
    ),
    portrait=(4.5, 12, 23, 29.9),
    signed=(40, 42, 30, 7),
    band=9,
)
_LICENCE_BACK: Final = Design(_ID1, "", band=0, zone=(4.4, 49.6), spacing=_CLOSE, table=(5, 4, 58, 37))
_SWISS_BACK: Final = replace(_LICENCE_BACK, table=(5, 3, 58, 27))
_PERMIT_BACK: Final = replace(
    _CARD_BACK,
    items=(
        (5, 9, "Issued at", "birth_place"),
        (44, 9, "Authority", "authority"),
        (5, 18, "Date of issue", "issue_date"),
        (44, 18, "Valid until", "expiry_date"),
        (5, 27, "No.", "number"),
    ),
)
_PERMIT_FRONT: Final = replace(_CARD_FRONT, title="EXIT-ENTRY PERMIT")

_DESIGNS: Final[dict[str, tuple[Design, ...]]] = {
    "mrz.mrp": (_PASSPORT,),
    "mrz.td2": (_TD2,),
    "mrz.idfra": (_FRENCH,),
    "mrz.mrva": (_VISA_A,),
    "mrz.mrvb": (_VISA_B,),
    "mrz.td1": (_CARD_BACK, _CARD_FRONT),
    "mrz.che_dl": (_SWISS_BACK, _LICENCE_FRONT),
    "mrz.chn_eep": (_PERMIT_BACK, _PERMIT_FRONT),
}
"""The side with the zone first; driving licences with one line are alike."""

SCHEMES: Final[tuple[tuple[Colour, Colour, Colour, Colour], ...]] = (
    ((104, 58, 38), (238, 226, 214), (222, 232, 240), (232, 216, 230)),
    ((58, 84, 40), (222, 236, 222), (226, 232, 208), (236, 222, 226)),
    ((52, 34, 110), (226, 222, 240), (236, 226, 218), (214, 228, 236)),
    ((110, 74, 22), (240, 228, 206), (232, 232, 216), (220, 214, 234)),
    ((44, 60, 128), (214, 226, 242), (226, 222, 236), (232, 230, 212)),
    ((96, 50, 86), (236, 218, 230), (218, 226, 238), (238, 232, 218)),
)
"""Of each state: the colour of its band, and three tints of paper (blue, green, red)."""
PINK: Final = ((132, 62, 108), (226, 208, 240), (236, 222, 232), (220, 212, 244))
GOLD: Final[Colour] = (142, 206, 236)


def designs_of(doc_type: str) -> tuple[Design, ...]:
    """Return the sides of a document, the one with the zone first."""
    return _DESIGNS.get(doc_type, (_LICENCE_BACK, _LICENCE_FRONT))
