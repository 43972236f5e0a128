"""What one picture shows: zone, barcodes, template, page and what stands on it; seen once, told in several ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from visionmq.engine.document.barcode.payloads import BARCODE_MASKS
from visionmq.engine.document.barcode.reading import Barcode, read_barcodes
from visionmq.engine.document.fields.places import quads_of
from visionmq.engine.document.fields.zone_fields import make_fields
from visionmq.engine.document.models import Models
from visionmq.engine.document.mrz.search import Rules
from visionmq.engine.document.mrz.zone_reader import ZoneReading
from visionmq.engine.document.page.outline import find_page, page_size
from visionmq.engine.document.page.portrait import Crop, Sight, look_for
from visionmq.engine.document.page.signature import find_signature
from visionmq.engine.document.template.zones import MrzReader, TemplateReading, read_template
from visionmq.engine.picture import Picture, Pixels
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import RecognizeParams
from visionmq.schemas.document.fields import Field

_CROPS: Final = ("page", "portrait", "signature", "overlay")
"""Wanted pictures that need the page."""


@dataclass(slots=True)
class Sighting:
    """All that was found in one picture."""

    picture: Picture
    reading: ZoneReading | None = None
    barcodes: Sequence[Barcode] = ()
    template: TemplateReading | None = None
    page: Quad | None = None
    portrait: Sight | None = None
    signature: Crop | None = None
    frames: Mapping[str, Pixels] = field(default_factory=dict)
    """Crops of the template's zones, by `zone.NAME`."""


def look(
    models: Models, picture: Picture, readings: Sequence[ZoneReading], params: RecognizeParams, today: date
) -> Sighting:
    """Return what a picture shows beside its zones, as far as the parameters ask for it."""
    rules = rules_of(params, today)
    wanted = next((reading for reading in readings if rules.wants(reading.zone.layout.doc_type)), None)
    sighting = Sighting(picture, wanted or next(iter(readings), None))
    if any(rules.wants(name) for name in BARCODE_MASKS):
        sighting.barcodes = read_barcodes(picture.pixels, thorough=sighting.reading is None)
    if _tries_templates(models, sighting, params):
        asked = [template for template in models.templates if rules.wants(template.doc_type)]
        sighting.template = read_template(asked, picture.pixels, models.text, _zone_fields(models, rules), today)
    _find_page(models, sighting, params)
    return sighting


def rules_of(params: RecognizeParams, today: date) -> Rules:
    """Return the search's rules for a request."""
    return Rules(params.mode, tuple(params.mask), today)


def _tries_templates(models: Models, sighting: Sighting, params: RecognizeParams) -> bool:
    """Whether templates are worth their tenth of a second: nothing was read yet, or they were asked for."""
    named = any(fnmatchcase("template.", mask[: len("template.")]) and mask != "*" for mask in params.mask)
    return named or models.own_bundles or (sighting.reading is None and not sighting.barcodes)


def _zone_fields(models: Models, rules: Rules) -> MrzReader:
    """Return what reads a template's zone of the kind `mrz`."""

    def read(strip: Pixels) -> dict[str, Field]:
        (readings,) = models.zones.read([strip], rules)
        if not readings:
            return {}
        zone = readings[0].zone
        return make_fields(zone, quads_of(zone, readings[0].bands), rules.today or date.today())

    return read


def _find_page(models: Models, sighting: Sighting, params: RecognizeParams) -> None:
    pixels = sighting.picture.pixels
    if sighting.template is not None:
        sighting.page, sighting.frames = sighting.template.page, sighting.template.frames
    elif sighting.reading is not None and (params.forensics or params.visual or set(params.want) & set(_CROPS)):
        zone, layout = sighting.reading.zone, sighting.reading.zone.layout
        sighting.page = find_page(pixels, sighting.reading.bands, layout, zone.centres or None)
        if sighting.page is not None:
            sighting.portrait = look_for(models.portraits, pixels, sighting.page, layout)
            sighting.signature = find_signature(pixels, sighting.page, page_size(layout), sighting.portrait.crop)
