"""The command line against a real broker and worker, each run in processes of its own."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

pytest.importorskip("visionmq.broker.__main__", reason="needs the broker")
pytest.importorskip("visionmq.worker.__main__", reason="needs the worker")
pytest.importorskip("cv2", reason="needs the worker's libraries")

BOUND = 60
SPECIMEN = files("visionmq.client") / "data" / "specimen.jpg"


class Up:
    """`visionmq up` on free ports; what it prints is waited for, line by line."""

    def __init__(self, *options: str) -> None:
        command = "from visionmq.client.cli import main; main()"
        free = ("--clients", "tcp://127.0.0.1:*", "--workers", "tcp://127.0.0.1:*")
        self.process = subprocess.Popen(
            [sys.executable, "-c", command, "up", "-n", "1", *free, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.seen: list[str] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.clients = self.wait_for("clients: ").split()[-1]
        self.wait_for("worker-1 is ready")

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line.rstrip())

    def wait_for(self, words: str) -> str:
        while True:
            try:
                line = self.lines.get(timeout=BOUND)
            except queue.Empty:
                raise AssertionError(f"{words!r} was not printed, only {self.seen}") from None
            self.seen.append(line)
            if words in line:
                return line

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(BOUND)
        finally:
            self.process.kill()
            self.process.wait()
            self.reader.join(BOUND)
            self.process.stdout.close()


@pytest.fixture
def up() -> Iterator[Up]:
    service = Up("--engine", "system")
    try:
        yield service
    finally:
        service.stop()


def test_up_serves_and_ends_well_when_told(up, visionmq):
    assert "answered in" in visionmq("-b", up.clients, "ping").out
    assert "worker-1" in visionmq("-b", up.clients, "workers").out
    assert json.loads(visionmq("-b", up.clients, "info", "--json").out)["workers"] == 1
    assert visionmq("-b", up.clients, "doctor").code == 0
    assert "no worker for document.recognize" in visionmq("-b", up.clients, "doctor").out
    assert up.stop() == 0


def test_up_starts_a_killed_worker_again(up, visionmq):
    workers = json.loads(visionmq("-b", up.clients, "workers", "--json").out)
    os.kill(workers[0]["pid"], signal.SIGKILL)
    up.wait_for("worker-1: exit code -9")
    up.wait_for("worker-1 is ready")
    assert visionmq("-b", up.clients, "ping").code == 0


def test_up_starts_a_killed_broker_again_at_the_same_address(up, visionmq):
    children = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(up.process.pid)], capture_output=True, text=True, check=True
    )
    broker = next(int(line.split()[0]) for line in children.stdout.splitlines() if "visionmq.broker" in line)
    os.kill(broker, signal.SIGKILL)
    assert up.wait_for("clients: ").split()[-1] == up.clients
    assert visionmq("-b", up.clients, "ping", "--timeout", "20").code == 0


def test_steering_a_broker(up, visionmq):
    address = ("-b", up.clients)
    assert visionmq(*address, "pause", "system.ping").code == 0
    assert visionmq(*address, "ping", "--timeout", "0.2").code == 5
    assert visionmq(*address, "resume", "system.ping").code == 0
    assert visionmq(*address, "ping").code == 0
    for words in (["queues"], ["dead"], ["logs", "--tail", "5"], ["purge", "--yes"]):
        assert visionmq(*address, *words).code == 0


@pytest.mark.skipif(not SPECIMEN.is_file(), reason="needs the specimen picture")
def test_the_demo_reads_the_specimen_and_writes_a_picture(program, tmp_path):
    found = program("demo", "-o", tmp_path / "out")
    assert found.code == 0, found
    assert "mrz.mrp" in found.out
    assert [path.stem for path in (tmp_path / "out").iterdir()] == ["specimen-read"]


@pytest.mark.skipif(not SPECIMEN.is_file(), reason="needs the specimen picture")
def test_a_folder_becomes_one_line_a_file_in_order_and_resumes(program, tmp_path):
    scans = tmp_path / "scans"
    scans.mkdir()
    (scans / "b.jpg").write_bytes(SPECIMEN.read_bytes())
    (scans / "a.jpg").write_bytes(b"no picture at all")
    output = tmp_path / "read"
    found = program("document", scans, "-o", output, "--want", "overlay")
    assert found.code == 1, found
    lines = [json.loads(line) for line in (output / "results.jsonl").read_text().splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["a.jpg", "b.jpg"]
    assert lines[0]["ok"] is False
    assert lines[0]["error"]["code"] == "bad_image"
    assert {"message", "hint", "request_id"} <= lines[0]["error"].keys()
    assert lines[1]["ok"] is True
    assert lines[1]["result"]["doc_type"] == "mrz.mrp"
    assert Path(lines[1]["images"]["overlay"]).is_file()

    (scans / "c.jpg").write_bytes(SPECIMEN.read_bytes())
    found = program("document", "read", scans, "-o", output, "--resume")
    assert found.code == 0, found
    names = [Path(json.loads(line)["file"]).name for line in (output / "results.jsonl").read_text().splitlines()]
    assert names == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.skipif(not SPECIMEN.is_file(), reason="needs the specimen picture")
def test_lines_and_an_array_say_the_same(program, tmp_path):
    picture = tmp_path / "p.jpg"
    picture.write_bytes(SPECIMEN.read_bytes())
    (line,) = program("document", picture, "--jsonl").out.splitlines()
    (item,) = json.loads(program("document", picture, "--json").out)
    assert json.loads(line)["result"] == item["result"]
