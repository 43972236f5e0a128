"""Cases: a document and a face against the record and the booking, in one decision."""

from datetime import date
from typing import Any

import msgspec
import pytest

from tests.engine.access.garage import PASSWORD, Garage, probe
from visionmq.engine.access import methods
from visionmq.engine.access.methods import Facts
from visionmq.schemas.access.decisions import Evidence
from visionmq.schemas.access.reasons import FOR, Reason
from visionmq.schemas.access.users import UsersParams
from visionmq.schemas.access.vehicles import CarState
from visionmq.schemas.case import Agreement

SAME, DIFFERENT, UNKNOWN, UNTOLD = Agreement.SAME, Agreement.DIFFERENT, Agreement.UNKNOWN, Agreement.UNTOLD
GOOD = Facts(
    surname="MUELLER",
    given_names="LINA MARIE",
    birth_date="1987-04-12",
    age=43,
    reasons=[Reason.DOCUMENT_VALID, Reason.PORTRAIT_MATCHED],
    evidence=[Evidence("document", "d" * 32), Evidence("selfie", "e" * 32)],
)


def facts(**changes: Any) -> Facts:
    return msgspec.structs.replace(GOOD, **changes)


@pytest.fixture
def booked(shop: Garage) -> Garage:
    shop.add_user("ann", full_name="Lina Müller", birth_date=date(1987, 4, 12))
    shop.add_car()
    shop.book("ann")
    return shop


def test_a_case_in_which_all_agrees_opens_the_car(booked: Garage) -> None:
    told = booked.case(GOOD)
    assert told.decision.allowed
    assert told.decision.reasons == [
        Reason.DOCUMENT_VALID,
        Reason.PORTRAIT_MATCHED,
        Reason.IDENTITY_CONFIRMED,
        Reason.LIVE_BOOKING,
    ]
    assert (told.identity.name, told.identity.birth_date, told.identity.enrolled_face) == (SAME, SAME, UNKNOWN)
    assert {one.kind for one in told.decision.evidence} == {"user", "booking", "car", "document", "selfie"}
    assert booked.cars()["c1"].state is CarState.IN_USE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"surname": "SMITH"}, Reason.NAME_DIFFERS),
        ({"birth_date": "1987-04-13"}, Reason.BIRTH_DATE_DIFFERS),
        ({"birth_date": None}, Reason.DOCUMENT_NOT_SURE),
        ({"surname": "", "given_names": ""}, Reason.DOCUMENT_NOT_SURE),
        ({"age": 17}, Reason.TOO_YOUNG),
        ({"age": None}, Reason.AGE_UNKNOWN),
        ({"reasons": [Reason.DOCUMENT_EXPIRED, Reason.PORTRAIT_MATCHED]}, Reason.DOCUMENT_EXPIRED),
        ({"reasons": [Reason.DOCUMENT_VALID, Reason.PORTRAIT_DIFFERS]}, Reason.PORTRAIT_DIFFERS),
    ],
)
def test_one_thing_that_speaks_against_it_is_enough(booked: Garage, change: dict[str, Any], reason: Reason) -> None:
    told = booked.case(facts(**change))
    assert not told.decision.allowed
    assert [one for one in told.decision.reasons if one not in FOR] == [reason]
    assert {one.kind for one in told.decision.evidence} == {"car", "document", "selfie"}
    assert booked.cars()["c1"].state is CarState.FREE


def test_every_reason_is_told_and_none_hides_another(booked: Garage) -> None:
    told = booked.case(facts(surname="SMITH", birth_date="1990-01-01", age=12, reasons=[Reason.DOCUMENT_EXPIRED]))
    assert told.decision.reasons == [
        Reason.DOCUMENT_EXPIRED,
        Reason.TOO_YOUNG,
        Reason.NAME_DIFFERS,
        Reason.BIRTH_DATE_DIFFERS,
        Reason.LIVE_BOOKING,
    ]


def test_a_case_needs_a_booking(booked: Garage) -> None:
    booked.now = booked.at(600)
    assert Reason.NO_LIVE_BOOKING in booked.case(GOOD).decision.reasons


def test_a_record_without_name_or_birth_date_confirms_nobody(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    shop.book("ann")
    assert Reason.RECORD_INCOMPLETE in shop.case(GOOD).decision.reasons


def test_of_a_user_who_has_not_logged_in_nothing_is_told(booked: Garage) -> None:
    booked.add_user("ben", full_name="Ben Other", birth_date=date(1990, 1, 1))
    wrong = facts(surname="SMITH")
    told = [booked.case(wrong, user=name) for name in ("ann", "ben", "nobody")]
    assert len({tuple(one.decision.reasons) for one in told}) == 1
    assert told[0].decision.reasons[-1] is Reason.IDENTITY_NOT_CONFIRMED
    assert {one.identity for one in told} == {told[0].identity}
    assert told[0].identity.name is UNTOLD
    kinds = [[one.kind for one in case.decision.evidence] for case in told]
    assert kinds[0] == kinds[1] == kinds[2]
    assert booked.case(GOOD, user="ann").decision.allowed


def test_with_a_login_the_reasons_are_told(booked: Garage) -> None:
    told = booked.case(facts(surname="SMITH"), user="ann", password=PASSWORD)
    assert {Reason.LOGIN_RIGHT, Reason.NAME_DIFFERS} <= set(told.decision.reasons)
    assert booked.case(GOOD, user="ann", password=PASSWORD).decision.allowed
    failed = [booked.case(GOOD, user=name, password="wrong").decision.reasons for name in ("ann", "nobody")]
    assert failed[0] == failed[1] == [Reason.LOGIN_FAILED, Reason.DOCUMENT_VALID, Reason.PORTRAIT_MATCHED]
    assert booked.link.call(methods.USERS, UsersParams()).users[0].failures == 1


def test_a_selfie_that_is_not_the_enrolled_face_speaks_against_it(booked: Garage) -> None:
    booked.enroll("ann", [0.0, 0.0, 0.0, 0.0])
    assert booked.case(GOOD, probe=probe([0.1, 0.0, 0.0, 0.0])).enrolled_face is SAME
    other = booked.case(GOOD, probe=probe([2.0, 0.0, 0.0, 0.0]))
    assert other.enrolled_face is DIFFERENT
    assert Reason.FACE_NOT_RECOGNISED in other.decision.reasons
