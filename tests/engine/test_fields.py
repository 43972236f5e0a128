"""A zone's fields: values, digits, acceptance; doubt made by hand."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from visionmq.engine.document.fields.dates import read_birth_date, read_expiry_date, zone_date
from visionmq.engine.document.fields.zone_fields import is_sound, make_fields
from visionmq.engine.document.mrz.reading import ALPHABET, INDEX, Cells, Given, even_centres, written
from visionmq.engine.document.mrz.search import Rules, search
from visionmq.schemas.common import Quad
from visionmq.schemas.document.fields import CheckDigit

TODAY = date(2026, 11, 21)
TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
TD1 = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
MALTA = ("IDMLT9999999<<3<9999999M<999<<", "7309258F0810245MLT0310240<<<<5", "SPITERI<MANDY<<<<<<<<<<<<<<<<<")
SWISS = ("AAA001D<<", "FACHE305142128097<<800126<<<<<", "MARCHAND<<FABIENNE<<<<<<<<<<<<")


def zone_of(*lines, doubt=(), mode="default"):
    """Read lines without doubt but for `doubt`: (line, index, {character: share}) each."""
    tables = [written(line).found.odds.copy() for line in lines]
    for line, index, shares in doubt:
        tables[line][index] = 0
        for character, share in shares.items():
            tables[line][index, INDEX[character]] = share
    cells = [Given(Cells(table, 0.0, even_centres(len(table)))) for table in tables]
    return search(cells, Rules(mode=mode))[0]


def fields_of(*lines, **how):
    return make_fields(zone_of(*lines, **how), {}, TODAY)


def test_each_item_of_the_standard_is_a_field_and_each_digit_too():
    fields = fields_of(*TD3)
    items = "document_code issuer surname given_names number nationality birth_date gender expiry_date optional_data"
    digits = "number birth_date expiry_date optional_data composite"
    wanted = {"full_mrz", "mrz_line1", "mrz_line2", *(f"mrz_{name}" for name in items.split())}
    assert set(fields) == wanted | {f"mrz_{name}_check_digit" for name in digits.split()}
    assert all(field.accepted for field in fields.values())
    assert fields["mrz_composite_check_digit"].value == "0"


def test_values_come_in_every_form_a_program_may_want():
    fields = fields_of(*TD3)
    born = fields["mrz_birth_date"]
    assert (born.value, born.raw) == ("1974-08-12", "740812")
    assert born.attributes == {"date": "12.08.1974", "age": "52"}
    assert "century" in born.note
    assert fields["mrz_gender"].attributes == {"sex": "female"}
    assert fields["mrz_issuer"].attributes["country"] == "Utopia (specimen)"
    assert fields["mrz_document_code"].attributes["title"] == "machine-readable passport (TD3)"
    assert "no check digit" in fields["mrz_surname"].note


def test_germany_s_code_stays_as_printed_with_its_other_forms_beside_it():
    lines = ("P<D<<MUELLER<<JOERG<<<<<<<<<<<<<<<<<<<<<<<<<", "X47P291340D<<8704120F3409305<<<<<<<<<<<<<<<4")
    fields = fields_of(*lines)
    assert fields["mrz_nationality"].value == "D"
    assert fields["mrz_nationality"].attributes == {"alpha_2": "DE", "alpha_3": "DEU", "country": "Germany"}
    surname = fields["mrz_surname"]
    assert (surname.value, surname.attributes["transliterated"]) == ("MUELLER", "Müller")
    assert "guess" in surname.note


def test_one_failed_digit_hides_no_other_field():
    fields = fields_of(*MALTA)
    assert not fields["mrz_number"].accepted
    assert "3 is printed, 1 would fit" in fields["mrz_number_check_digit"].note
    assert fields["mrz_expiry_date"].accepted
    assert fields["mrz_expiry_date"].value == "2008-10-24"
    assert fields["mrz_nationality"].accepted
    assert fields["mrz_surname"].value == "SPITERI MANDY"
    assert "may hold given names too" in fields["mrz_surname"].note
    assert not fields["full_mrz"].accepted


def test_a_repaired_character_is_told():
    fields = fields_of(*TD3, doubt=[(1, 1, {"B": 0.6, "8": 0.4})])
    number = fields["mrz_number"]
    assert (number.value, number.repaired, number.accepted) == ("L898902C3", True, True)
    assert "8 taken where B was read" in number.note


def test_what_two_readings_fit_is_never_accepted():
    # 8 and S are alike to every check digit.
    fields = fields_of(*TD3, doubt=[(1, 1, {"8": 0.55, "S": 0.45})])
    number = fields["mrz_number"]
    assert number.check_digit is CheckDigit.PASSED
    assert number.ambiguous
    assert not number.accepted
    assert {one.character for one in number.alternatives if one.index == 1} == {"S"}
    assert "LS98902C3" in number.note
    assert fields["mrz_birth_date"].accepted
    assert not fields["full_mrz"].accepted


def test_a_doubtful_letter_of_the_given_names_leaves_the_surname_accepted():
    fields = fields_of(*TD3, doubt=[(0, 16, {"N": 0.6, "M": 0.4})])
    assert fields["mrz_surname"].accepted
    assert not fields["mrz_given_names"].accepted
    assert [(one.index, one.character) for one in fields["mrz_given_names"].alternatives] == [(1, "M")]


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_a_name_is_not_accepted_below_its_threshold(share):
    assert not fields_of(*TD3, doubt=[(0, 5, {"E": share, "F": 1 - share})])["mrz_surname"].accepted


def test_strict_mode_refuses_what_the_standard_does_not_allow():
    sex_x = (TD3[0], TD3[1].replace("F1204159", "X1204159"))
    assert fields_of(*sex_x)["mrz_gender"].accepted
    refused = fields_of(*sex_x, mode="strict")["mrz_gender"]
    assert not refused.accepted
    assert refused.note.startswith("not accepted: strict mode")


def test_a_layout_without_digits_can_be_accepted_on_clearness_alone():
    zone = zone_of(*SWISS)
    fields = make_fields(zone, {}, TODAY)
    assert is_sound(zone)
    assert fields["full_mrz"].check_digit is CheckDigit.ABSENT
    assert fields["mrz_birth_date"].value == "1980-01-26"
    assert "mrz_composite_check_digit" not in fields


def test_a_full_name_field_is_told_as_possibly_cut():
    line = "P<UTONILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"
    fields = fields_of(line, TD3[1])
    assert fields["mrz_given_names"].attributes["truncated"] == "possibly"
    assert "truncated" not in fields["mrz_surname"].attributes


def test_parts_of_a_span_have_their_own_quads():
    zone = zone_of(*TD3)
    quads = {span.name: Quad([(0, 0), (390, 0), (390, 10), (0, 10)]) for span in zone.layout.spans}
    quads["mrz_line2"] = Quad([(0, 20), (440, 20), (440, 30), (0, 30)])
    fields = make_fields(zone, quads, TODAY)
    assert fields["mrz_surname"].quad.points == [(0, 0), (80, 0), (80, 10), (0, 10)]
    assert fields["mrz_given_names"].quad.points[0] == (100, 0)
    assert fields["mrz_composite_check_digit"].quad.points[0] == (430, 20)
    assert fields["mrz_gender_check_digit" if "mrz_gender_check_digit" in fields else "mrz_gender"].quad is not None


def test_a_digit_read_against_the_picture_alone_is_not_accepted_where_the_composite_fails():
    zone = zone_of(*TD1)
    zone.composite = CheckDigit.FAILED
    zone.repaired = {"number"}
    fields = make_fields(zone, {}, TODAY)
    assert not fields["mrz_number"].accepted
    assert not fields["mrz_optional_data"].accepted
    assert fields["mrz_birth_date"].accepted


@pytest.mark.parametrize("chance", [0.3, 0.89])
def test_a_checked_field_is_not_accepted_below_its_threshold(chance):
    zone = zone_of(*TD3)
    zone.chances = {**zone.chances, "number": chance}
    field = make_fields(zone, {}, TODAY)["mrz_number"]
    assert not field.accepted
    assert field.confidence == chance


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("740812", "1974-08-12"),
        ("7408<<", "1974-08"),
        ("74<<<<", "1974"),
        ("740800", "1974-08"),
        ("<<<<<<", ""),
        ("261121", "2026-11-21"),
        ("261122", "1926-11-22"),
        ("2612<<", "1926-12"),
        ("26<<<<", "2026"),
        ("000229", "2000-02-29"),
        ("010229", None),
        ("741301", None),
        ("7<0812", None),
        ("000000", None),
    ],
)
def test_a_birth_date_is_the_latest_that_is_not_in_the_future(raw, value):
    assert read_birth_date(raw, TODAY).value == value


@pytest.mark.parametrize(
    ("raw", "value"), [("120415", "2012-04-15"), ("761121", "2076-11-21"), ("770101", "1977-01-01"), ("991399", None)]
)
def test_an_expiry_date_lies_at_most_fifty_years_ahead(raw, value):
    assert read_expiry_date(raw, TODAY).value == value


def test_dates_are_written_as_the_zone_holds_them():
    assert [zone_date(text) for text in ("1974-08-12", "1974-08", "1974", "")] == [
        "740812",
        "7408<<",
        "74<<<<",
        "<<<<<<",
    ]
    with pytest.raises(ValueError, match="write YYYY-MM-DD"):
        zone_date("12.08.1974")


def test_doubt_of_the_layout_is_doubt_of_every_field():
    zone = zone_of(*TD3)
    zone.chances = {name: chance * 0.5 for name, chance in zone.chances.items()}
    zone.joint *= 0.5
    fields = make_fields(replace(zone), {}, TODAY)
    accepted = {name for name, field in fields.items() if field.accepted}
    assert not {name for name in accepted if not name.endswith("check_digit")}


def test_alternatives_are_by_place_in_the_raw_text():
    assert np.all([c in ALPHABET for c in TD3[0]])
    fields = fields_of(*TD1, doubt=[(2, 10, {"A": 0.8, "H": 0.2})])
    assert fields["mrz_given_names"].alternatives[0].index == 0


def test_one_line_is_relied_on_as_a_whole_or_not_at_all():
    line = "D1FRA13AA000026181231MARTIN<<9"
    assert all(field.accepted for field in fields_of(line).values())
    doubtful = fields_of(line, doubt=[(0, 22, {"A": 0.55, "U": 0.45})])
    assert not any(field.accepted for field in doubtful.values())


def test_the_whole_is_accepted_only_with_all_its_parts():
    fields = fields_of(*TD3, doubt=[(0, 6, {"R": 0.6, "L": 0.4})])
    assert not fields["mrz_surname"].accepted
    assert not fields["full_mrz"].accepted
    assert not fields["mrz_line1"].accepted
    assert fields["mrz_line2"].accepted
