"""Ways to register two pictures: ours by algorithm, the older library's own recipe, and a careful OpenCV one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import cv2
import numpy as np

from benchmarks.registering.pairs import Array
from visionmq.engine.registration.auto import register_pictures
from visionmq.engine.registration.cache import FeatureCache
from visionmq.engine.registration.outcome import Verdict
from visionmq.engine.registration.plan import Settings

OURS = ("sift", "orb", "akaze", "brisk", "surf", "auto")
OPENCV: dict[str, Callable[[], Any]] = {
    "sift": cv2.SIFT.create,
    "orb": cv2.ORB.create,
    "akaze": cv2.AKAZE.create,
    "brisk": cv2.BRISK.create,
}
GATE = 15
_CAREFUL_NOISE = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a recipe makes of a pair. A matrix maps user pixels to model pixels of the pictures as they are."""

    matrix: Array | None
    accepted: bool
    """Whether the recipe stands by it: ours by the verdict; the others by returning it."""
    probability: float | None = None
    ms: float = 0.0
    """Processor time, so that what else the machine does hardly counts."""
    note: str = ""


class Recipe(Protocol):
    """One way, by name."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def answer(self, user: Array, model: Array, *, cold: bool) -> Answer:
        """Return the answer; where not `cold`, what is known of a picture seen before may be used."""


@dataclass(slots=True)
class Ours:
    """The engine's own function, as a plain call."""

    algorithm: str
    _cache: FeatureCache = field(default_factory=lambda: FeatureCache(most_bytes=1 << 30))

    @property
    def name(self) -> str:
        """Our algorithm."""
        return f"ours, {self.algorithm}"

    def answer(self, user: Array, model: Array, *, cold: bool) -> Answer:
        """Return what the engine says; a rejected matrix is none."""
        began = time.process_time()
        cache = FeatureCache() if cold else self._cache
        outcome = register_pictures(user, model, Settings(algorithm=self.algorithm), cache)
        ms = (time.process_time() - began) * 1000
        found = outcome.registration
        if found is None:
            return Answer(None, False, ms=ms, note=outcome.failure.kind if outcome.failure else "")
        verdict, note = found.certificate.verdict, f"{outcome.algorithm} {found.certificate.verdict}"
        matrix = None if verdict is Verdict.REJECT else found.matrix
        return Answer(matrix, verdict is Verdict.ACCEPT, found.certificate.probability, ms, note)


@dataclass(slots=True)
class Older:
    """The older library's: the model squeezed to the user's size, L2 for all, ratio 0.85, RANSAC 5 px, no gate.

    Its matrix is about the squeezed model, and nobody is told; here that is undone in its favour.
    """

    algorithm: str
    _memory: dict[bytes, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The older recipe."""
        return f"older, {self.algorithm}"

    def answer(self, user: Array, model: Array, *, cold: bool) -> Answer:
        """Return its matrix, right or wrong."""
        began = time.process_time()
        squeezed = cv2.resize(model, user.shape[1::-1])
        memory = None if cold else self._memory
        first, second = (_landmarks(self.algorithm, picture, memory) for picture in (user, squeezed))
        pairs = _ratio_pairs(first, second, 0.85, cv2.NORM_L2)
        matrix = None
        if len(pairs) >= 4:
            cv2.setRNGSeed(0)
            matrix, _ = cv2.findHomography(first[0][pairs[:, 0]], second[0][pairs[:, 1]], cv2.RANSAC, 5.0)
        if matrix is not None:
            matrix = np.diag([model.shape[1] / user.shape[1], model.shape[0] / user.shape[0], 1.0]) @ matrix
        return Answer(matrix, matrix is not None, ms=(time.process_time() - began) * 1000)


@dataclass(slots=True)
class Careful:
    """What one writes with OpenCV and care: ratio 0.8, mutual, Hamming for bits, MAGSAC++; perhaps a gate."""

    algorithm: str
    gate: int = 0
    _memory: dict[bytes, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The careful recipe, with its gate."""
        gated = f", {self.gate} inliers or none" if self.gate else ""
        return f"OpenCV, {self.algorithm}{gated}"

    def answer(self, user: Array, model: Array, *, cold: bool) -> Answer:
        """Return its matrix where there is one and the gate lets it pass."""
        began = time.process_time()
        memory = None if cold else self._memory
        first, second = (_landmarks(self.algorithm, picture, memory) for picture in (user, model))
        norm = cv2.NORM_L2 if self.algorithm == "sift" else cv2.NORM_HAMMING
        pairs = _mutual(_ratio_pairs(first, second, 0.8, norm), first, second, norm)
        matrix, inliers = None, 0
        if len(pairs) >= 4:
            points = first[0][pairs[:, 0]], second[0][pairs[:, 1]]
            matrix, mask = cv2.findHomography(*points, cv2.USAC_MAGSAC, _CAREFUL_NOISE, maxIters=10_000)
            inliers = 0 if mask is None else int(np.count_nonzero(mask))
        matrix = None if inliers < self.gate else matrix
        return Answer(matrix, matrix is not None, ms=(time.process_time() - began) * 1000, note=f"{inliers} inliers")


def all_recipes() -> list[Recipe]:
    """Return every recipe, ours first."""
    older = [Older(name) for name in OPENCV]
    careful = [Careful(name) for name in OPENCV]
    return [*map(Ours, OURS), *older, *careful, Careful("sift", GATE)]


def _landmarks(algorithm: str, pixels: Array, memory: dict[bytes, Any] | None) -> tuple[Array, Array | None]:
    key = pixels.shape[0].to_bytes(4) + cv2.resize(pixels, (32, 32)).tobytes()
    if memory is not None and key in memory:
        return memory[key]  # type: ignore[no-any-return]
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    points, descriptors = OPENCV[algorithm]().detectAndCompute(gray, None)
    found = np.array([point.pt for point in points], np.float32).reshape(-1, 2), descriptors
    if memory is not None:
        memory[key] = found
    return found


def _ratio_pairs(first: Any, second: Any, ratio: float, norm: int) -> Array:
    """Return the matches that pass the ratio test, n x 2 indices."""
    if first[1] is None or second[1] is None or len(second[1]) < 2:
        return np.empty((0, 2), np.int64)
    nearest = cv2.BFMatcher(norm).knnMatch(first[1], second[1], k=2)
    kept = [(a.queryIdx, a.trainIdx) for a, b in nearest if a.distance < ratio * b.distance]
    return np.array(kept, np.int64).reshape(-1, 2)


def _mutual(pairs: Array, first: Any, second: Any, norm: int) -> Array:
    """Return the matches whose second landmark has the first as its nearest."""
    if len(pairs) == 0:
        return pairs
    back = np.full(len(second[1]), -1)
    for match in cv2.BFMatcher(norm).match(second[1], first[1]):
        back[match.queryIdx] = match.trainIdx
    return np.asarray(pairs[back[pairs[:, 1]] == pairs[:, 0]])
