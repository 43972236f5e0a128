"""Real worker processes, real children, a fake broker."""

import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest
import zmq

from tests.worker.fake import FakeBroker, worker
from visionmq.schemas.messages import Bye, Drain, Heartbeat, Progress, Ready, State, Stop

JOB_MB = ["--job-mb", "512"]


@pytest.fixture(scope="module")
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    with zmq.Context() as made:
        yield made


@pytest.fixture
def broker(context: "zmq.Context[zmq.Socket[bytes]]") -> Iterator[FakeBroker]:
    made = FakeBroker(context)
    yield made
    made.close()


@pytest.fixture(scope="module")
def pool(context: "zmq.Context[zmq.Socket[bytes]]") -> Iterator[FakeBroker]:
    """A broker with one worker of one child, shared: each test must leave it working."""
    made = FakeBroker(context)
    with worker(made.endpoint, arguments=["-n", "1", *JOB_MB]):
        made.until(Ready)
        yield made
    made.close()


def serves(broker: FakeBroker, seconds: float = 2.0) -> None:
    answer, body, _ = broker.result(broker.run("test.sha256", {"text": "x"}), seconds)
    assert answer.state is State.DONE
    assert body["text"] == hashlib.sha256(b"x").hexdigest()


def fails(broker: FakeBroker, op: str, code: str, params: dict[str, object] | None = None, **fields: object) -> str:
    answer, body, _ = broker.result(broker.run(op, params, **fields))
    assert (answer.state, answer.code, body["code"]) == (State.FAILED, code, code), body
    assert body["request_id"].startswith("request-")
    return str(body["message"])


def test_echo_gives_frames_back_unopened(broker: FakeBroker) -> None:
    pictures = [os.urandom(size) for size in (0, 10, 100_000, 6_000_000)]
    with worker(broker.endpoint, engine="system", arguments=["-n", "1"]) as process:
        broker.until(Ready)
        answer, body, images = broker.result(broker.run("system.echo", {"text": "hello"}, pictures))
        assert answer.state is State.DONE
        assert (body["text"], images) == ("hello", pictures)
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        assert (line["event"], line["pid"], line["children"]) == ("ready", process.pid, 1)
        assert line["operations"] == ["system.echo", "system.ping"]


def test_many_jobs_each_get_their_own_answer(pool: FakeBroker) -> None:
    leases = {pool.run("test.sha256", {"text": str(n)}, [bytes([n % 251]) * n]): n for n in range(300)}
    for lease, n in leases.items():
        _, body, _ = pool.result(lease)
        assert body["text"] == hashlib.sha256(bytes([n % 251]) * n + str(n).encode()).hexdigest()


def test_wrong_parameters_are_the_callers_fault(pool: FakeBroker) -> None:
    fails(pool, "test.sha256", "bad_request", {"no_such_field": 1})
    fails(pool, "test.sha256", "bad_request", {"raw": [None, None]})
    assert "serve" in fails(pool, "test.unknown", "unknown_operation")


def test_an_engines_exception_stays_in_our_log(pool: FakeBroker) -> None:
    message = fails(pool, "test.fail", "internal", {"text": "secret detail"})
    assert "secret" not in message
    serves(pool)
    end = time.monotonic() + 10
    while "secret detail" not in pool.logs():
        assert time.monotonic() < end
        pool.hear(1.0)
    assert "request-" in pool.logs()


@pytest.mark.parametrize("op", ["test.hang", "test.gil"])
def test_a_hanging_job_ends_at_its_deadline_and_heartbeats_go_on(pool: FakeBroker, op: str) -> None:
    pool.seen.clear()
    start = time.monotonic()
    fails(pool, op, "deadline_exceeded", left_ms=1500)
    took = time.monotonic() - start
    assert 1.4 <= took < 5.0
    assert len(pool.beats()) >= 4
    serves(pool, 10.0)


def test_work_after_its_deadline_is_never_started(pool: FakeBroker) -> None:
    first = pool.run("test.sleep", {"seconds": 0.5})
    assert "before it started" in fails(pool, "test.crash", "deadline_exceeded", left_ms=100)
    assert pool.result(first)[0].state is State.DONE


@pytest.mark.parametrize(("op", "name"), [("test.crash", "SIGSEGV"), ("test.abort", "SIGABRT")])
def test_a_crash_is_answered_with_the_signals_name(pool: FakeBroker, op: str, name: str) -> None:
    assert name in fails(pool, op, "engine_crashed")
    serves(pool, 10.0)


def test_want_of_memory_is_told_apart(pool: FakeBroker) -> None:
    fails(pool, "test.oom", "out_of_memory")
    serves(pool)


def test_running_and_waiting_work_can_be_cancelled(pool: FakeBroker) -> None:
    running = pool.run("test.hang")
    waiting = pool.run("test.hang")
    for lease in (waiting, running):
        pool.send(Stop(lease))
        answer, body, _ = pool.result(lease)
        assert (answer.state, body["code"]) == (State.CANCELLED, "cancelled")
    serves(pool, 10.0)


def test_in_a_batch_only_the_culprit_fails(pool: FakeBroker) -> None:
    blocker = pool.run("test.sleep", {"seconds": 0.3})
    leases = [pool.run("test.mixed", {"text": text}) for text in ("a", "b", "crash", "c")]
    assert pool.result(blocker)[0].state is State.DONE
    states = [pool.result(lease)[0].code for lease in leases]
    assert states == [None, None, "engine_crashed", None]


def test_progress_is_sent_where_it_is_wanted(pool: FakeBroker) -> None:
    pool.seen.clear()
    pool.result(pool.run("test.progress", updates=True))
    assert sum(isinstance(message, Progress) for _, message in pool.seen) == 3
    assert pool.last_progress == {"stage": "step", "fraction": 1.0, "partial": None}
    pool.seen.clear()
    pool.result(pool.run("test.progress"))
    assert not any(isinstance(message, Progress) for _, message in pool.seen)


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")
@pytest.mark.parametrize("way", ["read", "write", "socket", "pair", "exec", "run", "fork", "kill", "unlink", "listdir"])
def test_the_sandbox_refuses(pool: FakeBroker, way: str) -> None:
    _, body, _ = pool.result(pool.run("test.escape", {"text": way}))
    assert body["text"] == "refused: PermissionError"


def test_without_the_sandbox_the_probes_would_succeed(broker: FakeBroker) -> None:
    with worker(broker.endpoint, arguments=["-n", "1", "--no-sandbox"]):
        broker.until(Ready)
        for way in ("read", "socket", "fork"):
            _, body, _ = broker.result(broker.run("test.escape", {"text": way}))
            assert body["text"] == "escaped"


def test_sigterm_drains(broker: FakeBroker) -> None:
    with worker(broker.endpoint, arguments=["-n", "1", *JOB_MB]) as process:
        broker.until(Ready)
        leases = [broker.run("test.sleep", {"seconds": 0.3}) for _ in range(2)]
        broker.run("test.sha256")
        broker.result(leases[0])
        process.send_signal(signal.SIGTERM)
        broker.until(Drain)
        broker.until(Bye)
        assert sorted(broker.answers) == [1, 2, 3]
        assert process.wait(10) == 0


def test_a_second_sigterm_ends_at_once(broker: FakeBroker) -> None:
    with worker(broker.endpoint, arguments=["-n", "1", *JOB_MB]) as process:
        broker.until(Ready)
        broker.run("test.hang")
        end = time.monotonic() + 10
        while not any(isinstance(message, Heartbeat) and message.busy for _, message in broker.seen):
            assert time.monotonic() < end
            broker.hear(0.5)
        process.send_signal(signal.SIGTERM)
        broker.until(Drain)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143


def test_it_ends_with_its_starter(broker: FakeBroker) -> None:
    with worker(broker.endpoint, arguments=["-n", "1", *JOB_MB]) as process:
        broker.until(Ready)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def test_children_end_with_a_killed_worker(broker: FakeBroker) -> None:
    with worker(broker.endpoint, arguments=["-n", "1", *JOB_MB]) as process:
        broker.until(Ready)
        child = int(broker.result(broker.run("test.pid"))[1]["text"])
        process.kill()
        process.wait(10)
        end = time.monotonic() + 10
        while _alive(child):
            assert time.monotonic() < end
            broker.hear(0.02)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_an_engine_that_cannot_be_loaded_ends_the_worker(broker: FakeBroker) -> None:
    with worker(broker.endpoint, engine="tests.no.such:Engine", arguments=["-n", "1"]) as process:
        assert process.wait(20) == 1


def test_worn_children_are_replaced(broker: FakeBroker) -> None:
    with worker(broker.endpoint, arguments=["-n", "1", "--recycle-jobs", "3", *JOB_MB]):
        broker.until(Ready)
        pids = [broker.result(broker.run("test.pid"))[1]["text"] for _ in range(6)]
        assert pids[0] == pids[1] == pids[2] != pids[3] == pids[4] == pids[5]


def test_one_worker_serves_two_brokers(context: "zmq.Context[zmq.Socket[bytes]]", broker: FakeBroker) -> None:
    other = FakeBroker(context, "two")
    with worker(broker.endpoint, other.endpoint, arguments=["-n", "1", *JOB_MB]):
        for one in (broker, other):
            one.until(Ready)
        for one in (broker, other):
            serves(one, 10.0)
    other.close()


def test_a_frozen_child_neither_blocks_the_worker_nor_keeps_its_place(broker: FakeBroker) -> None:
    with worker(broker.endpoint, arguments=["-n", "1", *JOB_MB]):
        broker.until(Ready)
        os.kill(int(broker.result(broker.run("test.pid"))[1]["text"]), signal.SIGSTOP)
        broker.seen.clear()
        lease = broker.run("test.sha256", {}, [bytes(20_000_000)], left_ms=1500)
        assert broker.result(lease)[0].code == "deadline_exceeded"
        assert len(broker.beats()) >= 4
        serves(broker, 10.0)


def test_a_child_that_the_kernel_kills_ran_out_of_memory(broker: FakeBroker) -> None:
    with worker(broker.endpoint, arguments=["-n", "1", *JOB_MB]):
        broker.until(Ready)
        child = int(broker.result(broker.run("test.pid"))[1]["text"])
        lease = broker.run("test.hang")
        os.kill(child, signal.SIGKILL)
        assert broker.result(lease)[0].code == "out_of_memory"
        serves(broker, 10.0)


def test_a_restarted_broker_is_found_and_served_again(context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    first = FakeBroker(context, "one")
    port = int(first.endpoint.rpartition(":")[2])
    with worker(first.endpoint, arguments=["-n", "1", *JOB_MB]):
        first.until(Ready)
        serves(first)
        lost = first.run("test.sleep", {"seconds": 0.2})
        first.close()
        second = FakeBroker(context, "two", port)
        try:
            second.stranger = True
            second.until(Ready)
            serves(second, 10.0)
            assert second.answers.keys() == {1}, f"lease {lost} is of the former session"
        finally:
            second.close()
