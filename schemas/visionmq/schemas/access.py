"""Parameters and results of the `access.*` operations: whether this person may take this car now.

Times are in UTC in every result; in parameters they carry their zone (ISO 8601). A window holds its start and not its
end. What a decision tells an outsider never says whether a name exists; the audit log has every reason.
"""

import hmac
import struct
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, Struct

from visionmq.schemas.common import Attachment, Item, ModelInfo, Params

DEFAULT_COLLECTION: Final = "access"
"""The collection of faces that users are linked to, unless told otherwise."""
MAX_ROWS: Final = 500
"""Rows of one `access.import`; each may cost a password hash of 50 ms."""
MAX_PAGE: Final = 1000
MAX_ENCODING: Final = 4096
"""Numbers of an encoding made at the edge."""
EVERY_CAR: Final = "*"
"""Stands for all cars in an engineer's assignment."""

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
"""A user's login name."""
Password: TypeAlias = Annotated[str, Meta(max_length=256)]
NewPassword: TypeAlias = Annotated[str, Meta(min_length=8, max_length=256)]
Car: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
"""A car's id, as its operator gave it."""
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""A point in time with its zone."""
PageSize: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_PAGE)]


# ---- decisions ------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What was decided."""

    ALLOW = "allow"
    DENY = "deny"


class Reason(StrEnum):
    """Why: every reason that a decision may give. Those of the first group speak for it, the others against."""

    LOGIN_RIGHT = "login_right"
    FACE_MATCHED = "face_matched"
    LIVE_BOOKING = "live_booking"
    ENGINEER_ASSIGNED = "engineer_assigned"
    RETURNED = "returned"
    IDENTITY_CONFIRMED = "identity_confirmed"
    """The document's name and date of birth are those of the user's record."""
    DOCUMENT_VALID = "document_valid"
    PORTRAIT_MATCHED = "portrait_matched"
    """The selfie shows the person of the document's portrait."""

    LOGIN_FAILED = "login_failed"
    """No such name, wrong password, or locked out: never told apart."""
    NO_LIVE_BOOKING = "no_live_booking"
    """Nobody, or not this person, holds a booking for this car now; also for a car that is not known."""
    CAR_OUT_OF_SERVICE = "car_out_of_service"
    FACE_NOT_RECOGNISED = "face_not_recognised"
    """It is none of those who may take this car now."""
    FACE_AMBIGUOUS = "face_ambiguous"
    """It is nearly as like a second person who may take this car."""
    FACE_NOT_ENROLLED = "face_not_enrolled"
    """None of those who may take this car has a face of this model in the store."""
    NONCE_REFUSED = "nonce_refused"
    """The nonce was never given, not for this car, was used before, or is too old."""
    PROOF_REFUSED = "proof_refused"
    """The proof is not this car's over this encoding."""
    MODEL_DIFFERS = "model_differs"
    """The encoding was made by another model than the store's."""
    ALREADY_RETURNED = "already_returned"
    NOTHING_TO_RETURN = "nothing_to_return"
    """This user has no booking of this car that has begun; also for a user or car that is not known."""
    TOO_YOUNG = "too_young"
    AGE_UNKNOWN = "age_unknown"
    DOCUMENT_NOT_READ = "document_not_read"
    DOCUMENT_NOT_SURE = "document_not_sure"
    """Fields that the decision rests on were read, but not surely enough."""
    DOCUMENT_EXPIRED = "document_expired"
    DOCUMENT_EXPIRY_UNKNOWN = "document_expiry_unknown"
    DOCUMENT_SUSPECT = "document_suspect"
    """Check digits or forensic checks speak against the document."""
    PORTRAIT_NOT_FOUND = "portrait_not_found"
    PORTRAIT_DIFFERS = "portrait_differs"
    PORTRAIT_UNCERTAIN = "portrait_uncertain"
    """Neither like enough nor unlike enough to say."""
    SELFIE_REFUSED = "selfie_refused"
    """No face, several, or one that is too small, blurred, turned away or covered; the evidence says which."""
    SELFIE_COPIES_PORTRAIT = "selfie_copies_portrait"
    """The two are so alike that the selfie is likely the portrait's own photograph."""
    NAME_DIFFERS = "name_differs"
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    RECORD_INCOMPLETE = "record_incomplete"
    """The user's record lacks the full name or the date of birth that the document is to be compared with."""
    IDENTITY_NOT_CONFIRMED = "identity_not_confirmed"
    """Stands for every reason about a named user's record and booking where that user has not logged in."""


FOR: Final = frozenset(
    {
        Reason.LOGIN_RIGHT,
        Reason.FACE_MATCHED,
        Reason.LIVE_BOOKING,
        Reason.ENGINEER_ASSIGNED,
        Reason.RETURNED,
        Reason.IDENTITY_CONFIRMED,
        Reason.DOCUMENT_VALID,
        Reason.PORTRAIT_MATCHED,
    }
)
"""Reasons that speak for a decision; all others speak against it."""


class Role(StrEnum):
    """As what somebody may take a car."""

    BOOKER = "booker"
    ENGINEER = "engineer"


class Evidence(Struct, frozen=True):
    """One thing that a decision rests on, by its opaque id."""

    kind: str
    """`user`, `booking`, `assignment`, `car`, `template`, `nonce`, `document` or `selfie`."""
    id: str
    """As in the audit log; pictures by the SHA-256 of their pixels."""


class FaceEvidence(Struct, frozen=True, kw_only=True):
    """How a face compared with those who may take the car: 1:few, never the whole gallery."""

    candidates: int
    """Persons it was compared with."""
    templates: int
    distance: float | None
    """To the nearest; None on denial (the audit log has it), as one who is told it can creep nearer."""
    threshold: float
    """At most this far is the same person, for so many templates."""
    margin: float | None = None
    """How much farther the second nearest person is; None without one, and on denial."""
    false_match_rate: float
    """The rate that the threshold keeps over all candidates together."""
    at_edge: bool = False
    """The encoding was made by the car."""
    model: ModelInfo | None = None
    cannot_detect: str = ""
    """What passes all the same."""


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided, why, and where that is written."""

    decision: Outcome
    allowed: bool
    """Whether `decision` is `allow`."""
    reasons: list[Reason]
    car: str
    user_id: str | None = None
    """Opaque; who was recognised (`access.face`), logged in (`access.validate`) or returned it. None on denial."""
    role: Role | None = None
    booking: str | None = None
    """Its id; of a return also where it was returned before."""
    evidence: list[Evidence] = []
    face: FaceEvidence | None = None
    policy: int
    """Version of the policy it was decided by."""
    decided_at: str
    audit_sequence: int
    """Its place in the audit log."""
    repeated: bool = False
    """The same key came before: this is what was decided then."""
    images: list[Attachment] = []
    pass_back: Any = None


class ValidateParams(Params, frozen=True, kw_only=True):
    """Login and car: allowed only with a live booking of this user for this car, or an engineer's assignment."""

    user: Name
    password: Password
    car: Car


class EdgeEncoding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An encoding that the car made itself, and the proof that this car made it now."""

    vector: Annotated[list[float], Meta(min_length=1, max_length=MAX_ENCODING)]
    model: str
    """Name and version of the model, `name/version`, as in `face.encode`'s result."""
    nonce: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """From `access.nonce`; good once."""
    proof: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """`edge_proof` with the car's device key."""


class FaceParams(Params, frozen=True, kw_only=True):
    """A car, and the face of who stands before it: as the request's one picture, or as an encoding.

    `want` may name `overlay`: the picture with the face that was compared, and what was decided.
    """

    car: Car
    encoding: EdgeEncoding | None = None


class NonceParams(Params, frozen=True, kw_only=True):
    """Ask for a nonce; a new one each time, whatever the key."""

    car: Car


class Nonce(Struct, frozen=True, kw_only=True):
    """A number to be used once, by this car, soon."""

    nonce: str
    """32 random bytes in hexadecimal digits."""
    car: str
    expires_at: str
    seconds: float
    pass_back: Any = None


class Location(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a car stands: degrees (WGS 84), words, or both."""

    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    text: Annotated[str, Meta(max_length=200)] = ""


class ReturnParams(Params, frozen=True, kw_only=True):
    """Bring a car back: booking closed, car free, location stored, all or nothing, once."""

    user: Name
    """Id (`user_id` of a decision) or login name."""
    car: Car
    location: Location
    booking: str | None = None
    """Only this booking; without it the one that has begun."""


# ---- users ----------------------------------------------------------------------------------


class AddUserParams(Params, frozen=True, kw_only=True):
    """A new user; CONFLICT if the name is taken."""

    user: Name
    password: NewPassword
    full_name: Annotated[str, Meta(max_length=200)] | None = None
    """As in the identity document, given names and surname in any order; kept encrypted; needed by `case.verify`."""
    birth_date: date | None = None
    subject: Annotated[str, Meta(max_length=128)] | None = None
    """The face subject; without it one of the user's name."""
    collection: Annotated[str, Meta(min_length=1, max_length=64)] = DEFAULT_COLLECTION


class EditUserParams(Params, frozen=True, kw_only=True):
    """Change what is given of a user's record."""

    user: Name
    full_name: Annotated[str, Meta(max_length=200)] | None = None
    birth_date: date | None = None
    subject: Annotated[str, Meta(max_length=128)] | None = None
    collection: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class SetPasswordParams(Params, frozen=True, kw_only=True):
    """Give a user a new password, and clear a lock-out."""

    user: Name
    password: NewPassword


class UserParams(Params, frozen=True, kw_only=True):
    """A user, by login name or id."""

    user: Name


class UsersParams(Params, frozen=True, kw_only=True):
    """A page of users in the order in which they were added."""

    after: str | None = None
    """Id of the last user of the page before."""
    limit: PageSize = MAX_PAGE


class User(Struct, frozen=True, kw_only=True):
    """One user, as administrators see it."""

    user_id: str
    user: str
    full_name: str | None = None
    birth_date: str | None = None
    subject: str
    collection: str
    engineer: bool = False
    locked_until: str | None = None
    failures: int = 0
    """Failed logins since the last right one."""
    created_at: str


class Users(Struct, frozen=True, kw_only=True):
    """Users; `after` asks for the next page, None where there is none."""

    users: list[User]
    total: int
    after: str | None = None
    pass_back: Any = None


class Forgotten(Struct, frozen=True, kw_only=True):
    """That a user's key is destroyed; signed, and checkable without the store."""

    user_id: str
    cancelled_bookings: list[str] = []
    """Bookings that had not begun."""
    faces: int = 0
    """Templates of the linked face subject that went too."""
    forgotten_at: str
    audit_sequence: int
    audit_hash: str
    public_key: str
    """Ed25519, base64."""
    signature: str
    """Base64; over the canonical JSON of all other fields but `pass_back` and `repeated`."""
    repeated: bool = False
    pass_back: Any = None


class Changed(Struct, frozen=True, kw_only=True):
    """An administrator's change was made."""

    id: str
    """Of what was changed or made: user, car, booking, assignment."""
    audit_sequence: int
    repeated: bool = False
    """The same key came before: nothing was changed again."""
    pass_back: Any = None


# ---- cars -----------------------------------------------------------------------------------


class CarState(StrEnum):
    """What a car is doing."""

    FREE = "free"
    IN_USE = "in_use"
    OUT_OF_SERVICE = "out_of_service"
    """Nobody but engineers may take it."""


class AddVehicleParams(Params, frozen=True, kw_only=True):
    """A new car; CONFLICT if the id is taken."""

    car: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\s*]+$")]
    plate: Annotated[str, Meta(max_length=32)] = ""
    location: Location | None = None


class EditVehicleParams(Params, frozen=True, kw_only=True):
    """Change what is given; `state` may be set to `free` or `out_of_service`."""

    car: Car
    plate: Annotated[str, Meta(max_length=32)] | None = None
    location: Location | None = None
    state: CarState | None = None


class VehicleParams(Params, frozen=True, kw_only=True):
    """A car."""

    car: Car


class VehiclesParams(Params, frozen=True, kw_only=True):
    """A page of cars in order of id."""

    after: str | None = None
    limit: PageSize = MAX_PAGE


class DeviceKey(Struct, frozen=True, kw_only=True):
    """The key by which a car proves its encodings; told now and at rotation, never again."""

    car: str
    key: str
    """32 bytes in hexadecimal digits."""
    audit_sequence: int
    repeated: bool = False
    pass_back: Any = None


class Vehicle(Struct, frozen=True, kw_only=True):
    """One car."""

    car: str
    plate: str = ""
    state: CarState
    location: Location | None = None
    located_at: str | None = None
    booking: str | None = None
    """The booking that it is in use by."""
    key_made_at: str


class Vehicles(Struct, frozen=True, kw_only=True):
    """Cars; `after` asks for the next page, None where there is none."""

    vehicles: list[Vehicle]
    total: int
    after: str | None = None
    pass_back: Any = None


# ---- bookings -------------------------------------------------------------------------------


class BookingState(StrEnum):
    """Where a booking is in its life; the last two are ends."""

    BOOKED = "booked"
    ACTIVE = "active"
    """The car was taken."""
    RETURNED = "returned"
    CANCELLED = "cancelled"


class BookParams(Params, frozen=True, kw_only=True):
    """A car for a user from start until before end; CONFLICT where it overlaps another live booking of the car."""

    user: Name
    car: Car
    start: Moment
    end: Moment


class CancelParams(Params, frozen=True, kw_only=True):
    """Give up a booking whose car was not taken; CONFLICT otherwise."""

    booking: str


class BookingsParams(Params, frozen=True, kw_only=True):
    """A page of bookings in order of start; those that fit everything given."""

    car: Car | None = None
    user: Name | None = None
    states: list[BookingState] = []
    """Empty for all."""
    since: Moment | None = None
    """Ending after this."""
    until: Moment | None = None
    """Starting before this."""
    after: str | None = None
    limit: PageSize = MAX_PAGE


class Booking(Struct, frozen=True, kw_only=True):
    """One booking."""

    booking: str
    user_id: str
    user: str | None
    """None for a user who was forgotten."""
    car: str
    start: str
    end: str
    state: BookingState
    live: bool
    """Whether it lets its user take the car now, grace included."""
    taken_at: str | None = None
    closed_at: str | None = None
    """When it was returned or cancelled."""


class Bookings(Struct, frozen=True, kw_only=True):
    """Bookings; `after` asks for the next page, None where there is none."""

    bookings: list[Booking]
    total: int
    after: str | None = None
    pass_back: Any = None


# ---- engineers ------------------------------------------------------------------------------


class AssignParams(Params, frozen=True, kw_only=True):
    """Let an engineer unlock a car, or every car (`*`), without a booking, from start until before end."""

    user: Name
    car: Car
    start: Moment | None = None
    """From now on, if not given."""
    end: Moment | None = None
    """Until it is taken back, if not given."""


class UnassignParams(Params, frozen=True, kw_only=True):
    """Take an assignment back."""

    assignment: str


class EngineersParams(Params, frozen=True, kw_only=True):
    """All engineers and what they are assigned to."""


class Assignment(Struct, frozen=True, kw_only=True):
    """Where and when an engineer may unlock."""

    assignment: str
    car: str
    """A car's id, or `*`."""
    start: str
    end: str | None = None
    live: bool


class Engineer(Struct, frozen=True, kw_only=True):
    """A user who is an engineer."""

    user_id: str
    user: str
    assignments: list[Assignment] = []


class Engineers(Struct, frozen=True, kw_only=True):
    """All engineers."""

    engineers: list[Engineer]
    pass_back: Any = None


# ---- policy and import ----------------------------------------------------------------------


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what is decided; times in seconds."""

    grace_before: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    """A booking is live so long before its start, while no other booking of the car runs."""
    grace_after: Annotated[float, Meta(ge=0, le=86_400)] = 900.0
    """And so long after its end, until another booking of the car starts."""
    user_overlap: bool = False
    """Whether one user may hold several cars at a time."""
    longest_booking: Annotated[float, Meta(gt=0)] = 31 * 86_400.0
    failures: Annotated[int, Meta(ge=1, le=100)] = 5
    """Failed logins of a name, existing or not, after which it is locked (NIST SP 800-63B allows at most 100)."""
    lock_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 30.0
    """The first lock-out; each further failure doubles it."""
    longest_lock: Annotated[float, Meta(ge=1, le=604_800)] = 3_600.0
    nonce_seconds: Annotated[float, Meta(ge=1, le=600)] = 30.0
    nonces: Annotated[int, Meta(ge=1, le=64)] = 8
    """Nonces of a car that are good at a time; one more ends the oldest."""
    false_match_rate: Annotated[float, Meta(gt=0, le=0.1)] = 0.001
    """Wanted of `access.face`, over all candidates together, and of a portrait in `case.verify`."""
    face_margin: Annotated[float, Meta(ge=0, le=1)] = 0.05
    """A second candidate must be so much farther than the first."""
    least_age: Annotated[int, Meta(ge=0, le=130)] = 18
    """Whole years on the day; `case.verify` measures it by the document."""
    accept_specimens: bool = False
    """Whether `case.verify` takes documents that call themselves specimens for good: for trials only."""
    login_age: bool = False
    """Whether `access.validate` and `access.face` ask the record's date of birth too."""


class PolicyParams(Params, frozen=True, kw_only=True):
    """Ask for a policy."""

    version: Annotated[int, Meta(ge=0)] | None = None
    """None for the one in force."""


class SetPolicyParams(Params, frozen=True, kw_only=True):
    """Put rules in force as a new version; former versions stay readable."""

    rules: dict[str, Any]
    """Only what is to change, by the names of `Rules`; the rest stays."""
    replaces: Annotated[int, Meta(ge=0)] | None = None
    """Only if this version is in force; CONFLICT otherwise."""


class Policy(Struct, frozen=True, kw_only=True):
    """Rules and their version; 0 is what holds before any was set."""

    version: int
    rules: Rules
    set_at: str | None = None
    in_force: bool = True
    pass_back: Any = None


class ImportKind(StrEnum):
    """What the rows of an import are, and so their columns."""

    USERS = "users"
    """`user`, `password`, and optionally `full_name`, `birth_date`, `subject`, `collection`."""
    VEHICLES = "vehicles"
    """`car`, and optionally `plate`, `latitude`, `longitude`, `location`."""
    BOOKINGS = "bookings"
    """`user`, `car`, `start`, `end`."""
    ENGINEERS = "engineers"
    """`user`, `car`, and optionally `start`, `end`; makes the user an engineer."""


class ImportParams(Params, frozen=True, kw_only=True):
    """Rows by column name; each succeeds or fails alone, and the same key imports no row twice."""

    kind: ImportKind
    rows: Annotated[list[dict[str, str]], Meta(max_length=MAX_ROWS)]


class ImportedRow(Struct, frozen=True, kw_only=True):
    """One row that was taken in."""

    id: str
    key: str | None = None
    """A new car's device key."""
    audit_sequence: int
    repeated: bool = False


class Imported(Struct, frozen=True, kw_only=True):
    """One item a row, in their order."""

    items: list[Item[ImportedRow]]
    imported: int
    failed: int
    pass_back: Any = None


# ---- the edge's proof -----------------------------------------------------------------------

_DOMAIN: Final = b"visionmq.access.face.1"


def encoding_bytes(vector: Sequence[float]) -> bytes:
    """Return an encoding as the proof covers it: little-endian float32."""
    return struct.pack(f"<{len(vector)}f", *vector)


def edge_proof(key: str, *, nonce: str, car: str, model: str, vector: Sequence[float]) -> str:
    """Return HMAC-SHA256 (RFC 2104) by a car's device key over nonce, car, model and encoding, in hexadecimal digits.

    Each part is preceded by its length (four bytes, big-endian), so that no two requests give the same text. Raises
    ValueError for a key or nonce that is not hexadecimal.
    """
    parts = (_DOMAIN, bytes.fromhex(nonce), car.encode(), model.encode(), encoding_bytes(vector))
    text = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return hmac.digest(bytes.fromhex(key), text, "sha256").hex()
