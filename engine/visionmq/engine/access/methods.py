"""What the store can be asked about access: the wire's own parameters, with who asks under which key."""

from typing import Final, Generic, TypeVar

from msgspec import Struct

from visionmq.engine.store.link import Method
from visionmq.engine.store.messages import Author
from visionmq.schemas.access.bookings import Bookings, BookingsParams, BookParams, CancelParams
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.decisions import Decision, Evidence, ReturnParams, ValidateParams
from visionmq.schemas.access.edge import Nonce, NonceParams
from visionmq.schemas.access.engineers import AssignParams, Engineers, EngineersParams, UnassignParams
from visionmq.schemas.access.policies import Policy, PolicyParams, SetPolicyParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.access.users import (
    AddUserParams,
    EditUserParams,
    Forgotten,
    SetPasswordParams,
    UserParams,
    Users,
    UsersParams,
)
from visionmq.schemas.access.vehicles import (
    AddVehicleParams,
    DeviceKey,
    EditVehicleParams,
    VehicleParams,
    Vehicles,
    VehiclesParams,
)
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
    evidence: list[Evidence] = []


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

    decision: Decision
    name: Agreement = Agreement.UNKNOWN
    birth_date: Agreement = Agreement.UNKNOWN
    enrolled_face: Agreement = Agreement.UNKNOWN

    @property
    def identity(self) -> IdentityEvidence:
        """The comparisons with the record."""
        return IdentityEvidence(name=self.name, birth_date=self.birth_date, enrolled_face=self.enrolled_face)


class Prepared(Struct, frozen=True):
    """The store is ready for logins; the policy in force."""

    policy: Policy


class Prepare(Struct, frozen=True):
    """Make what logins need, once."""

    author: Author


PREPARE: Final = Method("access.prepare", Prepare, Prepared)
VALIDATE: Final = Method("access.validate", Asked[ValidateParams], Decision)
FACE: Final = Method("access.face", FaceAsked, Decision)
CASE: Final = Method("case.verify", CaseAsked, CaseTold)
NONCE: Final = Method("access.nonce", Asked[NonceParams], Nonce)
RETURN: Final = Method("access.return", Asked[ReturnParams], Decision)
ADD_USER: Final = Method("access.add_user", Asked[AddUserParams], Changed)
EDIT_USER: Final = Method("access.edit_user", Asked[EditUserParams], Changed)
SET_PASSWORD: Final = Method("access.set_password", Asked[SetPasswordParams], Changed)
UNLOCK: Final = Method("access.unlock", Asked[UserParams], Changed)
USERS: Final = Method("access.users", UsersParams, Users)
FORGET_USER: Final = Method("access.forget_user", Asked[UserParams], Forgotten)
ADD_VEHICLE: Final = Method("access.add_vehicle", Asked[AddVehicleParams], DeviceKey)
EDIT_VEHICLE: Final = Method("access.edit_vehicle", Asked[EditVehicleParams], Changed)
ROTATE_KEY: Final = Method("access.rotate_device_key", Asked[VehicleParams], DeviceKey)
REMOVE_VEHICLE: Final = Method("access.remove_vehicle", Asked[VehicleParams], Changed)
VEHICLES: Final = Method("access.vehicles", VehiclesParams, Vehicles)
BOOK: Final = Method("access.book", Asked[BookParams], Changed)
CANCEL: Final = Method("access.cancel_booking", Asked[CancelParams], Changed)
BOOKINGS: Final = Method("access.bookings", BookingsParams, Bookings)
ADD_ENGINEER: Final = Method("access.add_engineer", Asked[UserParams], Changed)
REMOVE_ENGINEER: Final = Method("access.remove_engineer", Asked[UserParams], Changed)
ASSIGN: Final = Method("access.assign", Asked[AssignParams], Changed)
UNASSIGN: Final = Method("access.unassign", Asked[UnassignParams], Changed)
ENGINEERS: Final = Method("access.engineers", EngineersParams, Engineers)
POLICY: Final = Method("access.policy", PolicyParams, Policy)
SET_POLICY: Final = Method("access.set_policy", Asked[SetPolicyParams], Policy)
