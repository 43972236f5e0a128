"""A car-share to try things on: a store with a clock that stands still, and one line for each thing one can ask."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from visionmq.engine.access import methods
from visionmq.engine.access.methods import Asked, CaseAsked, CaseTold, FaceAsked, Facts, Probe
from visionmq.engine.store import messages
from visionmq.engine.store.address import read_address
from visionmq.engine.store.messages import Author, Enroll, Gallery, NewTemplate
from visionmq.engine.store.opened import DirectLink, OpenStore
from visionmq.schemas.access.bookings import Booking, BookingsParams, BookParams
from visionmq.schemas.access.common import DEFAULT_COLLECTION
from visionmq.schemas.access.decisions import Decision, ReturnParams, ValidateParams
from visionmq.schemas.access.policies import Policy, SetPolicyParams
from visionmq.schemas.access.users import AddUserParams
from visionmq.schemas.access.vehicles import AddVehicleParams, Location, Vehicle, VehiclesParams

START = datetime(2030, 5, 1, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse"
MODEL = "test-model/1"
DIMENSION = 4
THRESHOLD = 0.6


@dataclass
class Garage:
    """A store, and its clock."""

    link: DirectLink
    now: datetime = START
    _keys: Iterator[int] = field(default_factory=itertools.count)

    def author(self, key: str | None = None) -> Author:
        return Author(key or f"key-{next(self._keys)}", "tester")

    def ask(self, method: Any, params: Any, key: str | None = None) -> Any:
        return self.link.call(method, Asked(params, self.author(key)))

    def add_user(self, name: str, **given: Any) -> str:
        told = self.ask(methods.ADD_USER, AddUserParams(user=name, password=PASSWORD, **given))
        return str(told.id)

    def add_car(self, car: str = "c1") -> str:
        return str(self.ask(methods.ADD_VEHICLE, AddVehicleParams(car=car)).key)

    def book(self, user: str, car: str = "c1", start: float = 0, end: float = 60, key: str | None = None) -> str:
        params = BookParams(user=user, car=car, start=self.at(start), end=self.at(end))
        return str(self.ask(methods.BOOK, params, key).id)

    def at(self, minutes: float) -> datetime:
        return START + timedelta(minutes=minutes)

    def validate(self, user: str, car: str = "c1", password: str = PASSWORD, key: str | None = None) -> Decision:
        params = ValidateParams(user=user, password=password, car=car)
        told: Decision = self.ask(methods.VALIDATE, params, key)
        return told

    def bring_back(self, user: str, car: str = "c1", key: str | None = None, **given: Any) -> Decision:
        params = ReturnParams(user=user, car=car, location=Location(text="yard"), **given)
        told: Decision = self.ask(methods.RETURN, params, key)
        return told

    def enroll(self, subject: str, vector: list[float]) -> None:
        gallery = Gallery("face", DEFAULT_COLLECTION, MODEL, DIMENSION)
        template = NewTemplate(vector=np.array(vector, "<f4").tobytes())
        self.link.call(
            messages.ENROLL, Enroll(gallery=gallery, subject=subject, templates=[template], author=self.author())
        )

    def look(self, vector: list[float], car: str = "c1", key: str | None = None, **edge: Any) -> Decision:
        return self.link.call(
            methods.FACE, FaceAsked(car=car, probe=probe(vector), author=self.author(key), proof_model=MODEL, **edge)
        )

    def case(self, facts: Facts, car: str = "c1", **given: Any) -> CaseTold:
        asked = {"user": None, "password": None} | given
        return self.link.call(methods.CASE, CaseAsked(car=car, facts=facts, author=self.author(), **asked))

    def cars(self) -> dict[str, Vehicle]:
        return {one.car: one for one in self.link.call(methods.VEHICLES, VehiclesParams()).vehicles}

    def bookings(self, **given: Any) -> list[Booking]:
        return self.link.call(methods.BOOKINGS, BookingsParams(**given)).bookings

    def set_rules(self, **rules: Any) -> Policy:
        told: Policy = self.ask(methods.SET_POLICY, SetPolicyParams(rules=rules))
        return told


def probe(vector: list[float]) -> Probe:
    """Return a face as it is asked about."""
    data = np.array(vector, "<f4").tobytes()
    return Probe(vector=data, model=MODEL, thresholds=[(1, THRESHOLD), (4, 0.5)], false_match_rate=0.001)


@contextmanager
def garage(address: str, keys: Path) -> Iterator[Garage]:
    """Open a garage in a store."""
    clock = _Clock()
    store = OpenStore(read_address(address, str(keys)), clock)
    with DirectLink(store) as link:
        made = Garage(link)
        clock.garage = made
        yield made


class _Clock:
    """Tells the garage's time."""

    garage: Garage | None = None

    def __call__(self) -> datetime:
        return START if self.garage is None else self.garage.now
