"""Writes the machine-readable zone of a document from its fields (ICAO Doc 9303, parts 3 to 7)."""

from collections.abc import Mapping
from typing import Final

from visionmq.engine.document.fields.countries import code_of
from visionmq.engine.document.fields.dates import zone_date
from visionmq.engine.document.fields.names import join_names
from visionmq.engine.document.fields.transliteration import NotWritable, to_zone
from visionmq.engine.document.mrz.layouts import FILLER, LAYOUTS, TD1, TD2, Kind, Layout, Part, Span, check_digit

_CODES: Final = {"mrz.mrp": "P", "mrz.mrva": "V", "mrz.mrvb": "V", "mrz.eu_dl": "D1", "mrz.che_dl": "FA"}
"""Document codes where none is given and the layout has no fixed one; cards have `I`."""
_SEXES: Final = {"M": "M", "F": "F", "X": FILLER, "": FILLER, FILLER: FILLER}
_NAMES: Final = ("surname", "given_names")
_ISSUER: Final = slice(2, 5)


def write_zone(doc_type: str, fields: Mapping[str, str]) -> list[str]:
    """Return the lines of a zone: names transliterated and cut, dates shortened, all check digits computed.

    Fields are named as in the result without `mrz_` (`zone_fields` lists them): dates ISO 8601, countries by code or
    English name, sex `M`, `F` or `X`. Without a `nationality` the issuer's stands; other fields left out are empty.
    Raise NotWritable, which says what to do, for what has no place in the zone.
    """
    layout = layout_of(doc_type)
    given = {name.removeprefix("mrz_"): text.strip() for name, text in fields.items()}
    unknown = sorted(set(given) - set(zone_fields(doc_type)))
    if unknown:
        known = ", ".join(zone_fields(doc_type))
        raise NotWritable(f"{doc_type} has no field {unknown[0]!r}: leave it out, or use {known}")
    lines = [[FILLER] * length for length in layout.lengths]
    _put(lines, (0, 0), layout.prefix)
    for span in layout.spans:
        _put(lines, (span.line, span.start), _text_of(layout, span, given))
    _put_digits(layout, lines, given)
    return ["".join(line) for line in lines]


def layout_of(doc_type: str) -> Layout:
    """Return the layout of a document type; raise NotWritable for another."""
    found = next((layout for layout in LAYOUTS if layout.doc_type == doc_type), None)
    if found is None:
        known = ", ".join(layout.doc_type for layout in LAYOUTS)
        raise NotWritable(f"no document type {doc_type!r}: use one of {known}")
    return found


def zone_fields(doc_type: str) -> tuple[str, ...]:
    """Return the fields that a document type's zone holds, in their order in it."""
    names: list[str] = []
    for span in layout_of(doc_type).spans:
        names += _NAMES if span.name == "names" else [span.name]
    return tuple(names)


def _text_of(layout: Layout, span: Span, given: Mapping[str, str]) -> str:
    """Return a span's characters, fillers added."""
    value, width = given.get(span.name, ""), span.end - span.start
    if span.name in {"names", *_NAMES}:
        return _names(layout, span, given)
    if span.name in {"issuer", "nationality"}:
        return _country(layout, span, given).ljust(width, FILLER)
    if span.name == "document_code":
        return _document_code(layout, value).ljust(width, FILLER)
    if span.kind is Kind.SEX:
        return _sex(value)
    if span.name.endswith("_date"):
        return _date(span, value)
    return _plain(layout, span, given).ljust(width, FILLER)


def _names(layout: Layout, span: Span, given: Mapping[str, str]) -> str:
    issuer = code_of(given.get("issuer", "")) or layout.prefix[_ISSUER]
    surname, forename = (to_zone(given.get(name, ""), issuer) for name in _NAMES)
    width = span.end - span.start
    if span.name == "given_names":
        return join_names(forename, "", width)
    if span.name == "names" and not surname:
        # Who has one name has it where surnames stand (9303-3, 4.6).
        surname, forename = forename, ""
    _need(surname, "surname")
    return join_names(surname, forename if span.name == "names" else "", width)


def _need(value: str, name: str) -> None:
    if not value:
        raise NotWritable(f"this zone cannot do without {name!r}: give it")


def _country(layout: Layout, span: Span, given: Mapping[str, str]) -> str:
    fixed = layout.prefix[_ISSUER]
    value = given.get(span.name, "") or given.get("issuer", "") or fixed
    _need(value, span.name)
    code = code_of(value)
    if code is None:
        raise NotWritable(f"{span.name} {value!r} is no country: give its code of ICAO 9303, such as UTO, or its name")
    if fixed and span.name == "issuer" and code != fixed:
        raise NotWritable(f"{layout.doc_type} is issued by {fixed} only: leave the issuer out")
    return code


def _document_code(layout: Layout, value: str) -> str:
    usual = layout.prefix[:2] or _CODES.get(layout.doc_type, "I")
    code = (value or usual).upper().rstrip(FILLER)
    fits = 0 < len(code) <= 2 and all(character in Kind.ANY.value for character in code) and code[0] in layout.first
    if not fits or (layout.prefix and code != usual):
        raise NotWritable(f"document_code {value!r} does not suit {layout.doc_type}: use {usual}")
    return code


def _sex(value: str) -> str:
    if value.upper() not in _SEXES:
        raise NotWritable(f"gender {value!r} has no place in a zone: use M, F or X")
    return _SEXES[value.upper()]


def _date(span: Span, value: str) -> str:
    try:
        return zone_date(value)
    except ValueError as error:
        raise NotWritable(f"{span.name}: {error}") from error


def _plain(layout: Layout, span: Span, given: Mapping[str, str]) -> str:
    """Return letters and digits with a filler for what parts them; a long number's end goes before optional data."""
    text, width = _filled(span, given.get(span.name, "")), span.end - span.start
    if span.name == "version":
        text = text or "1"
    if span.name == "number":
        _need(text, "number")
        return text[:width] if may_go_on(layout) else _fitting(span, text, width)
    if span.name == "optional_data" and may_go_on(layout):
        number = next(other for other in layout.spans if other.name == "number")
        text = (_rest_of_number(layout, number, given) + text).ljust(1, FILLER)
        # The filler that ends a long number needs no place where the field ends too.
        text = text.rstrip(FILLER) if len(text) > width else text
    return _fitting(span, text, width)


def _filled(span: Span, value: str) -> str:
    text = FILLER.join(value.replace(FILLER, " ").replace("-", " ").upper().split())
    if not all(character in span.kind.value for character in text):
        allowed = "A to Z and 0 to 9" if span.kind is Kind.ANY else "digits only"
        raise NotWritable(f"{span.name} {value!r} has characters that cannot stand there: use {allowed}")
    return text


def _fitting(span: Span, text: str, width: int) -> str:
    if len(text) > width:
        raise NotWritable(f"{span.name} is too long: {text!r} does not fit into {width} characters")
    return text


def may_go_on(layout: Layout) -> bool:
    """Whether a number of more than nine characters may go on in the optional data (9303-5 and -6, 4.2.2)."""
    return layout in (TD1, TD2)


def _is_long(layout: Layout, span: Span, given: Mapping[str, str]) -> bool:
    return (
        span.name == "number"
        and may_go_on(layout)
        and len(_filled(span, given.get("number", ""))) > span.end - span.start
    )


def _rest_of_number(layout: Layout, span: Span, given: Mapping[str, str]) -> str:
    """Return what a long number leaves for the optional data, its check digit and a filler; empty for others."""
    if not _is_long(layout, span, given):
        return ""
    text = _filled(span, given["number"])
    if FILLER in text:
        raise NotWritable(f"number {text!r}: one of more than nine characters may hold no blanks; take them out")
    return text[span.end - span.start :] + check_digit(text) + FILLER


def _put(lines: list[list[str]], at: tuple[int, int], text: str) -> None:
    line, start = at
    lines[line][start : start + len(text)] = text


def _put_digits(layout: Layout, lines: list[list[str]], given: Mapping[str, str]) -> None:
    for span in layout.spans:
        if span.check is None:
            continue
        text = _joined(lines, span.covered())
        empty = span.check_kind is Kind.OPTIONAL_CHECK and not text.strip(FILLER)
        if not (empty or _is_long(layout, span, given)):
            _put(lines, (span.line, span.check), check_digit(text))
    if layout.composite_at is not None:
        _put(lines, layout.composite_at, check_digit(_joined(lines, layout.composite)))


def _joined(lines: list[list[str]], parts: tuple[Part, ...]) -> str:
    return "".join("".join(lines[line][start:end]) for line, start, end in parts)
