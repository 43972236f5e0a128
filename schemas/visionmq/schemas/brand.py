"""Parameters and results of the `brand.*` operations.

Similarities are cosines of embeddings, -1 to 1. A picture without a brand that the gallery knows is an answer, not an error:
its list of matches is empty and its label is `unknown`.
"""

from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, Struct

from visionmq.schemas.common import Attachment, Item, ModelInfo, Params, Quad

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
"""Of a brand or a collection; any letters."""
Collection: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
Rate: TypeAlias = Annotated[float, Meta(gt=0, le=0.5)]

UNKNOWN: Final = "unknown"
DEFAULT_COLLECTION: Final = "default"
DEFAULT_FPR: Final = 0.01
"""Pictures without a known brand that may be given one: one in a hundred."""
DEFAULT_TOP: Final = 5
MAX_TOP: Final = 50
MAX_LABELS: Final = 1000


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


class LearnParams(Params, frozen=True, kw_only=True):
    """Keep 1 to 64 pictures as references of one brand, or of one brand each."""

    collection: Collection = DEFAULT_COLLECTION
    brand: Name | None = None
    """The brand of all pictures."""
    brands: list[Name] = []
    """Or one a picture."""
    sources: list[Annotated[str, Meta(max_length=500)]] = []
    """One a picture: told with each match; default `image N`."""
    replace: bool = False
    """Drop the former references of these brands."""


class LearnedPicture(Struct, frozen=True, kw_only=True):
    """One picture that is a reference now."""

    brand: str
    template: str
    """Opaque id."""
    landmarks: int
    """Local features kept; few of them mean that the embedding decides alone."""
    known: bool = False
    """The brand had this very picture already: it was not added again, `template` is the one that was there."""
    notes: list[str] = []


class BrandSize(Struct, frozen=True, kw_only=True):
    """How many references a brand has."""

    brand: str
    references: int
    created: bool = False


class Learned(Struct, frozen=True, kw_only=True):
    """One item a picture, in their order, and the brands they went to."""

    items: list[Item[LearnedPicture]]
    collection: str
    brands: list[BrandSize]
    models: list[ModelInfo] = []
    pass_back: Any = None


class LabelsParams(Params, frozen=True, kw_only=True):
    """Which brands a collection has; a page of them by name."""

    collection: Collection = DEFAULT_COLLECTION
    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LABELS)] = MAX_LABELS


class Label(Struct, frozen=True, kw_only=True):
    """One brand."""

    brand: str
    references: int
    created_at: str
    updated_at: str


class Labels(Struct, frozen=True, kw_only=True):
    """Brands by name; `total` counts all of the collection."""

    collection: str
    labels: list[Label]
    total: int
    pass_back: Any = None


class ForgetParams(Params, frozen=True, kw_only=True):
    """Which brand to drop with all its references."""

    collection: Collection = DEFAULT_COLLECTION
    brand: Name


class Forgotten(Struct, frozen=True, kw_only=True):
    """That a brand is gone."""

    collection: str
    brand: str
    references: int
    forgotten_at: str
    audit_sequence: int
    pass_back: Any = None


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
