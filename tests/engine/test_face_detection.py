"""Faces are found: all of them, turned pictures included, and nothing else."""

import numpy as np
import pytest

from tests.engine.face_pictures import crowd, loaded, picture
from visionmq.engine.face.blazeface import Sight, merge
from visionmq.engine.face.detection import transform
from visionmq.engine.face.values import Face
from visionmq.engine.picture import Pixels


def _turned(nose: tuple[float, float], pixels: Pixels, quarters: int) -> tuple[float, float]:
    (x, y), (height, width) = nose, pixels.shape[:2]
    for _ in range(quarters):
        x, y, width, height = y, width - 1 - x, height, width
    return x, y


def _holds(face: Face, point: tuple[float, float]) -> bool:
    return face.x <= point[0] <= face.x + face.width and face.y <= point[1] <= face.y + face.height


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_every_nose_lies_in_one_box_however_the_picture_is_turned(quarters: int) -> None:
    pixels, truth = crowd("cf_011_3.jpg")
    faces = loaded().find(np.ascontiguousarray(np.rot90(pixels, quarters)))
    noses = [_turned(tuple(nose), pixels, quarters) for nose in truth["noses"]]
    assert len(faces) == len(noses)
    assert all(sum(_holds(face, nose) for face in faces) == 1 for nose in noses)


def test_a_turned_head_says_by_how_much() -> None:
    pixels = picture("faces_orl/dev/images/s01_01.png")
    upright = loaded().find(pixels)[0]
    turned = loaded().find(np.ascontiguousarray(np.rot90(pixels)))[0]
    assert abs(upright.roll) < 15
    assert turned.roll == pytest.approx(upright.roll - 90, abs=8)


def test_a_turned_picture_gives_nearly_the_same_encoding() -> None:
    pixels = picture("faces_orl/dev/images/s01_01.png")
    turned = np.ascontiguousarray(np.rot90(pixels, 2))
    vision = loaded()
    first, second = (vision.encode(one, vision.find(one)[:1])[0] for one in (pixels, turned))
    assert np.linalg.norm(first - second) < 0.25


def test_nothing_is_found_where_nobody_is() -> None:
    pixels, truth = crowd("cf_017_0.jpg")
    assert truth["faces"] == 0
    assert loaded().find(pixels) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (2000, 3), (64, 64)])
def test_pictures_of_any_shape_are_looked_at(shape: tuple[int, int]) -> None:
    assert loaded().find(np.full((*shape, 3), 127, np.uint8)) == []


def test_a_crop_without_a_margin_still_shows_a_face() -> None:
    faces = loaded().find(picture("faces_lfw_aligned/dev/images/Abel_Pacheco_0001.jpg"))
    assert len(faces) == 1


def test_the_largest_comes_first_and_no_more_than_asked_for() -> None:
    pixels, _ = crowd("cf_000_5.jpg")
    every = loaded().find(pixels)
    widths = [face.width for face in every]
    assert len(every) == 5
    assert widths == sorted(widths, reverse=True)
    assert [face.box for face in loaded().find(pixels, most=2)] == [face.box for face in every[:2]]
    least = widths[2]
    assert all(face.width >= 0.9 * least for face in loaded().find(pixels, least_side=least))


def test_finding_twice_gives_the_same_numbers() -> None:
    pixels, _ = crowd("two_people.jpg")
    assert [face.box for face in loaded().find(pixels)] == [face.box for face in loaded().find(pixels)]


def _sight(score: float, x: float, side: float) -> Sight:
    return Sight(score, x, 50.0, side, np.full((6, 2), x))


def test_answers_that_overlap_are_one_face_weighted_by_score() -> None:
    merged = merge([_sight(0.5, 52.0, 20.0), _sight(1.0, 49.0, 20.0), _sight(0.9, 120.0, 20.0)])
    assert [round(one.x) for one in merged] == [50, 120]
    assert merged[0].score == 1.0


def test_a_box_within_a_surer_one_is_no_second_face() -> None:
    assert len(merge([_sight(0.9, 50.0, 60.0), _sight(0.8, 50.0, 20.0)])) == 1


def test_a_sight_follows_its_picture() -> None:
    moved = transform(_sight(0.9, 10.0, 4.0), np.array([[0.0, -2.0, 5.0], [2.0, 0.0, 7.0]]))
    assert (moved.x, moved.y, moved.side) == (-95.0, 27.0, 8.0)
    assert moved.points[0].tolist() == [-15.0, 27.0]
