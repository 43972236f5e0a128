"""Runs readers, each in a process of its own on one core, and keeps what peers said."""

import hashlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.reading.scoring import Reading

ROOT = Path(__file__).parents[2]
PEERS = ("passporteye", "fastmrz", "rapidocr_lines", "rapidocr_rules")
TIME_LIMIT = 120.0
"""Seconds a picture; PassportEye has been seen to hang."""
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


@dataclass(slots=True)
class Reader:
    """A reader's process: file names in, answers out; started again after a crash."""

    name: str
    python: str
    core: int | None
    peers: Path | None
    _process: "subprocess.Popen[bytes] | None" = None

    def read(self, file: Path) -> dict[str, Any]:
        """Return what the reader says of a file."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        began = time.perf_counter()
        try:
            process.stdin.write(f"{file}\n".encode())
            process.stdin.flush()
        except BrokenPipeError:
            return self._failed("it had ended", began)
        line = self._line(process)
        if not line.endswith(b"\n"):
            return self._failed("no answer in time" if process.poll() is None else "it ended", began)
        said: dict[str, Any] = json.loads(line)
        return said

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None

    def _start(self) -> "subprocess.Popen[bytes]":
        tessdata = {} if self.peers is None else {"MRZ_TESSDATA": str(self.peers / "tessdata")}
        pinned = [] if self.core is None else ["taskset", "-c", str(self.core)]
        self._process = process = subprocess.Popen(
            [*pinned, self.python, "-m", f"benchmarks.peers.{self.name}"],
            cwd=ROOT,
            env={**os.environ, **_ONE_THREAD, **tessdata, "ORT_DISABLE_TELEMETRY": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("SHOW_READERS") else subprocess.DEVNULL,
            bufsize=0,
        )
        if self._line(process) != b"ready\n":
            self.close()
            raise SystemExit(f"{self.name} does not start; SHOW_READERS=1 shows why")
        return process

    def _line(self, process: "subprocess.Popen[bytes]") -> bytes:
        assert process.stdout is not None
        line, limit = b"", time.monotonic() + TIME_LIMIT
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, limit - time.monotonic()))
            piece = os.read(process.stdout.fileno(), 1 << 20) if ready else b""
            if not piece:
                break
            line += piece
        return line

    def _failed(self, why: str, began: float) -> dict[str, Any]:
        self.close()
        return {"lines": [], "accepted": False, "error": why, "ms": (time.perf_counter() - began) * 1000}


def reader(name: str, *, core: int | None, peers: Path | None) -> Reader:
    """Return a reader by name: `ours`, or one of PEERS in their own environment."""
    if name == "ours":
        return Reader(name, sys.executable, core, None)
    if peers is None or not (peers / "bin" / "python").is_file():
        raise SystemExit(f"{name} needs --peers DIR, made by --install-peers DIR")
    return Reader(name, str(peers / "bin" / "python"), core, peers)


class Kept:
    """What peers said of which bytes, in a file: their versions are pinned, so it holds; ours is never kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._said: dict[str, Any] = {}
        if path is not None and path.is_file():
            self._said = dict(map(json.loads, path.read_text().splitlines()))

    def find(self, key: str) -> dict[str, Any] | None:
        """Return what was kept under a key."""
        return self._said.get(key)

    def keep(self, key: str, said: dict[str, Any]) -> None:
        """Keep an answer."""
        self._said[key] = said
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps([key, said]) + "\n")


def readings(who: Reader, files: Sequence[Path], kept: Kept) -> Iterator[Reading]:
    """Yield what a reader says of each file, in order."""
    with closing(who):
        for file in files:
            key = f"{who.name} {hashlib.sha256(file.read_bytes()).hexdigest()}"
            said = None if who.name == "ours" else kept.find(key)
            if said is None:
                said = who.read(file)
                if who.name != "ours":
                    kept.keep(key, said)
            yield Reading.of(said)


def through_cli(files: Sequence[Path], core: int | None) -> list[Reading]:
    """Return what `visionmq document read --jsonl` says; the time is the whole run's, shared by all files."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    command = [*pinned, sys.executable, "-m", "visionmq.client.cli", "document", "read", *map(str, files), "--jsonl"]
    began = time.perf_counter()
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False).stdout
    ms = (time.perf_counter() - began) * 1000 / max(1, len(files))
    lines = [json.loads(line) for line in output.splitlines()]
    if [line["file"] for line in lines] != [str(file) for file in files]:
        raise SystemExit("the command line did not answer each file in order")
    return [_of_line(line, ms) for line in lines]


def _of_line(line: dict[str, Any], ms: float) -> Reading:
    if not line["ok"]:
        return Reading(ms=ms, error=line["error"]["code"])
    fields = line["result"].get("fields", {})
    whole = fields.get("full_mrz", {"value": None, "accepted": False})
    stated = {
        name: [field["value"], field.get("raw", ""), field["accepted"], field.get("confidence", 0.0)]
        for name, field in fields.items()
        if field.get("source", "mrz") == "mrz"
    }
    lines = whole["value"].split("\n") if whole["value"] else []
    return Reading.of({"lines": lines, "accepted": whole["accepted"], "ms": ms, "fields": stated})
