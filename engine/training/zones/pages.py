"""Pages to photograph: documents with and without a machine-readable zone, drawn flat and large with their labels.

A page is grey. Its labels are masks of the same size: `core`, the middle three fifths of each line of the zone from
the outer edge of its first character to that of its last, and `zone`, the whole zone with half a letter around it.
Sizes follow ICAO Doc 9303: 10 characters an inch, lines a sixth to a quarter of an inch apart.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from training.zones import glyphs, ornaments
from training.zones.texts import code_text, ordinary_text, zone_texts

Array: TypeAlias = np.ndarray[Any, Any]

PITCH: Final = 22.0
"""Pixels from character to character on a drawn page."""
_MILLIMETRE: Final = PITCH / 2.54
CORE: Final = 0.6
"""Share of a letter's height that the core covers."""
_LEVELS: Final = 6
_BLOCK: Final = 2 ** (_LEVELS - 1)
"""Sides of pages are multiples of this, so that each level is exactly half the one before."""
_FORMS: Final = (
    # width and height in mm, characters a line, lines, how often
    ((125, 88), 44, 2, 0.36),
    ((120, 80), 44, 2, 0.06),
    ((105, 74), 36, 2, 0.14),
    ((85.6, 54), 30, 3, 0.38),
    ((85.6, 54), 30, 1, 0.06),
)


@dataclass(slots=True)
class Page:
    """A drawn page, with halved copies (each level half the size of the one before)."""

    grey: list[Array]
    core: list[Array]
    zone: list[Array]
    cap: float
    """Height of a capital of the zone in pixels of level 0; 0 where there is no zone."""
    rows: list[tuple[float, float, float]]
    """For each line of the zone: left edge, right edge, middle, in pixels of level 0."""
    clear: Array
    """uint8: where the page is (rounded corners are not)."""


class _Canvas:
    """A page being drawn."""

    def __init__(self, random: np.random.Generator, size: tuple[int, int]) -> None:
        self.random = random
        size = (-(-size[0] // _BLOCK) * _BLOCK, -(-size[1] // _BLOCK) * _BLOCK)
        self.grey = ornaments.paper(random, size)
        self.core = np.zeros(self.grey.shape, np.uint8)
        self.zone = np.zeros(self.grey.shape, np.uint8)
        self.cap = 0.0
        self.rows: list[tuple[float, float, float]] = []
        self.ink = float(random.uniform(0, 70))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.grey.shape[1], self.grey.shape[0]

    def blend(self, mask: Array, x: int, y: int, ink: float, strength: float = 1.0) -> None:
        """Ink a coverage mask with its top left corner at x, y; what falls off the page is lost."""
        mask = mask[max(0, -y) :, max(0, -x) :]
        x, y = max(0, x), max(0, y)
        spot = self.grey[y : y + mask.shape[0], x : x + mask.shape[1]]
        if spot.size == 0:
            return
        share = mask[: spot.shape[0], : spot.shape[1]].astype(np.float32) * (strength / 255)
        spot[:] = (spot + (ink - spot) * share).astype(np.uint8)


def draw_page(random: np.random.Generator, photographs: list[Array]) -> Page:
    """Return a page: usually a document with a zone, sometimes one without, a sheet of text, or a bare strip."""
    kind = random.random()
    if kind < 0.62:
        canvas = _document(random, photographs)
    elif kind < 0.72:
        canvas = _strip(random)
    elif kind < 0.80:
        canvas = _sheet_with_zone(random)
    elif kind < 0.90:
        canvas = _document(random, photographs, zone=False)
    else:
        canvas = _sheet(random)
    return _finished(canvas)


def _finished(canvas: _Canvas) -> Page:
    width, height = canvas.size
    clear = np.full((height, width), 255, np.uint8)
    if canvas.random.random() < 0.6:
        clear = ornaments.rounded(width, height, round(canvas.random.uniform(1, 4) * _MILLIMETRE))
    return Page(_halved(canvas.grey), _halved(canvas.core), _halved(canvas.zone), canvas.cap, canvas.rows, clear)


def _halved(image: Array) -> list[Array]:
    levels = [image]
    while len(levels) < _LEVELS:
        last = levels[-1]
        size = (max(1, last.shape[1] // 2), max(1, last.shape[0] // 2))
        levels.append(np.asarray(cv2.resize(last, size, interpolation=cv2.INTER_AREA)))
    return levels


def _form(random: np.random.Generator) -> tuple[tuple[int, int], int, int]:
    size, length, lines, _ = _FORMS[random.choice(len(_FORMS), p=[form[3] for form in _FORMS])]
    return (round(size[0] * _MILLIMETRE), round(size[1] * _MILLIMETRE)), length, lines


def _document(random: np.random.Generator, photographs: list[Array], *, zone: bool = True) -> _Canvas:
    """Draw a card or a page of a passport: pattern, portrait, fields, ornaments, and the zone at the foot."""
    size, length, lines = _form(random)
    canvas = _Canvas(random, size)
    ornaments.pattern(random, canvas.grey)
    _, height = canvas.size
    top = 0
    if zone:
        top = _zone_at_foot(canvas, length, lines)
    foot = top if zone else height
    if random.random() < 0.75:
        ornaments.portrait(random, canvas.grey, photographs, foot)
    _fields(canvas, foot)
    for _ in range(random.integers(0, 3)):
        _heading(canvas, foot)
    for ornament in (ornaments.signature, ornaments.barcode, ornaments.stamp, ornaments.chip):
        if random.random() < 0.3:
            ornament(random, canvas.grey[:foot])
    if not zone:
        for _ in range(random.integers(0, 4)):
            _decoy(canvas)
    if random.random() < 0.25:
        _watermark(canvas)
    return canvas


def _strip(random: np.random.Generator) -> _Canvas:
    """Draw a zone with little around it."""
    _, length, lines = _form(random)
    width = round((length + random.uniform(1, 8)) * PITCH)
    canvas = _Canvas(random, (width, round((lines * 2.4 + random.uniform(1, 8)) * PITCH)))
    if random.random() < 0.5:
        ornaments.pattern(random, canvas.grey)
    _zone_at_foot(canvas, length, lines)
    return canvas


def _sheet_with_zone(random: np.random.Generator) -> _Canvas:
    """Draw a larger sheet with a zone somewhere between ordinary lines."""
    canvas = _sheet(random)
    _, length, lines = _form(random)
    _, height = canvas.size
    left = random.uniform(0.2, 1) * PITCH * 2
    top = random.uniform(0.1, 0.75) * height
    reach = round((lines * 2.6 + 1) * PITCH)
    if random.random() < 0.8:
        canvas.grey[max(0, round(top - PITCH)) : round(top) + reach] = random.integers(170, 256)
    _zone(canvas, length, lines, left, top)
    return canvas


def _sheet(random: np.random.Generator) -> _Canvas:
    """Draw a sheet of text: columns, tables, listings, keyboards; no zone."""
    canvas = _Canvas(random, (round(48 * PITCH), round(random.uniform(20, 40) * PITCH)))
    if random.random() < 0.15:
        ornaments.keyboard(random, canvas.grey, canvas.blend)
        return canvas
    path = str(random.choice(glyphs.text_fonts()))
    size = int(random.integers(10, 34))
    spacing = size * random.uniform(1.0, 2.2)
    dense = random.random() < 0.4
    y = random.uniform(0, spacing)
    while y < canvas.size[1]:
        text = code_text(random) if dense else " ".join(ordinary_text(random) for _ in range(4))
        if random.random() < 0.9:
            canvas.blend(glyphs.running_text(path, size, text), round(random.uniform(10, 20)), round(y), canvas.ink)
        y += spacing
    for _ in range(random.integers(0, 3)):
        _decoy(canvas)
        _heading(canvas, canvas.size[1])
    return canvas


def _zone_at_foot(canvas: _Canvas, length: int, lines: int) -> int:
    """Draw the zone in the last fifth of the page; return the row where it begins."""
    random = canvas.random
    width, height = canvas.size
    left = max(4.0, (width - length * PITCH) / 2 + random.uniform(-1, 1) * PITCH)
    depth = (23.2 if height > 30 * PITCH else 19) * _MILLIMETRE
    top = max(4.0, height - min(depth, height) + random.uniform(0.2, 1.2) * PITCH)
    if random.random() < 0.35:  # a strip of another tint
        tint = random.uniform(190, 255)
        strip = canvas.grey[round(top - random.uniform(0.5, 1.5) * PITCH) :]
        share = random.uniform(0.3, 1)
        strip[:] = (strip * (1 - share) + tint * share).astype(np.uint8)
    if random.random() < 0.15:
        row = max(0, round(top - random.uniform(0.3, 1) * PITCH))
        canvas.grey[row : row + 2] = canvas.ink
    _zone(canvas, length, lines, left, top)
    return max(40, round(top - 0.5 * PITCH))


def _zone(canvas: _Canvas, length: int, lines: int, left: float, top: float) -> None:
    """Draw a zone whose first line's letters begin at `left`, `top`, and its labels."""
    random = canvas.random
    pitch = min(PITCH * random.uniform(0.93, 1.05), (canvas.size[0] - left - 2) / length)
    path = str(random.choice(glyphs.ocrb_fonts() if random.random() < 0.72 else glyphs.other_zone_fonts()))
    size = round(pitch * random.uniform(1.14, 1.5))
    cap = glyphs.cap_height(path, size)
    spacing = min(pitch * random.uniform(1.55, 2.6), max((canvas.size[1] - top - cap) / max(1, lines - 1), cap * 1.35))
    ground = float(canvas.grey[round(top) : round(top + spacing * lines), round(left) :].mean())
    contrast = random.uniform(60, 230)
    ink = max(0.0, ground - contrast) if ground > 100 else min(255.0, ground + contrast)
    thick = int(random.choice([-1, 0, 0, 0, 1])) if pitch > 18 else 0
    texts = zone_texts(random, length, lines)
    offset = round(left)
    right = offset + round(length * pitch)
    above, below = max(0, round(top - cap * 0.5)), round(top + spacing * (lines - 1) + cap * 1.5)
    canvas.zone[above:below, offset:right] = 255
    for number, text in enumerate(texts):
        middle = top + number * spacing + cap / 2
        mask, baseline = glyphs.fixed_pitch(path, size, text, pitch)
        mask = glyphs.thickened(mask, thick)
        row = round(middle + cap / 2) - baseline
        strength = random.uniform(0.75, 1)
        canvas.blend(mask, offset, row, ink, strength)
        half = cap * CORE / 2
        canvas.core[max(0, round(middle - half)) : round(middle + half), offset:right] = 255
        canvas.rows.append((float(offset), float(right), middle))
    canvas.cap = float(cap)
    if random.random() < 0.3:  # ordinary text next to the zone
        near = top - cap * random.uniform(2, 3.5) if random.random() < 0.5 else below + cap * random.uniform(0.1, 1.5)
        size = round(cap * random.uniform(0.8, 1.6))
        text = f"{ordinary_text(random)}   {ordinary_text(random)}"
        plain = glyphs.running_text(str(random.choice(glyphs.text_fonts())), size, text)
        canvas.blend(plain, round(left + random.uniform(-2, 8) * pitch), round(near), ink)


def _fields(canvas: _Canvas, foot: int) -> None:
    """Draw titles, labels and values, as documents have them."""
    random = canvas.random
    width, _ = canvas.size
    fonts = [str(path) for path in random.choice(glyphs.text_fonts(), 2)]
    if random.random() < 0.3:
        fonts[1] = glyphs.ocrb_fonts()[0]
    left = random.uniform(0.02, 0.45) * width
    y = random.uniform(5, 30)
    label, value = int(random.integers(9, 15)), int(random.integers(14, 30))
    if random.random() < 0.7:
        title = ordinary_text(random).upper()
        canvas.blend(glyphs.running_text(fonts[0], int(random.integers(22, 44)), title), 30, round(y), canvas.ink)
        y += 50
    gap = random.uniform(0.9, 1.6) * value
    while y + value + label < foot - 8:
        text = ordinary_text(random)
        canvas.blend(glyphs.running_text(fonts[0], label, ordinary_text(random)), round(left), round(y), canvas.ink)
        value_text = text.upper() if random.random() < 0.6 else text
        canvas.blend(
            glyphs.running_text(fonts[1], value, value_text), round(left), round(y + label * 1.3), canvas.ink * 0.7
        )
        if random.random() < 0.3:
            far = round(left + random.uniform(0.2, 0.4) * width)
            canvas.blend(glyphs.running_text(fonts[1], value, text), far, round(y + label * 1.3), canvas.ink * 0.7)
        y += label * 1.3 + value + gap * random.uniform(0.5, 1)


def _decoy(canvas: _Canvas) -> None:
    """Draw one or two fixed-pitch lines that are no zone: spaced words, numbers, lower case."""
    random = canvas.random
    path = str(random.choice(glyphs.ocrb_fonts() + glyphs.other_zone_fonts()))
    size = int(random.integers(16, 40))
    x, y = random.uniform(0, 0.4) * canvas.size[0], random.uniform(0, 0.9) * canvas.size[1]
    for number in range(random.integers(1, 4)):
        text = code_text(random) if random.random() < 0.5 else ordinary_text(random)
        mask, _ = glyphs.fixed_pitch(path, size, text, size * random.uniform(0.6, 0.8))
        canvas.blend(mask, round(x), round(y + number * size * 1.6), canvas.ink)


def _heading(canvas: _Canvas, foot: int) -> None:
    """Write capitals or digits in a row, spaced like a zone's: titles, card numbers, stamps of embossed metal."""
    random = canvas.random
    path = str(random.choice(glyphs.text_fonts() if random.random() < 0.7 else glyphs.ocrb_fonts()))
    size = int(random.integers(14, 46))
    x, y = round(random.uniform(0, 0.6) * canvas.size[0]), round(random.uniform(0, 0.95) * foot) - size
    text = ordinary_text(random).upper()
    if random.random() < 0.4:
        text = " ".join("".join(str(digit) for digit in random.integers(0, 10, 4)) for _ in range(4))
    if random.random() < 0.5:
        mask = glyphs.fixed_pitch(path, size, text, size * random.uniform(0.55, 1.1))[0]
    else:
        mask = glyphs.running_text(path, size, text)
    if random.random() < 0.3:  # embossed: a light and a dark edge
        canvas.blend(mask, x - 1, y - 1, 255)
    canvas.blend(mask, x, y, random.uniform(0, 255))


def _watermark(canvas: _Canvas) -> None:
    """Write a large pale word over the page, the zone too."""
    random = canvas.random
    path = str(random.choice(glyphs.text_fonts()))
    mask = glyphs.running_text(path, int(random.integers(60, 160)), str(random.choice(["SPECIMEN", "VOID", "COPY"])))
    side = max(canvas.size)
    board = np.zeros((side, side), np.uint8)
    mask = mask[:side, :side]
    row, column = (side - mask.shape[0]) // 2, (side - mask.shape[1]) // 2
    board[row : row + mask.shape[0], column : column + mask.shape[1]] = mask
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), random.uniform(-60, 60), 1.0)
    turned = np.asarray(cv2.warpAffine(board, turn, (side, side)))
    canvas.blend(turned, 0, -round(random.uniform(0, 0.4) * side), random.uniform(60, 255), random.uniform(0.1, 0.45))
