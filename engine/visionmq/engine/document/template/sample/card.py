"""The card itself: Amaurot Public Library's reader's card, of format ID-2 (105 mm by 74 mm). A made-up document."""

import math
from typing import Final

import numpy as np
from PIL import Image

from visionmq.engine.document.template.sample.canvas import Canvas, Colour
from visionmq.engine.document.template.sample.holder import Holder, portrait, signature
from visionmq.schemas.document.templates import TemplateZone, ZoneKind

SIZE_MM: Final = (105.0, 74.0)
REFERENCE_PER_MM: Final = 10
"""Pixels a millimetre of the bundle's picture."""

_GREEN: Final = (27, 71, 60)
_GOLD: Final = (224, 192, 122)
_INK: Final = (28, 30, 40)
_LABEL: Final = (96, 104, 92)
_BAND: Final = 56.0
"""Where the machine-readable zone's white band begins."""

_VALUES: Final = {
    "surname": (35.0, 21.6),
    "given_names": (35.0, 29.2),
    "number": (35.0, 36.8),
    "born": (35.0, 44.4),
    "valid_until": (66.0, 44.4),
    "branch": (66.0, 36.8),
}
"""Left end and base line of each text."""
_LABELS: Final = {
    "surname": "Surname",
    "given_names": "Given names",
    "number": "Card number",
    "born": "Born",
    "valid_until": "Valid until",
    "branch": "Branch",
}
_BOXES: Final = {"interlibrary": ((35.0, 48.6), "Interlibrary loan"), "reading_room": ((35.0, 52.1), "Reading room")}
_BOX: Final = 2.6
_PORTRAIT: Final = (6.0, 17.5, 24.0, 31.5)
_SIGNATURE: Final = (66.0, 46.6, 33.0, 8.0)
_SPINES: Final = (
    (122, 46, 48), (38, 82, 70), (196, 158, 88), (58, 66, 104), (146, 92, 62), (84, 104, 92), (168, 70, 58), (72, 58, 84),
    (210, 186, 140), (44, 60, 66),
)  # fmt: skip


def zones(per_mm: float = REFERENCE_PER_MM) -> list[TemplateZone]:
    """Return the card's zones in pixels of the bundle's picture."""
    wide = {"surname": 40.0, "given_names": 40.0, "branch": 35.0}
    made = []
    for name, (x, y) in _VALUES.items():
        kind = ZoneKind.DATE if name in ("born", "valid_until") else ZoneKind.TEXT
        made.append(_zone(name, kind, (x - 0.8, y - 3.4, wide.get(name, 30.0), 4.4), per_mm))
    for name, ((x, y), _) in _BOXES.items():
        made.append(_zone(name, ZoneKind.CHECKBOX, (x, y, _BOX, _BOX), per_mm))
    made.append(_zone("portrait", ZoneKind.PICTURE, _PORTRAIT, per_mm))
    made.append(_zone("signature", ZoneKind.SIGNATURE, _SIGNATURE, per_mm))
    made.append(_zone("mrz", ZoneKind.MRZ, (4.0, _BAND + 2.0, 97.0, 14.6), per_mm))
    return made


_PATTERNS: Final = {
    "surname": "[A-Z][A-Z' -]*",
    "given_names": "[A-Z][A-Z' -]*",
    "number": r"AL-\d{4}-\d{3}",
    "branch": "|".join(("HARBOUR", "OLD TOWN", "ANYDER BRIDGE", "UNIVERSITY", "NORTH GATE", "GARDENS")),
}
_FORMATS: Final = {"born": "DD.MM.YYYY", "valid_until": "DD MMM YYYY"}


def _zone(name: str, kind: ZoneKind, box: tuple[float, float, float, float], per_mm: float) -> TemplateZone:
    x, y, width, height = (round(value * per_mm, 1) for value in box)
    label = _LABELS.get(name) or (_BOXES[name][1] if name in _BOXES else name.capitalize())
    return TemplateZone(name, kind, (x, y, width, height), _PATTERNS.get(name), _FORMATS.get(name), label)


def draw_card(holder: Holder, per_mm: float = REFERENCE_PER_MM) -> Image.Image:
    """Return one holder's card, in RGB."""
    canvas = Canvas.blank(*SIZE_MM, per_mm, (246, 243, 232))
    _ground(canvas)
    _guilloche(canvas)
    _header(canvas)
    _shelf(canvas)
    for name, text in holder.printed().items():
        x, y = _VALUES[name]
        canvas.text((x, y - 3.9), _LABELS[name], 1.75, _LABEL)
        canvas.text((x, y), text, 3.5, _INK, ocr=True)
    _checkbox(canvas, "interlibrary", holder.interlibrary)
    _checkbox(canvas, "reading_room", holder.reading_room)
    _portrait(canvas, holder)
    _signature(canvas, holder)
    _machine_zone(canvas, holder)
    return canvas.finished()


def _ground(canvas: Canvas) -> None:
    for row in range(148):
        y = row / 2
        tone = (round(247 - y * 0.16), round(244 - y * 0.10), round(231 - y * 0.06))
        canvas.box(0, y, SIZE_MM[0], y + 0.6, tone)


def _guilloche(canvas: Canvas) -> None:
    """Draw fine waves and two rosettes, pale enough to leave the text clear."""
    for number in range(34):
        colour = (112, 150, 130, 74) if number % 2 else (190, 150, 110, 66)
        phase, base = number * 0.29, 12 + number * 1.36
        wave = [
            (float(x), base + 2.4 * math.sin(x / 8.3 + phase) + 1.1 * math.sin(x / 3.1 - 1.7 * phase))
            for x in np.arange(-1, 107, 0.5)
        ]
        canvas.line(wave, 0.09, colour)
    _rosette(canvas, (80, 38), 17, 22, (120, 140, 170, 62))
    _rosette(canvas, (48, 34), 11, 16, (176, 120, 110, 50))


def _rosette(canvas: Canvas, centre: tuple[float, float], radius: float, petals: int, colour: Colour) -> None:
    for turn in range(petals):
        start = 2 * math.pi * turn / petals
        ring = [
            (
                centre[0] + (radius * 0.55 + radius * 0.42 * math.sin(3 * a)) * math.cos(a + start),
                centre[1] + (radius * 0.55 + radius * 0.42 * math.sin(3 * a)) * math.sin(a + start),
            )
            for a in np.linspace(0, 2 * math.pi, 90)
        ]
        canvas.line(ring, 0.08, colour)


def _header(canvas: Canvas) -> None:
    canvas.box(0, 0, SIZE_MM[0], 13.2, _GREEN)
    canvas.box(0, 13.2, SIZE_MM[0], 13.7, _GOLD)
    canvas.box(0, 14.0, SIZE_MM[0], 14.15, _GOLD)
    for number in range(26):
        x = 70 + number * 1.45
        canvas.line([(x, 13.2), (x + 6.6, 0)], 0.09, (*_GOLD, 38))
        canvas.line([(x + 6.6, 13.2), (x, 0)], 0.09, (*_GOLD, 38))
    _emblem(canvas, 10.2, 7.3)
    canvas.text((19.5, 6.7), "AMAUROT PUBLIC LIBRARY", 4.1, _GOLD, gap=0.36)
    canvas.text((19.6, 11.0), "Reader's card", 2.5, (228, 234, 226), gap=0.12)
    canvas.text((99.0, 11.0), "UTOPIA", 2.5, (228, 234, 226), right=True)
    canvas.text((37.6, 11.0), "- specimen of no validity -", 1.9, (170, 194, 178))


def _emblem(canvas: Canvas, x: float, y: float) -> None:
    """Draw an open book under a rising sun."""
    for ray in range(13):
        angle = math.radians(180 + ray * 15)
        near, far = 2.1, 4.6 if ray % 2 == 0 else 3.7
        canvas.line(
            [(x + near * math.cos(angle), y - 0.4 + near * math.sin(angle)),
             (x + far * math.cos(angle), y - 0.4 + far * math.sin(angle))],
            0.24, _GOLD,
        )  # fmt: skip
    canvas.slice((x, y - 0.4), 1.6, 1.6, (180, 360), _GOLD)
    for side in (-1, 1):
        page = [(x, y + 0.7), (x + side * 2.4, y - 0.1), (x + side * 5.2, y + 0.5), (x + side * 5.2, y + 3.6),
                (x + side * 2.4, y + 3.0), (x, y + 3.8)]  # fmt: skip
        canvas.shape(page, (238, 232, 212))
        canvas.line([*page, page[0]], 0.22, _GOLD)
        for row in range(3):
            top = y + 1.1 + row * 0.75
            canvas.line(
                [(x + side * 0.8, top + 0.1), (x + side * 2.5, top - 0.3), (x + side * 4.5, top)], 0.16, (120, 128, 112)
            )


def _shelf(canvas: Canvas) -> None:
    """Draw a shelf of books, no two alike, at the right."""
    random = np.random.default_rng(1516)
    left, right, floor = 79.5, 100.0, 31.2
    x = left
    while x < right - 0.9:
        width = min(float(random.uniform(0.95, 2.3)), right - x)
        height = float(random.uniform(8.2, 12.6))
        colour = _SPINES[int(random.integers(len(_SPINES)))]
        canvas.box(x, floor - height, x + width - 0.08, floor, colour, radius=0.15)
        canvas.box(x, floor - height, x + width * 0.22, floor, (255, 255, 255, 34))
        _bands(canvas, x, width, floor, height, random)
        x += width
    canvas.box(left - 1.2, floor, right + 1.2, floor + 0.8, (112, 78, 50))
    canvas.box(left - 1.2, floor + 0.6, right + 1.2, floor + 0.8, (78, 52, 34))


def _bands(canvas: Canvas, x: float, width: float, floor: float, height: float, random: np.random.Generator) -> None:
    gold = (232, 206, 146, 225)
    for part in random.choice([0.1, 0.18, 0.3, 0.7, 0.8, 0.9], size=int(random.integers(1, 4)), replace=False):
        y = floor - height * float(part)
        canvas.line([(x + 0.08, y), (x + width - 0.16, y)], float(random.uniform(0.12, 0.36)), gold)
    if width > 1.4:
        y = floor - height * 0.52
        kind = int(random.integers(0, 3))
        middle = x + width / 2 - 0.05
        if kind == 0:
            canvas.shape([(middle, y - 0.9), (middle + 0.5, y), (middle, y + 0.9), (middle - 0.5, y)], gold)
        elif kind == 1:
            canvas.oval((middle, y), 0.45, 0.45, gold)
        else:
            canvas.box(x + 0.2, y - 1.1, x + width - 0.3, y + 1.1, (240, 232, 208, 235))


def _checkbox(canvas: Canvas, name: str, ticked: bool) -> None:
    (x, y), label = _BOXES[name]
    canvas.box(x, y, x + _BOX, y + _BOX, (252, 251, 246))
    canvas.frame(x, y, x + _BOX, y + _BOX, 0.2, _INK)
    canvas.text((x + 3.8, y + 2.1), label, 2.1, _INK)
    if ticked:
        canvas.line([(x + 0.5, y + 0.5), (x + _BOX - 0.5, y + _BOX - 0.5)], 0.36, _INK)
        canvas.line([(x + _BOX - 0.5, y + 0.5), (x + 0.5, y + _BOX - 0.5)], 0.36, _INK)


def _portrait(canvas: Canvas, holder: Holder) -> None:
    left, top, width, height = _PORTRAIT
    canvas.paste(portrait(holder.look, width, height, canvas.scale), (left, top))
    canvas.frame(left - 0.25, top - 0.25, left + width + 0.25, top + height + 0.25, 0.25, _GREEN)


def _signature(canvas: Canvas, holder: Holder) -> None:
    left, top, width, height = _SIGNATURE
    canvas.line([(left, top + height), (left + width, top + height)], 0.16, _LABEL)
    canvas.text((left + width, top + height + 1.7), "Signature", 1.6, _LABEL, right=True)
    if holder.signed:
        canvas.paste(signature(holder.look, width - 3, height - 0.6, canvas.scale), (left + 1.5, top + 0.2))


def _machine_zone(canvas: Canvas, holder: Holder) -> None:
    """Print two lines in OCR-B at ten characters an inch (ICAO 9303-3, 4.2)."""
    canvas.box(0, _BAND + 0.9, SIZE_MM[0], SIZE_MM[1], (250, 249, 245))
    canvas.box(0, _BAND + 0.7, SIZE_MM[0], _BAND + 0.9, _GREEN)
    for number, line in enumerate(holder.zone_lines()):
        for index, character in enumerate(line):
            canvas.text((6.9 + index * 2.54, 63.9 + number * 6.4), character, 3.55, (24, 24, 28), ocr=True)
