import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visionmq.engine.board import Board, fitted, load_pens, width_of, wrapped
from visionmq.engine.document.drawing.legend import AMBER, GREEN, RED, colour_of
from visionmq.engine.document.drawing.overlay import draw_overlay
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import Check, Document, Finding, Measure, Quality
from visionmq.schemas.document.fields import Alternative, CheckDigit, Field


def field(name, value, **more):
    usual = {"accepted": True, "confidence": 0.99}
    return Field(name=name, value=value, raw=value, **(usual | more))


def box(left, top, width, height):
    return Quad([(left, top), (left + width, top), (left + width, top + height), (left, top + height)])


def document(**more):
    made = [
        field("mrz_line1", "P<UTOERIKSSON<<ANNA", alternatives=[Alternative(3, "0", 0.2)]),
        field("mrz_surname", "ÉRIKSSON Жук", quad=box(100, 300, 200, 30)),
        field("mrz_number", "L898902C3", accepted=False, check_digit=CheckDigit.FAILED, quad=box(100, 350, 150, 30)),
        field("barcode_issuer", "NY", source="barcode", quad=box(400, 40, 120, 60)),
        field("barcode_number", "X1", source="barcode", quad=box(400, 40, 120, 60)),
        field("visual_number", "L898902C3", source="visual", quad=box(100, 100, 120, 20)),
    ]
    return Document(doc_type="mrz.mrp", fields={one.name: one for one in made}, **more)


def differs(picture, quad, scale):
    left, top = (np.array(quad.points[0]) * scale).astype(int)
    right, bottom = (np.array(quad.points[2]) * scale).astype(int)
    return np.abs(picture[top - 3 : bottom + 4, left - 3 : right + 4].astype(int) - 200).max() > 40


def test_the_colour_says_whether_a_field_may_be_relied_on():
    assert colour_of(field("a", "")) == GREEN
    assert colour_of(field("a", "", accepted=False)) == AMBER
    assert colour_of(field("a", "", accepted=False, check_digit=CheckDigit.FAILED)) == RED


@pytest.mark.parametrize("size", [(60, 90), (400, 640), (900, 300), (3000, 4000)])
def test_every_size_of_picture_gets_a_readable_panel(size):
    overlay = draw_overlay(np.full((*size, 3), 200, np.uint8), document())
    height, width = overlay.shape[:2]
    assert 1200 <= width <= 1600
    assert height <= 1400 + 700
    assert overlay.dtype == np.uint8


def test_each_field_is_framed_where_it_is_and_the_zone_as_a_whole_is_not():
    pixels = np.full((400, 640, 3), 200, np.uint8)
    shown = document()
    overlay = draw_overlay(pixels, shown, {"portrait": box(30, 60, 50, 60)})
    scale = 1200 / 640
    for name in ("mrz_surname", "mrz_number", "visual_number", "barcode_issuer"):
        assert differs(overlay, shown.fields[name].quad, scale)
    assert differs(overlay, box(30, 60, 50, 60), scale)
    assert not differs(overlay, box(500, 250, 50, 50), scale)


def test_what_lies_outside_the_page_is_darkened():
    pixels = np.full((400, 640, 3), 200, np.uint8)
    overlay = draw_overlay(pixels, Document(doc_type="mrz.mrp", page=box(100, 100, 400, 200)))
    assert overlay[20, 20].max() < 140 < overlay[400, 600].min()


def test_the_panel_grows_with_what_was_judged():
    pixels = np.full((400, 640, 3), 200, np.uint8)
    bare = draw_overlay(pixels, document())
    checks = {f"check_{index}": Check(state, "a reason " * 30) for index, state in enumerate(Finding)}
    quality = Quality(Finding.FAILED, {"focus": Measure(2.5, "px", False, least=5)}, "Hold the camera still.")
    full = draw_overlay(pixels, document(forensics=checks, quality=quality, status={"overall": Finding.FAILED}))
    assert full.shape[0] > bare.shape[0]
    assert (np.abs(full[-full.shape[0] // 3 :].astype(int) - np.array(RED)).max(axis=2) < 12).any()


def test_nothing_found_is_drawn_too():
    overlay = draw_overlay(
        np.full((200, 300, 3), 200, np.uint8), Document(doc_type=None, reason="no zone", advice="Try.")
    )
    assert overlay.shape[1] == 1200


def test_places_outside_the_picture_do_no_harm():
    shown = Document(
        doc_type="mrz.mrp", page=box(-500, -500, 3000, 3000), fields={"a": field("a", "b", quad=box(-90, -90, 20, 20))}
    )
    draw_overlay(np.full((200, 300, 3), 200, np.uint8), shown, {"portrait": box(900, 900, 10, 10)})


def test_text_is_cut_and_wrapped_to_its_room():
    load_pens()
    assert width_of(fitted("a long sentence that goes on", 90, 15), 15) <= 90
    lines = wrapped("one two three four five six seven", 80, 15)
    assert " ".join(lines) == "one two three four five six seven"
    assert all(width_of(line, 15) <= 80 for line in lines)


def test_letters_beyond_ascii_are_drawn_as_themselves():
    def drawn(text):
        board = Board(np.full((40, 60, 3), 255, np.uint8))
        board.text(text, (5, 30), 24, (0, 0, 0), "bold")
        return board.finish()

    assert len({drawn(letter).tobytes() for letter in "EÉŽЖß"}) == 5


@given(st.text(max_size=60))
@settings(max_examples=20, deadline=None)
def test_any_text_can_be_shown(text):
    fields = {"mrz_line1": field("mrz_line1", text), "barcode_text": field("barcode_text", text, source="barcode")}
    draw_overlay(
        np.full((60, 90, 3), 200, np.uint8), Document(doc_type="barcode.qr", fields=fields, reason=text, advice=text)
    )
