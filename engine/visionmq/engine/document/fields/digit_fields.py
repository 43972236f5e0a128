"""Check digits as fields: what is printed, what it covers, and what would fit."""

from collections.abc import Iterator
from typing import Final

from visionmq.engine.document.fields.acceptance import LEAST_CHECKED, LEAST_REPAIRED, is_thin
from visionmq.engine.document.fields.quad_parts import next_cell, part_of
from visionmq.engine.document.mrz.exceptions import COMPOSITE
from visionmq.engine.document.mrz.layout_parts import FILLER, Part, Span
from visionmq.engine.document.mrz.layouts import check_digit
from visionmq.engine.document.mrz.zone import Zone
from visionmq.schemas.common import Quad
from visionmq.schemas.document.fields import CheckDigit, Field

_EMPTY: Final = "no digit is printed, for the field is empty"


def digit_fields(zone: Zone, quads: dict[str, Quad]) -> Iterator[Field]:
    """Yield each check digit of a zone as a field of its own, the composite one last."""
    for span in zone.layout.spans:
        if span.check is None:
            continue
        line, index = _place(zone, span)
        text = zone.number() if span.name == "number" and zone.continued else _covered(zone, span.covered())
        yield _digit(zone, span.name, (line, index), text, _quad(zone, span, quads))
    if zone.layout.composite_at is not None:
        line, index = zone.layout.composite_at
        width = len(zone.texts[line])
        whole = quads.get(f"mrz_line{line + 1}")
        quad = part_of(whole, index / width, (index + 1) / width) if whole else None
        yield _digit(zone, COMPOSITE, (line, index), _covered(zone, zone.layout.composite), quad)


def _place(zone: Zone, span: Span) -> tuple[int, int]:
    """Return where a span's digit stands; that of a long number is the last of what goes on."""
    assert span.check is not None
    if span.name == "number" and zone.continued:
        rest = next(other for other in zone.layout.spans if other.name == "optional_data")
        return rest.line, rest.start + zone.continued - 1
    return span.line, span.check


def _quad(zone: Zone, span: Span, quads: dict[str, Quad]) -> Quad | None:
    quad = quads.get(span.name)
    continued = span.name == "number" and zone.continued
    return next_cell(quad, span.end - span.start) if quad and span.check == span.end and not continued else None


def _covered(zone: Zone, parts: tuple[Part, ...]) -> str:
    return "".join(zone.texts[line][start:end] for line, start, end in parts)


def _digit(zone: Zone, name: str, place: tuple[int, int], covered: str, quad: Quad | None) -> Field:
    line, index = place
    state = zone.composite if name == COMPOSITE else zone.checks.get(name, CheckDigit.ABSENT)
    raw = zone.texts[line][index]
    chance = zone.probability(line, index, index + 1)
    least = LEAST_REPAIRED if name in zone.repaired else LEAST_CHECKED
    clear = chance >= least and not is_thin(zone) and name not in zone.ambiguous and name not in zone.refused
    return Field(
        name=f"mrz_{name}_check_digit",
        value=raw.strip(FILLER),
        raw=raw,
        accepted=clear and state is not CheckDigit.FAILED,
        confidence=round(chance, 4),
        check_digit=state,
        repaired=any(edit.line == line and edit.index == index for edit in zone.edits) and name in zone.repaired,
        ambiguous=name in zone.ambiguous,
        note=_note(state, raw, covered, clear=clear),
        quad=quad,
        alternatives=zone.alternatives(line, index, index + 1),
    )


def _note(state: CheckDigit, raw: str, covered: str, *, clear: bool) -> str | None:
    if state is CheckDigit.FAILED:
        return f"not accepted: {raw} is printed, {check_digit(covered)} would fit what was read"
    if not clear:
        return "not accepted: it is not clear enough, or what it covers is in doubt"
    return _EMPTY if state is CheckDigit.ABSENT else None
