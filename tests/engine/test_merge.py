from datetime import date

import numpy as np
import pytest
from msgspec.structs import replace

from visionmq.engine.document.fields.zone_fields import make_fields
from visionmq.engine.document.judge.status import status
from visionmq.engine.document.kinship import agree
from visionmq.engine.document.merge import Look, merge
from visionmq.engine.document.mrz.layouts import check_digit
from visionmq.engine.document.mrz.reading import ALPHABET, INDEX, Cells, Given, even_centres
from visionmq.engine.document.mrz.search import search
from visionmq.schemas.document.documents import Check, Document, Finding, Quality
from visionmq.schemas.document.fields import Field

TODAY = date(2026, 7, 1)
ANNA = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
"""ICAO 9303-4, the standard's example."""
LINA = ("P<UTOERIKSSON<<LINA<MARIA<<<<<<<<<<<<<<<<<<<", "X47P291348UTO8704123F3409302<<<<<<<<<<<<<<02")


def seen(text, hidden=(), sure=0.98):
    """A line as a recogniser sees it; at hidden places it sees nothing."""
    odds = np.full((len(text), len(ALPHABET)), (1 - sure) / (len(ALPHABET) - 1), np.float32)
    for index, character in enumerate(text):
        odds[index, INDEX[character]] = sure
    odds[list(hidden)] = 1 / len(ALPHABET)
    return Given(Cells(odds, -0.1, even_centres(len(text))))


def look(index, texts, hidden=((), ()), sure=0.98):
    lines = [seen(text, gaps, sure) for text, gaps in zip(texts, hidden, strict=True)]
    zone = search(lines)[0]
    document = Document(doc_type=zone.layout.doc_type, fields=make_fields(zone, {}, TODAY))
    return Look(index=index, document=document, zone=zone, lines=lines)


def field(name, value, **more):
    return Field(name=name, value=value, raw=value, accepted=True, confidence=0.99, **more)


def test_what_glare_hides_in_one_picture_is_taken_from_the_other():
    first = look(0, ANNA, hidden=(range(5, 13), range(0, 6)), sure=0.999)
    second = look(1, ANNA, hidden=(range(15, 25), range(13, 19)), sure=0.999)
    assert not first.document.fields["mrz_surname"].accepted
    assert not second.document.fields["mrz_birth_date"].accepted
    merged = merge([first, second], TODAY)
    assert merged.document.fields["full_mrz"].value == "\n".join(ANNA)
    assert merged.document.fields["mrz_number"].accepted
    assert merged.document.fields["mrz_surname"].accepted
    assert (merged.final, merged.pictures, merged.missing) == (True, [0, 1], [])


def test_what_no_picture_shows_is_missing_and_the_advice_names_it():
    merged = merge([look(0, ANNA, (range(5, 13), ())), look(1, ANNA, (range(5, 13), ()))], TODAY)
    assert not merged.final
    assert "mrz_surname" in merged.missing
    assert "surname" in merged.document.advice


def test_two_faint_pictures_say_more_than_one_and_less_than_if_they_erred_apart():
    once = look(0, ANNA, sure=0.7)
    twice = merge([once, look(1, ANNA, sure=0.7)], TODAY).document.fields["mrz_surname"].confidence
    assert once.document.fields["mrz_surname"].confidence < twice < 1


def test_a_picture_of_another_document_is_left_out_and_named():
    merged = merge([look(0, ANNA), look(1, LINA), look(2, ANNA)], TODAY)
    assert merged.pictures == [0, 2]
    assert "not recognisably the same document: picture 1" in merged.document.reason
    assert merged.document.fields["mrz_number"].value == "L898902C3"


def test_two_documents_of_one_series_are_not_merged():
    lower = "L898902C4" + check_digit("L898902C4") + ANNA[1][10:43]
    following = (ANNA[0], lower + check_digit(lower[:10] + lower[13:20] + lower[21:43]))
    merged = merge([look(0, ANNA, sure=0.9999), look(1, ANNA, sure=0.999), look(2, following, sure=0.9999)], TODAY)
    assert merged.pictures == [0, 1]


def test_front_and_back_of_a_card_come_together():
    code = Document(
        doc_type="barcode.aamva", fields={"barcode_eye_colour": field("barcode_eye_colour", "BRO", source="barcode")}
    )
    merged = merge([look(0, ANNA), Look(index=1, document=code)], TODAY)
    assert merged.pictures == [0, 1]
    assert {"mrz_number", "barcode_eye_colour"} <= set(merged.document.fields)


def test_a_barcode_of_somebody_else_is_left_out():
    code = Document(
        doc_type="barcode.aamva",
        fields={"barcode_birth_date": field("barcode_birth_date", "1990-01-01", source="barcode")},
    )
    merged = merge([look(0, ANNA), Look(index=1, document=code)], TODAY)
    assert merged.pictures == [0]


def test_pictures_that_show_nothing_take_no_part():
    nothing = Look(index=0, document=Document(doc_type=None, reason="no zone"))
    assert merge([nothing], TODAY) is None
    assert merge([nothing, look(1, ANNA)], TODAY).pictures == [1]


def test_wrong_digits_that_all_pictures_show_are_final_and_never_accepted():
    wrong = (ANNA[0], ANNA[1][:19] + "9" + ANNA[1][20:])
    merged = merge([look(0, wrong, sure=0.9999), look(1, wrong, sure=0.9999)], TODAY)
    assert not merged.document.fields["mrz_birth_date"].accepted
    assert merged.final
    assert "agree on what is printed" in merged.document.reason


def test_two_relied_on_values_that_differ_are_ambiguous():
    code = Document(doc_type="template.card", fields={"zone": field("zone", "A", source="template")})
    other = Document(doc_type="template.card", fields={"zone": field("zone", "B", source="template")})
    merged = merge([Look(index=0, document=code), Look(index=1, document=other)], TODAY)
    assert merged.document.fields["zone"].ambiguous
    assert not merged.document.fields["zone"].accepted


def test_checks_that_fail_in_one_picture_have_failed_but_the_portrait_may_be_on_another():
    first, second = look(0, ANNA), look(1, ANNA)
    passed, failed = Check(Finding.PASSED, "there"), Check(Finding.FAILED, "not there")
    first = replace_forensics(first, {"portrait_present": failed, "screen_suspicion": passed})
    second = replace_forensics(second, {"portrait_present": passed, "screen_suspicion": failed})
    checks = merge([first, second], TODAY).document.forensics
    assert checks["portrait_present"].state is Finding.PASSED
    assert checks["screen_suspicion"].state is Finding.FAILED
    assert checks["expiry"].state is Finding.FAILED


def replace_forensics(one, checks):
    return Look(index=one.index, document=replace(one.document, forensics=checks), zone=one.zone, lines=one.lines)


def test_documents_agree_unless_what_both_say_differs():
    assert agree({}, {})
    assert agree(
        {"mrz_surname": field("mrz_surname", "O'NEIL")}, {"barcode_surname": field("barcode_surname", "ONEIL")}
    )
    assert not agree({"mrz_birth_date": field("a", "1990-01-01")}, {"barcode_birth_date": field("b", "1991-01-01")})


@pytest.mark.parametrize(
    ("forensics", "quality", "overall"),
    [
        ({}, Finding.PASSED, Finding.UNDEFINED),
        ({"expiry": Finding.PASSED, "mrz_typeface": Finding.PASSED}, Finding.PASSED, Finding.PASSED),
        ({"expiry": Finding.PASSED, "mrz_typeface": Finding.PASSED}, Finding.FAILED, Finding.UNDEFINED),
        ({"expiry": Finding.FAILED, "mrz_typeface": Finding.PASSED}, Finding.PASSED, Finding.FAILED),
        ({"expiry": Finding.PASSED, "mrz_typeface": Finding.FAILED}, Finding.PASSED, Finding.FAILED),
    ],
)
def test_the_whole_fails_with_any_deciding_topic_and_passes_only_with_all(forensics, quality, overall):
    checks = {name: Check(state, "") for name, state in forensics.items()}
    document = replace(look(0, ANNA).document, forensics=checks, quality=Quality(quality))
    topics = status(document)
    assert topics["overall"] is overall
    assert set(topics) == {"doc_type", "expiry", "quality", "mrz", "text", "security", "portrait", "age", "overall"}


def test_the_status_of_nothing_fails_by_its_type():
    assert status(Document(doc_type=None))["doc_type"] is Finding.FAILED
