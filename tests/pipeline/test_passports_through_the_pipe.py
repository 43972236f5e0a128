"""Real passport photographs through a broker and several worker processes, by every door."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from visionmq.client import AsyncClient, Client

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "mrz" / "dev"
PASSPORTS = ("pe_pass-uto.jpg", "fast_td3.jpg", "pe_pass-cze.jpg")


def start(*arguments: str) -> "tuple[subprocess.Popen[bytes], dict[str, object]]":
    process = subprocess.Popen([sys.executable, "-m", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        end(process)
        pytest.fail(f"{arguments[0]} ended with {process.returncode} before it was ready")
    return process, json.loads(line)


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Yield the clients' endpoint of a broker with two workers of one engine process each."""
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is absent: the passport photographs are not part of the repository")
    broker, bound = start(
        "visionmq.broker", "--clients", "tcp://127.0.0.1:*", "--workers", "tcp://127.0.0.1:*", "--exit-with-parent"
    )
    workers = []
    try:
        for name in ("one", "two"):
            workers.append(
                start(
                    "visionmq.worker",
                    "--broker",
                    str(bound["workers"]),
                    "-n",
                    "1",
                    "--name",
                    name,
                    "--exit-with-parent",
                )[0]
            )
        yield str(bound["clients"])
    finally:
        for process in (*workers, broker):
            end(process)


@pytest.fixture(scope="module")
def truth() -> dict[str, list[str]]:
    table = json.loads((DATA / "truth.json").read_text())
    return {name: table[name]["mrz"] for name in PASSPORTS}


def pictures() -> list[Path]:
    return [DATA / "images" / name for name in PASSPORTS]


def test_the_client_reads_each_passport_exactly(endpoint: str, truth: dict[str, list[str]]) -> None:
    with Client(endpoint, timeout=60) as client:
        for path in pictures():
            document = client.document(path)
            assert document.doc_type == "mrz.mrp"
            assert document.fields["full_mrz"].raw.split("\n") == truth[path.name]


def test_the_asynchronous_client_matches_replies_to_requests(endpoint: str, truth: dict[str, list[str]]) -> None:
    async def read_all() -> list[str]:
        async with AsyncClient(endpoint, timeout=60) as client:
            documents = await asyncio.gather(*(client.document(path) for path in pictures()))
            return [document.fields["full_mrz"].raw for document in documents]

    assert [lines.split("\n") for lines in asyncio.run(read_all())] == [truth[path.name] for path in pictures()]


def test_the_command_line_writes_one_line_a_file_in_order(endpoint: str, truth: dict[str, list[str]]) -> None:
    command = [sys.executable, "-m", "visionmq.client.cli", "--broker", endpoint, "document", "read", "--jsonl"]
    done = subprocess.run(
        [*command, *map(str, pictures())],
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert done.returncode == 0, done.stderr.decode()
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["file"]).name for line in lines] == list(PASSPORTS)
    for line in lines:
        assert line["ok"]
        assert line["result"]["fields"]["full_mrz"]["value"].split("\n") == truth[Path(line["file"]).name]


def test_both_workers_had_work_and_the_ledger_adds_up(endpoint: str) -> None:
    with Client(endpoint, timeout=60) as client:
        list(client.map("document.recognize", pictures() * 2))
        workers = client.workers()
        ledger = client.info().ledger
    assert {worker.name for worker in workers} == {"one", "two"}
    assert all(worker.answered for worker in workers)
    ended = ledger.done + ledger.failed + ledger.cancelled + ledger.expired
    assert ledger.accepted == ended + ledger.open
    assert ledger.open == 0
