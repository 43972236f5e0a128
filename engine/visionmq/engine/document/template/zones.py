"""What a photograph shows in the zones of a template once it is aligned."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

import cv2
import msgspec
import numpy as np

from visionmq.engine.document.ocr import Reader
from visionmq.engine.document.template.alignment import Aligned, Template, align
from visionmq.engine.document.template.cut import Cut, cut_zone, quad_of
from visionmq.engine.document.template.date_format import parse_date, pattern_of
from visionmq.engine.document.template.marks import read_checkbox, read_presence, read_signature
from visionmq.engine.document.template.pattern import compile_pattern
from visionmq.engine.document.template.text import glare, read_line
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.estimation import project
from visionmq.engine.registration.outcome import Certificate
from visionmq.schemas.common import Quad
from visionmq.schemas.document.fields import Field
from visionmq.schemas.document.templates import ZoneKind

MrzReader: TypeAlias = Callable[[Pixels], Mapping[str, Field]]
"""Reads a straight strip (BGR) that holds a machine-readable zone: its fields by name (`full_mrz`, `mrz_number`, ...),
quads in pixels of the strip; empty where nothing was found."""

SOURCE: Final = "template"


@dataclass(frozen=True, slots=True)
class TemplateReading:
    """One document of a template."""

    name: str
    doc_type: str
    title: str
    fields: dict[str, Field]
    frames: dict[str, Pixels]
    """`page` (the document in the reference's frame) and `zone.NAME` for every zone, BGR."""
    page: Quad
    """The document's corners in the photograph."""
    certificate: Certificate


def read_template(
    templates: Sequence[Template], pixels: Pixels, ocr: Reader, mrz_reader: MrzReader | None, now: date
) -> TemplateReading | None:
    """Return what a photograph (BGR) of one of these documents says; None where it certainly shows none of them.

    To be called for masks that allow `template.*`, with the templates that they allow.
    """
    aligned = align(templates, pixels)
    return None if aligned is None else read_aligned(aligned, pixels, ocr, mrz_reader, now)


def read_aligned(
    aligned: Aligned, pixels: Pixels, ocr: Reader, mrz_reader: MrzReader | None, now: date
) -> TemplateReading:
    """Return what the zones of a found document say."""
    bundle = aligned.template.bundle
    fields: dict[str, Field] = {}
    frames: dict[str, Pixels] = {"page": np.asarray(cv2.warpPerspective(pixels, aligned.matrix, bundle.size), np.uint8)}
    for zone in bundle.zones:
        cut = cut_zone(zone, aligned, pixels)
        frames[f"zone.{zone.name}"] = cut.pixels
        fields |= {field.name: field for field in _read(cut, ocr, mrz_reader, now)}
    page = quad_of(aligned.outline())
    return TemplateReading(
        bundle.name, aligned.template.doc_type, bundle.title, fields, frames, page, aligned.certificate
    )


def _read(cut: Cut, ocr: Reader, mrz_reader: MrzReader | None, now: date) -> list[Field]:
    if not cut.whole:
        return [_field(cut, None, "", 0.0, trouble="the zone lies outside the picture")]
    if cut.zone.kind is ZoneKind.TEXT:
        return [_text(cut, ocr)]
    if cut.zone.kind is ZoneKind.DATE:
        return [_date(cut, ocr, now)]
    if cut.zone.kind is ZoneKind.MRZ:
        return _machine_zone(cut, mrz_reader)
    if cut.zone.kind is ZoneKind.CHECKBOX:
        return [_checkbox(cut)]
    return [_presence(cut)]


def _field(
    cut: Cut,
    value: str | None,
    raw: str,
    confidence: float,
    *,
    trouble: str | None,
    repaired: bool = False,
    **more: str,
) -> Field:
    """Return a field; it is accepted where there is no trouble."""
    return Field(
        name=cut.zone.name,
        value=value,
        raw=raw,
        accepted=trouble is None,
        confidence=round(confidence, 4),
        repaired=repaired,
        note=None if trouble is None else f"not accepted: {trouble}",
        quad=cut.quad,
        source=SOURCE,
        attributes=({"label": cut.zone.label} if cut.zone.label else {}) | more,
    )


def _text(cut: Cut, ocr: Reader) -> Field:
    pattern = None if cut.zone.pattern is None else compile_pattern(cut.zone.pattern)
    line = read_line(cut.pixels, ocr, pattern)
    may_go_on = pattern is None or pattern.length is None
    trouble = (glare(cut.pixels) if may_go_on else None) or line.trouble
    return _field(cut, line.text, line.raw, line.probability, trouble=trouble, repaired=line.repaired)


def _date(cut: Cut, ocr: Reader, now: date) -> Field:
    form = cut.zone.date_format
    assert form is not None
    line = read_line(cut.pixels, ocr, compile_pattern(pattern_of(form)))
    value = parse_date(line.text, form, now)
    trouble = line.trouble or ("there is no such day" if value is None else None)
    printed = {} if value is None or len(value) < 10 else {"date": f"{value[8:]}.{value[5:7]}.{value[:4]}"}
    return _field(cut, value, line.raw, line.probability, trouble=trouble, repaired=line.repaired, **printed)


def _machine_zone(cut: Cut, mrz_reader: MrzReader | None) -> list[Field]:
    if mrz_reader is None:
        return [_field(cut, None, "", 0.0, trouble="no reader of machine-readable zones is loaded")]
    found = [_moved(field, cut) for field in mrz_reader(cut.pixels).values()]
    whole = next((field for field in found if field.name == "full_mrz"), None)
    if whole is None:
        return [_field(cut, None, "", 0.0, trouble="no machine-readable zone was found in it")]
    named = msgspec.structs.replace(whole, name=cut.zone.name, source=SOURCE, quad=cut.quad)
    return [named, *found]


def _moved(field: Field, cut: Cut) -> Field:
    """Return a field of a strip with its quad in the photograph."""
    if field.quad is None:
        return field
    return msgspec.structs.replace(field, quad=quad_of(project(cut.back, np.array(field.quad.points))))


def _checkbox(cut: Cut) -> Field:
    left, top, width, height = (round(value) for value in cut.zone.box)
    reference = cut.aligned.template.bundle.reference[top : top + height, left : left + width]
    mark = read_checkbox(cut.pixels, reference)
    value = str(mark.there).lower()
    return _field(cut, value, "", mark.confidence, trouble=mark.trouble, ink=f"{mark.amount:.3f}")


def _presence(cut: Cut) -> Field:
    """Say whether anything is there; the picture itself is the frame `zone.NAME`."""
    mark = (read_signature if cut.zone.kind is ZoneKind.SIGNATURE else read_presence)(cut.pixels)
    value = "present" if mark.there else "absent"
    return _field(cut, value, "", mark.confidence, trouble=mark.trouble, frame=f"zone.{cut.zone.name}")
