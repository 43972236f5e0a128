"""A zone's fields as an answer: values, what may be relied on, and why not where it may not."""

from datetime import date
from typing import Final

from visionmq.engine.document.layouts import FILLER, Kind, Span
from visionmq.engine.document.zone import UNKNOWN, Zone, hidden_rivals
from visionmq.schemas.common import Quad
from visionmq.schemas.document import CheckDigit, Field

SURE: Final = 0.9
"""Least probability of a field that no check digit covers; dev set: no wrong one accepted (docs/accuracy.md)."""
SURE_WITHOUT_COMPOSITE: Final = 0.95
"""The same where the composite digit fails: one digit alone passes one wrong text in ten."""
FAIR: Final = 0.5
"""Least probability of a field whose check digit passes."""
RIVAL: Final = 0.1
"""A character is in doubt if one of equal value (6 and G, 8 and S) is more than this times as likely."""

_NO_DIGIT: Final = "the standard gives it no check digit: accepted on the clearness of its characters alone"
_CENTURY: Final = {
    "birth_date": "century: the latest that does not lie in the future",
    "expiry_date": "century: the one within 50 years of today",
}


def make_fields(zone: Zone, quads: dict[str, Quad], today: date) -> dict[str, Field]:
    """Return all fields of a zone by their public names (`mrz_number` ...)."""
    fields = _lines(zone, quads)
    for span in zone.layout.spans:
        if span.name == "names":
            fields.update(_names(zone, span, quads))
        else:
            made = _field(zone, span, quads.get(span.name), today)
            fields[made.name] = made
    return fields


def is_sound(zone: Zone) -> bool:
    """Whether all check digits pass and every character was read."""
    return zone.all_passed() and not any(UNKNOWN in text for text in zone.texts)


def _lines(zone: Zone, quads: dict[str, Quad]) -> dict[str, Field]:
    chances = [zone.probability(number, 0, zone.layout.length) for number in range(zone.layout.lines)]
    state = CheckDigit.PASSED if zone.all_passed() else CheckDigit.FAILED
    whole = 1.0
    for chance in chances:
        whole *= chance
    items = [("full_mrz", "\n".join(zone.texts), whole)]
    items += [(f"mrz_line{n + 1}", text, chances[n]) for n, text in enumerate(zone.texts)]
    return {
        name: Field(
            name=name,
            value=text,
            raw=text,
            accepted=is_sound(zone) and chance >= SURE,
            confidence=round(chance, 4),
            check_digit=state,
            repaired=bool(zone.repaired),
            quad=quads.get(name),
        )
        for name, text, chance in items
    }


def _names(zone: Zone, span: Span, quads: dict[str, Quad]) -> dict[str, Field]:
    raw = zone.text(span)
    surname, _, given = raw.rstrip(FILLER).partition(FILLER * 2)
    return {
        f"mrz_{name}": _unchecked(zone, span, f"mrz_{name}", raw=part, quad=quads.get("names"))
        for name, part in (("surname", surname), ("given_names", given))
    }


def _unchecked(zone: Zone, span: Span, name: str, *, raw: str, quad: Quad | None) -> Field:
    chance = zone.probability(span.line, span.start, span.end)
    reason = _NO_DIGIT
    accepted = chance >= SURE and UNKNOWN not in zone.text(span)
    if span.kind is Kind.ANY and zone.layout.composite_at is not None:
        reason = "covered by the composite check digit only"
        accepted = accepted and zone.composite is CheckDigit.PASSED and not _doubtful(zone, span)
    elif span.kind is Kind.ANY:
        accepted = accepted and not _doubtful(zone, span)
    if not accepted:
        reason = f"not accepted: {'a character could not be read' if UNKNOWN in raw else 'not clear enough'}"
    return Field(
        name=name,
        value=_clean(raw),
        raw=raw,
        accepted=accepted,
        confidence=round(chance, 4),
        note=reason,
        quad=quad,
    )


def _field(zone: Zone, span: Span, quad: Quad | None, today: date) -> Field:
    name, raw = f"mrz_{span.name}", zone.text(span)
    state = zone.checks.get(span.name, CheckDigit.ABSENT)
    if span.kind is Kind.SEX:
        return _gender(_unchecked(zone, span, name, raw=raw, quad=quad))
    if span.check is None or state is CheckDigit.ABSENT:
        return _unchecked(zone, span, name, raw=raw, quad=quad)
    value: str | None = _long_number(zone, span)
    note: str | None = None
    if span.name in _CENTURY:
        value, note = _date(span.name, raw, today), _CENTURY[span.name]
    trouble = _trouble(zone, span, value)
    return Field(
        name=name,
        value=value,
        raw=raw,
        accepted=trouble is None,
        confidence=round(_chance(zone, span), 4),
        check_digit=state,
        repaired=span.name in zone.repaired,
        note=f"not accepted: {trouble}" if trouble else note,
        quad=quad,
    )


def _chance(zone: Zone, span: Span) -> float:
    assert span.check is not None
    return zone.probability(span.line, span.start, span.end) * zone.probability(span.line, span.check, span.check + 1)


def _trouble(zone: Zone, span: Span, value: str | None) -> str | None:
    """Return why a field with a check digit may not be relied on; None if it may."""
    chance = _chance(zone, span)
    composite_fails = zone.composite is CheckDigit.FAILED
    reasons = (
        (zone.checks[span.name] is not CheckDigit.PASSED, "its check digit does not fit"),
        (value is None, "it is no date, or not a whole one"),
        (span.name in zone.repaired and zone.composite is not CheckDigit.PASSED, "repaired without a composite digit"),
        (chance < (SURE_WITHOUT_COMPOSITE if composite_fails else FAIR), "its characters are not clear enough"),
        (span.kind is Kind.ANY and _doubtful(zone, span), "a character may be another that check digits cannot tell"),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _doubtful(zone: Zone, span: Span) -> bool:
    line = zone.chars[span.line]
    return any(
        hidden_rivals(line[index], zone.texts[span.line][index], span.kind.value) > RIVAL
        for index in range(span.start, span.end)
    )


def _long_number(zone: Zone, span: Span) -> str:
    """Return the number; in TD1 one of more than nine characters goes on in the optional data."""
    raw, line = zone.text(span), zone.texts[span.line]
    if span.check is not None and span.name == "number" and line[span.check] == FILLER:
        raw += line[span.check + 1 :].split(FILLER)[0][:-1]
    return _clean(raw)


def _clean(raw: str) -> str:
    return " ".join(raw.replace(FILLER, " ").split())


def _gender(field: Field) -> Field:
    value = {"M": "M", "F": "F", "X": "X", FILLER: "X"}.get(field.raw)
    return Field(
        name=field.name,
        value=value,
        raw=field.raw,
        accepted=field.accepted and value is not None,
        confidence=field.confidence,
        note=field.note if field.raw != FILLER else "the document leaves it open",
        quad=field.quad,
    )


def _date(name: str, raw: str, today: date) -> str | None:
    """Return a YYMMDD as ISO 8601; None if a part is unknown or there is no such day."""
    if not (raw.isascii() and raw.isdigit()):
        return None
    year, month, day = (int(raw[at : at + 2]) for at in (0, 2, 4))
    try:
        found = date(2000 + year, month, day)
        too_late = found > today if name == "birth_date" else found.year > today.year + 50
        if too_late:
            found = date(1900 + year, month, day)
    except ValueError:
        return None
    return found.isoformat()
