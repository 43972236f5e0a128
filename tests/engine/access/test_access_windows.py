"""Which booking is live, at the edges of windows and of grace."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionmq.engine.access.lockout import NEVER, Attempts, after_failure, lock_of
from visionmq.engine.access.windows import Grace, live_one, overlap
from visionmq.schemas.access.policies import Rules

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Slot:
    start: datetime
    end: datetime
    open: bool = True


def slot(start: float, end: float, *, returned: bool = False) -> Slot:
    return Slot(NOON + timedelta(minutes=start), NOON + timedelta(minutes=end), not returned)


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def test_a_window_holds_its_start_and_not_its_end() -> None:
    one = slot(0, 60)
    assert live_one([one], one.start, Grace()) is one
    assert live_one([one], one.end - TICK, Grace()) is one
    assert live_one([one], one.end, Grace()) is None
    assert live_one([one], one.start - TICK, Grace()) is None


def test_grace_holds_its_start_and_not_its_end_either() -> None:
    one, grace = slot(0, 60), Grace(timedelta(minutes=5), timedelta(minutes=15))
    assert live_one([one], minutes(-5), grace) is one
    assert live_one([one], minutes(-5) - TICK, grace) is None
    assert live_one([one], minutes(75) - TICK, grace) is one
    assert live_one([one], minutes(75), grace) is None


def test_grace_ends_where_the_next_booking_begins() -> None:
    first, second, grace = slot(0, 60), slot(70, 100), Grace(timedelta(minutes=20), timedelta(minutes=30))
    assert live_one([first, second], minutes(65), grace) is first
    assert live_one([first, second], minutes(70), grace) is second


def test_grace_does_not_come_back_when_the_next_booking_was_returned_early() -> None:
    first, second, grace = slot(0, 60), slot(60, 100, returned=True), Grace(after=timedelta(minutes=30))
    assert live_one([first, second], minutes(65), grace) is None


def test_one_who_comes_early_waits_for_the_grace_of_another_but_not_for_one_who_returned() -> None:
    first, second, grace = slot(0, 60), slot(70, 100), Grace(timedelta(minutes=30), timedelta(minutes=5))
    assert live_one([first, second], minutes(50), grace) is first
    assert live_one([first, second], minutes(66), grace) is second
    assert live_one([slot(0, 60, returned=True), second], minutes(50), grace) is second


@pytest.mark.parametrize(
    ("start", "end", "expected"), [(60, 90, False), (-30, 0, False), (59, 61, True), (10, 20, True)]
)
def test_windows_that_touch_do_not_overlap(start: float, end: float, expected: bool) -> None:
    assert overlap(slot(0, 60), minutes(start), minutes(end)) is expected


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 6), st.booleans()), max_size=6),
    st.integers(-10, 60),
    st.integers(0, 8),
    st.integers(0, 8),
)
def test_what_is_live_is_open_and_near_and_a_running_booking_always_wins(
    parts: list[tuple[int, int, bool]], now: int, before: int, after: int
) -> None:
    slots, at = [], -5
    for gap, length, returned in parts:  # one after the other, as the store keeps them
        at += gap % 7
        slots.append(slot(at, at + length, returned=returned))
        at += length
    grace = Grace(timedelta(minutes=before), timedelta(minutes=after))
    found = live_one(slots, minutes(now), grace)
    running = [one for one in slots if one.open and one.start <= minutes(now) < one.end]
    if running:
        assert found is running[0]
    if found is not None:
        assert found.open
        assert found.start - grace.before <= minutes(now) < found.end + grace.after
        assert live_one(slots[::-1], minutes(now), grace) is found


# ---- lock-out -------------------------------------------------------------------------------


def test_the_lock_comes_at_the_limit_and_doubles_up_to_the_longest() -> None:
    rules = Rules(failures=3, lock_seconds=10, longest_lock=100)
    state = Attempts()
    locks = []
    now = NOON
    for _ in range(8):
        state = after_failure(state, now, rules)
        locks.append((state.locked_until - now).total_seconds() if state.is_locked(now) else 0)
        now = max(now, state.locked_until)
    assert locks == [0, 0, 10, 20, 40, 80, 100, 100]
    assert lock_of(10_000, rules) == timedelta(seconds=100)


def test_failures_during_a_lock_do_not_count() -> None:
    locked = Attempts(5, NOON + timedelta(seconds=30))
    assert after_failure(locked, NOON, Rules()) is locked
    assert not locked.is_locked(locked.locked_until)
    assert Attempts().locked_until == NEVER
