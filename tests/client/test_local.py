"""The real broker and worker, started and ended by the client."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.client.fake_broker import WAIT
from visionmq.client import Client, errors, local
from visionmq.client.local import start

pytest.importorskip("numpy", reason="the worker's libraries are not installed")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client.local(children=1, engines=["system"]) as client:
        yield client


def test_it_answers_as_over_the_network(client: Client) -> None:
    assert client.ping().pid > 0
    reply = client.echo("hi", [b"one", bytes(2_000_000)])
    assert reply.result.text == "hi"
    assert reply.result.sizes == [3, 2_000_000]
    assert [len(image) for image in reply.images] == [3, 2_000_000]
    assert client.info().workers == 1
    assert [worker.pid for worker in client.workers()]


def test_a_batch_runs_through_the_window(client: Client) -> None:
    sizes = [outcome.unwrap().result.sizes for outcome in client.map("system.echo", (bytes(n) for n in range(1, 200)))]
    assert sizes == [[n] for n in range(1, 200)]


def test_cancel_frees_the_worker(client: Client) -> None:
    slow = client.submit("system.echo", {"sleep_ms": 30_000})
    assert slow.cancel()
    assert client.echo("next", timeout=WAIT).result.text == "next"


def test_the_services_own_errors_arrive(client: Client) -> None:
    with pytest.raises(errors.UnknownOperation):
        client.call("no.such")
    with pytest.raises(errors.BadRequest):
        client.call("system.echo", {"no_such": 1})
    client.pause("system.echo")
    try:
        with pytest.raises(errors.DeadlineExceeded):
            client.echo(timeout=0.1)
    finally:
        client.resume("system.echo")


def test_closing_ends_every_process_and_removes_the_folder() -> None:
    service = start(1, 1, ["system"])
    folder = Path(service.endpoint.removeprefix("ipc://")).parent
    programs = [psutil.Process(program.process.pid) for program in service._programs]
    family = [*programs, *(child for program in programs for child in program.children(recursive=True))]
    assert len(family) > 2
    service.close()
    assert psutil.wait_procs(family, WAIT)[1] == []
    assert not folder.exists()


def test_the_service_ends_with_its_owner_even_when_that_is_killed() -> None:
    code = (
        "import sys; from visionmq.client.local import start\n"
        "s = start(1, 1, ['system'])\n"
        "print(*[p.process.pid for p in s._programs], flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        family = [psutil.Process(int(pid)) for pid in owner.stdout.readline().split()]
        assert len(family) == 2
        owner.kill()
    assert psutil.wait_procs(family, WAIT)[1] == []


def test_a_program_that_cannot_start_is_reported_with_its_last_words() -> None:
    with pytest.raises(errors.ClosedError) as caught:
        start(1, 1, ["no_such_engine"], start_seconds=WAIT)
    assert "visionmq.worker" in caught.value.message
    assert "no_such_engine" in caught.value.hint


def test_a_broker_killed_and_started_again_loses_nothing() -> None:
    def broker(clients: str, workers: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "visionmq.broker", "--clients", clients, "--workers", workers]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        assert b"listening" in process.stdout.readline()
        return process

    service = start(1, 1, ["system"])
    first = service._programs[0].process
    inner = service.endpoint.replace("clients", "workers")
    second = None
    try:
        with Client(service.endpoint) as client:
            futures = [client.submit("system.echo", {"text": str(n), "sleep_ms": 5}) for n in range(200)]
            futures[5].result(WAIT)
            os.kill(first.pid, 9)
            first.wait()
            second = broker(service.endpoint, inner)
            until = time.monotonic() + 20
            texts = [future.result(max(0, until - time.monotonic())).result.text for future in futures]
            assert texts == [str(n) for n in range(200)]
            assert client.counts.restarts == 1
    finally:
        if second is not None:
            second.terminate()
            second.communicate()
        service.close()


def test_what_a_program_said_last_is_told_as_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dies.py").write_text(
        "import sys; print('Traceback: x', file=sys.stderr);"
        """print('{"reason": "no model", "event": "the worker ends", "part": "worker", "level": "error"}', file=sys.stderr);"""
        "sys.exit(3)"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    program = local.LocalService()
    try:
        with pytest.raises(errors.ClosedError, match="status 3") as caught:
            program._run("dies").expect("ready", time.monotonic() + WAIT)
    finally:
        program.close()
    assert "Traceback: x\nerror: the worker ends reason=no model" in caught.value.hint
