"""What is drawn of a registration: each picture shows what it says, in the model's frame and within bounds."""

import cv2
import numpy as np
import pytest

from tests.engine.registration_scenes import SIZE, TRUTH, draw_scene, user_and_model
from visionmq.engine.registration import pictures
from visionmq.engine.registration.auto import register_pictures
from visionmq.engine.registration.match_drawing import INLIER, OUTLIER, draw_matches
from visionmq.engine.registration.outcome import Registration
from visionmq.engine.registration.pictures import make_scene
from visionmq.engine.registration.stitch import _canvas, _seam, merge
from visionmq.engine.registration.warp import Frame, about_corner, apply, lessened, warp_picture


@pytest.fixture(scope="module")
def pair():
    return user_and_model()


@pytest.fixture(scope="module")
def scene(pair):
    return make_scene(*pair, TRUTH, 1600)


@pytest.fixture(scope="module")
def found(pair) -> Registration:
    registration = register_pictures(*pair).registration
    assert registration is not None
    return registration


def test_a_scene_lies_in_the_models_frame(scene, pair):
    assert scene.model.shape == pair[1].shape == scene.warped.shape
    inside = scene.cover > 250
    assert 0.4 < inside.mean() < 0.95
    assert np.abs(scene.warped[inside].astype(int) - scene.model[inside]).mean() < 6


def test_a_smaller_scene_keeps_its_places(pair):
    small = make_scene(*pair, TRUTH, 180)
    assert small.model.shape == (140, 180, 3)
    inside = small.cover > 250
    assert np.abs(small.warped[inside].astype(int) - small.model[inside]).mean() < 12


def test_what_agrees_is_black_in_the_difference_and_yellow_in_the_stack(pair):
    same = make_scene(pair[1], pair[1], np.eye(3), 1600)
    inner = pictures.draw_difference(same)[20:-20, 20:-20]
    assert inner.max() < 12
    blue, green, red = np.moveaxis(pictures.draw_red_green(same).astype(int), 2, 0)
    assert np.abs(green - red).max() <= 1
    assert (blue <= green + 1).all()


def test_a_shift_shows_in_the_difference_and_the_stack(pair):
    moved = np.array([[1, 0, 6], [0, 1, 0], [0, 0, 1.0]])
    off = make_scene(pair[1], pair[1], moved, 1600)
    assert pictures.draw_difference(off)[20:-20, 20:-20].mean() > 20
    _, green, red = np.moveaxis(pictures.draw_red_green(off).astype(int), 2, 0)
    assert np.abs(green - red).mean() > 10


def test_the_layer_is_transparent_where_the_picture_does_not_reach(scene):
    layer = pictures.draw_layer(scene)
    assert np.array_equal(layer[:, :, 3], scene.cover)
    assert layer[scene.cover == 0].max() == 0


def test_the_checkerboard_takes_turns(pair):
    white = make_scene(np.full_like(pair[0], 255), np.zeros_like(pair[1]), np.eye(3), 1600)
    board = pictures.draw_checkerboard(white)[:, :, 0]
    square = -(-SIZE[0] // 8)
    assert board[square // 2, square // 2] == 255
    assert board[square // 2, square + square // 2] == 0
    assert board[square + square // 2, square + square // 2] == 255


def test_the_overlay_is_darker_outside_and_outlined(scene):
    drawn = pictures.draw_overlay(scene)
    outside = scene.cover == 0
    assert drawn[outside].mean() < 0.6 * scene.model[outside].mean()
    assert (np.abs(drawn.astype(int) - pictures.OUTLINE).max(axis=2) < 20).sum() > 200


@pytest.mark.parametrize("side", [120, 500, 1600])
def test_matches_are_drawn_within_bounds(pair, found, side):
    drawn = draw_matches(*pair, found, side=side, trusted=True)
    assert max(drawn.shape) <= max(side, 480) + 40
    assert drawn.dtype == np.uint8


def test_inliers_and_outliers_have_their_colours(pair, found):
    flags = found.inliers.copy()
    flags[::3] = False
    mixed = Registration(
        found.matrix, found.user_size, found.model_size, found.user_points, found.model_points, flags, found.certificate
    )
    drawn = draw_matches(*pair, mixed, side=1200, trusted=True).astype(int)
    for colour in (INLIER, OUTLIER):
        assert (np.abs(drawn - colour).max(axis=2) < 30).sum() > 50


def test_tall_pictures_stand_beside_and_wide_ones_above_each_other():
    tall, wide = draw_scene(3, (100, 300)), draw_scene(4, (300, 80))
    assert draw_matches(tall, tall, None, side=800, trusted=False).shape[0] < 620
    assert draw_matches(wide, wide, None, side=800, trusted=False).shape[0] > 320


def test_without_a_trusted_matrix_only_the_matches_are_drawn(pair, found):
    names = [one.name for one in pictures.draw(*pair, found, pictures.WANTS, side=300, trusted=False)]
    assert names == ["matches"]


def test_patterns_name_pictures_in_a_fixed_order():
    assert pictures.wanted(["*"]) == list(pictures.WANTS)
    assert pictures.wanted(["warped", "over*"]) == ["overlay", "warped"]


# ---- warping --------------------------------------------------------------------------------


def test_a_translated_picture_keeps_its_pixels(pair):
    moved = np.array([[1, 0, 5], [0, 1, 3], [0, 0, 1.0]])
    warped, cover = warp_picture(pair[0], moved, Frame(SIZE))
    assert np.array_equal(warped[3:, 5:], pair[0][:-3, :-5])
    assert cover[3:, 5:].min() == 255
    assert cover[:3].max() == 0


def test_a_picture_that_shrinks_is_shrunk_by_areas_and_one_that_does_not_is_left():
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    assert lessened(noise, np.eye(3))[0] is noise
    assert lessened(noise, np.diag([0.125, 0.9, 1.0]))[0] is noise
    small, _ = warp_picture(noise, np.diag([0.125, 0.125, 1.0]), Frame((25, 25)))
    assert small[2:-2, 2:-2].std() < 20


def test_a_shrunk_picture_stays_in_its_place(pair):
    small, cover = warp_picture(pair[0], about_corner(0.25, 0.25), Frame((90, 70)))
    assert np.abs(small.astype(int) - cv2.resize(pair[0], (90, 70), interpolation=cv2.INTER_AREA)).max() <= 1
    assert cover.min() == 255


def test_behind_the_horizon_nothing_is_seen():
    matrix = np.array([[1, 0, 0], [0, 1, 0], [0.01, 0, -1.0]])
    assert np.isnan(apply(matrix, np.array([[50.0, 0.0]]))).all()
    assert np.isfinite(apply(matrix, np.array([[50.0, 0.0]]), (60, 60))).all()


# ---- merging --------------------------------------------------------------------------------


def test_the_seam_runs_where_both_pictures_go_on():
    left, right = np.zeros((100, 300), bool), np.zeros((100, 300), bool)
    left[:, :200], right[:, 100:] = True, True
    takes = _seam(left, right)
    assert takes[:, :145].all()
    assert not takes[:, 155:].any()


def test_a_picture_that_lies_on_the_other_is_seen_but_for_its_edge():
    inner, outer = np.zeros((200, 200), bool), np.ones((200, 200), bool)
    inner[50:150, 50:150] = True
    assert _seam(inner, outer)[60:140, 60:140].all()
    assert not _seam(inner, outer)[:52].any()
    under = _seam(outer, inner)
    assert not under[60:140, 60:140].any()
    assert under[:50].all()


@pytest.mark.parametrize("blend", ["bands", "feather", "none"])
def test_light_is_evened_unless_nothing_is_blended(pair, found, blend):
    darker = (pair[0] * 0.7).astype(np.uint8)
    canvas = _canvas(found)
    assert canvas is not None
    merged = merge(darker, pair[1], found.matrix, canvas, blend=blend)
    assert merged.shape[2] == 4
    left, top = (int(-side) for side in canvas.frame.origin)
    part = merged[top : top + SIZE[1], left : left + SIZE[0], :3].astype(int)
    apart = np.abs(part - pair[1]).mean()
    assert apart > 8 if blend == "none" else apart < 8


def test_a_bright_edge_does_not_shine_beyond_where_its_picture_ends(pair, found):
    lamp = np.zeros_like(pair[0])
    lamp[:, -8:] = 255
    dark = np.zeros_like(pair[1])
    canvas = _canvas(found)
    assert canvas is not None
    merged = merge(lamp, dark, found.matrix, canvas)
    _, reached = warp_picture(lamp, canvas.matrix @ found.matrix, canvas.frame)
    assert merged[:, :, :3][cv2.dilate(reached, np.ones((9, 9))) == 0].max() < 90


def test_a_view_too_grazing_to_be_merged_has_no_canvas(found):
    steep = np.array([[1, 0, 0], [0, 1, 0], [-1 / 361, 0, 1.0]])
    wide = Registration(steep, SIZE, SIZE, found.user_points, found.model_points, found.inliers, found.certificate)
    assert _canvas(wide) is None
