"""Drawn specimens: what they show, where, and that the same seed draws the same."""

import cv2
import numpy as np
import pytest

from visionmq.engine.document.fields.transliteration import NotWritable
from visionmq.engine.document.mrz.layouts import MASKS, TD1
from visionmq.engine.document.specimen.draw import SCAN, Degradation, casual, draw_specimen, specimens
from visionmq.engine.document.specimen.face import draw_face
from visionmq.engine.document.specimen.make import DOC_TYPES, load_maker, make_specimen
from visionmq.engine.document.specimen.people import invent, zone_part
from visionmq.engine.document.specimen.writer import layout_of, write_zone
from visionmq.schemas.document.specimens import MakeParams

SMALL = Degradation(scale=0.5)


def corners(specimen, name):
    return np.array(specimen.quads[name].points, np.float32)


def inside(pixels, quad):
    height, width = pixels.shape[:2]
    return bool((quad >= -1).all() and (quad[:, 0] <= width).all() and (quad[:, 1] <= height).all())


def upright(pixels, quad, size):
    width, height = size
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    return cv2.warpPerspective(pixels, cv2.getPerspectiveTransform(quad, target), size)


@pytest.mark.parametrize("doc_type", MASKS)
def test_every_layout_is_drawn_with_its_truth(doc_type):
    made = draw_specimen(doc_type, seed=4, degradation=SMALL)
    layout = layout_of(doc_type)
    assert tuple(len(line) for line in made.lines) == layout.lengths
    assert {"page", "full_mrz", *(f"mrz_line{n + 1}" for n in range(layout.lines))} <= set(made.quads)
    assert all(f"mrz_{name}" in made.quads for name in made.fields)
    for name in made.quads:
        assert inside(made.pixels, corners(made, name)), name


@pytest.mark.parametrize("degradation", [SCAN, Degradation(rotation=35, perspective=30, direction=70, fill=0.95)])
def test_the_lines_lie_where_the_truth_says(degradation):
    made = draw_specimen("mrz.mrp", seed=2, degradation=degradation)
    for number, line in enumerate(made.lines):
        strip = upright(made.pixels, corners(made, f"mrz_line{number + 1}"), (44 * 20, 26))
        ink = 255 - strip.mean(axis=2)
        cells = [ink[:, 20 * index + 2 : 20 * index + 18].mean() for index in range(44)]
        assert min(cells) > 15
        assert len(line) == 44
        quad = corners(made, f"mrz_line{number + 1}")
        up = 0.5 * (quad[[0, 1]] - quad[[3, 2]])
        taller = np.array([quad[0] + up[0], quad[1] + up[1], quad[2] - up[1], quad[3] - up[0]], np.float32)
        rows = 255 - upright(made.pixels, taller, (44 * 20, 60)).mean(axis=(1, 2))
        # Above and below the capitals there is paper only.
        assert rows[[*range(11), *range(49, 60)]].max() < 0.6 * rows[17:43].mean()


def test_the_same_seed_draws_the_same_picture_and_another_does_not():
    first, again = (draw_specimen("mrz.td1", seed=9, degradation=SMALL).pixels for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, draw_specimen("mrz.td1", seed=10, degradation=SMALL).pixels)


def test_given_fields_stand_and_the_rest_is_invented():
    made = draw_specimen(
        "mrz.mrp", {"surname": "Müller", "issuer": "Germany", "gender": "M"}, seed=1, degradation=SMALL
    )
    assert made.lines[0].startswith("P")
    assert made.lines[0][2:12] == "D<<MUELLER"
    assert made.fields["surname"] == "MUELLER"
    assert made.holder["surname"] == "Müller"
    assert made.fields["number"]
    with pytest.raises(NotWritable, match="no field 'eyes'"):
        draw_specimen("mrz.mrp", {"eyes": "BLUE"})


def test_people_are_of_many_countries_and_always_writable():
    issuers, names = set(), set()
    for seed in range(400):
        doc_type = MASKS[seed % len(MASKS)]
        holder = invent(doc_type, {}, np.random.default_rng(seed))
        assert write_zone(doc_type, zone_part(doc_type, holder))
        issuers.add(holder["issuer"])
        names.add(holder["surname"])
    assert len(issuers) > 80
    assert len(names) > 120


def test_long_numbers_occur_on_cards():
    holders = [invent(TD1.doc_type, {}, np.random.default_rng(seed)) for seed in range(100)]
    assert any(len(holder["number"]) > 9 for holder in holders)


def test_a_card_can_be_shown_with_both_sides():
    made = draw_specimen("mrz.td1", seed=3, degradation=SMALL, all_sides=True)
    front, back = corners(made, "front"), corners(made, "page")
    assert front[:, 1].max() < back[:, 1].min()
    assert {"portrait", "signature", "visual.surname"} <= set(made.quads)


def test_degradations_do_what_they_say():
    def drawn(**how):
        return draw_specimen("mrz.mrp", seed=6, degradation=Degradation(scale=0.5, **how), table=False)

    sharp = drawn()
    zone = corners(sharp, "full_mrz").astype(int)
    patch = np.s_[zone[0, 1] : zone[2, 1], zone[0, 0] : zone[2, 0]]

    def contrast(picture):
        return cv2.Laplacian(picture.pixels[patch], cv2.CV_64F).var()

    assert sharp.pixels.shape == (600, 800, 3)
    assert contrast(drawn(blur=2)) < 0.2 * contrast(sharp)
    assert contrast(drawn(motion=6)) < 0.6 * contrast(sharp)
    assert contrast(drawn(noise=12)) > contrast(sharp)
    assert drawn(brightness=0.5).pixels.mean() < 0.6 * sharp.pixels.mean()
    assert drawn(shadow=0.5).pixels.mean() < 0.95 * sharp.pixels.mean()
    assert drawn(glare=0.4).pixels.mean() > sharp.pixels.mean()
    assert not np.array_equal(drawn(jpeg=30).pixels, sharp.pixels)
    turned = drawn(rotation=90)
    top = np.diff(corners(turned, "page")[:2], axis=0)[0]
    assert abs(top[0]) < 1
    assert top[1] > 0
    leaning = corners(drawn(perspective=35, direction=0), "page")
    left, right = (np.linalg.norm(leaning[a] - leaning[b]) for a, b in ((0, 3), (1, 2)))
    assert max(left, right) / min(left, right) > 1.2


def test_specimens_come_in_turn_and_are_the_same_again():
    kinds = ["mrz.mrp", "mrz.td2"]
    made = list(
        specimens(5, 3, doc_types=kinds, degradation=lambda random: Degradation(scale=random.uniform(0.2, 0.3)))
    )
    assert [one.doc_type for one in made] == ["mrz.mrp", "mrz.td2", "mrz.mrp"]
    assert made[0].lines != made[2].lines
    assert all(0.2 < one.degradation.scale < 0.3 for one in made)


def test_the_maker_answers_with_truth_and_picture():
    load_maker()
    made, picture = make_specimen(MakeParams(doc_type="mrz.td2", seed=3, fields={"surname": "Doe"}, photograph=False))
    assert made.fields["surname"] == "DOE"
    assert len(made.mrz) == 2
    assert picture.startswith(b"\x89PNG")
    assert made.images[0].media_type == "image/png"
    _, photograph = make_specimen(MakeParams(doc_type="mrz.td1", seed=3, pass_back={"a": 1}))
    assert photograph.startswith(b"\xff\xd8")
    assert cv2.imdecode(np.frombuffer(photograph, np.uint8), cv2.IMREAD_COLOR).shape == (1600, 1200, 3)
    assert list(DOC_TYPES) == list(MASKS)


def test_portraits_pass_for_faces():
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
    found = 0
    for seed in range(6):
        face = draw_face(np.random.default_rng(seed), sex="FMX"[seed % 3], age=20 + 4 * seed)
        found += len(cascade.detectMultiScale(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), 1.1, 4)) == 1
    assert found >= 5


def test_a_casual_photograph_keeps_the_page_in_the_picture():
    for made in specimens(8, 2, doc_types=["mrz.mrp", "mrz.td1"], degradation=casual, all_sides=True):
        assert inside(made.pixels, corners(made, "page"))
