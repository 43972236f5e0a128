"""BlazeFace (Bazarevsky et al., 2019), two nets of MediaPipe: one scans pictures, one checks what was found.

Both see a square of RGB in -1..1 and answer with boxes, six points a face and a score for each of a fixed
set of anchors. The full-range net (192 pixels) sees faces of 10 to 110 of its pixels, the short-range net
(128 pixels) of 16 to 110, measured on the development pictures (docs/adr/0044).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from visionmq.engine.document.network import open_model
from visionmq.engine.picture import Pixels

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

FULL_SIDE: Final = 192
SHORT_SIDE: Final = 128
_DATA: Final = Path(__file__).parent / "data"
_FULL_GRIDS: Final = ((48, 1),)
"""Cells a side, and anchors a cell: `ssd_anchors_calculator` of MediaPipe's face_detection_full_range.pbtxt."""
_SHORT_GRIDS: Final = ((16, 2), (8, 6))
_OVERLAP: Final = 0.3
"""Two boxes that share more of their union are one face (MediaPipe's weighted suppression)."""
_INSIDE: Final = 0.7
"""A box of which more than this lies within a surer one is the same face, at another scale."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A face as the net sees it, in pixels of what it was shown."""

    score: float
    x: float
    """The middle of the box."""
    y: float
    side: float
    points: Floats
    """6 x 2: the eyes (the one on the picture's left first), tip of the nose, mouth, ears."""

    @property
    def eyes(self) -> Floats:
        """The point between the eyes."""
        return np.asarray(self.points[:2].mean(0))

    @property
    def roll(self) -> float:
        """Radians, clockwise: the line through the eyes against the rows of the picture."""
        across = self.points[1] - self.points[0]
        return float(np.arctan2(across[1], across[0]))


class Net:
    """One of the two nets; batches gain nothing, so it is shown one square at a time."""

    def __init__(self, name: str, side: int, grids: tuple[tuple[int, int], ...]) -> None:
        self.side = side
        self._session: Any = open_model((_DATA / f"{name}.onnx").read_bytes(), name)
        self._anchors = _anchors(grids)

    def look(self, square: Pixels, least_score: float) -> list[Sight]:
        """Return all answers of at least this score, many a face, the surest first; `square` is side x side, BGR."""
        regressors, scores = self._run(square)
        order = np.flatnonzero(scores >= least_score)
        order = order[np.argsort(-scores[order], kind="stable")]
        pairs = regressors[order].astype(np.float64).reshape(-1, 8, 2)
        pairs[:, 0] += self._anchors[order] * self.side
        pairs[:, 2:] += self._anchors[order, None] * self.side
        return [
            Sight(float(scores[i]), float(pair[0, 0]), float(pair[0, 1]), float(pair[1].max()), pair[2:])
            for i, pair in zip(order, pairs, strict=True)
            if pair[1].min() > 0.0
        ]

    def central_score(self, square: Pixels, reach: float) -> float:
        """Return the best score of a face whose middle lies at most `reach` pixels from the square's."""
        regressors, scores = self._run(square)
        middles = regressors[:, :2] + self._anchors * self.side
        near = np.abs(middles - self.side / 2.0).max(1) < reach
        return float(scores[near].max(initial=0.0))

    def _run(self, square: Pixels) -> tuple[Floats, Floats]:
        tensor = square[None, ..., ::-1].astype(np.float32)
        tensor *= np.float32(1.0 / 127.5)
        tensor -= np.float32(1.0)
        regressors, logits = self._session.run(None, {"input": tensor})
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[0, :, 0].astype(np.float64), -50.0, 50.0)))
        return regressors[0], scores


def full_range() -> Net:
    """Open the net that scans; raise EngineError(ENGINE_UNAVAILABLE) if its file is broken."""
    return Net("blazeface-full-range", FULL_SIDE, _FULL_GRIDS)


def short_range() -> Net:
    """Open the net that checks; raise EngineError(ENGINE_UNAVAILABLE) if its file is broken."""
    return Net("blazeface-short-range", SHORT_SIDE, _SHORT_GRIDS)


def merge(sights: Sequence[Sight]) -> list[Sight]:
    """Return one sight a face, the surest first: answers that overlap are averaged by their scores."""
    if not sights:
        return []
    rest = sorted(sights, key=lambda sight: -sight.score)
    merged = []
    while rest:
        best = rest[0]
        union, inside = _shared(best, rest)
        same = union > _OVERLAP
        merged.append(_average([sight for sight, close in zip(rest, same, strict=True) if close]))
        gone = same | (inside > _INSIDE)
        gone[0] = True
        rest = [sight for sight, drop in zip(rest, gone, strict=True) if not drop]
    return merged


def _anchors(grids: tuple[tuple[int, int], ...]) -> Floats:
    """The middles of the cells, in rows, 0..1; N x 2."""
    parts = []
    for cells, count in grids:
        middles = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(middles, middles)
        parts.append(np.repeat(np.column_stack([x.ravel(), y.ravel()]), count, axis=0))
    return np.concatenate(parts)


def _shared(best: Sight, others: Sequence[Sight]) -> tuple[Floats, Floats]:
    """How much each box shares with the best: of their union, and of the smaller of the two."""
    numbers = np.array([(sight.x, sight.y, sight.side) for sight in others])
    half = numbers[:, 2] / 2.0
    low = np.maximum(numbers[:, :2] - half[:, None], np.array([best.x, best.y]) - best.side / 2.0)
    high = np.minimum(numbers[:, :2] + half[:, None], np.array([best.x, best.y]) + best.side / 2.0)
    common = np.clip(high - low, 0.0, None).prod(1)
    areas, area = numbers[:, 2] ** 2, best.side**2
    return common / (areas + area - common), common / np.minimum(areas, area)


def _average(sights: Sequence[Sight]) -> Sight:
    """Answers of less than half the best score only blur the points."""
    near = [sight for sight in sights if sight.score >= 0.5 * sights[0].score]
    weights = np.array([sight.score for sight in near])
    weights /= weights.sum()
    x, y, side = (float(weights @ [getattr(sight, name) for sight in near]) for name in ("x", "y", "side"))
    points = np.tensordot(weights, np.stack([sight.points for sight in near]), 1)
    return Sight(near[0].score, x, y, side, np.asarray(points))
