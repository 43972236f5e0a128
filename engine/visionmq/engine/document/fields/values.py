"""What the characters of a span mean: dates, countries, sexes, plain text."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from visionmq.engine.document.fields.countries import find_country
from visionmq.engine.document.fields.dates import ZoneDate, age_at, read_birth_date, read_expiry_date
from visionmq.engine.document.fields.names import readable
from visionmq.engine.document.mrz.layout_parts import FILLER, Kind, Span
from visionmq.engine.document.mrz.zone import Zone

_SEXES: Final = {"M": "M", "F": "F", "X": "X", FILLER: "X"}
_WORDS: Final = {"M": "male", "F": "female", "X": "unspecified"}
_CODES: Final = {
    "PD": "diplomatic passport",
    "PO": "official passport",
    "PS": "service passport",
    "PE": "emergency passport",
    "PT": "travel document of a refugee or stateless person",
    "AC": "crew member's certificate",
    "AR": "residence permit",
    "IP": "passport card",
    "D1": "driving licence",
}
"""What a document code's two letters say of the document (9303-4, 4.2.2.1; 9303-5, 4.2.2), beyond its format."""


@dataclass(frozen=True, slots=True)
class Value:
    """A span's value; None where its characters make no sense, and then the note says why."""

    text: str | None
    note: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)


def value_of_span(zone: Zone, span: Span, raw: str, today: date) -> Value:
    """Return what a span's characters mean; dates need today for their century."""
    if span.kind is Kind.SEX:
        return _sex(raw)
    if span.name == "birth_date":
        return _birth(read_birth_date(raw, today), today)
    if span.name.endswith("_date"):
        return _day(read_expiry_date(raw, today))
    if span.name in {"issuer", "nationality"}:
        return _country(raw)
    if span.name == "document_code":
        kind = _CODES.get(raw, zone.layout.title)
        return Value(readable(raw), None, {"title": kind})
    if span.name == "number" and zone.continued:
        return Value(readable(raw), "of more than nine characters: it goes on in the optional data")
    return Value(readable(raw))


def _sex(raw: str) -> Value:
    value = _SEXES.get(raw)
    if value is None:
        return Value(None, "it is neither M, F nor a filler")
    return Value(value, "the document leaves it open" if raw == FILLER else None, {"sex": _WORDS[value]})


def _day(found: ZoneDate) -> Value:
    return Value(found.value, found.note, {"date": found.printed} if found.printed else {})


def _birth(found: ZoneDate, today: date) -> Value:
    value = _day(found)
    born = found.whole
    return Value(value.text, value.note, value.attributes | ({"age": str(age_at(born, today))} if born else {}))


def _country(raw: str) -> Value:
    """Return the code as printed without fillers, with the country's other names."""
    code = raw.rstrip(FILLER)
    country = find_country(raw)
    if country is None:
        return Value(
            code, "no list of countries and organisations has this code" if code else "the document gives none"
        )
    attributes = {"alpha_2": country.alpha_2, "alpha_3": country.alpha_3, "country": country.name}
    return Value(code, None, {name: text for name, text in attributes.items() if text})
