"""Whatever is done in whatever order, no car is booked twice at a time, and every booking is returned once at most."""

import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from tests.engine.access.conftest import CHEAP
from tests.engine.access.garage import Garage, garage
from visionmq.engine.access import methods
from visionmq.engine.access.passwords import Passwords
from visionmq.engine.api import EngineError
from visionmq.schemas.access.bookings import Booking, BookingState, BookParams, CancelParams
from visionmq.schemas.access.decisions import Decision, ReturnParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.access.vehicles import CarState, Location
from visionmq.schemas.errors import ErrorCode

PEOPLE, CARS = ("ann", "ben"), ("c1", "c2")
OPEN = (BookingState.BOOKED, BookingState.ACTIVE)
_worlds, _keys = itertools.count(), itertools.count()


@pytest.fixture(scope="module", autouse=True)
def shared_shop() -> Iterator[None]:
    """One store for all runs; each run has users and cars of its own."""
    with tempfile.TemporaryDirectory() as folder, garage(f"{folder}/store.db", Path(folder, "store.keys")) as shop:
        shop.link.store._kept[Passwords] = Passwords(CHEAP)
        shop.set_rules(grace_before=120, grace_after=300)
        CarShare.shop = shop
        yield
        CarShare.shop = None


class CarShare(RuleBasedStateMachine):
    """Two people, two cars, and a clock that only goes on."""

    shop: Garage | None = None
    booked = Bundle("booked")

    def __init__(self) -> None:
        super().__init__()
        assert self.shop is not None
        self.share, self.world = self.shop, next(_worlds)
        self.share.now += timedelta(days=400)  # no booking of a former run is near
        self.start = self.share.now
        self.ids = {name: self.share.add_user(self.named(name)) for name in PEOPLE}
        for car in CARS:
            self.share.add_car(self.named(car))
        self.returned: Counter[str] = Counter()
        self.last: tuple[str, ReturnParams, Decision] | None = None

    def named(self, name: str) -> str:
        return f"{name}-{self.world}"

    def try_to(self, method: Any, params: Any, key: str | None = None) -> tuple[Any, ErrorCode | None]:
        try:
            return self.share.ask(method, params, key), None
        except EngineError as error:
            return None, error.code

    @rule(
        target=booked,
        user=st.sampled_from(PEOPLE),
        car=st.sampled_from(CARS),
        begin=st.integers(-10, 15),
        length=st.integers(5, 60),
    )
    def book(self, user: str, car: str, begin: int, length: int) -> str:
        start = self.share.now + timedelta(minutes=begin)
        params = BookParams(
            user=self.named(user), car=self.named(car), start=start, end=start + timedelta(minutes=length)
        )
        told, refused = self.try_to(methods.BOOK, params)
        assert refused in (None, ErrorCode.CONFLICT, ErrorCode.BAD_REQUEST)
        return told.id if told is not None else ""

    @rule(booking=consumes(booked))
    def cancel(self, booking: str) -> None:
        _, refused = self.try_to(methods.CANCEL, CancelParams(booking=booking))
        assert refused in (None, ErrorCode.CONFLICT, ErrorCode.NOT_FOUND)

    @rule(minutes=st.integers(1, 30))
    def wait(self, minutes: int) -> None:
        self.share.now += timedelta(minutes=minutes)

    @rule(user=st.sampled_from(PEOPLE), car=st.sampled_from(CARS))
    def take(self, user: str, car: str) -> None:
        told = self.share.validate(self.named(user), self.named(car))
        live = [one for one in self.bookings(car) if one.live]
        assert told.allowed is (bool(live) and live[0].user_id == self.ids[user])
        if told.allowed:
            assert self.share.cars()[self.named(car)].booking == told.booking == live[0].booking

    @rule(user=st.sampled_from(PEOPLE), car=st.sampled_from(CARS), length=st.integers(5, 60))
    def book_and_take(self, user: str, car: str, length: int) -> None:
        if self.book(user, car, 0, length):
            self.take(user, car)

    @rule(user=st.sampled_from(PEOPLE), car=st.sampled_from(CARS))
    def bring_back(self, user: str, car: str) -> None:
        params = ReturnParams(user=self.named(user), car=self.named(car), location=Location(text=f"{user}"))
        key = f"return-{next(_keys)}"
        told = self.share.ask(methods.RETURN, params, key)
        if told.allowed:
            self.returned[told.booking] += 1
        assert told.allowed or told.reasons[0] in (Reason.ALREADY_RETURNED, Reason.NOTHING_TO_RETURN)
        self.last = (key, params, told)

    @rule()
    def retry(self) -> None:
        if self.last is not None:
            key, params, told = self.last
            again = self.share.ask(methods.RETURN, params, key)
            assert (again.repeated, again.booking, again.audit_sequence) == (True, told.booking, told.audit_sequence)

    def bookings(self, car: str) -> list[Booking]:
        return self.share.bookings(car=self.named(car))

    @invariant()
    def open_bookings_never_overlap(self) -> None:
        everything = [one for car in CARS for one in self.bookings(car) if one.state in OPEN]
        for one, other in itertools.combinations(everything, 2):
            if one.car == other.car or one.user_id == other.user_id:
                assert one.end <= other.start or other.end <= one.start

    @invariant()
    def every_return_is_kept_and_kept_once(self) -> None:
        done = [one.booking for car in CARS for one in self.bookings(car) if one.state is BookingState.RETURNED]
        assert self.returned == Counter(done)

    @invariant()
    def at_most_one_booking_of_a_car_is_live_and_a_car_in_use_has_an_active_one(self) -> None:
        shown = self.share.cars()
        for car in CARS:
            own = {one.booking: one for one in self.bookings(car)}
            assert sum(one.live for one in own.values()) <= 1
            vehicle = shown[self.named(car)]
            assert (vehicle.state is CarState.IN_USE) is (vehicle.booking is not None)
            if vehicle.booking is not None:
                assert own[vehicle.booking].state is BookingState.ACTIVE


TestCarShare = CarShare.TestCase
TestCarShare.settings = settings(
    max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
