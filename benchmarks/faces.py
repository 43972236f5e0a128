"""Faces: ours and plain `face_recognition`, in one run on the same pictures, on one core.

    python -m benchmarks.faces DATA [--split dev] [--faults] [--roc FILE.svg] [--json FILE]

DATA holds `faces_detect`, `faces_wild`, `faces_orl` and `faces_lfw_aligned`, each with a folder of the split's name.
Faces found are counted by points of noses, in the pictures as they are and turned by quarters; a picture of one
person by its largest face. Accuracy is that of the listed pairs, a pair with a face that was not found being wrong;
the share of true matches at a false-match rate is that of all pairs of pictures in a set. Times are processor time: detection of
each picture, encoding of each face (landmarks' crop and network). The encodings of both are compared on the same boxes.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import cv2
import numpy as np

from benchmarks.reading.reporting import table
from benchmarks.recognising.finding import Found, find_all
from benchmarks.recognising.reading import Portraits, portraits
from benchmarks.recognising.recognisers import Ours, Peer, Recogniser
from benchmarks.recognising.roc import plot
from benchmarks.recognising.verifying import Verified, verify

SETS = ("faces_wild", "faces_orl", "faces_lfw_aligned")


def main() -> None:
    """Print what was measured."""
    asked = _arguments()
    cv2.setNumThreads(1)
    recognisers: list[Recogniser] = [Ours(), Peer()]
    found = {
        one.name: [find_all(one, asked.data / "faces_detect" / asked.split, turn) for turn in range(4)]
        for one in recognisers
    }
    print(_found_table(found))
    if asked.faults:
        print("\n".join(f"{name}: {fault}" for name, parts in found.items() for part in parts for fault in part.faults))
    sets = [portraits(asked.data / name / asked.split, name) for name in SETS]
    verified = {one.name: [_verified(one, pictures, asked.faults) for pictures in sets] for one in recognisers}
    print(_verified_table(verified))
    print(_time_table(found, verified))
    print(_encodings(recognisers, sets))
    if asked.roc:
        asked.roc.write_text(plot({name: parts[-1] for name, parts in verified.items()}))
    if asked.json:
        plain = {name: [part.plain() for part in parts] for name, parts in verified.items()}
        asked.json.write_text(
            json.dumps({"found": {n: [asdict(p) for p in ps] for n, ps in found.items()}, "verified": plain})
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--faults", action="store_true", help="a line for each picture with a face missed or invented")
    parser.add_argument("--roc", type=Path, help="write the curves of the largest set as SVG")
    parser.add_argument("--json", type=Path, help="write every figure")
    return parser.parse_args()


def _verified(one: Recogniser, pictures: Portraits, faults: bool) -> Verified:
    result = verify(one, pictures)
    if faults and result.missed:
        print(f"{one.name}: {pictures.name}: no face in {', '.join(result.missed)}")
    return result


def _found_table(found: Mapping[str, Sequence[Found]]) -> str:
    head = (
        "faces_detect",
        "found, upright",
        "invented",
        "found, turned by 90, 180, 270",
        "invented",
        "CPU ms, median",
        "mean",
    )
    rows = []
    for name, (upright, *turned) in found.items():
        sums = [sum(getattr(part, field) for part in turned) for field in ("right", "faces", "invented")]
        times = np.array(upright.times) * 1e3
        rows.append((
            name, f"{upright.right} of {upright.faces}", str(upright.invented), f"{sums[0]} of {sums[1]}", str(sums[2]),
            f"{np.median(times):.0f}", f"{times.mean():.0f}",
        ))  # fmt: skip
    return table(head, rows) + "\n"


def _verified_table(verified: Mapping[str, Sequence[Verified]]) -> str:
    head = (
        "set", "recogniser", "pictures with a face found", "pairs", "right at 0.6", "right at the best threshold",
        "best threshold", "true matches at FMR 1 %", "at 0.1 %", "genuine, impostor pairs",
    )  # fmt: skip
    rows = [
        (
            part.set_name, name, f"{part.found} of {part.pictures}", str(part.pairs), f"{part.at_fixed:.4f}",
            f"{part.at_best:.4f}", f"{part.best:.3f}", f"{part.true_matches(0.01):.4f}", f"{part.true_matches(0.001):.4f}",
            f"{part.genuine.size:,}, {part.impostor.size:,}",
        )
        for parts in zip(*verified.values(), strict=True) for name, part in zip(verified, parts, strict=True)
    ]  # fmt: skip
    return table(head, rows) + "\n"


def _time_table(found: Mapping[str, Sequence[Found]], verified: Mapping[str, Sequence[Verified]]) -> str:
    head = ("CPU ms a picture: detection, median", *verified)
    times = {name: [found[name][0].times, *(part.find_times for part in parts)] for name, parts in verified.items()}
    names = ("faces_detect", *(part.set_name for part in next(iter(verified.values()))))
    rows = [
        (label, *(f"{np.median(times[name][place]) * 1e3:.1f}" for name in verified))
        for place, label in enumerate(names)
    ]
    encode = [
        f"{np.median(np.concatenate([part.encode_times for part in parts])) * 1e3:.1f}" for parts in verified.values()
    ]
    return table(head, [*rows, ("encoding of a face", *encode)]) + "\n"


def _encodings(recognisers: Sequence[Recogniser], sets: Sequence[Portraits]) -> str:
    """How far the two networks' encodings of the same boxes lie apart."""
    ours, peer = recognisers
    worst, longest, count = 0.0, 0.0, 0
    for pictures in sets:
        for file in pictures.files[:: max(1, len(pictures.files) // 100)]:
            pixels = pictures.read(file)
            boxes = peer.find(pixels)[:1]
            if boxes:
                apart = ours.encode_boxes(pixels, boxes) - peer.encode_boxes(pixels, boxes)
                worst = max(worst, float(np.abs(apart).max()))
                longest = max(longest, float(np.linalg.norm(apart, axis=1).max()))
                count += 1
    return f"Same boxes, {count} faces: largest difference of a number {worst:.1e}, of an encoding {longest:.1e}."


if __name__ == "__main__":
    main()
