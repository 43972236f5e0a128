"""Fit the framing of `visionmq.engine.brand.embedding`: whether what an embedding shows is a logo and little else.

    python -m training.brand_frames DRAWINGS PHOTOGRAPHS... --out logo_framing.npy

One linear layer on the embedding. `DRAWINGS` is the folder that `training.brands.drawings` wrote; of its held-out brands those
after the first 150 are used, since the network never saw them: it has seen the others from too near. Boxes of degraded pictures
of them, of cut-outs, and of photographs are right where they hold a logo and little else, wrong where they hold a part or none.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from training import logistic
from training.brand_odds import KEPT_BACK
from training.brand_places import SIZE, scene
from training.brands.degrade import degrade, proposal
from training.brands.drawings import from_canvas, read
from training.brands.photographs import read_photographs
from visionmq.engine.brand import boxes as box
from visionmq.engine.brand.embedding import LogoEmbedding
from visionmq.engine.brand.recognition import look
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

_TURNS: Final = 2
"""Pictures of each kind and brand."""
_RIGHT, _WRONG = 0.6, 0.35
"""Overlaps from which on a box is right, and up to which it is wrong; between them it is neither."""
_RIDGE: Final = 3.0


def pictures(drawings: list[Array], photographs: list[Array], seed: int) -> Iterator[tuple[Pixels, Array]]:
    """Yield pictures and the box of the logo in each, 1 x 4; a box outside the picture where there is none."""
    random = np.random.default_rng(seed)
    nowhere = np.array([[-2, -2, -1, -1]], np.float32)
    for drawing in drawings:
        for _ in range(_TURNS):
            picture, quad = degrade(drawing, random, photographs)
            yield picture, np.array([[*quad.min(axis=0), *quad.max(axis=0)]], np.float32)
            cut = np.ascontiguousarray(proposal(picture, quad, random))
            yield cut, np.array([[0, 0, cut.shape[1], cut.shape[0]]], np.float32)
            behind = photographs[int(random.integers(len(photographs)))]
            yield scene(drawing, np.asarray(cv2.resize(behind, SIZE, interpolation=cv2.INTER_AREA)), random)
        yield photographs[int(random.integers(len(photographs)))], nowhere


def samples(
    drawings: list[Array], photographs: list[Array], embedding: LogoEmbedding, seed: int
) -> tuple[Array, Array]:
    """Return the embeddings of clear boxes, n x dimension, and whether each is right, n."""
    vectors, right = [], []
    for picture, where in pictures(drawings, photographs, seed):
        (seen,) = look([picture], embedding, "auto")
        alike = box.ious(where, seen.proposals.boxes)[0]
        clear = (alike > _RIGHT) | (alike < _WRONG)
        vectors.append(seen.vectors[clear])
        right.append(alike[clear] > _RIGHT)
    return np.vstack(vectors), np.concatenate(right).astype(np.float64)


def ranked(scores: Array, right: Array) -> float:
    """Return how often a right one scores over a wrong one (area under the ROC curve)."""
    places = np.empty(len(scores))
    places[np.argsort(scores, kind="stable")] = np.arange(len(scores))
    count = right.sum()
    return float((places[right > 0].mean() - (count - 1) / 2) / (len(right) - count))


def main() -> None:
    """Embed, fit, write, and print how well it tells boxes of other held-out brands."""
    parser = argparse.ArgumentParser()
    parser.add_argument("drawings", type=Path)
    parser.add_argument("photographs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    embedding = LogoEmbedding.load()
    drawings = [from_canvas(canvas) for canvas in read(asked.drawings / "unseen")[0]]
    photographs = read_photographs(asked.photographs)
    vectors, right = samples(drawings[KEPT_BACK:], photographs, embedding, seed=3)
    weights = logistic.fit(np.hstack([vectors, np.ones((len(vectors), 1))]), right, _RIDGE)
    np.save(asked.out, weights.astype(np.float32))
    vectors, right = samples(drawings[: KEPT_BACK // 3], photographs, embedding, seed=4)
    print(f"{len(right)} boxes, {right.mean():.3f} right, ranked rightly {ranked(vectors @ weights[:-1], right):.3f}")


if __name__ == "__main__":
    main()
