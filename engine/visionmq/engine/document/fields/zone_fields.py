"""A zone's fields as an answer: values, what may be relied on, and why not where it may not."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from visionmq.engine.document.fields.acceptance import covered_by_composite, is_sound, trouble_of, whole_trouble
from visionmq.engine.document.fields.digit_fields import digit_fields
from visionmq.engine.document.fields.name_fields import name_fields
from visionmq.engine.document.fields.values import Value, value_of_span
from visionmq.engine.document.mrz.layout_parts import Kind, Span
from visionmq.engine.document.mrz.zone import Zone
from visionmq.schemas.common import Quad
from visionmq.schemas.document.fields import Alternative, CheckDigit, Field

__all__ = ["is_sound", "make_fields"]

_NO_DIGIT: Final = "the standard gives it no check digit: accepted on the clearness of its characters alone"
_ONLY_COMPOSITE: Final = "covered by the composite check digit only"
_NAME_SPANS: Final = ("names", "surname", "given_names")


def make_fields(zone: Zone, quads: dict[str, Quad], today: date) -> dict[str, Field]:
    """Return all fields of a zone by their public names: `full_mrz`, `mrz_line1`, `mrz_number`, ...

    `quads` are by the names of lines (`full_mrz`, `mrz_line1`) and spans (`number`, `names`); what lies inside one is
    worked out. Each digit is a field too: `mrz_number_check_digit`, `mrz_composite_check_digit`. A digit that fails
    leaves the other fields as they are.
    """
    parts: list[tuple[int, Field]] = []
    for span in zone.layout.spans:
        quad = quads.get(span.name)
        found = name_fields(zone, span, quad) if span.name in _NAME_SPANS else [_field(zone, span, quad, today)]
        parts += [(span.line, field) for field in found]
    made = [*_lines(zone, quads, parts), *(field for _, field in parts), *digit_fields(zone, quads)]
    return {field.name: field for field in made}


def _lines(zone: Zone, quads: dict[str, Quad], parts: Sequence[tuple[int, Field]]) -> Iterator[Field]:
    whole, accepted = zone.joint, all(field.accepted for _, field in parts)
    yield _whole(zone, "full_mrz", "\n".join(zone.texts), whole, accepted, quads, zone.layout.spans)
    for line, text in enumerate(zone.texts):
        chance = max(whole, _line_chance(zone, line))
        accepted = all(field.accepted for at, field in parts if at == line)
        spans = [span for span in zone.layout.spans if span.line == line]
        yield _whole(zone, f"mrz_line{line + 1}", text, chance, accepted, quads, spans, zone.alternatives(line))


def _whole(
    zone: Zone,
    name: str,
    text: str,
    chance: float,
    parts: bool,
    quads: dict[str, Quad],
    spans: Sequence[Span],
    alternatives: Sequence[Alternative] = (),
) -> Field:
    trouble = whole_trouble(zone, chance, parts=parts)
    state = CheckDigit.PASSED if zone.all_passed() else CheckDigit.FAILED if not is_sound(zone) else CheckDigit.ABSENT
    return Field(
        name=name,
        value=text,
        raw=text,
        accepted=trouble is None,
        confidence=round(chance, 4),
        check_digit=state,
        repaired=any(span.name in zone.repaired for span in spans),
        ambiguous=any(span.name in zone.ambiguous for span in spans),
        note=f"not accepted: {trouble}" if trouble else None,
        quad=quads.get(name),
        alternatives=list(alternatives),
    )


def _line_chance(zone: Zone, line: int) -> float:
    """Return a lower bound of the probability that a line is right: the product over its spans."""
    chance = 1.0
    for span in zone.layout.spans:
        if span.line == line:
            chance *= zone.posterior(span)
    return chance


def _field(zone: Zone, span: Span, quad: Quad | None, today: date) -> Field:
    raw = _raw(zone, span)
    value = value_of_span(zone, span, raw, today)
    chance = zone.posterior(span)
    trouble = trouble_of(zone, span, chance) or (value.note if value.text is None else None)
    return Field(
        name=f"mrz_{span.name}",
        value=value.text,
        raw=raw,
        accepted=trouble is None,
        confidence=round(chance, 4),
        check_digit=zone.checks.get(span.name, CheckDigit.ABSENT),
        repaired=span.name in zone.repaired,
        ambiguous=span.name in zone.ambiguous,
        note=f"not accepted: {trouble}" if trouble else _note(zone, span, value),
        quad=quad,
        alternatives=_alternatives(zone, span),
        attributes=value.attributes,
    )


def _raw(zone: Zone, span: Span) -> str:
    if span.name == "number":
        return zone.number()
    return zone.optional() if span.name == "optional_data" else zone.text(span)


def _alternatives(zone: Zone, span: Span) -> list[Alternative]:
    """Return what doubtful characters may be, also those of a long number's end."""
    start = span.start + (zone.continued if span.name == "optional_data" else 0)
    found = zone.alternatives(span.line, start, span.end)
    if span.name != "number" or not zone.continued:
        return found
    rest = next(other for other in zone.layout.spans if other.name == "optional_data")
    more = zone.alternatives(rest.line, rest.start, rest.start + zone.continued - 1)
    shift = span.end - span.start
    return found + [Alternative(one.index + shift, one.character, one.probability) for one in more]


def _note(zone: Zone, span: Span, value: Value) -> str | None:
    """Return the value's own note, how the span was repaired, and who vouches for it."""
    notes = [value.note] if value.note else []
    if span.name in zone.repaired:
        notes.append(_repair(zone, span))
    if span.check is None and span.kind is not Kind.SEX and not value.note:
        notes.append(_ONLY_COMPOSITE if covered_by_composite(zone, span) else _NO_DIGIT)
    return "; ".join(notes) or None


def _repair(zone: Zone, span: Span) -> str:
    places = {*range(span.start, span.end), span.check}
    edits = [edit for edit in zone.edits if edit.line == span.line and edit.index in places]
    told = ", ".join(f"{edit.taken} taken where {edit.read} was read" for edit in edits)
    return f"repaired by its check digit: {told}" if told else "repaired by its check digit"
