"""Bringing a car back: once, whatever is retried."""

import threading

import msgspec
import pytest

from tests.engine.access.garage import Garage, garage
from tests.engine.store.conftest import Place
from visionmq.engine.access import methods
from visionmq.engine.api import EngineError
from visionmq.schemas.access.bookings import BookingState, CancelParams
from visionmq.schemas.access.decisions import Decision
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.access.users import UserParams
from visionmq.schemas.access.vehicles import CarState, Location


@pytest.fixture
def taken(any_shop: Garage) -> Garage:
    any_shop.add_user("ann")
    any_shop.add_car()
    any_shop.book("ann")
    assert any_shop.validate("ann").allowed
    return any_shop


def test_a_return_closes_the_booking_frees_the_car_and_stores_where_it_is(taken: Garage) -> None:
    told = taken.bring_back("ann")
    assert (told.allowed, told.reasons) == (True, [Reason.RETURNED])
    (booking,) = taken.bookings()
    assert (booking.booking, booking.state, booking.live) == (told.booking, BookingState.RETURNED, False)
    car = taken.cars()["c1"]
    assert (car.state, car.booking, car.location) == (CarState.FREE, None, Location(text="yard"))
    assert not taken.validate("ann").allowed


def test_a_second_return_learns_that_it_was_returned_and_a_repeated_one_gets_the_first_answer(taken: Garage) -> None:
    first = taken.bring_back("ann", key="same")
    assert taken.bring_back("ann", key="same") == msgspec.structs.replace(first, repeated=True)
    second = taken.bring_back("ann")
    assert (second.allowed, second.reasons, second.booking) == (False, [Reason.ALREADY_RETURNED], first.booking)


def test_there_is_nothing_to_return_without_a_booking_that_has_begun(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_car()
    shop.book("ann", start=10, end=20)
    for told in (shop.bring_back("ann"), shop.bring_back("nobody"), shop.bring_back("ann", "no such car")):
        assert (told.allowed, told.reasons) == (False, [Reason.NOTHING_TO_RETURN])
    shop.now = shop.at(10)
    assert shop.bring_back("ann").allowed  # begun, though it was never taken


def test_a_late_return_does_not_free_the_car_that_the_next_one_has_taken(shop: Garage) -> None:
    shop.add_user("ann")
    shop.add_user("ben")
    shop.add_car()
    late = shop.book("ann", start=0, end=10)
    next_one = shop.book("ben", start=10, end=20)
    assert shop.validate("ann").allowed
    shop.now = shop.at(10)
    assert not shop.validate("ann").allowed
    assert shop.validate("ben").allowed
    assert shop.bring_back("ann").booking == late
    car = shop.cars()["c1"]
    assert (car.state, car.booking, car.location) == (CarState.IN_USE, next_one, None)
    assert shop.bring_back("ben").booking == next_one
    assert shop.cars()["c1"].state is CarState.FREE


def test_a_return_may_name_its_booking_and_its_user_by_id(shop: Garage) -> None:
    ann = shop.add_user("ann")
    shop.add_car()
    first = shop.book("ann", start=0, end=10)
    assert shop.bring_back(ann, booking=first).allowed
    second = shop.book("ann", start=0, end=10)
    assert shop.bring_back("ann", booking=first).reasons == [Reason.ALREADY_RETURNED]
    assert shop.bring_back("ann").booking == second


def test_of_concurrent_returns_exactly_one_succeeds(place: Place) -> None:
    with garage(place.address, place.keys) as shop:
        shop.add_user("ann")
        shop.add_car()
        booking = shop.book("ann")
    told: list[Decision] = []
    start = threading.Barrier(4)

    def bring_back(number: int) -> None:
        with garage(place.address, place.keys) as own:  # as another worker: with connections of its own
            start.wait(10)
            told.extend(own.bring_back("ann", key=f"{number}-{turn}") for turn in range(3))

    threads = [threading.Thread(target=bring_back, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(told) == 12
    assert sorted(one.reasons[0] for one in told) == [Reason.ALREADY_RETURNED] * 11 + [Reason.RETURNED]
    assert {one.booking for one in told} == {booking}
    assert len({one.audit_sequence for one in told}) == 12


def test_a_booking_that_was_taken_cannot_be_given_up(taken: Garage) -> None:
    (booking,) = taken.bookings()
    with pytest.raises(EngineError, match="active"):
        taken.ask(methods.CANCEL, CancelParams(booking=booking.booking))
    with pytest.raises(EngineError, match="has a car"):
        taken.ask(methods.FORGET_USER, UserParams(user="ann"))
