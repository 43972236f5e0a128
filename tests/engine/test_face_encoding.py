"""Encodings equal those of `face_recognition`, and tell persons apart."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.engine.face_pictures import DATA, loaded, picture
from visionmq.engine.api import EngineError
from visionmq.engine.face import models
from visionmq.engine.face.alignment import similarity
from visionmq.engine.face.resnet import read_network
from visionmq.schemas.errors import ErrorCode

PICTURES = (
    "faces_orl/dev/images/s01_01.png",
    "faces_wild/dev/images/df_img5.jpg",
    "faces_detect/dev/images/two_people.jpg",
)
PEER = """
import sys, warnings
warnings.simplefilter("ignore")
import face_recognition, numpy
found = {}
for number, name in enumerate(sys.argv[2:]):
    rgb = face_recognition.load_image_file(name)
    places = face_recognition.face_locations(rgb)
    found[f"boxes{number}"] = numpy.array([(left, top, right, bottom) for top, right, bottom, left in places])
    found[f"encodings{number}"] = numpy.array(face_recognition.face_encodings(rgb, places))
numpy.savez(sys.argv[1], **found)
"""


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """What `face_recognition` says of the pictures; in its own process, since its import warns."""
    for path in PICTURES:
        picture(path)
    out = tmp_path_factory.mktemp("peer") / "peer.npz"
    names = [str(DATA / path) for path in PICTURES]
    subprocess.run([sys.executable, "-W", "ignore", "-c", PEER, str(out), *names], check=True, timeout=120)
    with np.load(out) as found:
        return dict(found)


@pytest.mark.parametrize("number", range(len(PICTURES)))
def test_the_same_box_gives_the_encoding_of_face_recognition(peer: dict[str, np.ndarray], number: int) -> None:
    pixels, vision = picture(PICTURES[number]), loaded()
    boxes, expected = peer[f"boxes{number}"], peer[f"encodings{number}"]
    assert len(boxes) >= 1
    faces = [vision.at(pixels, tuple(int(edge) for edge in box)) for box in boxes]
    assert np.abs(vision.encode(pixels, faces) - expected).max() < 1e-5


@pytest.mark.parametrize("number", range(len(PICTURES)))
def test_our_own_boxes_give_nearly_the_same(peer: dict[str, np.ndarray], number: int) -> None:
    pixels, vision = picture(PICTURES[number]), loaded()
    encodings = vision.encode(pixels, vision.find(pixels))
    apart = np.linalg.norm(encodings[:, None] - peer[f"encodings{number}"][None], axis=2)
    assert apart.min(axis=0).max() < 0.2


def test_a_batch_gives_what_single_faces_give() -> None:
    vision = loaded()
    names = [f"faces_orl/dev/images/s01_{number:02d}.png" for number in range(1, 8)]
    chips = []
    for name in names:
        pixels = picture(name)
        chips.append(vision.crop(pixels, vision.find(pixels)[0]))
    together = vision.encode_chips(chips)
    assert together.shape == (7, 128)
    assert together.dtype == np.float32
    assert np.abs(together - np.concatenate([vision.encode_chips([chip]) for chip in chips])).max() < 1e-5


def test_no_face_gives_no_rows() -> None:
    assert loaded().encode(np.zeros((9, 9, 3), np.uint8), []).shape == (0, 128)


def test_one_person_is_nearer_than_another() -> None:
    vision = loaded()
    first, same, other = (
        vision.encode(pixels, vision.find(pixels)[:1])[0]
        for pixels in (picture(f"faces_orl/dev/images/{name}.png") for name in ("s01_01", "s01_02", "s02_01"))
    )
    assert np.linalg.norm(first - same) < 0.5 < np.linalg.norm(first - other)


def test_a_given_size_is_kept_by_the_crop() -> None:
    pixels, vision = picture(PICTURES[0]), loaded()
    face = vision.find(pixels)[0]
    assert vision.crop(pixels, face).shape == (150, 150, 3)
    assert vision.crop(pixels, face, size=64).shape == (64, 64, 3)


def test_a_broken_network_is_refused_in_words() -> None:
    whole = models.model_path(models.RESNET).read_bytes()
    for broken in (b"", whole[: len(whole) // 2], whole.replace(b"con_4", b"con_9")):
        with pytest.raises(EngineError) as caught:
            read_network(broken)
        assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE


def test_a_model_that_is_not_installed_is_named() -> None:
    with pytest.raises(EngineError, match=r"nothing\.dat"):
        models.model_path("nothing.dat")


def test_the_sixty_eight_points_are_nowhere_asked_for() -> None:
    sources = Path(models.__file__).parent.glob("*.py")
    assert not [source.name for source in sources if "68_face_landmarks" in source.read_text()]


def test_points_are_laid_on_points_by_turn_scale_and_shift() -> None:
    points = np.array([(0.0, 0.0), (2.0, 0.0), (0.0, 1.0)])
    expected = np.array([[0.0, -3.0, 5.0], [3.0, 0.0, 7.0]])
    targets = points @ expected[:, :2].T + expected[:, 2]
    assert similarity(points, targets) == pytest.approx(expected)
