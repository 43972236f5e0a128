"""The references of a collection: learnt, listed by brand, and forgotten."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from visionmq.schemas.brand.common import DEFAULT_COLLECTION, Collection, Name
from visionmq.schemas.common import Item, ModelInfo, Params

MAX_LABELS: Final = 1000


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


class CollectionsParams(Params, frozen=True, kw_only=True):
    """Which collections there are."""


class CollectionInfo(Struct, frozen=True, kw_only=True):
    """One collection."""

    collection: str
    brands: int
    references: int
    """Of the present model; 0 where all were learnt with another."""


class Collections(Struct, frozen=True, kw_only=True):
    """All collections of brands, by name."""

    collections: list[CollectionInfo]
    model: ModelInfo
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
