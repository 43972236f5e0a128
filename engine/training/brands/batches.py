"""Batches for training: two views of each of some brands, of different drawings where there are, and a few views of nothing."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
from torch.utils.data import (  # type: ignore[import-not-found,unused-ignore]
    DataLoader,
    IterableDataset,
    get_worker_info,
)

from training.brands.augment import Studio
from visionmq.engine.brand.letterbox import FRAMES, Frames, by_shape

Array: TypeAlias = np.ndarray[Any, Any]

_MEEK: Final = 3
"""Niceness added to the workers: the training's threads wait for each other, so none of them may wait for a worker."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch holds: `brands` times two views, then `nothing` views without a logo, in frames of `side` squared pixels."""

    brands: int
    nothing: int
    side: int
    seed: int
    frames: Frames = FRAMES


@dataclass(frozen=True, slots=True)
class Material:
    """What samples are made of; `groups` lists the drawings of each brand by their index in `canvases`."""

    canvases: Array
    groups: list[list[int]]
    photos: list[Array]
    words: list[Array]


Stack: TypeAlias = tuple[Any, Any]
"""Pictures of one shape (n, h, w, 3) uint8 BGR, and their places in the batch (n,)."""


def stacked(views: list[Array]) -> list[Stack]:
    """Return views as stacks, one for each shape among them."""
    groups = by_shape(views).values()
    return [(torch.from_numpy(np.stack([views[at] for at in group])), torch.tensor(group)) for group in groups]


class Batches(IterableDataset):  # type: ignore[misc,unused-ignore]
    """Endless batches: stacks of views, and brands (2 * brands,); views of a brand are next to each other, nothing comes last."""

    def __init__(self, material: Material, plan: Plan) -> None:
        super().__init__()
        self.material, self.plan = material, plan

    def __iter__(self) -> Iterator[tuple[list[Stack], Any]]:
        cv2.setNumThreads(1)
        os.nice(_MEEK)
        info = get_worker_info()
        rng = np.random.default_rng([self.plan.seed, info.id if info else 0])
        made = self.material
        studio = Studio(made.canvases, made.photos, made.words, self.plan.side, rng, self.plan.frames)
        queue: list[int] = []
        while True:
            if len(queue) < self.plan.brands:
                queue += rng.permutation(len(made.groups)).tolist()
            brands, queue = queue[: self.plan.brands], queue[self.plan.brands :]
            views = [view for brand in brands for view in _pair(studio, made.groups[brand])]
            views += [studio.nothing() for _ in range(self.plan.nothing)]
            yield stacked(views), torch.tensor(brands).repeat_interleave(2)


def _pair(studio: Studio, drawings: list[int]) -> tuple[Array, Array]:
    """Return two views of a brand: the second as photographed, the first as a reference half of the time."""
    rng = studio.rng
    first = drawings[int(rng.integers(len(drawings)))]
    others = [drawing for drawing in drawings if drawing != first]
    second = others[int(rng.integers(len(others)))] if others and rng.random() < 0.7 else first
    return studio.clean(first) if rng.random() < 0.5 else studio.wild(first), studio.wild(second)


def loader(material: Material, plan: Plan, workers: int) -> Any:
    """Return batches made in `workers` processes."""
    return DataLoader(Batches(material, plan), batch_size=None, num_workers=workers, prefetch_factor=4)
