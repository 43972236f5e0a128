"""Where logos may be: drawings cut into their groups, photographs into a bounded number of boxes, always the same."""

import cv2
import numpy as np
import pytest

from tests.engine.brand_scenes import logo, on_card, photograph
from visionmq.engine.brand import boxes as box
from visionmq.engine.brand.flat import content_box, ground_of, in_row
from visionmq.engine.brand.proposals import MOST, MOST_FLAT, content_of, propose

QUAD = [(290.0, 120.0), (402.0, 130.0), (396.0, 238.0), (286.0, 228.0)]


def best(found, where) -> float:
    return float(box.ious(np.array([where], np.float32), found.boxes).max())


def test_a_drawing_is_cut_to_its_content():
    picture = np.full((300, 400, 3), 255, np.uint8)
    cv2.circle(picture, (250, 100), 60, (30, 60, 200), -1)
    found = propose(picture)
    assert found.flat
    assert found.ground == (255, 255, 255)
    assert found.boxes[0] == pytest.approx([190, 40, 310, 160], abs=8)


def test_a_lock_up_gives_its_symbol_its_word_and_both():
    picture = np.full((120, 480, 3), 240, np.uint8)
    cv2.rectangle(picture, (20, 20), (100, 100), (160, 40, 20), -1)
    cv2.putText(picture, "acme", (140, 90), cv2.FONT_HERSHEY_SIMPLEX, 3, (20, 20, 20), 10, cv2.LINE_AA)
    found = propose(picture)
    assert found.flat
    assert len(found.boxes) <= MOST_FLAT
    whole, symbol = (20, 20, 460, 100), (20, 20, 101, 101)
    assert best(found, symbol) > 0.8
    assert found.boxes[0][2] - found.boxes[0][0] > 0.9 * (whole[2] - whole[0])


def test_letters_of_a_word_stand_in_a_row_and_a_symbol_beside_a_word_does_not():
    row = [[10, 20, 40, 60], [50, 21, 90, 60], [100, 19, 130, 61]]
    assert in_row(np.array([*row, [140, 0, 220, 80]], np.float32)).tolist() == [True, True, True, False]
    assert in_row(np.array([row[0], [60, 18, 300, 62]], np.float32)).tolist() == [False, False]
    assert in_row(np.empty((0, 4), np.float32)).tolist() == []


def test_places_know_which_of_them_are_letters():
    picture = np.full((140, 520, 3), 255, np.uint8)
    cv2.rectangle(picture, (20, 10), (130, 130), (160, 40, 20), -1)
    for number in range(4):
        cv2.circle(picture, (210 + 85 * number, 80), 30, (20, 20, 20), 10)
    found = propose(picture)
    marked = [found.boxes[index] for index in sorted(found.letters)]
    assert marked
    assert all(one[0] > 150 and one[2] - one[0] < 100 for one in marked)
    assert best(found, (20, 10, 131, 131)) > 0.7


def test_what_is_printed_on_a_shirt_is_found_and_the_shirt_is_no_logo():
    shirt = np.full((400, 400, 3), 255, np.uint8)
    cv2.fillPoly(
        shirt,
        [np.array([(80, 60), (320, 60), (390, 160), (320, 200), (320, 390), (80, 390), (80, 200), (10, 160)])],
        (60, 30, 20),
    )
    cv2.circle(shirt, (200, 180), 30, (40, 200, 240), -1, cv2.LINE_AA)
    found = propose(shirt)
    assert len(found.boxes) <= MOST_FLAT
    assert best(found, (170, 150, 231, 211)) > 0.7


def test_a_drawing_that_is_said_to_be_a_scene_is_searched_like_a_photograph():
    drawn = np.full((300, 400, 3), 255, np.uint8)
    for number in range(6):
        cv2.circle(drawn, (60 + 55 * number, 80 + 40 * (number % 3)), 16, (30, 60, 200), 3)
    assert propose(drawn).flat
    scene = propose(drawn, scene=True)
    assert not scene.flat
    assert len(scene.boxes) > MOST_FLAT


def test_a_photographed_thing_before_white_is_searched_like_a_photograph():
    thing = np.full((360, 480, 3), 255, np.uint8)
    mask = cv2.ellipse(np.zeros((360, 480), np.uint8), (240, 180), (200, 140), 0, 0, 360, 1, -1)
    softly = cv2.GaussianBlur(photograph(3), (0, 0), 2)
    thing[mask > 0] = softly[mask > 0]
    found = propose(thing)
    assert not found.flat
    assert len(found.boxes) > MOST_FLAT


def test_a_logo_in_a_photograph_is_among_a_bounded_number_of_boxes():
    quad = np.array(QUAD)
    where = [*quad.min(axis=0), *quad.max(axis=0)]
    found = [propose(on_card(photograph(seed), logo(seed), QUAD)) for seed in range(6)]
    assert all(len(one.boxes) <= MOST and not one.flat for one in found)
    assert sum(best(one, where) > 0.6 for one in found) >= 5


def test_the_same_picture_has_the_same_places():
    picture = on_card(photograph(1), logo(4), QUAD)
    first, second = propose(picture), propose(picture.copy())
    assert np.array_equal(first.boxes, second.boxes)


@pytest.mark.parametrize("size", [(16, 16), (2000, 40), (40, 2000), (64, 48)])
def test_boxes_lie_inside_pictures_of_any_shape(size):
    pictures = [photograph(2, size), np.full((size[1], size[0], 3), 77, np.uint8)]
    for picture in pictures:
        found = propose(picture).boxes
        assert len(found) >= 1
        assert (found[:, :2] >= 0).all()
        assert (found[:, 2] <= size[0]).all()
        assert (found[:, 3] <= size[1]).all()
        assert (box.areas(found) > 0).all()


def test_a_picture_of_one_colour_has_no_content():
    picture = np.full((50, 60, 3), 200, np.uint8)
    ground, flat = ground_of(picture)
    assert flat
    assert content_box(picture, ground) is None


def test_boxes_are_kept_once():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [20, 20, 30, 30]], np.float32)
    assert box.distinct(boxes, 0.7, 5) == [0, 2]
    assert box.distinct(boxes, 0.7, 1) == [0]
    assert box.ious(boxes[:1], boxes)[0] == pytest.approx([1.0, 0.9, 0.0])


def test_the_content_of_a_picture_is_the_first_of_its_places():
    for picture in (logo(1), photograph(4), on_card(photograph(1), logo(4), QUAD), np.full((50, 60, 3), 200, np.uint8)):
        only = content_of(picture)
        assert len(only.boxes) == 1
        assert only.boxes[0] == pytest.approx(propose(picture).boxes[0])
