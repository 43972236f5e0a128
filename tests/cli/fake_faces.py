"""A service of faces for the command line's tests: a picture's first word is who it shows."""

from collections.abc import Sequence
from typing import Any

from tests.cli.fake_service import Answer, FakeService, Refused
from visionmq.schemas.common import Attachment, Item, ModelInfo
from visionmq.schemas.errors import ErrorCode, make_error
from visionmq.schemas.face.calibration import Calibrated, CalibrateParams
from visionmq.schemas.face.challenge import Action, Challenge, ChallengeParams, Responded, RespondParams, StepEvidence
from visionmq.schemas.face.common import Calibration, Source
from visionmq.schemas.face.comparison import OperatingPoint, Presentation, Side
from visionmq.schemas.face.enrolment import Enrolled, EnrollParams, EnrollWarning, Kept, LookAlike, Warned
from visionmq.schemas.face.faces import Box, DetectParams, EncodeParams, Face, FaceItems, FaceQuality, Faces
from visionmq.schemas.face.gallery import (
    CollectionInfo,
    Collections,
    CollectionsParams,
    ForgetParams,
    ForgetReceipt,
    Forgotten,
    SubjectInfo,
    Subjects,
    SubjectsParams,
)
from visionmq.schemas.face.identification import Candidate, Identified, IdentifyParams, Identity, Unknown
from visionmq.schemas.face.verification import Verified, VerifyParams

PNG = b"\x89PNG picture"
MODEL = ModelInfo("dlib-resnet", "1", "CC0-1.0")
POINT = OperatingPoint(
    threshold=0.55,
    fmr=0.001,
    fmr_each=0.001,
    fmr_interval=(0.0005, 0.002),
    fnmr=0.02,
    extrapolated=False,
    calibration=Calibration.SHIPPED,
    measured_on="wild and LFW: 5,000 pairs of strangers",
)
PRESENTATION = Presentation(checked=False, cannot_detect=["a printed picture", "a screen"])
RECEIPT = ForgetReceipt(
    subject_id="s1",
    kind="face",
    collection="default",
    templates=2,
    forgotten_at="2026-11-21T10:00:00Z",
    audit_sequence=7,
    audit_hash="00ff",
    public_key="cHVi",
    signature="c2ln",
)


def who(image: bytes) -> str:
    """Return who a picture shows; refused where nobody, or several."""
    name = image.split()[0].decode()
    if name == "nobody":
        raise Refused(ErrorCode.NO_FACE, "The picture shows no face.")
    if name == "crowd":
        raise Refused(ErrorCode.SEVERAL_FACES, "The picture shows 3 faces.")
    return name


def face(encoding: bool = False) -> Face:
    """Return a face as detected."""
    quality = FaceQuality(
        score=0.4, usable=False, issues=["face_blurred"], notes=["blurred: 3.1, at least 8 are needed"]
    )
    return Face(box=Box(10, 20, 100, 120), score=0.9, quality=quality, encoding=[0.1, 0.2] if encoding else None)


def side(picture: int = 0, **more: Any) -> Side:
    """Return one side of a comparison."""
    return Side(source=Source.PICTURE, picture=picture, face=face(), faces=1, **more)


def verify(params: VerifyParams, images: Sequence[bytes]) -> Answer:
    """Answer by whether both sides are of one name."""
    names = [who(image) for image in images]
    other = params.subject or names[-1]
    same = names[0] == other
    second = Side(source=Source.SUBJECT, subject=other, templates=2) if params.subject else side(1)
    attached = [Attachment(name, number, number % 2) for number, name in enumerate([*params.want] * 2)]
    verified = Verified(
        same=same,
        distance=0.31 if same else 0.82,
        similarity=0.9,
        threshold=params.threshold or 0.55,
        fmr=params.fmr,
        probability=0.9996 if same else 0.0004,
        interval=(0.99, 1.0) if same else (0.0, 0.001),
        prior=params.prior,
        operating_point=POINT,
        a=side(notes=["several faces: the most prominent of 3 was taken"]),
        b=second,
        model=MODEL,
        presentation=PRESENTATION,
        images=attached,
    )
    return verified, [PNG] * len(attached)


def found(params: DetectParams, images: Sequence[bytes]) -> Answer:
    """Answer with a face of each picture, with its encoding where it is asked for."""
    faces = [] if images[0].startswith(b"nobody") else [face(isinstance(params, EncodeParams))]
    item = Item(ok=True, result=Faces(width=640, height=480, faces=faces, total=len(faces)))
    if images[0].startswith(b"broken"):
        item = Item(ok=False, error=make_error(ErrorCode.BAD_IMAGE, "It is no picture."))
    attached = [Attachment(name, number) for number, name in enumerate(params.want)]
    return FaceItems(items=[item], images=attached, models=[MODEL]), [PNG] * len(attached)


def candidate(name: str, distance: float) -> Candidate:
    """Return one of those who may be meant."""
    return Candidate(
        subject=name,
        subject_id=name[0],
        template_id="t",
        distance=distance,
        similarity=0.9,
        probability=0.98,
        interval=(0.97, 0.99),
    )


def identify(_params: IdentifyParams, images: Sequence[bytes]) -> Answer:
    """Answer that ada is known and others are not."""
    name = who(images[0])
    known = name == "ada"
    identity = Identity(
        known=known,
        subject=name if known else None,
        unknown=None if known else Unknown.ABOVE_THRESHOLD,
        reason="0.31 is within 0.49" if known else "0.71 is beyond 0.49",
        distance=0.31 if known else 0.71,
        probability=0.98,
        interval=(0.97, 0.99),
        candidates=[candidate("ada", 0.31 if known else 0.71), candidate("grace", 0.77)],
        operating_point=POINT,
        probe=side(),
        presentation=PRESENTATION,
    )
    items = [Item(ok=True, result=identity)]
    return Identified(items=items, collection="default", subjects=2, templates=5, exact=True, model=MODEL)


def enroll(params: EnrollParams, images: Sequence[bytes]) -> Answer:
    """Keep each picture of one person."""
    items: list[Item[Kept]] = []
    for number, image in enumerate(images):
        try:
            who(image)
            items.append(Item(ok=True, result=Kept(template_id=str(number), source=Source.PICTURE)))
        except Refused as refusal:
            items.append(Item(ok=False, error=make_error(refusal.code, str(refusal))))
    alike = LookAlike(subject="grace", subject_id="g", distance=0.4, probability=0.8, items=[0])
    kept = sum(item.ok for item in items)
    return Enrolled(
        items=items,
        subject=params.subject,
        subject_id="s1",
        collection=params.collection,
        kept=kept,
        templates=kept,
        created=True,
        look_alikes=[alike],
        warnings=[Warned(EnrollWarning.LOOK_ALIKE, "ada looks like grace.")],
        model=MODEL,
    )


def subjects(params: SubjectsParams, _images: Sequence[bytes]) -> Answer:
    """Answer with two pages of one subject each; nobody in an empty collection."""
    names = [] if params.collection == "empty" else ["ada"] if params.after is None else ["grace"]
    rows = [
        SubjectInfo(subject=name, subject_id="s1", templates={"dlib-resnet/1": 2}, created_at="t1", updated_at="t2")
        for name in names
    ]
    after = "ada" if names == ["ada"] else None
    return Subjects(collection=params.collection, subjects=rows, total=len(rows), next=after)


def collections(_params: CollectionsParams, _images: Sequence[bytes]) -> Answer:
    """Answer with one collection."""
    return Collections(collections=[CollectionInfo(collection="default", subjects=2, templates=5)], model=MODEL)


def forget(params: ForgetParams, _images: Sequence[bytes]) -> Answer:
    """Answer with a receipt, but for those who were never there."""
    if params.subject != "ada":
        raise Refused(ErrorCode.NOT_FOUND, f"There is no subject {params.subject!r} in {params.collection!r}.")
    return Forgotten(subject=params.subject, receipt=RECEIPT)


def calibrate(params: CalibrateParams, _images: Sequence[bytes]) -> Answer:
    """Answer with measurements."""
    return Calibrated(
        collection=params.collection,
        subjects=20,
        templates=60,
        pairs=1700,
        shipped=POINT,
        measured_fmr=0.0012,
        measured_interval=(0.0004, 0.003),
        gallery=None,
        kept=False,
        notes=["too few pairs for 1 in 1,000"],
    )


def challenge(_params: ChallengeParams, _images: Sequence[bytes]) -> Answer:
    """Ask for two actions."""
    return Challenge(
        challenge="token",
        steps=[Action.TURN_LEFT, Action.BLINK],
        instructions=["Turn your head to your left.", "Close both eyes for a moment."],
        expires_at="2026-11-21T10:01:00Z",
        seconds=60,
        cannot_detect=["a mask"],
    )


def respond(params: RespondParams, images: Sequence[bytes]) -> Answer:
    """Find it live where there are as many frames as actions and the token is right."""
    live = len(images) >= 2 and params.challenge == "token"
    steps = [StepEvidence(action=Action.TURN_LEFT, done=True, frames=[0], message="turned 24 degrees")]
    return Responded(
        live=live,
        reasons=[] if live else ["step_missing"],
        steps=[*steps, StepEvidence(action=Action.BLINK, done=live)],
        best_frame=0,
        presentation=PRESENTATION,
        model=MODEL,
    )


def service() -> FakeService:
    """Return a service of faces."""
    return FakeService(
        {
            "face.verify": verify,
            "face.detect": found,
            "face.encode": found,
            "face.identify": identify,
            "face.enroll": enroll,
            "face.subjects": subjects,
            "face.collections": collections,
            "face.forget": forget,
            "face.calibrate": calibrate,
            "face.challenge": challenge,
            "face.respond": respond,
        }
    )
