"""Real photographs of faces through a broker and a sandboxed worker: compared, enrolled, named and forgotten."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from visionmq.client import Client, NoFace, NotFound, faces

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "faces_wild" / "dev" / "images"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is absent: the photographs are not part of the repository")
    store = tmp_path_factory.mktemp("store") / "faces.db"
    with Client.local(children=1, engines=["face", "store"], store=store, timeout=60) as client:
        yield client


def test_one_person_is_told_from_another(client: Client) -> None:
    same = client.verify_faces(DATA / "fr_obama1.jpg", DATA / "fr_obama2.jpg", want=["overlay"])
    other = client.verify_faces(DATA / "fr_obama1.jpg", DATA / "fr_biden.jpg").result
    assert same.result.same
    assert not other.same
    assert same.result.distance < same.result.threshold < other.distance
    assert other.probability < 0.1 < 0.9 < same.result.probability
    assert same.result.model.licence
    assert same.picture("overlay") is not None


def test_an_encoding_stands_for_its_picture(client: Client) -> None:
    found = client.encode_faces([DATA / "fr_obama1.jpg"]).result
    assert found.items[0].result is not None
    probe = faces.encoding_of(found.items[0].result.faces[0], found.models[0])
    direct = client.verify_faces(DATA / "fr_obama1.jpg", DATA / "fr_obama2.jpg").result
    assert client.verify_faces(probe, DATA / "fr_obama2.jpg").result.distance == pytest.approx(
        direct.distance, abs=1e-3
    )


def test_a_subject_is_enrolled_named_and_forgotten_for_good(client: Client) -> None:
    client.enroll_face("obama", [DATA / "fr_obama.jpg", DATA / "fr_obama1.jpg"], consent="for this test")
    client.enroll_face("biden", [DATA / "fr_biden.jpg"])
    named = client.identify_faces([DATA / "fr_obama2.jpg", DATA / "fr_rose1.jpg"]).result
    assert named.subjects == 2
    first, second = (item.result for item in named.items)
    assert first is not None
    assert second is not None
    assert (first.subject, second.known) == ("obama", False)
    assert client.verify_faces(DATA / "fr_obama2.jpg", subject="obama").result.same
    receipt = client.forget_subject("obama").receipt
    assert client.verify_receipt(receipt).recorded
    assert [one.subject for one in client.subjects().subjects] == ["biden"]
    with pytest.raises(NotFound):
        client.verify_faces(DATA / "fr_obama2.jpg", subject="obama")
    assert client.audit_verify().ok


def test_a_picture_without_a_face_is_refused(client: Client) -> None:
    cv2 = pytest.importorskip("cv2", reason="needs the worker's libraries")
    numpy = pytest.importorskip("numpy")
    _, grey = cv2.imencode(".png", numpy.full((300, 300, 3), 128, numpy.uint8))
    with pytest.raises(NoFace):
        client.verify_faces(grey.tobytes(), DATA / "fr_obama1.jpg")


def test_the_command_line_compares_pairs_in_order(client: Client, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    rows = [
        "a,b",
        f"{DATA}/fr_obama1.jpg,{DATA}/fr_obama2.jpg",
        "gone.jpg,x.jpg",
        f"{DATA}/fr_obama1.jpg,{DATA}/fr_rose1.jpg",
    ]
    pairs.write_text("\n".join(rows))
    command = [sys.executable, "-m", "visionmq.client.cli", "face", "verify", "--pairs", str(pairs), "--jsonl"]
    environment = {**os.environ, "VISIONMQ_BROKER": client.endpoints[0]}
    done = subprocess.run(command, capture_output=True, timeout=90, check=False, env=environment)
    assert done.returncode == 1, done.stderr.decode()
    same, gone, other = (json.loads(line) for line in done.stdout.splitlines())
    assert [line["ok"] for line in (same, gone, other)] == [True, False, True]
    assert same["result"]["same"]
    assert not other["result"]["same"]
