"""Marks in a template's zones: ticks in boxes, and whether a picture or signature is there at all."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.document.template.text import glare
from visionmq.engine.picture import Pixels

_INSIDE: Final = 0.24
"""Part of a checkbox's side that is left out at each edge: its frame."""
_TICKED: Final = 0.10
_BLANK: Final = 0.045
"""Part of a checkbox's inside that is ink; between the two it is not certain."""
_FAINT: Final = 0.2
"""Contrast below which nothing is printed: noise, and the paper's own pattern. Drawn cards under glare keep 0.3."""
_INK: Final = 0.72
"""Ink of a signature is darker than this part of the paper around it."""
_SIGNED: Final = 0.012
"""Part of the zone that a signature covers."""
_PICTURED: Final = 14.0
"""Standard deviation of grey levels of a picture; paper has half of it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is in a zone."""

    there: bool
    confidence: float
    trouble: str | None
    """Why it may not be relied on; None if it may."""
    amount: float
    """Ink as a part of the zone."""


def read_checkbox(box: Pixels, reference: Pixels) -> Mark:
    """Return whether a box (BGR) is ticked, given the same box of the clean picture, ticked or not.

    Ink is what is nearer to the darkest of the box, its frame, than to its paper: glare and shadow fall on both alike.
    """
    ink, contrast = _ink_inside(box)
    blank, printed = _ink_inside(reference)
    ink = max(0.0, ink - (blank if blank < _BLANK else 0.0))
    middle = (_TICKED + _BLANK) / 2
    chance = float(1 / (1 + np.exp(-(ink - middle) / 0.01)))
    trouble = "it may be a mark or dirt" if _BLANK < ink < _TICKED else None
    if contrast < _FAINT <= printed:
        trouble = "nothing of the box can be seen"
    return Mark(ink > middle, max(chance, 1 - chance), trouble, ink)


def read_signature(zone: Pixels) -> Mark:
    """Return whether anything is written in a zone (BGR)."""
    gray = cv2.GaussianBlur(cv2.cvtColor(zone, cv2.COLOR_BGR2GRAY), (0, 0), 1)
    paper = cv2.blur(cv2.dilate(gray, np.ones((9, 9), np.uint8)), (31, 31))
    return _presence(float((gray < _INK * paper).mean()), _SIGNED, zone)


def read_presence(zone: Pixels) -> Mark:
    """Return whether a picture is in a zone (BGR)."""
    return _presence(float(cv2.cvtColor(zone, cv2.COLOR_BGR2GRAY).std()), _PICTURED, zone)


def _presence(amount: float, least: float, zone: Pixels) -> Mark:
    there = amount > least
    trouble = "it is about as empty as full" if 0.6 * least < amount < 1.4 * least else None
    if not there:
        trouble = glare(zone) or trouble
    return Mark(there, 0.6 if trouble else 0.95, trouble, amount)


def _ink_inside(box: Pixels) -> tuple[float, float]:
    """Return the part of a box's inside that is ink, and the contrast of what is printed there, frame and all."""
    gray = cv2.GaussianBlur(cv2.cvtColor(box, cv2.COLOR_BGR2GRAY), (0, 0), 0.7).astype(np.float32)
    down, across = (round(side * _INSIDE) for side in gray.shape)
    inside = gray[down : gray.shape[0] - down, across : gray.shape[1] - across]
    if inside.size == 0:
        return 0.0, 0.0
    paper, dark = float(np.percentile(inside, 90)), float(np.percentile(gray, 2))
    contrast = 1 - dark / max(paper, 1.0)
    return (float((inside < (paper + dark) / 2).mean()) if contrast >= _FAINT else 0.0), contrast
