"""Ordinary portraits are taken; what recognition cannot use is turned away with its reason."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.engine.face_pictures import loaded, picture
from visionmq.engine.face.liveness import openness
from visionmq.engine.face.pose import pose_of
from visionmq.engine.face.quality import judge
from visionmq.engine.face.values import Quality, Refusal
from visionmq.engine.picture import Pixels

PORTRAIT = "faces_wild/dev/images/df_img5.jpg"


def _judged(pixels: Pixels) -> Quality:
    return loaded().judge(pixels, loaded().find(pixels)[0])


@pytest.mark.parametrize("number", range(1, 14))
def test_pictures_of_92_pixels_in_grey_are_good_enough(number: int) -> None:
    assert _judged(picture(f"faces_orl/dev/images/s{number:02d}_01.png")).refusals == ()


def test_a_good_portrait_is_said_to_be_good() -> None:
    quality = _judged(picture(PORTRAIT))
    assert quality.refusals == ()
    assert quality.overall > 0.7


def test_blur_is_turned_away_in_whatever_direction() -> None:
    pixels = picture(PORTRAIT)
    width = loaded().find(pixels)[0].width
    assert Refusal.BLURRED in _judged(cv2.GaussianBlur(pixels, (0, 0), 0.045 * width)).refusals
    length = round(0.16 * width)
    for kernel in (np.full((1, length), 1.0 / length), np.full((length, 1), 1.0 / length)):
        assert Refusal.BLURRED in _judged(cv2.filter2D(pixels, -1, kernel)).refusals


def test_a_small_face_is_turned_away() -> None:
    pixels = picture(PORTRAIT)
    scale = 24.0 / loaded().find(pixels)[0].width
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert Refusal.TOO_SMALL in _judged(small).refusals


def test_mirrored_heads_are_turned_the_other_way() -> None:
    for name in ("s01_03", "s05_05", "s09_02"):
        pixels = picture(f"faces_orl/dev/images/{name}.png")
        mirrored = np.ascontiguousarray(pixels[:, ::-1])
        assert _judged(mirrored).yaw == pytest.approx(-_judged(pixels).yaw, abs=6)


def _head(yaw: float, pitch: float = 0.0) -> np.ndarray:
    """Six points of an ordinary head, turned and seen from far away."""
    points = np.array([(-31.5, 0, 0), (31.5, 0, 0), (0, 42, 32), (0, 68, 16), (-72, 18, -85), (72, 18, -85.0)])
    a, b = np.radians(yaw), np.radians(pitch)
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return 2.0 * (points @ (about_x @ about_y).T)[:, :2] + 300.0


@pytest.mark.parametrize("yaw", [-50.0, -20.0, 0.0, 35.0])
def test_the_turn_of_an_ordinary_head_is_measured(yaw: float) -> None:
    pose = pose_of(_head(yaw))
    assert pose.yaw == pytest.approx(yaw, abs=0.1)
    assert pose.pitch == pytest.approx(0.0, abs=0.1)
    assert pose.roll == pytest.approx(0.0, abs=0.1)


def test_a_raised_head_is_told_from_a_turned_one() -> None:
    pose = pose_of(_head(0.0, 20.0))
    assert abs(pose.yaw) < 0.1
    assert pose.pitch == pytest.approx(20.0, abs=0.1)


def test_a_head_turned_away_is_turned_away() -> None:
    pixels = picture(PORTRAIT)
    face = loaded().find(pixels)[0]
    chip = loaded().crop(pixels, face, 150)
    assert Refusal.TURNED in judge(chip, replace(face, points=_head(50.0))).refusals
    assert Refusal.TURNED not in judge(chip, replace(face, points=_head(30.0))).refusals


def test_shut_eyes_open_less_than_the_same_persons_open_ones() -> None:
    opened = np.full((150, 150, 3), 170, np.uint8)
    cv2.ellipse(opened, (75, 80), (60, 70), 0, 0, 360, (200, 200, 200), -1)
    shut = opened.copy()
    for x in (48, 100):
        cv2.ellipse(opened, (x, 47), (12, 6), 0, 0, 360, (250, 250, 250), -1)
        cv2.circle(opened, (x, 47), 5, (30, 30, 30), -1)
        cv2.ellipse(shut, (x, 47), (12, 6), 0, 0, 180, (120, 120, 120), 1)
    first, second = openness(opened), openness(shut)
    assert first is not None
    assert second is not None
    assert second < 0.6 * first


def test_a_flat_chip_shows_no_eyes() -> None:
    assert openness(np.full((150, 150, 3), 90, np.uint8)) is None


@pytest.mark.parametrize(("top", "bottom"), [(-0.05, 1.1), (-0.9, -0.1)])
def test_a_covered_mouth_or_covered_eyes_are_turned_away(top: float, bottom: float) -> None:
    pixels = picture(PORTRAIT)
    face = loaded().find(pixels)[0]
    assert face.points is not None
    eyes, nose = face.points[:2].mean(0), face.points[2]
    span = float(np.hypot(*(face.points[1] - face.points[0])))
    covered = pixels.copy()
    low, high = (round(nose[1] + part * span * 1.2) for part in (top, bottom))
    covered[low:high, round(eyes[0] - 1.1 * span) : round(eyes[0] + 1.1 * span)] = (150, 120, 90)
    assert Refusal.OCCLUDED in loaded().judge(covered, face).refusals
    assert Refusal.OCCLUDED not in loaded().judge(pixels, face).refusals
