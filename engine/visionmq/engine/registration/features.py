"""Landmarks of a picture: SIFT, ORB, AKAZE, BRISK or SURF, spread over it, in pixels of the picture as sent."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import cv2
import numpy as np

from visionmq.engine.registration.outcome import Array, Failure, FailureKind
from visionmq.engine.registration.surf import surf

LARGEST: Final = 1600
"""Longer side in pixels at which pictures are looked at; finer detail is mostly noise, and costs by the square."""
BUDGET: Final = 3000
"""Landmarks kept; matching costs by the square, and all dev pairs but the extreme views are right with these."""
LEAST: Final = 8
"""Landmarks below which nothing can be said: twice what a homography takes."""
_NARROWEST: Final = 16
"""Pixels below which no landmark fits into the picture; OpenCV's pyramids fail on less."""
_CELLS: Final = 16
"""The picture is cut in so many cells each way; each gives its strongest landmarks in turn."""
_SURPLUS: Final = 3
"""Candidates a place in the budget, so that the spreading has a choice."""


class Algorithm(StrEnum):
    """How landmarks are found and described."""

    SIFT = "sift"
    ORB = "orb"
    AKAZE = "akaze"
    BRISK = "brisk"
    SURF = "surf"

    @property
    def is_binary(self) -> bool:
        """Whether descriptors are bits, compared by Hamming distance."""
        return self in (Algorithm.ORB, Algorithm.AKAZE, Algorithm.BRISK)


@dataclass(frozen=True, slots=True)
class Features:
    """Landmarks of one picture, the most telling first."""

    algorithm: Algorithm
    points: Array
    """n x 2 float32: x and y in pixels of the picture as sent, (0, 0) the centre of the first pixel."""
    diameters: Array
    """n float32: how wide each landmark is, in pixels of the picture as sent."""
    descriptors: Array
    """n x 128 float32 of length 1 (RootSIFT), n x 65 float32 of length 1 (SURF), or n x bytes uint8."""
    size: tuple[int, int]
    """Width and height of the picture as sent."""
    pixel: float
    """Pixels of the picture as sent in one pixel of what was looked at."""

    def __len__(self) -> int:
        return len(self.points)

    def take(self, chosen: Array | slice) -> "Features":
        """Return the landmarks of an index or mask array, or of a slice."""
        parts = self.points[chosen], self.diameters[chosen], self.descriptors[chosen]
        return Features(self.algorithm, *parts, self.size, self.pixel)


def to_gray(pixels: Array) -> Array:
    """Return a BGR or grey uint8 picture as grey."""
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))


def features(
    gray: Array,
    algorithm: Algorithm = Algorithm.SIFT,
    *,
    budget: int = BUDGET,
    largest: int = LARGEST,
    mask: Array | None = None,
) -> Features | Failure:
    """Return the landmarks of a grey uint8 picture; with `mask` (same size, uint8), only where it is not 0.

    A picture whose longer side is over `largest` pixels is looked at shrunk; the points are undone to its own pixels.
    """
    if gray.size == 0 or int(gray.min()) == int(gray.max()):
        return Failure(FailureKind.EMPTY_IMAGE, "The picture has no pixels, or they are all alike.")
    seen, pixel = _shrunk(gray, largest)
    if min(seen.shape) < _NARROWEST:
        return _few(0, algorithm)
    seen_mask = None if mask is None else cv2.resize(mask, seen.shape[::-1], interpolation=cv2.INTER_NEAREST)
    raw = _surf(seen, budget, seen_mask) if algorithm is Algorithm.SURF else _found(seen, algorithm, budget, seen_mask)
    if len(raw.points) < LEAST:
        return _few(len(raw.points), algorithm)
    return _assemble(raw, algorithm, budget=budget, size=(gray.shape[1], gray.shape[0]), pixel=pixel)


@dataclass(frozen=True, slots=True)
class _Raw:
    """Landmarks in pixels of the picture as looked at, in the detector's order."""

    points: Array
    diameters: Array
    responses: Array
    descriptors: Array


def _found(seen: Array, algorithm: Algorithm, budget: int, mask: Array | None) -> _Raw:
    found, descriptors = _detector(algorithm, budget).detectAndCompute(seen, mask)
    if descriptors is None or len(found) == 0:
        return _Raw(np.empty((0, 2), np.float32), *(np.empty(0, np.float32),) * 2, np.empty((0, 1), np.float32))
    return _Raw(
        np.array([point.pt for point in found], np.float32),
        np.array([point.size for point in found], np.float32),
        np.array([point.response for point in found], np.float32),
        descriptors,
    )


def _surf(seen: Array, budget: int, mask: Array | None) -> _Raw:
    points, diameters, responses, descriptors = surf(seen, budget)
    if mask is None:
        return _Raw(points, diameters, responses, descriptors)
    x, y = np.round(points).astype(np.int64).T
    inside = mask[y.clip(0, mask.shape[0] - 1), x.clip(0, mask.shape[1] - 1)] > 0
    return _Raw(points[inside], diameters[inside], responses[inside], descriptors[inside])


def _few(count: int, algorithm: Algorithm) -> Failure:
    message = f"The picture has {count} landmarks for {algorithm.name}; {LEAST} are needed."
    return Failure(FailureKind.FEW_KEYPOINTS, message, count, LEAST)


def _shrunk(gray: Array, largest: int) -> tuple[Array, float]:
    """Return the picture at most `largest` long, and how many of its pixels are one of the result's."""
    pixel = max(gray.shape) / largest
    if pixel <= 1:
        return gray, 1.0
    size = tuple(max(1, round(side / pixel)) for side in gray.shape[::-1])
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA)), pixel


def _detector(algorithm: Algorithm, budget: int) -> Any:
    wanted = budget * _SURPLUS
    if algorithm is Algorithm.SIFT:
        return cv2.SIFT.create(nfeatures=wanted, contrastThreshold=0.02)
    if algorithm is Algorithm.ORB:
        return cv2.ORB.create(nfeatures=wanted, fastThreshold=12)
    if algorithm is Algorithm.AKAZE:
        return cv2.AKAZE.create(threshold=0.0006)
    return cv2.BRISK.create(thresh=24)


def _assemble(raw: _Raw, algorithm: Algorithm, *, budget: int, size: tuple[int, int], pixel: float) -> Features:
    # The first pixel of a shrunk picture is centred between the first `pixel` ones, not on the first.
    own = ((raw.points + 0.5) * _scales(size, pixel) - 0.5).astype(np.float32)
    descriptors = _root(raw.descriptors) if algorithm is Algorithm.SIFT else raw.descriptors
    chosen = spread(own, raw.responses, size, budget)
    return Features(algorithm, own, raw.diameters * np.float32(pixel), descriptors, size, pixel).take(chosen)


def _scales(size: tuple[int, int], pixel: float) -> Array:
    """Return the exact scale along x and y: sides were rounded to whole pixels."""
    return np.array([side / max(1, round(side / pixel)) for side in size], np.float32)


def _root(descriptors: Array) -> Array:
    """RootSIFT (Arandjelovic and Zisserman 2012): distances become Hellinger's, and all have length 1."""
    total = np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.sqrt(descriptors / total), np.float32)


def spread(points: Array, responses: Array, size: tuple[int, int], budget: int) -> Array:
    """Return the indices of at most `budget` points, the strongest of every cell before any cell's second."""
    cells = np.minimum(points / np.array(size, np.float32) * _CELLS, _CELLS - 1).clip(0).astype(np.int64)
    cell = cells[:, 1] * _CELLS + cells[:, 0]
    order = np.lexsort((points[:, 0], points[:, 1], -responses, cell))
    ordered = cell[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    place = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    turn = np.lexsort((-responses[order], place))
    return np.asarray(order[turn[:budget]])
