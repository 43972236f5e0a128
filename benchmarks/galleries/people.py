"""People to fill a gallery with: real encodings, and any number drawn like them.

A picture's encoding is taken as mean + person + moment; persons and moments are normal with the
covariances that real pictures of many people show. Without pictures the axes are independent, with the
variances below, which were measured on the 807 encodings of LFW's first fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

DIMENSION = 128
PERSON_VARIANCE, PERSON_DECAY = 0.084, 9.4
"""Sum over all axes, and after how many axes the variance falls to 1/e."""
MOMENT_VARIANCE, MOMENT_DECAY = 0.083, 15.6
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class People:
    """A distribution of encodings, and the real ones."""

    mean: NDArray[np.float64]
    person: NDArray[np.float64]
    """128 x 128: what turns white noise into differences between persons."""
    moment: NDArray[np.float64]
    """The same for differences between two pictures of one person."""
    gallery: Vectors
    """One real encoding of each person who has two pictures."""
    probes: Vectors
    """Another one of each, in their order."""
    stated: str
    """Where it comes from."""

    def draw(self, count: int, seed: int) -> Vectors:
        """Return one encoding each of so many people, the real ones first."""
        random = np.random.default_rng(seed)
        drawn = np.empty((count, DIMENSION), np.float32)
        for at in range(0, count, 50_000):
            some = drawn[at : at + 50_000]
            noise = random.standard_normal((2, len(some), DIMENSION))
            some[:] = self.mean + noise[0] @ self.person + noise[1] @ self.moment
        real = min(count, len(self.gallery))
        drawn[:real] = self.gallery[:real]
        return drawn

    def again(self, vectors: Vectors, seed: int) -> Vectors:
        """Return another picture's encoding of each of these people: real where there is one."""
        person, moment = self.person.T @ self.person, self.moment.T @ self.moment
        share = np.linalg.pinv(person + moment) @ person  # of a difference from the mean, what is the person's
        left = _root(person + moment - person @ share)
        noise = np.random.default_rng(seed).standard_normal((len(vectors), DIMENSION))
        made = (self.mean + (vectors - self.mean) @ share + noise @ left).astype(np.float32)
        real = min(len(made), len(self.probes))
        made[:real] = self.probes[:real]
        return made


def stated_people() -> People:
    """Return people by the stated variances, none of them real."""
    none = np.empty((0, DIMENSION), np.float32)
    return People(
        np.zeros(DIMENSION),
        np.diag(_deviations(PERSON_VARIANCE, PERSON_DECAY)),
        np.diag(_deviations(MOMENT_VARIANCE, MOMENT_DECAY)),
        none,
        none,
        "drawn by the stated variances; no real encodings",
    )


def _deviations(total: float, decay: float) -> NDArray[np.float64]:
    shape = np.exp(-np.arange(DIMENSION) / decay)
    return np.sqrt(shape * total / shape.sum())


def real_people(folder: Path, kept: Path | None = None) -> People:
    """Return people as they are in a folder of aligned faces named Person_Name_0001.jpg.

    The network is dlib's, as `face_recognition` runs it; `kept` is a file for its encodings.
    """
    files = sorted((folder / "images").iterdir())
    if kept is not None and kept.exists():
        encodings = np.load(kept)
    else:
        encodings = _encode(files)
        if kept is not None:
            np.save(kept, encodings)
    return fitted_people(encodings, [file.stem.rpartition("_")[0] for file in files], str(folder))


def _encode(files: Sequence[Path]) -> Vectors:
    from visionmq.engine.face.vision import FaceVision

    vision = FaceVision()
    vision.load()
    found = []
    for file in files:
        chip = cv2.resize(cv2.imread(str(file)), (150, 150), interpolation=cv2.INTER_CUBIC)
        found.append(np.asarray(vision.encode_chips([chip]), np.float32).reshape(-1))
    return np.array(found)


def fitted_people(encodings: Vectors, names: Sequence[str], source: str) -> People:
    """Return the distribution of these encodings, whose persons are named."""
    of: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        of.setdefault(name, []).append(number)
    pairs = [(rows[0], rows[1]) for rows in of.values() if len(rows) > 1]
    apart = np.array([encodings[one] - encodings[two] for one, two in pairs], np.float64)
    moment = apart.T @ apart / len(apart) / 2
    firsts = encodings[[rows[0] for rows in of.values()]].astype(np.float64)
    person = np.cov(firsts.T) - moment
    return People(
        firsts.mean(axis=0),
        _root(person),
        _root(moment),
        encodings[[one for one, _ in pairs]],
        encodings[[two for _, two in pairs]],
        f"{len(names)} encodings of {len(of)} people in {source}, {len(pairs)} of them with two pictures; "
        f"variance between people {_positive(person).sum():.3f}, within {_positive(moment).sum():.3f}",
    )


def _positive(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.linalg.eigvalsh(matrix), 0, None)


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, axes = np.linalg.eigh(matrix)
    return (axes * np.sqrt(np.clip(values, 0, None))).T
