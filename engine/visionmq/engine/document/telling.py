"""From what a picture shows to the answer: document type, fields, quality, and where nothing was found why."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import cv2
from msgspec.structs import replace

from visionmq.engine.document.barcode.payloads import barcode_fields, barcode_type
from visionmq.engine.document.barcode.reading import Barcode
from visionmq.engine.document.fields.acceptance import is_sound
from visionmq.engine.document.fields.places import quads_of
from visionmq.engine.document.fields.zone_fields import make_fields
from visionmq.engine.document.judge.forensics import Evidence, judge
from visionmq.engine.document.judge.printed import Printed, measure
from visionmq.engine.document.judge.quality import judge_quality
from visionmq.engine.document.judge.quality_nothing import advice_when_nothing
from visionmq.engine.document.judge.screen import study_surface
from visionmq.engine.document.judge.status import status
from visionmq.engine.document.models import Models
from visionmq.engine.document.mrz.search import Rules
from visionmq.engine.document.mrz.zone_reader import ZoneReading
from visionmq.engine.document.page.visual import match_visual, read_visual
from visionmq.engine.document.sighting import Sighting, rules_of
from visionmq.engine.picture import Pixels
from visionmq.schemas.document.documents import Document, RecognizeParams
from visionmq.schemas.document.fields import Field

LICENCE: Final = "barcode.aamva"
_UNSOUND: Final = "not all check digits fit, or a character could not be read"
_AGAIN: Final = "Photograph the zone again, sharp and without glare; if it repeats, suspect the document."


def tell(models: Models, sighting: Sighting, params: RecognizeParams, today: date) -> Document:
    """Return what a picture shows as a document; the zone names it, else the template, else the barcode."""
    told = _named(sighting, rules_of(params, today), today)
    bands = sighting.reading.bands if sighting.reading is not None else ()
    if told.quality is None:
        told = replace(told, quality=judge_quality(sighting.picture.pixels, bands, sighting.page))
    if told.doc_type is not None and told.advice is None and told.quality is not None:
        told = replace(told, advice=told.quality.advice)
    if params.visual or params.forensics:
        told = _investigated(models, sighting, told, today, forensics=params.forensics)
    return replace(told, status=status(told))


def _named(sighting: Sighting, rules: Rules, today: date) -> Document:
    """Return document type and fields, or why there are none."""
    reading, template = sighting.reading, sighting.template
    codes = [code for code in sighting.barcodes if rules.wants(barcode_type(code))]
    fields = _barcodes(codes, today)
    size, page = (sighting.picture.width, sighting.picture.height), sighting.page
    if reading is not None and rules.wants(reading.zone.layout.doc_type):
        return replace(_zone(reading, fields, today), size=size, page=page)
    if template is not None:
        return Document(doc_type=template.doc_type, fields={**template.fields, **fields}, size=size, page=page)
    if codes:
        types = [barcode_type(code) for code in codes]
        named = min(types, key=lambda name: name != LICENCE)
        return Document(doc_type=named, fields=fields, size=size)
    if reading is not None:
        reason = f"the picture shows {reading.zone.layout.doc_type}, which the mask does not ask for"
        return Document(doc_type=None, reason=reason, advice="Widen the mask, for instance to mrz.*.", size=size)
    nothing = advice_when_nothing(sighting.picture.pixels)
    return Document(doc_type=None, reason=nothing.reason, advice=nothing.advice, quality=nothing.quality, size=size)


def _zone(reading: ZoneReading, others: dict[str, Field], today: date) -> Document:
    zone = reading.zone
    sound = is_sound(zone)
    return Document(
        doc_type=zone.layout.doc_type,
        fields=make_fields(zone, quads_of(zone, reading.bands), today) | others,
        reason=None if sound else _UNSOUND,
        advice=None if sound else _AGAIN,
        edits=list(zone.edits),
    )


def _barcodes(codes: Sequence[Barcode], today: date) -> dict[str, Field]:
    """Return the fields of all symbols; those of a driving licence first, and no field twice."""
    fields: dict[str, Field] = {}
    for code in sorted(codes, key=lambda code: barcode_type(code) != LICENCE):
        fields = barcode_fields(code, today) | fields
    return fields


def _investigated(models: Models, sighting: Sighting, told: Document, today: date, *, forensics: bool) -> Document:
    """Return the document with its visual zone read, and judged if that was asked for."""
    pixels, reading = sighting.picture.pixels, sighting.reading
    bands = reading.bands if reading is not None else ()
    text = read_visual(models.text, pixels, sighting.page, bands)
    visual = match_visual(text, told.fields)
    told = replace(told, text=text, fields={**told.fields, **visual})
    if not forensics:
        return told
    evidence = Evidence(
        document=told,
        today=today,
        layout=reading.zone.layout if reading is not None else None,
        printed=_printed(models, pixels, reading),
        surface=study_surface(pixels, sighting.page),
        portrait=sighting.portrait,
        visual=visual,
        text=text,
    )
    return replace(told, forensics=judge(evidence))


def _printed(models: Models, pixels: Pixels, reading: ZoneReading | None) -> Printed | None:
    if reading is None:
        return None
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return measure(models.typefaces, gray, reading.bands, reading.zone.texts, reading.zone.centres)
