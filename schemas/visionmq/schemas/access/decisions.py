"""Whether this person may take this car now: `access.validate`, `access.face`, `access.return`, and their decisions."""

from typing import Any

from msgspec import Struct

from visionmq.schemas.access.common import Car, Name, Password
from visionmq.schemas.access.edge import EdgeEncoding
from visionmq.schemas.access.reasons import Outcome, Reason, Role
from visionmq.schemas.access.vehicles import Location
from visionmq.schemas.common import Attachment, ModelInfo, Params


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


class FaceParams(Params, frozen=True, kw_only=True):
    """A car, and the face of who stands before it: as the request's one picture, or as an encoding.

    `want` may name `overlay`: the picture with the face that was compared, and what was decided.
    """

    car: Car
    encoding: EdgeEncoding | None = None


class ReturnParams(Params, frozen=True, kw_only=True):
    """Bring a car back: booking closed, car free, location stored, all or nothing, once."""

    user: Name
    """Id (`user_id` of a decision) or login name."""
    car: Car
    location: Location
    booking: str | None = None
    """Only this booking; without it the one that has begun."""
