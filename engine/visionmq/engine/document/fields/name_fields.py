"""The fields of a name: split, accepted part by part, and guessed back to the national spelling."""

from typing import Final

from visionmq.engine.document.fields.acceptance import trouble_of
from visionmq.engine.document.fields.names import Names, readable, split_names
from visionmq.engine.document.fields.quad_parts import part_of
from visionmq.engine.document.fields.transliteration import guess_spelling
from visionmq.engine.document.mrz.layout_parts import FILLER, Span
from visionmq.engine.document.mrz.zone import Zone
from visionmq.schemas.common import Quad
from visionmq.schemas.document.fields import Field

_NO_DIGIT: Final = "names carry no check digit: accepted on the clearness of their characters alone"
_CUT: Final = "it may be cut: the last place holds a letter"
_ONE_NAME: Final = "no two fillers part it, so it may hold given names too"
_GUESS: Final = "`transliterated` is a guess at the spelling at home, by the issuer's rules"


def name_fields(zone: Zone, span: Span, quad: Quad | None) -> list[Field]:
    """Return surname and given names of a name span, or the one of them that has a span of its own."""
    raw = zone.text(span)
    if span.name != "names":
        width = len(raw.rstrip(FILLER))
        return [_part(zone, span, span.name, (0, width), quad)]
    names = split_names(raw)
    surname = (names.start_of_primary, names.start_of_primary + len(names.primary))
    given = (names.start, names.start + len(names.secondary))
    return [_part(zone, span, "surname", surname, quad), _part(zone, span, "given_names", given, quad)]


def _part(zone: Zone, span: Span, name: str, place: tuple[int, int], quad: Quad | None) -> Field:
    start, end = place
    whole = zone.text(span)
    raw = whole[start:end]
    ambiguous = span.name in zone.ambiguous and _rivals_differ(zone, span, name, raw)
    chance = _chance(zone, span, place)
    trouble = trouble_of(zone, span, chance, ambiguous=ambiguous)
    spelling = guess_spelling(readable(raw), _issuer(zone))
    return Field(
        name=f"mrz_{name}",
        value=readable(raw),
        raw=raw,
        accepted=trouble is None,
        confidence=round(chance, 4),
        repaired=_edited(zone, span, place),
        ambiguous=ambiguous,
        note=f"not accepted: {trouble}" if trouble else _note(zone, span, name, whole, spelling),
        quad=part_of(quad, start / len(whole), end / len(whole)) if quad and raw else quad,
        alternatives=zone.alternatives(span.line, span.start + start, span.start + end),
        attributes=_attributes(whole, name, span, spelling),
    )


def _chance(zone: Zone, span: Span, place: tuple[int, int]) -> float:
    """Return the posterior of a part, and of the filler that ends it: the whole's, less what the rest is unsure of."""
    start, end = span.start + place[0], min(span.start + place[1] + 1, span.end)
    part, whole = (zone.probability(span.line, *ends) for ends in ((start, end), (span.start, span.end)))
    return min(1.0, part * min(1.0, zone.posterior(span) / max(whole, 1e-12)))


def _rivals_differ(zone: Zone, span: Span, name: str, raw: str) -> bool:
    """Whether another reading of the span gives this part another text."""
    rivals = zone.rivals.get(span.name, ())
    if not rivals or span.name != "names":
        return True
    return any(_named(split_names(reading.text), name) != raw for reading in rivals)


def _named(names: Names, name: str) -> str:
    return names.primary if name == "surname" else names.secondary


def _edited(zone: Zone, span: Span, place: tuple[int, int]) -> bool:
    if span.name not in zone.repaired:
        return False
    inside = range(span.start + place[0], span.start + place[1])
    return any(edit.line == span.line and edit.index in inside for edit in zone.edits)


def _issuer(zone: Zone) -> str:
    span = next((span for span in zone.layout.spans if span.name == "issuer"), None)
    return zone.text(span).rstrip(FILLER) if span else ""


def _is_cut(whole: str, name: str, span: Span) -> bool:
    """Whether the field is full, so that this part, its last, may go on."""
    return whole[-1] != FILLER and (span.name != "names" or name == "given_names" or not split_names(whole).secondary)


def _note(zone: Zone, span: Span, name: str, whole: str, spelling: str | None) -> str:
    notes = [_NO_DIGIT]
    if _is_cut(whole, name, span):
        notes.append(_CUT)
    if name == "surname" and "one_filler_between_names" in zone.exceptions:
        notes.append(_ONE_NAME)
    if spelling:
        notes.append(_GUESS)
    return "; ".join(notes)


def _attributes(whole: str, name: str, span: Span, spelling: str | None) -> dict[str, str]:
    attributes = {"transliterated": spelling} if spelling else {}
    return attributes | ({"truncated": "possibly"} if _is_cut(whole, name, span) else {})
