"""Fit the weights and levels of `visionmq.engine.brand.scoring`: how probable a brand is, and how near strangers come.

    python -m training.brand_odds DRAWINGS PHOTOGRAPHS... [--judge]

`--judge` fits nothing: it says how the present weights, and the cut of the default rate, do on both parts.

`DRAWINGS` is the folder that `training.brands.drawings` wrote; of its held-out brands (none is trained on, none
is in `never_train.txt`) those after the first 150 are used, so that the first 150 can tell how well the fit holds. Half of the
queries show a brand of the gallery, the others a stranger, or nothing.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from training import logistic
from training.brand_places import SIZE, scene
from training.brands.degrade import degrade, proposal
from training.brands.drawings import from_canvas, read
from training.brands.evaluate import reference
from training.brands.photographs import read_photographs
from training.brands.recolour import recolour
from visionmq.engine.brand.embedding import LogoEmbedding
from visionmq.engine.brand.gallery import Near
from visionmq.engine.brand.marks import Marks, marks_of, pack, unpack
from visionmq.engine.brand.recognition import NEIGHBOURS, Asked, Sighting, look, sight
from visionmq.engine.brand.scoring import DEFAULT_LEVEL, ODDS, REFERENCE_COUNT, RISE, Evidence, Level, cut, terms
from visionmq.engine.brand.views import views
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array
from visionmq.schemas.brand.recognition import DEFAULT_FPR

KEPT_BACK: Final = 150
_SIZES: Final = (12, 40, 120)
_ROUNDS: Final = 20
_QUERIES: Final = 40
_DRAWN, _SMALL = 0.15, 0.2
"""Parts of the queries that are drawings in other colours, and small in a photograph."""
_CUT_OUT: Final = 0.5
"""Part of the others that are cut out."""
_RATES: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5)
_STRANGERS: Final = 0.25
"""Part of the pictures without a known brand that show another brand's logo."""
_CANDIDATES: Final = 5
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
        yield Query(_shown(drawings[at][1], photographs, random), names[at] if kind == "known" else None, kind)


def _shown(drawing: Array, photographs: list[Array], random: np.random.Generator) -> Pixels:
    """Return a picture that shows a drawing: cut out, in a scene, small in a photograph, or drawn in other colours."""
    way = random.random()
    if way < _DRAWN:
        return reference(recolour(drawing, random))
    if way < _DRAWN + _SMALL:
        behind = cv2.resize(photographs[int(random.integers(len(photographs)))], SIZE, interpolation=cv2.INTER_AREA)
        return scene(drawing, np.asarray(behind), random)[0]
    picture, quad = degrade(drawing, random, photographs)
    return np.ascontiguousarray(proposal(picture, quad, random)) if random.random() < _CUT_OUT else picture


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
    return [*found[:_CANDIDATES], *([nearest] if nearest is not None and nearest not in found[:_CANDIDATES] else [])]


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


def strangers(rows: Sequence[Row]) -> float:
    """Return the similarity that one stranger in a hundred reaches among REFERENCE_COUNT comparisons, at the given RISE."""
    best: dict[int, tuple[float, int]] = {}
    for row in rows:
        if row.kind != "known":
            near = max(best.get(row.query, (-1.0, 0))[0], row.evidence.similarity)
            best[row.query] = near, row.comparisons
    levels = [near - RISE * np.log(count / REFERENCE_COUNT) for near, count in best.values()]
    return float(np.quantile(levels, 0.99))


def fit(rows: Sequence[Row], level: Level) -> dict[str, float]:
    """Return the weights of a logistic regression over the rows."""
    described = [terms(row.evidence, level.similarity(row.comparisons)) for row in rows]
    names = list(described[0])
    measured = np.array([[one[name] for name in names] for one in described])
    right = np.array([row.right for row in rows], np.float64)
    weights = logistic.fit(measured, right, _RIDGE)
    return dict(zip(names, (round(float(weight), 3) for weight in weights), strict=True))


@dataclass(frozen=True, slots=True)
class Best:
    """A query's most probable brand."""

    sure: float
    right: bool
    kind: str


def best_of(rows: Sequence[Row], level: Level, weights: dict[str, float]) -> list[Best]:
    """Return the most probable brand of each query."""
    best: dict[int, Best] = {}
    for row in rows:
        described = terms(row.evidence, level.similarity(row.comparisons))
        score = sum(weights.get(name, 0.0) * value for name, value in described.items())
        sure = float(1 / (1 + np.exp(-np.clip(score, -30, 30))))
        if row.query not in best or sure > best[row.query].sure:
            best[row.query] = Best(sure, row.right, row.kind)
    return list(best.values())


def passing(best: Sequence[Best], kind: str, least: float) -> float:
    """Return the part of the queries of a kind whose best brand is at least so probable."""
    return float(np.mean([one.sure >= least for one in best if one.kind == kind]))


def cut_of(best: Sequence[Best], rate: float) -> float:
    """Return the least probability by which pictures without a known brand pass at this rate."""
    steps = 1 / (1 + np.exp(-np.linspace(-8, 8, 801)))
    passed = [
        _STRANGERS * passing(best, "stranger", least) + (1 - _STRANGERS) * passing(best, "photograph", least)
        for least in steps
    ]
    return float(next((least for least, part in zip(steps, passed, strict=True) if part <= rate), 1.0))


def judge(best: Sequence[Best]) -> None:
    """Print how good the ranking is, what each cut lets through, and whether probabilities come true."""
    known = [one for one in best if one.kind == "known"]
    kinds = {kind: [one for one in best if one.kind == kind] for kind in ("stranger", "photograph")}
    print(f"top-1 of {len(known)} known: {np.mean([one.right for one in known]):.3f}")
    cuts = [("the default cut", cut(DEFAULT_FPR)), *((f"{rate:.1%}", cut_of(best, rate)) for rate in _RATES)]
    for name, least in cuts:
        through = ", ".join(
            f"{sum(one.sure >= least for one in ones)} of {len(ones)} {kind}s" for kind, ones in kinds.items()
        )
        right = np.mean([one.right and one.sure >= least for one in known])
        wrong = np.mean([not one.right and one.sure >= least for one in known])
        print(f"{name}: {least:.3f} lets through {through}; known {right:.3f} right, {wrong:.3f} wrong")
    for low in np.arange(0, 1, 0.1):
        inside = [one.right for one in best if low <= one.sure < low + 0.1]
        if inside:
            print(f"said {low:.1f} to {low + 0.1:.1f}: {np.mean(inside):.2f} right of {len(inside)}")


def gathered(part: tuple[int, int, int], folder: Path, behind: list[Path]) -> list[Row]:
    """Return the rows of a part (first, last, seed) of the held-out brands; each process reads all for itself."""
    first, last, seed = part
    canvases, named = read(folder / "unseen")
    rows = list(zip(named, canvases, strict=True))[first:last]
    drawings = [(row["brand"], from_canvas(canvas)) for row, canvas in rows]
    embedding = LogoEmbedding.load()
    return gather(drawings, hold(drawings, embedding), read_photographs(behind), embedding, seed)


def main() -> None:
    """Gather, fit and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("drawings", type=Path)
    parser.add_argument("photographs", type=Path, nargs="+")
    parser.add_argument("--judge", action="store_true", help="judge the present weights, fit none")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    parts = [(KEPT_BACK, 10_000, 1), (0, KEPT_BACK, 2)]
    with ProcessPoolExecutor(2) as pool:
        work = partial(gathered, folder=asked.drawings, behind=asked.photographs)
        rows, held_back = pool.map(work, parts)
    if asked.judge:
        for words, part in (("fitted on:", rows), ("held back:", held_back)):
            print(words)
            judge(best_of(part, Level(), ODDS))
        return
    reached = strangers(rows)
    print(f"DEFAULT_LEVEL {reached:.3f}, of the others {strangers(held_back):.3f}")
    level = Level(reached - DEFAULT_LEVEL)
    weights = fit(rows, level)
    print(weights)
    told = [best_of(part, level, weights) for part in (rows, held_back)]
    for words, best in zip(("fitted on:", "held back:"), told, strict=True):
        print(words)
        judge(best)
    both = [(rate, round(cut_of([*told[0], *told[1]], rate), 3)) for rate in _RATES]
    print(f"CUTS {both}")


if __name__ == "__main__":
    main()
