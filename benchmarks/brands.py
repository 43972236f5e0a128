"""How often a brand is recognised, and how often one is seen that is not there: ours and peers on the same pictures.

    python -m benchmarks.brands [FOLDER] [--real FOLDER] [--scenes] [--unseen DRAWN --behind FOLDER...] [--empty FOLDER...]
        [--lite0 lite0.onnx] [--only NAME...] [--most N] [--json FILE]

FOLDER is `../shared/data/logos/dev`: a gallery of one drawing a brand, queries by other drawings, brands that are in no
gallery, scenes. DRAWN is what `training.brands.drawings` wrote: brands that were held out. All recipes run
in one process, on one core, on the same gallery and queries.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import cv2
import numpy as np

from benchmarks.branding import sets
from benchmarks.branding.recipes import Hashes, Landmarks, Ours, Plain, Recipe
from benchmarks.branding.scoring import RECALL, Answered, false_positives, top
from benchmarks.reading.reporting import table

SLOW = {"SIFT + RANSAC": 200}
"""Queries of a set that slow recipes get, evenly chosen."""
_PLACES = {"scenes", "photographs"}
"""Sets that only recipes which look for places take part in."""


def main() -> int:
    """Run what was asked for."""
    asked = _arguments()
    cv2.setNumThreads(1)
    materials = _materials(asked)
    nothing = sets.empty(asked.empty, asked.most_empty) if asked.empty else []
    kept: dict[str, dict[str, list[dict[str, object]]]] = {}
    for recipe in _recipes(asked):
        for material in materials:
            if material.name in _PLACES and not recipe.name.startswith("ours"):
                continue
            recipe.learn(material.gallery)
            answered = _answer(recipe, material.queries)
            strangers = _answer(recipe, nothing) if material.name not in _PLACES else []
            _tell(recipe, material, answered, strangers)
            kept.setdefault(recipe.name, {})[material.name] = [_plain(one) for one in [*answered, *strangers]]
    if asked.json:
        asked.json.write_text(json.dumps(kept))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--scenes", action="store_true", help="FOLDER's scenes too")
    parser.add_argument("--real", type=Path)
    parser.add_argument("--unseen", type=Path)
    parser.add_argument("--behind", type=Path, nargs="+", default=[])
    parser.add_argument("--brands", type=int, default=300)
    parser.add_argument("--empty", type=Path, nargs="+", default=[])
    parser.add_argument("--most-empty", type=int, default=400)
    parser.add_argument("--lite0", type=Path)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--most", type=int)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _materials(asked: argparse.Namespace) -> list[sets.Material]:
    made = []
    if asked.folder:
        made.append(sets.drawings(asked.folder, asked.most))
    if asked.folder and asked.scenes:
        made.append(sets.scenes(asked.folder))
    if asked.real:
        made.append(sets.photographs(asked.real))
    if asked.unseen:
        made.append(sets.unseen(asked.unseen, asked.behind, asked.brands))
    return made


def _recipes(asked: argparse.Namespace) -> list[Recipe]:
    known: list[Recipe] = [
        Ours(),
        Ours(name="ours, embedding alone", search="whole", verify=False, text=False),
        Ours(name="ours, no words read", text=False),
        Hashes(),
        Landmarks(),
    ]
    if asked.lite0:
        known.append(Plain(asked.lite0))
    else:
        print("without EfficientNet-Lite0: --lite0 names its ONNX file (benchmarks/branding/lite0.py makes it)")
    return [one for one in known if not asked.only or any(word == one.name for word in asked.only)]


def _answer(recipe: Recipe, queries: Sequence[sets.Query]) -> list[Answered]:
    step = max(1, len(queries) // SLOW.get(recipe.name, len(queries) or 1))
    answered = []
    for query in queries[::step]:
        start = time.process_time()
        guesses = recipe.find(query)
        answered.append(Answered(query, guesses, 1000 * (time.process_time() - start)))
    return answered


def _tell(recipe: Recipe, material: sets.Material, answered: Sequence[Answered], nothing: Sequence[Answered]) -> None:
    known = [one for one in answered if one.query.brand is not None]
    spent = np.median([one.milliseconds for one in answered])
    size = f", model {recipe.size_mb:.1f} MB" if recipe.size_mb else ""
    print(f"\n{recipe.name}: {material.name}, {len(material.gallery)} references, {spent:.0f} ms a picture{size}")
    print(table(["kind", "n", "top-1", "top-5", "accepted"], top(answered)))
    for words, strangers in (
        ("brands of no gallery", [one for one in answered if one.query.brand is None]),
        ("pictures without a logo", nothing),
    ):
        if strangers:
            over, ruled = false_positives(known, strangers)
            print(
                f"{words}: {len(strangers)}; {over:.3f} over the threshold at {RECALL:.0%} recall, {ruled:.3f} accepted"
            )
    wrongs = sum(one.wrongs for one in known)
    print(f"wrong brands accepted beside or instead of the right one: {wrongs} in {len(known)} pictures")
    places = [iou for one in known if (iou := one.iou()) is not None]
    if places:
        print(
            f"quad: median IoU {np.median(places):.2f} of {len(places)}, over 0.5: {np.mean(np.array(places) > 0.5):.2f}"
        )
    sys.stdout.flush()


def _plain(one: Answered) -> dict[str, object]:
    guesses = [[guess.brand, round(guess.score, 4), guess.accepted] for guess in one.guesses]
    return {"name": one.query.name, "kind": one.query.kind, "brand": one.query.brand, "guesses": guesses}


if __name__ == "__main__":
    raise SystemExit(main())
