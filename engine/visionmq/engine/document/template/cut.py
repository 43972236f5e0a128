"""Zones of a template as straight pieces of a photograph."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.template.alignment import Aligned
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.estimation import jacobians, project
from visionmq.engine.registration.outcome import Array
from visionmq.schemas.common import Quad
from visionmq.schemas.document.templates import TemplateZone, ZoneKind

_STRIP: Final = (48, 160)
"""Height of a text zone as it is cut out, in pixels; the recogniser sees 48."""
_MRZ_WIDTH: Final = (800, 1600)
_CROP: Final = (1.0, 3.0)
"""Pixels of a crop in one of the reference: as many as the photograph has, within these."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A zone as cut out of the photograph."""

    zone: TemplateZone
    aligned: Aligned
    pixels: Pixels
    quad: Quad
    back: Array
    """3x3, maps pixels of the cut to pixels of the photograph."""
    whole: bool
    """Whether the zone lies in the photograph."""


def cut_zone(zone: TemplateZone, aligned: Aligned, pixels: Pixels) -> Cut:
    """Return a zone straight from the photograph, so that it is sampled but once."""
    left, top, width, height = zone.box
    inverse = np.linalg.inv(aligned.matrix)
    middle = np.array([[left + width / 2, top + height / 2]])
    scale = _scale(zone, float(np.sqrt(abs(np.linalg.det(jacobians(inverse, middle)[0])))))
    # A box is given by its edges; pixel (0, 0) has its centre at (0, 0) and its edge at -0.5.
    to_cut = np.array([[scale, 0, (0.5 - left) * scale - 0.5], [0, scale, (0.5 - top) * scale - 0.5], [0, 0, 1]])
    size = max(1, round(width * scale)), max(1, round(height * scale))
    matrix = to_cut @ aligned.matrix
    cut = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    right, bottom = left + width, top + height
    box = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) - 0.5
    edges = project(inverse, box)
    whole = bool((edges > -2).all() and (edges < np.array([pixels.shape[1], pixels.shape[0]]) + 1).all())
    return Cut(zone, aligned, np.asarray(cut), quad_of(edges), np.linalg.inv(matrix), whole)


def _scale(zone: TemplateZone, photograph: float) -> float:
    """Return the pixels of a cut in one of the reference, given those of the photograph."""
    _, _, width, height = zone.box
    if zone.kind in (ZoneKind.TEXT, ZoneKind.DATE):
        return min(max(photograph, _STRIP[0] / height), _STRIP[1] / height)
    if zone.kind is ZoneKind.MRZ:
        return min(max(photograph, _MRZ_WIDTH[0] / width), _MRZ_WIDTH[1] / width)
    return min(max(photograph, _CROP[0]), _CROP[1])


def quad_of(points: Array) -> Quad:
    """Return four points (4x2) as a quad."""
    return Quad([(round(float(x), 2), round(float(y), 2)) for x, y in points])
