"""What is odd about a collection, and how near strangers come to it: `brand.report` and `brand.calibrate`."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from visionmq.schemas.brand.common import DEFAULT_COLLECTION, Collection
from visionmq.schemas.common import Params


class ReportParams(Params, frozen=True, kw_only=True):
    """Look for references that stand in each other's way."""

    collection: Collection = DEFAULT_COLLECTION
    most: Annotated[int, Meta(ge=1, le=1000)] = 200
    """Findings of each kind at most, the worst first."""


class Pair(Struct, frozen=True, kw_only=True):
    """Two references that are nearly the same."""

    first: str
    second: str
    first_source: str
    second_source: str
    similarity: float


class Outlier(Struct, frozen=True, kw_only=True):
    """A reference that is nearer to another brand than to its own."""

    brand: str
    source: str
    own: float
    """Similarity to the nearest other reference of its brand."""
    other: str
    similarity: float
    """To the nearest reference of the other brand."""


class Report(Struct, frozen=True, kw_only=True):
    """What is odd about a collection's references."""

    collection: str
    brands: int
    references: int
    duplicates: list[Pair]
    """Within one brand: one of them is enough."""
    contradictions: list[Pair]
    """Under two names: a match of either is a match of both."""
    outliers: list[Outlier]
    lonely: int
    """Brands with one reference only."""
    pass_back: Any = None


class CalibrateParams(Params, frozen=True, kw_only=True):
    """Measure how near strangers come to this collection, for its thresholds."""

    collection: Collection = DEFAULT_COLLECTION


class OperatingPoint(Struct, frozen=True, kw_only=True):
    """The similarity that an unconfirmed match must have for a wanted rate of false ones."""

    fpr: float
    similarity: float


class Calibrated(Struct, frozen=True, kw_only=True):
    """How near strangers come to a collection: other brands' references and background."""

    collection: str
    brands: int
    references: int
    strangers: int
    """Comparisons of a reference with all of other brands."""
    points: list[OperatingPoint]
    pass_back: Any = None
