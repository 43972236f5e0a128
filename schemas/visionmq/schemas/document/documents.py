"""What a picture of a document says, and how it was judged: `document.recognize`."""

from enum import StrEnum

from msgspec import Struct, field

from visionmq.schemas.common import Items, Params, Quad
from visionmq.schemas.document.fields import Edit, Field


class Finding(StrEnum):
    """The outcome of one check."""

    PASSED = "passed"
    FAILED = "failed"
    UNDEFINED = "undefined"
    """Could not be decided; the reason says why."""


class Check(Struct, frozen=True):
    """One forensic check."""

    state: Finding
    reason: str
    cannot_detect: str = ""
    """What passes this check all the same."""


class Measure(Struct, frozen=True):
    """One figure of a picture's quality."""

    value: float
    unit: str
    good: bool
    least: float | None = None
    most: float | None = None
    """The bound that `good` rests on."""


class Quality(Struct, frozen=True):
    """How far a picture supports reading."""

    verdict: Finding
    measures: dict[str, Measure] = {}
    """`focus`, `glare`, `resolution`, `perspective`, `bounds`, `brightness`, `contrast`, ..."""
    advice: str | None = None
    """One sentence a person can act on: the worst trouble first."""


class TextLine(Struct, frozen=True):
    """One line of the visual zone."""

    text: str
    confidence: float
    quad: Quad


class RecognizeParams(Params, frozen=True, kw_only=True):
    """What to look for.

    `want` may name pictures to return: `overlay` (annotated), `mrz` (the rectified strip), `page` (the rectified
    page), `portrait`, `signature`, and zones of a template by `zone.NAME`.
    """

    mask: list[str] = field(default_factory=lambda: ["*"])
    """Document types as patterns, such as `mrz.*`."""
    mode: str = "default"
    """`default` knows what issuers print against the standard; `strict` takes the standard by its word."""
    options: dict[str, str] = {}
    """`common.currentDate`: DD.MM.YYYY."""
    forensics: bool = False
    """Judge the document too; needs the option `common.currentDate`."""
    visual: bool = False
    """Read the text outside the zone too."""
    merge: bool = False
    """The pictures show one document: also return what they say together."""


class Document(Struct, frozen=True, kw_only=True):
    """What one picture shows."""

    doc_type: str | None
    """For instance `mrz.mrp` (machine-readable passport, TD3); None where nothing was found."""
    fields: dict[str, Field] = {}
    reason: str | None = None
    """Why nothing was found, or why a field was not accepted."""
    advice: str | None = None
    """One sentence a person can act on."""
    edits: list[Edit] = []
    size: tuple[int, int] | None = None
    """Width and height in pixels of the picture as shown (EXIF orientation applied)."""
    page: Quad | None = None
    """The document's outline."""
    quality: Quality | None = None
    forensics: dict[str, Check] = {}
    status: dict[str, Finding] = {}
    """One verdict each on `doc_type`, `expiry`, `quality`, `mrz`, `text`, `security`, `portrait`, `age`, and `overall`."""
    text: list[TextLine] = []


class Merged(Struct, frozen=True, kw_only=True):
    """What several pictures of one document say together."""

    document: Document
    final: bool
    """Further pictures cannot change it: every field is accepted, or all agree on what is printed."""
    pictures: list[int]
    """Which pictures took part, by index."""
    missing: list[str] = []
    """Fields that another picture may settle."""


class Documents(Items[Document], frozen=True, kw_only=True):
    """The result of `document.recognize`: one item a picture."""

    merged: Merged | None = None
