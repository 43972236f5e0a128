"""Are two faces, or a face and a subject, one person's: `face.verify`."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from visionmq.schemas.common import Attachment, ModelInfo, Params
from visionmq.schemas.face.common import (
    DEFAULT_COLLECTION,
    DEFAULT_FMR,
    Calibration,
    Collection,
    Distance,
    Encoding,
    Interval,
    Rate,
    Several,
    Subject,
)
from visionmq.schemas.face.comparison import OperatingPoint, Presentation, Side


class VerifyParams(Params, frozen=True, kw_only=True):
    """Two faces, or a face and a subject.

    The two sides are `a` and `b`: each an encoding, or else the next picture. With `subject` the second side is that
    subject's templates. `want` may name `overlay` and `crops`.
    """

    a: Encoding | None = None
    b: Encoding | None = None
    subject: Subject | None = None
    collection: Collection = DEFAULT_COLLECTION
    fmr: Rate = DEFAULT_FMR
    threshold: Distance | None = None
    """A distance of one's own in place of `fmr`; the answer says what its error rate is."""
    prior: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """How probable it was before that both are one person."""
    several: Several = Several.PROMINENT
    strict: bool = False
    """Refuse faces that could not be enrolled, instead of noting what is wrong with them."""
    calibration: Calibration = Calibration.AUTO


class Verified(Struct, frozen=True, kw_only=True):
    """Whether two faces are one person's."""

    same: bool
    """Whether the distance is at most the threshold."""
    distance: float
    similarity: float
    """1 - distance**2 / 2, at least 0: the cosine of unit vectors that far apart."""
    threshold: float
    fmr: float
    probability: float
    """That both are one person, given the distance and `prior`."""
    interval: Interval
    """Of the probability, by resampling persons; its lower end relies on nothing rarer than what was measured."""
    prior: float
    operating_point: OperatingPoint
    a: Side
    b: Side
    model: ModelInfo
    presentation: Presentation
    """Of the first side that is a picture."""
    images: list[Attachment] = []
    models: list[ModelInfo] = []
    pass_back: Any = None
