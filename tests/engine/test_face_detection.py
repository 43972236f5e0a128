"""Faces are found: all of them, turned pictures included, and nothing else."""

import numpy as np
import pytest

from tests.engine.face_pictures import crowd, loaded, picture
from visionmq.engine.face.blazeface import FULL_SIDE, Sight, merge
from visionmq.engine.face.detection import transform
from visionmq.engine.face.looks import RIM, first_look, look_at_tiles
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


class _Recorder:
    """Stands in for the net: keeps the squares that it is shown and sees one face in the middle of each."""

    side = FULL_SIDE

    def __init__(self) -> None:
        self.squares: list[Pixels] = []

    def look(self, square: Pixels, least_score: float) -> list[Sight]:
        self.squares.append(square)
        return [Sight(0.9, 96.0, 96.0, 40.0, np.full((6, 2), 96.0))]


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (330, 512), (4000, 900), (301, 300)])
def test_tiles_leave_no_part_of_a_picture_out(size: tuple[int, int]) -> None:
    width, height = size
    net = _Recorder()
    sights = look_at_tiles(net, np.zeros((height, width, 3), np.uint8), 640.0, 0.3)
    seen = np.zeros((height, width), bool)
    for sight in sights:
        left, top = (max(0, round(middle - 322)) for middle in (sight.x, sight.y))
        seen[top : round(sight.y + 322), left : round(sight.x + 322)] = True
    assert seen.all()
    assert all(square.shape == (FULL_SIDE, FULL_SIDE, 3) for square in net.squares)


def test_a_sight_in_the_whole_picture_lies_where_the_picture_has_it() -> None:
    sights = first_look(_Recorder(), np.zeros((200, 100, 3), np.uint8), 40.0, 0.3)
    assert [(round(one.x), round(one.y)) for one in sights] == [(50, 100)]
    assert sights[0].side == pytest.approx(40.0 * RIM * 200 / FULL_SIDE)


def test_larger_pictures_are_looked_at_in_few_tiles() -> None:
    net = _Recorder()
    first_look(net, np.zeros((720, 1280, 3), np.uint8), 40.0, 0.3)
    assert len(net.squares) == 3
