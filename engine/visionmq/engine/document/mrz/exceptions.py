"""What real documents print at the margin of the standard, or against it: a table, and who uses what of it.

Mode `default` takes all of these as they are; mode `strict` accepts no field that makes use of one that the standard
does not allow. Sources name the part of ICAO Doc 9303 that allows or forbids it, or where it is seen.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from visionmq.engine.document.mrz import codes

_CARDS: Final = ("mrz.td1", "mrz.td2")
_PASSPORT: Final = ("mrz.mrp",)
_ICAO: Final = (*_PASSPORT, *_CARDS, "mrz.mrva", "mrz.mrvb")
_CODES: Final = ("issuer", "nationality")
COMPOSITE: Final = "composite"
"""Name under which the composite digit is looked at."""

INNER_FILLER: Final = "number_filler"
"""The same for the filler within a long number, where it counts."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that documents do."""

    id: str
    what: str
    where: tuple[str, ...]
    """Document types; empty for all."""
    spans: tuple[str, ...]
    pattern: str
    """Regular expression on the span's characters; with `check` its digit follows them after a space."""
    allowed: bool
    """Whether the standard allows it."""
    source: str
    check: bool = False


def _listed(known: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(known)))


EXCEPTIONS: Final = (
    Deviation(
        "filler_for_empty_check", "a filler instead of 0 as check digit of an empty field", (), ("optional_data", "number"),
        r"<+ <", True, "Doc 9303-4, 4.2.2, position 43: at the issuer's option", check=True,
    ),
    Deviation(
        "check_missing", "a filler where a check digit belongs", (), ("number", "birth_date", "expiry_date", "optional_data"),
        r".*[^<].* <", False, "Doc 9303-3, 4.9; seen on early cards", check=True,
    ),
    Deviation(
        "composite_missing", "no composite check digit", (), (COMPOSITE,), r"<", False, "Doc 9303-3, 4.9; seen on early cards"
    ),
    Deviation("long_number", "a number of more than nine characters goes on in the optional data", _CARDS, ("number",),
              r".{9}.+", True, "Doc 9303-5, 4.2.2, note j: Belgium, Portugal"),
    Deviation("filler_counted", "the check digit of a long number counts the filler within it", _CARDS, (INNER_FILLER,), r"<",
              False, "Doc 9303-5, 4.2.2, note j; seen on Belgium's cards before 2020"),
    Deviation("germany", "`D` is Germany's code, of one letter", (), _CODES, r"D<<", True, "Doc 9303-3, section 5, part A"),
    Deviation("person_without_nationality", "code of a stateless person, a refugee, or of an unspecified nationality", (),
              _CODES, r"XX[ABCX]", True, "Doc 9303-3, section 5, part D"),
    Deviation("united_nations", "issued by the United Nations or one of its agencies", (), _CODES, r"UN[OAK]", True,
              "Doc 9303-3, section 5, part C"),
    Deviation("british", "a British nationality other than citizen", (), _CODES, r"GB[DNOPS]", True,
              "Doc 9303-3, section 5, part A"),
    Deviation("organisation", "issued by an organisation", (), _CODES, r"EUE|X(BA|IM|CC|CE|CO|DC|EC|ES|MP|OM|PO)", True,
              "Doc 9303-3, section 5, parts B and D"),
    Deviation("specimen", "Utopia, the state of specimens", (), _CODES, r"UTO", True, "Doc 9303-3, section 5, part E"),
    Deviation("code_of_own", "a former code, or one that the issuer chose", (), _CODES, _listed(codes.SEEN), False,
              "seen on passports of Interpol (`INP`), Kosovo (`KOS`), on specimens (`BDR`)"),
    Deviation("code_unknown", "a code that no list has", (), _CODES, rf"(?!(?:{_listed(codes.KNOWN)})$).*", False,
              "Doc 9303-3, section 5"),
    Deviation("residence_permit", "code `AR`: Germany's residence permit", _CARDS, ("document_code",), r"AR", True,
              "Doc 9303-5, 4.2.2, note k: the second letter is the issuer's choice"),
    Deviation("card_code", "a card whose code begins with no A, C or I", _CARDS, ("document_code",), r"[^ACI].", False,
              "Doc 9303-5, 4.2.2, note k; `RP` on Estonian residence permits"),
    Deviation("passport_code", "a passport whose code does not begin with P", _PASSPORT, ("document_code",), r"[^P].", False,
              "Doc 9303-4, 4.2.2"),
    Deviation("one_filler_between_names", "one filler only between surname and given names", _ICAO, ("names",),
              r"[A-Z]+(<[A-Z]+)+<*", False, "Doc 9303-3, 4.6; seen on cards of Malta"),
    Deviation("no_given_names", "a single name", _ICAO, ("names",), r"[A-Z]+<*", True, "Doc 9303-3, 4.6"),
    Deviation("no_surname", "given names only, after fillers", _ICAO, ("names",), r"<+[A-Z].*", False,
              "Doc 9303-3, 4.6; seen on passports of India"),
    Deviation("names_parted_again", "two fillers between given names", _ICAO, ("names",), r"<*[A-Z].*?<<[A-Z<]*[A-Z]<<+[A-Z].*",
              False, "Doc 9303-3, 4.6"),
    Deviation("names_cut", "names that fill the line, perhaps cut", (), ("names", "surname", "given_names"), r".*[A-Z]", True,
              "Doc 9303-4, 4.2.3"),
    Deviation("birth_date_open", "a date of birth that is not known in full", (), ("birth_date",), r".*<.*", True,
              "Doc 9303-3, 4.8"),
    Deviation("expiry_open", "a date of expiry left open", (), ("expiry_date",), r".*<.*", False,
              "Doc 9303-3, 4.8; seen on cards without end"),
    Deviation("sex_x", "`X` where the standard wants a filler", (), ("gender",), r"X", False, "Doc 9303-4, 4.2.2, position 21"),
    Deviation("old_german_card", "Germany's identity card of 1987 to 2010", ("mrz.td2",), ("issuer",), r"D<<",
              True, "personal identity cards until October 2010"),
)  # fmt: skip
"""Every exception that is known."""

BY_ID: Final = {deviation.id: deviation for deviation in EXCEPTIONS}


def deviations(doc_type: str, texts: Mapping[str, str], checks: Mapping[str, str]) -> list[tuple[Deviation, str]]:
    """Return what a zone makes use of, each with the span; `checks` are the printed digits of spans that have one."""
    found = []
    for deviation in EXCEPTIONS:
        if deviation.where and doc_type not in deviation.where:
            continue
        for span in deviation.spans:
            text = texts.get(span, "\n")
            if deviation.check:
                text = f"{text} {checks.get(span, chr(10))}"
            if re.fullmatch(deviation.pattern, text):
                found.append((deviation, span))
    return found
