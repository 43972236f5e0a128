"""What the places of one picture say together of a brand at one of them, before anything is confirmed.

A logo is seen at every box that roughly holds it, a chance likeness at one box only. Where the picture is the logo, what its
fragments look like does not matter.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import Final

import numpy as np

from visionmq.engine.brand import boxes as box
from visionmq.engine.brand.gallery import Near
from visionmq.engine.brand.scoring import Evidence
from visionmq.engine.registration.outcome import Array

_AROUND: Final = 0.35
"""Overlap from which on a place tells of another's brand."""
_OVER: Final = 0.3
"""Part of the smaller of two places from which on their brands contend."""
_USUALLY: Final = 0.12
"""How far below their level the nearest of few strangers are: in small galleries nobody else may be near."""
_LEAST_SHARE: Final = -5.0
"""Logarithm of the smallest part of a picture that makes a difference."""


@dataclass(frozen=True)
class Witness:
    """The places of one picture and the brands near each."""

    rows: Sequence[Sequence[Near]]
    """The nearest brands of each place, nearest first."""
    boxes: Array
    """n x 4 in pixels; the first is the picture as a whole, or its content."""
    framed: Array
    """Log-odds that a place holds a logo and little else, n."""
    strangers: float
    """The similarity that strangers seldom reach here."""

    def tell(self, near: Near, index: int) -> Evidence:
        """Return what speaks for a brand at a place."""
        margin = self._over_others(near, self.rows[index])
        return Evidence(
            near.similarity,
            margin,
            lead=min(margin, self._over_others(near, self._contenders[index])),
            around=float(self._weights[index] @ self._similarities(near.brand)) - near.similarity,
            share=float(self._shares[index]),
            framed=float(self.framed[index]),
            whole=self._whole * (self._similarity(0, near.brand) - self.strangers),
            votes=near.votes,
            support=self._support[near.brand] or 1,
        )

    def _over_others(self, near: Near, row: Sequence[Near]) -> float:
        """Return how much nearer a brand is than the nearest other of a row, or than strangers usually are."""
        others = max((one.similarity for one in row if one.brand != near.brand), default=-1.0)
        return near.similarity - max(others, self.strangers - _USUALLY)

    def _similarity(self, index: int, brand: str) -> float:
        """Return a brand's similarity at a place; that of the last of its row, if the brand is not among them."""
        return self._known[index].get(brand, self._floors[index])

    def _similarities(self, brand: str) -> Array:
        return np.array([self._similarity(index, brand) for index in range(len(self.rows))])

    @cached_property
    def _known(self) -> list[dict[str, float]]:
        return [{near.brand: near.similarity for near in row} for row in self.rows]

    @cached_property
    def _floors(self) -> list[float]:
        return [row[-1].similarity if row else -1.0 for row in self.rows]

    @cached_property
    def _support(self) -> Counter[str]:
        return Counter(row[0].brand for row in self.rows if row)

    @cached_property
    def _whole(self) -> float:
        """How surely the whole picture is a logo, 0 to 1."""
        return 1 / (1 + exp(-float(self.framed[0])))

    @cached_property
    def _shares(self) -> Array:
        """Logarithm of each place's part of the whole picture, n."""
        areas = np.maximum(box.areas(self.boxes), 1e-6)
        return np.asarray(np.clip(np.log(areas / areas[0]), _LEAST_SHARE, 0.0))

    @cached_property
    def _weights(self) -> Array:
        """How much each place tells of each other, n x n; rows sum to 1."""
        alike = box.ious(self.boxes, self.boxes)
        told = np.where(alike >= _AROUND, alike**2, 0.0) + 1e-9 * np.eye(len(alike))
        return np.asarray(told / told.sum(axis=1, keepdims=True))

    @cached_property
    def _contenders(self) -> list[list[Near]]:
        """The two nearest brands of all places that overlap a place, for each place."""
        areas = box.areas(self.boxes)
        smaller = np.maximum(np.minimum(areas[:, None], areas[None]), 1e-6)
        over = box.overlaps(self.boxes, self.boxes) / smaller > _OVER
        return [
            [near for one, is_over in zip(self.rows, row, strict=True) if is_over for near in one[:2]] for row in over
        ]
