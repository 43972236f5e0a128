"""Fit the weights and levels of `visionmq.engine.brand.scoring`: how probable a brand is, and how near strangers come.

    python -m training.brand_odds DRAWINGS PHOTOGRAPHS [--model MODEL.onnx]

`DRAWINGS` is the folder that `training.brands.drawings` wrote; of its held-out brands (none is trained on, none
is in `never_train.txt`) those after the first 150 are used, so that the first 150 can tell how well the fit holds. Half of the
queries show a brand of the gallery, the others a stranger, or nothing.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.brands.degrade import degrade, proposal
from training.brands.drawings import from_canvas, read
from training.brands.evaluate import reference
from training.brands.photographs import read_photographs
from visionmq.engine.brand.embedding import LogoEmbedding
from visionmq.engine.brand.gallery import Near
from visionmq.engine.brand.marks import Marks, marks_of, pack, unpack
from visionmq.engine.brand.recognition import NEIGHBOURS, Asked, Sighting, look, sight
from visionmq.engine.brand.scoring import REFERENCE_COUNT, Evidence, Level, terms
from visionmq.engine.brand.views import views
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

_KEPT_BACK: Final = 150
_SIZES: Final = (12, 40, 120)
_ROUNDS: Final = 4
_QUERIES: Final = 24
_RATES: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
_RIDGE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Held:
    """A gallery in memory, with what recognition asks of one."""

    names: Sequence[str]
    vectors: Array
    kept: Sequence[Marks | None]

    def marks(self, template: str, brand: str) -> Marks | None:
        """Return the marks of a template, whose id is its number."""
        del brand
        return self.kept[int(template)]

    def nearest(self, probes: Array) -> list[list[Near]]:
        """Return the nearest brands of each probe."""
        near = probes @ self.vectors.T
        order = np.argsort(-near, axis=1, kind="stable")[:, :NEIGHBOURS]
        return [
            [Near(self.names[at], float(row[at]), str(at), self.names[at], 1) for at in best]
            for row, best in zip(near, order, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Query:
    """A picture, and the brand it shows; none for a stranger or a photograph."""

    pixels: Pixels
    brand: str | None
    kind: str


def hold(drawings: Sequence[tuple[str, Array]], embedding: Any) -> Held:
    """Return a gallery with one clean reference a brand."""
    pictures = [reference(bgra) for _, bgra in drawings]
    means = np.array([embedding.embed(views(picture)).mean(axis=0) for picture in pictures])
    marks = [unpack(pack(marks_of(picture))) for picture in pictures]
    vectors = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    return Held([name for name, _ in drawings], vectors, marks)


def part_of(held: Held, chosen: Array) -> Held:
    """Return a gallery of some of the brands."""
    names, kept = [held.names[at] for at in chosen], [held.kept[at] for at in chosen]
    return Held(names, held.vectors[chosen], kept)


def queries_of(
    drawings: Sequence[tuple[str, Array]],
    known: set[str],
    photographs: list[Array],
    count: int,
    random: np.random.Generator,
) -> Iterator[Query]:
    """Yield queries: brands of the gallery, strangers, and photographs, as pictures and as crops."""
    names = [name for name, _ in drawings]
    inside = [at for at, name in enumerate(names) if name in known]
    outside = [at for at, name in enumerate(names) if name not in known]
    for number in range(count):
        kind = ("known", "known", "stranger", "photograph")[number % 4]
        if kind == "photograph":
            yield Query(photographs[int(random.integers(len(photographs)))], None, kind)
            continue
        at = int(random.choice(inside if kind == "known" else outside))
        picture, quad = degrade(drawings[at][1], random, photographs)
        shown = proposal(picture, quad, random) if random.random() < 0.5 else picture
        yield Query(np.ascontiguousarray(shown), names[at] if kind == "known" else None, kind)


@dataclass(frozen=True, slots=True)
class Row:
    """What speaks for one sighting, whether it is right, and where it comes from."""

    evidence: Evidence
    comparisons: int
    right: bool
    query: int
    kind: str


def rows_of(held: Held, queries: Sequence[Query], embedding: Any, start: int) -> list[Row]:
    """Return the sightings of all queries that were looked at closely, each picture's nearest first."""
    rows: list[Row] = []
    for number, (query, seen) in enumerate(
        zip(queries, look([query.pixels for query in queries], embedding, "auto"), strict=True)
    ):
        near = held.nearest(seen.vectors)
        found = sight(seen, near, held, Level(), Asked(), len(held.names))  # type: ignore[arg-type]
        counted = len(held.names) * len(near)
        rows.extend(
            Row(one.evidence, counted, one.brand == query.brand, start + number, query.kind) for one in _best(found)
        )
    return rows


def _best(found: Sequence[Sighting]) -> Sequence[Sighting]:
    """Return the sightings that may win: the first of the present weights, and the nearest."""
    nearest = max(found, key=lambda one: one.similarity, default=None)
    return [*found[:4], *([nearest] if nearest is not None and nearest not in found[:4] else [])]


def gather(
    drawings: Sequence[tuple[str, Array]], held: Held, photographs: list[Array], embedding: Any, seed: int
) -> list[Row]:
    """Return the rows of galleries of several sizes."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for turn in range(_ROUNDS):
        for size in _SIZES:
            chosen = random.permutation(len(drawings))[: min(size, len(drawings) * 2 // 3)]
            part = part_of(held, chosen)
            asked = list(queries_of(drawings, set(part.names), photographs, _QUERIES, random))
            rows.extend(rows_of(part, asked, embedding, len(rows) * 1000 + turn))
    return rows


def strangers(rows: Sequence[Row]) -> tuple[float, float, Array]:
    """Return the level and the rise of the similarity that strangers reach (least squares on quantiles), and the table."""
    best: dict[int, tuple[float, int]] = {}
    for row in rows:
        if row.kind != "known":
            near = max(best.get(row.query, (-1.0, 0))[0], row.evidence.similarity)
            best[row.query] = near, row.comparisons
    table = np.array(sorted((np.log(count / REFERENCE_COUNT), near) for near, count in best.values()))
    parts = np.array_split(table, 4)
    points = np.array([(part[:, 0].mean(), np.quantile(part[:, 1], 0.95)) for part in parts])
    rise, level = np.polyfit(points[:, 0], points[:, 1], 1)
    return float(level), float(rise), points


def fit(rows: Sequence[Row], level: Level) -> dict[str, float]:
    """Return the weights of a logistic regression over the rows (Newton's method, ridge)."""
    described = [terms(row.evidence, level.similarity(row.comparisons)) for row in rows]
    names = list(described[0])
    measured = np.array([[one[name] for name in names] for one in described])
    right = np.array([row.right for row in rows], np.float64)
    weights = np.zeros(len(names))
    for _ in range(40):
        sure = 1 / (1 + np.exp(-np.clip(measured @ weights, -30, 30)))
        slope = measured.T @ (sure - right) + _RIDGE * weights
        curve = (measured * (sure * (1 - sure))[:, None]).T @ measured + _RIDGE * np.eye(len(names))
        weights -= np.linalg.solve(curve, slope)
    return dict(zip(names, (round(float(weight), 3) for weight in weights), strict=True))


def judge(rows: Sequence[Row], level: Level, weights: dict[str, float]) -> None:
    """Print how good the ranking is, and the probability that only a part of strangers reaches."""
    best: dict[int, tuple[float, bool, str]] = {}
    for row in rows:
        described = terms(row.evidence, level.similarity(row.comparisons))
        score = sum(weights.get(name, 0.0) * value for name, value in described.items())
        sure = float(1 / (1 + np.exp(-np.clip(score, -30, 30))))
        if row.query not in best or sure > best[row.query][0]:
            best[row.query] = sure, row.right, row.kind
    known = [one for one in best.values() if one[2] == "known"]
    print(f"top-1 of {len(known)} known: {np.mean([one[1] for one in known]):.3f}")
    for kind in ("stranger", "photograph"):
        sure = np.array([one[0] for one in best.values() if one[2] == kind])
        cuts = [(rate, round(float(np.quantile(sure, 1 - rate)), 3)) for rate in _RATES]
        recall = [round(float(np.mean([one[0] >= cut and one[1] for one in known])), 3) for _, cut in cuts]
        print(f"{kind} {len(sure)}: cut by rate {cuts}, right and above it {recall}")
    for low in np.arange(0, 1, 0.1):
        inside = [right for sure, right, _ in best.values() if low <= sure < low + 0.1]
        if inside:
            print(f"said {low:.1f} to {low + 0.1:.1f}: {np.mean(inside):.2f} right of {len(inside)}")


def main() -> None:
    """Gather, fit and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("drawings", type=Path)
    parser.add_argument("photographs", type=Path, nargs="+")
    parser.add_argument("--model", type=Path)
    asked = parser.parse_args()
    embedding = LogoEmbedding(asked.model.read_bytes()) if asked.model else LogoEmbedding.load()
    canvases, named = read(asked.drawings / "unseen")
    drawings = [(row["brand"], from_canvas(canvas)) for row, canvas in zip(named, canvases, strict=True)]
    photographs = read_photographs(asked.photographs)
    fitted = drawings[_KEPT_BACK:]
    rows = gather(fitted, hold(fitted, embedding), photographs, embedding, seed=1)
    level, rise, points = strangers(rows)
    print(f"DEFAULT_LEVEL {level:.3f} RISE {rise:.4f} from {np.round(points, 3).tolist()}")
    weights = fit(rows, Level())
    print(weights)
    judge(rows, Level(), weights)
    held_back = drawings[:_KEPT_BACK]
    print("held back:")
    judge(gather(held_back, hold(held_back, embedding), photographs, embedding, seed=2), Level(), weights)


if __name__ == "__main__":
    main()
