import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionmq.engine.document.mrz import codes, grammar, letters
from visionmq.engine.document.mrz.exceptions import BY_ID, EXCEPTIONS, deviations
from visionmq.engine.document.mrz.layouts import LAYOUTS, MASKS, TD1, TD2, check_digit, value_of
from visionmq.engine.document.mrz.plan import plan_of

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
TEXT = st.text(ALPHABET, min_size=1, max_size=40)


def places_of(layout):
    taken = [(s.line, i) for s in layout.spans for i in range(s.start, s.end)]
    taken += [(s.line, s.check) for s in layout.spans if s.check is not None]
    return taken + ([layout.composite_at] if layout.composite_at else [])


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.doc_type)
def test_no_two_fields_stand_on_one_character(layout):
    taken = places_of(layout)
    assert len(taken) == len(set(taken))
    assert all(index < layout.lengths[line] for line, index in taken)
    assert len(layout.lengths) == layout.lines
    assert max(layout.lengths) == layout.length


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.doc_type)
def test_a_plan_walks_every_character_once(layout):
    tails = range(2, 8) if layout in (TD1, TD2) else ()
    plans = [plan_of(layout)] + [plan_of(layout, tail, counted) for tail in tails for counted in (False, True)]
    for plan in plans:
        places = [place for group in plan.groups for place in group.places]
        places += [group.check for group in plan.groups if group.check]
        places += [group.skipped for group in plan.groups if group.skipped]
        places += [layout.composite_at] if layout.composite_at else []
        assert len(places) == len(set(places)) == sum(layout.lengths)


def test_masks_name_every_layout_once():
    assert len(set(MASKS)) == len(LAYOUTS)
    assert {"mrz.mrp", "mrz.td1", "mrz.td2", "mrz.mrva", "mrz.mrvb", "mrz.idfra", "mrz.fra_dl", "mrz.che_dl"} <= set(
        MASKS
    )


@pytest.mark.parametrize(
    ("line", "digits"),
    [
        ("D1FRA13AA000026181231MARTIN<<9", [(0, 14, 14), (0, 29, 29)]),
        ("D1NLD15094962111659VW87Z78NB84", [(0, 29, 29)]),
        ("IDBEL600001795<0152<<<<<<<<<<<", []),
    ],
)
def test_published_driving_licences_have_the_digits_that_their_layouts_say(line, digits):
    for start, end, at in digits:
        assert check_digit(line[start:end]) == line[at]


def test_a_long_number_s_digit_leaves_out_the_filler():
    assert check_digit("600001795" + "015") == "2"
    assert check_digit("D23145890" + "734") == "9"
    assert check_digit("000590240" + "<" + "601") == "3"  # as Belgium did before 2020


@given(TEXT, st.data())
def test_a_check_digit_sees_every_exchange_of_values_that_differ_modulo_ten(text, data):
    index = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(ALPHABET))
    changed = text[:index] + other + text[index + 1 :]
    same = (value_of(text[index]) - value_of(other)) % 10 == 0
    assert (check_digit(changed) == check_digit(text)) == same


def test_codes_are_three_characters_and_in_one_list_each():
    lists = [codes.ISO, codes.ICAO, codes.SEEN]
    every = [code for known in lists for code in known]
    assert len(every) == len(set(every)) == len(codes.KNOWN)
    assert all(re.fullmatch("[A-Z]{1,3}<{0,2}", code) and len(code) == 3 for code in every)
    assert len(codes.ISO) == 249
    assert codes.is_known("D")
    assert not codes.is_known("UT0")


def weight_of(rules, text):
    states = np.ones(1)
    for level, character in zip(rules, text, strict=True):
        states = (states @ level.moves) * level.prints[:, ALPHABET.index(character)]
    return float(states.sum())


@pytest.mark.parametrize(
    "rules",
    [grammar.names(31), grammar.number(9), grammar.optional(14), grammar.date(), grammar.sex(), grammar.surname(25),
     grammar.given_names(14), grammar.choice(dict.fromkeys(codes.KNOWN, 1.0), grammar.ODD_CODE)],
    ids=["names", "number", "optional", "date", "sex", "surname", "given", "codes"],
)  # fmt: skip
def test_the_weights_of_all_texts_of_a_grammar_sum_to_one(rules):
    states = np.ones(1)
    for level in rules:
        states = (states @ level.moves) * level.prints.sum(axis=1)
    assert states.sum() == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(
    ("rules", "usual", "odd"),
    [
        (grammar.date(), "740228", "740230"),
        (grammar.date(), "741231", "741331"),
        (grammar.date(), "74<<<<", "74<4<<"),
        (grammar.names(20), "ERIKSSON<<ANNA<<<<<<", "ERIKSSON<<ANNA<<<K<<"),
        (grammar.names(20), "ERIKSSON<<ANNA<<<<<<", "ERIKSSDN<<ANNA<<<<<<"),
        (grammar.number(9), "L8989023<", "L898<9023"),
        (grammar.choice({"UTO": 1.0, "USA": 1.0}, 0.01), "UTO", "UTD"),
    ],
)
def test_what_is_odd_is_less_likely_than_what_is_usual(rules, usual, odd):
    assert weight_of(rules, usual) > 10 * weight_of(rules, odd)


def test_no_spelling_of_a_name_is_ruled_out():
    usual, odd = (weight_of(grammar.surname(8), text) for text in ("ERIKSSON", "ERIKSSQJ"))
    assert 0 < odd < usual < 1000 * odd
    assert letters.NEXT.sum(axis=1) == pytest.approx(1)
    assert letters.encode(np.exp(-letters.STEP * np.arange(36))[None]) == ["0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]


def test_no_name_holds_a_digit():
    assert weight_of(grammar.names(8), "ER1KSSON") == 0


def test_exceptions_have_a_source_and_an_identifier_of_their_own():
    assert len(BY_ID) == len(EXCEPTIONS)
    assert all(deviation.what and deviation.source and deviation.spans for deviation in EXCEPTIONS)


@pytest.mark.parametrize(
    ("doc_type", "span", "text", "expected"),
    [
        ("mrz.mrp", "issuer", "D<<", "germany"),
        ("mrz.mrp", "issuer", "UTO", "specimen"),
        ("mrz.mrp", "nationality", "XXX", "person_without_nationality"),
        ("mrz.mrp", "issuer", "UNO", "united_nations"),
        ("mrz.mrp", "issuer", "INP", "code_of_own"),
        ("mrz.mrp", "issuer", "QQQ", "code_unknown"),
        ("mrz.td1", "document_code", "AR", "residence_permit"),
        ("mrz.td1", "document_code", "RP", "card_code"),
        ("mrz.td1", "names", "SPITERI<MANDY<<<<<<<<<<<<<<<<<", "one_filler_between_names"),
        ("mrz.td1", "names", "CACADOR<DE<ARAUJO<<ANDRE<ESTEV", "names_cut"),
        ("mrz.mrp", "names", "<<FIRST<NAME<<<<<<<<<<<<<<<<<<<<<<<<<<<", "no_surname"),
        ("mrz.mrp", "gender", "X", "sex_x"),
        ("mrz.mrp", "birth_date", "85<<<<", "birth_date_open"),
    ],
)
def test_what_is_printed_at_the_margin_is_named(doc_type, span, text, expected):
    assert expected in [deviation.id for deviation, _ in deviations(doc_type, {span: text}, {})]


def test_an_ordinary_passport_makes_use_of_no_exception():
    texts = {"document_code": "P<", "issuer": "AUS", "names": "CITIZEN<<JANE<<<<", "number": "PA0940409", "gender": "F"}
    assert deviations("mrz.mrp", texts, {"number": "7"}) == []
