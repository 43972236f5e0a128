"""Character error rate of the recogniser alone on drawn lines: no rules of the standard, no check digits, no length given.

Texts are lines of legal zones (texts.py), none of which training sees; they are drawn by the generator of the training
(engine/training/lines) with seeds that it never uses. What a person can read is stated by READABLE: training's knobs at
less than their full range.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reading.reporting import table
from benchmarks.reading.scoring import distance
from benchmarks.reading.texts import random_zone

sys.path.insert(0, str(Path(__file__).parents[2] / "engine"))

from training.lines.draw import Printer, Wear
from training.lines.texts import ALPHABET
from visionmq.engine.document.mrz.recogniser import MODEL, Recogniser, load_recogniser

SEED = 9_303_000_000
"""Training seeds are small numbers."""
LENGTHS = (30, 36, 44)
LETTERS = "readable, letters in any order"
"""No legal line: what the network owes to knowing how zones are spelt shows here."""
_BATCH = 50
READABLE = Wear(10, 40, blur=0.6, noise=0.6, jpeg=1.0, contrast=0.4, ground=0.3, defects=0.0)
"""Capitals of 10 to 40 camera pixels; blur of at most 0.07 capitals (or a smear of 0.3); noise of at most 7 grey levels
(14 if coarse); JPEG of any quality from 15; ink that takes at least 55 % of the paper's light; patterns of at most an
eighth of the ink; no letter hidden by a blot or worn away; the strip laid as wrongly as in training. Looked at: a person
reads all of these. With more of training's patterns, paleness and blots there are lines that nobody can read."""
WORN = Wear(10, 40, blur=0.6, noise=0.6, jpeg=1.0, contrast=0.7, ground=0.5, defects=0.5)


@dataclass(frozen=True, slots=True)
class Row:
    """One condition: what it is, and what came out."""

    name: str
    lines: int
    exact: int
    errors: int
    characters: int

    @property
    def rate(self) -> float:
        return self.errors / self.characters


def conditions(many: int, few: int) -> Iterator[tuple[str, Wear, int]]:
    """Yield the readable range, then one knob at a time beyond or within it, then training's full range."""
    yield "readable (see above)", READABLE, many
    for cap in (7, 8, 10, 12, 16, 24, 40):
        yield f"capitals of {cap} px", replace(READABLE, least_cap=cap, most_cap=cap), few
    for knob, amounts in (
        ("blur", (0.0, 1.0, 1.5, 2.0)),
        ("noise", (0.0, 1.0, 2.0, 3.0)),
        ("contrast", (0.0, 0.7, 1.0)),
        ("ground", (0.0, 0.6, 1.0)),
        ("defects", (0.25, 0.5, 1.0)),
        ("misplaced", (0.0, 1.5, 2.0)),
    ):
        for amount in amounts:
            yield f"{knob} {amount:g} of training's", replace(READABLE, **{knob: amount}), few
    yield "half of training's wear, some unreadable", WORN, few
    yield "training's full range, from 7 px", Wear(), few
    yield LETTERS, READABLE, few


def measure(recogniser: Recogniser, name: str, wear: Wear, count: int, seed: int) -> Row:
    """Return what the recogniser makes of so many lines."""
    random = np.random.default_rng([SEED, seed])
    printer, texts = Printer(random, wear), _texts(random, legal=name != LETTERS)
    errors = characters = exact = 0
    for start in range(0, count, _BATCH):
        samples = [printer.sample(text=next(texts)) for _ in range(min(_BATCH, count - start))]
        read = recogniser.read_strips([sample.strip for sample in samples])
        for sample, lettering in zip(samples, read, strict=True):
            printed = "".join(ALPHABET[index] for index in sample.classes)
            found = _best(lettering)
            wrong = distance(printed, found)
            errors, characters, exact = errors + wrong, characters + len(printed), exact + (not wrong)
    return Row(name, count, exact, errors, characters)


def _texts(random: np.random.Generator, *, legal: bool) -> Iterator[str]:
    while True:
        if legal:
            yield from random_zone(random)
        else:
            yield "".join(random.choice(list(ALPHABET), int(random.choice(LENGTHS))))


def _best(lettering: Any) -> str:
    cells = [found for found in map(lettering.cells, LENGTHS) if found is not None]
    return max(cells, key=lambda one: one.fit).best() if cells else ""


def run(many: int) -> list[Row]:
    """Measure all conditions: `many` readable lines, and a twentieth of it in each of the others."""
    recogniser = load_recogniser((files("visionmq.engine.document") / "data" / MODEL).read_bytes())
    rows = []
    for seed, (name, wear, count) in enumerate(conditions(many, max(20, many // 20))):
        began = time.perf_counter()
        rows.append(measure(recogniser, name, wear, count, seed))
        print(f"  {name}: {rows[-1].rate:.3%} ({time.perf_counter() - began:.0f} s)", file=sys.stderr)
    return rows


def lines_table(rows: list[Row]) -> str:
    head = ("lines drawn with", "lines", "exactly right", "characters wrong", "character error rate")
    return table(
        head, [(r.name, str(r.lines), f"{r.exact / r.lines:.1%}", str(r.errors), f"{r.rate:.3%}") for r in rows]
    )
