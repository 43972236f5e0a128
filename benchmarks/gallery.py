"""1:N at 10,000, 100,000 and 1,000,000 templates: search, enrolment, memory, loading, recall, and peers.

python -m benchmarks.gallery ../shared/data/faces_lfw_aligned/dev [--sizes 10000 100000] [--peer-path DIR] [--json FILE]

Ours is a keeper process asked over its socket, on one thread, with a SQLite store that was filled through
an archive: what a search costs here is what it costs an engine, decrypted names included. Peers get the same
vectors as plain arrays in this process, and no store. `--peer-path` is a folder made by
`pip install --target DIR faiss-cpu`. Without a folder of faces all people are drawn.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_pool] = "1"

import numpy as np  # noqa: E402  # after the thread pools were told their size
import psutil  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from benchmarks.galleries import people as drawing  # noqa: E402
from benchmarks.galleries.bare import grow  # noqa: E402
from benchmarks.galleries.filling import COLLECTION, MODEL, fill  # noqa: E402
from benchmarks.galleries.peers import peers  # noqa: E402
from visionmq.engine.store.index import EXACT_FLOATS  # noqa: E402
from visionmq.engine.store.keeper_link import KeeperLink, start_keeper  # noqa: E402
from visionmq.engine.store.link import Link  # noqa: E402
from visionmq.engine.store.messages import (  # noqa: E402
    ENROLL,
    SEARCH,
    Author,
    Enroll,
    Found,
    Gallery,
    NewTemplate,
    Search,
)

FACES = Gallery("face", COLLECTION, MODEL, drawing.DIMENSION)
SIZES = (10_000, 100_000, 1_000_000)
SEED = 2_030
TOP = 5
BATCH = 32
GRAPH_SECONDS = 3_600.0
Vectors = NDArray[np.float32]


def milliseconds(ask: Callable[[int], object], count: int, keeper: KeeperLink | None = None) -> dict[str, float]:
    """Return median and 99th percentile of so many calls on the clock, and processor time a call.

    Processor time is that of this process and the keeper, and hardly depends on what else runs here.
    """
    for number in range(3):
        ask(number)
    times, began_cpu = [], _processor(keeper)
    for number in range(count):
        began = time.perf_counter()
        ask(number)
        times.append((time.perf_counter() - began) * 1000)
    cpu = (_processor(keeper) - began_cpu) * 1000 / count
    return {
        "median": round(statistics.median(times), 3),
        "p99": round(float(np.percentile(times, 99)), 3),
        "cpu": round(cpu, 3),
    }


def _processor(keeper: KeeperLink | None) -> float:
    used = time.process_time()
    if keeper is not None:
        theirs = psutil.Process(keeper.keeper_pid).cpu_times()
        used += theirs.user + theirs.system
    return used


def search(link: Link, probes: Vectors, top: int = TOP) -> Found:
    """Ask the keeper."""
    return link.call(SEARCH, Search(gallery=FACES, probes=probes.astype("<f4").tobytes(), top=top))


def enroll(link: Link, name: str, vector: Vectors) -> None:
    """Enrol one more subject; returns when it is on the disk."""
    template = NewTemplate(vector=vector.astype("<f4").tobytes(), source=f"{name}.jpg")
    link.call(ENROLL, Enroll(gallery=FACES, subject=name, templates=[template], author=Author(f"key {name}")))


def resident(link: KeeperLink) -> int:
    """Return the keeper's resident memory in MB."""
    return psutil.Process(link.keeper_pid).memory_info().rss >> 20


def measure(people: drawing.People, size: int, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return all figures of one size."""
    vectors = people.draw(size, SEED)
    asked = np.random.default_rng(SEED).permutation(size)[: options.probes]
    asked[: len(people.probes) // 2] = np.arange(len(people.probes) // 2)  # half of the real people are asked for
    probes = people.again(vectors, SEED + 1)[asked]
    address = str(folder / f"{size}.db")
    told: dict[str, Any] = {"templates": size}
    began, began_cpu = time.perf_counter(), time.process_time()
    fill(address, vectors)
    told["import_s"] = round(time.perf_counter() - began, 1)
    told["import_cpu_s"] = round(time.process_time() - began_cpu, 1)
    told["file_mb"] = Path(address).stat().st_size >> 20
    began = time.perf_counter()
    link = start_keeper(address)
    assert isinstance(link, KeeperLink)
    told["load_s"] = round(time.perf_counter() - began, 2)
    told["load_cpu_s"] = round(sum(psutil.Process(link.keeper_pid).cpu_times()[:2]), 2)
    try:
        told |= asked_keeper(link, address, vectors, probes)
    finally:
        link.close()
    if options.peers:
        told["peers_ms"] = {
            name: milliseconds(lambda at, ask=ask: ask(probes[at % len(probes)]), 30)
            for name, ask in peers(vectors, TOP, options.peer_path).items()
        }
    return told


def asked_keeper(link: KeeperLink, address: str, vectors: Vectors, probes: Vectors) -> dict[str, Any]:
    """Return what a keeper costs, before and after its graph is built."""
    told: dict[str, Any] = {"memory_mb": resident(link)}
    count = len(probes)
    graph_s = wait_for_graph(link, probes[:1])
    if graph_s is not None:
        told |= {"graph_s": round(graph_s, 1), "memory_with_graph_mb": resident(link)}
        told["graph_cpu_s"] = round(sum(psutil.Process(link.keeper_pid).cpu_times()[:2]), 1)
    told["search_ms"] = milliseconds(lambda at: search(link, probes[at % count][None]), 300, link)
    batch = milliseconds(lambda at: search(link, np.roll(probes, at, axis=0)[:BATCH]), 10, link)
    told["search_in_batch_ms"] = {key: round(value / BATCH, 3) for key, value in batch.items()}
    found = [search(link, probe[None]) for probe in probes]
    told["exact"] = found[0].exact
    told |= recall(vectors, probes, found)
    told["enroll_ms"] = milliseconds(lambda at: enroll(link, f"new {at}", probes[at % count] + 3), 100, link)
    told["seen_by_another_ms"] = seen_by_another(link, address, probes)
    return told


def wait_for_graph(link: Link, probe: Vectors) -> float | None:
    """Wait until searches use the graph; return how long that took, None where there is none."""
    if search(link, probe).templates * drawing.DIMENSION <= EXACT_FLOATS:
        return None
    began = time.perf_counter()
    while search(link, probe).exact and time.perf_counter() - began < GRAPH_SECONDS:
        time.sleep(5.0)  # it is built while nobody asks
    time.sleep(5.0)
    return time.perf_counter() - began - 5.0


def recall(vectors: Vectors, probes: Vectors, found: Sequence[Found]) -> dict[str, float]:
    """Return which share of the truly nearest was found, at 1 and at 5; the truth is float64."""
    first = both = 0
    squares = np.einsum("ij,ij->i", vectors, vectors)
    for probe, one in zip(probes, found, strict=True):
        near = np.argpartition(squares - 2 * (vectors @ probe), 50)[:50]
        apart = vectors[near].astype(np.float64) - probe
        best = near[np.argsort(np.einsum("ij,ij->i", apart, apart))][:TOP]
        names = [hit.subject for hit in one.hits[0]]
        first += names[0] == f"p{best[0]}"
        both += len({f"p{row}" for row in best} & set(names))
    return {"recall_at_1": round(first / len(probes), 4), "recall_at_5": round(both / len(probes) / TOP, 4)}


def seen_by_another(link: Link, address: str, probes: Vectors) -> dict[str, float]:
    """Return the time of the search that comes just after another process has enrolled somebody."""
    from visionmq.engine.store.opened import open_here

    with open_here(address) as other:
        other.store.idle()
        times = []
        for number in range(20):
            name, vector = f"other {number}", probes[number % len(probes)] - 3
            enroll(other, name, vector)
            began = time.perf_counter()
            found = search(link, vector[None], 1)
            times.append((time.perf_counter() - began) * 1000)
            assert found.hits[0][0].subject in {name, f"other {number % len(probes)}"}
    return {"median": round(statistics.median(times), 3), "p99": round(max(times), 3)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="aligned faces named Person_Name_0001.jpg")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--probes", type=int, default=400)
    parser.add_argument("--encodings", type=Path, help="keep the folder's encodings in this file, or read them from it")
    parser.add_argument("--index-only", action="store_true", help="the index alone, in this process, as it grows")
    parser.add_argument("--exact-floats", type=int, default=EXACT_FLOATS, help="with --index-only: graph beyond this")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--peer-path", help="folder with faiss-cpu")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    there = options.folder is not None and options.folder.is_dir()
    people = drawing.real_people(options.folder, options.encodings) if there else drawing.stated_people()
    print(people.stated)
    figures: list[dict[str, Any]] = []
    if options.index_only:
        vectors = people.draw(max(options.sizes), SEED)
        asked = np.random.default_rng(SEED).permutation(min(options.sizes))[: options.probes]
        probes = people.again(vectors[: min(options.sizes)], SEED + 1)[asked]
        for told in grow(vectors, probes, sorted(options.sizes), options.exact_floats):
            figures.append(told)
            print(json.dumps(told), flush=True)
    for size in [] if options.index_only else options.sizes:
        with tempfile.TemporaryDirectory(prefix="visionmq-gallery-") as folder:
            figures.append(measure(people, size, Path(folder), options))
        print(json.dumps(figures[-1], indent=1), flush=True)
    if options.json:
        options.json.write_text(json.dumps({"people": people.stated, "sizes": figures}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
