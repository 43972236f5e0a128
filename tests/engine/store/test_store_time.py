"""What time ends: subjects that expire, and replies that nobody asks for again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.engine.store.asking import enroll, names, template
from tests.engine.store.conftest import Place
from visionmq.engine.api import EngineError
from visionmq.engine.store import opened, session, upkeep
from visionmq.engine.store.address import read_address
from visionmq.engine.store.opened import DirectLink, OpenStore
from visionmq.engine.store.tables import data_keys, replies, subjects
from visionmq.schemas import store as wire
from visionmq.schemas.errors import ErrorCode

START = datetime(2030, 1, 1, tzinfo=UTC)


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectLink]:
    """A store with a clock of its own, that looks for expired subjects at every request."""
    monkeypatch.setattr(opened, "SWEEP_SECONDS", 0.0)
    link = DirectLink(OpenStore(read_address(place.address, str(place.keys)), clock))
    yield link
    link.close()


def rows(link: DirectLink, table: object) -> int:
    with link.store.database.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_subject_is_forgotten_when_its_time_is_over(timed: DirectLink, place: Place, clock: Clock) -> None:
    other = place.open()
    enroll(timed, "guest", template(1, 0, 0, 0), attributes={"expires_at": "2030-01-02T01:00:00+01:00"})
    enroll(timed, "staff", template(2, 0, 0, 0))
    clock.later(hours=23)
    assert names(timed, 1, 0, 0, 0) == ["guest", "staff"]
    clock.later(hours=1)
    assert names(timed, 1, 0, 0, 0) == ["staff"]
    assert names(other, 1, 0, 0, 0) == ["staff"]
    assert (rows(timed, subjects), rows(timed, data_keys)) == (1, 2)
    entries = timed.call(upkeep.LIST, wire.ListParams(action="gallery.expire")).entries
    assert [entry.facts["templates"] for entry in entries] == [1]
    assert timed.call(upkeep.VERIFY, wire.VerifyParams()).ok


def test_a_later_enrolment_may_extend_or_lift_the_time(timed: DirectLink, clock: Clock) -> None:
    for name in "abc":
        enroll(timed, name, template(1, 0, 0, 0), attributes={"expires_at": "2030-01-02T00:00:00Z"})
    enroll(timed, "a", key="longer", attributes={"expires_at": "2031-01-01T00:00:00Z"})
    enroll(timed, "b", key="for ever", attributes={"expires_at": ""})
    clock.later(days=2)
    assert names(timed, 1, 0, 0, 0) == ["a", "b"]


def test_many_end_in_the_order_of_the_log(timed: DirectLink, clock: Clock) -> None:
    for number in range(4):
        enroll(timed, f"s{number}", template(number, 0, 0, 0), attributes={"expires_at": "2030-01-02T00:00:00Z"})
    clock.later(days=2)
    assert names(timed, 1, 0, 0, 0) == []
    told = timed.call(upkeep.VERIFY, wire.VerifyParams())
    assert (told.ok, told.rows) == (True, 8)


@pytest.mark.parametrize("text", ["tomorrow", "2030-01-01T00:00:00", "99999-01-01T00:00:00Z"])
def test_what_is_no_time_is_refused(timed: DirectLink, text: str) -> None:
    with pytest.raises(EngineError) as caught:
        enroll(timed, "guest", template(1, 0, 0, 0), attributes={"expires_at": text})
    assert caught.value.code is ErrorCode.BAD_REQUEST
    assert rows(timed, subjects) == 0


def test_a_store_that_may_only_be_read_answers_though_subjects_are_overdue(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "SWEEP_SECONDS", 0.0)
    with DirectLink(OpenStore(read_address(str(tmp_path / "s.db"), str(tmp_path / "k")), clock)) as link:
        enroll(link, "guest", template(1, 0, 0, 0), attributes={"expires_at": "2030-01-02T00:00:00Z"})
        clock.later(days=2)
        with link.store.database.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
        assert names(link, 1, 0, 0, 0) == ["guest"]


def test_replies_are_known_for_a_week(timed: DirectLink, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_SWEEP_EVERY", 1)
    enroll(timed, "a", template(1, 0, 0, 0), key="k")
    clock.later(days=6)
    assert enroll(timed, "a", template(1, 0, 0, 0), key="k").repeated
    clock.later(days=2)
    enroll(timed, "b", template(1, 0, 0, 0))
    assert rows(timed, replies) == 1
    assert not enroll(timed, "a", template(1, 0, 0, 0), key="k").repeated
