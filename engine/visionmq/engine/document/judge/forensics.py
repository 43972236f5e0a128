"""Judges a document: each check says passed, failed or undefined, why, and what passes it all the same.

No check proves a document genuine. A failed one names something that issued documents do not show; an undefined one
could not be decided, and says what it lacked. Sources: ICAO Doc 9303-3 (dates 3.8, zone 4), 9303-4 to -7 (sizes).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from visionmq.engine.document.judge.looks import (
    judge_copy,
    judge_geometry,
    judge_portrait,
    judge_screen,
    judge_typeface,
)
from visionmq.engine.document.judge.printed import Printed
from visionmq.engine.document.judge.screen import Surface
from visionmq.engine.document.mrz.codes import is_known
from visionmq.engine.document.mrz.layouts import FILLER, Layout
from visionmq.engine.document.page.portrait import Sight
from visionmq.engine.document.page.visual import judge_visual
from visionmq.schemas.document.documents import Check, Document, Finding, TextLine
from visionmq.schemas.document.fields import CheckDigit, Field

OLDEST: Final = 125
"""Years; nobody of whom it is documented lived longer than 122."""
LONGEST: Final = 20
"""Years from issue to expiry beyond which a document is none: ten are usual, some cards run for fifteen."""
_SOURCES: Final = ("mrz", "barcode", "template")
_NAMES: Final = ("number", "surname", "given_names", "birth_date", "expiry_date", "gender", "nationality", "issuer")
_WORDS_OF_SPECIMENS: Final = ("SPECIMEN", "ESPECIMEN", "MUSTER", "VZOR", "PARAUDZINS", "FACSIMILE")
"""Words for it that issuers print, and name the holders of documents that are for show; three across the page too."""
_ORDER: Final = (Finding.FAILED, Finding.PASSED, Finding.UNDEFINED)
_PORTRAIT_ORDER: Final = (Finding.PASSED, Finding.UNDEFINED, Finding.FAILED)
_EXAMPLE: Final = "MUSTERMANN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a judgement rests on; what was not looked at is None, and its checks say so."""

    document: Document
    today: date
    layout: Layout | None = None
    printed: Printed | None = None
    """`printed.measure` of the zone."""
    surface: Surface | None = None
    """`screen.study_surface` of the picture."""
    portrait: Sight | None = None
    """`portrait.look_for` of the page."""
    visual: Mapping[str, Field] | None = None
    """`visual.match_visual`; None where the visual zone was not read."""
    text: list[TextLine] = field(default_factory=list)


def judge(evidence: Evidence) -> dict[str, Check]:
    """Return all checks by name. Call it once for each picture, after everything else is known."""
    document, fields = evidence.document, evidence.document.fields
    return {
        "expiry": judge_expiry(fields, evidence.today),
        "date_order": judge_dates(fields, evidence.today),
        "mrz_check_digits": judge_digits(fields),
        "country_codes": judge_codes(fields),
        "mrz_geometry": judge_geometry(evidence.printed, evidence.layout),
        "mrz_typeface": judge_typeface(evidence.printed),
        "mrz_vs_visual": judge_visual(evidence.visual, evidence.text, fields),
        "barcode_vs_mrz": judge_sources(fields),
        "screen_suspicion": judge_screen(evidence.surface),
        "copy_suspicion": judge_copy(evidence.surface),
        "portrait_present": judge_portrait(evidence.portrait),
        "specimen": judge_specimen(document, evidence.text),
    }


def merge_checks(each: Sequence[Mapping[str, Check]], fields: Mapping[str, Field], today: date) -> dict[str, Check]:
    """Return the checks of several pictures of one document; those that rest on values alone are made anew.

    What fails in one picture has failed, but for the portrait: it need be on one picture only.
    """
    merged: dict[str, Check] = {}
    for checks in each:
        for name, check in checks.items():
            order = _PORTRAIT_ORDER if name == "portrait_present" else _ORDER
            merged[name] = min(merged.get(name, check), check, key=lambda one: order.index(one.state))
    if merged:
        merged |= {
            "expiry": judge_expiry(fields, today),
            "date_order": judge_dates(fields, today),
            "mrz_check_digits": judge_digits(fields),
            "country_codes": judge_codes(fields),
            "barcode_vs_mrz": judge_sources(fields),
        }
    return merged


def value_of_field(fields: Mapping[str, Field], name: str) -> Field | None:
    """Return a field by its name without a source: the zone's, else a barcode's, else a template's."""
    found = (fields.get(f"{source}_{name}") for source in _SOURCES)
    return next((one for one in found if one is not None and one.value), None)


def day_of(fields: Mapping[str, Field], name: str) -> date | None:
    """Return the day a field names; None where it names none."""
    found = value_of_field(fields, name)
    try:
        return date.fromisoformat(found.value) if found is not None and found.value else None
    except ValueError:
        return None


def judge_expiry(fields: Mapping[str, Field], today: date) -> Check:
    """Return whether the document is still valid on a day; the last day counts."""
    missed = "a later withdrawal, loss or theft: no register is asked"
    found, day = value_of_field(fields, "expiry_date"), day_of(fields, "expiry_date")
    if day is None:
        return Check(Finding.UNDEFINED, "no day of expiry was read", missed)
    if found is not None and not found.accepted:
        return Check(Finding.UNDEFINED, f"the day of expiry, {day:%d.%m.%Y}, could not be relied on", missed)
    if day < today:
        return Check(Finding.FAILED, f"expired on {day:%d.%m.%Y}", missed)
    return Check(Finding.PASSED, f"valid until {day:%d.%m.%Y}", missed)


def judge_dates(fields: Mapping[str, Field], today: date) -> Check:
    """Return whether birth, issue and expiry follow one another, and the holder can be so old."""
    missed = "dates that are wrong and yet possible"
    born, issued, expires = (day_of(fields, name) for name in ("birth_date", "issue_date", "expiry_date"))
    troubles = _date_troubles(born, issued, expires, today)
    if troubles:
        relied = all(
            found.accepted
            for name in ("birth_date", "issue_date", "expiry_date")
            if (found := value_of_field(fields, name)) is not None
        )
        return Check(Finding.FAILED if relied else Finding.UNDEFINED, troubles[0], missed)
    impossible = [
        name
        for name in ("birth_date", "expiry_date")
        if (found := fields.get(f"mrz_{name}")) is not None
        and found.value is None
        and found.check_digit is CheckDigit.PASSED
        and found.raw.isdigit()
    ]
    if impossible:
        return Check(Finding.FAILED, f"the {impossible[0].replace('_', ' ')} is no day of the calendar", missed)
    known = [day for day in (born, issued, expires) if day is not None]
    if len(known) < 2:
        return Check(Finding.UNDEFINED, "fewer than two dates were read", missed)
    return Check(Finding.PASSED, "the dates follow one another, and the age is possible", missed)


def _date_troubles(born: date | None, issued: date | None, expires: date | None, today: date) -> list[str]:
    troubles = []
    if born and born > today:
        troubles.append(f"the holder would be born on {born:%d.%m.%Y}, after today")
    if born and today.year - born.year > OLDEST:
        troubles.append(f"the holder would be more than {OLDEST} years old")
    if born and expires and expires <= born:
        troubles.append("the document expires before its holder is born")
    if born and issued and issued < born:
        troubles.append("the document was issued before its holder was born")
    if issued and expires and expires <= issued:
        troubles.append("the document expires before it is issued")
    if issued and issued > today:
        troubles.append(f"the document would be issued on {issued:%d.%m.%Y}, after today")
    if issued and expires and expires.year - issued.year > LONGEST:
        troubles.append(f"the document would be valid for more than {LONGEST} years")
    return troubles


def judge_digits(fields: Mapping[str, Field]) -> Check:
    """Return whether all check digits of the zone fit."""
    missed = "a forger who computes the digits; any exchange of characters whose values are equal modulo ten"
    states = {name: one.check_digit for name, one in fields.items() if one.source == "mrz"}
    own = {name: state for name, state in states.items() if not name.startswith(("full_mrz", "mrz_line"))}
    own = {name: state for name, state in own.items() if not name.endswith("_check_digit") or "composite" in name}
    failed = [name.removeprefix("mrz_") for name, state in own.items() if state is CheckDigit.FAILED]
    words = sorted(name.removesuffix("_check_digit").replace("_", " ") for name in failed)
    if failed:
        return Check(Finding.FAILED, f"check digits that do not fit: {', '.join(words)}", missed)
    if states.get("full_mrz") is CheckDigit.FAILED:
        return Check(Finding.FAILED, "the composite check digit does not fit", missed)
    passed = sum(state is CheckDigit.PASSED for state in own.values())
    if not passed:
        return Check(Finding.UNDEFINED, "no check digits were read", missed)
    repaired = sum(one.repaired for name, one in fields.items() if name in own)
    note = f"; {repaired} read only with their help" if repaired else ""
    return Check(Finding.PASSED, f"{passed} fields with a check digit fit{note}", missed)


def judge_codes(fields: Mapping[str, Field]) -> Check:
    """Return whether issuer and nationality are codes that are in use (ICAO 9303-3, section 5)."""
    missed = "the wrong one of the valid codes"
    found = {name: fields[f"mrz_{name}"] for name in ("issuer", "nationality") if f"mrz_{name}" in fields}
    if not found:
        return Check(Finding.UNDEFINED, "no code of a country was read", missed)
    unknown = [(name, one) for name, one in found.items() if not is_known(one.raw.rstrip(FILLER) or "<")]
    if not unknown:
        return Check(Finding.PASSED, "the codes of countries are in use", missed)
    name, one = unknown[0]
    state = Finding.FAILED if one.accepted else Finding.UNDEFINED
    return Check(state, f"the {name} {one.raw.rstrip(FILLER)!r} is no code of a country or organisation", missed)


def judge_sources(fields: Mapping[str, Field]) -> Check:
    """Return whether the barcode says what the zone says."""
    missed = "both made by the same forger"
    pairs = [(name, fields.get(f"mrz_{name}"), fields.get(f"barcode_{name}")) for name in _NAMES]
    both = [(name, zone, code) for name, zone, code in pairs if zone and code and zone.value and code.value]
    if not both:
        lacks = "barcode" if any(zone for _, zone, _ in pairs) else "zone"
        return Check(Finding.UNDEFINED, f"no {lacks} to compare was read", missed)
    differing = [name for name, zone, code in both if not _agree(name, zone.value or "", code.value or "")]
    if not differing:
        return Check(Finding.PASSED, f"{len(both)} values of the barcode are those of the zone", missed)
    relied = all(zone.accepted and code.accepted for name, zone, code in both if name in differing)
    words = ", ".join(differing).replace("_", " ")
    return Check(Finding.FAILED if relied else Finding.UNDEFINED, f"barcode and zone differ: {words}", missed)


def _agree(name: str, zone: str, code: str) -> bool:
    one, other = ("".join(char for char in text.upper() if char.isalnum()) for text in (zone, code))
    if name in ("surname", "given_names"):
        # A zone cuts long names off (ICAO 9303-3, 4.6).
        return one.startswith(other[:12]) or other.startswith(one[:12])
    return one == other


def judge_specimen(document: Document, text: list[TextLine]) -> Check:
    """Return whether the document calls itself a specimen; one that does is no document of a person."""
    missed = "a specimen that does not say so"
    fields = document.fields
    if not fields:
        return Check(Finding.UNDEFINED, "nothing was read", missed)
    codes = {fields[name].raw for name in ("mrz_issuer", "mrz_nationality") if name in fields}
    if "UTO" in codes:
        return Check(Finding.FAILED, "its country is Utopia, the standard's example", missed)
    names = [fields[name].value or "" for name in ("mrz_surname", "mrz_given_names") if name in fields]
    found = [word for word in _WORDS_OF_SPECIMENS if any(word in name.split() for name in names)]
    if found:
        return Check(Finding.FAILED, f"the holder's name is {found[0]}", missed)
    if any(_EXAMPLE in name.split() for name in names):
        return Check(Finding.UNDEFINED, f"the holder's name is {_EXAMPLE}, as on German specimens", missed)
    printed = [word for word in _WORDS_OF_SPECIMENS[:3] if any(word in line.text.upper() for line in text)]
    if printed:
        return Check(Finding.FAILED, f"{printed[0]} is printed on it", missed)
    return Check(Finding.PASSED, "nothing on it says that it is a specimen", missed)
