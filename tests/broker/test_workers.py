"""Workers come, fall silent, die and return; what they held is never lost."""

import pytest

from tests.broker.bench import ECHO, PING, Bench, ids, only, runs, terminal
from visionmq.broker import events as e
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode


def _lose(bench: Bench, peer: str, how: str, *alive: str) -> list:
    if how == "silence":
        return bench.wait(3, *alive)
    if how == "unreachable":
        return bench.cut(peer)
    return bench.worker(peer, m.Bye())


@pytest.mark.parametrize("how", ["silence", "unreachable", "bye"])
def test_what_a_lost_worker_held_goes_to_another(bench: Bench, how: str) -> None:
    bench.ready("w1")
    bench.ask("c1", "a")
    bench.ready("w2")
    (run,) = runs(_lose(bench, "w1", how, "w2", "c1"))
    assert (run.peer, run.message.id, run.message.attempt) == ("w2", "a", 2)
    assert bench.broker.ledger.requeued == 1
    assert bench.broker.requests.open["a"].losses == (0 if how == "bye" else 1)
    (reply,) = bench.answer(run)
    assert (reply.message.state, reply.message.attempt) == (m.State.DONE, 2)


def test_requeued_requests_go_before_all_that_wait_and_keep_their_order(bench: Bench) -> None:
    bench.ready("w1", credit=3)
    for request_id in ("a", "b", "c", "d", "e"):
        bench.ask("c1", request_id)
    bench.ask("c2", "f")
    bench.worker("w1", m.Bye())
    assert ids(bench.ready("w2", credit=6))[:3] == ["a", "b", "c"]


def test_requeued_requests_are_spread_over_the_others(bench: Bench) -> None:
    bench.ready("w1", credit=4)
    for request_id in ("a", "b", "c", "d"):
        bench.ask("c1", request_id)
    for peer in ("w2", "w3"):
        bench.ready(peer, credit=4)
    bench.cut("w1")
    assert (bench.held("w2"), bench.held("w3")) == (2, 2)


def test_three_losses_end_a_request_and_keep_its_input(bench: Bench) -> None:
    bench.ask("c1", "a", body=b'{"text":"deadly"}', pictures=[b"P"])
    for number in (1, 2, 3):
        (run,) = runs(bench.ready(f"w{number}"))
        assert run.message.attempt == number
        sent = bench.cut(f"w{number}")
    (reply,) = terminal(sent)
    assert (reply.body["code"], reply.message.attempt) == ("worker_lost", 3)
    assert "w1, w2, w3" in reply.body["message"]
    (letter,) = bench.verb("broker.dead")["letters"]
    assert (letter["id"], letter["workers"], letter["attempts"]) == ("a", ["w1", "w2", "w3"], 3)
    (whole,) = bench.ask("c-admin", "v", "broker.dead", body=b'{"id":"a"}')
    assert whole.body["letters"][0]["body"] == '{"text":"deadly"}'
    assert whole.frames[1:] == (b"P",)
    assert bench.verb("broker.dead", b'{"id":"b"}')["code"] == "bad_request"
    bench.verb("broker.dead", b'{"purge":true}')
    assert bench.verb("broker.dead")["letters"] == []


@pytest.mark.parametrize("how", ["silence", "unreachable"])
def test_a_host_that_dies_with_many_workers_costs_one_attempt(bench: Bench, how: str) -> None:
    bench.ready("w1")
    bench.ask("c1", "a")
    dead = ["w1", "w2", "w3", "w4", "w5"]
    for peer in dead[1:]:
        bench.ready(peer)
    sent = bench.wait(3, "c1") if how == "silence" else bench.cut(*dead)
    assert terminal(sent) == []
    assert bench.broker.requests.open["a"].losses == 1
    assert ids(bench.ready("w6")) == ["a"]


def test_a_lease_that_never_reached_its_worker_is_no_attempt(bench: Bench) -> None:
    for peer in ("w1", "w2", "w3", "w4"):
        bench.ready(peer)
    sent = bench.ask("c1", "a")
    while run := runs(sent):
        sent = bench.handle(e.WorkersUnreachable({run[0].peer.encode(): [encode(run[0].message)]}))
    assert bench.broker.workers.by_peer == {}
    assert bench.broker.requests.open["a"].losses == 0


def test_dead_letters_are_bounded_and_the_oldest_go(make_bench) -> None:
    bench = make_bench(dead_letters=2, dead_bytes=1_000, stored_seconds=0.1)
    for request_id in ("a", "b", "c", "c"):
        bench.ask("c1", request_id, body=b" " * 400)
        for number in range(3):
            bench.ready(f"w-{request_id}-{number}")
            bench.cut(f"w-{request_id}-{number}")
        bench.wait(0.2, "c1")
    listed = bench.verb("broker.dead")
    assert [letter["id"] for letter in listed["letters"]] == ["b", "c"]
    assert listed["dropped"] == 1


def test_goodbyes_never_use_attempts_up(bench: Bench) -> None:
    bench.ask("c1", "a")
    for number in range(5):
        assert ids(bench.ready(f"w{number}")) == ["a"]
        assert terminal(bench.worker(f"w{number}", m.Bye())) == []


def test_late_answers_are_dropped_and_counted(bench: Bench) -> None:
    bench.ready("w1")
    bench.ready("w2")
    (run,) = bench.ask("c1", "a")
    _lose(bench, "w1", "unreachable")
    (who,) = bench.answer(run)
    assert isinstance(who.message, m.Who)
    assert bench.broker.ledger.late == 1
    bench.ready("w1", incarnation="again")
    assert bench.answer(run) == []
    assert bench.broker.ledger.late == 2
    assert "a" in bench.broker.requests.open


def test_nobody_answers_for_another(bench: Bench) -> None:
    bench.ready("w1")
    bench.ready("w2")
    (run,) = bench.ask("c1", "a")
    assert run.peer == "w1"
    assert bench.answer(run._replace(peer="w2")) == []
    assert bench.broker.ledger.late == 1


def test_an_answer_counts_once(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    assert len(bench.answer(run)) == 1
    assert bench.answer(run) == []
    assert bench.broker.ledger.done == 1


def test_strangers_are_asked_who_they_are(bench: Bench) -> None:
    for message in (m.Heartbeat(), m.Credit(credit=5), m.Drain(), m.Log(lines=["x"]), m.Progress(lease=1)):
        (who,) = bench.worker("w1", message)
        assert isinstance(who.message, m.Who)
    assert bench.worker("w1", m.Bye()) == []
    assert bench.broker.workers.by_peer == {}


def test_a_worker_that_announces_itself_on_another_connection_replaces_itself(bench: Bench) -> None:
    bench.ready("w1", incarnation="x")
    bench.ask("c1", "a")
    sent = bench.ready("w1-reconnected", incarnation="x")
    assert isinstance(sent[0].message, m.Welcome)
    assert ids(sent) == ["a"]
    assert list(bench.broker.workers.by_peer) == [b"w1-reconnected"]


@pytest.mark.parametrize("incarnation", ["x", "y"])
def test_a_second_announcement_on_one_connection_replaces_the_first(bench: Bench, incarnation: str) -> None:
    bench.ready("w1", incarnation="x")
    bench.ask("c1", "a")
    sent = bench.ready("w1", ECHO, PING, incarnation=incarnation)
    assert ids(sent) == ["a"]
    assert bench.held("w1") == 1


def test_a_draining_worker_gets_no_more_but_its_answers_count(bench: Bench) -> None:
    bench.ready("w1", credit=2)
    (run,) = bench.ask("c1", "a")
    assert bench.worker("w1", m.Drain()) == []
    assert bench.ask("c1", "b") == []
    (reply,) = bench.answer(run)
    assert reply.message.state is m.State.DONE
    bench.worker("w1", m.Bye())
    assert ids(bench.ready("w2")) == ["b"]


def test_a_closed_connection_is_found_by_probing_every_worker(bench: Bench) -> None:
    bench.ready("w1")
    bench.ready("w2")
    assert [one.peer for one in bench.handle(e.Probe())] == ["w1", "w2"]
    assert bench.cut("gone") == []


def test_workers_that_speak_stay(bench: Bench) -> None:
    bench.ready("w1")
    bench.ask("c1", "a")
    bench.wait(30, "w1", "c1")
    assert bench.broker.ledger.requeued == 0


def test_heartbeats_come_even_to_silent_peers_workers(bench: Bench) -> None:
    bench.ready("w1")
    beats = [one for one in bench.wait(2) if isinstance(one.message, m.Heartbeat)]
    assert {one.peer for one in beats} == {"w1"}
    assert all(one.message.instance == "i1" for one in beats)
    only(bench.worker("w1", m.Heartbeat(children=3)), m.Heartbeat)
    assert bench.verb("broker.info")["children"] == 3


def test_warnings_of_workers_are_logged_shortened(bench: Bench) -> None:
    bench.ready("w1")
    bench.worker("w1", m.Log(lines=["one", "x" * 5_000]))
    lines = [fields["line"] for event, fields in bench.logged if event == "worker_log"]
    assert lines == ["one", "x" * 2_000]
