"""Wanted pictures as frames: the annotated picture, and crops of the document."""

from collections.abc import Iterator, Sequence

from visionmq.engine.document.drawing.overlay import draw_overlay
from visionmq.engine.document.page.outline import page_size, rectify_page, strip
from visionmq.engine.document.sighting import Sighting
from visionmq.engine.picture import Pixels, encode_jpeg, encode_png
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import Document

Frame = tuple[str, bytes, str]
"""Name, encoded picture, media type."""


def frames_of(sighting: Sighting, document: Document, want: Sequence[str]) -> Iterator[Frame]:
    """Yield the wanted pictures that there are; what was not found on the document is left out."""
    for name in dict.fromkeys(want):
        if name == "overlay":
            drawn = draw_overlay(sighting.picture.pixels, document, _places(sighting))
            yield name, encode_jpeg(drawn), "image/jpeg"
        elif name == "zone.*":
            yield from (
                (zone, encode_png(crop), "image/png") for zone, crop in sighting.frames.items() if zone != "page"
            )
        elif document.doc_type is not None and (crop := _crop(sighting, name)) is not None:
            yield name, encode_png(crop), "image/png"


def _places(sighting: Sighting) -> dict[str, Quad]:
    """Return where portrait and signature are."""
    portrait = sighting.portrait.crop if sighting.portrait is not None else None
    found = {"portrait": portrait, "signature": sighting.signature}
    return {name: crop.quad for name, crop in found.items() if crop is not None}


def _crop(sighting: Sighting, name: str) -> Pixels | None:
    portrait = sighting.portrait.crop if sighting.portrait is not None else None
    found = {"portrait": portrait, "signature": sighting.signature}.get(name)
    if found is not None:
        return found.pixels
    if name in sighting.frames:
        return sighting.frames[name]
    if sighting.reading is None:
        return None
    if name == "mrz":
        return strip(sighting.picture.pixels, sighting.reading.bands)
    if name == "page" and sighting.page is not None:
        return rectify_page(sighting.picture.pixels, sighting.page, page_size(sighting.reading.zone.layout))
    return None
