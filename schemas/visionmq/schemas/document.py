"""Parameters and results of the `document.*` operations (ICAO Doc 9303, parts 3 to 7)."""

from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from visionmq.schemas.common import Attachment, Items, Params, Quad


class CheckDigit(StrEnum):
    """What the check digit that covers a field says (ICAO 9303-3, 4.9)."""

    PASSED = "passed"
    FAILED = "failed"
    ABSENT = "absent"
    """The standard gives this field no check digit, or the document leaves it empty."""


class Edit(Struct, frozen=True):
    """One character that was read otherwise than the picture alone suggests."""

    index: int
    """Position in the line, from 0."""
    line: int
    read: str
    taken: str
    cost: float
    """Natural logarithm of how much likelier the reading was than what was taken."""


class Alternative(Struct, frozen=True):
    """What a doubtful character may be instead."""

    index: int
    """Position in the field's raw text, from 0."""
    character: str
    probability: float


class Field(Struct, frozen=True, kw_only=True):
    """One item of a document."""

    name: str
    value: str | None
    """Normalised: dates as ISO 8601, fillers removed; None where it cannot be made sense of."""
    raw: str
    """The characters as printed, fillers kept."""
    accepted: bool
    """Whether the value may be relied on; never true for a failed check digit or an ambiguous repair."""
    confidence: float
    """Probability, 0 to 1, that every character is right."""
    check_digit: CheckDigit = CheckDigit.ABSENT
    repaired: bool = False
    """A character was read against the picture's first guess, because only so the check digits fit."""
    ambiguous: bool = False
    """Two readings fit equally well; never accepted."""
    note: str | None = None
    quad: Quad | None = None
    source: str = "mrz"
    """Where it stands: `mrz`, `barcode`, `template` or `visual`."""
    alternatives: list[Alternative] = []
    """For each doubtful character, what else it may be; likeliest first."""
    attributes: dict[str, str] = {}
    """More forms of the value: `alpha_2`, `country`, `date` (DD.MM.YYYY), `transliterated`, ..."""


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


class MasksParams(Params, frozen=True, kw_only=True):
    """`document.masks` takes nothing of its own."""


class Masks(Struct, frozen=True):
    """What can be recognised now."""

    masks: list[str]
    modes: list[str]
    pass_back: Any = None


class MakeParams(Params, frozen=True, kw_only=True):
    """A specimen to write and draw; fields left out are invented from the seed."""

    doc_type: str = "mrz.mrp"
    fields: dict[str, str] = {}
    """By the names of the result without `mrz_`: `surname`, `number`, `birth_date` (ISO 8601), ..."""
    seed: int = 0
    photograph: bool = True
    """Lay the page on a table and photograph it; else the bare page."""


class Made(Struct, frozen=True, kw_only=True):
    """A drawn specimen and its ground truth; the picture is the first image frame."""

    doc_type: str
    mrz: list[str]
    fields: dict[str, str]
    quads: dict[str, Quad] = {}
    images: list[Attachment] = []
    pass_back: Any = None


class ZoneKind(StrEnum):
    """What a template's zone holds."""

    TEXT = "text"
    DATE = "date"
    MRZ = "mrz"
    PICTURE = "picture"
    SIGNATURE = "signature"
    CHECKBOX = "checkbox"


class TemplateZone(Struct, frozen=True, forbid_unknown_fields=True):
    """One named part of a template's picture."""

    name: str
    kind: ZoneKind
    box: tuple[float, float, float, float]
    """Left, top, width, height in pixels of the template's picture."""
    pattern: str | None = None
    """Regular expression that the whole text must match to be accepted."""
    date_format: str | None = None
    """For dates, as `DD.MM.YYYY`."""
    label: str | None = None


class LearnParams(Params, frozen=True, kw_only=True):
    """A template: the request's one picture is the clean document."""

    name: str
    zones: list[TemplateZone]
    title: str | None = None


class Learned(Struct, frozen=True, kw_only=True):
    """A bundle; each file of it is an image frame, named by its attachment."""

    name: str
    features: int
    """Landmarks that a photograph can be aligned by."""
    warnings: list[str] = []
    images: list[Attachment] = []
    pass_back: Any = None
