"""Whose faces these are, out of a collection: `face.identify`."""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from visionmq.schemas.common import Items, ModelInfo, Params
from visionmq.schemas.face.common import (
    DEFAULT_COLLECTION,
    Calibration,
    Collection,
    Distance,
    Encoding,
    Interval,
    Rate,
    Several,
)
from visionmq.schemas.face.comparison import OperatingPoint, Presentation, Side
from visionmq.schemas.limits import MAX_IMAGES

DEFAULT_SEARCH_FMR: Final = 0.01
"""Wanted rate of searches by strangers that name anybody at all, whatever the gallery's size."""
DEFAULT_TOP: Final = 5
MAX_TOP: Final = 100


class IdentifyParams(Params, frozen=True, kw_only=True):
    """Whose faces these are: those of the pictures first, then those of `encodings`. `want` as in `verify`."""

    encodings: Annotated[list[Encoding], Meta(max_length=MAX_IMAGES)] = []
    collection: Collection = DEFAULT_COLLECTION
    top: Annotated[int, Meta(ge=1, le=MAX_TOP)] = DEFAULT_TOP
    fmr: Rate = DEFAULT_SEARCH_FMR
    """That a stranger's search answers any subject at all."""
    threshold: Distance | None = None
    margin: Distance | None = None
    """How much nearer than the next subject the best must be; None for the engine's own."""
    prior: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """How probable it was before that the person is in the gallery at all."""
    several: Several = Several.PROMINENT
    strict: bool = False
    calibration: Calibration = Calibration.AUTO


class Unknown(StrEnum):
    """Why nobody is named."""

    ABOVE_THRESHOLD = "above_threshold"
    MARGIN_TOO_SMALL = "margin_too_small"
    EMPTY_GALLERY = "empty_gallery"


class Candidate(Struct, frozen=True, kw_only=True):
    """A subject, and how near its nearest template is."""

    subject: str
    subject_id: str
    template_id: str
    distance: float
    similarity: float
    probability: float
    """That it is this one and none of the others."""
    interval: Interval


class Identity(Struct, frozen=True, kw_only=True):
    """Who one face belongs to, or that nobody knows."""

    known: bool
    subject: str | None
    """None for unknown."""
    unknown: Unknown | None = None
    reason: str = ""
    """Why, in one sentence with the figures."""
    distance: float | None = None
    """Of the best candidate, named or not."""
    probability: float | None = None
    interval: Interval | None = None
    margin: float | None = None
    """Distance of the next other subject less that of the best; None where there is no other."""
    margin_needed: float | None = None
    candidates: list[Candidate] = []
    """Nearest first, one a subject."""
    operating_point: OperatingPoint | None = None
    """None for an empty gallery."""
    probe: Side
    presentation: Presentation


class Identified(Items[Identity], frozen=True, kw_only=True):
    """One item a picture or encoding."""

    collection: str
    subjects: int
    templates: int
    """The N of 1:N."""
    exact: bool
    """Whether every template was compared; False for an approximate index."""
    model: ModelInfo
