import contextlib
import json
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from visionmq.engine.document.barcode.payloads import BARCODE_MASKS, barcode_fields, barcode_type
from visionmq.engine.document.barcode.places import edge_energy, find_places
from visionmq.engine.document.barcode.reading import Barcode, read_barcodes
from visionmq.engine.document.barcode.seals import SealError, c40, parse_2d_doc, parse_seal
from visionmq.schemas.common import Quad
from visionmq.schemas.document.fields import CheckDigit

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
LICENCES = SHARED / "pdf417" / "dev"
CARD = SHARED / "mrz" / "dev" / "images" / "pe_card-cmw.png"
TODAY = date(2026, 1, 1)
ENOUGH = 60.0
"""Seconds of budget: a busy machine must not decide what a test reads."""
TEXT = "DC04FR0AXT4A0E840E8A0101FR431,5\x1d444237A186\x1d"
KINDS = {
    "pdf417": zxingcpp.BarcodeFormat.PDF417,
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "aztec": zxingcpp.BarcodeFormat.Aztec,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
}
# BSI TR-03137-1 version 2.5, annexes C and F: worked examples of seals.
ATTESTATION = bytes.fromhex(
    "dc026abc6d32c8a519fc0f71341145f4fd020230a5621353d9a275735bd4134bc549133c133c133c133c133ca32519a519a4344a5e681ae7"
    "204b20d532cf4b7c133c133f030820d5201019a51aeaff404a1f218ca4392647ecff6c8abf9e796a78eebe0b1ac8cc25c4ee17eed961d118"
    "9091358d7d616f1a517abc747f6c4490ff159d4dcf50248b00b1e32e9e7805e7"
)
VISA = bytes.fromhex(
    "dc036abc6d32c8a72cb10f7134b798155d01022cdd52134a74da1347c6fed95cb89f9fce133c133c133c133c203833734aaf47f0c32f1a1e"
    "20eb2625393afe310403a00000050633be1fed20c6ff0401020304"
)


def draw(kind, text=TEXT, module=3.0, angle=0.0, side=(480, 640), inverted=False):
    """A symbol in the middle of a mottled card, and where its centre lies."""
    random = np.random.default_rng(7)
    symbol = np.array(zxingcpp.create_barcode(text, KINDS[kind]).to_image(scale=8, add_quiet_zones=True))
    card = cv2.GaussianBlur(random.normal(0, 1, side).astype(np.float32), (0, 0), 6) * 120 + 140
    turned = cv2.getRotationMatrix2D((symbol.shape[1] / 2, symbol.shape[0] / 2), angle, module / 8)
    turned[:, 2] += [side[1] / 2 - symbol.shape[1] / 2, side[0] / 2 - symbol.shape[0] / 2]
    soft = cv2.GaussianBlur(symbol, (0, 0), 8 / module / 2.5)
    ink = cv2.warpAffine(soft, turned, side[::-1], borderValue=255).astype(np.float32)
    share = cv2.warpAffine(np.full_like(symbol, 255), turned, side[::-1]).astype(np.float32) / 255
    grey = card * (1 - share) + (ink * 0.8 + 20) * share
    grey = np.clip(cv2.GaussianBlur(grey, (0, 0), 0.5) + random.normal(0, 3, side), 0, 255).astype(np.uint8)
    return np.repeat((255 - grey if inverted else grey)[:, :, None], 3, axis=2)


def symbol(text, data=None, kind="qr"):
    quad = Quad([(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)])
    return Barcode(kind, "QRCode", text, data or text.encode(), data is not None, quad, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("angle", [0, 20, 45, 110, 200, 335])
def test_a_symbol_is_read_at_any_rotation(kind, angle):
    (found,) = read_barcodes(draw(kind, angle=angle), ENOUGH)
    assert (found.kind, found.text) == (kind, TEXT)
    assert not found.binary


@pytest.mark.parametrize("kind", KINDS)
def test_its_place_is_given_in_pixels_of_the_picture(kind):
    (found,) = read_barcodes(draw(kind, angle=15, side=(960, 1400)), ENOUGH)
    centre = np.mean(found.quad.points, axis=0)
    assert np.allclose(centre, (700, 480), atol=30)


@pytest.mark.parametrize("kind", KINDS)
def test_a_light_symbol_on_dark_is_read(kind):
    assert [found.text for found in read_barcodes(draw(kind, angle=10, inverted=True), ENOUGH)] == [TEXT]


def test_the_library_alone_loses_what_the_search_reads():
    pixels = draw("pdf417", angle=15)
    assert read_barcodes(pixels, budget=0) == []
    (found,) = read_barcodes(pixels, ENOUGH)
    assert found.attempts > 0


def test_the_search_ends_when_its_time_is_up():
    times = iter(range(1000))
    assert read_barcodes(draw("pdf417", angle=15), budget=0.5, clock=lambda: float(next(times))) == []


def test_noise_is_calmed_before_a_symbol_is_looked_for():
    noise = np.random.default_rng(1).normal(0, 20, (480, 640, 1))
    pixels = np.clip(draw("pdf417", angle=15) + noise, 0, 255).astype(np.uint8)
    assert [found.text for found in read_barcodes(pixels, ENOUGH)] == [TEXT]


def test_a_small_symbol_in_a_large_picture_is_read_where_asked():
    pixels = np.full((1800, 3000, 3), 190, np.uint8)
    pixels[900:1380, 1500:2140] = draw("qr", module=2.6, angle=15)
    assert read_barcodes(pixels, ENOUGH, thorough=False) == []
    assert [found.text for found in read_barcodes(pixels, ENOUGH)] == [TEXT]


def test_two_symbols_of_different_kinds_are_both_read():
    pixels = np.hstack([draw("qr"), draw("pdf417", angle=15)])
    assert [found.kind for found in read_barcodes(pixels, ENOUGH)] == ["qr", "pdf417"]


def test_two_symbols_with_one_text_stay_two():
    assert len(read_barcodes(np.hstack([draw("qr"), draw("qr")]), ENOUGH)) == 2


@pytest.mark.parametrize("shape", [(1, 1), (7, 500), (9, 9), (300, 400)])
def test_a_picture_without_any_symbol_has_none(shape):
    assert read_barcodes(np.full((*shape, 3), 200, np.uint8)) == []


def test_lines_of_text_are_no_place_for_a_symbol():
    page = np.full((700, 1000), 235, np.uint8)
    for row in range(12):
        cv2.putText(page, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<", (20, 60 + row * 50), 0, 1.2, 20, 2)
    assert find_places(page, edge_energy(page)) == []


def test_labelled_photographs_are_read():
    if not LICENCES.is_dir():
        pytest.skip(f"{LICENCES} is not here")
    truth = json.loads((LICENCES / "truth.json").read_text())
    for name, entry in truth.items():
        found = read_barcodes(cv2.imread(str(LICENCES / "images" / name)), ENOUGH)
        assert [barcode.text for barcode in found] == [entry["text"]], name


def test_a_photographed_card_is_parsed():
    if not CARD.is_file():
        pytest.skip(f"{CARD} is not here")
    (found,) = read_barcodes(cv2.imread(str(CARD)), ENOUGH)
    fields = barcode_fields(found, TODAY)
    assert barcode_type(found) == "barcode.aamva"
    assert fields["barcode_birth_date"].value == "1961-04-12"
    assert fields["barcode_number"].value == "H400-065-61-132-02"
    assert fields["barcode_height"].value == "201 cm"
    assert not fields["barcode_eye_colour"].accepted


def test_a_seal_is_read_from_its_symbol():
    written = zxingcpp.create_barcode(ATTESTATION, zxingcpp.BarcodeFormat.DataMatrix).to_image(scale=4)
    (found,) = read_barcodes(np.repeat(np.array(written)[:, :, None], 3, axis=2), ENOUGH)
    assert found.binary
    assert found.data == ATTESTATION
    fields = barcode_fields(found, TODAY)
    assert fields["barcode_bytes"].value == ATTESTATION.hex()
    assert fields["barcode_mrz"].value.split("\n")[0] == "MED<<MUSTERMANN<<ERIK<<<<<<<<<<<<<<<"
    assert fields["barcode_azr_number"].value == "160113000085"
    assert fields["barcode_birth_date"].value == "2003-08-21"
    assert fields["barcode_number"].check_digit is CheckDigit.PASSED
    assert all("not verified" in field.note for name, field in fields.items() if name != "barcode_bytes")


def test_a_visa_s_seal_has_its_profile():
    fields = barcode_fields(symbol("", VISA), TODAY)
    assert {
        name: fields[f"barcode_{name}"].value for name in ("seal", "surname", "duration_of_stay", "passport_number")
    } == {
        "seal": "visa",
        "surname": "DENT",
        "duration_of_stay": "160 days",
        "passport_number": "47110815P",
    }
    assert fields["barcode_seal"].attributes["certificate"] == "32"


def test_a_wrong_check_digit_in_a_seal_is_not_accepted():
    text = bytearray(VISA)
    at = text.index(bytes.fromhex("203833734aaf"))
    text[at : at + 2] = bytes.fromhex("2039")  # another first triple: the number is another
    number = barcode_fields(symbol("", bytes(text)), TODAY)["barcode_number"]
    assert number.check_digit is CheckDigit.FAILED
    assert not number.accepted


@pytest.mark.parametrize(("data", "text"), [("6abc", "D  "), ("133c", "   "), ("fe31", "0"), ("", "")])
def test_c40_is_decoded_as_the_guideline_says(data, text):
    assert c40(bytes.fromhex(data)) == text


@given(st.binary(max_size=120))
def test_any_bytes_after_a_seal_s_head_end_in_fields(tail):
    for head in (b"\xdc\x02", b"\xdc\x03", VISA[:18], ATTESTATION[:18]):
        with contextlib.suppress(SealError):
            parse_seal(head + tail)
        assert barcode_fields(symbol("", head + tail), TODAY)


def test_a_2d_doc_s_header_is_read():
    fields = barcode_fields(symbol("DC04FR04FPE3FFFF202A0401FR431,5\x1d44...\x1d\x1fC27GM"), TODAY)
    assert fields["barcode_issuer"].value == "FR"
    assert fields["barcode_seal_date"].value == "2022-07-18"
    assert "barcode_issue_date" not in fields
    assert fields["barcode_seal"].attributes["authority"] == "FR04"
    assert parse_2d_doc("DC02FR000001125E125B0126FR").issued == date(2012, 11, 15)
    assert parse_2d_doc("DC02FR00000112ZE125B0126FR") is None


def test_a_vds_nc_is_read():
    text = '{"data":{"hdr":{"is":"UTO","t":"icao.test","v":1},"msg":{"pid":{"n":"COOK  GERALD","dob":"1990-01-02"}}}}'
    fields = barcode_fields(symbol(text), TODAY)
    assert fields["barcode_surname"].value == "COOK"
    assert fields["barcode_birth_date"].attributes["date"] == "02.01.1990"


def test_a_business_card_is_read():
    card = "BEGIN:VCARD\r\nN;CHARSET=UTF-8:Doe;John;Q;;\r\nBDAY:1970-02-30\r\nTEL;TYPE=cell:+1 555\r\nEND:VCARD"
    fields = barcode_fields(symbol(card), TODAY)
    assert fields["barcode_surname"].value == "Doe"
    assert fields["barcode_given_names"].value == "John Q"
    assert fields["barcode_birth_date"].value is None
    assert not fields["barcode_birth_date"].accepted


@settings(deadline=None)
@given(
    st.text(max_size=300),
    st.sampled_from(["", "BEGIN:VCARD\n", "MECARD:", "DC04", "@\n\x1e\rANSI 636000", '{"hdr" "icao.']),
)
def test_any_text_ends_in_printable_fields(text, head):
    barcode = symbol(head + text)
    assert barcode_type(barcode) in BARCODE_MASKS
    fields = barcode_fields(barcode, TODAY)
    for name, field in fields.items():
        assert (field.name, field.source, field.confidence) == (name, "barcode", 1.0)
        assert not field.accepted or field.value is not None
        field.raw.encode()
        assert field.note is None or field.note.isprintable()
        if name != "barcode_text" and field.value is not None:
            assert all(character.isprintable() for character in field.value)


def test_an_endless_text_is_cut_and_said_to_be():
    for text in ("A" * 3_000_000, "@\n\x1e\rANSI 636000100001DL00310010DL" + "DAQ1\n" * 600_000, "[" * 1_000_000):
        fields = barcode_fields(symbol(text), TODAY)
        assert sum(len(field.raw) for field in fields.values()) < 100_000
        assert not fields["barcode_text"].accepted
        assert "is cut" in fields["barcode_text"].note


def test_endless_bytes_are_cut_and_said_to_be():
    field = barcode_fields(symbol("", b"\x00" * 2_000_000), TODAY)["barcode_bytes"]
    assert len(field.raw) <= 8192
    assert not field.accepted
