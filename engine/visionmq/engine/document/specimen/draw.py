"""Specimen documents with their ground truth: drawn by us, of people who do not exist, marked SPECIMEN.

`specimens` yields them for tests and benchmarks; `draw_demo` draws the one that comes with the client.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.fields.countries import code_of
from visionmq.engine.document.fields.names import readable, split_names
from visionmq.engine.document.fields.transliteration import NotWritable
from visionmq.engine.document.mrz.layouts import MASKS, Kind, Layout
from visionmq.engine.document.mrz.reading import Array
from visionmq.engine.document.specimen.art import MM, Box, Sheet
from visionmq.engine.document.specimen.pages import draw_sides
from visionmq.engine.document.specimen.people import invent, zone_part
from visionmq.engine.document.specimen.scene import Degradation, casual, photograph
from visionmq.engine.document.specimen.writer import layout_of, write_zone
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad

__all__ = ["SCAN", "Degradation", "Specimen", "casual", "draw_specimen", "specimens", "truth_of"]

SCAN: Final = Degradation()
"""A flat, upright, sharp and even picture."""
PAGE_FIELDS: Final = ("issue_date", "birth_place")
"""What only the page shows."""
_GAP: Final = 7.0
"""Millimetres between the two sides of a card."""
_CORNER: Final = 3.0
"""Radius of a page's corners in millimetres (ISO/IEC 7810: 3.18)."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A drawn document, and all that a reader may find in its picture."""

    doc_type: str
    lines: tuple[str, ...]
    """The zone as printed."""
    fields: dict[str, str]
    """What the zone says, by the names of the result without `mrz_`: names as printed, dates ISO 8601."""
    holder: dict[str, str]
    """What the page was drawn from: names as spelt at home, and what the zone does not hold."""
    pixels: Pixels
    quads: dict[str, Quad]
    """Corners in pixels of the picture: `page`, `full_mrz`, `mrz_line1` (from the first cell to the last, capitals
    high), `mrz_number` and so on, `portrait`, `signature`, `front` (a card's other side), `visual.surname` ..."""
    degradation: Degradation


def specimens(
    seed: int,
    count: int,
    *,
    doc_types: Sequence[str] = MASKS,
    degradation: Degradation | Callable[[np.random.Generator], Degradation] = casual,
    all_sides: bool = False,
    table: bool = True,
) -> Iterator[Specimen]:
    """Yield `count` documents of these types in turn; the same seed yields the same pictures.

    `degradation` says how each is photographed: one for all, or a function of a random state (`casual`).
    """
    for number in range(count):
        yield draw_specimen(
            doc_types[number % len(doc_types)],
            seed=(seed, number),
            degradation=degradation,
            all_sides=all_sides,
            table=table,
        )


def draw_specimen(
    doc_type: str,
    fields: Mapping[str, str] | None = None,
    *,
    seed: int | Sequence[int] = 0,
    degradation: Degradation | Callable[[np.random.Generator], Degradation] = SCAN,
    all_sides: bool = False,
    table: bool = True,
) -> Specimen:
    """Return one document; fields left out are invented. Raise NotWritable for fields that cannot be written.

    Fields are those of the zone, by the result's names without `mrz_`, and PAGE_FIELDS.
    """
    random = np.random.default_rng(seed)
    layout = layout_of(doc_type)
    given = {name.removeprefix("mrz_"): text for name, text in (fields or {}).items()}
    if "issuer" in given:
        given["issuer"] = code_of(given["issuer"]) or given["issuer"]
    _check_page(given)
    holder = invent(doc_type, given, random)
    written = {name: text for name, text in given.items() if name not in PAGE_FIELDS}
    lines = write_zone(doc_type, {**written, **zone_part(doc_type, holder)})
    sheets = draw_sides(layout, lines, holder, random, all_sides=all_sides)
    taken = degradation(random) if callable(degradation) else degradation
    page, cover, boxes = _stacked(sheets)
    pixels, matrix = photograph(page, cover, taken, random, table=table)
    quads = {name: _quad(box, matrix) for name, box in (boxes | _cells(layout, boxes)).items()}
    return Specimen(doc_type, tuple(lines), truth_of(layout, lines, holder), holder, pixels, quads, taken)


def _check_page(given: Mapping[str, str]) -> None:
    """Raise NotWritable for a date of issue that is no whole date."""
    try:
        date.fromisoformat(given.get("issue_date", "2000-01-01"))
    except ValueError as error:
        raise NotWritable("issue_date must be a whole date: write YYYY-MM-DD") from error


def truth_of(layout: Layout, lines: Sequence[str], written: Mapping[str, str]) -> dict[str, str]:
    """Return what a zone says, in the result's words: names as printed there, the rest as written."""
    found: dict[str, str] = {}
    for span in layout.spans:
        raw = lines[span.line][span.start : span.end]
        if span.name == "names":
            names = split_names(raw)
            found |= {"surname": readable(names.primary), "given_names": readable(names.secondary)}
        elif span.name.endswith("_date"):
            found[span.name] = written.get(span.name, "")
        elif span.kind is Kind.SEX:
            found[span.name] = {"<": "X"}.get(raw, raw)
        elif span.kind is Kind.ANY and span.name != "document_code":
            found[span.name] = readable(written.get(span.name, "").upper().replace("-", " "))
        else:
            found[span.name] = readable(raw)
    return found


def _stacked(sheets: Sequence[Sheet]) -> tuple[Pixels, Pixels, dict[str, Box]]:
    """Return the sides of a document below each other, what of that is page, and where things are in millimetres."""
    width = max(sheet.pixels.shape[1] for sheet in sheets)
    gap = round(_GAP * MM)
    height = sum(sheet.pixels.shape[0] for sheet in sheets) + gap * (len(sheets) - 1)
    page: Pixels = np.full((height, width, 3), 255, np.uint8)
    cover: Pixels = np.zeros((height, width), np.uint8)
    boxes: dict[str, Box] = {}
    top = height
    # The side with the zone comes first, and lies lowest.
    for number, sheet in enumerate(sheets):
        tall, wide = sheet.pixels.shape[:2]
        top -= tall
        page[top : top + tall, :wide] = sheet.pixels
        cover[top : top + tall, :wide] = _rounded(wide, tall)
        for name, (left, upper, across, down) in sheet.boxes.items():
            boxes.setdefault("front" if number and name == "page" else name, (left, upper + top / MM, across, down))
        top -= gap
    return page, cover, boxes


def _rounded(width: int, height: int) -> Pixels:
    radius = round(_CORNER * MM)
    mask: Pixels = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (radius, 0), (width - radius - 1, height - 1), 255, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - radius - 1), 255, -1)
    for x in (radius, width - radius - 1):
        for y in (radius, height - radius - 1):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask


def _cells(layout: Layout, boxes: Mapping[str, Box]) -> dict[str, Box]:
    """Return where the zone's fields are, by the result's names."""
    found = {}
    for span in layout.spans:
        left, top, width, height = boxes[f"mrz_line{span.line + 1}"]
        cell = width / layout.lengths[span.line]
        box = (left + cell * span.start, top, cell * (span.end - span.start), height)
        for name in ("surname", "given_names") if span.name == "names" else (span.name,):
            found[f"mrz_{name}"] = box
    return found


def _quad(box: Box, matrix: Array) -> Quad:
    left, top, width, height = (value * MM - 0.5 * (index < 2) for index, value in enumerate(box))
    corners = np.array([[(left, top), (left + width, top), (left + width, top + height), (left, top + height)]])
    placed = cv2.perspectiveTransform(corners.astype(np.float32), matrix)[0]
    return Quad([(round(float(x), 1), round(float(y), 1)) for x, y in placed])


_DEMO: Final = {
    "document_code": "P",
    "issuer": "UTO",
    "surname": "SPECIMEN",
    "given_names": "LINA MARIE",
    "number": "X47P29134",
    "nationality": "UTO",
    "birth_date": "1987-04-12",
    "gender": "F",
    "expiry_date": "2034-09-30",
}
_DEMO_PAGE: Final = {"issue_date": "2024-10-01", "birth_place": "Amaurot", "optional_data": ""}
_DEMO_SEED: Final = 4
_DEMO_PICTURE: Final = Degradation(
    rotation=-2, perspective=14, direction=80, fill=0.86, blur=0.7, noise=1.4, shadow=0.12, jpeg=None
)
TRUTH: Final = {"doc_type": "mrz.mrp", "fields": {f"mrz_{name}": text for name, text in _DEMO.items()}}
"""What the specimen that comes with the client says."""


def zone_lines() -> tuple[str, ...]:
    """Return the lines of that specimen's zone."""
    return tuple(write_zone("mrz.mrp", _DEMO))


def draw_demo() -> Specimen:
    """Return the specimen that comes with the client."""
    return draw_specimen("mrz.mrp", {**_DEMO, **_DEMO_PAGE}, seed=_DEMO_SEED, degradation=_DEMO_PICTURE)
