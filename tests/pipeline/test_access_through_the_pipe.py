"""From an empty store to a returned car, through a broker and a sandboxed worker, with real faces."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from visionmq.client import Client, Conflict, access

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "faces_wild" / "dev" / "images"
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is absent: the photographs are not part of the repository")
    store = tmp_path_factory.mktemp("store") / "cars.db"
    with Client.local(children=1, engines=["document", "face", "access", "store"], store=store, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def key(client: Client) -> str:
    """Return the device key of car-7, which obama has booked and biden has not."""
    for name in ("obama", "biden"):
        client.access.add_user(name, PASSWORD, full_name=name.title(), birth_date="1961-08-04")
        client.enroll_face(name, [DATA / f"fr_{name}.jpg"], collection="access")
    key = client.access.add_vehicle("car-7", plate="W 7").key
    now = datetime.now(UTC)
    client.access.book("obama", "car-7", now - timedelta(minutes=1), now + timedelta(hours=2))
    return key


def test_only_the_booker_gets_in_by_login(client: Client, key: str) -> None:
    assert client.validate("obama", PASSWORD, "car-7").reasons == ["login_right", "live_booking"]
    assert client.validate("biden", PASSWORD, "car-7").reasons == ["login_right", "no_live_booking"]
    wrong = [client.validate(*words, "car-7").reasons for words in (("obama", "wrong"), ("nobody", "wrong"))]
    assert wrong == [["login_failed"]] * 2


def test_only_the_booker_gets_in_by_face(client: Client, key: str) -> None:
    allowed = client.face_access("car-7", DATA / "fr_obama1.jpg").result
    assert allowed.allowed, allowed
    assert allowed.face is not None
    assert allowed.face.candidates == 1
    denied = client.face_access("car-7", DATA / "fr_biden2.jpg").result
    assert (denied.allowed, denied.reasons, denied.user_id) == (False, ["face_not_recognised"], None)


def test_an_encoding_opens_once(client: Client, key: str) -> None:
    found = client.encode_faces([DATA / "fr_obama1.jpg"]).result
    assert found.items[0].result is not None
    vector = found.items[0].result.faces[0].encoding
    assert vector is not None
    model = f"{found.models[0].name}/{found.models[0].version}"
    made = access.edge_encoding(client.access.nonce("car-7"), key, vector=vector, model=model)
    assert client.face_access("car-7", encoding=made).result.allowed
    assert client.face_access("car-7", encoding=made).result.reasons == ["nonce_refused"]


def test_a_car_cannot_be_booked_twice_and_is_returned_once(client: Client, key: str) -> None:
    now = datetime.now(UTC)
    with pytest.raises(Conflict):
        client.access.book("biden", "car-7", now, now + timedelta(hours=1))
    first = client.return_car("obama", "car-7", (48.2, 16.37), key="trip-1")
    again = client.return_car("obama", "car-7", (48.2, 16.37), key="trip-1")
    late = client.return_car("obama", "car-7", "elsewhere")
    assert (first.allowed, again.allowed, again.repeated) == (True, True, True)
    assert (late.allowed, late.reasons) == (False, ["already_returned"])
    (car,) = client.access.vehicles().vehicles
    assert (car.state, car.location) == ("free", access.location_of((48.2, 16.37)))
    assert client.audit_verify().ok


def licence(client: Client, face: Path) -> bytes:
    """Return a drawn specimen of obama's, with a photograph as its portrait."""
    cv2 = pytest.importorskip("cv2", reason="needs the worker's libraries")
    numpy = pytest.importorskip("numpy")
    fields = {"surname": "OBAMA", "given_names": "BARACK", "birth_date": "1961-08-04", "expiry_date": "2031-01-01"}
    made = client.make_document("mrz.mrp", fields=fields, photograph=False)
    page = cv2.imdecode(numpy.frombuffer(made.images[0], numpy.uint8), cv2.IMREAD_COLOR)
    (left, top), _, (right, bottom), _ = ((round(x), round(y)) for x, y in made.result.quads["portrait"].points)
    photograph = cv2.imread(str(face))[180:880, 40:578]
    page[top:bottom, left:right] = cv2.resize(photograph, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".png", page)[1])


def test_document_selfie_and_booking_are_one_case(client: Client, key: str) -> None:
    client.access.edit_user("obama", full_name="Barack Obama")
    client.access.set_policy(rules={"accept_specimens": True})
    now = datetime.now(UTC)
    client.access.add_vehicle("car-8")
    client.access.book("obama", "car-8", now - timedelta(minutes=1), now + timedelta(hours=2))
    document, stages = licence(client, DATA / "fr_obama2.jpg"), []
    right = client.verify_case(
        document, DATA / "fr_obama1.jpg", "car-8", want=["overlay"], on_evidence=lambda stage, _: stages.append(stage)
    )
    assert right.result.decision.allowed, right.result.decision
    assert {"document_valid", "portrait_matched", "identity_confirmed"} <= set(right.result.decision.reasons)
    assert stages.index("document") < stages.index("comparison")
    assert right.picture("overlay") is not None
    wrong = client.verify_case(document, DATA / "fr_biden.jpg", "car-8").result.decision
    assert not wrong.allowed
    assert "portrait_differs" in wrong.reasons


def test_the_command_line_asks_for_the_same_decision(client: Client, key: str) -> None:
    command = [sys.executable, "-m", "visionmq.client.cli", "access", "validate", "obama", "car-7", "--password-stdin"]
    environment = {**os.environ, "VISIONMQ_BROKER": client.endpoints[0]}
    done = subprocess.run(
        command, input=PASSWORD.encode(), capture_output=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 1, done.stderr.decode()
    assert b"no live booking" in done.stdout
