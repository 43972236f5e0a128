from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionmq.engine.document.barcode.aamva import MOST_ELEMENTS, is_aamva, parse_card
from visionmq.engine.document.barcode.aamva_fields import card_fields
from visionmq.engine.document.barcode.aamva_tables import ISSUERS
from visionmq.engine.document.barcode.payload_fields import maker

TODAY = date(2026, 1, 1)
NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12)
DAYS = st.dates(date(1900, 1, 1), TODAY)


def write(elements, version=10, issuer="636000", own="", start="@\n\x1e\r", kind="DL"):
    """A card's text as the standard says; version 01 has no issuer's version."""
    body = kind + "\n".join(f"{key}{text}" for key, text in elements.items()) + "\r"
    other = f"Z{own[0]}{own}\r" if own else ""
    count = 2 if own else 1
    head = (
        f"{start}{'AAMVA' if version <= 1 else 'ANSI '}{issuer}{version:02d}{'' if version <= 1 else '01'}{count:02d}"
    )
    at = len(head) + 10 * count
    entries = f"{kind}{at:04d}{len(body):04d}"
    if own:
        entries += f"Z{own[0]}{at + len(body):04d}{len(other):04d}"
    return head + entries + body + other


def fields_of(elements, **how):
    card = parse_card(write(elements, **how))
    return card, card_fields(card, TODAY, maker(None))


def values(fields):
    return {name.removeprefix("barcode_"): field.value for name, field in fields.items()}


def test_the_standard_s_example_is_read_whole():
    text = (
        "@\n\x1e\rANSI 636000100102DL00410278ZV03190008DLDAQT64235789\nDCSSAMPLE\nDDEN\nDACMICHAEL\nDDFN\nDADJOHN\nDDGN\n"
        "DCUJR\nDCAD\nDCBK\nDCDPH\nDBD06062019\nDBB06061986\nDBA12102034\nDBC1\nDAU068 in\nDAYBRO\nDAG2300 WEST BROAD STREET\n"
        "DAIRICHMOND\nDAJVA\nDAK232690000  \nDCF2424244747474786102204\nDCGUSA\nDCK123456789\nDDAF\nDDB06062018\n"
        "DDC06062020\nDDD1\rZVZVA01\r"
    )
    card = parse_card(text)
    assert (card.issuer, card.version, card.issuer_version, card.kind, card.troubles) == ("636000", 10, 1, "DL", ())
    fields = card_fields(card, TODAY, maker(None))
    assert all(field.accepted and field.confidence == 1 for field in fields.values())
    assert fields["barcode_issuer"].attributes["code"] == "US-VA"
    assert fields["barcode_birth_date"].attributes == {"date": "06.06.1986"}
    found = values(fields)
    assert found.items() >= {
        ("issuer", "Virginia"),
        ("document_code", "DL"),
        ("surname", "SAMPLE"),
        ("given_names", "MICHAEL JOHN"),
        ("suffix", "JR"),
        ("number", "T64235789"),
        ("birth_date", "1986-06-06"),
        ("issue_date", "2019-06-06"),
        ("expiry_date", "2034-12-10"),
        ("gender", "M"),
        ("height", "173 cm"),
        ("eye_colour", "brown"),
        ("address", "2300 WEST BROAD STREET, RICHMOND, VA 23269"),
        ("compliance", "meets REAL ID"),
        ("element_zva", "01"),
    }


@given(NAMES, NAMES, NAMES, DAYS, DAYS, st.integers(1, 10), st.sampled_from(sorted(ISSUERS)))
def test_any_card_that_is_written_is_read_back(surname, first, middle, born, issued, version, issuer):
    year_first = version <= 1 or ISSUERS[issuer][2] != "USA"
    shown = "%Y%m%d" if year_first else "%m%d%Y"
    elements = {"DAQ": "A-1 23", "DBB": born.strftime(shown), "DBD": issued.strftime(shown), "DBC": "2"}
    if version <= 1:
        elements["DAA"] = f"{surname},{first},{middle}"
    elif version <= 3:
        elements |= {"DCS": surname, "DCT": f"{first},{middle}"}
    else:
        elements |= {"DCS": surname, "DAC": first, "DAD": middle}
    card, fields = fields_of(elements, version=version, issuer=issuer, own="VA1")
    assert card.troubles == ()
    assert values(fields).items() >= {
        ("surname", surname),
        ("given_names", f"{first} {middle}"),
        ("number", "A-1 23"),
        ("birth_date", born.isoformat()),
        ("issue_date", issued.isoformat()),
        ("gender", "F"),
    }
    assert all(field.accepted for field in fields.values())
    assert fields["barcode_birth_date"].note is None


@given(st.integers(0, 400), st.text(max_size=40))
def test_a_broken_card_keeps_what_can_be_read(at, junk):
    text = write({"DAQ": "T64235789", "DCS": "SAMPLE", "DBB": "06061986", "DAG": "2300 WEST BROAD STREET"})
    broken = text[:at] + junk + text[at:]
    card = parse_card(broken)
    assert card is None or card_fields(card, TODAY, maker(None))


@given(st.text())
def test_no_text_makes_the_parser_raise(text):
    assert (parse_card(text) is not None) == is_aamva(text)
    card = parse_card("@\n\x1e\rANSI 636000100001DL00310010" + text)
    assert card is not None
    assert card_fields(card, TODAY, maker(None))


def test_wrong_offsets_are_named_and_everything_is_read():
    text = write({"DAQ": "1", "DCS": "SAMPLE"}).replace("DL0031", "DL0099")
    card = parse_card(text)
    assert card.elements == {"DAQ": "1", "DCS": "SAMPLE"}
    assert card.troubles == ("the header's offsets do not fit the text",)


def test_another_separator_is_taken_from_the_header():
    card = parse_card("@|\x1e\rANSI 636002040001DL00310052DLDCSSMITH|DACROBERT|DCGUSA\r")
    assert card.elements == {"DCS": "SMITH", "DAC": "ROBERT", "DCG": "USA"}


def test_the_first_version_s_subfile_may_lack_its_type():
    card = parse_card("@\n\x1c\rAAMVA6360060101DL00290175DAADOE,JOHN,CHESTER\nDAU507\nDAQ123\r")
    fields = card_fields(card, TODAY, maker(None))
    assert values(fields).items() >= {("surname", "DOE"), ("given_names", "JOHN CHESTER"), ("height", "170 cm")}


def test_a_name_without_commas_is_not_split():
    _, fields = fields_of({"DAA": "JOHN CHESTER DOE"}, version=1)
    assert fields["barcode_full_name"].value == "JOHN CHESTER DOE"
    assert "barcode_surname" not in fields


@pytest.mark.parametrize(
    ("raw", "value", "noted"),
    [
        ("06061986", "1986-06-06", False),
        ("19860606", "1986-06-06", True),
        ("1986-06-06", "1986-06-06", True),
        ("13321986", None, True),
        ("0606198", None, True),
        ("00000000", None, True),
        ("20990101", "2099-01-01", True),
        ("²²²²²²²²", None, True),
    ],
)
def test_a_date_is_read_in_either_order_or_refused(raw, value, noted):
    _, fields = fields_of({"DBB": raw})
    field = fields["barcode_birth_date"]
    assert field.value == value
    assert (field.note is not None) == noted
    assert field.accepted == (value is not None and value < TODAY.isoformat())


@pytest.mark.parametrize(
    ("element", "raw", "name", "value"),
    [
        ("DAU", "068 in", "height", "173 cm"),
        ("DAU", "172 cm", "height", "172 cm"),
        ("DAU", "509", "height", "175 cm"),
        ("DAU", "5-09", "height", "175 cm"),
        ("DAU", "6'7\"", "height", "201 cm"),
        ("DAU", "tall", "height", None),
        ("DAV", "180", "height", "180 cm"),
        ("DAW", "200", "weight", "91 kg"),
        ("DAX", "091", "weight", "91 kg"),
        ("DAY", "HAZ", "eye_colour", "hazel"),
        ("DAY", "???", "eye_colour", None),
        ("DBC", "9", "gender", "X"),
        ("DBC", "M", "gender", "M"),
        ("DCU", "NONE", "suffix", "absent"),
        ("DCI", "unavl", "place_of_birth", "absent"),
    ],
)
def test_codes_and_measures_are_normalised(element, raw, name, value):
    _, fields = fields_of({element: raw})
    assert values(fields).get(name, "absent") == value
    assert value in (None, "absent") or fields[f"barcode_{name}"].raw == raw


def test_truncated_names_say_so():
    _, fields = fields_of({"DCS": "WOLFESCHLEGELSTEINHAUSENBERGERDOR", "DDE": "T", "DAC": "HUBERT", "DDF": "U"})
    assert fields["barcode_surname"].attributes["truncated"] == "yes"
    assert fields["barcode_given_names"].attributes["first_truncated"] == "unknown"


def test_an_unknown_issuer_is_not_accepted():
    _, fields = fields_of({"DAQ": "1"}, issuer="999999")
    assert fields["barcode_issuer"].value is None
    assert not fields["barcode_issuer"].accepted
    assert fields["barcode_number"].accepted


def test_an_issuer_of_another_country_than_the_card_s_is_not_accepted():
    _, fields = fields_of({"DCG": "CAN"})
    assert not fields["barcode_issuer"].accepted
    assert fields["barcode_issuer"].note == (
        "not accepted: its number belongs to Virginia in USA, the card names CAN as its country"
    )
    for named in ("USA", "US", "NONE"):
        assert fields_of({"DCG": named})[1]["barcode_issuer"].accepted


def test_parts_without_a_name_and_contradictions_are_named():
    card = parse_card(write({"DAQ": "1", "DCS": "A"}) + "what is this\nDAQ2\n")
    assert card.elements["DAQ"] == "1"
    assert any("no element ID, the first 'what is this'" in trouble for trouble in card.troubles)
    assert any("given twice and differently: DAQ" in trouble for trouble in card.troubles)


def test_control_characters_do_not_reach_a_value():
    _, fields = fields_of({"DCS": "EVIL\x1b[31m\u202eNAME\x07"})
    assert fields["barcode_surname"].value == "EVIL [31m NAME"


def test_a_flood_of_elements_is_bounded():
    body = "\n".join(f"D{a}{b}1" for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    card = parse_card("@\n\x1e\rANSI 636000100001DL00310010DL" + body)
    assert len(card.elements) == MOST_ELEMENTS
