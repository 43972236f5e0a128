"""What galleries are asked and what they tell.

A gallery is a collection of subjects (persons, brands) with templates of one model. Distances are
Euclidean; engines that think in cosines store unit vectors. Vectors travel as little-endian float32.
"""

from typing import Final

from msgspec import Struct

from visionmq.engine.store.link import Method


class Gallery(Struct, frozen=True):
    """Which templates: of what kind, in which collection, made by which model."""

    kind: str
    """`face` or `brand`."""
    collection: str
    model: str
    """Name and version of the model; templates of others are never compared."""
    dimension: int


class Author(Struct, frozen=True):
    """Who changes something, and the name of the effect: the same key of the same user changes nothing twice."""

    key: str
    user: str | None = None


class NewTemplate(Struct, frozen=True, kw_only=True):
    """One template to be kept."""

    vector: bytes
    quality: float = 0.0
    source: str = ""
    """Where it came from, such as a file name; kept encrypted."""
    payload: bytes = b""
    """The engine's own data, such as local features; kept encrypted, fetched by id."""


class Consent(Struct, frozen=True):
    """That a person agreed, to what, and how that was recorded."""

    text: str
    given_at: str
    """ISO 8601 with its zone."""
    reference: str = ""


class Enroll(Struct, frozen=True, kw_only=True):
    """Add templates to a subject, which is made if it is new; all or nothing."""

    gallery: Gallery
    subject: str
    templates: list[NewTemplate]
    author: Author
    replace: bool = False
    """Drop the subject's former templates of this model."""
    consent: Consent | None = None
    attributes: dict[str, str] = {}


class Enrolled(Struct, frozen=True, kw_only=True):
    """What was kept."""

    subject_id: str
    """Opaque; stands in logs and receipts, where the name does not."""
    template_ids: list[str]
    templates: int
    """The subject's templates of this model now."""
    created: bool
    repeated: bool = False
    """The same key came before: this is what happened then."""


class Search(Struct, frozen=True, kw_only=True):
    """Find the nearest subjects of each probe."""

    gallery: Gallery
    probes: bytes
    """n x dimension float32."""
    top: int = 5
    subjects: list[str] | None = None
    """Only these (by name); None for all."""
    templates: bool = False
    """Rank templates instead of subjects."""
    payloads: bool = False
    """Send the payload of each hit's template along."""


class Hit(Struct, frozen=True, kw_only=True):
    """A subject and how near its nearest template is."""

    subject: str
    subject_id: str
    template_id: str
    distance: float
    source: str = ""
    payload: bytes = b""


class Found(Struct, frozen=True, kw_only=True):
    """The nearest of each probe, nearest first; equal distances by subject."""

    hits: list[list[Hit]]
    templates: int
    """How many were searched: the N of 1:N."""
    subjects: int
    exact: bool
    """Whether all were compared; False for an approximate index."""


class ListSubjects(Struct, frozen=True, kw_only=True):
    """A page of subjects in order of name."""

    kind: str
    collection: str
    after: str | None = None
    limit: int = 1000


class SubjectRow(Struct, frozen=True, kw_only=True):
    """One subject."""

    subject: str
    subject_id: str
    templates: dict[str, int]
    """How many, by model."""
    created_at: str
    updated_at: str
    consent: Consent | None = None
    attributes: dict[str, str] = {}


class SubjectPage(Struct, frozen=True, kw_only=True):
    """Subjects, and how many there are in all."""

    subjects: list[SubjectRow]
    total: int


class ListCollections(Struct, frozen=True):
    """Ask which collections of a kind there are, and how many templates of a model each holds; of all models without one."""

    kind: str
    model: str | None = None


class CollectionRow(Struct, frozen=True):
    """One collection."""

    collection: str
    subjects: int
    templates: int


class CollectionList(Struct, frozen=True):
    """All collections of a kind, by name."""

    collections: list[CollectionRow]


class Forget(Struct, frozen=True, kw_only=True):
    """Destroy a subject's key, with all its templates of all models; NOT_FOUND for an unknown one."""

    kind: str
    collection: str
    subject: str
    author: Author


class Receipt(Struct, frozen=True, kw_only=True):
    """That a subject was forgotten; signed, checkable without the store."""

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
    """Over the canonical JSON of all other fields, base64."""
    repeated: bool = False


class GetTemplates(Struct, frozen=True, kw_only=True):
    """The templates of a gallery, in order of id; of one subject if named."""

    gallery: Gallery
    subject: str | None = None
    after: str | None = None
    limit: int = 1000
    payloads: bool = False


class TemplateRow(Struct, frozen=True, kw_only=True):
    """One template as kept."""

    template_id: str
    subject: str
    subject_id: str
    vector: bytes
    quality: float
    source: str
    payload: bytes = b""


class TemplatePage(Struct, frozen=True):
    """A page of templates."""

    templates: list[TemplateRow]


class GetNotes(Struct, frozen=True):
    """What an engine has noted about a gallery, such as its calibration."""

    gallery: Gallery
    name: str


class SetNotes(Struct, frozen=True, kw_only=True):
    """Keep a note about a gallery; replaces the former."""

    gallery: Gallery
    name: str
    content: bytes
    author: Author


class Notes(Struct, frozen=True):
    """A note, and the state of the gallery that it was written at; `now` is the state at present."""

    content: bytes | None
    state: int = 0
    now: int = 0


ENROLL: Final = Method("gallery.enroll", Enroll, Enrolled)
SEARCH: Final = Method("gallery.search", Search, Found)
SUBJECTS: Final = Method("gallery.subjects", ListSubjects, SubjectPage)
COLLECTIONS: Final = Method("gallery.collections", ListCollections, CollectionList)
FORGET: Final = Method("gallery.forget", Forget, Receipt)
TEMPLATES: Final = Method("gallery.templates", GetTemplates, TemplatePage)
GET_NOTES: Final = Method("gallery.notes", GetNotes, Notes)
SET_NOTES: Final = Method("gallery.note", SetNotes, Notes)
