"""A service of access, cases and a store for the command line's tests: one user ada, one car, one booking."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tests.cli.fake_service import Answer, FakeService, Refused
from visionmq.schemas import case as c
from visionmq.schemas import store as s
from visionmq.schemas.access.bookings import Booking, Bookings, BookingsParams, BookingState, BookParams
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.decisions import Decision, Evidence, FaceEvidence, FaceParams, ReturnParams, ValidateParams
from visionmq.schemas.access.edge import Nonce, edge_proof
from visionmq.schemas.access.engineers import Assignment, Engineer, Engineers, EngineersParams
from visionmq.schemas.access.imports import Imported, ImportedRow, ImportKind, ImportParams
from visionmq.schemas.access.policies import Policy, Rules, SetPolicyParams
from visionmq.schemas.access.reasons import Outcome, Reason, Role
from visionmq.schemas.access.users import Forgotten, User, UserParams, Users, UsersParams
from visionmq.schemas.access.vehicles import CarState, DeviceKey, Location, Vehicle, Vehicles, VehiclesParams
from visionmq.schemas.common import Attachment, Item, ModelInfo, ProgressReport
from visionmq.schemas.errors import ErrorCode, make_error

PNG = b"\x89PNG picture"
KEY = "ab" * 32
NONCE = "cd" * 32
WHEN = "2026-11-21T10:00:00+00:00"
MODEL = ModelInfo("dlib-resnet", "1", "CC0-1.0")
_CHANGES = (
    "add_user",
    "edit_user",
    "set_password",
    "unlock",
    "edit_vehicle",
    "remove_vehicle",
    "cancel_booking",
    "add_engineer",
    "remove_engineer",
    "assign",
    "unassign",
)
CHANGED = Changed(id="01ID", audit_sequence=5)
DEVICE = DeviceKey(car="car-7", key=KEY, audit_sequence=6)


def decision(allowed: bool, car: str, *reasons: Reason, **more: Any) -> Decision:
    """Return a decision."""
    return Decision(
        decision=Outcome.ALLOW if allowed else Outcome.DENY,
        allowed=allowed,
        reasons=list(reasons),
        car=car,
        user_id="01ADA" if allowed else None,
        evidence=[Evidence("booking", "01BOOK")],
        policy=2,
        decided_at=WHEN,
        audit_sequence=42,
        **more,
    )


def validate(params: ValidateParams, _images: Sequence[bytes]) -> Answer:
    """Allow ada, by the right password."""
    if (params.user, params.password) == ("ada", "right horse"):
        return decision(True, params.car, Reason.LOGIN_RIGHT, Reason.LIVE_BOOKING, role=Role.BOOKER, booking="01BOOK")
    return decision(False, params.car, Reason.LOGIN_FAILED)


def face(params: FaceParams, images: Sequence[bytes]) -> Answer:
    """Allow ada's picture, and an encoding with its proof."""
    edge = params.encoding
    proved = edge is not None and edge.proof == edge_proof(
        KEY, nonce=NONCE, car=params.car, model=edge.model, vector=edge.vector
    )
    known = proved or images[:1] == [b"ada"]
    seen = FaceEvidence(
        candidates=1,
        templates=3,
        distance=0.31 if known else 0.8,
        threshold=0.5,
        false_match_rate=0.001,
        at_edge=edge is not None,
        model=MODEL,
        cannot_detect="a printed picture",
    )
    reasons = (Reason.FACE_MATCHED, Reason.LIVE_BOOKING) if known else (Reason.FACE_NOT_RECOGNISED,)
    return decision(known, params.car, *reasons, face=seen)


def bring_back(params: ReturnParams, _images: Sequence[bytes]) -> Answer:
    """Take car-7 back from ada."""
    if params.user != "ada":
        return decision(False, params.car, Reason.NOTHING_TO_RETURN)
    return decision(True, params.car, Reason.RETURNED)


def users(params: UsersParams, _images: Sequence[bytes]) -> Answer:
    """Answer with two pages."""
    name = "ada" if params.after is None else "grace"
    one = User(user_id="01" + name.upper(), user=name, subject=name, collection="access", created_at=WHEN)
    return Users(users=[one], total=2, after="01ADA" if name == "ada" else None)


def vehicles(_params: VehiclesParams, _images: Sequence[bytes]) -> Answer:
    """Answer with one car."""
    where = Location(latitude=48.2, longitude=16.37, text="yard")
    one = Vehicle(car="car-7", plate="W 1", state=CarState.OUT_OF_SERVICE, location=where, key_made_at=WHEN)
    return Vehicles(vehicles=[one], total=1)


def book(params: BookParams, _images: Sequence[bytes]) -> Answer:
    """Refuse what ends before it starts, as an overlap."""
    if params.end <= params.start:
        raise Refused(ErrorCode.CONFLICT, "The booking overlaps another.")
    return CHANGED


def bookings(_params: BookingsParams, _images: Sequence[bytes]) -> Answer:
    """Answer with one booking of somebody who was forgotten."""
    one = Booking(
        booking="01BOOK",
        user_id="01X",
        user=None,
        car="car-7",
        start=WHEN,
        end=WHEN,
        state=BookingState.RETURNED,
        live=False,
    )
    return Bookings(bookings=[one], total=1)


def engineers(_params: EngineersParams, _images: Sequence[bytes]) -> Answer:
    """Answer with one who is assigned and one who is not."""
    every = Assignment(assignment="01ASSIGN", car="*", start=WHEN, live=True)
    return Engineers(
        engineers=[Engineer(user_id="1", user="grace", assignments=[every]), Engineer(user_id="2", user="alan")]
    )


def take_in(params: ImportParams, _images: Sequence[bytes]) -> Answer:
    """Take in every row but those of eve."""
    items: list[Item[ImportedRow]] = []
    for row in params.rows:
        if row.get("user") == "eve":
            items.append(Item(ok=False, error=make_error(ErrorCode.CONFLICT, "The name is taken.")))
        else:
            key = KEY if params.kind == ImportKind.VEHICLES else None
            items.append(Item(ok=True, result=ImportedRow(id=row.get("car", "01"), key=key, audit_sequence=9)))
    good = sum(item.ok for item in items)
    return Imported(items=items, imported=good, failed=len(items) - good)


def set_policy(params: SetPolicyParams, _images: Sequence[bytes]) -> Answer:
    """Put rules in force over the defaults."""
    return Policy(version=3, rules=msgspec.convert(params.rules, Rules), set_at=WHEN)


def forget(params: UserParams, _images: Sequence[bytes]) -> Answer:
    """Forget ada."""
    return Forgotten(
        user_id="01ADA",
        cancelled_bookings=["01BOOK"],
        faces=3,
        forgotten_at=WHEN,
        audit_sequence=11,
        audit_hash="00",
        public_key="cHVi",
        signature="c2ln",
    )


# ---- one case -------------------------------------------------------------------------------

DOCUMENT = c.DocumentEvidence(
    doc_type="mrz.td1",
    surname="LOVELACE",
    given_names="ADA",
    birth_date="1990-12-10",
    expiry_date="2030-01-01",
    valid=True,
    age=35,
)
SEEN = c.FaceSeen(found=True, quality=0.82)
COMPARISON = c.Comparison(distance=0.4, threshold=0.5, same=True, probability=0.98, false_match_rate=0.001)
REPORTS = [
    ProgressReport("document", 0.4, msgspec.to_builtins(c.CaseProgress(document=DOCUMENT))),
    ProgressReport(
        "comparison", 0.9, msgspec.to_builtins(c.CaseProgress(document=DOCUMENT, selfie=SEEN, comparison=COMPARISON))
    ),
]


def case(params: c.CaseParams, images: Sequence[bytes]) -> Answer:
    """Allow ada's selfie; without a face deny, and name no reason about the record."""
    good = images[1] == b"ada"
    selfie = SEEN if good else c.FaceSeen(found=False, refused="no_face")
    reasons = (Reason.DOCUMENT_VALID, Reason.PORTRAIT_MATCHED) if good else (Reason.SELFIE_REFUSED,)
    made = c.Case(
        decision=decision(good, params.car, *reasons),
        document=DOCUMENT,
        portrait=SEEN,
        selfie=selfie,
        comparison=COMPARISON if good else None,
        identity=c.IdentityEvidence(name=c.Agreement.SAME, birth_date=c.Agreement.UNTOLD),
        images=[Attachment(name, number) for number, name in enumerate(params.want)],
    )
    return made, [PNG] * len(params.want)


# ---- the store ------------------------------------------------------------------------------

HEAD = s.Head(store_id="s", sequence=42, hash="ff00", at=WHEN, public_key="cHVi", signature="c2ln")


def verify_log(params: s.VerifyParams, _images: Sequence[bytes]) -> Answer:
    """Find the log whole, but broken where a head of another hash was kept."""
    if params.head is not None and params.head.hash != HEAD.hash:
        return s.Verified(ok=False, rows=6, broken_at=7, reason="the hash differs", sequence=6, hash="0f")
    return s.Verified(ok=True, rows=42, sequence=42, hash="ff00", head_checked=params.head is not None)


def entries(_params: s.ListParams, _images: Sequence[bytes]) -> Answer:
    """Answer with one row."""
    row = s.Entry(sequence=7, at=WHEN, action="gallery.enroll", user="door", facts={"subject": "01ADA"}, hash="0f")
    return s.Entries(entries=[row], total=42)


def info(_params: s.InfoParams, _images: Sequence[bytes]) -> Answer:
    """Answer with a store."""
    return s.Info(
        store_id="s1",
        kind="sqlite",
        address="/data/store.db",
        schema_version="1",
        fingerprint="0f",
        key_file="/data/store.db.keys",
        wrapping_key="k2",
        former_keys=0,
        subjects=2,
        templates=5,
        collections=1,
        audit_rows=42,
        created_at=WHEN,
        public_key="cHVi",
    )


def receipt(params: s.ReceiptParams, _images: Sequence[bytes]) -> Answer:
    """Believe receipts that are signed as ours."""
    ok = params.receipt.get("signature") == "c2ln"
    return s.ReceiptVerdict(ok=ok, reason="" if ok else "the signature differs", recorded=ok or None)


def service() -> FakeService:
    """Return a service of all these."""
    changed = {name: lambda *_: CHANGED for name in _CHANGES}
    answers: dict[str, Any] = {
        **changed,
        "validate": validate,
        "face": face,
        "return": bring_back,
        "nonce": lambda params, _: Nonce(nonce=NONCE, car=params.car, expires_at=WHEN, seconds=30),
        "users": users,
        "forget_user": forget,
        "add_vehicle": lambda *_: DEVICE,
        "rotate_device_key": lambda *_: DEVICE,
        "vehicles": vehicles,
        "book": book,
        "bookings": bookings,
        "engineers": engineers,
        "import": take_in,
        "policy": lambda *_: Policy(version=0, rules=Rules()),
        "set_policy": set_policy,
    }
    others: dict[str, Any] = {
        "case.verify": case,
        "audit.verify": verify_log,
        "audit.list": entries,
        "audit.head": lambda *_: HEAD,
        "store.info": info,
        "store.rekey": lambda *_: s.Rekeyed(wrapping_key="k3", wrapped=5, audit_sequence=43),
        "receipt.verify": receipt,
    }
    return FakeService(
        {**{f"access.{name}": answer for name, answer in answers.items()}, **others}, {"case.verify": REPORTS}
    )
