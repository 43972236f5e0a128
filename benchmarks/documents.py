"""How well documents are read, by ours and by each peer that is installed, in one run on the same files.

    python -m benchmarks.documents --install-peers DIR
    python -m benchmarks.documents FOLDER [--peers DIR] [--reader NAME ...] [--through-cli] [--faults] [--json FILE]
    python -m benchmarks.documents [FOLDER] --degradations [--drawn N] [--peers DIR] [--chart FILE.svg]
    python -m benchmarks.documents --drawn N [--type mrz.td1 ...] [--reliability]
    python -m benchmarks.documents --negatives FOLDER [--negatives FOLDER]
    python -m benchmarks.documents --lines 10000

FOLDER holds truth.json and images/. Each reader runs in a process of its own, one thread on one core; loading is not
counted. Rules of acceptance, and what is counted: benchmarks/README.md.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.reading.curves import curves_chart, curves_table, measure
from benchmarks.reading.degrading import DEGRADATIONS, Array
from benchmarks.reading.installing import install
from benchmarks.reading.reliability import bins, reliability_table
from benchmarks.reading.reporting import faults, score_table
from benchmarks.reading.running import PEERS, Kept, reader, readings, through_cli
from benchmarks.reading.scoring import Reading, Truth, score
from visionmq.engine.api import EngineError
from visionmq.engine.document.mrz.layouts import MASKS
from visionmq.engine.picture import read_picture

Labelled = list[tuple[Path, Truth]]


def labelled(folder: Path) -> Labelled:
    """Return the pictures of a folder beside what stands on them."""
    entries = json.loads((folder / "truth.json").read_text())
    return [(folder / "images" / name, Truth.of(entry)) for name, entry in entries.items()]


def is_picture(path: Path) -> bool:
    return path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")


def main() -> int:
    """Do what the command line asks; 1 if ours stated something wrong, or saw a document where there is none."""
    given = arguments()
    if given.install_peers:
        install(given.install_peers)
        return 0
    if given.lines:
        from benchmarks.reading.lines import lines_table, run

        print(lines_table(run(given.lines)))
        return 0
    with tempfile.TemporaryDirectory() as drawn:
        files: Labelled = labelled(given.folder) if given.folder else []
        if given.drawn:
            from benchmarks.reading.drawn import draw

            files += draw(Path(drawn), given.drawn, given.type or MASKS, flat=given.degradations)
        files += [
            (path, Truth()) for folder in given.negatives for path in sorted(folder.rglob("*")) if is_picture(path)
        ]
        if not files:
            raise SystemExit("nothing to read: name a folder, or ask for --drawn pictures")
        return degradations(files, given) if given.degradations else figures(files, given)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="truth.json and images/")
    parser.add_argument("--install-peers", type=Path, metavar="DIR", help="make the peers' environment and stop")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="the peers' environment; without it only ours runs")
    parser.add_argument("--reader", action="append", choices=("ours", *PEERS), help="default: all")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the core that readers run on")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep what peers said, and do not ask them again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures and readings there")
    parser.add_argument("--faults", action="store_true", help="name each picture that was not read in full")
    parser.add_argument("--through-cli", action="store_true", help="ours also by `visionmq document read --jsonl`")
    parser.add_argument("--degradations", action="store_true", help="success by degradation")
    parser.add_argument("--only", action="append", choices=[kind.name for kind in DEGRADATIONS])
    parser.add_argument("--pictures", type=int, default=8, help="at most so many, of those that all readers read")
    parser.add_argument("--picture", action="append", metavar="NAME", help="degrade these, read by all or not")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the degradations as an SVG")
    parser.add_argument("--drawn", type=int, default=0, metavar="N", help="also read so many drawn specimens")
    parser.add_argument("--type", action="append", metavar="mrz.mrp", help="of the drawn specimens; default: all")
    parser.add_argument(
        "--negatives", type=Path, action="append", default=[], metavar="DIR", help="pictures without any zone"
    )
    parser.add_argument("--reliability", action="store_true", help="whether the stated probabilities hold")
    parser.add_argument("--lines", type=int, default=0, metavar="N", help="read so many drawn lines, and nothing else")
    given = parser.parse_args()
    given.peers = given.peers and given.peers.absolute()  # readers run in the repository's folder
    given.folder = given.folder and given.folder.absolute()
    given.reader = given.reader or ["ours", *(PEERS if given.peers else ())]
    return given


def read_all(name: str, files: Sequence[Path], given: argparse.Namespace, kept: Kept) -> list[Reading]:
    found = []
    for number, reading in enumerate(readings(reader(name, core=given.core, peers=given.peers), files, kept), 1):
        found.append(reading)
        print(f"\r{name} {number}/{len(files)} ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def figures(files: Labelled, given: argparse.Namespace) -> int:
    """Print the table of all readers."""
    kept = Kept(given.keep)
    paths, truths = [path for path, _ in files], [truth for _, truth in files]
    found = {name: read_all(name, paths, given, kept) for name in given.reader}
    if given.through_cli:
        found["ours, command line"] = through_cli(paths, given.core)
    pairs = {name: list(zip(truths, said, strict=True)) for name, said in found.items()}
    scores = {name: score(of_reader) for name, of_reader in pairs.items()}
    print(score_table(scores))
    names = [path.name for path in paths]
    if given.faults:
        for name, of_reader in pairs.items():
            print(f"\n{name}", *faults(names, of_reader), sep="\n")
    if given.reliability and "ours" in pairs:
        print(f"\n{reliability_table(bins(pairs['ours']))}")
    if given.json:
        document = {
            name: {"score": {**asdict(scores[name]), "error_rate": scores[name].error_rate},
                   "readings": dict(zip(names, map(asdict, said), strict=True))}
            for name, said in found.items()
        }  # fmt: skip
        given.json.write_text(json.dumps(document, indent=1) + "\n")
    ours = [scores[name] for name in scores if name.startswith("ours")]
    return int(any(one.silent or one.rejected < one.negatives for one in ours))


def degradations(files: Labelled, given: argparse.Namespace) -> int:
    """Print each reader's success under each degradation, on pictures that all of them read as they are."""
    kept = Kept(given.keep)
    zones = [(path, truth) for path, truth in files if truth.lines and truth.digits_fit]
    if given.picture:
        zones = [zone for zone in zones if zone[0].name in given.picture]
    readable = set(range(len(zones)))
    for name in () if given.picture else given.reader:
        said = read_all(name, [path for path, _ in zones], given, kept)
        readable &= {index for index, (_, truth) in enumerate(zones) if said[index].lines == truth.lines}
    chosen = sorted(readable) if given.picture else spread(sorted(readable), given.pictures)
    print("Pictures:", *(zones[index][0].name for index in chosen), "\n")
    pictures = [(opened(zones[index][0]), zones[index][1]) for index in chosen]
    kinds = [kind for kind in DEGRADATIONS if not given.only or kind.name in given.only]
    curves = {}
    for name in given.reader:
        curves[name] = [
            measure(reader(name, core=given.core, peers=given.peers), kind, pictures, kept) for kind in kinds
        ]
        print(f"{name} done", file=sys.stderr)
    print(curves_table(curves))
    if given.json:
        said = {
            name: {c.kind.name: {"levels": c.kind.levels, "exact": c.exact, "silent": c.silent} for c in of_reader}
            for name, of_reader in curves.items()
        }
        given.json.write_text(json.dumps({"pictures": len(pictures), "readers": said}, indent=1) + "\n")
    if given.chart:
        title = f"Documents read exactly, in percent of {len(pictures)}"
        given.chart.write_text(curves_chart(title, curves))
    return 0


def spread(indices: Sequence[int], most: int) -> list[int]:
    """Return at most so many, evenly from all: neighbours are often pictures of one document."""
    return [indices[number * len(indices) // most] for number in range(most)] if len(indices) > most else list(indices)


def opened(path: Path) -> Array:
    try:
        return read_picture(path.read_bytes()).pixels
    except EngineError as error:
        raise SystemExit(f"{path}: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
