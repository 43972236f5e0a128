"""Invents the holders of specimen documents: names from many countries, numbers, dates; nobody who lives."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np

from visionmq.engine.document.fields.countries import COUNTRIES
from visionmq.engine.document.mrz.layouts import Kind, Layout, Span
from visionmq.engine.document.specimen.names import POOLS, Pool
from visionmq.engine.document.specimen.writer import layout_of, zone_fields

_FIRST_DAY: Final = date(2016, 1, 1)
_ISSUE_DAYS: Final = 3650
"""Documents are issued in the ten years from the first day on; a seed's document never changes with the calendar."""
_UTOPIA: Final = 0.2
"""Share of documents of the specimen state."""
_FOREIGN: Final = 0.08
"""Share of holders whose nationality is not the issuer's."""
_STATELESS: Final = ("XXA", "XXB", "XXC")
_FOR_FOREIGNERS: Final = ("mrz.mrp", "mrz.td1", "mrz.td2", "mrz.mrva", "mrz.mrvb")
_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
_DIGITS: Final = "0123456789"
_MIXED: Final = _LETTERS + _DIGITS
_STATES: Final = tuple(
    code for code, country in COUNTRIES.items() if country.state and len(code) == 3 and code not in {"DEU", "BDR"}
)
_ORGANISATIONS: Final = ("UNO", "EUE", "XOM", "UNA")
_CODES: Final = {
    "mrz.mrp": ("P", "P", "P", "PD", "PS", "PO"),
    "mrz.td1": ("I", "ID", "AR", "C", "IR"),
    "mrz.td2": ("I", "ID", "AR", "IP"),
    "mrz.mrva": ("V", "VC", "VB"),
    "mrz.mrvb": ("V", "VC", "VD"),
}
_LONG: Final = 0.12
"""Share of cards of format TD1 with a number of more than nine characters."""


def invent(doc_type: str, given: Mapping[str, str], random: np.random.Generator) -> dict[str, str]:
    """Return values for all fields of a document type that the zone or the page shows; given ones stand.

    Names are as spelt at home (`Müller`); `issue_date` and `birth_place` are for the page alone.
    """
    layout = layout_of(doc_type)
    issuer = given.get("issuer") or layout.prefix[2:5] or _issuer(doc_type, random)
    if layout.doc_type == "mrz.chn_eep":
        issuer = "CHN"
    sex = (given.get("gender") or _choose(random, ("F", "M", "F", "M", "F", "M", "X"))).upper()
    pool = pool_of(issuer, random)
    issued = _FIRST_DAY + timedelta(days=int(random.integers(_ISSUE_DAYS)))
    made = {
        "issuer": issuer,
        "gender": sex,
        "surname": _surname(pool, sex, random),
        "given_names": _given_names(pool, sex, random),
        "nationality": _nationality(doc_type, issuer, random),
        "document_code": layout.prefix[:2] or _choose(random, _CODES.get(doc_type, ("",))),
        "number": _number(layout, random),
        "birth_date": _birth_date(issued, random),
        "issue_date": issued.isoformat(),
        "expiry_date": _expiry_date(doc_type, issued, random).isoformat(),
        "birth_place": _choose(random, pool.places),
        "version": "1",
        **_optional(layout, random),
    }
    return {**{name: text for name, text in made.items() if text}, **given}


def zone_part(doc_type: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Return those fields that the zone of a document type holds."""
    names = zone_fields(doc_type)
    return {name: text for name, text in fields.items() if name in names}


def pool_of(issuer: str, random: np.random.Generator) -> Pool:
    """Return names as they are given in a country; of any, where we have none for it."""
    fitting = [pool for pool in POOLS if issuer in pool.countries]
    return fitting[0] if fitting else POOLS[int(random.integers(len(POOLS)))]


def _choose(random: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(random.integers(len(options)))]


def _issuer(doc_type: str, random: np.random.Generator) -> str:
    share = random.random()
    if doc_type == "mrz.che_dl":
        return "CHE" if share < 0.9 else "LIE"
    if doc_type == "mrz.eu_dl":
        return _choose(random, ("EST", "IRL", "AUT", "HRV", "LVA", "CYP"))
    if share < _UTOPIA:
        return "UTO"
    if share > 0.97 and doc_type == "mrz.mrp":
        return _choose(random, _ORGANISATIONS)
    # Half from countries whose names we know, so that names and country often agree; the rest from all.
    pool = POOLS[int(random.integers(len(POOLS)))]
    return _choose(random, pool.countries if share < 0.6 else _STATES)


def _nationality(doc_type: str, issuer: str, random: np.random.Generator) -> str:
    if doc_type not in _FOR_FOREIGNERS:
        return issuer
    if issuer in _ORGANISATIONS:
        return _choose(random, _STATES)
    share = random.random()
    if share < _FOREIGN:
        return _choose(random, _STATELESS if share < _FOREIGN / 4 else _STATES)
    return issuer


def _surname(pool: Pool, sex: str, random: np.random.Generator) -> str:
    name = _choose(random, pool.surnames)
    if sex == "F":
        name = pool.of_a_woman(name)
    if random.random() < pool.double:
        second = _choose(random, pool.surnames)
        name += f" {second}" if second != name else ""
    return name


def _given_names(pool: Pool, sex: str, random: np.random.Generator) -> str:
    names = pool.women if sex == "F" or (sex == "X" and random.random() < 0.5) else pool.men
    first = _choose(random, names)
    if random.random() < pool.second:
        other = _choose(random, names)
        if other != first:
            return f"{first}{'-' if random.random() < 0.15 else ' '}{other}"
    return first


def _birth_date(issued: date, random: np.random.Generator) -> str:
    age = int(np.clip(random.normal(38, 17), 1, 92) * 365.25)
    born = (issued - timedelta(days=age)).isoformat()
    share = random.random()
    # Some people's day or month of birth is not known.
    return born[:4] if share < 0.01 else born[:7] if share < 0.02 else born


def _expiry_date(doc_type: str, issued: date, random: np.random.Generator) -> date:
    years = 1 if doc_type.startswith("mrz.mrv") else int(random.choice([5, 10, 10]))
    return issued + timedelta(days=round(years * 365.25) - 1)


def _number(layout: Layout, random: np.random.Generator) -> str:
    span = next((span for span in layout.spans if span.name == "number"), None)
    if span is None:
        return ""
    width = span.end - span.start
    if span.kind is Kind.DIGITS or width > 9:
        return _run(random, _DIGITS, width)
    if layout.doc_type == "mrz.td1" and random.random() < _LONG:
        return _run(random, _LETTERS, 1) + _run(random, _DIGITS, int(random.integers(9, 12)))
    head = int(random.integers(0, 4))
    if random.random() < 0.25:
        return _run(random, _MIXED, width)
    return _run(random, _LETTERS, head) + _run(random, _DIGITS, int(random.integers(7, 10)) - head)


def _optional(layout: Layout, random: np.random.Generator) -> dict[str, str]:
    found = {}
    for span in layout.spans:
        if span.name.startswith("optional_data"):
            always = layout.doc_type in {"mrz.eu_dl", "mrz.nld_dl", "mrz.che_dl", "mrz.idfra"}
            found[span.name] = _optional_data(span, random) if always or random.random() < 0.35 else ""
    # The number of a card may need the room.
    return found if layout.doc_type != "mrz.td1" else {**found, "optional_data": ""}


def _optional_data(span: Span, random: np.random.Generator) -> str:
    width = span.end - span.start
    full = width <= 13 or width == 24
    length = width if full else int(random.integers(6, width - 1))
    return _run(random, _DIGITS if random.random() < 0.6 else _MIXED, length)


def _run(random: np.random.Generator, characters: str, length: int) -> str:
    return "".join(characters[index] for index in random.integers(len(characters), size=max(0, length)))
