"""The session by itself: no socket, no thread, no clock."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from visionmq.client import errors
from visionmq.client.actions import Action, Connect, Fail, Finish, Send, Update
from visionmq.client.pending import Pending
from visionmq.client.requests import GRACE
from visionmq.client.retry import NEVER, PATIENT
from visionmq.client.session import Session
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import ErrorCode, make_error

A, B = "tcp://127.0.0.1:1", "tcp://127.0.0.1:2"


def welcome(instance: str = "one") -> m.Welcome:
    return m.Welcome(v=1, instance=instance, agent="test", heartbeat_ms=500, liveness_ms=4000)


def request(name: str = "r", deadline: float = 30.0, **more: object) -> Pending:
    return Pending(name, "system.ping", b"{}", (), deadline, **more)  # type: ignore[arg-type]


def sent(actions: list[Action], kind: type[m.Message]) -> list[m.Message]:
    return [action.message for action in actions if isinstance(action, Send) and isinstance(action.message, kind)]


def ids(actions: list[Action]) -> list[str]:
    return [message.id for message in sent(actions, m.Request) if isinstance(message, m.Request)]


def of(actions: list[Action], kind: type[Action]) -> list[Action]:
    return [action for action in actions if isinstance(action, kind)]


def failure(session: Session, name: str, code: ErrorCode, now: float, after_ms: int | None = None) -> list[Action]:
    body = encode(make_error(code, "no", retry_after_ms=after_ms))
    return session.received(m.Reply(id=name, state=m.State.FAILED), body, [], now)


@pytest.fixture
def session() -> Session:
    """A session that has been welcomed at time 0."""
    session = Session([A], chance=lambda: 0.5)
    session.start(0.0)
    session.received(welcome(), b"", [], 0.0)
    return session


def test_it_says_hello_first_and_holds_requests_until_the_welcome() -> None:
    session = Session([A])
    assert of(session.start(0.0), Connect) == [Connect(A)]
    assert session.submit(request(), 0.1) == []
    assert ids(session.received(welcome(), b"", [], 0.2)) == ["r"]


def test_time_on_the_wire_is_what_is_left() -> None:
    session = Session([A])
    session.start(0.0)
    session.submit(request(deadline=10.0), 0.0)
    (envelope,) = sent(session.received(welcome(), b"", [], 4.0), m.Request)
    assert isinstance(envelope, m.Request)
    assert envelope.left_ms == 6000


def test_nobody_listening_fails_all_and_names_every_endpoint() -> None:
    session = Session([A, B])
    session.start(0.0)
    session.submit(request(), 0.0)
    assert of(session.tick(0.4), Connect) == [Connect(B)]
    (fail,) = of(session.tick(0.81), Fail)
    assert isinstance(fail, Fail)
    assert isinstance(fail.error, errors.Unreachable)
    assert A in str(fail.error)
    assert B in str(fail.error)
    assert session.wakeup() == 30.0  # only the stale timer


def test_after_giving_up_the_next_request_tries_anew() -> None:
    session = Session([A])
    session.start(0.0)
    session.tick(0.8)
    assert of(session.submit(request(), 5.0), Connect) == [Connect(A)]
    assert of(session.tick(5.7), Fail) == []
    assert len(of(session.tick(5.8), Fail)) == 1


def test_a_late_welcome_after_giving_up_is_taken() -> None:
    session = Session([A])
    session.start(0.0)
    session.tick(0.8)
    session.received(welcome(), b"", [], 3.0)
    assert ids(session.submit(request(), 3.0)) == ["r"]


def test_another_instance_gets_every_unanswered_request_again(session: Session) -> None:
    session.submit(request("a"), 1.0)
    session.submit(request("b"), 1.0)
    session.received(m.Reply(id="a", state=m.State.DONE), b"{}", [], 1.1)
    actions = session.received(m.Heartbeat(instance="two"), b"", [], 2.0)
    assert len(sent(actions, m.Hello)) == 1
    assert ids(actions) == ["b"]
    assert ids(session.received(welcome("two"), b"", [], 2.1)) == []  # once is enough
    assert session.counts.restarts == 1


def test_silence_leads_to_the_next_endpoint_and_resending() -> None:
    session = Session([A, B])
    session.start(0.0)
    session.received(welcome(), b"", [], 0.0)
    session.submit(request(), 0.0)
    assert of(session.tick(3.9), Connect) == []
    assert of(session.tick(4.1), Connect) == [Connect(B)]
    assert ids(session.received(welcome("other"), b"", [], 4.2)) == ["r"]


def test_a_heartbeat_keeps_the_connection(session: Session) -> None:
    assert len(sent(session.tick(0.5), m.Heartbeat)) == 1
    session.received(m.Heartbeat(instance="one"), b"", [], 3.0)
    assert of(session.tick(6.9), Connect) == []
    assert of(session.tick(7.1), Connect) == [Connect(A)]


def test_pictures_under_way_excuse_silence(session: Session) -> None:
    big = Pending("big", "x", b"{}", [bytes(20_000_000)], 100.0)
    session.submit(big, 0.0)
    session.tick(0.5)  # a heartbeat behind the pictures
    assert of(session.tick(8.0), Connect) == []
    session.received(m.Heartbeat(instance="one"), b"", [], 9.0)  # it has passed them
    assert of(session.tick(13.1), Connect) == [Connect(A)]


def test_requests_survive_a_broker_that_is_away() -> None:
    session = Session([A])
    session.start(0.0)
    session.received(welcome(), b"", [], 0.0)
    session.tick(4.1)
    assert session.submit(request(), 4.2) == []
    for now in (5.0, 7.0, 12.0, 20.0):
        assert of(session.tick(now), Fail) == []
    assert ids(session.received(welcome("two"), b"", [], 21.0)) == ["r"]


def test_a_request_held_back_leaves_with_the_time_that_is_then_left_or_not_at_all(session: Session) -> None:
    (action,) = of(session.submit(request("r", deadline=2.0), 0.0), Send)
    assert isinstance(action, Send)
    assert isinstance(action.message, m.Request)
    fresh = session.refreshed(action.message, 1.5)
    assert fresh is not None
    assert fresh.left_ms == 500
    assert session.refreshed(action.message, 2.0) is None


def test_old_requests_are_checked_once_a_second_and_unknown_ones_sent_again(session: Session) -> None:
    session.submit(request("old"), 0.0)
    session.submit(request("new"), 0.5)
    assert sent(session.tick(1.0), m.Check) == [m.Check(["old"])]
    assert sent(session.tick(1.5), m.Check) == []
    assert sent(session.tick(2.0), m.Check) == [m.Check(["old", "new"])]
    assert ids(session.received(m.Unknown(["old", "alien"]), b"", [], 2.1)) == ["old"]
    assert session.counts.resent == 1


def test_duplicates_and_late_replies_are_dropped_and_counted(session: Session) -> None:
    session.submit(request(), 0.0)
    done = m.Reply(id="r", state=m.State.DONE)
    assert len(of(session.received(done, b"{}", [], 0.1), Finish)) == 1
    assert session.received(done, b"{}", [], 0.2) == []
    assert session.counts.late == 1


def test_updates_do_not_end_a_request(session: Session) -> None:
    session.submit(request(updates=True), 0.0)
    assert len(of(session.received(m.Reply(id="r", state=m.State.PROGRESS), b"{}", [], 0.1), Update)) == 1
    assert len(session) == 1


def test_busy_is_tried_again_after_the_pause_under_another_id_for_the_same_effect(session: Session) -> None:
    session.submit(request(), 0.0)
    assert failure(session, "r", ErrorCode.BUSY, 0.1, after_ms=800) == []
    assert ids(session.tick(0.89)) == []
    (again,) = sent(session.tick(0.93), m.Request)
    assert isinstance(again, m.Request)
    assert (again.id, again.key) == ("r.1", "r")
    assert failure(session, "r", ErrorCode.INTERNAL, 1.0) == []  # a repeated answer to the first try
    (end,) = of(session.received(m.Reply(id="r.1", state=m.State.DONE), b"{}", [], 1.1), Finish)
    assert isinstance(end, Finish)
    assert end.id == "r"


def test_no_retry_goes_beyond_the_deadline(session: Session) -> None:
    session.submit(request(deadline=1.0), 0.0)
    (fail,) = of(failure(session, "r", ErrorCode.BUSY, 0.1, after_ms=2000), Fail)
    assert isinstance(fail, Fail)
    assert isinstance(fail.error, errors.Busy)
    assert fail.error.retry_after == 2.0


def test_a_missing_worker_is_said_at_once_unless_the_caller_is_patient(session: Session) -> None:
    session.submit(request("a"), 0.0)
    assert len(of(failure(session, "a", ErrorCode.NO_WORKER, 0.1), Fail)) == 1
    session.submit(request("b", retry=PATIENT), 0.2)
    assert of(failure(session, "b", ErrorCode.NO_WORKER, 0.3), Fail) == []
    session.submit(request("c", retry=NEVER), 0.4)
    assert len(of(failure(session, "c", ErrorCode.BUSY, 0.5), Fail)) == 1


def test_a_broker_that_shuts_down_is_left_for_the_next() -> None:
    session = Session([A, B], chance=lambda: 0.0)
    session.start(0.0)
    session.received(welcome(), b"", [], 0.0)
    session.submit(request(), 0.0)
    assert of(failure(session, "r", ErrorCode.SHUTTING_DOWN, 0.1), Connect) == [Connect(B)]
    session.tick(0.2)
    assert ids(session.received(welcome("two"), b"", [], 0.3)) == ["r.1"]


def test_the_brokers_word_about_a_deadline_is_awaited_then_it_is_a_timeout(session: Session) -> None:
    session.submit(request(deadline=2.0), 0.0)
    session.received(m.Heartbeat(instance="one"), b"", [], 2.0)
    assert of(session.tick(2.1), Fail) == []
    actions = session.tick(2.0 + GRACE)
    (fail,) = of(actions, Fail)
    assert isinstance(fail, Fail)
    assert isinstance(fail.error, errors.Timeout)
    assert sent(actions, m.Cancel) == [m.Cancel("r")]


def test_a_deadline_during_silence_is_a_timeout_at_once() -> None:
    session = Session([A])
    session.start(0.0)
    session.received(welcome(), b"", [], 0.0)
    session.tick(4.1)
    session.submit(request(deadline=5.0), 4.2)
    assert len(of(session.tick(5.0), Fail)) == 1


def test_cancel_tells_the_broker_and_drops_what_comes_later(session: Session) -> None:
    session.submit(request(), 0.0)
    assert session.cancel("r", 0.1) == [Send(m.Cancel("r"))]
    assert session.received(m.Reply(id="r", state=m.State.CANCELLED), b"{}", [], 0.2) == []
    assert len(session) == 0


def test_what_the_broker_cancelled_because_we_seemed_gone_is_asked_again(session: Session) -> None:
    session.submit(request(), 0.0)
    session.tick(4.1)
    assert ids(session.received(welcome(), b"", [], 4.2)) == ["r"]
    body = encode(make_error(ErrorCode.CANCELLED, "the client fell silent"))
    assert session.received(m.Reply(id="r", state=m.State.CANCELLED), body, [], 4.3) == []
    assert ids(session.tick(4.3)) == ["r.1"]
    (fail,) = of(session.received(m.Reply(id="r.1", state=m.State.CANCELLED), body, [], 4.4), Fail)
    assert isinstance(fail, Fail)
    assert isinstance(fail.error, errors.Cancelled)


def test_a_refused_hello_fails_what_waits() -> None:
    session = Session([A])
    session.start(0.0)
    session.submit(request(), 0.0)
    (fail,) = of(session.received(m.Refused(code="unsupported_version", message="v9"), b"", [], 0.1), Fail)
    assert isinstance(fail, Fail)
    assert isinstance(fail.error, errors.UnsupportedVersion)


def test_an_unreadable_error_is_an_internal_one(session: Session) -> None:
    session.submit(request(), 0.0)
    (fail,) = of(session.received(m.Reply(id="r", state=m.State.FAILED), b"[", [], 0.1), Fail)
    assert isinstance(fail, Fail)
    assert isinstance(fail.error, errors.Internal)


def test_closing_says_bye_and_ends_all(session: Session) -> None:
    session.submit(request(), 0.0)
    actions = session.close(errors.ClosedError("closed"))
    assert len(sent(actions, m.Bye)) == 1
    assert len(of(actions, Fail)) == 1


class Conversation(RuleBasedStateMachine):
    """Whatever broker, caller and clock do: each request ends at most once, and by its deadline."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.session = Session([A, B], chance=lambda: 0.3)
        self.open: dict[str, float] = {}
        self.ended: set[str] = set()
        self.count = 0
        self.take(self.session.start(0.0))

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Finish | Fail):
                assert action.id in self.open
                del self.open[action.id]
                self.ended.add(action.id)

    @rule(seconds=st.floats(0.1, 20.0))
    def submit(self, seconds: float) -> None:
        self.count += 1
        name = f"r{self.count}"
        self.open[name] = self.now + seconds
        self.take(self.session.submit(request(name, deadline=self.now + seconds), self.now))

    @rule(instance=st.sampled_from(["one", "two"]))
    def broker_welcomes(self, instance: str) -> None:
        self.take(self.session.received(welcome(instance), b"", [], self.now))

    @rule(instance=st.sampled_from(["one", "two"]))
    def broker_beats(self, instance: str) -> None:
        self.take(self.session.received(m.Heartbeat(instance=instance), b"", [], self.now))

    @precondition(lambda self: self.count > 0)
    @rule(data=st.data(), state=st.sampled_from([m.State.DONE, m.State.PROGRESS]))
    def broker_replies(self, data: st.DataObject, state: m.State) -> None:
        name = f"r{data.draw(st.integers(1, self.count))}"
        self.take(self.session.received(m.Reply(id=name, state=state), b"{}", [], self.now))

    @precondition(lambda self: self.count > 0)
    @rule(data=st.data(), code=st.sampled_from([ErrorCode.BUSY, ErrorCode.SHUTTING_DOWN, ErrorCode.INTERNAL]))
    def broker_fails(self, data: st.DataObject, code: ErrorCode) -> None:
        name = f"r{data.draw(st.integers(1, self.count))}"
        self.take(failure(self.session, name, code, self.now, after_ms=50))

    @precondition(lambda self: self.count > 0)
    @rule(data=st.data())
    def broker_forgets(self, data: st.DataObject) -> None:
        name = f"r{data.draw(st.integers(1, self.count))}"
        self.take(self.session.received(m.Unknown([name]), b"", [], self.now))

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def caller_cancels(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        del self.open[name]
        self.take(self.session.cancel(name, self.now))

    @rule(seconds=st.floats(0.01, 5.0))
    def time_passes(self, seconds: float) -> None:
        until = self.now + seconds
        while self.session.wakeup() <= until:
            self.now = max(self.now, self.session.wakeup())
            self.take(self.session.tick(self.now))
        self.now = until

    @invariant()
    def nothing_outlives_its_deadline(self) -> None:
        assert len(self.session) == len(self.open)
        assert all(self.now <= deadline + GRACE + 1e-6 for deadline in self.open.values())


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
