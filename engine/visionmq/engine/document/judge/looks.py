"""Judges how a document looks: its zone's letters, its surface, its portrait."""

from typing import Final

from visionmq.engine.document.judge.printed import Printed
from visionmq.engine.document.judge.screen import Surface
from visionmq.engine.document.judge.typeface import PROPORTION, STANDARD
from visionmq.engine.document.mrz.layouts import Layout
from visionmq.engine.document.page.portrait import Sight
from visionmq.schemas.document.documents import Check, Finding

TELLING: Final = 8.0
"""Least height in pixels of letters whose typeface can be told: below, the blur is wider than their strokes."""
LIKE: Final = 0.005
UNLIKE: Final = -0.03
"""How much better OCR-B must fit than any other face, and how much worse it must be. Drawn zones of 8 to 32 pixels:
OCR-B -0.008 to 0.036, six other faces -0.13 to -0.04; OCR-B in the dev set 0.013 to 0.070."""
LEGIBLE: Final = 0.6
"""Least correlation with any face; glare or a pattern under the letters leaves less."""

EVEN: Final = 0.075
UNEVEN: Final = 0.1
"""Standard deviation of letters from even places, in pitches: dev set at most 0.06, letters set by hand 0.1."""
NEAR: Final = 0.15
FAR: Final = 0.22
"""How far the distance of lines may be from the standard's, as a share: cameras that lean make it less by a seventh."""
SQUARE: Final = (0.7, 1.45)
"""Height of letters over their pitch; both a lean to the side and one backwards are in it."""
FLUSH: Final = 1.2
"""Pitches between the beginnings of two lines."""
_SPACINGS: Final = {2: 2.5, 3: 1.68}
"""Distance of lines in pitches: 6.35 mm of two lines, 4.25 mm of three."""

NO_WAVE: Final = 6.0
WAVE: Final = 9.0
"""How far a wave stands out: pages of the dev set reach 4, drawn ones with fine patterns 5; of the dev set on drawn
screens with pixels of 1.6 to 4.4 camera pixels, 96 in 100 are over 9."""
GREY: Final = 3.0
COLOURED: Final = 7.0
"""Mean distance from grey, in levels: drawn black-and-white pages 0 to 2, any print in colour over 4."""


def judge_typeface(printed: Printed | None) -> Check:
    """Return whether the zone is printed in OCR-B, as ICAO 9303-3, 4.3 wants."""
    missed = "a forger who uses OCR-B"
    if printed is None:
        return Check(Finding.UNDEFINED, "no letters of a zone could be measured", missed)
    own = printed.likeness[STANDARD]
    other = max((name for name in printed.likeness if name != STANDARD), key=lambda name: printed.likeness[name])
    lead = own - printed.likeness[other]
    if max(own, printed.likeness[other]) < LEGIBLE:
        return Check(Finding.UNDEFINED, "the letters are not clear enough to tell their typeface", missed)
    if lead >= LIKE:
        return Check(Finding.PASSED, f"{printed.letters} letters are OCR-B (alike to {own:.2f})", missed)
    if lead <= UNLIKE and printed.height >= TELLING:
        reason = f"the letters are not OCR-B: {other} fits better ({printed.likeness[other]:.2f} to {own:.2f})"
        return Check(Finding.FAILED, reason, missed)
    if printed.height < TELLING:
        reason = (
            f"letters of {printed.height:.0f} pixels are too small to tell their typeface; {TELLING:.0f} are needed"
        )
        return Check(Finding.UNDEFINED, reason, missed)
    return Check(Finding.UNDEFINED, "OCR-B and other typefaces fit about as well", missed)


def judge_geometry(printed: Printed | None, layout: Layout | None) -> Check:
    """Return whether letters and lines stand where ICAO 9303-3, 4.2 to 4.4 puts them."""
    missed = "a zone printed true to the standard; lengths in millimetres, for a picture has no scale"
    if printed is None or layout is None:
        return Check(Finding.UNDEFINED, "no letters of a zone could be measured", missed)
    if printed.wander > UNEVEN:
        return Check(Finding.FAILED, f"the letters are unevenly set: {printed.wander:.0%} of their distance", missed)
    if not SQUARE[0] < printed.proportion < SQUARE[1]:
        reason = f"a letter's height is {printed.proportion:.2f} of the letters' distance, not {PROPORTION}"
        return Check(Finding.FAILED, reason, missed)
    if printed.indent > FLUSH:
        return Check(Finding.FAILED, f"the lines begin {printed.indent:.1f} letters apart", missed)
    spaced = _spaced(printed, layout)
    if spaced is not None:
        return Check(spaced[0], spaced[1], missed)
    if printed.wander > EVEN:
        return Check(Finding.UNDEFINED, "the page is too bent, or too blurred, to measure its letters", missed)
    return Check(Finding.PASSED, "letters and lines stand as the standard wants", missed)


def _spaced(printed: Printed, layout: Layout) -> tuple[Finding, str] | None:
    """Return what speaks against the distance of the lines, measured in pitches and in heights; None if nothing."""
    usual = _SPACINGS.get(layout.lines)
    if usual is None or printed.spacing is None:
        return None
    by_pitch = printed.spacing / usual - 1
    by_height = printed.spacing / printed.proportion * PROPORTION / usual - 1
    nearer = min(by_pitch, by_height, key=abs)
    reason = f"the lines are {abs(nearer):.0%} too {'far apart' if nearer > 0 else 'close together'}"
    if abs(nearer) > FAR and by_pitch * by_height > 0:
        return Finding.FAILED, reason
    return (Finding.UNDEFINED, reason) if abs(nearer) > NEAR else None


def judge_screen(surface: Surface | None) -> Check:
    """Return whether the picture was taken from a screen."""
    missed = "screens finer than the camera, pictures made smaller afterwards, and files that were never photographed"
    if surface is None or surface.wave is None:
        return Check(Finding.UNDEFINED, "the page is too small in the picture to look for a screen's grid", missed)
    if surface.wave >= WAVE:
        reason = f"one wave of {1 / max(surface.cycles, 1e-3):.1f} pixels runs through the whole page, as of a screen"
        return Check(Finding.FAILED, reason, missed)
    if surface.wave > NO_WAVE:
        return Check(Finding.UNDEFINED, "a faint wave runs through the page", missed)
    return Check(Finding.PASSED, "no wave of a screen's grid runs through the page", missed)


def judge_copy(surface: Surface | None) -> Check:
    """Return whether the page is a copy without colour."""
    missed = "copies and prints in colour"
    if surface is None:
        return Check(Finding.UNDEFINED, "the page was not looked at", missed)
    if surface.no_colour:
        return Check(Finding.UNDEFINED, "the picture itself has no colour", missed)
    if surface.colour > GREY:
        return Check(Finding.PASSED, "the page has colour", missed)
    if surface.around is not None and surface.around > max(COLOURED, 2 * surface.colour):
        return Check(Finding.FAILED, "the page has no colour while what lies around it has: a copy", missed)
    return Check(Finding.UNDEFINED, "hardly any colour on the page, and nothing beside it to compare with", missed)


def judge_portrait(sight: Sight | None) -> Check:
    """Return whether the holder's portrait is there."""
    missed = "the portrait of another person, or one that was exchanged"
    if sight is None:
        return Check(Finding.UNDEFINED, "no page was found to look on", missed)
    if sight.crop is not None:
        return Check(Finding.PASSED, "a face is where portraits are", missed)
    if sight.blank:
        return Check(Finding.FAILED, "nothing is printed where the portrait should be", missed)
    return Check(Finding.UNDEFINED, sight.reason, missed)
