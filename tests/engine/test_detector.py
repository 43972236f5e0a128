"""The zone detector: bands, regions and tracing on maps drawn by hand, the whole on zones drawn with seeds."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

import visionmq.engine.document as package
from visionmq.engine.document.mrz.band import Band, straighten, strip_width
from visionmq.engine.document.mrz.detector import Detector, find_zones, load_detector
from visionmq.engine.document.mrz.regions import find_regions
from visionmq.engine.document.mrz.tracing import trace

FONT = Path(package.__file__).parent / "data" / "OCRB.otf"
PASSPORT = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
CARD = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]
FRENCH = ["IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "9409923102854CORINNE<<<<<<<6512068F4"]
PITCH = 20.0


@cache
def detector() -> Detector:
    return load_detector()


def page(texts: list[str], width: int = 1100, height: int = 760) -> tuple[np.ndarray, np.ndarray]:
    """Return a page with a zone, and the ends of the middles of its lines, float (lines, 2, 2)."""
    image = Image.new("L", (width, height), 225)
    draw = ImageDraw.Draw(image)
    face = ImageFont.truetype(str(FONT), 27)
    plain = ImageFont.truetype(str(FONT), 17)
    for row in range(6):
        draw.text((380, 60 + row * 62), f"Field {row}  value {row * 7919}", 60, font=plain)
    draw.ellipse((60, 90, 300, 420), fill=140)
    _, top, _, bottom = face.getbbox("H", anchor="ls")
    left = (width - len(texts[0]) * PITCH) / 2
    middles = []
    for number, text in enumerate(texts):
        base = height - 50 - (len(texts) - 1 - number) * 42
        for place, letter in enumerate(text):
            draw.text((left + (place + 0.5) * PITCH, base), letter, 30, font=face, anchor="ms")
        middle = base + (top + bottom) / 2
        middles.append([[left, middle], [left + len(text) * PITCH, middle]])
    return np.array(image), np.array(middles, np.float32)


def photograph(texts: list[str], matrix: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    grey, middles = page(texts)
    seen = cv2.warpPerspective(grey, matrix, size, flags=cv2.INTER_AREA, borderValue=90)
    return cv2.cvtColor(seen, cv2.COLOR_GRAY2BGR), cv2.perspectiveTransform(middles, matrix)


def turned(degrees: float, scale: float = 0.9) -> np.ndarray:
    turn = cv2.getRotationMatrix2D((550, 380), degrees, scale)
    return np.vstack([np.add(turn, [[0, 0, 150], [0, 0, 320]]), [0, 0, 1]])


def off(band: Band, line: np.ndarray) -> tuple[float, float]:
    """Return how far ends and middle are off, in letter heights."""
    along = (line[1] - line[0]) / np.linalg.norm(line[1] - line[0])
    across = np.array([-along[1], along[0]])
    ends = max(abs((band.curve[0] - line[0]) @ along), abs((band.curve[-1] - line[1]) @ along))
    return ends / band.height, np.abs((band.curve - line[0]) @ across).max() / band.height


def straight(length: float = 300.0, height: float = 20.0) -> Band:
    x = np.linspace(50, 50 + length, 9)
    return Band(np.stack([x, np.full(9, 60.0)], 1).astype(np.float32), np.full(9, height, np.float32))


class TestBand:
    def test_a_quad_is_clockwise_from_the_readers_top_left(self):
        assert straight().quad().tolist() == [[50, 50], [350, 50], [350, 70], [50, 70]]

    def test_a_turned_band_starts_where_the_band_ended(self):
        assert straight().turned().quad().tolist() == [[350, 70], [50, 70], [50, 50], [350, 50]]

    @given(st.floats(0, 1), st.floats(0, 1))
    def test_parts_of_a_band_lie_where_its_fractions_say(self, one, other):
        quad = straight().part(one, other)
        assert quad[0, 0] == pytest.approx(50 + 300 * one, abs=1e-2)
        assert quad[1, 0] == pytest.approx(50 + 300 * other, abs=1e-2)

    def test_turning_twice_changes_nothing(self):
        band = straight()
        again = band.turned().turned()
        assert np.array_equal(again.curve, band.curve)
        assert np.allclose(again.down(), band.down())

    def test_letters_of_one_width_take_equal_shares_in_perspective(self):
        heights = np.linspace(10, 20, 200)
        x = np.cumsum(heights) / 2  # a step is half a letter's height everywhere
        band = Band(np.stack([x, np.zeros(200)], 1).astype(np.float32), heights.astype(np.float32))
        middle = band.part(0.5, 0.5)[0, 0]
        assert np.interp(middle, x, np.arange(200)) == pytest.approx(99.5, abs=1)

    def test_a_strip_has_letters_of_the_height_asked_for(self):
        grey = np.zeros((120, 400), np.uint8)
        grey[50:70, 50:350] = 255
        strip = straighten(grey, straight(), height=24, cap=16, pad=12)
        assert strip.shape == (24, strip_width(straight(), 16, 12)) == (24, 240 + 24)
        assert (strip[5:19, 14:-14] > 250).all()
        assert (strip[:3] < 5).all()
        assert (strip[:, :10] < 5).all()

    def test_a_strip_of_a_turned_band_is_the_strip_upside_down(self):
        grey = np.random.default_rng(1).integers(0, 256, (120, 400)).astype(np.uint8)
        strip, other = straighten(grey, straight()), straighten(grey, straight().turned())
        assert np.abs(strip.astype(int) - other[::-1, ::-1]).max() <= 2

    def test_shrinking_averages_and_does_not_skip(self):
        grey = np.zeros((400, 1300), np.uint8)
        grey[:, ::2] = 200  # stripes of one pixel are grey from afar
        band = Band(np.array([[50, 200], [1200, 200]], np.float32), np.array([160, 160], np.float32))
        strip = straighten(grey, band)
        assert strip.mean() == pytest.approx(100, abs=6)
        assert strip.std() < 12

    @pytest.mark.parametrize("place", [(-300.0, -300.0), (5000.0, 60.0), (390.0, 119.0)])
    def test_bands_off_the_picture_repeat_its_edge(self, place):
        band = Band(np.array([place, (place[0] + 100, place[1])], np.float32), np.array([20, 20], np.float32))
        assert (straighten(np.full((120, 400), 7, np.uint8), band) == 7).all()


def maps(height: int, width: int) -> np.ndarray:
    empty = np.zeros((9, height, width), np.float32)
    empty[2], empty[4], empty[7] = 1, -1, 1  # lines level, stems upright, read to the right
    return empty


def put_line(field: np.ndarray, row: float, left: int, right: int, *, bend: float = 0.0) -> None:
    """Draw a line with letters 16 pixels high: the core is 2.4 cells high."""
    rows, columns = np.mgrid[: field.shape[1], : field.shape[2]].astype(float)
    middle = row + bend * ((columns - field.shape[2] / 2) / field.shape[2]) ** 2
    inside = (columns >= left) & (columns < right)
    field[0] = np.maximum(field[0], np.clip(1.7 - np.abs(rows - middle), 0, 1) * inside)
    field[1] = np.maximum(field[1], (np.abs(rows - middle) < 4) * inside)


class TestTracing:
    def test_lines_are_followed_to_their_ends(self):
        field = maps(40, 200)
        for row in (14.0, 24.0):
            put_line(field, row, 20, 170)
        (zone,) = trace(field)
        assert len(zone.lines) == 2
        for line, row in zip(zone.lines, (14.0, 24.0), strict=True):
            assert line.curve[:, 1] == pytest.approx(row * 4 + 1.5, abs=1)
            assert line.curve[0, 0] == pytest.approx(20 * 4 - 0.5, abs=2.5)
            assert line.curve[-1, 0] == pytest.approx(170 * 4 - 0.5, abs=2.5)
            assert line.height == pytest.approx(16, abs=0.5)
        assert zone.upright == pytest.approx(1)
        assert not zone.cramped

    def test_a_bent_line_is_followed(self):
        field = maps(48, 220)
        put_line(field, 16, 15, 205, bend=20)
        put_line(field, 27, 15, 205, bend=20)
        angle = np.arctan(2 * 20 * (np.arange(220) - 110) / 220**2)
        field[2], field[3] = np.cos(2 * angle), np.sin(2 * angle)
        (zone,) = trace(field)
        assert len(zone.lines) == 2
        middle = zone.lines[0].curve
        expected = 16 + 20 * (((middle[:, 0] - 1.5) / 4 - 110) / 220) ** 2
        assert (middle[:, 1] - 1.5) / 4 == pytest.approx(expected, abs=0.7)

    def test_glare_on_a_line_does_not_end_it(self):
        field = maps(40, 200)
        for row in (14.0, 24.0):
            put_line(field, row, 20, 170)
        field[0, 10:18, 80:100] = 0
        (zone,) = trace(field)
        assert [round(float(line.curve[-1, 0] - line.curve[0, 0])) for line in zone.lines] == pytest.approx(
            [600, 600], abs=6
        )

    def test_zones_far_apart_are_two(self):
        field = maps(64, 200)
        for row in (8.0, 16.0, 44.0, 54.0):
            put_line(field, row, 20, 170)
        assert [len(zone.lines) for zone in trace(field)] == [2, 2]

    def test_nothing_is_traced_where_nothing_is(self):
        assert trace(maps(40, 200)) == []

    def test_a_zone_upside_down_is_told(self):
        field = maps(40, 200)
        put_line(field, 14, 20, 170)
        field[7] = -1
        (zone,) = trace(field)
        assert zone.upright == pytest.approx(0)


class TestRegions:
    def test_a_region_lies_along_the_lines(self):
        field = maps(60, 200)
        put_line(field, 30, 20, 170)
        (region,) = find_regions(field)
        assert region.angle == pytest.approx(0, abs=0.01)
        assert region.length == pytest.approx(600, abs=8)
        assert region.cap == pytest.approx(16)

    def test_pieces_of_one_line_are_one_region(self):
        field = maps(60, 200)
        put_line(field, 30, 20, 80)
        put_line(field, 30, 100, 170)
        assert len(find_regions(field)) == 1

    def test_lines_that_read_otherwise_are_two_regions(self):
        field = maps(120, 200)
        put_line(field, 20, 20, 170)
        put_line(field, 100, 20, 170)
        field[2, 80:], field[3, 80:] = np.cos(1.0), np.sin(1.0)
        assert len(find_regions(field)) == 2


class TestPictures:
    @pytest.mark.parametrize("degrees", [0, 90, 180, 270, 35, 215])
    def test_a_zone_is_found_at_any_rotation(self, degrees):
        picture, lines = photograph(PASSPORT, turned(degrees), (1400, 1400))
        zone = find_zones(detector(), picture)[0]
        assert zone.score > 0.5
        assert len(zone.lines) == 2
        for band, line in zip(zone.lines, lines, strict=True):
            ends, middle = off(band, line)
            assert ends < 0.6
            assert middle < 0.3

    @pytest.mark.parametrize("texts", [CARD, FRENCH], ids=["card", "french"])
    def test_every_format_has_its_number_of_lines(self, texts):
        picture, lines = photograph(texts, turned(3), (1400, 1400))
        zone = find_zones(detector(), picture)[0]
        assert len(zone.lines) == len(texts)
        assert max(off(band, line)[0] for band, line in zip(zone.lines, lines, strict=True)) < 0.6

    def test_a_zone_in_perspective_is_followed(self):
        corners = np.array([[0, 0], [1100, 0], [1100, 760], [0, 760]], np.float32)
        seen = np.array([[150, 120], [1000, 40], [1130, 860], [40, 700]], np.float32)
        picture, lines = photograph(PASSPORT, cv2.getPerspectiveTransform(corners, seen), (1200, 900))
        zone = find_zones(detector(), picture)[0]
        assert len(zone.lines) == 2
        assert max(off(band, line)[1] for band, line in zip(zone.lines, lines, strict=True)) < 0.35

    def test_a_small_picture_will_do(self):
        picture, lines = photograph(CARD, np.diag([0.28, 0.28, 1.0]), (308, 213))
        zone = find_zones(detector(), picture)[0]
        assert len(zone.lines) == 3
        assert max(off(band, line)[0] for band, line in zip(zone.lines, lines, strict=True)) < 0.8

    def test_two_documents_are_two_zones(self):
        one, _ = photograph(PASSPORT, np.diag([0.6, 0.6, 1.0]), (700, 480))
        other, _ = photograph(CARD, np.diag([0.6, 0.6, 1.0]), (700, 480))
        zones = [zone for zone in find_zones(detector(), np.vstack([one, other])) if zone.score > 0.5]
        assert sorted(len(zone.lines) for zone in zones) == [2, 3]

    def test_grey_pictures_are_read_as_coloured_ones(self):
        picture, _ = photograph(PASSPORT, turned(0), (1400, 1400))
        assert len(find_zones(detector(), picture[..., 0])[0].lines) == 2

    @pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (7, 7), (40, 3000)])
    def test_odd_sizes_are_no_error(self, size):
        assert find_zones(detector(), np.full((*size, 3), 128, np.uint8)) == []

    def test_noise_and_ordinary_text_are_no_zone(self):
        noise = np.random.default_rng(3).integers(0, 256, (480, 640, 3)).astype(np.uint8)
        grey, _ = page(["Please keep this paper in a dry place.      ", "It is not a travel document, says nobody.   "])
        for picture in (noise, cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)):
            assert all(zone.score < 0.5 for zone in find_zones(detector(), picture))

    @settings(max_examples=5, deadline=None)
    @given(st.integers(0, 2**32 - 1))
    def test_no_picture_is_an_error(self, seed):
        random = np.random.default_rng(seed)
        small = random.integers(0, 256, (random.integers(1, 60), random.integers(1, 60), 3)).astype(np.uint8)
        assert isinstance(find_zones(detector(), small), list)
