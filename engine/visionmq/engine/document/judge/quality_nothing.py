"""Why a picture shows nothing that can be read, where no zone was found: figures of the whole picture."""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from visionmq.engine.picture import Pixels
from visionmq.schemas.document.documents import Finding, Measure, Quality

Array = np.ndarray[Any, Any]

LEAST_SIDE: Final = 320
"""Pixels of the longer side: 30 letters of 10 px, the shortest line, take 305."""
LEAST_LIGHT: Final = 50.0
"""Grey level of the brightest tenth of the picture."""
LEAST_SPREAD: Final = 20.0
"""Grey levels between the darkest and brightest twentieth; a blank sheet with noise of 3 has 10."""
MOST_BLUR: Final = 0.4
"""Deviation of the blur in per cent of the longer side: letters of a card that fills the picture are 3 per cent high,
those of a passport 2, and 0.16 to 0.2 of that can still be read."""
MOST_GLARE: Final = 10.0
"""Per cent of the picture that is white in the middle of darker surroundings."""
LEAST_TEXT: Final = 0.4
"""Per cent of the picture that has edges as dense as text; two lines of a passport take 2 to 4."""

_SIDE: Final = 640
_INNER: Final = 0.7
_OUTER: Final = 2.0
_RATIOS: Final = (1.05, 1.12, 1.25, 1.46, 1.77, 2.35, 2.85)
_BLURS: Final = (6.0, 4.0, 2.8, 2.0, 1.4, 0.8, 0.4)
"""Ratio of the strongest edges before and after a blur of 2 px, and the blur in pixels at a side of 640: a step's edge
of deviation s has the ratio sqrt((s^2 + 0.7^2 + 2^2) / (s^2 + 0.7^2))."""
_STRONGEST: Final = 99
_EDGE: Final = 12.0
_CELL: Final = 12
_DENSE: Final = 0.25
_WHITE: Final = 250
_SEARCHED: Final = "no machine-readable zone, barcode or known document was found"
_USUAL: Final = "Photograph the whole page with the two or three lines of letters and < flat, sharp and without glare."


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why nothing was found, as far as the picture itself tells."""

    reason: str
    advice: str
    quality: Quality


def advice_when_nothing(pixels: Pixels) -> Nothing:
    """Return the likeliest reason why nothing was found in a picture, and what to do about it.

    Call it only where neither zone nor barcode was found; it takes 2 to 8 ms. A picture that is good and shows no
    document gets the usual advice and a quality that passes.
    """
    side = max(pixels.shape[:2])
    measures = _measures(pixels, side)
    for name, (reason, advice) in _REASONS.items():
        measure = measures.get(name)
        if measure is not None and not measure.good:
            told = reason.format(value=measure.value, least=measure.least, most=measure.most)
            return Nothing(f"{_SEARCHED}: {told}", advice, Quality(Finding.FAILED, measures, advice))
    return Nothing(_SEARCHED, _USUAL, Quality(Finding.PASSED, measures))


_REASONS: Final[dict[str, tuple[str, str]]] = {
    "size": (
        "the picture is only {value:.0f} pixels large, {least:.0f} are needed for the shortest lines",
        "Send the picture as the camera took it, not a thumbnail.",
    ),
    "brightness": (
        "the picture is too dark, its bright parts have {value:.0f} of 255",
        "Use more light, and the flash only from an angle.",
    ),
    "contrast": (
        "the picture shows nearly one even tone, its levels differ by {value:.0f} of 255",
        "Take the cover off the lens or the scanner's lid off the page, and photograph the document's page.",
    ),
    "focus": (
        "the picture is blurred over {value:.1f} % of its size, {most:.1f} % at most can be read",
        "Hold the camera still, about 20 cm away, and let it focus before you release.",
    ),
    "glare": (
        "glare covers {value:.0f} % of the picture",
        "Tilt the document or move the lamp until the reflection is off the page.",
    ),
    "text": (
        "the picture shows hardly any text",
        _USUAL,
    ),
}


def _measures(pixels: Pixels, side: int) -> dict[str, Measure]:
    grey = _small(pixels, side)
    low, high = (float(level) for level in np.percentile(grey, (5, 95)))
    bright = float(np.percentile(grey, 90))
    found = {
        "size": Measure(side, "px", side >= LEAST_SIDE, least=LEAST_SIDE),
        "brightness": Measure(bright, "of 255", bright >= LEAST_LIGHT, least=LEAST_LIGHT),
        "contrast": Measure(round(high - low, 1), "of 255", high - low >= LEAST_SPREAD, least=LEAST_SPREAD),
    }
    edges, ratio = _edges(grey)
    if ratio is not None:
        blur = 100 * float(np.interp(ratio, _RATIOS, _BLURS)) / max(grey.shape)
        found["focus"] = Measure(round(blur, 3), "%", blur <= MOST_BLUR, most=MOST_BLUR)
    glare = _glare(grey)
    found["glare"] = Measure(round(glare, 2), "%", glare <= MOST_GLARE, most=MOST_GLARE)
    dense = cv2.boxFilter(edges, -1, (_CELL, _CELL)) > _DENSE
    text = 100 * float(dense.mean())
    found["text"] = Measure(round(text, 2), "%", text >= LEAST_TEXT, least=LEAST_TEXT)
    return found


def _small(pixels: Pixels, side: int) -> Array:
    step = max(1, side // (2 * _SIDE))
    grey = cv2.cvtColor(np.ascontiguousarray(pixels[::step, ::step]), cv2.COLOR_BGR2GRAY)
    scale = _SIDE / max(grey.shape)
    if scale >= 1:
        return np.asarray(grey)
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _edges(grey: Array) -> tuple[Array, float | None]:
    """Return where edges are (1.0) and how much the strongest suffer from a further blur; None without any."""
    first = _slope(grey, _INNER)
    threshold = max(_EDGE, float(np.percentile(first, _STRONGEST)))
    strong = first >= threshold
    edges = (first >= _EDGE).astype(np.float32)
    if int(strong.sum()) < _CELL * _CELL:
        return edges, None
    second = _slope(grey, float(np.hypot(_INNER, _OUTER)))
    return edges, float(first[strong].mean() / max(float(second[strong].mean()), 1e-6))


def _slope(grey: Array, blur: float) -> Array:
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), blur)
    return np.asarray(cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(soft, cv2.CV_32F, 0, 1) / 8))


def _glare(grey: Array) -> float:
    """Return the per cent of the picture in white patches that fade out; white paper has sharp ends."""
    white = (grey >= _WHITE).astype(np.uint8)
    rim = cv2.dilate(white, np.ones((9, 9), np.uint8)) - white
    if not rim.any() or float(white.mean()) > 0.5:
        return 0.0
    fading = float(((grey >= _WHITE - 60) & (rim > 0)).sum() / rim.sum())
    return 100 * float(white.mean()) if fading > 0.8 else 0.0
