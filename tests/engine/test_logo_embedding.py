"""The logo embedding that ships: its promises as numbers, and that training never sees what is measured."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.brands.degrade import HEIGHT, WIDTH, degrade, proposal
from training.brands.names import Barred, key
from training.brands.splits import read_unseen
from visionmq.engine.api import EngineError
from visionmq.engine.brand.embedding import LogoEmbedding
from visionmq.engine.brand.letterbox import FRAMES, frame_of, letterbox, letterboxed

_DEV = Path(__file__).parents[2].parent / "shared" / "data" / "logos" / "dev"


@pytest.fixture(scope="module")
def embedding():
    return LogoEmbedding.load()


def _drawing(shape):
    """A made-up logo in colour on white, 120 pixels."""
    picture = np.full((120, 120, 3), 255, np.uint8)
    if shape == "ring":
        cv2.circle(picture, (60, 60), 42, (40, 40, 200), 16, cv2.LINE_AA)
        cv2.line(picture, (60, 60), (105, 105), (200, 120, 20), 14, cv2.LINE_AA)
    else:
        cv2.fillPoly(picture, [np.array([[15, 105], [60, 12], [105, 105], [60, 70]])], (160, 90, 20), cv2.LINE_AA)
    return picture


def _bgra(shape):
    picture = _drawing(shape)
    alpha = np.where((picture == 255).all(axis=2), 0, 255).astype(np.uint8)
    return np.dstack([picture * (alpha[:, :, None] > 0), alpha])


def test_embeddings_are_float32_of_length_one_in_the_order_of_the_crops(embedding):
    crops = [_drawing("ring"), _drawing("arrow")[:80], np.zeros((1, 1, 3), np.uint8)]
    together = embedding.embed(crops)
    assert together.shape == (3, LogoEmbedding.DIMENSION)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(together[1], embedding.embed(crops[1:2])[0], atol=1e-4)


def test_no_crops_give_no_embeddings(embedding):
    assert embedding.embed([]).shape == (0, LogoEmbedding.DIMENSION)


def test_more_crops_than_a_batch_holds_are_all_answered(embedding):
    crops = [_drawing("ring"), _drawing("arrow")] * 10
    found = embedding.embed(crops)
    np.testing.assert_allclose(found[::2], found[:1].repeat(10, axis=0), atol=1e-4)
    assert found.shape[0] == 20


def test_what_is_no_model_is_refused_by_name():
    with pytest.raises(EngineError, match="logo_embedding"):
        LogoEmbedding(b"no model")


def test_one_drawing_in_other_colours_is_nearer_than_another_drawing(embedding):
    ring, arrow = _drawing("ring"), _drawing("arrow")
    grey = cv2.cvtColor(cv2.cvtColor(ring, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    found = embedding.embed([ring, grey, 255 - ring, np.ascontiguousarray(ring[..., ::-1]), arrow])
    similarity = found @ found[0]
    assert similarity[1:4].min() > similarity[4] + 0.2


def test_degraded_pictures_are_nearer_to_their_own_drawing(embedding):
    names = ("ring", "arrow")
    photos = [np.random.default_rng(1).integers(0, 256, (200, 260, 3), np.uint8)]
    references = embedding.embed([_drawing(name) for name in names])
    right = 0
    for turn in range(10):
        rng = np.random.default_rng(turn)
        crop = proposal(*degrade(_bgra(names[turn % 2]), rng, photos), rng)
        right += int((references @ embedding.embed([crop])[0]).argmax() == turn % 2)
    assert right >= 8


def test_degrading_is_the_same_for_the_same_seed_and_stays_inside_the_picture():
    photos = [np.full((200, 300, 3), 90, np.uint8)]
    first, quad = degrade(_bgra("ring"), np.random.default_rng(5), photos)
    again, same = degrade(_bgra("ring"), np.random.default_rng(5), photos)
    assert first.shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(quad, same)
    assert quad.min() >= -0.01
    assert (quad <= np.array([WIDTH, HEIGHT]) + 0.01).all()


def test_a_letterbox_keeps_proportions_and_fills_with_the_colour_of_the_rim():
    crop = np.full((20, 80, 3), 200, np.uint8)
    crop[5:15, 20:60] = 10
    square = letterbox(crop, (64, 64))
    assert square.shape == (64, 64, 3)
    assert (square[:20] == 200).all()
    assert (square[30:34, 20:44] == 10).all()


@pytest.mark.parametrize(
    ("size", "frame"),
    [
        ((90, 100), (128, 128)),
        ((30, 20), (160, 96)),
        ((20, 30), (96, 160)),
        ((500, 80), (224, 64)),
        ((10, 90), (64, 224)),
        ((1, 1), (128, 128)),
    ],
)
def test_a_crop_gets_the_frame_whose_proportions_are_nearest(size, frame):
    width, height = size
    framed = letterboxed(np.full((height, width, 3), 7, np.uint8), LogoEmbedding.SIDE)
    assert framed.shape == (frame[1], frame[0], 3)
    assert (framed == 7).all()
    assert frame_of(width, height, LogoEmbedding.SIDE, FRAMES[:1]) == (128, 128)


def test_all_frames_take_about_as_long_and_have_sides_that_the_network_halves_evenly():
    for width, height in FRAMES:
        assert 0.85 <= width * height / 32**2 <= 1.0
        assert (width * LogoEmbedding.SIDE // 32) % 32 == 0
        assert (height * LogoEmbedding.SIDE // 32) % 32 == 0


def test_crops_of_all_shapes_are_answered_in_their_order(embedding):
    shapes = [(40, 40), (20, 90), (40, 41), (90, 20), (30, 50), (50, 30), (21, 90)]
    crops = [np.random.default_rng(at).integers(0, 256, (*shape, 3), np.uint8) for at, shape in enumerate(shapes)]
    together = embedding.embed(crops)
    for crop, found in zip(crops, together, strict=True):
        np.testing.assert_allclose(embedding.embed([crop])[0], found, atol=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        "github",
        "GitHub",
        "github-icon",
        "GitHub Copilot",
        "githubactions",
        "React",
        "reactjs",
        "file-react",
        "twitter",
        "C++",
    ],
)
def test_no_name_of_a_barred_brand_gets_into_training(name):
    assert Barred.of(["github", "react", "x", "cplusplus"]).bars([name])


@pytest.mark.parametrize("name", ["gitea", "reach", "xing", "cpanel"])
def test_a_name_that_only_resembles_a_barred_one_may_be_trained_on(name):
    assert not Barred.of(["github", "react", "x", "cplusplus"]).bars([name])


def test_drawings_of_one_brand_meet_under_one_key():
    assert len({key("Three.js"), key("threejs"), key("threedotjs"), key("three-js-icon")}) == 1
    assert key("chrome-icon") != key("chromatic")


def test_no_held_out_brand_is_in_the_gallery_or_queries_that_others_measure_on():
    if not _DEV.exists():
        pytest.skip("the shared logos are not here")
    truth = json.loads((_DEV / "truth.json").read_text("utf-8"))
    brands = {row["brand"] for row in truth["gallery"].values()}
    barred = Barred.of(sorted(brands))
    assert len(read_unseen()) >= 320
    assert not [name for name in read_unseen() if barred.bars([name])]
