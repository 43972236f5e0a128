"""The life of a request: accepted, dispatched, answered; repeats, cancels, deadlines."""

import pytest

from tests.broker.bench import ECHO, PING, Bench, ids, make_request, only, runs, terminal
from visionmq.broker import events as e
from visionmq.schemas import messages as m
from visionmq.schemas.errors import ErrorCode


def test_a_request_is_dispatched_at_once_and_its_answer_goes_back(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a", body=b'{"text":"x"}', pictures=[b"P1", b"P2"])
    assert run.peer == "w1"
    assert run.frames == (b'{"text":"x"}', b"P1", b"P2")
    assert (run.message.id, run.message.op, run.message.attempt) == ("a", ECHO, 1)
    (reply,) = bench.worker(
        "w1", m.Answer(lease=run.message.lease, state=m.State.DONE, images=1, run_ms=3.5, plan="cheap"), b"{}", b"P"
    )
    assert (reply.peer, reply.message.state, reply.message.worker) == ("c1", m.State.DONE, "w1")
    assert (reply.message.run_ms, reply.message.plan, reply.frames) == (3.5, "cheap", (b"{}", b"P"))
    assert bench.broker.ledger.done == 1


def test_accepted_is_said_only_to_who_wants_updates(bench: Bench) -> None:
    bench.ready("w1", credit=2)
    assert not [one for one in bench.ask("c1", "quiet") if one.peer == "c1"]
    accepted = bench.ask("c1", "curious", updates=True)[0]
    assert (accepted.message.state, accepted.body["position"]) == (m.State.ACCEPTED, 0)


def test_positions_are_told_again_when_they_change(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.ask("c1", "b")
    accepted = bench.ask("c1", "c", updates=True)[0]
    assert accepted.body["position"] == 1
    assert not [s for s in bench.wait(1, "w1", "c1") if isinstance(s.message, m.Reply)]
    bench.answer(run)
    told = [s for s in bench.wait(1, "w1", "c1") if isinstance(s.message, m.Reply)]
    assert [one.body["position"] for one in told] == [0]
    assert told[0].body["eta_ms"] > 0


def test_progress_reaches_only_who_wants_updates(bench: Bench) -> None:
    bench.ready("w1", credit=2)
    (quiet,) = runs(bench.ask("c1", "quiet"))
    (curious,) = runs(bench.ask("c1", "curious", updates=True))
    body = b'{"stage":"decode"}'
    assert bench.worker("w1", m.Progress(lease=quiet.message.lease), body) == []
    (told,) = bench.worker("w1", m.Progress(lease=curious.message.lease), body)
    assert (told.message.state, told.frames) == (m.State.PROGRESS, (body,))
    assert bench.worker("w1", m.Progress(lease=curious.message.lease, images=3), body) == []
    assert bench.worker("w1", m.Progress(lease=1), body) == []


def test_a_malformed_answer_ends_the_request_as_internal(bench: Bench) -> None:
    bench.ready("w1", credit=2)
    (first,) = bench.ask("c1", "a")
    (second,) = bench.ask("c1", "b")
    (reply,) = bench.answer(first, images=5)
    assert reply.body["code"] == "internal"
    (reply,) = bench.answer(second, state=m.State.ACCEPTED)
    assert reply.body["code"] == "internal"


def test_failures_are_counted_by_known_codes_only(bench: Bench) -> None:
    bench.ready("w1", credit=2)
    for request_id, code in (("a", "bad_image"), ("b", "made up by the worker")):
        (run,) = bench.ask("c1", request_id)
        bench.answer(run, state=m.State.FAILED, code=code)
    assert set(bench.broker.ledger.failures) == {"bad_image", "unknown"}
    assert bench.broker.ledger.failed == 2


def test_a_worker_that_says_deadline_exceeded_counts_as_expired(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.answer(run, state=m.State.FAILED, code="deadline_exceeded")
    assert (bench.broker.ledger.expired, bench.broker.ledger.failed) == (1, 0)


# ---- repeats ------------------------------------------------------------------------------


def test_a_repeat_joins_the_running_request(bench: Bench) -> None:
    bench.ready("w1", credit=5)
    (run,) = bench.ask("c1", "a")
    assert bench.ask("c1", "a") == []
    (reply,) = bench.answer(run)
    assert reply.peer == "c1"
    assert bench.broker.ledger.repeats == 1


def test_a_repeat_from_another_connection_takes_the_reply_over(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.ask("c1", "b")
    for request_id in ("a", "b"):
        assert bench.ask("c2", request_id) == []
    replies = bench.answer(run)
    assert [one.peer for one in replies if isinstance(one.message, m.Reply)] == ["c2"]
    bench.client("c1", m.Bye())
    (reply,) = bench.answer(runs(replies)[0])
    assert (reply.peer, reply.message.id) == ("c2", "b")


def test_a_repeat_of_an_ended_request_gets_the_stored_reply(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    (reply,) = bench.answer(run)
    (again,) = bench.ask("c2", "a")
    assert (again.message, again.frames, again.peer) == (reply.message, reply.frames, "c2")


def test_a_stored_reply_is_forgotten_after_its_time(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.answer(run)
    bench.wait(61, "w1", "c1")
    assert len(bench.broker.stored) == 0
    assert ids(bench.ask("c1", "a")) == ["a"]


@pytest.mark.parametrize("ended", [False, True])
def test_the_same_id_with_other_content_is_a_conflict(bench: Bench, ended: bool) -> None:
    bench.ready("w1", ECHO, PING)
    (run,) = bench.ask("c1", "a")
    if ended:
        bench.answer(run)
    (reply,) = bench.ask("c1", "a", body=b'{"other":1}')
    assert reply.body["code"] == "conflict"
    (reply,) = bench.ask("c1", "a", PING)
    assert reply.body["code"] == "conflict"
    if not ended:
        assert bench.answer(run)[0].message.state is m.State.DONE


def test_replies_are_stored_within_bounds(make_bench) -> None:
    bench = make_bench(stored_replies=3, stored_bytes=2_000)
    bench.ready("w1")
    for number in range(10):
        (run,) = bench.ask("c1", f"r{number}")
        bench.answer(run)
    assert len(bench.broker.stored) == 3
    (run,) = bench.ask("c1", "large")
    bench.answer(run, b" " * 3_000)
    assert len(bench.broker.stored) == 3
    assert only(bench.client("c1", m.Check(ids=["large", "r9"])), m.Unknown).message.ids == ["large"]


# ---- cancel -------------------------------------------------------------------------------


def test_cancel_takes_a_waiting_request_out(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.ask("c1", "b")
    (reply,) = bench.client("c1", m.Cancel(id="b"))
    assert (reply.message.state, reply.body["code"]) == (m.State.CANCELLED, "cancelled")
    assert ids(bench.answer(run)) == []


def test_cancel_stops_a_running_request_and_its_lease_costs_credit_until_answered(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.ask("c1", "b")
    sent = bench.client("c1", m.Cancel(id="a"))
    assert only(sent, m.Stop).message.lease == run.message.lease
    assert only(sent, m.Reply).message.state is m.State.CANCELLED
    assert runs(sent) == []
    sent = bench.answer(run, state=m.State.CANCELLED)
    assert terminal(sent) == []
    assert ids(sent) == ["b"]


def test_cancel_after_the_end_gives_the_stored_reply_and_unknown_ids_are_named(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.answer(run)
    (reply,) = bench.client("c1", m.Cancel(id="a"))
    assert reply.message.state is m.State.DONE
    (reply,) = bench.client("c1", m.Cancel(id="never"))
    assert reply.message.ids == ["never"]


# ---- deadlines ----------------------------------------------------------------------------


def test_a_waiting_request_fails_at_its_deadline(bench: Bench) -> None:
    bench.ready("w1")
    bench.ask("c1", "a")
    bench.ask("c1", "b", left_ms=1_000)
    assert terminal(bench.wait(0.95, "w1", "c1")) == []
    (reply,) = terminal(bench.wait(0.15, "w1", "c1"))
    assert (reply.message.id, reply.body["code"]) == ("b", "deadline_exceeded")
    assert bench.broker.ledger.expired == 1


def test_what_is_overdue_together_ends_in_the_order_in_which_it_came(bench: Bench) -> None:
    bench.ready("w1")
    bench.ask("c1", "first")
    names = [f"r{number}" for number in range(40)]
    for name in names:
        bench.ask("c1", name, left_ms=1_000)
    assert [one.message.id for one in terminal(bench.wait(1.1, "w1", "c1"))] == names


def test_what_is_overdue_is_never_started_even_before_the_tick(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.ask("c1", "b", left_ms=100)
    bench.now += 0.1
    sent = bench.answer(run)
    assert runs(sent) == []
    assert [one.message.id for one in terminal(sent)] == ["a", "b"]


def test_a_running_request_is_left_to_its_worker_for_a_grace(bench: Bench) -> None:
    bench.ready("w1", credit=2)
    bench.ask("c1", "a", left_ms=1_000)
    (late,) = bench.ask("c1", "b", left_ms=1_000)
    assert terminal(bench.wait(1.2, "w1", "c1")) == []
    (reply,) = bench.answer(late, state=m.State.FAILED, code="deadline_exceeded")
    assert reply.message.id == "b"
    sent = bench.wait(0.5, "w1", "c1")
    assert only(sent, m.Stop)
    assert [one.body["code"] for one in terminal(sent)] == ["deadline_exceeded"]


def test_the_time_left_shrinks_while_a_request_waits(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.ask("c1", "b", left_ms=10_000)
    bench.wait(4, "w1", "c1")
    (started,) = runs(bench.answer(run))
    assert 5_990 <= started.message.left_ms <= 6_000


def test_a_deadline_of_an_hour_is_kept_to(bench: Bench) -> None:
    bench.ready("w1")
    bench.ask("c1", "a")
    bench.ask("c1", "b", left_ms=3_600_000)
    bench.now += 3_599
    bench.client("c1", m.Heartbeat())
    bench.worker("w1", m.Heartbeat())
    assert [one.message.id for one in terminal(bench.handle(e.Tick()))] == ["a"]
    assert "b" in bench.broker.requests.open


# ---- check, hello, heartbeat, bye ------------------------------------------------------------


def test_check_names_the_unknown_replays_the_ended_and_is_silent_on_the_open(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "done")
    bench.answer(run)
    bench.ask("c1", "running")
    bench.ask("c1", "waiting")
    sent = bench.client("c2", m.Check(ids=["done", "running", "waiting", "never"]))
    assert [one.message.id for one in terminal(sent)] == ["done"]
    assert only(sent, m.Unknown).message.ids == ["never"]
    assert set(bench.broker.clients.by_peer[b"c2"].open) == {"running", "waiting"}


def test_hello_is_welcomed_with_the_times_and_operations(bench: Bench) -> None:
    bench.ready("w1", ECHO, PING)
    (welcome,) = bench.client("c1", m.Hello(v=1))
    assert welcome.message.operations == [ECHO, PING]
    assert (welcome.message.heartbeat_ms, welcome.message.liveness_ms) == (500, 4_000)
    (beat,) = bench.client("c1", m.Heartbeat())
    assert beat.message.instance == welcome.message.instance == "i1"


def test_another_version_is_refused_with_both_versions_named(bench: Bench) -> None:
    (refused,) = bench.client("c1", m.Hello(v=2))
    assert refused.message.code == "unsupported_version"
    assert "version 2" in refused.message.message
    (reply,) = bench.client("c1", make_request("a", v=7), b"{}")
    assert reply.body["code"] == "unsupported_version"
    (refused,) = bench.worker("w1", m.Ready(v=2, name="w", incarnation="w", ops=[ECHO], credit=1))
    assert refused.message.code == "unsupported_version"
    assert bench.broker.workers.by_peer == {}


@pytest.mark.parametrize("how", ["bye", "silence"])
def test_a_client_that_leaves_cancels_its_requests(bench: Bench, how: str) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "running")
    bench.ask("c1", "waiting")
    sent = bench.client("c1", m.Bye()) if how == "bye" else bench.wait(5, "w1")
    assert only(sent, m.Stop).message.lease == run.message.lease
    assert bench.broker.ledger.cancelled == 2
    assert bench.broker.clients.by_peer == {}
    (again,) = bench.ask("c1", "waiting")
    assert again.message.state is m.State.CANCELLED


def test_a_client_that_says_anything_is_not_taken_for_gone(bench: Bench) -> None:
    bench.ready("w1")
    bench.ask("c1", "a")
    bench.wait(20, "w1", "c1")
    assert "a" in bench.broker.requests.open


# ---- what cannot be read --------------------------------------------------------------------


def test_a_malformed_message_is_answered_by_its_id_if_it_has_one(bench: Bench) -> None:
    bench.client("c1", m.Hello(v=1))
    (reply,) = bench.handle(e.Malformed(True, b"c1", ErrorCode.BAD_REQUEST, "no", "a"))
    assert (reply.message.id, reply.message.state, reply.body["code"]) == ("a", m.State.FAILED, "bad_request")
    for request_id in (None, "", "x" * 65):
        (reply,) = bench.handle(e.Malformed(True, b"c9", ErrorCode.BAD_REQUEST, "no", request_id))
        assert reply.message.code == "bad_request"
    (reply,) = bench.handle(e.Malformed(False, b"w1", ErrorCode.TOO_LARGE, "no", None))
    assert reply.message.code == "too_large"
    assert bench.broker.ledger.malformed == 5
    assert set(bench.broker.clients.by_peer) == {b"c1"}, "a stranger's garbage leaves no trace"


@pytest.mark.parametrize("frames", [(), (b"{}",), (b"{}", b"P", b"P")])
def test_a_wrong_number_of_frames_is_refused(bench: Bench, frames: tuple[bytes, ...]) -> None:
    bench.ready("w1")
    (reply,) = bench.client("c1", make_request("a", images=1), *frames)
    assert reply.body["code"] == "bad_request"
    assert bench.broker.ledger.accepted == 0


def test_a_message_over_the_limit_is_too_large(bench: Bench) -> None:
    bench.ready("w1")
    picture = memoryview(bytearray(64 * 1024 * 1024))
    (reply,) = bench.client("c1", make_request("a", images=3), b"{}", picture, picture, picture)
    assert reply.body["code"] == "too_large"
