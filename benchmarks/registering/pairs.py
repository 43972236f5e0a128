"""Pairs of pictures and what is true of them: given ones, cross pairs of unrelated ones, and how far a matrix errs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np

Array = np.ndarray[Any, Any]

GRID = 20
"""Points each way, over the whole first picture; those that fall inside the second count."""
_SAME = ("graf", "adam", "moon", "imreg")
"""Words of file names that tell one thing shown in several pairs: two such pictures are not unrelated."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A user's and a model's picture, and what is known of them."""

    user: Path
    model: Path
    truth: Array | None
    """3x3, user to model pixels; None where none is published, or nothing is related."""
    tolerance: float
    related: bool
    kind: str
    crossed: bool = False
    """Whether we paired them: pictures of two pairs that show different things."""

    @property
    def name(self) -> str:
        """Both files, short."""
        return f"{self.user.stem} {self.model.stem}"


def given(folder: Path) -> list[Pair]:
    """Return the pairs of a folder's pairs.json."""
    pairs = []
    for said in json.loads((folder / "pairs.json").read_text()):
        truth = None if said["H"] is None else np.array(said["H"], np.float64)
        user, model = folder / said["a"], folder / said["b"]
        pairs.append(Pair(user, model, truth, said["tolerance_px"] or 5.0, said["related"], said["kind"]))
    return pairs


def crossed(pairs: Sequence[Pair], same: Sequence[str] = _SAME) -> list[Pair]:
    """Return every pairing of two pictures that show different things, each once, in one direction by turns."""
    scenes = scenes_of(pairs, same)
    found = []
    for number, (first, second) in enumerate(combinations(sorted(scenes), 2)):
        if scenes[first] != scenes[second]:
            user, model = (first, second) if number % 2 else (second, first)
            found.append(Pair(user, model, None, 5.0, False, "crossed", crossed=True))
    return found


def scenes_of(pairs: Sequence[Pair], same: Sequence[str] = _SAME) -> dict[Path, int]:
    """Return a number for what each picture shows: equal for related pictures, and for those that share a word."""
    scene = {path: number for number, path in enumerate(sorted({p for pair in pairs for p in (pair.user, pair.model)}))}
    words = [[path for path in scene if word in path.stem] for word in same]
    for group in [*words, *([pair.user, pair.model] for pair in pairs if pair.related)]:
        numbers = {scene[path] for path in group}
        scene = {path: min(numbers) if number in numbers else number for path, number in scene.items()}
    return scene


def read(path: Path) -> Array:
    """Return a picture in colour, BGR uint8."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{path} is no picture")
    return np.asarray(pixels)


def grid_error(matrix: Array, truth: Array, user_shape: Sequence[int], model_shape: Sequence[int]) -> float:
    """Return the mean distance, in model pixels, of where two matrices map a grid of the user's picture.

    Points that the truth maps outside the model do not count; infinite where a counted one has no image.
    """
    height, width = user_shape[:2]
    x, y = np.meshgrid(np.linspace(0, width - 1, GRID), np.linspace(0, height - 1, GRID))
    points = np.column_stack([x.ravel(), y.ravel(), np.ones(GRID * GRID)])
    there, inside = _mapped(truth, points)
    inside &= ((there >= 0) & (there <= (model_shape[1] - 1, model_shape[0] - 1))).all(axis=1)
    found, finite = _mapped(matrix, points)
    if not inside.any() or not finite[inside].all():
        return float("inf")
    return float(np.linalg.norm(found - there, axis=1)[inside].mean())


def _mapped(matrix: Array, points: Array) -> tuple[Array, Array]:
    """Return mapped points, and which of them lie before the camera."""
    mapped = points @ np.asarray(matrix, np.float64).T
    middle = float((points.mean(axis=0) @ np.asarray(matrix, np.float64).T)[2])
    front = mapped[:, 2] * np.sign(middle) > 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        return mapped[:, :2] / mapped[:, 2:], front
