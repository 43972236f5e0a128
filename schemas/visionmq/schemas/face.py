"""Parameters and results of the `face.*` operations.

Distances are Euclidean, between encodings of one model: smaller is more alike. Boxes and points are in pixels of the
picture as sent (EXIF orientation applied). An error rate always says what it was measured on.
"""

from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, Struct

from visionmq.schemas.common import Attachment, Items, ModelInfo, Params
from visionmq.schemas.limits import MAX_IMAGES, MAX_NAME_LENGTH

Point: TypeAlias = tuple[float, float]
"""x and y in pixels."""
Interval: TypeAlias = tuple[float, float]
"""Lower and upper end; 95 % where nothing else is said."""

DEFAULT_COLLECTION: Final = "default"
DEFAULT_FMR: Final = 0.005
"""Wanted false-match rate of a comparison: here both errors are about equal on ordinary pictures. Ask for 0.001 or
less where a false match opens something."""
DEFAULT_SEARCH_FMR: Final = 0.01
"""Wanted rate of searches by strangers that name anybody at all, whatever the gallery's size."""
DEFAULT_TOP: Final = 5
MAX_TOP: Final = 100
MAX_FACES: Final = 1000
MAX_SUBJECT_LENGTH: Final = 256
MAX_DIMENSION: Final = 4096
MAX_PAGE: Final = 1000
MAX_TOKEN_LENGTH: Final = 4096

Collection: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
Subject: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_SUBJECT_LENGTH)]
Rate: TypeAlias = Annotated[float, Meta(ge=1e-9, le=0.5)]
Distance: TypeAlias = Annotated[float, Meta(ge=0, le=10)]


class Several(StrEnum):
    """What to do with a picture of several faces."""

    PROMINENT = "prominent"
    """Take the most prominent one (large, central, sharp), and say so."""
    REFUSE = "refuse"
    """Answer `several_faces`."""


class Calibration(StrEnum):
    """Which measurements a threshold and a probability rest on."""

    AUTO = "auto"
    """The gallery's own where it was calibrated with `face.calibrate`, else those that come with the release."""
    SHIPPED = "shipped"
    GALLERY = "gallery"
    """`not_found` where the gallery was not calibrated."""


class Source(StrEnum):
    """Where an encoding came from."""

    PICTURE = "picture"
    ENCODING = "encoding"
    """Made elsewhere and sent: nothing is known of the picture."""
    SUBJECT = "subject"


class Encoding(Struct, frozen=True, forbid_unknown_fields=True):
    """A face as numbers, made elsewhere by the model that is named; of no use with another model."""

    model: Annotated[str, Meta(min_length=1, max_length=128)]
    """Name, or name/version, as `face.encode` gave it; refused where this service uses another one."""
    values: Annotated[list[float], Meta(min_length=1, max_length=MAX_DIMENSION)]


class Box(Struct, frozen=True, forbid_unknown_fields=True):
    """An upright rectangle in pixels; may reach beyond the picture."""

    left: float
    top: float
    width: float
    height: float


class FaceQuality(Struct, frozen=True, kw_only=True):
    """How good a picture of a face is, and what is wrong with it."""

    score: float
    """0 to 1; at 0 at least one limit of enrolment is broken by far."""
    usable: bool
    """Whether it may be enrolled."""
    issues: list[str] = []
    """Error codes that enrolment would refuse it with: `face_too_small`, `face_blurred`, `face_turned`, ..."""
    notes: list[str] = []
    """One sentence an issue, with the measured value and the limit."""
    figures: dict[str, float] = {}
    """What was measured: `side` and `eye_distance` (pixels), `sharpness`, `brightness` (0 to 1), `yaw`, `pitch`, `roll`
    (degrees; yaw is positive towards the picture's right, the person's left), `occlusion` (0 to 1)."""


class Face(Struct, frozen=True, kw_only=True):
    """One face of a picture."""

    box: Box
    score: float
    """The detector's, 0 to 1."""
    landmarks: dict[str, Point] = {}
    quality: FaceQuality | None = None
    encoding: list[float] | None = None
    """With `face.encode`; to be kept with the name of the model beside it."""


class Faces(Struct, frozen=True, kw_only=True):
    """The faces of one picture, the most prominent first."""

    width: int
    height: int
    faces: list[Face]
    total: int
    """How many were found; more than `faces` holds where `most` cut them off."""
    notes: list[str] = []
    """What was done to the picture before, as `EXIF orientation 6 applied`."""


class DetectParams(Params, frozen=True, kw_only=True):
    """Find faces. `want` may name `overlay` (the picture with what was found) and `crops` (each face, upright)."""

    most: Annotated[int, Meta(ge=1, le=MAX_FACES)] = 100
    """Faces returned of each picture at most."""


class EncodeParams(DetectParams, frozen=True, kw_only=True):
    """Find faces and make the encoding of each."""


class FaceItems(Items[Faces], frozen=True, kw_only=True):
    """The result of `face.detect` and `face.encode`; a picture without a face has none, which is no error."""


# ---- decisions ------------------------------------------------------------------------------


class OperatingPoint(Struct, frozen=True, kw_only=True):
    """The threshold, the error rate it was chosen for, and what that rate was measured on."""

    threshold: float
    """The largest distance that is a match."""
    fmr: float
    """Wanted: of one comparison in `verify`; that a search meets any false match in `identify`."""
    comparisons: int = 1
    """Independent comparisons that `fmr` was spread over: the gallery's size."""
    fmr_each: float
    """False-match rate of one comparison at the threshold, as modelled."""
    fmr_interval: Interval
    """Of `fmr_each`, by resampling persons."""
    fnmr: float | None
    """Part of genuine pairs that the threshold turns away, as modelled; each person weighs the same. None for a model
    of one's own whose genuine pairs were not measured."""
    extrapolated: bool
    """Whether `fmr_each` is below what the number of measured pairs can show; see `measured_on`."""
    calibration: Calibration
    """`shipped` or `gallery`."""
    measured_on: str
    """Sets, persons and pairs."""


class Presentation(Struct, frozen=True, kw_only=True):
    """What was done against pictures of pictures, masks and screens, and what was not."""

    checked: bool
    """Whether anything was checked at all."""
    passed: bool | None = None
    """None where it was not checked, or could not be decided."""
    method: str | None = None
    score: float | None = None
    cannot_detect: list[str] = []


class Side(Struct, frozen=True, kw_only=True):
    """What stood on one side of a comparison."""

    source: Source
    picture: int | None = None
    """Index of the picture in the request."""
    face: Face | None = None
    """The one that was used."""
    faces: int | None = None
    """How many the picture shows."""
    subject: str | None = None
    templates: int | None = None
    """How many of the subject's were compared; the nearest counts."""
    notes: list[str] = []
    """As `several faces: the most prominent of 3 was taken`."""


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


# ---- the gallery ----------------------------------------------------------------------------


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


class CalibrateParams(Params, frozen=True, kw_only=True):
    """Measure how alike the strangers of a collection are, and keep that for its decisions."""

    collection: Collection = DEFAULT_COLLECTION
    fmr: Rate = DEFAULT_FMR
    keep: bool = True
    """False only measures."""


class Calibrated(Struct, frozen=True, kw_only=True):
    """What a gallery's own impostor pairs say."""

    collection: str
    subjects: int
    templates: int
    pairs: int
    """Of templates of different subjects."""
    shipped: OperatingPoint
    """What the release's measurements give for `fmr`."""
    measured_fmr: float
    """False-match rate of this gallery at the shipped threshold."""
    measured_interval: Interval
    gallery: OperatingPoint | None
    """What the gallery's own pairs give; None where they are too few."""
    kept: bool
    notes: list[str] = []
    pass_back: Any = None


# ---- a live response ------------------------------------------------------------------------


class Action(StrEnum):
    """What a person is asked to do; left and right are the person's own."""

    LOOK_STRAIGHT = "look_straight"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    BLINK = "blink"


class ChallengeParams(Params, frozen=True, kw_only=True):
    """Ask for a random sequence of actions."""

    actions: Annotated[int, Meta(ge=2, le=8)] = 5
    """A recording made for the purpose passes one challenge in eight of 5 steps, one in four of 3, one in twenty of 8."""
    seconds: Annotated[float, Meta(ge=5, le=600)] = 60.0
    """Until it expires."""


class Challenge(Struct, frozen=True, kw_only=True):
    """What to do, in this order; good for one response."""

    challenge: str
    """To be sent back as it is."""
    steps: list[Action]
    instructions: list[str]
    """One sentence a step, for the person."""
    expires_at: str
    """ISO 8601, UTC."""
    seconds: float
    cannot_detect: list[str]
    pass_back: Any = None


class RespondParams(Params, frozen=True, kw_only=True):
    """The frames that show the actions, in the order in which they were taken."""

    challenge: Annotated[str, Meta(min_length=1, max_length=MAX_TOKEN_LENGTH)]


class StepEvidence(Struct, frozen=True, kw_only=True):
    """Whether one step was seen."""

    action: Action
    done: bool
    frames: list[int] = []
    """Indices of the frames that show it."""
    measured: float | None = None
    limit: float | None = None
    message: str = ""


class Responded(Struct, frozen=True, kw_only=True):
    """Whether the frames prove a live response to this challenge."""

    live: bool
    """False says `not proven`, never `proven false`."""
    reasons: list[str] = []
    """Why not: `expired`, `used_before`, `step_missing`, `other_movement`, `face_lost`, `another_person`."""
    steps: list[StepEvidence]
    best_frame: int | None = None
    """The frame that shows the face best, to be verified or enrolled."""
    person_distance: float | None = None
    """Largest distance between the best frame's face and that of another frame."""
    presentation: Presentation
    model: ModelInfo
    pass_back: Any = None
