"""One sentence for the worst trouble of a picture, with its figure and what is needed."""

from collections.abc import Callable, Mapping
from typing import Final

from visionmq.schemas.document.documents import Measure

Sentence = Callable[[float, float], str]
"""From a figure and its bound."""

_SENTENCES: Final[dict[str, Sentence]] = {
    "bounds": lambda value, bound: (
        "Move the camera back a little: the lines of letters are cut off by the picture's edge."
        if value < 0
        else f"Move the camera back a little: only {value:.1f} letter heights are left between the lines and the "
        f"picture's edge, {bound} are needed."
    ),
    "resolution": lambda value, bound: (
        f"Hold the camera closer: letters are {_below(value, bound)} px high, {bound:.0f} are needed."
    ),
    "brightness": lambda value, bound: (
        f"Use more light: the paper's brightness is {_below(value, bound)} of 255, {bound:.0f} are needed."
    ),
    "glare": lambda value, bound: (
        f"Tilt the document or move the lamp: glare hides {value:.0f} % of the lines of letters."
    ),
    "occlusion": lambda value, bound: (
        f"Keep fingers and objects off the lines of letters: {value:.0f} % of them are covered."
    ),
    "motion_blur": lambda value, bound: (
        f"Hold the camera still: the picture is smeared over {value:.1f} letter heights, {bound} at most can be read."
    ),
    "focus": lambda value, bound: (
        f"Let the camera focus before you release: edges are blurred by {100 * value:.0f} % of a letter's height, "
        f"{100 * bound:.0f} % at most can be read."
    ),
    "perspective": lambda value, bound: (
        f"Hold the camera straight above the document: it leans by about {value:.0f} degrees, {bound:.0f} at most "
        "can be read."
    ),
    "contrast": lambda value, bound: (
        f"Use even light and no flash: ink is only {_below(value, bound)} % darker than paper, {bound:.0f} % are needed."
    ),
    "shadow": lambda value, bound: (
        f"Keep shadows off the document: the darkest part of the lines gets {100 - value:.0f} % of the light, "
        f"{100 - bound:.0f} % are needed."
    ),
    "noise": lambda value, bound: (
        f"Use more light: the camera's noise is {value:.0f} % of the print's contrast, {bound:.0f} % at most can be read."
    ),
    "page_outside": lambda value, bound: (
        f"Move the camera back: {value:.0f} % of the document lie outside the picture."
    ),
}
"""The likelier cause comes first where two troubles are equally bad."""
ASIDE: Final = frozenset({"dpi", "colour", "page_outside"})
"""What does not keep lines from being read: it leaves the verdict as it is, and is advised on last."""


def advise(measures: Mapping[str, Measure]) -> str | None:
    """Return a sentence on the measure that misses its bound by the greatest factor; None where all is well."""
    bad = [name for name in _SENTENCES if name in measures and not measures[name].good]
    if not bad:
        return None
    worst = max(bad, key=lambda name: (name not in ASIDE, _distance(measures[name])))
    measure = measures[worst]
    return _SENTENCES[worst](measure.value, _bound(measure))


def _below(value: float, bound: float) -> str:
    """Show a figure so that it does not look like the bound that it misses."""
    return f"{value:.1f}" if round(value) >= bound else f"{value:.0f}"


def _bound(measure: Measure) -> float:
    bound = measure.least if measure.least is not None else measure.most
    return 0.0 if bound is None else bound


def _distance(measure: Measure) -> float:
    """Return by how many times a figure misses its bound."""
    bound = max(_bound(measure), 1e-6)
    if measure.least is not None:
        return bound / max(measure.value, bound / 20)
    return measure.value / bound
