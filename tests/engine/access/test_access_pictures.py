"""Access by pictures: real faces before a car, and a drawn document that carries one of them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.engine.access.conftest import CHEAP
from tests.engine.access.garage import PASSWORD
from visionmq.engine.access.case_document import reasons_of
from visionmq.engine.access.engine import AccessEngine
from visionmq.engine.access.passwords import Passwords
from visionmq.engine.api import Engine, EngineError, Job
from visionmq.engine.document.specimen.draw import Specimen, draw_specimen
from visionmq.engine.gate import PictureFormat
from visionmq.engine.picture import Picture, Pixels
from visionmq.engine.shared import Shared
from visionmq.engine.store.link import Link
from visionmq.engine.store.opened import open_here
from visionmq.schemas.access.bookings import BookParams
from visionmq.schemas.access.decisions import Decision, FaceParams
from visionmq.schemas.access.edge import EdgeEncoding, NonceParams, edge_proof
from visionmq.schemas.access.reasons import FOR, Reason, Role
from visionmq.schemas.access.users import AddUserParams
from visionmq.schemas.access.vehicles import AddVehicleParams
from visionmq.schemas.case import STAGES, Agreement, CaseParams
from visionmq.schemas.common import Params, ProgressReport
from visionmq.schemas.document.documents import Document
from visionmq.schemas.errors import ErrorCode, make_error
from visionmq.schemas.face.enrolment import EnrollParams
from visionmq.schemas.face.faces import EncodeParams

FACES = Path(__file__).parents[3].parent / "shared" / "data" / "faces_wild" / "dev" / "images"
ANN, ANN_AGAIN, BEN = "df_img1.jpg", "df_img10.jpg", "fr_obama.jpg"
DAY = datetime(2031, 5, 1, 10, 0, tzinfo=UTC)
HOLDER = {
    "surname": "MÜLLER",
    "given_names": "LINA MARIE",
    "birth_date": "1987-04-12",
    "expiry_date": "2034-09-30",
    "issuer": "DEU",
    "nationality": "DEU",
}


def photo(name: str) -> Picture:
    pixels = cv2.imread(str(FACES / name))
    if pixels is None:
        pytest.skip(f"{FACES / name} is not here")
    return as_picture(np.asarray(pixels, np.uint8))


def as_picture(pixels: Pixels) -> Picture:
    return Picture(np.ascontiguousarray(pixels), pixels.shape[1], pixels.shape[0], PictureFormat.RAW)


class Process(Shared):
    """What the engines of a process share, with a store in it."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._store = link


class Street:
    """A car in the street, and the engines."""

    def __init__(self, process: Process) -> None:
        self.access: Engine = process.engine("access")
        self.face: Engine = process.engine("face")
        self.count = 0
        self.progress: list[ProgressReport] = []

    def ask(self, operation: str, params: Params, *pictures: Any, engine: Engine | None = None) -> Any:
        self.count += 1
        self.progress.clear()
        job = Job(params, pictures, request_id=f"request-{self.count}", progress=self.progress.append)
        (outcome,) = (engine or self.access).run(operation, [job])
        if isinstance(outcome, EngineError):
            raise outcome
        self.images = outcome.images
        return outcome.result

    def look(self, name: str, **given: Any) -> Decision:
        told: Decision = self.ask("access.face", FaceParams(car="c1", **given), photo(name))
        return told

    def case(self, document: Picture, selfie: str, **given: Any) -> Any:
        given = {"now": DAY, "forensics": False} | given
        return self.ask("case.verify", CaseParams(car="c1", **given), document, photo(selfie))


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    with open_here(str(folder / "store.db"), keys=str(folder / "store.keys")) as link:
        link.store._kept[Passwords] = Passwords(CHEAP)
        made = Street(Process(link))
        made.ask(
            "access.add_user",
            AddUserParams(user="ann", password=PASSWORD, full_name="Lina Müller", birth_date=date(1987, 4, 12)),
        )
        made.key = made.ask("access.add_vehicle", AddVehicleParams(car="c1")).key
        now = datetime.now(UTC)
        made.ask("access.book", BookParams(user="ann", car="c1", start=now, end=now + timedelta(hours=2)))
        made.ask("face.enroll", EnrollParams(subject="ann", collection="access"), photo(ANN), engine=made.face)
        made.ask("face.enroll", EnrollParams(subject="ben", collection="access"), photo(BEN), engine=made.face)
        yield made


# ---- faces ----------------------------------------------------------------------------------


def test_the_booker_is_let_in_and_another_enrolled_person_is_not(street: Street) -> None:
    told = street.look(ANN_AGAIN, want=["overlay"])
    assert (told.allowed, told.role) == (True, Role.BOOKER)
    assert told.face is not None
    assert told.face.distance is not None
    assert told.face.distance < told.face.threshold
    assert (told.face.candidates, told.face.model is not None) == (1, True)
    assert "photograph" in told.face.cannot_detect
    assert [one.name for one in told.images] == ["overlay"]
    assert cv2.imdecode(np.frombuffer(street.images[0], np.uint8), cv2.IMREAD_COLOR) is not None
    assert street.look(BEN).reasons == [Reason.FACE_NOT_RECOGNISED]


def test_an_encoding_of_the_edge_opens_once(street: Street) -> None:
    (item,) = street.ask("face.encode", EncodeParams(), photo(ANN_AGAIN), engine=street.face).items
    vector = item.result.faces[0].encoding
    told = street.look(ANN_AGAIN)
    assert told.face is not None
    assert told.face.model is not None
    model = f"{told.face.model.name}/{told.face.model.version}"
    for name, expected in ((model, None), ("other/1", Reason.MODEL_DIFFERS)):
        nonce = street.ask("access.nonce", NonceParams(car="c1")).nonce
        proof = edge_proof(street.key, nonce=nonce, car="c1", model=name, vector=vector)
        encoding = EdgeEncoding(vector=vector, model=name, nonce=nonce, proof=proof)
        first = street.ask("access.face", FaceParams(car="c1", encoding=encoding))
        assert first.allowed if expected is None else first.reasons == [expected]
        assert street.ask("access.face", FaceParams(car="c1", encoding=encoding)).reasons == [Reason.NONCE_REFUSED]


def test_a_picture_without_a_face_is_an_error_that_says_so(street: Street) -> None:
    blank = as_picture(np.full((200, 200, 3), 200, np.uint8))
    with pytest.raises(EngineError) as caught:
        street.ask("access.face", FaceParams(car="c1"), blank)
    assert caught.value.code is ErrorCode.NO_FACE
    for pictures, params in (((), FaceParams(car="c1")), ((blank,), FaceParams(car="c1", want=["x"]))):
        with pytest.raises(EngineError) as caught:
            street.ask("access.face", params, *pictures)
        assert caught.value.code is ErrorCode.BAD_REQUEST


# ---- cases ----------------------------------------------------------------------------------


def document_of(name: str, **fields: str) -> Picture:
    """Return a drawn passport with somebody's face in the place of the portrait."""
    drawn = draw_specimen("mrz.mrp", HOLDER | fields, seed=3)
    return as_picture(_with_face(drawn, photo(name)))


def _with_face(drawn: Specimen, face: Picture) -> Pixels:
    """Lay a photograph over the portrait; the dev pictures show their faces in the middle."""
    corners = np.array(drawn.quads["portrait"].points, np.float32)
    height, width = face.height, face.width
    wide = min(width, height * 35 / 45)
    left = (width - wide) / 2
    source = np.array([[left, 0], [left + wide, 0], [left + wide, wide * 45 / 35], [left, wide * 45 / 35]], np.float32)
    size = (drawn.pixels.shape[1], drawn.pixels.shape[0])
    laid = cv2.warpPerspective(face.pixels, cv2.getPerspectiveTransform(source, corners), size, flags=cv2.INTER_AREA)
    mask = cv2.fillPoly(np.zeros(size[::-1], np.uint8), [corners.astype(np.int32)], 255)
    return np.where(mask[..., None] > 0, laid, drawn.pixels).astype(np.uint8)


def test_a_document_a_selfie_and_a_booking_that_agree_open_the_car(street: Street) -> None:
    told = street.case(document_of(ANN), ANN_AGAIN, want=["overlay", "portrait"])
    assert told.decision.allowed, told.decision.reasons
    assert told.decision.reasons == [
        Reason.DOCUMENT_VALID,
        Reason.PORTRAIT_MATCHED,
        Reason.IDENTITY_CONFIRMED,
        Reason.LIVE_BOOKING,
    ]
    assert (told.document.surname, told.document.age, told.document.valid) == ("MUELLER", 44, True)
    assert told.identity.enrolled_face is Agreement.SAME
    assert told.comparison.probability > 0.9
    assert [one.name for one in told.images] == ["overlay", "portrait"]
    assert [report.stage for report in street.progress] == list(STAGES)
    assert street.progress[0].partial.document == told.document
    assert street.progress[0].partial.comparison is None
    assert street.progress[-1].partial.comparison == told.comparison


def test_another_persons_selfie_and_an_expired_document_are_both_told(street: Street) -> None:
    told = street.case(document_of(ANN, expiry_date="2030-01-01"), BEN)
    against = [reason for reason in told.decision.reasons if reason not in FOR]
    assert against == [Reason.DOCUMENT_EXPIRED, Reason.PORTRAIT_DIFFERS, Reason.FACE_NOT_RECOGNISED]
    assert told.comparison.same is False


def test_the_portraits_own_photograph_is_no_selfie(street: Street) -> None:
    told = street.case(document_of(ANN), ANN)
    assert [reason for reason in told.decision.reasons if reason not in FOR] == [Reason.SELFIE_COPIES_PORTRAIT]


def test_a_face_beside_the_document_is_not_its_portrait(street: Street) -> None:
    page, face = draw_specimen("mrz.td1", HOLDER, seed=3), photo(ANN)
    height = page.pixels.shape[0]
    beside = cv2.resize(face.pixels, (round(face.width * height / face.height), height))
    both = as_picture(np.hstack([page.pixels, beside]))
    told = street.case(both, ANN_AGAIN)
    assert told.document.surname == "MUELLER"
    assert Reason.PORTRAIT_NOT_FOUND in told.decision.reasons


def test_a_specimen_is_no_document_except_in_trials(street: Street) -> None:
    told = street.case(document_of(ANN), ANN_AGAIN, forensics=True)
    assert Reason.DOCUMENT_SUSPECT in told.decision.reasons
    assert set(told.document.failed_checks) == {"specimen"}
    document = Document(doc_type=told.document.doc_type, fields=told.document.fields)
    assert reasons_of(document, told.document, specimens=False) == [Reason.DOCUMENT_SUSPECT]
    assert reasons_of(document, told.document, specimens=True) == [Reason.DOCUMENT_VALID]


def test_pictures_that_show_nothing_are_reasons_and_broken_ones_are_errors(street: Street) -> None:
    blank = as_picture(np.full((400, 600, 3), 200, np.uint8))
    told = street.ask("case.verify", CaseParams(car="c1", want=["*"]), blank, blank)
    assert told.decision.reasons[:3] == [
        Reason.DOCUMENT_NOT_READ,
        Reason.PORTRAIT_NOT_FOUND,
        Reason.SELFIE_REFUSED,
    ]
    assert (told.selfie.refused, told.comparison) == ("no_face", None)
    broken = make_error(ErrorCode.BAD_IMAGE, "It is cut off.", stage="decode")
    with pytest.raises(EngineError, match="The selfie") as caught:
        street.ask("case.verify", CaseParams(car="c1"), blank, broken)
    assert caught.value.code is ErrorCode.BAD_IMAGE


def test_the_engine_is_the_registrys(street: Street) -> None:
    assert isinstance(street.access, AccessEngine)
