"""Administration: what may be booked, changed, removed and forgotten."""

import fcntl
import os
import re
import tempfile
import threading
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.engine.access.garage import PASSWORD, Garage
from tests.engine.store.conftest import Place
from visionmq.engine.access import methods
from visionmq.engine.access.forgetting import signed_content
from visionmq.engine.access.passwords import COST, Cost, Passwords
from visionmq.engine.api import EngineError
from visionmq.engine.store import messages
from visionmq.engine.store.receipts import is_signed
from visionmq.schemas.access.bookings import BookingsParams, BookingState, CancelParams
from visionmq.schemas.access.engineers import AssignParams, EngineersParams, UnassignParams
from visionmq.schemas.access.policies import PolicyParams, Rules, SetPolicyParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.access.users import EditUserParams, SetPasswordParams, UserParams, UsersParams
from visionmq.schemas.access.vehicles import AddVehicleParams, CarState, EditVehicleParams, VehicleParams
from visionmq.schemas.errors import ErrorCode


def code_of(caught: pytest.ExceptionInfo[EngineError]) -> ErrorCode:
    return caught.value.code


# ---- bookings -------------------------------------------------------------------------------


def test_a_car_cannot_be_booked_twice_at_a_time(any_shop: Garage) -> None:
    any_shop.add_user("ann")
    any_shop.add_user("ben")
    any_shop.add_car()
    any_shop.book("ann", start=10, end=20)
    for start, end in [(10, 20), (0, 11), (19, 30), (12, 13), (0, 40)]:
        with pytest.raises(EngineError, match="booked") as caught:
            any_shop.book("ben", start=start, end=end)
        assert code_of(caught) is ErrorCode.CONFLICT
    any_shop.book("ben", start=0, end=10)
    any_shop.book("ben", start=20, end=30)
    assert [one.user for one in any_shop.bookings()] == ["ben", "ann", "ben"]


def test_a_user_has_one_car_at_a_time_unless_the_policy_allows_more(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car("c1")
    shop.add_car("c2")
    shop.book("ann", "c1")
    with pytest.raises(EngineError, match="another car"):
        shop.book("ann", "c2")
    shop.set_rules(user_overlap=True)
    shop.book("ann", "c2")


def test_what_was_cancelled_or_returned_may_be_booked_again(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    booking = shop.book("ann")
    told = shop.ask(methods.CANCEL, CancelParams(booking=booking), "same")
    assert shop.ask(methods.CANCEL, CancelParams(booking=booking), "same").repeated
    assert told.id == booking
    shop.book("ann")
    assert shop.bring_back("ann").allowed
    shop.book("ann")
    assert [one.state for one in shop.bookings()] == [
        BookingState.CANCELLED,
        BookingState.RETURNED,
        BookingState.BOOKED,
    ]


@pytest.mark.parametrize(("start", "end"), [(10, 10), (10, 5), (-30, 0), (0, 60 * 24 * 32)])
def test_windows_that_cannot_be_are_refused(shop: Garage, start: float, end: float) -> None:
    shop.add_user("ann")
    shop.add_car()
    with pytest.raises(EngineError) as caught:
        shop.book("ann", start=start, end=end)
    assert code_of(caught) is ErrorCode.BAD_REQUEST


def test_a_booking_is_once_however_often_it_is_asked_for(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    assert shop.book("ann", key="same") == shop.book("ann", key="same")
    assert len(shop.bookings()) == 1


def test_bookings_are_listed_by_page_and_by_what_they_are(shop: Garage) -> None:
    for name in ("ann", "ben"):
        shop.add_user(name)
    shop.add_car()
    made = [shop.book(("ann", "ben")[hour % 2], start=60 * hour, end=60 * hour + 30) for hour in range(5)]
    page = shop.link.call(methods.BOOKINGS, BookingsParams(limit=2))
    assert ([one.booking for one in page.bookings], page.total) == (made[:2], 5)
    rest = shop.link.call(methods.BOOKINGS, BookingsParams(after=page.after))
    assert ([one.booking for one in rest.bookings], rest.after) == (made[2:], None)
    assert [one.booking for one in shop.bookings(user="ben")] == made[1::2]
    assert shop.bookings(user="nobody") == []
    assert [one.booking for one in shop.bookings(since=shop.at(90), until=shop.at(180))] == [made[2]]
    assert [one.live for one in shop.bookings()] == [True, False, False, False, False]
    assert shop.bookings(states=[BookingState.ACTIVE]) == []


def test_nothing_is_booked_for_whom_or_what_is_not_there(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    for user, car in (("nobody", "c1"), ("ann", "c9")):
        with pytest.raises(EngineError) as caught:
            shop.book(user, car)
        assert code_of(caught) is ErrorCode.NOT_FOUND


# ---- users and cars -------------------------------------------------------------------------


def test_a_new_password_ends_the_former(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    shop.book("ann")
    shop.ask(methods.SET_PASSWORD, SetPasswordParams(user="ann", password="battery staple"))
    assert shop.validate("ann", password=PASSWORD).reasons == [Reason.LOGIN_FAILED]
    assert shop.validate("ann", password="battery staple").allowed


def test_a_record_is_changed_only_where_something_was_given(shop: Garage) -> None:
    user_id = shop.add_user("ann", full_name="Ann Smith")
    shop.ask(methods.EDIT_USER, EditUserParams(user=user_id, subject="ann-face"))
    (shown,) = shop.link.call(methods.USERS, UsersParams()).users
    assert (shown.user, shown.full_name, shown.subject, shown.collection) == ("ann", "Ann Smith", "ann-face", "access")


def test_users_are_listed_by_page(shop: Garage) -> None:
    ids = [shop.add_user(f"user-{number}") for number in range(3)]
    page = shop.link.call(methods.USERS, UsersParams(limit=2))
    assert (page.total, page.after) == (3, ids[1])
    assert [one.user_id for one in shop.link.call(methods.USERS, UsersParams(after=page.after)).users] == ids[2:]


@pytest.mark.parametrize("name", [" ", "ab" * 16])
def test_names_that_would_be_taken_for_something_else_are_refused(shop: Garage, name: str) -> None:
    with pytest.raises(EngineError) as caught:
        shop.add_user(name)
    assert code_of(caught) is ErrorCode.BAD_REQUEST


def test_a_car_that_is_made_again_under_the_same_key_has_the_same_device_key(shop: Garage) -> None:
    first = shop.ask(methods.ADD_VEHICLE, AddVehicleParams(car="c1"), "same")
    again = shop.ask(methods.ADD_VEHICLE, AddVehicleParams(car="c1"), "same")
    assert again == msgspec.structs.replace(first, repeated=True)
    assert re.fullmatch("[0-9a-f]{64}", first.key)
    with pytest.raises(EngineError, match="there already"):
        shop.add_car("c1")


def test_a_car_is_removed_only_without_open_bookings(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    shop.book("ann")
    with pytest.raises(EngineError, match="1 open booking"):
        shop.ask(methods.REMOVE_VEHICLE, VehicleParams(car="c1"))
    shop.bring_back("ann")
    shop.ask(methods.REMOVE_VEHICLE, VehicleParams(car="c1"))
    assert shop.cars() == {}


def test_a_car_in_use_is_not_set_free_by_hand(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    shop.book("ann")
    shop.validate("ann")
    for state, code in ((CarState.FREE, ErrorCode.CONFLICT), (CarState.IN_USE, ErrorCode.BAD_REQUEST)):
        with pytest.raises(EngineError) as caught:
            shop.ask(methods.EDIT_VEHICLE, EditVehicleParams(car="c1", state=state))
        assert code_of(caught) is code


def test_engineers_are_listed_with_what_they_are_assigned_to(shop: Garage) -> None:
    shop.add_user("eve")
    with pytest.raises(EngineError, match="no engineer"):
        shop.ask(methods.ASSIGN, AssignParams(user="eve", car="*"))
    shop.ask(methods.ADD_ENGINEER, UserParams(user="eve"))
    told = shop.ask(methods.ASSIGN, AssignParams(user="eve", car="*", start=shop.at(10)))
    (engineer,) = shop.link.call(methods.ENGINEERS, EngineersParams()).engineers
    assert [(one.assignment, one.car, one.live) for one in engineer.assignments] == [(told.id, "*", False)]
    shop.ask(methods.UNASSIGN, UnassignParams(assignment=told.id))
    assert shop.link.call(methods.ENGINEERS, EngineersParams()).engineers[0].assignments == []
    shop.ask(methods.REMOVE_ENGINEER, UserParams(user="eve"))
    assert shop.link.call(methods.ENGINEERS, EngineersParams()).engineers == []


# ---- policy ---------------------------------------------------------------------------------


def test_a_policy_changes_only_what_is_given_and_keeps_its_history(shop: Garage) -> None:
    assert shop.link.call(methods.POLICY, PolicyParams()).version == 0
    first = shop.set_rules(grace_after=60)
    second = shop.ask(methods.SET_POLICY, SetPolicyParams(rules={"failures": 3}, replaces=1))
    assert (first.version, second.version, second.rules.grace_after, second.rules.failures) == (1, 2, 60, 3)
    former = shop.link.call(methods.POLICY, PolicyParams(version=1))
    assert (former.rules.failures, former.in_force) == (Rules().failures, False)
    with pytest.raises(EngineError) as caught:
        shop.ask(methods.SET_POLICY, SetPolicyParams(rules={}, replaces=1))
    assert code_of(caught) is ErrorCode.CONFLICT
    for wrong in ({"no such": 1}, {"failures": 0}, {"false_match_rate": "high"}):
        with pytest.raises(EngineError) as caught:
            shop.set_rules(**wrong)
        assert code_of(caught) is ErrorCode.BAD_REQUEST


# ---- forgetting -----------------------------------------------------------------------------


def test_a_forgotten_user_is_gone_with_face_login_and_coming_bookings(any_shop: Garage) -> None:
    user_id = any_shop.add_user("ann")
    any_shop.enroll("ann", [1.0, 0.0, 0.0, 0.0])
    any_shop.add_car()
    coming = any_shop.book("ann", start=10, end=20)
    told = any_shop.ask(methods.FORGET_USER, UserParams(user="ann"), "same")
    assert (told.user_id, told.faces, told.cancelled_bookings) == (user_id, 1, [coming])
    assert is_signed(signed_content(told), told.signature, told.public_key)
    assert any_shop.ask(methods.FORGET_USER, UserParams(user="ann"), "same").repeated
    assert any_shop.link.call(methods.USERS, UsersParams()).users == []
    assert any_shop.link.call(messages.SUBJECTS, messages.ListSubjects(kind="face", collection="access")).total == 0
    any_shop.now = any_shop.at(10)
    assert any_shop.validate("ann").reasons == [Reason.LOGIN_FAILED]
    (booking,) = any_shop.bookings()
    assert (booking.user, booking.user_id, booking.state) == (None, user_id, BookingState.CANCELLED)


def test_no_file_holds_names_passwords_or_device_keys(place: Place) -> None:
    from tests.engine.access.garage import garage

    words = ["annabella", "Annabella Schmitt-Nowak", "1987-04-12", PASSWORD]
    with garage(place.address, place.keys) as shop:
        shop.add_user(words[0], full_name=words[1], birth_date=date(1987, 4, 12))
        words.append(shop.add_car())
        shop.book(words[0])
        shop.validate(words[0])
        shop.validate(words[0], password="wrong password")
        shop.bring_back(words[0])
        assert _holding(place.folder, [*words, "wrong password"]) == []
        shop.ask(methods.FORGET_USER, UserParams(user=words[0]))
    assert _holding(place.folder, words) == []


def _holding(folder: Path, words: list[str]) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [f"{word} in {path.name}" for path in files for word in words if word.encode() in path.read_bytes()]


# ---- passwords ------------------------------------------------------------------------------


def test_a_hash_fits_its_own_password_only_and_says_its_cost() -> None:
    cheap = Passwords(Cost(64, 1, 1))
    known = cheap.hash("correct horse")
    assert known.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert cheap.fits("correct horse", known)
    assert not cheap.fits("correct horsf", known)
    assert not cheap.fits("correct horse", "no hash")
    assert cheap.fits("caf\u00e9 au lait", cheap.hash("cafe\u0301 au lait"))
    assert not cheap.is_old(known)
    assert Passwords(Cost(128, 1, 1)).is_old(known)
    assert Cost(19 * 1024, 2, 1) == COST  # imported before the other tests made it cheap


def test_times_are_kept_to_the_microsecond(shop: Garage) -> None:
    shop.now += timedelta(microseconds=1)
    shop.add_user("ann")
    assert shop.link.call(methods.USERS, UsersParams()).users[0].created_at == "2030-05-01T10:00:00.000001+00:00"


def test_only_two_hashes_run_at_a_time_on_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    one, two = (Passwords(Cost(64, 1, 1)) for _ in range(2))
    places = sorted(tmp_path.rglob("*.lock"))
    assert places == []  # made when the first hash runs
    one.hash("correct horse")
    places = sorted(tmp_path.rglob("*.lock"))
    assert len(places) == 2
    done = threading.Event()
    with open(places[0], "ab") as first, open(places[1], "ab") as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        one.hash("correct horse")  # the second place is free
        fcntl.flock(second, fcntl.LOCK_EX)
        waiting = threading.Thread(target=lambda: (two.hash("correct horse"), done.set()))
        waiting.start()
        assert not done.wait(0.2)
    assert done.wait(10)
    waiting.join(10)


def test_a_folder_that_is_somebody_elses_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"visionmq-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    assert Passwords(Cost(64, 1, 1)).hash("correct horse")
    assert list(folder.iterdir()) == []
