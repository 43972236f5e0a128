"""Who is served next, by whom, and who is turned away."""

from tests.broker.bench import ECHO, PING, Bench, ids, runs, terminal
from visionmq.broker import events as e
from visionmq.schemas import messages as m
from visionmq.schemas.messages import Priority


def _serve_all(bench: Bench, run, count: int) -> list[str]:
    """Answer `count` leases one after the other; return the ids in the order they were started."""
    order = []
    for _ in range(count):
        order.append(run.message.id)
        started = runs(bench.answer(run))
        if not started:
            break
        (run,) = started
    return order


def test_credit_is_never_exceeded_and_follows_the_worker(bench: Bench) -> None:
    bench.ready("w1", credit=2)
    for number in range(6):
        bench.ask("c1", f"r{number}")
    assert bench.held("w1") == 2
    assert ids(bench.worker("w1", m.Credit(credit=4))) == ["r2", "r3"]
    assert ids(bench.worker("w1", m.Credit(credit=0))) == []
    assert bench.held("w1") == 4
    assert ids(bench.worker("w1", m.Credit(credit=5))) == ["r4"]


def test_a_worker_without_credit_gets_nothing_until_it_grants_some(bench: Bench) -> None:
    bench.ready("w1", credit=0)
    assert bench.ask("c1", "a") == []
    assert ids(bench.worker("w1", m.Credit(credit=1))) == ["a"]


def test_the_least_loaded_worker_is_chosen(bench: Bench) -> None:
    bench.ready("w1", credit=4)
    bench.ready("w2", credit=2)
    bench.ready("w3", ECHO, PING, credit=4)
    chosen = [run.peer for number in range(10) for run in bench.ask("c1", f"r{number}")]
    assert sorted(chosen[:3]) == ["w1", "w2", "w3"]
    assert sorted(chosen[3:5]) == ["w1", "w3"], "a lease of two weighs more than a lease of four"
    assert (bench.held("w1"), bench.held("w2"), bench.held("w3")) == (4, 2, 4)


def test_idle_workers_take_turns(bench: Bench) -> None:
    bench.ready("w1")
    bench.ready("w2")
    served = []
    for number in range(4):
        (run,) = bench.ask("c1", f"r{number}")
        served.append(run.peer)
        bench.answer(run)
    assert served == ["w1", "w2", "w1", "w2"]


def test_a_newcomer_is_next_after_ten_thousand_requests_of_another(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("greedy", "first")
    for number in range(10_000):
        bench.ask("greedy", f"g{number}")
    (run,) = runs(bench.answer(run))
    bench.ask("newcomer", "n0")
    bench.ask("newcomer", "n1")
    order = _serve_all(bench, run, 6)
    assert order.index("n0") <= 2
    assert order.index("n1") <= 4
    bench.client("greedy", m.Bye())


def test_clients_share_a_worker_evenly(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c0", "c0-x")
    for client in ("c1", "c2", "c3"):
        for number in range(30):
            bench.ask(client, f"{client}-{number}")
    order = _serve_all(bench, run, 31)[1:]
    for client in ("c1", "c2", "c3"):
        mine = [request_id for request_id in order if request_id.startswith(client)]
        assert len(mine) == 10
        assert mine == sorted(mine, key=lambda text: int(text.split("-")[1])), "a client's own go in order"


def test_urgent_ones_go_first_and_waiting_raises_the_others(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "x")
    bench.ask("c1", "low", priority=Priority.LOW)
    bench.ask("c1", "normal")
    bench.ask("c1", "high", priority=Priority.HIGH)
    assert _serve_all(bench, run, 9) == ["x", "high", "normal", "low"]
    (run,) = bench.ask("c1", "y")
    bench.ask("c1", "old-low", priority=Priority.LOW)
    bench.wait(4.1, "w1", "c1")
    bench.ask("c1", "new-high", priority=Priority.HIGH)
    bench.ask("c1", "new-normal")
    assert _serve_all(bench, run, 9) == ["y", "old-low", "new-high", "new-normal"]


def test_a_stream_of_high_ones_does_not_starve_a_low_one(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "x")
    bench.ask("c1", "low", priority=Priority.LOW)
    served: list[str] = []
    for number in range(100):
        bench.ask("c2", f"h{number}", priority=Priority.HIGH)
        bench.ask("c3", f"i{number}", priority=Priority.HIGH)
        bench.wait(0.1, "w1", "c1", "c2", "c3")
        (run,) = runs(bench.answer(run))
        served.append(run.message.id)
    assert "low" in served


def test_operations_wait_apart(bench: Bench) -> None:
    bench.ready("w1", ECHO)
    bench.ready("w2", PING)
    bench.ask("c1", "e1")
    bench.ask("c1", "e2")
    (run,) = bench.ask("c1", "p1", PING)
    assert run.peer == "w2"
    assert runs(bench.answer(run)) == []


# ---- refusals -----------------------------------------------------------------------------


def _refusal(sent) -> dict:
    (reply,) = sent
    return reply.body


def test_busy_by_count_says_when_to_come_back(make_bench) -> None:
    bench = make_bench(max_waiting=2)
    bench.ready("w1")
    for request_id in ("a", "b", "c"):
        bench.ask("c1", request_id)
    error = _refusal(bench.ask("c2", "d"))
    assert (error["code"], error["retryable"]) == ("busy", True)
    assert 100 <= error["retry_after_ms"] <= 10_000
    assert bench.broker.ledger.refused == 1
    bench.client("c1", m.Cancel(id="b"))
    assert bench.ask("c2", "d") == []


def test_busy_by_bytes(make_bench) -> None:
    bench = make_bench(max_waiting_bytes=100)
    bench.ready("w1")
    bench.ask("c1", "a")
    assert bench.ask("c1", "b", body=b" " * 100) == []
    assert _refusal(bench.ask("c1", "c"))["code"] == "busy"


def test_busy_per_client_leaves_room_for_others(make_bench) -> None:
    bench = make_bench(max_waiting_per_client=2, max_waiting_bytes_per_client=50)
    bench.ready("w1")
    for request_id in ("a", "b", "c"):
        bench.ask("c1", request_id)
    assert _refusal(bench.ask("c1", "d"))["code"] == "busy"
    assert bench.ask("c2", "e", body=b" " * 50) == []
    assert "bytes of this client" in _refusal(bench.ask("c2", "f"))["message"]
    assert bench.ask("c3", "f") == []


def test_retry_after_grows_with_what_waits(make_bench) -> None:
    bench = make_bench(max_waiting=200, client_liveness=1e6, worker_liveness=1e6)
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.wait(1)
    bench.answer(run)
    for number in range(201):
        bench.ask("c1", f"r{number}")
    assert _refusal(bench.ask("c1", "x"))["retry_after_ms"] == 10_000


def test_an_operation_that_nobody_knows_is_refused_at_once(bench: Bench) -> None:
    bench.ready("w1")
    error = _refusal(bench.ask("c1", "a", "no.such"))
    assert (error["code"], ECHO in error["message"]) == ("unknown_operation", True)
    assert _refusal(bench.ask("c1", "b", "broker.nothing"))["code"] == "unknown_operation"


def test_an_operation_that_no_connected_worker_serves_is_refused_at_once(bench: Bench) -> None:
    bench.ready("w1", PING)
    error = _refusal(bench.ask("c1", "a", ECHO))
    assert (error["code"], error["retryable"]) == ("no_worker", True)


def test_requests_wait_for_a_first_worker_after_the_start(bench: Bench) -> None:
    assert bench.ask("c1", "a") == []
    bench.wait(3, "c1")
    assert ids(bench.ready("w1")) == ["a"]


def test_requests_that_wait_for_a_worker_in_vain_fail_after_the_grace(bench: Bench) -> None:
    bench.ask("c1", "a")
    assert terminal(bench.wait(4.9, "c1")) == []
    (reply,) = terminal(bench.wait(1, "c1"))
    assert reply.body["code"] == "no_worker"
    assert _refusal(bench.ask("c1", "b"))["code"] == "no_worker"


def test_requests_wait_for_a_worker_to_come_back(bench: Bench) -> None:
    bench.ready("w1")
    bench.wait(10, "w1", "c1")
    bench.worker("w1", m.Bye())
    assert bench.ask("c1", "a") == []
    bench.wait(3, "c1")
    assert ids(bench.ready("w2")) == ["a"]
    bench.worker("w2", m.Bye())
    replies = terminal(bench.wait(6, "c1"))
    assert [one.body["code"] for one in replies] == ["no_worker"]


def test_a_draining_broker_takes_no_more_and_ends_when_all_is_done(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.ask("c1", "b")
    bench.handle(e.DrainRequested())
    assert _refusal(bench.ask("c1", "c"))["code"] == "shutting_down"
    bench.wait(1, "w1", "c1")
    assert not bench.ended
    (run,) = runs(bench.answer(run))
    bench.answer(run)
    bench.wait(0.1, "w1", "c1")
    assert bench.ended
    assert bench.broker.ledger.done == 2


def test_what_is_open_when_the_time_for_draining_is_over_fails_before_the_end(bench: Bench) -> None:
    bench.ready("w1")
    bench.ask("c1", "a")
    bench.ask("c1", "b")
    bench.handle(e.DrainRequested())
    sent = bench.wait(31, "w1", "c1")
    assert {(one.message.id, one.body["code"]) for one in terminal(sent)} == {
        ("a", "shutting_down"),
        ("b", "shutting_down"),
    }
    assert bench.ended


# ---- clients that do not read -----------------------------------------------------------------


def test_replies_to_a_client_that_does_not_read_are_kept_and_sent_when_it_speaks(make_bench) -> None:
    bench = make_bench(unread_bytes=1_000)
    bench.ready("w1", credit=5)
    started = [run for number in range(4) for run in bench.ask("c1", f"r{number}")]
    sent = [one for run in started for one in bench.answer(run, b" " * 600)]
    assert [one.message.id for one in terminal(sent)] == ["r0", "r1"]
    assert bench.broker.ledger.deferred == 2
    sent = bench.client("c1", m.Heartbeat())
    assert [one.message.id for one in terminal(sent)] == ["r2", "r3"]
    assert bench.broker.clients.by_peer[b"c1"].deferred == {}


def test_a_client_whose_connection_is_full_gets_no_more_until_it_speaks(bench: Bench) -> None:
    bench.ready("w1", credit=5)
    started = [run for number in range(2) for run in bench.ask("c1", f"r{number}")]
    bench.answer(started[0])
    bench.handle(e.ClientStalled(b"c1", ()))
    assert terminal(bench.answer(started[1])) == []
    assert [one.message.id for one in terminal(bench.client("c1", m.Heartbeat()))] == ["r1"]
    bench.handle(e.ClientStalled(b"stranger", ()))


def test_progress_is_dropped_for_a_client_that_does_not_read(make_bench) -> None:
    bench = make_bench(unread_bytes=100)
    bench.ready("w1")
    (run,) = runs(bench.ask("c1", "a", updates=True))
    body = b'{"partial":"' + b"x" * 60 + b'"}'
    assert len(bench.worker("w1", m.Progress(lease=run.message.lease), body)) == 1
    assert bench.worker("w1", m.Progress(lease=run.message.lease), body) == []


def test_a_reply_that_finds_nobody_is_counted_and_kept(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.answer(run)
    bench.handle(e.ClientUnreachable(b"c1", ()))
    assert bench.broker.ledger.unroutable == 1
    (again,) = bench.ask("c2", "a")
    assert again.message.state is m.State.DONE


def test_names_that_nobody_serves_leave_nothing_behind(bench: Bench) -> None:
    for number in range(50):
        bench.ask("c1", f"made-up-{number}", f"no.such{number}")
    assert len(bench.broker.queue.operations) == 50
    bench.ready("w1")
    bench.wait(600)
    assert set(bench.broker.queue.operations) <= {ECHO}
    assert _refusal(bench.ask("c1", "later", "no.such1"))["code"] == "unknown_operation"
