"""Evidence in pictures: the zone marked with what was read, and the zone cut out and straightened."""

from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.finder import Finding
from visionmq.engine.document.layouts import Span
from visionmq.engine.document.ocr import Array, Box
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad
from visionmq.schemas.document import Document

_GREEN: Final = (80, 160, 30)
_AMBER: Final = (0, 130, 240)
_INK: Final = (45, 40, 35)
_PAPER: Final = (250, 250, 248)
_LEAST_WIDTH: Final = 900
_MOST_WIDTH: Final = 1600
_ROW: Final = 30
_MARGIN: Final = 0.1
"""What detection leaves round a line, at each end, in heights of its box."""
_LABELS: Final = {
    "mrz_surname": "Surname",
    "mrz_given_names": "Given names",
    "mrz_number": "Number",
    "mrz_nationality": "Nationality",
    "mrz_birth_date": "Born",
    "mrz_gender": "Sex",
    "mrz_expiry_date": "Expires",
    "mrz_issuer": "Issuer",
    "mrz_document_code": "Code",
    "mrz_optional_data": "Optional",
}


def quads_of(finding: Finding) -> dict[str, Quad]:
    """Return where the zone, its lines and its fields are, in pixels of the picture as shown."""
    layout = finding.zone.layout
    quads = {"full_mrz": _quad(finding.quad())}
    for number, box in enumerate(finding.boxes):
        quads[f"mrz_line{number + 1}"] = _quad(box.corners())
    for span in layout.spans:
        quads[span.name] = _quad(_part(finding.boxes[span.line], span, layout.length))
    return quads


def _part(box: Box, span: Span, length: int) -> Array:
    left_top, right_top, right_bottom, left_bottom = box.corners()
    edge = _MARGIN * box.height / box.length
    start, end = (edge + (1 - 2 * edge) * index / length for index in (span.start, span.end))
    top, bottom = right_top - left_top, right_bottom - left_bottom
    return np.array(
        [left_top + top * start, left_top + top * end, left_bottom + bottom * end, left_bottom + bottom * start]
    )


def _quad(corners: Array) -> Quad:
    return Quad([(round(float(x), 1), round(float(y), 1)) for x, y in corners])


def straighten(pixels: Pixels, finding: Finding) -> Pixels:
    """Return the zone as an upright strip, with a margin of half a line."""
    corners = finding.quad()
    width = float(np.linalg.norm(corners[1] - corners[0]))
    height = float(np.linalg.norm(corners[3] - corners[0]))
    margin = finding.boxes[0].height / 2
    target = np.array(
        [[margin, margin], [margin + width, margin], [margin + width, margin + height], [margin, margin + height]],
        np.float32,
    )
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    size = (round(width + 2 * margin), round(height + 2 * margin))
    return np.asarray(cv2.warpPerspective(pixels, matrix, size, borderMode=cv2.BORDER_REPLICATE))


def draw_overlay(pixels: Pixels, document: Document) -> Pixels:
    """Return the picture with each field framed, and a legend of the values under it."""
    width = min(max(pixels.shape[1], _LEAST_WIDTH), _MOST_WIDTH)
    scale = width / pixels.shape[1]
    canvas = cv2.resize(pixels, (width, max(1, round(pixels.shape[0] * scale))))
    for name, field in document.fields.items():
        if field.quad is None or name.startswith("mrz_line"):
            continue
        points = np.round(np.array(field.quad.points) * scale).astype(np.int32)
        colour = _GREEN if field.accepted else _AMBER
        cv2.polylines(canvas, [points], isClosed=True, color=colour, thickness=2, lineType=cv2.LINE_AA)
    return np.vstack([canvas, _legend(document, width)])


def _legend(document: Document, width: int) -> Pixels:
    rows = [
        (label, document.fields[name])
        for name, label in _LABELS.items()
        if name in document.fields and document.fields[name].value != ""
    ]
    half = (len(rows) + 1) // 2
    panel = np.full(((half + 1) * _ROW + 24, width, 3), _PAPER, np.uint8)
    _write(panel, document.doc_type or f"nothing found: {document.reason or ''}", (16, 28), _INK, bold=True)
    for index, (label, field) in enumerate(rows):
        left, top = 16 + (index // half) * (width // 2), 28 + _ROW * (1 + index % half)
        colour = _GREEN if field.accepted else _AMBER
        cv2.circle(panel, (left + 7, top - 7), 7, colour, -1, cv2.LINE_AA)
        _write(panel, label, (left + 26, top), (130, 125, 120))
        _write(panel, field.value or field.raw, (left + 166, top), _INK, bold=True)
    return panel


def _write(panel: Pixels, text: str, at: tuple[int, int], colour: tuple[int, int, int], *, bold: bool = False) -> None:
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(panel, plain, at, cv2.FONT_HERSHEY_SIMPLEX, 0.62, colour, 2 if bold else 1, cv2.LINE_AA)
