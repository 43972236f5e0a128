from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from visionmq.engine.document.judge import typeface
from visionmq.engine.document.judge.forensics import Evidence, judge
from visionmq.engine.document.judge.printed import Printed, measure
from visionmq.engine.document.judge.screen import Surface, study_surface
from visionmq.engine.document.judge.typeface import OTHERS, load_typefaces
from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.layouts import TD1, TD3
from visionmq.engine.document.mrz.reading import even_centres
from visionmq.engine.document.page.portrait import Crop, Sight
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import Check, Document, Finding, TextLine
from visionmq.schemas.document.fields import CheckDigit, Field

TODAY = date(2026, 7, 1)
DATA = Path(typeface.__file__).parents[1] / "data"
ANNA = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
QUAD = Quad([(0, 0), (9, 0), (9, 9), (0, 9)])
PASSED, FAILED, UNDEFINED = Finding.PASSED, Finding.FAILED, Finding.UNDEFINED


def field(name, value, *, raw=None, accepted=True, digit=CheckDigit.ABSENT):
    source = name.partition("_")[0]
    return Field(
        name=name,
        value=value,
        raw=value if raw is None else raw,
        accepted=accepted,
        confidence=0.99,
        check_digit=digit,
        source=source if source in ("barcode", "visual") else "mrz",
    )


def fields(*made):
    return {one.name: one for one in made}


def evidence(made=(), **more):
    return Evidence(document=Document(doc_type="mrz.mrp", fields=fields(*made)), today=TODAY, **more)


def printed(**changed):
    usual = {
        "likeness": {"OCR-B": 0.92, "OCR-A": 0.85},
        "letters": 40,
        "height": 18.0,
        "wander": 0.03,
        "proportion": 1.04,
        "spacing": 2.5,
        "indent": 0.1,
    }
    return Printed(**(usual | changed))


def looks(**changed):
    return evidence(printed=printed(**changed), layout=TD3)


def surface(wave=2.0, colour=20.0, around=12.0, no_colour=False):
    return evidence(surface=Surface(wave, 0.2, colour, around, no_colour))


def sight(*, crop=False, blank=False):
    found = Crop(QUAD, np.zeros((9, 9, 3), np.uint8), 1.0) if crop else None
    return evidence(portrait=Sight(found, blank, "no face was found"))


def born(value, **more):
    return field("mrz_birth_date", value, **more)


def expires(value, **more):
    return field("mrz_expiry_date", value, **more)


def zone(number="X1234567", day="2030-01-02"):
    return [field("mrz_number", number), expires(day), born("1990-05-06")]


def text(*lines, sure=0.99):
    return [TextLine(line, sure, QUAD) for line in lines]


SAME = {"visual_number": field("visual_number", "X1"), "visual_expiry_date": field("visual_expiry_date", "2030-01-02")}
CASES = {
    "expiry": [
        (PASSED, evidence([expires("2026-07-01")])),
        (FAILED, evidence([expires("2026-06-30")])),
        (UNDEFINED, evidence()),
        (UNDEFINED, evidence([expires("2026-06-30", accepted=False)])),
    ],
    "date_order": [
        (PASSED, evidence([born("1990-05-06"), expires("2030-01-02")])),
        (FAILED, evidence([born("2026-07-02"), expires("2030-01-02")])),
        (FAILED, evidence([born("1890-01-01"), expires("2030-01-02")])),
        (FAILED, evidence([born("1990-05-06"), expires("1989-01-02")])),
        (FAILED, evidence([field("barcode_issue_date", "2027-01-01"), expires("2030-01-02")])),
        (FAILED, evidence([field("barcode_issue_date", "2020-01-01"), expires("2050-01-02")])),
        (FAILED, evidence([born(None, raw="900231", accepted=False, digit=CheckDigit.PASSED)])),
        (UNDEFINED, evidence([born("1990-05-06")])),
        (UNDEFINED, evidence([born("2026-07-02", accepted=False), expires("2030-01-02")])),
    ],
    "mrz_check_digits": [
        (PASSED, evidence([field("mrz_number", "X1", digit=CheckDigit.PASSED)])),
        (FAILED, evidence([field("mrz_number", "X1", digit=CheckDigit.FAILED)])),
        (FAILED, evidence([field("full_mrz", "P<", digit=CheckDigit.FAILED)])),
        (UNDEFINED, evidence()),
    ],
    "country_codes": [
        (PASSED, evidence([field("mrz_issuer", "D", raw="D<<"), field("mrz_nationality", "FRA")])),
        (FAILED, evidence([field("mrz_issuer", "XYZ")])),
        (UNDEFINED, evidence()),
        (UNDEFINED, evidence([field("mrz_issuer", "XYZ", accepted=False)])),
    ],
    "mrz_geometry": [
        (PASSED, looks()),
        (FAILED, looks(wander=0.14)),
        (FAILED, looks(proportion=1.7)),
        (FAILED, looks(indent=2.0)),
        (FAILED, looks(spacing=1.7)),
        (UNDEFINED, looks(spacing=2.08)),
        (UNDEFINED, looks(wander=0.09)),
        (UNDEFINED, evidence()),
        (PASSED, evidence(printed=printed(spacing=1.68), layout=TD1)),
        (PASSED, looks(spacing=2.0, proportion=0.84)),
    ],
    "mrz_typeface": [
        (PASSED, looks()),
        (FAILED, looks(likeness={"OCR-B": 0.8, "OCR-A": 0.9})),
        (UNDEFINED, looks(likeness={"OCR-B": 0.8, "OCR-A": 0.9}, height=6.0)),
        (UNDEFINED, looks(likeness={"OCR-B": 0.90, "OCR-A": 0.91})),
        (UNDEFINED, looks(likeness={"OCR-B": 0.5, "OCR-A": 0.4})),
        (UNDEFINED, evidence()),
    ],
    "mrz_vs_visual": [
        (PASSED, evidence(zone(), visual=SAME, text=text("X1234567", "02.01.2030"))),
        (FAILED, evidence(zone(), visual=SAME, text=text("02 JAN 2030", "06 MAY 1980"))),
        (FAILED, evidence(zone(), visual={}, text=text("X1234867"))),
        (FAILED, evidence(zone(), visual=SAME, text=text("02 JAN 2030", "07 JUN 1981", "03 MAR 2020"))),
        (UNDEFINED, evidence(zone(), visual={}, text=text("X1234867", sure=0.5))),
        (UNDEFINED, evidence(zone())),
    ],
    "barcode_vs_mrz": [
        (PASSED, evidence([*zone(), field("barcode_number", "X1234567")])),
        (FAILED, evidence([*zone(), field("barcode_birth_date", "1991-05-06")])),
        (UNDEFINED, evidence([*zone(), field("barcode_birth_date", "1991-05-06", accepted=False)])),
        (UNDEFINED, evidence(zone())),
    ],
    "screen_suspicion": [
        (PASSED, surface()),
        (FAILED, surface(wave=30.0)),
        (UNDEFINED, surface(wave=7.0)),
        (UNDEFINED, surface(wave=None)),
        (UNDEFINED, evidence()),
    ],
    "copy_suspicion": [
        (PASSED, surface()),
        (FAILED, surface(colour=1.0, around=15.0)),
        (UNDEFINED, surface(colour=1.0, around=None)),
        (UNDEFINED, surface(colour=0.0, around=0.0, no_colour=True)),
        (UNDEFINED, evidence()),
    ],
    "portrait_present": [
        (PASSED, sight(crop=True)),
        (FAILED, sight(blank=True)),
        (UNDEFINED, sight()),
        (UNDEFINED, evidence()),
    ],
    "specimen": [
        (PASSED, evidence([field("mrz_issuer", "FRA"), field("mrz_surname", "MARTIN")])),
        (FAILED, evidence([field("mrz_issuer", "UTO")])),
        (FAILED, evidence([field("mrz_surname", "SPECIMEN")])),
        (FAILED, evidence([field("mrz_surname", "MARTIN")], text=text("SPECIMEN"))),
        (UNDEFINED, evidence([field("mrz_surname", "MUSTERMANN")])),
        (UNDEFINED, evidence()),
    ],
}


@pytest.mark.parametrize(("name", "state", "given"), [(name, *case) for name, cases in CASES.items() for case in cases])
def test_each_check_comes_to_each_state_for_its_reason(name, state, given):
    check = judge(given)[name]
    assert check.state is state, check.reason
    assert check.reason
    assert check.cannot_detect


def test_no_check_is_without_a_case_of_each_state():
    assert set(judge(evidence())) == set(CASES)
    assert all({state for state, _ in cases} == {PASSED, FAILED, UNDEFINED} for cases in CASES.values())


def zone_picture(font, *, cap=20, jitter=0.0, spacing=2.5, seed=0):
    """ICAO's example printed in a typeface, one letter in the middle of each cell; its bands."""
    random = np.random.default_rng(seed)
    pitch, zoom = cap / 1.04, 4
    probe = ImageFont.truetype(font, 400)
    _, top, _, foot = probe.getbbox("H", anchor="ls")
    letters = ImageFont.truetype(font, 400 * cap * zoom / (foot - top))
    image = Image.new("L", (round((44 * pitch + 4 * cap) * zoom), round((spacing * pitch + 5 * cap) * zoom)), 225)
    draw, bands = ImageDraw.Draw(image), []
    for number, line in enumerate(ANNA):
        base = 3 * cap + number * spacing * pitch
        for index, character in enumerate(line):
            x = 2 * cap + (index + 0.5 + random.normal(0, jitter)) * pitch
            draw.text((x * zoom, base * zoom), character, 45, letters, anchor="ms")
        x = np.linspace(2 * cap, 2 * cap + 44 * pitch, 9)
        bands.append(
            Band(np.column_stack([x, np.full(9, base - cap / 2)]).astype(np.float32), np.full(9, cap, np.float32))
        )
    small = cv2.resize(np.asarray(image), None, fx=1 / zoom, fy=1 / zoom, interpolation=cv2.INTER_AREA)
    noisy = cv2.GaussianBlur(small, (0, 0), 0.8) + random.normal(0, 4, small.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), bands


@pytest.fixture(scope="module")
def faces():
    return load_typefaces()


def measured(faces, gray, bands):
    return measure(faces, gray, bands, ANNA, [even_centres(44)] * 2)


@pytest.mark.parametrize("cap", [10, 16, 28])
def test_a_zone_in_ocr_b_passes_and_its_measures_are_those_it_was_drawn_with(faces, cap):
    found = measured(faces, *zone_picture(DATA / "OCRB.otf", cap=cap))
    checks = judge(evidence(printed=found, layout=TD3))
    assert (checks["mrz_typeface"].state, checks["mrz_geometry"].state) == (PASSED, PASSED)
    assert found.height == pytest.approx(cap, rel=0.08)
    assert found.spacing == pytest.approx(2.5, rel=0.02)
    assert found.wander < 0.05


@pytest.mark.parametrize("font", ["sans.ttf", "sans_bold.ttf", "serif_bold.ttf"])
def test_a_zone_in_another_typeface_fails_even_if_none_knows_that_face(faces, font):
    check = judge(evidence(printed=measured(faces, *zone_picture(DATA / "fonts" / font)), layout=TD3))["mrz_typeface"]
    assert check.state is FAILED
    assert any(name in check.reason for name in OTHERS)


def test_letters_set_by_hand_and_lines_too_close_fail(faces):
    uneven = judge(evidence(printed=measured(faces, *zone_picture(DATA / "OCRB.otf", jitter=0.16)), layout=TD3))
    close = judge(evidence(printed=measured(faces, *zone_picture(DATA / "OCRB.otf", spacing=1.7)), layout=TD3))
    assert uneven["mrz_geometry"].state is FAILED
    assert close["mrz_geometry"].state is FAILED
    assert "close" in close["mrz_geometry"].reason


def test_too_few_letters_are_not_judged(faces):
    gray, bands = zone_picture(DATA / "OCRB.otf")
    assert measure(faces, gray, bands[:1], ["P<<<"], [even_centres(4)]) is None


def paper(random, size=(700, 900)):
    grain = cv2.GaussianBlur(random.normal(0, 30, (*size, 3)), (0, 0), 1.5)
    return np.clip(170 + grain, 0, 255).astype(np.uint8)


def on_screen(pixels, pitch, angle):
    """What a camera sees of a picture on a screen whose pixels are `pitch` camera pixels wide, striped red to blue."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float64)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    rows = 0.75 + 0.25 * np.cos(2 * np.pi * across / pitch)
    stripes = [0.6 + 0.4 * np.cos(2 * np.pi * (along / pitch + colour / 3)) for colour in range(3)]
    return np.clip(pixels * np.stack([stripe * rows for stripe in stripes], axis=2), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("pitch", [2.6, 3.3, 4.7])
def test_a_page_on_a_screen_is_suspected_and_the_page_itself_is_not(pitch):
    page = paper(np.random.default_rng(5))
    assert judge(evidence(surface=study_surface(page, None)))["screen_suspicion"].state is PASSED
    seen = study_surface(on_screen(page, pitch, 0.12), None)
    check = judge(evidence(surface=seen))["screen_suspicion"]
    assert check.state is FAILED
    assert seen.cycles == pytest.approx(1 / pitch, rel=0.5)


def test_a_cloth_under_the_page_is_no_screen():
    random = np.random.default_rng(6)
    page = Quad([(150, 120), (760, 120), (760, 590), (150, 590)])
    picture = on_screen(paper(random), 4.0, 0.3)
    picture[120:590, 150:760] = paper(random)[120:590, 150:760]
    assert study_surface(picture, page).wave < 6


def test_a_grey_page_on_a_coloured_table_is_a_copy_and_a_grey_picture_is_not_judged():
    random = np.random.default_rng(7)
    page = Quad([(150, 120), (760, 120), (760, 590), (150, 590)])
    picture = np.clip(paper(random).astype(int) + np.array([-40, 0, 40]), 0, 255).astype(np.uint8)
    assert judge(evidence(surface=study_surface(picture, page)))["copy_suspicion"].state is PASSED
    picture[120:590, 150:760] = cv2.cvtColor(paper(random), cv2.COLOR_BGR2GRAY)[120:590, 150:760, None]
    assert judge(evidence(surface=study_surface(picture, page)))["copy_suspicion"].state is FAILED
    gray = np.repeat(picture[:, :, :1], 3, axis=2)
    assert judge(evidence(surface=study_surface(gray, page)))["copy_suspicion"].state is UNDEFINED


def test_a_small_picture_is_not_searched_for_waves():
    assert study_surface(np.zeros((90, 90, 3), np.uint8), None).wave is None


def test_checks_are_values():
    assert judge(evidence())["expiry"] == Check(
        UNDEFINED, "no day of expiry was read", "a later withdrawal, loss or theft: no register is asked"
    )
