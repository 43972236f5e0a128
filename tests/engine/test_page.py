import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.layouts import IDFRA, MRVA, MRVB, TD1, TD2, TD3
from visionmq.engine.document.page.outline import (
    CAPITAL,
    PITCH,
    find_page,
    page_size,
    place_of,
    rectify_page,
    strip,
    zone_frame,
)
from visionmq.engine.document.page.portrait import load_portraits, look_for
from visionmq.engine.document.page.signature import find_signature
from visionmq.engine.picture import read_picture
from visionmq.schemas.common import Quad

DEV = Path(__file__).parents[2].parent / "shared" / "data" / "mrz" / "dev" / "images"
LAYOUTS = (TD3, TD2, TD1, MRVA, MRVB, IDFRA)


def camera(layout, *, turn=0.0, lean=0.0, scale=5.0, size=(900, 700)):
    """The homography from millimetres on a page in the middle of a picture to pixels."""
    width, height = page_size(layout)
    centre = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, math.cos(lean), 0], [0, math.sin(lean) / 450, 1]])
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    place = np.array([[cos, -sin, size[0] / 2], [sin, cos, size[1] / 2], [0, 0, 1]])
    return place @ tilt @ centre


def through(matrix, points):
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return mapped[:, :2] / mapped[:, 2:]


def bands_of(layout, matrix):
    place = place_of(layout)
    bands = []
    for line in place.lines:
        x = np.linspace(place.left, place.left + layout.length * PITCH, 15)
        y = np.full(15, place.height - line)
        top, foot = (through(matrix, np.column_stack([x, y + side * CAPITAL / 2])) for side in (-1, 1))
        heights = np.linalg.norm(foot - top, axis=1)
        down = (foot - top) / heights[:, None]
        bands.append(Band(((top + foot) / 2).astype(np.float32), heights.astype(np.float32), down.astype(np.float32)))
    return bands


def scene(layout, matrix, *, size=(900, 700), paper=(225, 230, 232), ground=(60, 70, 80)):
    width, height = page_size(layout)
    corners = through(matrix, np.array([[0, 0], [width, 0], [width, height], [0, height]]))
    pixels = np.full((size[1], size[0], 3), ground, np.uint8)
    cv2.fillPoly(pixels, [np.round(corners * 16).astype(np.int32)], paper, cv2.LINE_AA, 4)
    noise = np.random.default_rng(3).normal(0, 3, pixels.shape)
    return np.clip(cv2.GaussianBlur(pixels, (0, 0), 1.0) + noise, 0, 255).astype(np.uint8), corners


def farthest(quad, corners):
    return float(np.linalg.norm(np.array(quad.points) - corners, axis=1).max())


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.doc_type)
@pytest.mark.parametrize(("turn", "lean"), [(0.3, 0.2), (2.0, -0.3)])
def test_the_outline_is_found_whichever_way_the_page_lies(layout, turn, lean):
    matrix = camera(layout, turn=turn, lean=lean)
    pixels, corners = scene(layout, matrix)
    found = find_page(pixels, bands_of(layout, matrix), layout)
    assert farthest(found, corners) < 0.016 * page_size(layout)[0] * 5


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.doc_type)
def test_where_no_edge_shows_the_zone_alone_says_where_the_page_is(layout):
    matrix = camera(layout, turn=0.2, scale=4.0)
    pixels, corners = scene(layout, matrix, ground=(225, 230, 232))
    assert farthest(find_page(pixels, bands_of(layout, matrix), layout), corners) < 0.03 * page_size(layout)[0] * 4


def test_an_edge_never_cuts_the_zone():
    matrix = camera(TD3)
    pixels, _ = scene(TD3, matrix)
    bands = bands_of(TD3, matrix)
    y = round(float(bands[0].curve[:, 1].mean() + bands[1].curve[:, 1].mean()) / 2)
    pixels[y:] = 30
    bottom = max(point[1] for point in find_page(pixels, bands, TD3).points)
    assert bottom > bands[1].quad()[:, 1].max()


def test_centres_of_letters_tell_perspective_to_a_pixel():
    matrix = camera(TD3, turn=math.pi / 2, lean=0.5)
    bands = bands_of(TD3, matrix)
    place = place_of(TD3)
    even = [Band(b.curve, np.full_like(b.heights, b.height)) for b in bands]
    x = place.left + (np.arange(44) + 0.5) * PITCH
    centres = []
    for band, line in zip(even, place.lines, strict=True):
        start = band.curve[0]
        seen = through(matrix, np.column_stack([x, np.full(44, place.height - line)]))
        centres.append(np.linalg.norm(seen - start, axis=1) / band.length)
    frame = zone_frame(even, place, [44, 44], centres)
    corners = np.array([[place.width, place.height - 20.0], [0.0, place.height - 20.0]])
    with_centres = np.abs(through(frame, corners) - through(matrix, corners)).max()
    without = np.abs(through(zone_frame(even, place, [44, 44]), corners) - through(matrix, corners)).max()
    assert with_centres < min(1.0, without)


def test_lines_further_apart_than_the_standard_says_do_not_stretch_the_page():
    matrix = camera(TD1)
    pixels, corners = scene(TD1, matrix, ground=(225, 230, 232))
    bands = bands_of(TD1, matrix)
    for number, band in enumerate(bands):
        band.curve[:, 1] += (number - 1) * 2.1 * 5
    assert farthest(find_page(pixels, bands, TD1), corners) < 0.05 * 85.6 * 5


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (90, 90)])
def test_bands_that_are_no_lines_do_no_harm(size):
    pixels = np.zeros((*size, 3), np.uint8)
    for reach in (0.3, 5.0, 4000.0):
        bands = [Band(np.array([[5, y], [5 + reach, y]], np.float32), np.full(2, 0.5, np.float32)) for y in (4, 9)]
        page = find_page(pixels, bands, TD3)
        assert page is None or np.isfinite(page.points).all()
        strip(pixels, bands)


def test_without_a_zone_there_is_no_page():
    assert find_page(np.zeros((80, 80, 3), np.uint8), [], TD3) is None


def test_a_page_comes_out_upright_and_in_proportion():
    matrix = camera(TD3, turn=1.2)
    pixels, corners = scene(TD3, matrix)
    page = rectify_page(pixels, Quad([tuple(map(float, point)) for point in corners]), page_size(TD3))
    height, width = page.shape[:2]
    assert width / height == pytest.approx(125 / 88, rel=0.01)
    assert page[5:-5, 5:-5].min() > 190


def test_a_bent_line_comes_out_straight():
    x = np.linspace(40, 560, 27)
    y = 80 + 25 * np.sin(x / 120)
    pixels = np.full((160, 600, 3), 240, np.uint8)
    cv2.polylines(pixels, [np.column_stack([x, y]).astype(np.int32)], False, (20, 20, 20), 5)
    band = Band(np.column_stack([x, y]).astype(np.float32), np.full(27, 16, np.float32))
    out = strip(pixels, [band])[:, 30:-30].mean(axis=(1, 2))
    assert out.argmin() == pytest.approx(len(out) / 2, abs=2)
    assert out.min() < 80
    assert out[0] > 220


def test_a_portrait_s_absence_is_told_from_one_that_could_not_be_found():
    matrix = camera(TD3, scale=6.5)
    pixels, corners = scene(TD3, matrix)
    quad = Quad([tuple(map(float, point)) for point in corners])
    portraits = load_portraits()
    assert look_for(portraits, pixels, quad, TD3).blank
    print_here = through(matrix, np.array([[20.0, 35.0]]))[0].astype(int)
    cv2.putText(pixels, "NO PHOTO", tuple(print_here.tolist()), cv2.FONT_HERSHEY_SIMPLEX, 1, (40, 40, 40), 2)
    sight = look_for(portraits, pixels, quad, TD3)
    assert (sight.crop, sight.blank) == (None, False)
    assert sight.reason
    assert find_signature(pixels, quad, page_size(TD3), None) is None


@pytest.mark.parametrize("name", ["ult_aus.jpg", "pe_pass-bdr.jpg"])
def test_portrait_and_signature_of_a_real_specimen_are_cut_out(name):
    if not DEV.is_dir():
        pytest.skip(f"no labelled pictures in {DEV}")
    picture = read_picture((DEV / name).read_bytes())
    width, height = picture.width, picture.height if "bdr" in name else round(picture.width / 125 * 88)
    page = Quad(
        [(0, picture.height - height), (width, picture.height - height), (width, picture.height), (0, picture.height)]
    )
    portrait = look_for(load_portraits(), picture.pixels, page, TD3).crop
    assert portrait is not None
    assert np.array(portrait.quad.points)[:, 0].max() < width * 0.45
    signature = find_signature(picture.pixels, page, page_size(TD3), portrait)
    assert signature is not None
    assert np.array(signature.quad.points)[:, 0].min() > width * 0.5
