from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.general_reader import Char, parse, plain
from visionmq.engine.document.fields.zone_fields import make_fields
from visionmq.engine.document.mrz.layouts import LAYOUTS, TD3, check_digit, value_of
from visionmq.engine.document.mrz.reading import written
from visionmq.engine.document.mrz.search import search
from visionmq.engine.document.specimen.draw import zone_lines
from visionmq.schemas.document.fields import CheckDigit

TODAY = date(2026, 7, 1)
ICAO_TD3 = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
ICAO_TD1 = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]
ICAO_TD2 = ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"]
ICAO_MRVA = ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"]
ICAO_MRVB = ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"]


def zone_of(lines):
    zone = parse([plain(line) for line in lines])
    assert zone is not None
    return zone


def fields_of(lines):
    return make_fields(zone_of(lines), {}, TODAY)


@pytest.mark.parametrize(
    ("lines", "doc_type", "passing"),
    [
        (ICAO_TD3, "mrz.mrp", 5),
        (ICAO_TD1, "mrz.td1", 4),
        (ICAO_TD2, "mrz.td2", 4),
        (ICAO_MRVA, "mrz.mrva", 3),
        (ICAO_MRVB, "mrz.mrvb", 3),
    ],
)
def test_the_standard_s_examples_pass_all_their_check_digits(lines, doc_type, passing):
    zone = zone_of(lines)
    assert zone.layout.doc_type == doc_type
    assert zone.all_passed()
    assert zone.score()[0] == passing
    (clear,) = search([written(line) for line in lines])
    assert make_fields(clear, {}, TODAY)["full_mrz"].accepted


def test_fields_have_values_a_program_can_use():
    fields = fields_of(ICAO_TD3)
    assert {name: fields[f"mrz_{name}"].value for name in ("surname", "given_names", "number", "birth_date")} == {
        "surname": "ERIKSSON",
        "given_names": "ANNA MARIA",
        "number": "L898902C3",
        "birth_date": "1974-08-12",
    }
    assert fields["mrz_expiry_date"].value == "2012-04-15"
    assert "no check digit" in (fields["mrz_surname"].note or "")


def test_letters_and_digits_follow_the_position():
    zone = zone_of([ICAO_TD3[0].replace("UTO", "UT0"), ICAO_TD3[1].replace("7408122", "74O8I22")])
    assert zone.texts == ICAO_TD3
    assert {(edit.line, edit.index) for edit in zone.edits} == {(0, 4), (1, 15), (1, 17)}


def test_one_look_alike_is_repaired_only_with_the_composite_s_consent():
    zone = zone_of([ICAO_TD3[0], ICAO_TD3[1].replace("L898902C3", "L8989O2C3")])
    assert zone.texts == ICAO_TD3
    assert zone.repaired == {"number"}
    fields = make_fields(zone, {}, TODAY)
    assert fields["mrz_number"].repaired


def test_a_visa_s_repaired_number_stays_in_doubt_for_it_has_no_composite():
    zone = zone_of([ICAO_MRVA[0], ICAO_MRVA[1].replace("L8988901C", "L89889O1C")])
    assert zone.repaired == {"number"}
    assert zone.chances["number"] < 0.99


def test_a_character_no_check_digit_can_tell_from_another_is_not_relied_on():
    lines = [plain(ICAO_TD2[0]), plain(ICAO_TD2[1])]
    assert value_of("8") == value_of("S") % 10
    lines[1][7] = Char("8", {"8": 0.6, "S": 0.4})
    text = ICAO_TD2[1][:7] + "8" + ICAO_TD2[1][8:9]
    digit = check_digit(text)
    lines[1][9] = Char(digit, {digit: 1.0})
    zone = parse(lines)
    assert zone is not None
    assert not make_fields(zone, {}, TODAY)["mrz_number"].accepted


def test_a_day_that_does_not_exist_has_no_value():
    birth = "740231"
    lower = ICAO_TD3[1]
    lower = lower[:13] + birth + check_digit(birth) + lower[20:]
    composite = check_digit(lower[0:10] + lower[13:20] + lower[21:43])
    field = fields_of([ICAO_TD3[0], lower[:43] + composite])["mrz_birth_date"]
    assert field.value is None
    assert not field.accepted
    assert field.check_digit is CheckDigit.PASSED


def test_lines_of_other_lengths_are_no_zone():
    assert parse([plain("P<UTO"), plain("L898902C3")]) is None
    assert parse([]) is None


def test_the_specimen_s_lines_are_valid():
    zone = zone_of(zone_lines())
    assert zone.layout is TD3
    assert zone.all_passed()


@given(st.sampled_from(LAYOUTS), st.data())
@settings(max_examples=40, deadline=None)
def test_any_characters_parse_without_an_exception_and_are_kept_in_length(layout, data):
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<?"
    lines = [data.draw(st.text(alphabet, min_size=length, max_size=length)) for length in layout.lengths]
    zone = parse([plain(line) for line in lines])
    if zone is not None:
        assert tuple(len(text) for text in zone.texts) == zone.layout.lengths
        fields = make_fields(zone, {}, TODAY)
        failed = [f for f in fields.values() if f.check_digit is CheckDigit.FAILED]
        assert not any(field.accepted for field in failed)


@given(st.integers(0, 43), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"))
@settings(max_examples=60, deadline=None)
def test_one_wrong_character_never_makes_a_wrong_number_or_date_accepted_unseen(index, wrong):
    lower = ICAO_TD3[1][:index] + wrong + ICAO_TD3[1][index + 1 :]
    truth = fields_of(ICAO_TD3)
    fields = fields_of([ICAO_TD3[0], lower])
    for name in ("mrz_birth_date", "mrz_expiry_date"):
        if fields[name].accepted:
            assert fields[name].raw == truth[name].raw
