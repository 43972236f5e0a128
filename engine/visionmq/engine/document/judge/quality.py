"""How far a picture supports reading: figures with bounds, a verdict, and one sentence that a person can act on.

What is measured where the lines are known is measured on the lines, in heights of a capital letter: a blur of three
pixels ruins letters of 12 pixels and does not touch letters of 60. A measure that a picture does not allow is absent,
which means undefined: without lines nothing is known of focus, glare or occlusion.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from visionmq.engine.document.judge.quality_advice import ASIDE, advise
from visionmq.engine.document.judge.quality_page import colour_of, margin_of, outside_of, tilt_of
from visionmq.engine.document.judge.quality_zone import Zone, look_at
from visionmq.engine.document.mrz.band import Band
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import Finding, Measure, Quality

Array = np.ndarray[Any, Any]

# Each bound below: six drawn passports and cards a step, read by the whole engine (exact / accepted of 6).
LEAST_LETTER: Final = 8.0
"""Pixels of a capital letter: 7.9 and 6.6 give 6 / 6, 5.3 gives 5 / 1; real print leaves less room than drawn."""
MOST_BLUR: Final = 0.16
"""Deviation of the blur in letter heights: 0.10 gives 6 / 6, 0.14 5 / 5, 0.18 5 / 0, 0.22 0 / 0."""
MOST_SMEAR: Final = 0.4
"""Length of a smear by movement in letter heights: 0.32 gives 6 / 6, 0.46 3 / 0, 0.54 1 / 0."""
MOST_GLARE: Final = 5.0
"""Per cent of the zone: 1 gives 6 / 6, 9 6 / 5, 20 3 / 1; one of 44 characters is 2.3."""
MOST_COVERED: Final = 2.0
"""Per cent of the zone under a finger or the like; of a character that is covered nothing is left."""
LEAST_PAPER: Final = 40.0
"""Grey level of the paper, of 255: drawn ones are still read at 17, but a camera in such light adds noise and smear."""
LEAST_CONTRAST: Final = 15.0
"""Per cent of the paper's brightness that ink takes away: 12 gives 6 / 6 without any pattern behind the print."""
MOST_UNEVEN: Final = 80.0
"""Per cent of the light that the zone's darkest part lacks: 71 gives 6 / 6, 93 6 / 0."""
MOST_NOISE: Final = 15.0
"""Deviation of the noise as per cent of the difference between paper and ink: 12 gives 6 / 6."""
MOST_TILT: Final = 30.0
"""Degrees between the camera's axis and the page's normal, as far as they can be told: 19 gives 5 / 5, 26 3 / 3,
35 3 / 1 (these are 35, 45 and 55 degrees of a camera with a long lens)."""
LEAST_MARGIN: Final = 0.25
"""Letter heights between the zone and the picture's edge."""
MOST_OUTSIDE: Final = 2.0
"""Per cent of the page outside the picture; the outline itself is found to about one."""
LEAST_COLOUR: Final = 6.0
"""Spread of the colour channels, of 255, in the most colourful twentieth of the page; grey copies have 0 to 4."""
CAPITAL_MM: Final = 2.5
"""Height of a capital letter of OCR-B in a machine-readable zone (ICAO 9303-3, 4.3)."""


def judge_quality(
    pixels: Pixels, lines: Sequence[Band], page: Quad | None, *, capital_mm: float | None = CAPITAL_MM
) -> Quality:
    """Return the quality of a picture in which a document was found.

    `lines` are its bands of text (of the machine-readable zone, or of any text), `page` its outline; with neither
    the verdict is undefined. `capital_mm` is the true height of the lines' capitals; None where it is not known.
    Call it once a picture, after reading; it takes 2 to 5 ms.
    """
    measures: dict[str, Measure] = {}
    if lines:
        measures |= _of_zone(look_at(pixels, lines), pixels.shape, lines, capital_mm)
    outline = _outline(lines, page)
    if outline is not None:
        measures["perspective"] = _most(tilt_of(outline, pixels.shape), "degrees", MOST_TILT)
    if page is not None:
        measures["page_outside"] = _most(outside_of(np.array(page.points), pixels.shape), "%", MOST_OUTSIDE)
    if outline is not None:
        measures["colour"] = _least(colour_of(pixels, outline), "of 255", LEAST_COLOUR)
    return Quality(_verdict(measures, known=bool(lines)), measures, advise(measures))


def _of_zone(zone: Zone, shape: tuple[int, ...], lines: Sequence[Band], capital_mm: float | None) -> dict[str, Measure]:
    found = {
        "resolution": _least(zone.letter, "px", LEAST_LETTER),
        "focus": _most(zone.blur, "letter heights", MOST_BLUR),
        "motion_blur": _most(zone.smear, "letter heights", MOST_SMEAR),
        "brightness": _least(zone.paper, "of 255", LEAST_PAPER),
        "contrast": _least(zone.contrast, "%", LEAST_CONTRAST),
        "shadow": _most(zone.uneven, "%", MOST_UNEVEN),
        "noise": _most(zone.noise, "%", MOST_NOISE),
        "bounds": _least(margin_of(lines, shape) / max(zone.letter, 1.0), "letter heights", LEAST_MARGIN),
    }
    if zone.glare is not None and zone.covered is not None:
        found["glare"] = _most(zone.glare, "%", MOST_GLARE)
        found["occlusion"] = _most(zone.covered, "%", MOST_COVERED)
    if capital_mm is not None:
        found["dpi"] = _least(zone.letter / capital_mm * 25.4, "dpi", round(LEAST_LETTER / capital_mm * 25.4))
    return found


def _verdict(measures: dict[str, Measure], *, known: bool) -> Finding:
    if not all(measure.good for name, measure in measures.items() if name not in ASIDE):
        return Finding.FAILED
    return Finding.PASSED if known else Finding.UNDEFINED


def _outline(lines: Sequence[Band], page: Quad | None) -> Array | None:
    """Return four corners of a flat rectangle: the page's, else those of the block of lines."""
    if page is not None:
        return np.array(page.points, np.float64)
    if len(lines) < 2:
        return None
    first, last = lines[0].quad(), lines[-1].quad()
    return np.array([first[0], first[1], last[2], last[3]], np.float64)


def _least(value: float, unit: str, bound: float) -> Measure:
    return Measure(round(value, 3), unit, value >= bound, least=bound)


def _most(value: float, unit: str, bound: float) -> Measure:
    return Measure(round(value, 3), unit, value <= bound, most=bound)
