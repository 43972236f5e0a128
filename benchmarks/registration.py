"""How often two pictures are laid on each other rightly, wrongly, and wrongly with confidence; and the calibration.

    python -m benchmarks.registration FOLDER [--only NAME...] [--cross 0] [--json FILE]
    python -m benchmarks.registration --calibrate FOLDER... [--chart FILE.svg]

FOLDER holds pairs.json and its pictures. All recipes run in one process, on one core, on the same pairs; times are
processor time without what other pairs left in a cache. `--calibrate` makes seeded pairs of all pictures below the
folders and fits the weights of the certificate's probability; each half of the pictures is checked by weights that
were fitted on the other.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import cv2
import numpy as np

from benchmarks.reading.reporting import table
from benchmarks.registering import calibrating, pairs, plot, warping
from benchmarks.registering.recipes import Recipe, all_recipes
from benchmarks.registering.scoring import HEAD, WRONG, Result, row, score
from visionmq.engine.registration import calibration
from visionmq.engine.registration.certificate import ACCEPT_PROBABILITY

YARDSTICK = "OpenCV, sift"
"""The recipe whose solved pairs times are compared on."""
_Item = TypeVar("_Item")


def main() -> int:
    """Run what was asked for; exit 1 where one of ours stood by a wrong answer."""
    asked = _arguments()
    cv2.setNumThreads(1)
    if asked.calibrate:
        return _calibrate(asked)
    recipes = [one for one in all_recipes() if not asked.only or any(word in one.name for word in asked.only)]
    known = pairs.given(asked.folders[0])
    every = [*known, *_some(pairs.crossed(known), asked.cross)]
    results = {one.name: _measured(one, every) for one in recipes}
    print(table(HEAD, [row(name, score(found, results.get(YARDSTICK, ()))) for name, found in results.items()]))
    if asked.faults:
        print(
            "\n".join(
                line for name, found in results.items() if name.startswith("ours") for line in _faults(name, found)
            )
        )
    if asked.json:
        asked.json.write_text(json.dumps({name: [one.plain() for one in found] for name, found in results.items()}))
    ours = [score(found) for name, found in results.items() if name.startswith("ours")]
    return int(any(one.wrong or one.refused < one.unrelated for one in ours))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="recipes whose name holds a word")
    parser.add_argument(
        "--cross", type=int, default=None, help="so many cross pairs of unrelated pictures; default all"
    )
    parser.add_argument("--faults", action="store_true", help="a line for each pair that ours did not solve or refuse")
    parser.add_argument("--json", type=Path, help="write every answer")
    parser.add_argument("--calibrate", action="store_true", help="fit and check the certificate's probabilities")
    parser.add_argument("--warps", type=int, default=600, help="pairs made of one picture")
    parser.add_argument("--apart", type=int, default=200, help="pairs of two unrelated pictures")
    parser.add_argument("--algorithms", nargs="*", default=["sift", "orb", "akaze", "brisk"])
    parser.add_argument("--samples", type=Path, help="fit to what an earlier --calibrate wrote by --json")
    parser.add_argument("--chart", type=Path, help="write the reliability plot")
    return parser.parse_args()


def _some(crossed: Sequence[pairs.Pair], most: int | None) -> list[pairs.Pair]:
    """Return evenly chosen cross pairs, all of them where no number is given."""
    if most is None or most >= len(crossed):
        return list(crossed)
    return [crossed[int(place)] for place in np.linspace(0, len(crossed) - 1, most)]


def _measured(recipe: Recipe, every: Sequence[pairs.Pair]) -> list[Result]:
    results = []
    for pair in _progress(every, recipe.name):
        user, model = pairs.read(pair.user), pairs.read(pair.model)
        answer = recipe.answer(user, model, cold=not pair.crossed)
        error = None
        if pair.truth is not None:
            missing = answer.matrix is None
            error = float("inf") if missing else pairs.grid_error(answer.matrix, pair.truth, user.shape, model.shape)
        results.append(Result(pair, answer, error))
    return results


def _faults(name: str, results: Sequence[Result]) -> Iterator[str]:
    for one in results:
        wrong = one.error is not None and not one.solved
        if wrong or (one.answer.accepted and not one.pair.related):
            error = "" if one.error is None else f", error {one.error:.1f} px, tolerance {one.pair.tolerance:g}"
            yield f"  {name}: {one.pair.name}: accepted {one.answer.accepted}, {one.answer.note}{error}"


def _calibrate(asked: argparse.Namespace) -> int:
    """Print the weights fitted to all pairs, and how they hold; and weights of each half of the pictures on the other."""
    found = _samples(asked)
    if asked.json:
        asked.json.write_text(json.dumps([calibrating.plain(sample) for sample in found]))
    halves = [[one for one in found if one.half == half] for half in (0, 1)]
    fresh = calibrating.fitted(found)
    for name, part in zip(("EVIDENCE", "ACCURACY"), fresh, strict=True):
        print(f"{name} = {{\n{calibrating.table_of(part)}\n}}")
    apart = np.concatenate([_stated(halves[half], calibrating.fitted(halves[1 - half])) for half in (0, 1)])
    every = [*halves[0], *halves[1]]
    panels = {
        "each half by weights of the other": _checked(every, apart, "each half by weights of the other"),
        "by the weights fitted to all": _checked(every, _stated(every, fresh), "by the weights fitted to all"),
    }
    engine = (calibration.EVIDENCE, calibration.ACCURACY)
    _checked(every, _stated(every, engine), "by the engine's weights")
    if asked.chart:
        title = f"Probability of an error of at most {calibration.TOLERANCE:g} px: stated and held"
        asked.chart.write_text(plot.reliability(title, panels))
    return 0


def _samples(asked: argparse.Namespace) -> list[calibrating.Sample]:
    if asked.samples:
        return [calibrating.sample_of(said) for said in json.loads(asked.samples.read_text())]
    known = warping.sources(asked.folders)
    made = [
        *(partial(warping.warped, known, number) for number in range(asked.warps)),
        *(partial(warping.unrelated, known, number) for number in range(asked.apart)),
    ]
    return calibrating.samples((make() for make in _progress(made, f"{len(known)} pictures")), asked.algorithms)


def _stated(some: Sequence[calibrating.Sample], weights: calibrating.Weights) -> pairs.Array:
    return calibrating.stated(some, weights, calibration.TOLERANCE)


def _checked(some: Sequence[calibrating.Sample], chances: pairs.Array, title: str) -> list[calibrating.Decile]:
    """Print and return how stated probabilities hold on samples."""
    errors = np.array([sample.error for sample in some])
    found = calibrating.deciles(chances, errors <= calibration.TOLERANCE)
    print(f"\n{title}: {len(some)} matrices\n{_deciles(found)}")
    sure = chances >= ACCEPT_PROBABILITY
    print(
        f"stated with {ACCEPT_PROBABILITY:g} or more: {sure.sum()}, of them over 20 px off: {(errors[sure] > WRONG).sum()}"
    )
    return found


def _deciles(found: Sequence[calibrating.Decile]) -> str:
    rows = [
        (f"{one.low:.1f} to {one.low + 0.1:.1f}", str(one.count), f"{one.said:.3f}", f"{one.held:.3f}") for one in found
    ]
    return table(("probability", "matrices", "stated", "held"), rows)


def _progress(items: Sequence[_Item], what: str) -> Iterable[_Item]:
    """Yield items with a bar on a terminal's standard error."""
    for number, item in enumerate(items):
        if sys.stderr.isatty() or number % 50 == 0:
            done = 30 * number // max(1, len(items))
            print(f"\r{'#' * done}{'.' * (30 - done)} {number}/{len(items)} {what}  ", end="", file=sys.stderr)
        yield item
    print(f"\r{'#' * 30} {len(items)}/{len(items)} {what}  ", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
