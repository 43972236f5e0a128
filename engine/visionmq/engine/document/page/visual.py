"""The text outside the zone, and which of the zone's values are also printed there."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import cv2
import numpy as np

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.ocr import Box, rectify
from visionmq.engine.document.page.printed_dates import Day, dates_in
from visionmq.engine.document.page.spelling import edits, fold, folded_words
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import Check, Finding, TextLine
from visionmq.schemas.document.fields import Field

Array: TypeAlias = np.ndarray[Any, Any]

_WIDTH: Final = 1400
"""Pixels of the page that is read; its smallest print, 1.2 mm high, has 13."""
_LEAST_TEXT: Final = 2
_LIKELY: Final = 0.3
"""Least confidence of a line that is kept."""
CLEAR: Final = 0.9
"""Confidence from which a line may speak against the zone."""
_NUMBER: Final = 6
"""Least length of a number that is looked for inside longer texts."""
_ALL_DATES: Final = 3
"""Birth, issue and expiry: all dates that documents usually print."""
_DATES: Final = ("birth_date", "expiry_date", "issue_date")
_NAMES: Final = ("surname", "given_names")


class TextReader(Protocol):
    """What finds and reads lines of text; `ocr.Reader` is one."""

    def find(self, pixels: Pixels) -> list[Box]:
        """Return the lines of text in a picture."""
        ...

    def read_text(self, strip: Pixels) -> tuple[str, float]:
        """Return one rectified line and how sure it is."""
        ...


def read_visual(reader: TextReader, pixels: Pixels, page: Quad | None, bands: Sequence[Band]) -> list[TextLine]:
    """Return the lines of text on the page outside the zone, top to bottom; quads in pixels of the picture.

    Without a page the whole picture is read as it lies. Takes a second: call it only when asked for.
    """
    flat, back = _flattened(pixels, page)
    lines = []
    for box in sorted(reader.find(flat), key=lambda box: (round(box.y / max(box.height, 1.0)), box.x)):
        corners = cv2.perspectiveTransform(box.corners()[None].astype(np.float64), back)[0]
        if _in_zone(corners.mean(axis=0), bands):
            continue
        text, confidence = reader.read_text(rectify(flat, box))
        if len(text) >= _LEAST_TEXT and confidence >= _LIKELY:
            quad = Quad([(round(float(x), 1), round(float(y), 1)) for x, y in corners])
            lines.append(TextLine(text, round(confidence, 4), quad))
    return lines


def _flattened(pixels: Pixels, page: Quad | None) -> tuple[Pixels, Array]:
    """Return the page upright, and the homography from it to the picture."""
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) if page is None else np.array(page.points)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    across, down = max(sides[0], sides[2]), max(sides[1], sides[3])
    scale = min(_WIDTH / across, 2.0)
    shape = (max(32, round(across * scale)), max(32, round(down * scale)))
    target = np.array([[0, 0], [shape[0], 0], [shape[0], shape[1]], [0, shape[1]]], np.float32)
    back = cv2.getPerspectiveTransform(target, corners.astype(np.float32))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(pixels, back, shape, flags=flags, borderMode=cv2.BORDER_REPLICATE)), back


def _in_zone(point: Array, bands: Sequence[Band]) -> bool:
    place = (float(point[0]), float(point[1]))
    return any(cv2.pointPolygonTest(_widened(band), place, False) >= 0 for band in bands)


def _widened(band: Band) -> Array:
    """Return a band's outline with half a letter's height more above and below."""
    edge = band.part(-0.02, 1.02)
    down = (edge[[3, 2]] - edge[[0, 1]]) * 0.4
    return np.array([edge[0] - down[0], edge[1] - down[1], edge[2] + down[1], edge[3] + down[0]], np.float32)


def match_visual(lines: Sequence[TextLine], fields: Mapping[str, Field]) -> dict[str, Field]:
    """Return those values of the zone that are printed outside it too, by names such as `visual_number`."""
    found: dict[str, Field] = {}
    for name in ("number", *_NAMES, *_DATES):
        zone = fields.get(f"mrz_{name}")
        if zone is None or not zone.value:
            continue
        line = next((line for line in lines if _says(line, name, zone.value)), None)
        if line is not None:
            found[f"visual_{name}"] = Field(
                name=f"visual_{name}",
                value=zone.value,
                raw=line.text,
                accepted=zone.accepted and line.confidence >= CLEAR,
                confidence=line.confidence,
                note="printed outside the zone too",
                quad=line.quad,
                source="visual",
            )
    return found


def _says(line: TextLine, name: str, value: str) -> bool:
    """Whether a line holds a value, in any of the forms it may be printed in."""
    if name in _DATES:
        return any(day.is_iso(value) for day in dates_in(line.text))
    if name in _NAMES:
        return _holds_words(line.text, value)
    number = fold(value)
    return len(number) >= _NUMBER - 1 and number in fold(line.text)


def _holds_words(text: str, value: str) -> bool:
    """Whether all words of a name stand in a text; one letter in six may be read or spelt otherwise."""
    printed = folded_words(text)
    return all(any(edits(word, other, len(word) // 6) is not None for other in printed) for word in folded_words(value))


def judge_visual(visual: Mapping[str, Field] | None, lines: Sequence[TextLine], fields: Mapping[str, Field]) -> Check:
    """Return whether what is printed outside the zone says the same as the zone."""
    missed = "a document that was changed in both places; values that only one of them holds"
    if visual is None:
        return Check(Finding.UNDEFINED, "the text outside the zone was not read (option `visual`)", missed)
    against = [
        name for name in ("number", *_DATES) if f"visual_{name}" not in visual and _contradicts(lines, name, fields)
    ]
    against = against or _absent(lines, visual, fields)
    same = sorted(name.removeprefix("visual_").replace("_", " ") for name in visual)
    if against:
        name = against[0].replace("_", " ")
        return Check(Finding.FAILED, f"the {name} printed outside the zone is another than in it", missed)
    if len(same) < 2:
        return Check(Finding.UNDEFINED, "too little of the zone is printed outside it, or could be read there", missed)
    return Check(Finding.PASSED, f"printed outside the zone too: {', '.join(same)}", missed)


def _absent(lines: Sequence[TextLine], visual: Mapping[str, Field], fields: Mapping[str, Field]) -> list[str]:
    """Return which date of the zone is not among the printed ones, where these are all there and all clear."""
    days = {(day.year % 100, day.month, day.day) for line in lines for day in dates_in(line.text) if day.named}
    doubtful = any(sum(char.isdigit() for char in line.text) >= 4 and line.confidence < CLEAR for line in lines)
    if doubtful or len(days) < _ALL_DATES:
        return []
    known = [name for name in _DATES if (zone := fields.get(f"mrz_{name}")) and zone.value and zone.accepted]
    absent = [name for name in known if f"visual_{name}" not in visual]
    return absent if len(absent) < len(known) else []


def _contradicts(lines: Sequence[TextLine], name: str, fields: Mapping[str, Field]) -> bool:
    """Whether a clear line holds nearly, and only nearly, what the zone says: an altered value, not another field."""
    zone = fields.get(f"mrz_{name}")
    if zone is None or not zone.value or not zone.accepted:
        return False
    clear = [line for line in lines if line.confidence >= CLEAR]
    if name in _DATES:
        others = {one.value for key in _DATES if key != name and (one := fields.get(f"mrz_{key}")) is not None}
        days = [day for line in clear for day in dates_in(line.text)]
        return any(_nearly(day, zone.value) and not any(day.is_iso(other) for other in others if other) for day in days)
    number = fold(zone.value)
    words = [word for line in clear for word in folded_words(line.text)]
    near = [word for word in words if len(word) == len(number) >= _NUMBER]
    return any(0 < sum(a != b for a, b in zip(word, number, strict=True)) <= 2 for word in near)


def _nearly(day: Day, iso: str) -> bool:
    """Whether two of day, month and year are those of a date, and one is not."""
    year, month, of_month = (int(part) for part in iso.split("-"))
    same = [(day.year - year) % 100 == 0, day.month == month, day.day == of_month]
    return day.named and sum(same) == 2
