"""A gallery of thousands of brands: how long it takes to learn through the service, and what a search of it costs.

    PYTHONPATH=engine python -m benchmarks.brand_gallery DRAWINGS [--brands 3000] [--children 2] [--json FILE]

DRAWINGS is what `python -m training.brands.drawings` wrote, without its ending (`OUT/train`). One drawing a brand is put
on white in a folder of its own, and `visionmq brand learn FOLDER` sends them to a broker and a worker that were started
for this, with a store of their own. The progress bar is drawn on a terminal that only this program sees, and what it
read there is told. Then the worker is started again, asked about cut-outs, and the gallery is searched without it.

Times are told on the clock and as processor time of all processes, which hardly depends on what else runs here.
"""

import argparse
import json
import os
import pty
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_pool] = "1"

import numpy as np  # noqa: E402  # after the thread pools were told their size
import psutil  # noqa: E402
import zmq  # noqa: E402

from benchmarks.galleries.logos import Array, cut_outs, write_folder  # noqa: E402
from visionmq.client import Client  # noqa: E402
from visionmq.client.errors import VisionMQError  # noqa: E402
from visionmq.engine.brand.embedding import LogoEmbedding  # noqa: E402
from visionmq.engine.brand.gallery import Brands, Marked  # noqa: E402
from visionmq.engine.brand.recognition import NEIGHBOURS  # noqa: E402
from visionmq.engine.store.keeper_link import KeeperLink, start_keeper  # noqa: E402

COLLECTION: Final = "gallery"
_COMMAND: Final = (sys.executable, "-m", "visionmq.client.cli")
_SEED: Final = 300
_PLACES: Final = 24
"""Probes of one search: the most places of a photograph."""
_START: Final = 180.0
"""Seconds that a service may take to answer at all."""
_BARS: Final = 5
"""Lines of the progress bar that are told, evenly chosen."""
_DRAWN: Final = re.compile(r"learning[^\r\n]*\d+/\d+[^\r\n\x1b]*")
_CODES: Final = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


# ---- processes ------------------------------------------------------------------------------


@dataclass(slots=True)
class Watched:
    """A program with all that it started: processor seconds so far, and the most memory seen at once."""

    process: psutil.Process
    peak: dict[str, int] = field(default_factory=lambda: {"total": 0, "largest": 0})
    """Bytes: proportional set sizes of all, and of the largest one."""
    _over: threading.Event = field(default_factory=threading.Event)

    def seconds(self) -> float:
        """Return user and system time of all processes that are there."""
        return sum(sum(one.cpu_times()[:2]) for one in self._all())

    def watch(self) -> None:
        """Look at the memory until `end`."""
        while not self._over.wait(1.0):
            with suppress(psutil.Error):
                sizes = [one.memory_full_info().pss for one in self._all()]
                self.peak["total"] = max(self.peak["total"], sum(sizes))
                self.peak["largest"] = max(self.peak["largest"], *sizes)

    def end(self) -> None:
        """Look no more."""
        self._over.set()

    def _all(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def service(store: Path, children: int) -> Iterator[tuple[str, Watched, float]]:
    """Run a broker and a worker; yield the broker's address, what is watched, and seconds to the first answer."""
    context = zmq.Context()
    sockets = [context.socket(zmq.ROUTER) for _ in range(2)]
    ports = [one.bind_to_random_port("tcp://127.0.0.1") for one in sockets]
    context.destroy(linger=0)
    front, back = (f"tcp://127.0.0.1:{port}" for port in ports)
    options = ("--clients", front, "--workers", back, "--engine", "brand", "-n", str(children), "--store", str(store))
    began = time.perf_counter()
    process = subprocess.Popen([*_COMMAND, "up", *options], stdout=subprocess.DEVNULL)
    watched = Watched(psutil.Process(process.pid))
    threading.Thread(target=watched.watch, daemon=True).start()
    try:
        _wait(front)
        yield front, watched, time.perf_counter() - began
    finally:
        watched.end()
        process.terminate()
        process.wait(60)


def _wait(broker: str) -> None:
    """Return once a worker has answered about the gallery."""
    until = time.monotonic() + _START
    while True:
        try:
            with Client(broker, timeout=_START) as client:
                client.recognize_brands([_blank()], collection=COLLECTION, search="whole")
                return
        except VisionMQError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _blank() -> Array:
    return np.full((64, 64, 3), 200, np.uint8)


def on_terminal(command: Sequence[str]) -> tuple[float, str]:
    """Run a command whose standard error is a terminal; return its seconds and what was written there."""
    ours, theirs = pty.openpty()
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=theirs, env={**os.environ, "COLUMNS": "110", "TERM": "xterm"})
    os.close(theirs)
    pieces: list[bytes] = []
    with suppress(OSError):  # the other end closes when the command ends
        while piece := os.read(ours, 65536):
            pieces.append(piece)
    os.close(ours)
    text = _CODES.sub("", b"".join(pieces).decode("utf-8", "replace"))
    if process.wait() not in {0, 1}:  # 1: some pictures were refused, which is told
        sys.exit(f"{' '.join(command)}\n{text}")
    return time.perf_counter() - began, text


# ---- measuring ------------------------------------------------------------------------------


def learn(store: Path, folder: Path, brands: int, children: int) -> dict[str, Any]:
    """Learn a folder through the command, and return what that cost."""
    with service(store, children) as (broker, watched, start):
        cpu = watched.seconds()
        lines = folder.parent / "learnt.jsonl"
        command = (*_COMMAND, "-b", broker, "brand", "learn", str(folder), "-c", COLLECTION, "-o", str(lines))
        took, shown = on_terminal(command)
        cpu = watched.seconds() - cpu
        peak = watched.peak
    bars = list(dict.fromkeys(found.group().strip() for found in _DRAWN.finditer(shown)))
    return {
        "start_empty_s": round(start, 2),
        "refused": sum(b'"ok":false' in line for line in lines.read_bytes().splitlines()),
        "learn_s": round(took, 1),
        "learn_ms_a_picture": round(1000 * took / brands, 1),
        "learn_cpu_ms_a_picture": round(1000 * cpu / brands, 1),
        "learn_peak_mb": {name: size >> 20 for name, size in peak.items()},
        "bars_drawn": len(bars),
        "bars": [bars[round(at * (len(bars) - 1) / (_BARS - 1))] for at in range(_BARS)] if bars else [],
        "store_mb": round(sum(one.stat().st_size for one in store.parent.glob("store*")) / 2**20, 1),
    }


def find(store: Path, asked: Sequence[tuple[str, bytes]], children: int) -> dict[str, Any]:
    """Start a service on a filled store, and return what questions cost there."""
    with service(store, children) as (broker, watched, start), Client(broker, timeout=_START) as client:
        told: dict[str, Any] = {"start_full_s": round(start, 2)}
        for search in ("whole", "auto"):
            right = 0

            def ask(at: int, search: str = search) -> None:
                nonlocal right
                reply = client.recognize_brands([asked[at][1]], collection=COLLECTION, search=search)
                right += (reply.result.items[0].result.label) == asked[at][0]  # type: ignore[union-attr]

            told[f"find_{search}_ms"] = timed(ask, len(asked), watched.seconds)
            told[f"find_{search}_right"] = f"{right}/{len(asked)}"
        time.sleep(1.5)  # the memory is looked at each second
        return told | {"find_peak_mb": {name: size >> 20 for name, size in watched.peak.items()}}


def search(store: Path, count: int) -> dict[str, Any]:
    """Return what the gallery's search alone costs: the keeper with its store, no network."""
    began = time.perf_counter()
    link = start_keeper(str(store))
    assert isinstance(link, KeeperLink)
    try:
        keeper = psutil.Process(link.keeper_pid)
        model = f"{LogoEmbedding.NAME}-{LogoEmbedding.VERSION}"
        brands = Brands(link, COLLECTION, model, LogoEmbedding.DIMENSION, Marked())
        probes = np.random.default_rng(_SEED).normal(size=(count + _PLACES, LogoEmbedding.DIMENSION))
        probes = (probes / np.linalg.norm(probes, axis=1, keepdims=True)).astype(np.float32)
        found = brands.nearest(probes[:1], NEIGHBOURS)
        told: dict[str, Any] = {"brands": found.brands, "gallery_load_s": round(time.perf_counter() - began, 2)}

        def used() -> float:
            return time.process_time() + sum(keeper.cpu_times()[:2])

        told["search_ms"] = timed(lambda at: brands.nearest(probes[at : at + 1], NEIGHBOURS), count, used)
        many = timed(lambda at: brands.nearest(probes[at : at + _PLACES], NEIGHBOURS), count, used)
        return told | {f"search_{_PLACES}_places_ms": many, "keeper_mb": keeper.memory_info().rss >> 20}
    finally:
        link.close()


def timed(ask: Callable[[int], object], count: int, used: Callable[[], float]) -> dict[str, float]:
    """Return milliseconds of so many calls: median and 95th percentile on the clock, processor time a call."""
    times, before = [], used()
    for at in range(count):
        began = time.perf_counter()
        ask(at)
        times.append(1000 * (time.perf_counter() - began))
    cpu = 1000 * (used() - before) / count
    told = {"median": statistics.median(times), "p95": float(np.percentile(times, 95)), "cpu": cpu}
    return {name: round(value, 2) for name, value in told.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drawings", type=Path)
    parser.add_argument("--brands", type=int, default=3000)
    parser.add_argument("--children", type=int, default=2, help="engine processes of the worker")
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument(
        "--keep", type=Path, help="folder for the pictures and the store; what it has is not learnt again"
    )
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    with nullcontext(asked.keep) if asked.keep else tempfile.TemporaryDirectory(prefix="visionmq-brands-") as place:
        folder, store = Path(place, "logos"), Path(place, "store", "store.db")
        if store.exists():
            brands, told = sorted(one.name for one in folder.iterdir()), {}
        else:
            store.parent.mkdir(parents=True)
            brands = write_folder(asked.drawings, folder, asked.brands)
            told = learn(store, folder, len(brands), asked.children)
        told |= find(store, cut_outs(folder, brands, asked.questions), asked.children)
        told |= search(store, asked.questions * 4)
    print(json.dumps(told, indent=1, ensure_ascii=False))
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1, ensure_ascii=False), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
