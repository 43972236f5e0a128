"""What the store can be asked about access: the wire's own parameters, with who asks under which key."""

from typing import Final, Generic, TypeVar

from msgspec import Struct

from visionmq.engine.store.link import Method
from visionmq.engine.store.messages import Author
from visionmq.schemas import access as wire
from visionmq.schemas.access import Reason
from visionmq.schemas.case import Agreement, IdentityEvidence

P = TypeVar("P")


class Asked(Struct, Generic[P], frozen=True):
    """A change: parameters (without `pass_back`), and whose it is under which key."""

    params: P
    author: Author


class Probe(Struct, frozen=True, kw_only=True):
    """A face as numbers, and what distances mean for its model."""

    vector: bytes
    """float32, little-endian."""
    model: str
    """Name and version, as galleries are named by."""
    thresholds: list[tuple[int, float]]
    """Numbers of comparisons, and the threshold that keeps the false-match rate over so many."""
    false_match_rate: float


class FaceAsked(Struct, frozen=True, kw_only=True):
    """Whether a face opens a car; with the proof where the car made the encoding."""

    car: str
    probe: Probe
    author: Author
    nonce: str | None = None
    proof: str | None = None
    proof_model: str = ""
    """The model as the car names it: what the proof is over."""
    refused: Reason | None = None
    """Why it counts for nothing, whoever it is like; the nonce is used up all the same."""


class Facts(Struct, frozen=True, kw_only=True):
    """What the pictures of a case came to, for the keeper to decide on."""

    surname: str = ""
    given_names: str = ""
    name_cut: bool = False
    """The document's name may go on beyond the zone."""
    birth_date: str | None = None
    age: int | None = None
    day: str | None = None
    """The day the document was judged by, where the asker named one; for the log."""
    reasons: list[Reason] = []
    """What speaks for and against document, portrait and selfie."""
    evidence: list[wire.Evidence] = []


class CaseAsked(Struct, frozen=True, kw_only=True):
    """Whether the person of a case may take a car."""

    car: str
    user: str | None
    password: str | None
    facts: Facts
    author: Author
    probe: Probe | None = None
    """The selfie's encoding; None where there is none."""


class CaseTold(Struct, frozen=True, kw_only=True):
    """The decision of a case, and how the document compared with the record."""

    decision: wire.Decision
    name: Agreement = Agreement.UNKNOWN
    birth_date: Agreement = Agreement.UNKNOWN
    enrolled_face: Agreement = Agreement.UNKNOWN

    @property
    def identity(self) -> IdentityEvidence:
        """The comparisons with the record."""
        return IdentityEvidence(name=self.name, birth_date=self.birth_date, enrolled_face=self.enrolled_face)


class Prepared(Struct, frozen=True):
    """The store is ready for logins; the policy in force."""

    policy: wire.Policy


class Prepare(Struct, frozen=True):
    """Make what logins need, once."""

    author: Author


PREPARE: Final = Method("access.prepare", Prepare, Prepared)
VALIDATE: Final = Method("access.validate", Asked[wire.ValidateParams], wire.Decision)
FACE: Final = Method("access.face", FaceAsked, wire.Decision)
CASE: Final = Method("case.verify", CaseAsked, CaseTold)
NONCE: Final = Method("access.nonce", Asked[wire.NonceParams], wire.Nonce)
RETURN: Final = Method("access.return", Asked[wire.ReturnParams], wire.Decision)
ADD_USER: Final = Method("access.add_user", Asked[wire.AddUserParams], wire.Changed)
EDIT_USER: Final = Method("access.edit_user", Asked[wire.EditUserParams], wire.Changed)
SET_PASSWORD: Final = Method("access.set_password", Asked[wire.SetPasswordParams], wire.Changed)
UNLOCK: Final = Method("access.unlock", Asked[wire.UserParams], wire.Changed)
USERS: Final = Method("access.users", wire.UsersParams, wire.Users)
FORGET_USER: Final = Method("access.forget_user", Asked[wire.UserParams], wire.Forgotten)
ADD_VEHICLE: Final = Method("access.add_vehicle", Asked[wire.AddVehicleParams], wire.DeviceKey)
EDIT_VEHICLE: Final = Method("access.edit_vehicle", Asked[wire.EditVehicleParams], wire.Changed)
ROTATE_KEY: Final = Method("access.rotate_device_key", Asked[wire.VehicleParams], wire.DeviceKey)
REMOVE_VEHICLE: Final = Method("access.remove_vehicle", Asked[wire.VehicleParams], wire.Changed)
VEHICLES: Final = Method("access.vehicles", wire.VehiclesParams, wire.Vehicles)
BOOK: Final = Method("access.book", Asked[wire.BookParams], wire.Changed)
CANCEL: Final = Method("access.cancel_booking", Asked[wire.CancelParams], wire.Changed)
BOOKINGS: Final = Method("access.bookings", wire.BookingsParams, wire.Bookings)
ADD_ENGINEER: Final = Method("access.add_engineer", Asked[wire.UserParams], wire.Changed)
REMOVE_ENGINEER: Final = Method("access.remove_engineer", Asked[wire.UserParams], wire.Changed)
ASSIGN: Final = Method("access.assign", Asked[wire.AssignParams], wire.Changed)
UNASSIGN: Final = Method("access.unassign", Asked[wire.UnassignParams], wire.Changed)
ENGINEERS: Final = Method("access.engineers", wire.EngineersParams, wire.Engineers)
POLICY: Final = Method("access.policy", wire.PolicyParams, wire.Policy)
SET_POLICY: Final = Method("access.set_policy", Asked[wire.SetPolicyParams], wire.Policy)
