"""The pages of specimen documents, drawn from their designs."""

from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from visionmq.engine.document.fields.transliteration import to_zone
from visionmq.engine.document.mrz.layouts import Layout
from visionmq.engine.document.specimen.art import (
    INK,
    MM,
    Box,
    Colour,
    Sheet,
    blend,
    emblem,
    font,
    paper,
    rosette,
    signature,
    waves,
)
from visionmq.engine.document.specimen.designs import GOLD, PINK, SCHEMES, Design, Item, designs_of
from visionmq.engine.document.specimen.face import draw_face
from visionmq.engine.document.specimen.words import age_of, shown_words
from visionmq.engine.picture import Pixels

_PITCH: Final = 2.54
"""Ten characters an inch (ICAO 9303-3, 4.2)."""
_ZONE_SIZE: Final = 3.55
"""Size of OCR-B in millimetres: capitals 2.5 high."""
_CAPITAL: Final = 2.5
_ZONE_INK: Final[Colour] = (30, 26, 26)


def draw_sides(
    layout: Layout, lines: Sequence[str], fields: Mapping[str, str], random: np.random.Generator, *, all_sides: bool
) -> list[Sheet]:
    """Return a document's pages, the one with the zone first; `fields` are as spelt at home."""
    shown = shown_words(fields)
    face = draw_face(random, sex=fields.get("gender", "X"), age=age_of(fields))
    scheme = PINK if "_dl" in layout.doc_type else SCHEMES[sum(map(ord, fields["issuer"])) % len(SCHEMES)]
    sides = designs_of(layout.doc_type)
    return [
        _draw(design, lines if design.zone else (), shown, scheme, face, random)
        for design in (sides if all_sides else sides[:1])
    ]


def _draw(
    design: Design,
    lines: Sequence[str],
    shown: Mapping[str, str],
    scheme: tuple[Colour, Colour, Colour, Colour],
    face: Pixels,
    random: np.random.Generator,
) -> Sheet:
    width, height = design.size
    sheet = Sheet(paper(design.size, scheme[1:], random))
    _security(sheet, design, len(lines), scheme, random)
    if design.band:
        _band(sheet, design, scheme[0], shown)
    if design.chip:
        _chip(sheet, design.chip)
    if design.table:
        _classes(sheet, design.table, scheme[0], random)
    if design.portrait:
        _portrait(sheet, design, face, scheme[0])
    if design.ghost:
        _ghost(sheet, design.ghost, face, scheme[0])
    for x, y, label, name in design.items:
        _item(sheet, design, (x, y, label, shown.get(name, "")), scheme[0], name)
    if design.signed:
        _signed(sheet, design.signed, shown, random)
    if design.zone:
        _zone(sheet, design, lines)
    _overprint(sheet, width, height)
    sheet.print_texts()
    sheet.boxes["page"] = (0, 0, width, height)
    return sheet


def _security(
    sheet: Sheet,
    design: Design,
    lines: int,
    scheme: tuple[Colour, Colour, Colour, Colour],
    random: np.random.Generator,
) -> None:
    width, height = design.size
    free = height if design.zone is None else design.zone[1] - max(0, lines - 1) * design.spacing - 6
    for tint, share in ((scheme[3], 0.78), (scheme[1], 0.80)):
        colour = blend(tint, scheme[0], share)
        waves(sheet, (0, design.band, width, free - design.band), colour, random, lines=int(random.integers(18, 30)))
    for _ in range(2):
        centre = (random.uniform(0.45, 0.95) * width, random.uniform(0.35, 0.75) * free)
        rosette(sheet, centre, random.uniform(0.2, 0.34) * height, blend(scheme[2], scheme[0], 0.80), random)
    emblem(sheet, (width * 0.78, (design.band + free) / 2), free * 0.42, blend(scheme[1], scheme[0], 0.88), lines + 1)
    if design.zone:
        # The zone's ground may carry no pattern that confuses a reader (9303-3, 4.2): paled.
        sheet.rectangle((0, free - 1.5, width, height - free + 1.5), (250, 249, 247), 0.78)


def _band(sheet: Sheet, design: Design, colour: Colour, shown: Mapping[str, str]) -> None:
    width, _ = design.size
    sheet.rectangle((0, 0, width, design.band), colour)
    sheet.rectangle((0, design.band, width, 0.5), GOLD)
    size = design.band * 0.46
    name = shown["issuer_name"]
    size = min(size, width * 0.42 / max(1, 0.62 * len(name)) * 1.0) if len(name) > 16 else size
    sheet.write(design.band * 0.5, design.band * 0.68, name, size, GOLD, face="serif")
    right = width - design.band * 1.5
    sheet.write(right, design.band * 0.66, design.title, design.band * 0.36, (244, 240, 236), face="bold", anchor="rs")
    emblem(sheet, (width - design.band * 0.75, design.band / 2), design.band * 0.8, GOLD, len(name))


def _portrait(sheet: Sheet, design: Design, face: Pixels, colour: Colour) -> None:
    assert design.portrait is not None
    left, top, width, height = design.portrait
    size = (round(width * MM), round(height * MM))
    sheet.paste(np.asarray(cv2.resize(face, size, interpolation=cv2.INTER_AREA), np.uint8), left, top)
    sheet.boxes["portrait"] = design.portrait
    frame = np.array([(left, top), (left + width, top), (left + width, top + height), (left, top + height)])
    cv2.polylines(sheet.pixels, [np.round(frame * MM).astype(np.int32)], True, blend(colour, (255, 255, 255), 0.5), 2)


def _ghost(sheet: Sheet, box: Box, face: Pixels, colour: Colour) -> None:
    """Print the portrait again, small, pale and in one colour."""
    left, top, width, height = box
    size = (round(width * MM), round(height * MM))
    grey = cv2.cvtColor(cv2.resize(face, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    oval = np.clip((1.05 - np.hypot(x, y)) * 5, 0, 1)
    cover = (1 - grey.astype(np.float32) / 255) * oval * 0.55
    sheet.paste(np.full((size[1], size[0], 3), colour, np.uint8), left, top, cover.astype(np.float32))


def _item(sheet: Sheet, design: Design, item: Item, colour: Colour, name: str) -> None:
    x, y, label, value = item
    pale = blend(colour, (255, 255, 255), 0.85)
    if label[0].isdigit() and len(label) <= 3:
        sheet.write(x - 4.8, y, label, 2.3, pale)
    else:
        sheet.write(x, y - 3.4, label, 1.7, pale)
    room = next((other[0] for other in sorted(design.items) if other[1] == y and other[0] > x), design.size[0] - 2) - x
    if design.ghost and x < design.ghost[0] and design.ghost[1] - 1 < y < design.ghost[1] + design.ghost[3] + 3:
        room = min(room, design.ghost[0] - x)
    size = min(3.1, room / max(1, 0.6 * len(value)))
    face = "bold" if name in {"surname", "given_names", "number"} else "sans"
    sheet.write(x, y, value, size, INK, face=face)
    if value:
        left, top, right, foot = (edge / MM for edge in font(face, round(size * MM, 1)).getbbox(value, anchor="ls"))
        sheet.boxes[f"visual.{name}"] = (x + left - 0.3, y + top - 0.3, right - left + 0.6, foot - top + 0.6)


def _signed(sheet: Sheet, box: Box, shown: Mapping[str, str], random: np.random.Generator) -> None:
    left, top, width, height = box
    name = (shown["given_names"].split() or [""])[0][:1] + ". " + shown["surname"].title()
    piece, cover = signature(_plain(name)[:18], width, random, (96, 44, 34))
    scale = min(1.0, height * MM * 1.5 / piece.shape[0])
    cover = np.asarray(cv2.resize(cover, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    piece = piece[: cover.shape[0], : cover.shape[1]]
    sheet.paste(piece, left, top - 0.2 * height, cover)
    sheet.boxes["signature"] = (left, top - 0.2 * height, piece.shape[1] / MM, piece.shape[0] / MM)


def _plain(name: str) -> str:
    """Return a name in the letters that the hand has."""
    words = (to_zone(word).title() for word in name.replace(".", " ").split())
    first, *rest = (*words, "") if name else ("A", "Specimen")
    return f"{first}. {' '.join(rest)}".strip()


def _chip(sheet: Sheet, at: tuple[float, float]) -> None:
    """Draw the sign of a document with a chip: a disc between two bars."""
    x, y = at
    ink = (70, 60, 60)
    for top in (y, y + 3.1):
        sheet.rectangle((x, top, 8, 1.9), ink, 0.85)
    cv2.circle(
        sheet.pixels, (round((x + 4) * MM), round((y + 2.5) * MM)), round(1.75 * MM), (236, 232, 230), -1, cv2.LINE_AA
    )
    cv2.circle(sheet.pixels, (round((x + 4) * MM), round((y + 2.5) * MM)), round(1.35 * MM), ink, -1, cv2.LINE_AA)


def _classes(sheet: Sheet, box: Box, colour: Colour, random: np.random.Generator) -> None:
    """Draw the table of vehicle classes on a licence's back."""
    left, top, width, height = box
    rows = ("9.", "AM", "A1", "A2", "A", "B", "BE", "C", "D")
    step = height / len(rows)
    pale = blend(colour, (255, 255, 255), 0.6)
    for number, row in enumerate(rows):
        y = top + number * step
        sheet.rectangle((left, y, width, 0.12), pale)
        texts = ("9.", "10.", "11.", "12.") if number == 0 else (row, "")
        for column, text in enumerate(texts):
            sheet.write(
                left + 1 + (0, 16, 31, 46)[column], y + step * 0.72, text, step * 0.62, pale if number == 0 else INK
            )
        if number and random.random() < 0.5:
            for x, years in ((16, 3), (31, 18)):
                day = f"{random.integers(1, 29):02}.{random.integers(1, 13):02}.{(years + random.integers(8)) % 100:02}"
                sheet.write(left + 1 + x, y + step * 0.72, day, step * 0.58)
    for edge in (0.0, 15.0, 30.0, 45.0, width):
        sheet.rectangle((left + edge, top, 0.12, height), pale)
    emblem(sheet, (left + width + 10, top + height * 0.4), 13, blend(colour, (250, 240, 244), 0.45), 1)


def _zone(sheet: Sheet, design: Design, lines: Sequence[str]) -> None:
    """Print the zone in OCR-B (9303-3, 4.2); name the boxes of its lines from cell to cell."""
    assert design.zone is not None
    left, bottom = design.zone
    for number, line in enumerate(lines):
        base = bottom - (len(lines) - 1 - number) * design.spacing
        for index, character in enumerate(line):
            x = left + (index + 0.5) * _PITCH
            sheet.write(x, base, character, _ZONE_SIZE, _ZONE_INK, face="ocr", anchor="ms")
        sheet.boxes[f"mrz_line{number + 1}"] = (left, base - _CAPITAL, len(line) * _PITCH, _CAPITAL)
    top = bottom - (len(lines) - 1) * design.spacing - _CAPITAL
    width = max(len(line) for line in lines) * _PITCH
    sheet.boxes["full_mrz"] = (left, top, width, bottom - top)


def _overprint(sheet: Sheet, width: float, height: float) -> None:
    """Write SPECIMEN across the page, pale, as on all documents of no validity."""
    words = Image.new("L", (round(width * MM * 0.62), round(width * MM * 0.14)))
    middle = (words.width / 2, words.height / 2)
    ImageDraw.Draw(words).text(middle, "SPECIMEN", font=font("bold", width * MM * 0.105), fill=255, anchor="mm")
    turned = words.rotate(13, expand=True, resample=Image.Resampling.BILINEAR)
    cover = np.asarray(turned, np.float32) * (0.16 / 255)
    tint = np.full((*cover.shape, 3), (60, 50, 190), np.uint8)
    sheet.paste(tint, width * 0.6 - turned.width / MM / 2, max(0.0, height * 0.42 - turned.height / MM / 2), cover)
