"""What operators see and do, and who may."""

import pytest

from tests.broker.bench import ECHO, PING, Bench, ids, only, runs, terminal
from visionmq.broker.policy import parse_rate
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.operations import OPERATIONS
from visionmq.wire.keys import Grant, Role


def test_info_adds_up(bench: Bench) -> None:
    bench.ready("w1")
    (run,) = bench.ask("c1", "a")
    bench.answer(run)
    bench.ask("c1", "b")
    bench.ask("c1", "c")
    info = bench.verb("broker.info")
    assert (info["waiting"], info["running"], info["workers"], info["clients"]) == (1, 1, 1, 2)
    ledger = info["ledger"]
    assert ledger["accepted"] == sum(ledger[name] for name in ("done", "failed", "cancelled", "expired", "open")) == 3
    assert info["limits"]["max_images"] == 64


def test_workers_and_queues_are_listed(bench: Bench) -> None:
    bench.ready("w2", ECHO, PING, credit=3)
    bench.ready("w1", ECHO)
    for request_id in ("a", "b", "c", "d", "e"):
        bench.ask("c1", request_id)
    workers = bench.verb("broker.workers")["workers"]
    assert [(one["name"], one["credit"], one["held"]) for one in workers] == [("w1", 1, 1), ("w2", 3, 3)]
    queues = {one["operation"]: one for one in bench.verb("broker.queues")["queues"]}
    assert (queues[ECHO]["waiting"], queues[ECHO]["running"], queues[ECHO]["workers"]) == (1, 4, 2)
    assert queues[ECHO]["by_priority"] == {"high": 0, "normal": 1, "low": 0}
    assert queues[PING]["waiting"] == 0


def test_pause_holds_requests_and_resume_lets_them_go(bench: Bench) -> None:
    bench.ready("w1", ECHO, PING, credit=2)
    bench.ready("w2", ECHO, PING, credit=2)
    assert bench.verb("broker.pause", b'{"operations":["system.echo"]}') == {"touched": 1}
    for request_id in ("a", "b"):
        assert bench.ask("c1", request_id) == []
    assert ids(bench.ask("c1", "p", PING)) == ["p"]
    assert bench.verb("broker.info")["paused"] == [ECHO]
    sent = bench.ask("c1", "v", "broker.resume")
    assert ids(sent) == ["a", "b"]
    assert only(sent, m.Reply).body == {"touched": 1}
    assert bench.verb("broker.resume") == {"touched": 0}


def test_purge_cancels_what_waits_only(bench: Bench) -> None:
    bench.ready("w1")
    for request_id in ("a", "b", "c"):
        bench.ask("c1", request_id)
    sent = bench.ask("c-admin", "v", "broker.purge", body=b'{"operations":["system.echo"]}')
    assert {one.message.id for one in terminal(sent) if one.peer == "c1"} == {"b", "c"}
    assert bench.broker.ledger.cancelled == 2
    assert "a" in bench.broker.requests.open


def test_a_strange_operation_is_named(bench: Bench) -> None:
    error = bench.verb("broker.pause", b'{"operations":["no.such"]}')
    assert (error["code"], "no.such" in error["message"]) == ("unknown_operation", True)


def test_one_worker_is_drained_by_name(bench: Bench) -> None:
    bench.ready("w1")
    sent = bench.ask("c1", "v", "broker.drain", body=b'{"worker":"w1"}')
    assert only(sent, m.Drain).peer == "w1"
    assert bench.ask("c1", "a") == []
    assert bench.verb("broker.drain", b'{"worker":"w9"}')["code"] == "bad_request"
    assert bench.verb("broker.workers")["workers"][0]["draining"] is True


def test_the_broker_is_drained_by_verb(bench: Bench) -> None:
    assert bench.verb("broker.drain") == {"touched": 1}
    assert bench.verb("broker.drain") == {"touched": 1}
    assert bench.verb("broker.info")["draining"] is True
    bench.wait(0.1)
    assert bench.ended


def test_logs_are_the_last_lines_and_never_more_than_a_body(bench: Bench) -> None:
    bench.broker.log.extend(str(number) for number in range(100))
    assert bench.verb("broker.logs", b'{"tail":3}') == {"lines": ["97", "98", "99"]}
    bench.broker.log.extend('"' * 2_000 for _ in range(1_000))
    lines = bench.verb("broker.logs", b'{"tail":1000}')["lines"]
    assert 100 < len(lines) < 1_000
    assert len(encode(lines)) < 1024 * 1024


@pytest.mark.parametrize("op", [op for op in OPERATIONS if op.startswith("broker.")])
@pytest.mark.parametrize("body", [b"[]", b'{"nonsense":1}', b"{", b"\xff", b"[" * 50])
def test_wrong_parameters_of_verbs_are_refused(bench: Bench, op: str, body: bytes) -> None:
    assert bench.verb(op, body)["code"] == "bad_request"


# ---- keys -----------------------------------------------------------------------------------


@pytest.fixture
def secure(make_bench) -> Bench:
    """A broker that demands keys, with one key of each kind."""
    bench = make_bench(secure=True)
    for name, role in (("c1", Role.CLIENT), ("c2", Role.CLIENT), ("w1", Role.WORKER), ("c-admin", Role.ADMIN)):
        bench.grants[name] = Grant(name=f"key-{name}", public=name[:2].ljust(40, "-"), role=role)
    bench.ready("w1", ECHO, PING, credit=4)
    return bench


def test_a_request_carries_its_key_to_the_worker(secure: Bench) -> None:
    (run,) = secure.ask("c1", "a")
    assert run.message.user == "key-c1"
    assert secure.answer(run)[0].message.state is m.State.DONE


def test_nobody_joins_cancels_or_replays_the_request_of_another_key(secure: Bench) -> None:
    (run,) = secure.ask("c1", "a")
    assert only(secure.client("c2", m.Cancel(id="a")), m.Unknown)
    assert only(secure.client("c2", m.Check(ids=["a"])), m.Unknown)
    (other,) = secure.ask("c2", "a")
    assert other.message.lease != run.message.lease
    (reply,) = secure.answer(run, b'{"secret":1}')
    assert reply.peer == "c1"
    (reply,) = secure.answer(other, b'{"mine":1}')
    assert (reply.peer, reply.body) == ("c2", {"mine": 1})
    (again,) = secure.ask("c2", "a")
    assert again.body == {"mine": 1}


def test_roles_are_kept_apart(secure: Bench) -> None:
    secure.grants["w-liar"] = secure.grants["c1"]
    (refused,) = secure.ready("w-liar")
    assert refused.message.code == "forbidden"
    assert len(secure.broker.workers.by_peer) == 1
    secure.grants["c-liar"] = secure.grants["w1"]
    (reply,) = secure.ask("c-liar", "a")
    assert reply.body["code"] == "forbidden"
    (refused,) = secure.client("c-liar", m.Hello(v=1))
    assert refused.message.code == "forbidden"


@pytest.mark.parametrize("op", [op for op in OPERATIONS if op.startswith("broker.")])
def test_verbs_need_the_admin_role_except_info(secure: Bench, op: str) -> None:
    (reply,) = secure.ask("c1", "v", op)
    assert (reply.message.state is m.State.DONE) == (op == "broker.info")
    (reply, *_) = [one for one in secure.ask("c-admin", "v", op) if isinstance(one.message, m.Reply)]
    assert reply.message.state is m.State.DONE


def test_a_key_uses_only_its_operations(secure: Bench) -> None:
    secure.grants["c1"] = Grant(name="key-c1", public="c" * 40, role=Role.CLIENT, operations=["system.p*"])
    (reply,) = secure.ask("c1", "a", ECHO)
    assert (reply.body["code"], "system.p*" in reply.body["message"]) == ("forbidden", True)
    assert ids(secure.ask("c1", "b", PING)) == ["b"]


def test_rates_are_kept_and_say_when_to_come_back(secure: Bench) -> None:
    rates = ["2 per minute", "100/day"]
    secure.grants["c1"] = Grant(name="key-c1", public="c" * 40, role=Role.CLIENT, rates=rates)
    assert ids(secure.ask("c1", "a") + secure.ask("c1", "b")) == ["a", "b"]
    (reply,) = secure.ask("c1", "c")
    assert (reply.body["code"], reply.body["retry_after_ms"]) == ("rate_limited", 60_001)
    assert ids(secure.ask("c2", "c")) == ["c"]
    secure.now += 60
    assert ids(secure.ask("c1", "c")) == ["c"]


def test_a_rate_that_cannot_be_read_closes_the_key_and_says_so(secure: Bench) -> None:
    secure.grants["c1"] = Grant(name="key-c1", public="c" * 40, role=Role.CLIENT, rates=["now and then"])
    (reply,) = secure.ask("c1", "a")
    assert (reply.body["code"], "now and then" in reply.body["message"]) == ("forbidden", True)


def test_a_revoked_client_is_stopped_at_its_next_message(secure: Bench) -> None:
    (run,) = secure.ask("c1", "a")
    secure.grants["c1"] = None
    (reply,) = secure.ask("c1", "b")
    assert reply.body["code"] == "unauthorized"
    (refused,) = secure.client("c1", m.Cancel(id="a"))
    assert refused.message.code == "unauthorized"
    secure.answer(run)


def test_a_revoked_worker_loses_what_it_holds_at_its_next_message(secure: Bench) -> None:
    (run,) = secure.ask("c1", "a")
    secure.grants["w2"] = secure.grants["w1"]
    secure.ready("w2")
    secure.grants["w1"] = None
    sent = secure.answer(run)
    assert only(sent, m.Refused).message.code == "unauthorized"
    assert [one.peer for one in runs(sent)] == ["w2"]
    assert terminal(sent) == []


@pytest.mark.parametrize(
    ("text", "rate"),
    [("20 per day", (20, 86_400)), ("5/second", (5, 1)), ("3 per 10 minutes", (3, 600)), ("1/hour", (1, 3_600))],
)
def test_rates_are_read_as_they_are_written(text: str, rate: tuple[int, int]) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "often", "per day", "-1 per day", "5 per 0 days", "5 per fortnight"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no rate"):
        parse_rate(text)
