"""The panel under an annotated picture: what was read, what was judged, and what to do."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from visionmq.engine.board import Board, Colour, fitted, width_of, wrapped
from visionmq.engine.document.mrz.layouts import LAYOUTS
from visionmq.engine.picture import Pixels
from visionmq.schemas.document.documents import Document, Finding
from visionmq.schemas.document.fields import CheckDigit, Field

GREEN: Final[Colour] = (74, 163, 22)
AMBER: Final[Colour] = (6, 119, 217)
RED: Final[Colour] = (38, 38, 220)
GREY: Final[Colour] = (175, 163, 156)
INK: Final[Colour] = (39, 24, 17)
SOFT: Final[Colour] = (128, 114, 107)
PAPER: Final[Colour] = (252, 250, 249)
RULE: Final[Colour] = (235, 231, 229)
STATES: Final = {Finding.PASSED: GREEN, Finding.FAILED: RED, Finding.UNDEFINED: GREY}

_EDGE: Final = 28
_ROW: Final = 27
_HEAD: Final = 64
_LABEL: Final = 148
_MOST_FIELDS: Final = 22
_ORDER: Final = ("surname", "given_names", "number", "nationality", "birth_date", "gender", "expiry_date", "issuer")
_FIRST: Final = ("resolution", "focus", "glare", "brightness", "contrast", "perspective")
_MOST_MEASURES: Final = 7
_TITLES: Final = {layout.doc_type: layout.title for layout in LAYOUTS}
_LESS: Final = ("full_mrz", "mrz_line")


def colour_of(field: Field) -> Colour:
    """Return green for what may be relied on, red for what is wrong, amber for what is in doubt."""
    if field.accepted:
        return GREEN
    return RED if field.check_digit is CheckDigit.FAILED else AMBER


def draw_legend(document: Document, width: int) -> Pixels:
    """Return a panel of this width in pixels."""
    columns = _columns(document, width)
    lines = _zone_lines(document)
    notes = [line for line in wrapped("  ".join(_sentences(document)), width - 2 * _EDGE, 15) if line]
    body = max((len(rows) for rows, _, _ in columns), default=0)
    height = _HEAD + 30 * len(lines) + (14 if lines else 0) + body * _ROW + 22 * len(notes) + 24
    board = Board(np.full((height, width, 3), PAPER, np.uint8))
    _head(board, document, width)
    top = _zone(board, lines, width)
    for rows, left, room in columns:
        for index, (colour, mark, label, value) in enumerate(rows):
            _row(board, (left, top + index * _ROW), room, colour=colour, mark=mark, label=label, value=value)
    for index, note in enumerate(notes):
        board.text(note, (_EDGE, top + body * _ROW + 16 + 22 * index), 15, INK)
    return board.finish()


Row = tuple[Colour, str, str, str]
"""Colour and mark of its dot, label, value."""


def _columns(document: Document, width: int) -> list[tuple[list[Row], float, float]]:
    """Return the rows of each column, where it begins and how much room it has."""
    fields, checks, measures = (list(rows(document)) for rows in (_fields, _checks, _measures))
    picture = [_titled("Picture"), *measures] if measures else []
    room = width - 2 * _EDGE
    if checks:
        left, right = [*fields, *picture], checks
    elif picture:
        left, right = fields, picture
    else:
        half = (len(fields) + 1) // 2
        left, right = fields[:half], fields[half:]
    titled = [_titled("Read"), *left], [_titled("Judged"), *right] if checks else right
    return [(titled[0], _EDGE, room * 0.42), (titled[1], _EDGE + room * 0.45, room * 0.55)]


def _titled(title: str) -> Row:
    return SOFT, "title", title.upper(), ""


def _fields(document: Document) -> Iterator[Row]:
    named = {name: field for name, field in document.fields.items() if not name.startswith(_LESS)}
    shown = [
        (name, field) for name, field in named.items() if (field.value or field.raw.strip("<")) and _tells(name, field)
    ]
    places = {name: place for place, name in enumerate(_ORDER)}
    shown.sort(key=lambda pair: places.get(pair[0].partition("_")[2], len(places)))
    for name, field in shown[:_MOST_FIELDS]:
        source, _, label = name.partition("_")
        label = label if source == "mrz" else name
        mark = "yes" if field.accepted else "no" if field.check_digit is CheckDigit.FAILED else "maybe"
        value = f"{field.value or field.raw}{' (repaired)' if field.repaired else ''}"
        yield colour_of(field), mark, _spoken(label), value


def _tells(name: str, field: Field) -> bool:
    """Whether a field is worth a row: not what stands in another, nor a check digit that fits."""
    fits = name.endswith("_check_digit") and field.check_digit is not CheckDigit.FAILED
    return field.source != "visual" and not fits


def _checks(document: Document) -> Iterator[Row]:
    marks = {Finding.FAILED: "no", Finding.PASSED: "yes", Finding.UNDEFINED: "none"}
    for name, check in sorted(document.forensics.items(), key=lambda pair: list(marks).index(pair[1].state)):
        yield STATES[check.state], marks[check.state], _spoken(name), check.reason


def _measures(document: Document) -> Iterator[Row]:
    if document.quality is None:
        return
    named = list(document.quality.measures.items())
    named.sort(key=lambda pair: (pair[1].good, _FIRST.index(pair[0]) if pair[0] in _FIRST else len(_FIRST)))
    for name, measure in named[:_MOST_MEASURES]:
        bounds = [f">= {measure.least:g}"] if measure.least is not None else []
        bounds += [f"<= {measure.most:g}"] if measure.most is not None else []
        need = f"   ({' and '.join(bounds)})" if bounds else ""
        value = f"{measure.value:.3g} {measure.unit}".strip() + need
        yield (GREEN if measure.good else AMBER), ("yes" if measure.good else "maybe"), _spoken(name), value


def _spoken(name: str) -> str:
    words = name.replace("_", " ").replace("mrz", "MRZ")
    return words[:1].upper() + words[1:]


def _sentences(document: Document) -> list[str]:
    advice = document.quality.advice if document.quality is not None else None
    given = [document.reason if document.doc_type else None, document.advice, advice]
    return list(dict.fromkeys(_sentence(text) for text in given if text))


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _head(board: Board, document: Document, width: int) -> None:
    """Draw what it is and, at the right, the verdict on the whole."""
    title = _TITLES.get(document.doc_type or "", document.doc_type or "Nothing found")
    verdict = document.status.get("overall")
    room = width - 2 * _EDGE - 190
    board.text(fitted(title[:1].upper() + title[1:], room, 24, "bold"), (_EDGE, 40), 24, INK, "bold")
    after = _EDGE + min(width_of(title, 24, "bold"), room) + 14
    under = document.reason if document.doc_type is None else document.doc_type
    board.text(fitted(under or "", max(width - _EDGE - 180 - after, 60), 15), (after, 40), 15, SOFT)
    if verdict is not None:
        label = verdict.value.upper()
        span = width_of(label, 15, "bold") + 34
        board.pill(width - _EDGE - span, 18, span, 30, STATES[verdict])
        board.text(label, (width - _EDGE - span + 17, 39), 15, (255, 255, 255), "bold")


def _zone_lines(document: Document) -> list[Field]:
    names = sorted(name for name in document.fields if name.startswith("mrz_line"))
    return [document.fields[name] for name in names]


def _zone(board: Board, lines: Sequence[Field], width: int) -> float:
    """Draw the zone's lines as read, doubtful and repaired letters in amber; return where the next thing begins."""
    top = float(_HEAD)
    if not lines:
        return top + 16
    size = 20 if width_of("<" * max(len(line.raw) for line in lines), 20, "zone") < width - 2 * _EDGE - 24 else 15
    step = width_of("<", size, "zone")
    deep = top + 30 * len(lines) + 2
    box = np.array([[_EDGE, top - 6], [width - _EDGE, top - 6], [width - _EDGE, deep], [_EDGE, deep]])
    board.fill(box, (246, 244, 243))
    board.outline(box, RULE, 1)
    for number, line in enumerate(lines):
        doubtful = {other.index for other in line.alternatives}
        for index, character in enumerate(line.raw):
            colour = AMBER if index in doubtful else GREY if character == "<" else INK
            board.text(character, (_EDGE + 14 + index * step, top + 20 + 30 * number), size, colour, "zone")
    return deep + 30


def _row(
    board: Board, at: tuple[float, float], room: float, *, colour: Colour, mark: str, label: str, value: str
) -> None:
    left, line = at
    if mark == "title":
        board.text(label, (left, line), 12, colour, "bold")
        return
    _dot(board, (left + 8, line - 5), colour, mark)
    board.text(fitted(label, _LABEL, 15), (left + 26, line), 15, SOFT)
    board.text(fitted(value, room - _LABEL - 38, 15, "bold"), (left + _LABEL + 36, line), 15, INK, "bold")


def _dot(board: Board, at: tuple[float, float], colour: Colour, mark: str) -> None:
    """Draw a round mark: a tick, a cross, an exclamation mark or a stroke."""
    x, y = at
    white = (255, 255, 255)
    board.dot(at, 8.5, colour)
    if mark == "yes":
        board.path(np.array([[x - 3.6, y + 0.2], [x - 1.0, y + 2.9], [x + 3.8, y - 2.8]]), white)
    elif mark == "no":
        board.path(np.array([[x - 2.8, y - 2.8], [x + 2.8, y + 2.8]]), white)
        board.path(np.array([[x - 2.8, y + 2.8], [x + 2.8, y - 2.8]]), white)
    elif mark == "maybe":
        board.path(np.array([[x, y - 4.2], [x, y + 0.8]]), white)
        board.dot((x, y + 4.0), 1.2, white)
    else:
        board.path(np.array([[x - 3.2, y], [x + 3.2, y]]), white)
