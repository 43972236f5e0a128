"""What every comparison tells of itself: its threshold and error rates, its sides, and what was not checked.

An error rate always says what it was measured on.
"""

from msgspec import Struct

from visionmq.schemas.face.common import Calibration, Interval, Source
from visionmq.schemas.face.faces import Face


class OperatingPoint(Struct, frozen=True, kw_only=True):
    """The threshold, the error rate it was chosen for, and what that rate was measured on."""

    threshold: float
    """The largest distance that is a match."""
    fmr: float
    """Wanted: of one comparison in `verify`; that a search meets any false match in `identify`."""
    comparisons: int = 1
    """Independent comparisons that `fmr` was spread over: the gallery's size."""
    fmr_each: float
    """False-match rate of one comparison at the threshold, as modelled."""
    fmr_interval: Interval
    """Of `fmr_each`, by resampling persons."""
    fnmr: float | None
    """Part of genuine pairs that the threshold turns away, as modelled; each person weighs the same. None for a model
    of one's own whose genuine pairs were not measured."""
    extrapolated: bool
    """Whether `fmr_each` is below what the number of measured pairs can show; see `measured_on`."""
    calibration: Calibration
    """`shipped` or `gallery`."""
    measured_on: str
    """Sets, persons and pairs."""


class Presentation(Struct, frozen=True, kw_only=True):
    """What was done against pictures of pictures, masks and screens, and what was not."""

    checked: bool
    """Whether anything was checked at all."""
    passed: bool | None = None
    """None where it was not checked, or could not be decided."""
    method: str | None = None
    score: float | None = None
    cannot_detect: list[str] = []


class Side(Struct, frozen=True, kw_only=True):
    """What stood on one side of a comparison."""

    source: Source
    picture: int | None = None
    """Index of the picture in the request."""
    face: Face | None = None
    """The one that was used."""
    faces: int | None = None
    """How many the picture shows."""
    subject: str | None = None
    templates: int | None = None
    """How many of the subject's were compared; the nearest counts."""
    notes: list[str] = []
    """As `several faces: the most prominent of 3 was taken`."""
