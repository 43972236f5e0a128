import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.ocr import Box
from visionmq.engine.document.page.printed_dates import dates_in
from visionmq.engine.document.page.spelling import edits, fold, folded_words
from visionmq.engine.document.page.visual import match_visual, read_visual
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import TextLine
from visionmq.schemas.document.fields import Field

QUAD = Quad([(0, 0), (9, 0), (9, 9), (0, 9)])


def line(text, sure=0.99):
    return TextLine(text, sure, QUAD)


def zone(**values):
    return {
        f"mrz_{name}": Field(name=f"mrz_{name}", value=value, raw=value, accepted=True, confidence=0.99)
        for name, value in values.items()
    }


@pytest.mark.parametrize(
    "text",
    [
        "12 AUG/AOUT 74",
        "12 AUG / AOÛT 1974",
        "12.08.1974",
        "12. 08. 1974",
        "12-08-74",
        "12/08/1974",
        "08/12/1974",
        "1974-08-12",
        "12AUG1974",
        "12 août 1974",
        "12 SIE 1974",
        "Date of birth 12 AUGUST 1974",
    ],
)
def test_a_day_is_known_in_the_forms_that_documents_print(text):
    assert any(day.is_iso("1974-08-12") for day in dates_in(text))


@pytest.mark.parametrize("text", ["", "32.13.1974 31.31.31", "AUG 1974", "L898902C3", "112.08.19745", "12 FOO 1974"])
def test_what_is_no_day_is_none(text):
    assert dates_in(text) == []


def test_a_day_whose_order_is_open_is_two():
    assert {(day.month, day.day, day.named) for day in dates_in("03.04.2010")} == {(4, 3, False), (3, 4, False)}
    assert [day.named for day in dates_in("23.04.2010")] == [True]


@given(st.dates())
def test_any_iso_day_is_read_back(day):
    if day.year > 99:
        assert any(found.is_iso(day.isoformat()) for found in dates_in(day.isoformat().zfill(10)))


@given(st.text(max_size=40))
def test_no_text_breaks_the_search_for_days_and_words(text):
    dates_in(text)
    folded_words(text)


def test_letters_that_look_alike_are_one():
    assert fold("L898 9O2-C3") == fold("L898902C3")
    assert fold("été") == fold("ETE")


def test_words_are_compared_by_the_letters_to_change():
    assert edits("ERIKSSON", "ERIKSON", 1) == 1
    assert edits("ERIKSSON", "ERIKSON", 0) is None
    assert edits("ANNA", "ANNA", 0) == 0


def test_values_of_the_zone_are_found_however_they_are_printed():
    lines = [
        line("Passport No. L898902C3"),
        line("MÜLLER-ÅBERG"),
        line("Zoë"),
        line("12 AUG/AOUT 74"),
        line("15.04.2012", 0.6),
    ]
    fields = zone(
        number="L898902C3",
        surname="MUELLER AABERG",
        given_names="ZOE",
        birth_date="1974-08-12",
        expiry_date="2012-04-15",
    )
    found = match_visual(lines, fields)
    assert set(found) == {f"visual_{name.removeprefix('mrz_')}" for name in fields}
    assert found["visual_birth_date"].source == "visual"
    assert found["visual_birth_date"].raw == "12 AUG/AOUT 74"
    assert not found["visual_expiry_date"].accepted


def test_what_is_not_printed_is_not_found():
    assert match_visual([line("SPECIMEN")], zone(number="L898902C3", surname="ERIKSSON", birth_date="1974-08-12")) == {}


class Two:
    """A reader that finds two lines: one above the zone, one in it."""

    def find(self, pixels):
        height, width = pixels.shape[:2]
        self.size = (width, height)
        return [Box(width / 2, y * height, width * 0.6, height * 0.06, 0.0) for y in (0.3, 0.8)]

    def read_text(self, strip):
        return "UTOPIA", 0.97


def test_text_is_read_on_the_page_outside_the_zone_and_placed_in_the_picture():
    page = Quad([(100, 50), (500, 50), (500, 350), (100, 350)])
    band = Band(np.array([[140, 290], [460, 290]], np.float32), np.array([14, 14], np.float32))
    (found,) = read_visual(Two(), np.full((400, 600, 3), 200, np.uint8), page, [band])
    assert found.text == "UTOPIA"
    corners = np.array(found.quad.points)
    assert corners[:, 1].mean() == pytest.approx(50 + 0.3 * 300, abs=2)
    assert corners[:, 0].mean() == pytest.approx(300, abs=2)


def test_without_a_page_the_whole_picture_is_read():
    found = read_visual(Two(), np.full((400, 600, 3), 200, np.uint8), None, [])
    assert len(found) == 2
