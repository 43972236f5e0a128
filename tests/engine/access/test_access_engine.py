"""The engine itself: requests in the wire's words, imports, and what is answered without eyes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.access.garage import PASSWORD
from visionmq.engine.access.desk import DeskEngine
from visionmq.engine.access.engine import AccessEngine
from visionmq.engine.api import Answer, Engine, EngineError, Job
from visionmq.engine.store.link import Link
from visionmq.engine.store.opened import open_here
from visionmq.schemas.access.bookings import BookingsParams
from visionmq.schemas.access.decisions import FaceParams, ValidateParams
from visionmq.schemas.access.engineers import EngineersParams
from visionmq.schemas.access.imports import ImportKind, ImportParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.access.users import AddUserParams, UsersParams
from visionmq.schemas.access.vehicles import AddVehicleParams, Location, VehiclesParams
from visionmq.schemas.case import CaseParams
from visionmq.schemas.common import Params, ProgressReport
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.operations import OPERATIONS


class Blind:
    """A process with a store and no other engine."""

    def __init__(self, link: Link) -> None:
        self.link = link

    def engine(self, name: str) -> Engine:
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, f"no {name} here")

    def store(self) -> Link:
        return self.link


class Service:
    """Asks an engine one thing at a time."""

    def __init__(self, engine: AccessEngine) -> None:
        self.engine, self.count = engine, 0
        self.progress: list[ProgressReport] = []

    def ask(self, operation: str, params: Params, key: str | None = None) -> Any:
        self.count += 1
        job = Job(params, request_id=f"request-{self.count}", key=key, user="tester", progress=self.progress.append)
        (outcome,) = self.engine.run(operation, [job])
        if isinstance(outcome, EngineError):
            raise outcome
        assert isinstance(outcome, Answer)
        return outcome.result


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with open_here(str(tmp_path / "store.db"), keys=str(tmp_path / "store.keys")) as link:
        engine = AccessEngine()
        engine.bind(Blind(link))
        engine.load()
        yield Service(engine)


def test_it_serves_every_operation_of_the_table() -> None:
    served = {spec.name: spec for spec in AccessEngine().operations()}
    assert set(served) == {name for name in OPERATIONS if name.startswith(("access.", "case."))}
    for name, spec in served.items():
        assert (spec.params, spec.most_images) == (OPERATIONS[name].params, OPERATIONS[name].most_images)
        assert spec.reads_pictures is (spec.most_images > 0)


def test_the_desk_serves_all_that_needs_no_picture_and_opens_no_model() -> None:
    assert {spec.name for spec in DeskEngine().operations()} == {
        name for name, row in OPERATIONS.items() if name.startswith("access.") and row.most_images == 0
    }
    code = "import sys, visionmq.engine.access.desk; sys.exit('cv2' in sys.modules or 'onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_what_is_passed_in_to_be_passed_back_comes_back(service: Service) -> None:
    params = AddUserParams(user="ann", password=PASSWORD, pass_back={"n": 1})
    first = service.ask("access.add_user", params, "same")
    again = service.ask("access.add_user", AddUserParams(user="ann", password=PASSWORD, pass_back=[2]), "same")
    assert (first.pass_back, first.repeated) == ({"n": 1}, False)
    assert (again.pass_back, again.repeated, again.id) == ([2], True, first.id)


def test_a_decision_names_the_car_that_was_asked_about(service: Service) -> None:
    told = service.ask("access.validate", ValidateParams(user="ann", password="x", car="c7"))
    assert (told.car, told.reasons) == ("c7", [Reason.LOGIN_FAILED])


def test_without_eyes_only_what_needs_them_is_unavailable(service: Service) -> None:
    service.ask("access.add_vehicle", AddVehicleParams(car="c1"))
    for operation, params in (
        ("access.face", FaceParams(car="c1")),
        ("case.verify", CaseParams(car="c1")),
    ):
        with pytest.raises(EngineError, match="no face here") as caught:
            service.ask(operation, params)
        assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE


def test_an_engine_that_was_not_loaded_says_so() -> None:
    with pytest.raises(EngineError, match="store"):
        AccessEngine().load()


# ---- import ---------------------------------------------------------------------------------


def rows(kind: ImportKind, *given: dict[str, str]) -> ImportParams:
    return ImportParams(kind=kind, rows=list(given))


def test_each_row_succeeds_or_fails_alone_and_no_row_comes_twice(service: Service) -> None:
    users = rows(
        ImportKind.USERS,
        {"user": "ann", "password": PASSWORD, "full_name": "Ann Smith", "birth_date": "1990-01-02"},
        {"user": "ann", "password": PASSWORD},
        {"user": "ben", "password": "short"},
        {"user": "ben", "password": PASSWORD, "birth_date": "yesterday"},
        {"name": "eve"},
        {"user": "eve", "password": PASSWORD, "full_name": ""},
    )
    told = service.ask("access.import", users, "same")
    assert [item.ok for item in told.items] == [True, False, False, False, False, True]
    assert (told.imported, told.failed) == (2, 4)
    codes = [item.error.code for item in told.items if not item.ok]
    assert codes == [ErrorCode.CONFLICT, *[ErrorCode.BAD_REQUEST] * 3]
    again = service.ask("access.import", users, "same")
    assert [item.result.repeated for item in again.items if item.ok] == [True, True]
    shown = service.ask("access.users", UsersParams())
    assert [(one.user, one.full_name, one.birth_date) for one in shown.users] == [
        ("ann", "Ann Smith", "1990-01-02"),
        ("eve", None, None),
    ]
    assert [report.stage for report in service.progress] == ["import", "import"]


def test_cars_bookings_and_engineers_come_from_tables_too(service: Service) -> None:
    service.ask("access.import", rows(ImportKind.USERS, *[{"user": n, "password": PASSWORD} for n in ("ann", "eve")]))
    cars = service.ask(
        "access.import",
        rows(
            ImportKind.VEHICLES,
            {"car": "c1", "plate": "B-XY 1", "latitude": "52.5", "longitude": "13.4", "location": "yard"},
            {"car": "c2", "latitude": "north"},
        ),
    )
    assert [item.ok for item in cars.items] == [True, False]
    assert len(cars.items[0].result.key) == 64
    window = {"start": "2999-01-01T10:00:00Z", "end": "2999-01-01T12:00:00+01:00"}
    booked = service.ask(
        "access.import",
        rows(
            ImportKind.BOOKINGS,
            {"user": "ann", "car": "c1"} | window,
            {"user": "ann", "car": "c1", "start": "2999-01-01T10:00:00", "end": "2999-01-01T11:00:00"},
        ),
    )
    assert [item.ok for item in booked.items] == [True, False]
    (booking,) = service.ask("access.bookings", BookingsParams()).bookings
    assert booking.end == "2999-01-01T11:00:00.000000+00:00"
    engineers = rows(ImportKind.ENGINEERS, {"user": "eve", "car": "*"}, {"user": "nobody", "car": "*"})
    assert [item.ok for item in service.ask("access.import", engineers).items] == [True, False]
    assert service.ask("access.engineers", EngineersParams()).engineers[0].user == "eve"
    (car,) = service.ask("access.vehicles", VehiclesParams()).vehicles
    assert car.location == Location(latitude=52.5, longitude=13.4, text="yard")
