"""Faces added to a subject, and what should be looked at though it was stored: `face.enroll`."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from visionmq.schemas.common import Items, ModelInfo, Params
from visionmq.schemas.face.common import DEFAULT_COLLECTION, Collection, Encoding, Several, Source, Subject
from visionmq.schemas.face.faces import Face
from visionmq.schemas.limits import MAX_IMAGES


class ConsentGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """That a person agreed to be enrolled, to what, and how that was recorded."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    given_at: Annotated[str, Meta(min_length=1, max_length=64)]
    """ISO 8601 with its zone."""
    reference: Annotated[str, Meta(max_length=256)] = ""


class EnrollParams(Params, frozen=True, kw_only=True):
    """Add the faces of pictures, and encodings, to a subject, which is made if it is new."""

    subject: Subject
    collection: Collection = DEFAULT_COLLECTION
    encodings: Annotated[list[Encoding], Meta(max_length=MAX_IMAGES)] = []
    sources: Annotated[list[Annotated[str, Meta(max_length=256)]], Meta(max_length=2 * MAX_IMAGES)] = []
    """What to call each, such as file names, in their order; kept encrypted."""
    replace: bool = False
    """Drop the subject's former templates of this model."""
    consent: ConsentGiven | None = None
    attributes: Annotated[dict[str, Annotated[str, Meta(max_length=1000)]], Meta(max_length=32)] = {}
    strict: bool = False
    """Store nothing unless every picture is good; else the good ones are kept and the others reported."""
    several: Several = Several.REFUSE


class Kept(Struct, frozen=True, kw_only=True):
    """One template that was stored."""

    template_id: str
    source: Source
    face: Face | None = None
    faces: int | None = None
    notes: list[str] = []


class LookAlike(Struct, frozen=True, kw_only=True):
    """Another subject of the collection that is nearer than the threshold."""

    subject: str
    subject_id: str
    distance: float
    probability: float
    items: list[int]
    """Which of the pictures and encodings."""


class EnrollWarning(StrEnum):
    """What should be looked at, though it was stored."""

    LOOK_ALIKE = "look_alike"
    """Another subject looks the same: one person under two names, or two who will be mistaken for each other."""
    NOT_THE_SAME_PERSON = "not_the_same_person"
    """The new pictures do not match each other, or the templates that the subject had."""


class Warned(Struct, frozen=True):
    """A warning in words."""

    code: EnrollWarning
    message: str


class Enrolled(Items[Kept], frozen=True, kw_only=True):
    """What was stored; one item a picture or encoding."""

    subject: str
    subject_id: str
    """Opaque; stands in logs and receipts."""
    collection: str
    kept: int
    templates: int
    """The subject's templates of this model now."""
    created: bool
    repeated: bool = False
    """The same request came before: nothing was stored twice."""
    look_alikes: list[LookAlike] = []
    warnings: list[Warned] = []
    model: ModelInfo
