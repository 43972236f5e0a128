"""Measure what distances of faces mean, write the calibration of the release, and check it on persons held out.

    python benchmarks/face_calibration.py --data ../shared/data            # figures only
    python benchmarks/face_calibration.py --data ../shared/data --write    # and engine/visionmq/engine/face/data/*.json

With VISIONMQ_FACE_MODEL the model of that folder is measured, and its calibration is written beside its manifest.

The sets are faces_lfw_aligned, faces_orl and faces_wild, `dev` unless `--part` says otherwise; the largest face of each
picture is taken as the engine finds it, and pictures in which it finds none are left out.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from visionmq.engine.face import calibration as cal
from visionmq.engine.face.decision import rate_each
from visionmq.engine.face.slot import encoder_folder
from visionmq.engine.face.tables import FILE
from visionmq.engine.face.vision import FaceVision
from visionmq.engine.picture import read_picture

RATES = (0.01, 0.005, 0.001, 0.0001)
HALVES = 40
SEED = 20
TARGET = Path(__file__).parents[1] / "engine" / "visionmq" / "engine" / "face" / "data"


class Shot(NamedTuple):
    """One picture's face."""

    group: str
    person: str
    encoding: np.ndarray[Any, Any]


def listed(data: Path, part: str) -> Iterator[tuple[str, str, Path]]:
    """Yield set, person and file of every picture."""
    for path in sorted((data / "faces_lfw_aligned" / part / "images").iterdir()):
        yield "lfw", path.stem.rsplit("_", 1)[0], path
    for group in ("orl", "wild"):
        folder = data / f"faces_{group}" / part
        with open(folder / "labels.csv", newline="") as file:
            for row in csv.DictReader(file):
                yield group, row["identity"], folder / row["file"]


def encode_all(vision: FaceVision, data: Path, part: str) -> tuple[list[Shot], dict[str, int]]:
    """Return every face, and how many pictures of each set had none."""
    shots, missed = [], {"lfw": 0, "orl": 0, "wild": 0}
    for group, person, path in listed(data, part):
        pixels = read_picture(path.read_bytes()).pixels
        faces = vision.find(pixels, most=1)
        if faces:
            shots.append(Shot(group, f"{group}/{person}", vision.encode(pixels, faces)[0]))
        else:
            missed[group] += 1
    return shots, missed


def pairs_of(shots: list[Shot]) -> cal.Pairs:
    return cal.pairs_of(np.array([shot.encoding for shot in shots]), [shot.person for shot in shots])


def set_row(name: str, shots: list[Shot], curve: cal.Curve) -> cal.SetRow:
    pairs = pairs_of(shots)
    impostor, genuine = pairs.distances[~pairs.genuine], pairs.distances[pairs.genuine]
    limits = {f"{rate:g}": cal.threshold_at(curve, rate) for rate in RATES}
    return cal.SetRow(
        name=name,
        persons=pairs.persons,
        pictures=len(shots),
        genuine=len(genuine),
        impostor=len(impostor),
        fmr={rate: float((impostor <= limit).mean()) for rate, limit in limits.items()},
        fnmr={rate: float((genuine > limit).mean()) for rate, limit in limits.items()},
    )


def table_of(vision: FaceVision, shots: list[Shot]) -> cal.Table:
    pairs = pairs_of(shots)
    best = cal.fit(pairs)
    genuine = int(pairs.genuine.sum())
    impostor = len(pairs.distances) - genuine
    sets = [set_row(name, [shot for shot in shots if shot.group == name], best) for name in ("lfw", "orl", "wild")]
    return cal.Table(
        model=vision.model.name,
        version=vision.model.version,
        dimension=vision.model.dimension,
        measured_on=(
            f"LFW (aligned crops, fold 1), ORL and web photographs: {pairs.persons} persons, {genuine:,} genuine and "
            f"{impostor:,} impostor pairs of {pairs.person_pairs:,} pairs of persons"
        ),
        persons=pairs.persons,
        genuine=genuine,
        impostor=impostor,
        person_pairs=pairs.person_pairs,
        best=_short(best),
        resampled=[_short(cal.fit(pairs, weights)) for weights in cal.resample(pairs, SEED)],
        sets=sets,
    )


def _short(curve: cal.Curve) -> cal.Curve:
    rounded = [tuple(round(number, 4) for number in line) for line in msgspec.structs.astuple(curve)]
    return cal.Curve(*rounded)


def halves(shots: list[Shot]) -> tuple[dict[float, list[float]], np.ndarray[Any, Any]]:
    """Return false-match rates measured on persons that the threshold has not seen, and the reliability there."""
    draw = np.random.default_rng(SEED)
    names = sorted({shot.person for shot in shots})
    rates: dict[float, list[float]] = {rate: [] for rate in RATES}
    table = []
    for _ in range(HALVES):
        known = set(draw.permutation(names)[: len(names) // 2])
        curve = cal.fit(pairs_of([shot for shot in shots if shot.person in known]))
        rest = pairs_of([shot for shot in shots if shot.person not in known])
        weight, impostor = rest.even, ~rest.genuine
        for rate in RATES:
            below = rest.distances <= cal.threshold_at(curve, rate)
            rates[rate].append(float((weight * below)[impostor].sum() / weight[impostor].sum()))
        table.append(reliability(curve, rest))
    return rates, np.mean(table, axis=0)


def reliability(curve: cal.Curve, pairs: cal.Pairs) -> np.ndarray[Any, Any]:
    """Return for bins of the stated probability: stated, true, and the part of pairs; both kinds weigh one half."""
    stated = np.array([cal.evidence_at(curve, distance) for distance in np.arange(0, 2001) / 1000.0])
    stated = (1 / (1 + np.exp(-stated)))[np.minimum(2000, (pairs.distances * 1000).round().astype(int))]
    weight = pairs.even.copy()
    weight[pairs.genuine] *= 0.5 / weight[pairs.genuine].sum()
    weight[~pairs.genuine] *= 0.5 / weight[~pairs.genuine].sum()
    rows = []
    for low, high in ((0, 0.01), (0.01, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 0.99), (0.99, 1.01)):
        inside = (stated >= low) & (stated < high)
        total = max(weight[inside].sum(), 1e-12)
        rows.append(((weight * stated)[inside].sum() / total, (weight * pairs.genuine)[inside].sum() / total, total))
    return np.array(rows)


def searches(shots: list[Shot], curve: cal.Curve, fmr: float = 0.01) -> tuple[int, float, float, float]:
    """Return gallery size, rates of true and of false identification, and rank-1 rate of open-set searches.

    One picture of half of the persons is enrolled; the rest of theirs are searched, and one of each other person.
    """
    draw = np.random.default_rng(SEED)
    found, false, first, sizes = [], [], [], []
    for _ in range(HALVES):
        order = draw.permutation(len(shots))
        shown: dict[str, int] = {}
        for place in order:
            shown.setdefault(shots[place].person, place)
        enrolled = {name: place for name, place in shown.items() if draw.random() < 0.5}
        names, gallery = list(enrolled), np.array([shots[place].encoding for place in enrolled.values()])
        limit = cal.threshold_at(curve, rate_each(fmr, len(gallery)))
        for place in order:
            person = shots[place].person
            if place == shown[person] and person in enrolled:
                continue
            if person not in enrolled and place != shown[person]:
                continue
            away = np.linalg.norm(gallery - shots[place].encoding, axis=1)
            best = int(away.argmin())
            if person in enrolled:
                found.append(away[best] <= limit and names[best] == person)
                first.append(names[best] == person)
            else:
                false.append(away[best] <= limit)
        sizes.append(len(gallery))
    return round(np.mean(sizes)), float(np.mean(found)), float(np.mean(false)), float(np.mean(first))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--part", default="dev")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    vision = FaceVision()
    vision.load()
    shots, missed = encode_all(vision, options.data, options.part)
    table = table_of(vision, shots)
    print(f"{table.model}: {table.measured_on}; no face found in {missed}")
    for rate in RATES:
        limit = cal.threshold_at(table.best, rate)
        own = "; ".join(
            f"{row.name} FMR {row.fmr[f'{rate:g}']:.5f} FNMR {row.fnmr[f'{rate:g}']:.4f}" for row in table.sets
        )
        print(f"wanted {rate:g}: threshold {limit:.4f}; {own}")
    measured, bins = halves(shots)
    for rate, values in measured.items():
        low, high = np.quantile(values, [0.05, 0.95])
        print(f"wanted {rate:g}: on persons held out {np.mean(values):.6f} (5 to 95 %: {low:.6f} to {high:.6f})")
    for stated, true, part in bins:
        print(f"said {stated:.4f}: true {true:.4f} ({part:.3f} of all)")
    print(f"mean gap of said and true: {(abs(bins[:, 0] - bins[:, 1]) * bins[:, 2]).sum():.4f}")
    size, found, false, first = searches(shots, table.best)
    print(f"1:{size}, FMR of the search 0.01: {found:.3f} found, {false:.4f} false, {first:.3f} nearest is right")
    if options.write:
        folder = encoder_folder()
        path = folder / FILE if folder else TARGET / f"{table.model}.json"
        path.write_bytes(msgspec.json.format(msgspec.json.encode(table), indent=1) + b"\n")
        print(f"wrote {path} ({path.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
