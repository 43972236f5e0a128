import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from visionmq.engine.document.judge.quality import LEAST_LETTER, judge_quality
from visionmq.engine.document.judge.quality_nothing import advice_when_nothing
from visionmq.engine.document.judge.quality_page import outside_of, tilt_of
from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.specimen.draw import Degradation, draw_specimen
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import Finding

DEV = Path(__file__).parents[2].parent / "shared" / "data" / "mrz" / "dev"
BLURS = (0.0, 0.06, 0.09, 0.12, 0.16, 0.2, 0.25)
"""Letter heights."""


def bands_of(specimen):
    bands = []
    for number in range(1, len(specimen.lines) + 1):
        top_left, top_right, bottom_right, bottom_left = np.array(specimen.quads[f"mrz_line{number}"].points)
        share = np.linspace(0, 1, 9)[:, None]
        curve = (top_left + bottom_left) / 2 * (1 - share) + (top_right + bottom_right) / 2 * share
        ends = [np.linalg.norm(top_left - bottom_left), np.linalg.norm(top_right - bottom_right)]
        heights = np.interp(share[:, 0], (0, 1), ends)
        bands.append(Band(curve.astype(np.float32), heights.astype(np.float32)))
    return bands


@pytest.fixture(scope="module")
def specimen():
    return draw_specimen("mrz.mrp", seed=3, degradation=Degradation(scale=0.7, noise=2, blur=0.5))


@pytest.fixture(scope="module")
def judge(specimen):
    lines, page = bands_of(specimen), specimen.quads["page"]

    def judged(change=lambda pixels: pixels, lines=lines, page=page):
        pixels = change(specimen.pixels.astype(np.float32))
        return judge_quality(np.clip(pixels, 0, 255).astype(np.uint8), lines, page)

    return judged


def values(judge, name, changes):
    return [judge(change).measures[name].value for change in changes]


def blurred(share, letter):
    return lambda pixels: cv2.GaussianBlur(pixels, (0, 0), share * letter) if share else pixels


def test_a_good_picture_passes_without_advice(judge):
    quality = judge()
    assert quality.verdict is Finding.PASSED
    assert quality.advice is None
    assert all(measure.good for measure in quality.measures.values())


@pytest.mark.parametrize("doc_type", ["mrz.mrp", "mrz.td1"])
def test_focus_tells_the_blur_in_letter_heights(doc_type):
    drawn = draw_specimen(doc_type, seed=5, degradation=Degradation(scale=0.6, noise=1))
    lines = bands_of(drawn)
    found = [
        judge_quality(blurred(share, lines[0].height)(drawn.pixels), lines, None).measures["focus"].value
        for share in BLURS
    ]
    assert np.allclose(found, BLURS, atol=0.035)
    assert found == sorted(found)


def test_focus_does_not_depend_on_how_large_the_letters_are():
    found = []
    for scale in (0.5, 0.8):
        drawn = draw_specimen("mrz.mrp", seed=5, degradation=Degradation(scale=scale))
        lines = bands_of(drawn)
        pixels = blurred(0.12, lines[0].height)(drawn.pixels)
        found.append(judge_quality(pixels, lines, None).measures["focus"].value)
    assert found[0] == pytest.approx(found[1], abs=0.02)


def test_heavy_blur_fails_with_advice_on_focus(judge, specimen):
    quality = judge(blurred(0.25, bands_of(specimen)[0].height))
    assert quality.verdict is Finding.FAILED
    assert quality.advice.startswith("Let the camera focus")
    assert "16 % at most" in quality.advice


def smeared(length, direction):
    """Move the camera by so many pixels while the shutter is open."""
    kernel = np.zeros((31, 31), np.float32)
    reach = np.array([np.cos(np.deg2rad(direction)), np.sin(np.deg2rad(direction))]) * length / 2
    start, end = (tuple(int(value) for value in np.round((15 + sign * reach) * 16)) for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0, 1, cv2.LINE_AA, shift=4)
    return lambda pixels: cv2.filter2D(pixels, -1, kernel / kernel.sum())


@pytest.mark.parametrize("direction", [0, 45, 90, 135])
def test_a_longer_smear_is_a_higher_figure_in_every_direction(judge, direction):
    found = values(judge, "motion_blur", [smeared(length, direction) for length in (1, 9, 13, 18)])
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] > 0.45
    assert judge(smeared(18, direction)).advice.startswith("Hold the camera still")


def test_noise_grows(judge):
    random = np.random.default_rng(1)
    found = values(judge, "noise", [lambda p, s=s: p * 0.8 + random.normal(0, s, p.shape) for s in (0, 5, 15, 40)])
    assert found == sorted(found)
    assert found[-1] > 10


def test_less_light_is_less_brightness_and_says_so(judge):
    factors = (1, 0.6, 0.3, 0.15)
    found = values(judge, "brightness", [lambda p, f=f: p * f for f in factors])
    assert np.allclose(np.array(found) / found[0], factors, atol=0.03)
    assert judge(lambda pixels: pixels * 0.15).advice.startswith("Use more light")


def test_less_contrast_is_seen(judge):
    found = values(judge, "contrast", [lambda p, f=f: (p - 160) * f + 160 for f in (1, 0.6, 0.3, 0.15)])
    assert found == sorted(found, reverse=True)
    assert judge(lambda pixels: (pixels - 160) * 0.08 + 160).advice.startswith("Use even light")


def patch(specimen, share, level):
    """Cover the left `share` of the zone."""
    corners = np.array(specimen.quads["full_mrz"].points)
    left, top = corners.min(axis=0).astype(int) - 4
    right, bottom = corners.max(axis=0).astype(int) + 4

    def change(pixels):
        pixels = pixels.copy()
        pixels[top:bottom, left : left + int(share * (right - left))] = level
        return pixels

    return change


@pytest.mark.parametrize(("level", "name", "advice"), [(255, "glare", "Tilt"), (15, "occlusion", "Keep fingers")])
def test_what_hides_print_is_measured(judge, specimen, level, name, advice):
    shares = (0, 0.1, 0.3, 0.5)
    found = values(judge, name, [patch(specimen, share, level) for share in shares])
    assert np.allclose(found, np.array(shares) * 100, atol=4)
    other = {"glare": "occlusion", "occlusion": "glare"}[name]
    quality = judge(patch(specimen, 0.3, level))
    assert quality.measures[other].value == 0
    assert quality.verdict is Finding.FAILED
    assert quality.advice.startswith(advice)
    assert f"{quality.measures[name].value:.0f} %" in quality.advice


def test_a_shadow_over_part_of_the_lines_is_measured(judge):
    def shaded(depth):
        def change(pixels):
            across = np.linspace(0, 1, pixels.shape[1])[None, :, None]
            return pixels * (1 - depth / (1 + np.exp((across - 0.5) * 60)))

        return change

    found = values(judge, "shadow", [shaded(depth) for depth in (0, 0.3, 0.5, 0.7, 0.9)])
    assert found == sorted(found)
    assert np.allclose(found[1:], (30, 50, 70, 90), atol=12)
    assert judge(shaded(0.9)).advice.startswith("Keep shadows off")


def test_small_letters_need_a_closer_camera():
    found = []
    for scale in (0.5, 0.25):
        drawn = draw_specimen("mrz.mrp", seed=3, degradation=Degradation(scale=scale))
        lines = bands_of(drawn)
        quality = judge_quality(drawn.pixels, lines, drawn.quads["page"])
        found.append(quality.measures["resolution"].value)
        assert found[-1] == pytest.approx(lines[0].height, rel=0.02)
        assert quality.measures["dpi"].value == pytest.approx(found[-1] / 2.5 * 25.4, rel=0.01)
    assert quality.verdict is Finding.FAILED
    assert (
        quality.advice == f"Hold the camera closer: letters are {found[-1]:.0f} px high, {LEAST_LETTER:.0f} are needed."
    )


def test_a_leaning_camera_is_measured():
    found = []
    for angle in (0, 25, 45):
        drawn = draw_specimen("mrz.mrp", seed=3, degradation=Degradation(scale=0.35, perspective=angle, direction=60))
        found.append(judge_quality(drawn.pixels, bands_of(drawn), drawn.quads["page"]).measures["perspective"].value)
    assert found[0] < 2
    assert found == sorted(found)
    assert found[-1] > 20


def test_a_tilt_is_exact_where_the_focal_length_is_as_assumed():
    focal, turn = 1.2 * 1000, np.deg2rad(30)
    flat = np.array([(-200, -120), (200, -120), (200, 120), (-200, 120)])
    depth = 900 + flat[:, 0] * np.sin(turn)
    seen = np.stack([flat[:, 0] * np.cos(turn), flat[:, 1]], axis=1) / depth[:, None] * focal + [499.5, 374.5]
    assert tilt_of(seen, (750, 1000)) == pytest.approx(30, abs=0.1)


def test_lines_cut_by_the_edge_are_named(judge, specimen):
    right = int(np.array(specimen.quads["full_mrz"].points)[:, 0].max()) - 5
    quality = judge(lambda pixels: pixels[:, :right])
    assert quality.measures["bounds"].value < 0
    assert quality.verdict is Finding.FAILED
    assert "cut off" in quality.advice


def test_a_page_cut_by_the_edge_is_named_but_the_lines_can_be_read(judge, specimen):
    low = int(np.array(specimen.quads["full_mrz"].points)[:, 1].min()) - 60
    shift = np.array([0, low])
    lines = [band.scaled(1.0, (0.0, -float(low))) for band in bands_of(specimen)]
    page = Quad([tuple(point) for point in np.array(specimen.quads["page"].points) - shift])
    quality = judge(lambda pixels: pixels[low:], lines=lines, page=page)
    assert quality.measures["page_outside"].value > 30
    assert quality.verdict is Finding.PASSED
    assert "lie outside the picture" in quality.advice


def test_half_of_an_outline_outside_is_fifty_per_cent():
    corners = np.array([(-50.0, 10), (49, 10), (49, 60), (-50, 60)])
    assert outside_of(corners, (100, 100)) == pytest.approx(50, abs=1)


def test_a_grey_copy_is_told_but_not_refused(judge):
    quality = judge(lambda pixels: np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2))
    assert not quality.measures["colour"].good
    assert quality.verdict is Finding.PASSED


def test_the_worst_trouble_comes_first(judge, specimen):
    def change(pixels):
        return patch(specimen, 0.5, 255)(blurred(0.2, bands_of(specimen)[0].height)(pixels))

    assert judge(change).advice.startswith("Tilt")


def test_without_lines_nothing_is_claimed_of_them(specimen):
    quality = judge_quality(specimen.pixels, [], specimen.quads["page"])
    assert quality.verdict is Finding.UNDEFINED
    assert set(quality.measures) == {"perspective", "page_outside", "colour"}
    assert judge_quality(specimen.pixels, [], None).measures == {}


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (60, 60)])
def test_lines_that_hardly_fit_the_picture_do_no_harm(shape):
    band = Band(np.array([(0, 2), (50, 2)], np.float32), np.array([3, 3], np.float32))
    quality = judge_quality(np.full((*shape, 3), 128, np.uint8), [band], None)
    assert quality.verdict is Finding.FAILED
    assert all(np.isfinite(measure.value) for measure in quality.measures.values())


@pytest.mark.parametrize(
    ("change", "reason", "advice"),
    [
        (lambda p: p[:100, :150], "pixels large", "thumbnail"),
        (lambda p: p * 0.1, "too dark", "more light"),
        (lambda p: np.full_like(p, 250), "one even tone", "Take the cover off"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 8), "blurred", "focus"),
        (
            lambda p: np.full_like(p, 90) + np.linspace(0, 90, p.shape[1])[None, :, None],
            "hardly any text",
            "whole page",
        ),
    ],
)
def test_where_nothing_is_found_the_picture_may_tell_why(specimen, change, reason, advice):
    pixels = np.clip(change(specimen.pixels.astype(np.float32)), 0, 255).astype(np.uint8)
    found = advice_when_nothing(pixels)
    assert reason in found.reason
    assert advice in found.advice
    assert found.quality.verdict is Finding.FAILED


def test_a_good_picture_of_something_else_gets_the_usual_advice(specimen):
    found = advice_when_nothing(specimen.pixels)
    assert found.quality.verdict is Finding.PASSED
    assert found.reason == "no machine-readable zone, barcode or known document was found"
    assert "lines of letters" in found.advice


def test_blur_of_the_whole_picture_is_measured_in_shares_of_it(specimen):
    found = [
        advice_when_nothing(cv2.GaussianBlur(specimen.pixels, (0, 0), share * 11.2)).quality.measures["focus"].value
        for share in (0.1, 0.2, 0.3, 0.4, 0.5)
    ]
    assert found == sorted(found)
    assert np.allclose(found, (0.1, 0.2, 0.3, 0.4, 0.5), atol=0.12)


def test_photographs_of_real_documents_are_not_called_unreadable():
    if not DEV.is_dir():
        pytest.skip(f"{DEV} is not here")
    for name, entry in json.loads((DEV / "truth.json").read_text()).items():
        pixels = cv2.imread(str(DEV / "images" / name))
        if entry["has_mrz"] and max(pixels.shape) >= 320:
            assert advice_when_nothing(pixels).quality.verdict is Finding.PASSED, name
