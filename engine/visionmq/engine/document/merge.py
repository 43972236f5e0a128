"""Several pictures of one document as one result, put together character by character.

The recogniser's odds of all pictures are multiplied and searched again, so that a letter under glare in one picture
is settled by another, and letters that no picture shows clearly by all of them together. Pictures of one scene err
alike, so their odds are tempered: n pictures count as n / (1 + (n - 1) * CORRELATION).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

import numpy as np
from msgspec.structs import replace

from visionmq.engine.document.fields.zone_fields import make_fields
from visionmq.engine.document.judge.forensics import merge_checks
from visionmq.engine.document.kinship import agree, are_alike
from visionmq.engine.document.mrz.reading import Array, Cells, Given, Line
from visionmq.engine.document.mrz.search import DEFAULT, Rules, search
from visionmq.engine.document.mrz.zone import Zone
from visionmq.schemas.document.documents import Document, Merged
from visionmq.schemas.document.fields import CheckDigit, Field

CORRELATION: Final = 0.5
"""How far the errors of two pictures of one document go together; 1 would make further pictures worth nothing."""
_SETTLED: Final = 0.95
"""Probability from which a value that two pictures agree on is what is printed, accepted or not."""
_BROKEN: Final = 0.5
"""The same where a check digit does not fit."""
_LINES: Final = ("full_mrz", "mrz_line", "visual_")

Search: TypeAlias = Callable[[Sequence[Line], Rules], list[Zone]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one picture shows."""

    index: int
    """Of the picture in the request."""
    document: Document
    zone: Zone | None = None
    lines: Sequence[Line] = ()
    """The recogniser's reading of each of the zone's lines, in the zone's order."""

    @property
    def worth(self) -> tuple[bool, float, float]:
        """What pictures are ordered by: the best first."""
        zone = self.zone
        fields = self.document.fields.values()
        sure = sum(field.accepted for field in fields) / max(len(self.document.fields), 1)
        return (zone is not None, zone.joint if zone is not None else 0.0, sure)


def merge(looks: Sequence[Look], today: date, rules: Rules = DEFAULT, find: Search = search) -> Merged | None:
    """Return what pictures of one document say together; None if none shows a document.

    Call it once for each request that asks for it, after all pictures were read. Pictures of other documents are left
    out and named in the document's reason. A zone's fields
    have no quads: it lies elsewhere in each picture.
    """
    shown = sorted((look for look in looks if look.document.doc_type is not None), key=lambda look: look.worth)[::-1]
    if not shown:
        return None
    group = max(_groups(shown), key=lambda group: (len(group), group[0].worth))
    zone = _together([look for look in group if look.zone is not None], rules, find)
    fields = make_fields(zone, {}, today) if zone is not None else {}
    for look in group:
        for field in look.document.fields.values():
            if zone is None or field.source != "mrz":
                fields[field.name] = _better(fields.get(field.name), field)
    missing = [name for name, field in fields.items() if not _is_settled(field, group)]
    others = sorted(look.index for look in shown if look not in group)
    document = _described(group[0].document, fields, others, missing=missing)
    checks = merge_checks([look.document.forensics for look in group], fields, today)
    document = replace(
        document,
        edits=zone.edits if zone is not None else group[0].document.edits,
        forensics=checks,
        status={},
        text=max((look.document.text for look in group), key=len),
    )
    return Merged(document=document, final=not missing, pictures=sorted(look.index for look in group), missing=missing)


def _groups(shown: Sequence[Look]) -> list[list[Look]]:
    """Return the pictures by the document they show, each group's best first."""
    groups: list[list[Look]] = []
    for look in shown:
        for group in groups:
            if _belongs(look, group):
                group.append(look)
                break
        else:
            groups.append([look])
    return groups


def _belongs(look: Look, group: Sequence[Look]) -> bool:
    first = next((other for other in group if other.zone is not None), None)
    if look.zone is None or first is None or first.zone is None:
        return all(agree(look.document.fields, other.document.fields) for other in group)
    if look.zone.layout is not first.zone.layout:
        return False
    return are_alike(first.zone.layout, _cells(first), _cells(look))


def _cells(look: Look) -> list[Cells]:
    """Return a picture's reading of each line at the zone's lengths."""
    assert look.zone is not None
    found = [line.cells(len(text)) for line, text in zip(look.lines, look.zone.texts, strict=False)]
    return [cells for cells in found if cells is not None]


def _together(looks: Sequence[Look], rules: Rules, find: Search) -> Zone | None:
    """Return the most probable zone given all pictures of it."""
    if not looks:
        return None
    first = looks[0].zone
    readings = [cells for look in looks if len(cells := _cells(look)) == len(looks[0].lines)]
    if first is None or len(readings) < 2:
        return first
    lines = [Given(_blended(line)) for line in zip(*readings, strict=True)]
    zones = [zone for zone in find(lines, rules) if zone.layout is first.layout]
    return zones[0] if zones else first


def _blended(line: Sequence[Cells]) -> Cells:
    """Return one line's odds from several pictures: the product of likelihoods, tempered.

    Pictures count by what they tell of a letter (bits over a blind guess): one that shows nothing tempers nothing.
    """
    each = np.log(np.maximum([cells.odds for cells in line], 1e-9))
    told = (np.exp(each) * each).sum(axis=2) + np.log(each.shape[2]) + 1e-3
    count = told.sum(axis=0) ** 2 / (told**2).sum(axis=0)
    odds = each.sum(axis=0) / (1 + (count - 1) * CORRELATION)[:, None]
    odds = np.exp(odds - odds.max(axis=1, keepdims=True))
    best = max(line, key=lambda cells: cells.fit)
    return Cells(_rows(odds), best.fit, best.centres)


def _rows(odds: Array) -> Array:
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def _better(one: Field | None, other: Field) -> Field:
    """Return the surer of two readings of a field; two that are both relied on and differ are ambiguous."""
    if one is None:
        return other
    if one.accepted and other.accepted and one.value != other.value:
        note = f"not accepted: another picture says {other.value!r}"
        return replace(one, accepted=False, ambiguous=True, note=note)
    return max(one, other, key=lambda field: (field.accepted, not field.ambiguous, field.confidence))


def _is_settled(field: Field, group: Sequence[Look]) -> bool:
    """Whether no further picture can change a field: it is accepted, or pictures agree on what is printed."""
    if field.accepted or field.name.startswith(_LINES) or (not field.raw.strip("<") and field.confidence >= _SETTLED):
        return True
    raws = [other.raw for look in group if (other := look.document.fields.get(field.name)) is not None]
    if len(raws) < 2 or set(raws) != {field.raw}:
        return False
    # A document with a wrong digit never gets clearer than this: any rule has it that a letter was misread.
    broken = field.check_digit is CheckDigit.FAILED or field.name.endswith("_check_digit")
    return field.confidence >= (_BROKEN if broken else _SETTLED) and (broken or not field.ambiguous)


def _described(document: Document, fields: dict[str, Field], others: Iterable[int], *, missing: list[str]) -> Document:
    """Return the best picture's document with all that the pictures say together."""
    left = [str(index) for index in others]
    plural = "s" if len(left) > 1 else ""
    reasons = [f"left out, not recognisably the same document: picture{plural} {_listed(left)}"] if left else []
    words = [name.removeprefix("mrz_").replace("_", " ") for name in missing]
    if words:
        reasons.append(f"not settled: {_listed(words)}")
    elif not all(field.accepted for field in fields.values()):
        reasons.append("all pictures agree on what is printed, and not all of it can be relied on")
    advice = f"Photograph the {_listed(words[:3])} once more, sharp and without glare." if words else None
    return replace(document, fields=fields, reason="; ".join(reasons) or None, advice=advice, page=None, size=None)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
