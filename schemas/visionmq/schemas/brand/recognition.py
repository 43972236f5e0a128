"""Which brands a picture shows: `brand.recognize`.

A picture without a brand that the gallery knows is an answer, not an error: its list of matches is empty and its
label is `unknown`.
"""

from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, Struct

from visionmq.schemas.brand.common import DEFAULT_COLLECTION, Collection
from visionmq.schemas.common import Attachment, Item, ModelInfo, Params, Quad

Rate: TypeAlias = Annotated[float, Meta(gt=0, le=0.5)]

UNKNOWN: Final = "unknown"
DEFAULT_FPR: Final = 0.01
"""Pictures without a known brand that may be given one: one in a hundred."""
DEFAULT_TOP: Final = 5
MAX_TOP: Final = 50


class RecognizeParams(Params, frozen=True, kw_only=True):
    """Which brands of a collection are in each picture.

    Without `threshold` a brand is a match if a picture without it would be given one as likely only at the rate `fpr`.
    `want` may name `overlay`: the picture with its matches outlined.
    """

    collection: Collection = DEFAULT_COLLECTION
    threshold: Annotated[float, Meta(ge=-1, le=1)] | None = None
    """Similarity that a match has at least; replaces `fpr`."""
    fpr: Rate = DEFAULT_FPR
    """Wanted rate of pictures without a known brand that get a match."""
    top: Annotated[int, Meta(ge=1, le=MAX_TOP)] = DEFAULT_TOP
    """Most matches and most candidates of a picture."""
    search: str = "auto"
    """Where to look: `auto`, `whole` (the picture is one logo) or `scene` (several may be anywhere)."""
    verify: bool = True
    """Confirm by local features, which also gives the exact quad."""
    text: bool = True
    """Read word marks, where reading is installed and may decide."""
    embedding: bool = False
    """Return the embedding of the picture's content, and of each match's place."""


class BrandMatch(Struct, frozen=True, kw_only=True):
    """A brand in a picture."""

    brand: str
    similarity: float
    """Cosine of the place's embedding and the brand's nearest reference."""
    probability: float
    """That the brand is there; calibrated, see docs/brands.md."""
    reference: str
    """Source of the matched reference, such as its file's name."""
    quad: Quad
    """Where, in pixels of the picture as sent."""
    verified: bool = False
    """Local features agree with the reference under one homography."""
    inliers: int = 0
    """How many landmarks agree."""
    text: str = ""
    """The word mark that was read, if it names the brand."""
    embedding: list[float] | None = None


class Candidate(Struct, frozen=True, kw_only=True):
    """A brand that was considered, whether it is a match or not."""

    brand: str
    similarity: float
    probability: float


class Recognition(Struct, frozen=True, kw_only=True):
    """What one picture shows."""

    label: str
    """The best match's brand, or `unknown`."""
    matches: list[BrandMatch]
    """Best first; empty where unknown."""
    candidates: list[Candidate] = []
    """The likeliest brands, best first, below the threshold too."""
    places: int = 0
    """How many places of the picture were looked at."""
    notes: list[str] = []
    embedding: list[float] | None = None
    """Of the picture's content as a whole, if it was asked for."""


class Threshold(Struct, frozen=True, kw_only=True):
    """The rule by which matches were told from unknown."""

    kind: str
    """`fpr` (a match has at least `probability`) or `similarity` (as asked for)."""
    fpr: float | None = None
    probability: float | None = None
    similarity: float | None = None
    """Under `fpr`: the similarity that an unconfirmed match must have; stricter the more brands there are."""
    calibrated_on: str = "defaults"
    """`gallery` if the references at hand were used, else `defaults`."""


class Recognitions(Struct, frozen=True, kw_only=True):
    """One item a picture, in their order."""

    items: list[Item[Recognition]]
    collection: str
    brands: int
    """Brands that were searched."""
    references: int
    threshold: Threshold
    images: list[Attachment] = []
    models: list[ModelInfo] = []
    pass_back: Any = None
