"""Fit the guess of covered faces: portraits, covers drawn on them, and two logistic models.

    python -m training.face_occlusion PORTRAITS... --textures FOLDER

PORTRAITS are folders of pictures of one person each (`faces_lfw_aligned/dev/images`, `faces_wild/dev/images`); FOLDER
holds any pictures, which serve as textures. A cover is drawn on the picture before the face is found: a face that is
found no more is no example. Every fourth person is kept for checking.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from visionmq.engine.face.blazeface import Floats
from visionmq.engine.face.occlusion import WEIGHTS, Occlusion, features, gradients
from visionmq.engine.face.values import Face
from visionmq.engine.face.vision import FaceVision
from visionmq.engine.picture import Pixels

_SEED: Final = 5
_DECAY: Final = 3e-3
_STEPS: Final = 600
_CHIP: Final = 150
_COVERS: Final = ("mask", "block", "eyes", "glasses")


def examples(
    vision: FaceVision, files: Sequence[Path], textures: Sequence[Pixels]
) -> Iterator[tuple[Pixels, int, int]]:
    """Yield chips, and whether mouth and eyes are covered in each."""
    chance = np.random.default_rng(_SEED)
    for file in files:
        pixels = _limited(np.asarray(cv2.imread(str(file)), np.uint8))
        faces = vision.find(pixels, most=1)
        if not faces or faces[0].points is None:
            continue
        yield vision.crop(pixels, faces[0], _CHIP), 0, 0
        for kind in _COVERS:
            covered = cover(pixels, faces[0], kind, textures, chance)
            again = vision.find(covered, most=1)
            if again:
                mouth = int(kind in ("mask", "block"))
                yield vision.crop(covered, again[0], _CHIP), mouth, 1 - mouth


def cover(pixels: Pixels, face: Face, kind: str, textures: Sequence[Pixels], chance: np.random.Generator) -> Pixels:
    """Return the picture with something drawn over mouth and nose, or over the eyes."""
    assert face.points is not None
    eyes, nose, mouth = face.points[:2].mean(0), face.points[2], face.points[3]
    across = face.points[1] - face.points[0]
    down = np.array([-across[1], across[0]])
    wide = chance.uniform(0.85, 1.15)
    if kind == "mask":
        top = nose - across * 0.0 - down * chance.uniform(-0.05, 0.35)
        chin = mouth + down * chance.uniform(0.5, 0.8)
        outline = [
            top - across * 0.95 * wide,
            top,
            top + across * 0.95 * wide,
            chin + across * 0.5,
            chin - across * 0.5,
        ]
    elif kind == "block":
        top, bottom = nose + down * chance.uniform(-0.2, 0.15), mouth + down * chance.uniform(0.4, 1.2)
        outline = [top - across * wide, top + across * wide, bottom + across * wide, bottom - across * wide]
    else:
        high, low = chance.uniform(0.25, 0.5), chance.uniform(0.25, 0.45)
        outline = [
            eyes + across * x * wide + down * y for x, y in ((-1.0, -high), (1.0, -high), (1.0, low), (-1.0, low))
        ]
    shape = np.zeros(pixels.shape[:2], np.uint8)
    if kind == "glasses":
        for eye in face.points[:2]:
            size = float(np.hypot(*across))
            axes = round(size * chance.uniform(0.36, 0.46)), round(size * chance.uniform(0.26, 0.36))
            cv2.ellipse(shape, (round(eye[0]), round(eye[1])), axes, face.roll, 0, 360, 255, -1)
    else:
        cv2.fillPoly(shape, [np.round(outline).astype(np.int32)], 255)
    alpha = cv2.GaussianBlur(shape, (0, 0), 0.6 + 0.01 * face.width)[..., None].astype(np.float32) / 255.0
    paint = _paint(pixels.shape, kind, textures, chance)
    return np.asarray(pixels * (1 - alpha) + paint * alpha, np.uint8)


def _paint(shape: tuple[int, ...], kind: str, textures: Sequence[Pixels], chance: np.random.Generator) -> Any:
    """One colour that fades, or a part of another picture; dark for glasses."""
    height, width = shape[:2]
    if kind != "glasses" and chance.random() < 0.4:
        texture = textures[int(chance.integers(len(textures)))]
        return cv2.resize(texture, (width, height)).astype(np.float32)
    colour = chance.uniform(0, 60, 3) if kind == "glasses" else chance.uniform(0, 255, 3)
    columns, rows = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    slope = columns * chance.uniform(-40, 40) + rows * chance.uniform(-40, 40)
    grain = chance.normal(0, chance.uniform(0, 6), (height, width, 1))
    return np.clip(colour + slope[..., None] + grain, 0, 255).astype(np.float32)


def fit(numbers: Floats, truth: Floats) -> Floats:
    """Return weights and offset of a logistic model with decaying weights, by gradient descent (Nesterov)."""
    rows = np.column_stack([numbers, np.ones(len(numbers))])
    weights, speed = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    balance = np.where(truth > 0, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    decay = np.append(np.full(numbers.shape[1], _DECAY), 0.0)
    step = 4.0 / float(np.linalg.norm(rows, 2) ** 2 / len(rows) * balance.max())
    for _ in range(_STEPS):
        ahead = weights + 0.9 * speed
        guess = 1.0 / (1.0 + np.exp(-np.clip(rows @ ahead, -50, 50)))
        slope = rows.T @ ((guess - truth) * balance) / len(rows) + decay * ahead
        speed = 0.9 * speed - step * slope
        weights = weights + speed
    return weights


def main() -> None:
    """Fit, say how well it does on persons kept back, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("portraits", nargs="+", type=Path)
    parser.add_argument("--textures", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="take only every so manyth picture")
    asked = parser.parse_args()
    vision = FaceVision()
    vision.load()
    files = sorted(file for folder in asked.portraits for file in folder.rglob("*.*"))[:: asked.every]
    textures = [np.asarray(cv2.imread(str(file)), np.uint8) for file in sorted(asked.textures.rglob("*.jpg"))[:40]]
    kept = [file for file in files if sum(file.stem.rsplit("_", 1)[0].encode()) % 4 == 0]
    parts = [list(examples(vision, some, textures)) for some in (sorted(set(files) - set(kept)), kept)]
    descriptor = gradients()
    numbers = [np.stack([features(descriptor, chip) for chip, _, _ in part]) for part in parts]
    truths = [np.array([(mouth, eyes) for _, mouth, eyes in part], np.float64) for part in parts]
    weights = np.stack([fit(numbers[0], truths[0][:, place]) for place in range(2)])
    guesses = np.array([max(Occlusion(weights).guess(chip)) for chip, _, _ in parts[1]])
    bare = truths[1].sum(1) == 0
    taken, high = (guesses[bare] > 0.5).mean(), np.quantile(guesses[bare], 0.99)
    print(f"{bare.sum()} bare faces: {taken:.3f} taken for covered, 99 % below {high:.2f}")
    for place, name in enumerate(("mouth", "eyes")):
        some = guesses[truths[1][:, place] > 0]
        print(
            f"{some.size} with {name} covered: {(some > 0.5).mean():.3f} seen at 0.5, {(some > 0.8).mean():.3f} at 0.8"
        )
    np.save(WEIGHTS, weights.astype(np.float16), allow_pickle=False)


def _limited(pixels: Pixels) -> Pixels:
    scale = min(1.0, 500.0 / max(pixels.shape[:2]))
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


if __name__ == "__main__":
    main()
