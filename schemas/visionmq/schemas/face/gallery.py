"""Collections and their subjects: who is in them, and how one is forgotten."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from visionmq.schemas.common import ModelInfo, Params
from visionmq.schemas.face.common import DEFAULT_COLLECTION, Collection, Subject
from visionmq.schemas.face.enrolment import ConsentGiven

MAX_PAGE: Final = 1000


class SubjectsParams(Params, frozen=True, kw_only=True):
    """A page of a collection's subjects, by name."""

    collection: Collection = DEFAULT_COLLECTION
    after: str | None = None
    """The last name of the page before."""
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = 100


class SubjectInfo(Struct, frozen=True, kw_only=True):
    """One subject."""

    subject: str
    subject_id: str
    templates: dict[str, int]
    """How many, by model."""
    created_at: str
    updated_at: str
    consent: ConsentGiven | None = None
    attributes: dict[str, str] = {}


class Subjects(Struct, frozen=True, kw_only=True):
    """A page of subjects."""

    collection: str
    subjects: list[SubjectInfo]
    total: int
    next: str | None = None
    """Ask again with this as `after`; None at the end."""
    pass_back: Any = None


class CollectionsParams(Params, frozen=True, kw_only=True):
    """Which collections there are."""


class CollectionInfo(Struct, frozen=True, kw_only=True):
    """One collection."""

    collection: str
    subjects: int
    templates: int


class Collections(Struct, frozen=True, kw_only=True):
    """All collections of faces, by name."""

    collections: list[CollectionInfo]
    model: ModelInfo
    pass_back: Any = None


class ForgetParams(Params, frozen=True, kw_only=True):
    """Destroy all that is kept of a subject."""

    subject: Subject
    collection: Collection = DEFAULT_COLLECTION


class ForgetReceipt(Struct, frozen=True, kw_only=True):
    """That a subject was forgotten; signed, checkable without the service."""

    subject_id: str
    kind: str
    collection: str
    templates: int
    forgotten_at: str
    audit_sequence: int
    audit_hash: str
    public_key: str
    """Ed25519, base64."""
    signature: str
    """Over the canonical JSON of all fields above, base64."""


class Forgotten(Struct, frozen=True, kw_only=True):
    """The key of the subject's templates is destroyed."""

    subject: str
    receipt: ForgetReceipt
    repeated: bool = False
    pass_back: Any = None
