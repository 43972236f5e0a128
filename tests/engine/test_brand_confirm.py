"""Confirmation: the right reference fits, in any polarity and view, with its quad; a wrong one does not."""

import cv2
import numpy as np
import pytest

from tests.engine.brand_scenes import logo, on_card, photograph
from visionmq.engine.brand.confirm import confirm, credible, place_of
from visionmq.engine.brand.marks import marks_of, pack, unpack
from visionmq.engine.brand.views import cut, views

QUAD = np.array([(250.0, 100.0), (420.0, 125.0), (405.0, 290.0), (240.0, 262.0)])


def where() -> np.ndarray:
    return np.array([*QUAD.min(axis=0), *QUAD.max(axis=0)], np.float32)


@pytest.fixture(scope="module")
def marks():
    return {seed: unpack(pack(marks_of(logo(seed)))) for seed in range(6)}


def test_the_right_reference_fits_and_the_wrong_ones_do_not(marks):
    for seed in range(6):
        place = place_of(on_card(photograph(seed), logo(seed), QUAD), where())
        alike = {name: confirm(place, one).likeness for name, one in marks.items()}
        assert max(alike, key=alike.__getitem__) == seed, alike
        assert alike[seed] > 0.6


@pytest.mark.parametrize("inverted", [False, True])
def test_landmarks_agree_and_say_where_the_logo_is(marks, inverted):
    drawing = 255 - logo(3) if inverted else logo(3)
    found = confirm(place_of(on_card(photograph(3), drawing, QUAD), where()), marks[3])
    assert found.verified
    assert found.inliers >= 6
    content = np.argwhere(logo(3).min(axis=2) < 200)
    low, high = content.min(axis=0)[::-1], content.max(axis=0)[::-1]
    corners = np.array([(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])], np.float32)
    frame = np.array([(0, 0), (200, 0), (200, 200), (0, 200)], np.float32)
    true = cv2.perspectiveTransform(corners[None], cv2.getPerspectiveTransform(frame, QUAD.astype(np.float32)))[0]
    assert np.linalg.norm(found.quad - true, axis=1).max() < 14


def test_a_reference_without_landmarks_is_laid_on_by_its_outlines():
    drawing = np.full((200, 200, 3), 255, np.uint8)
    cv2.circle(drawing, (100, 100), 70, (150, 60, 20), -1, cv2.LINE_AA)
    known = unpack(pack(marks_of(drawing)))
    place = place_of(on_card(photograph(8), drawing, QUAD), where())
    found = confirm(place, known)
    assert not found.verified
    assert found.likeness > 0.6
    other = confirm(place_of(on_card(photograph(8), logo(2), QUAD), where()), known)
    assert other.likeness < found.likeness - 0.2


def test_marks_come_back_from_their_bytes():
    known = marks_of(logo(1))
    back = unpack(pack(known))
    assert back is not None
    assert back.size == known.size
    assert np.array_equal(back.print, known.print)
    assert back.landmarks is not None
    assert np.array_equal(back.landmarks.points, known.landmarks.points)
    near = (back.landmarks.descriptors * known.landmarks.descriptors).sum(axis=1)
    assert near.min() > 0.99
    assert len(pack(known)) < 40_000


@pytest.mark.parametrize("payload", [b"", b"\x00", b"nonsense", b"\x97\x63\x92\x01\x01"])
def test_bytes_of_another_version_are_no_marks(payload):
    assert unpack(payload) is None


def test_a_reference_has_about_eleven_views_of_its_own_kind():
    seen = views(logo(1))
    assert 9 <= len(seen) <= 13
    assert all(view.dtype == np.uint8 and view.ndim == 3 for view in seen)
    assert len({view.tobytes() for view in seen}) == len(seen)
    trimmed = cut(logo(1))
    assert max(trimmed.shape[:2]) < 200


@pytest.mark.parametrize(
    ("quad", "believed"),
    [
        ([(0, 0), (100, 0), (100, 100), (0, 100)], True),
        ([(10, 10), (60, 0), (60, 90), (10, 60)], True),
        ([(150, 50), (250, 50), (250, 150), (150, 150)], False),
        ([(10, 40), (90, 0), (90, 100), (10, 60)], False),
        ([(300, 0), (400, 0), (400, 50), (300, 50)], False),
    ],
)
def test_a_quad_that_leaves_the_picture_or_leans_too_far_is_not_believed(quad, believed):
    assert credible(np.array(quad, np.float32), np.zeros((100, 200, 3), np.uint8)) == believed
