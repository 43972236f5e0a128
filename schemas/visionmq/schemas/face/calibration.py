"""How alike the strangers of a collection are: `face.calibrate`."""

from typing import Any

from msgspec import Struct

from visionmq.schemas.common import Params
from visionmq.schemas.face.common import DEFAULT_COLLECTION, DEFAULT_FMR, Collection, Interval, Rate
from visionmq.schemas.face.comparison import OperatingPoint


class CalibrateParams(Params, frozen=True, kw_only=True):
    """Measure how alike the strangers of a collection are, and keep that for its decisions."""

    collection: Collection = DEFAULT_COLLECTION
    fmr: Rate = DEFAULT_FMR
    keep: bool = True
    """False only measures."""


class Calibrated(Struct, frozen=True, kw_only=True):
    """What a gallery's own impostor pairs say."""

    collection: str
    subjects: int
    templates: int
    pairs: int
    """Of templates of different subjects."""
    shipped: OperatingPoint
    """What the release's measurements give for `fmr`."""
    measured_fmr: float
    """False-match rate of this gallery at the shipped threshold."""
    measured_interval: Interval
    gallery: OperatingPoint | None
    """What the gallery's own pairs give; None where they are too few."""
    kept: bool
    notes: list[str] = []
    pass_back: Any = None
