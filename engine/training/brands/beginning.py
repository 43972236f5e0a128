"""Where training begins: the projection whitens clean drawings, proxies are their means, equal drawings are found."""

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]

from training.brands import camera
from training.brands.augment import Studio
from training.brands.batches import Material, Stack, stacked
from training.brands.network import DIMENSION, Embedder
from visionmq.engine.brand.letterbox import Frames

_TWINS: Final = 0.96
"""Correlation of two small grey drawings, or of one with the other's negative, from which they are one under two names."""
_THUMB: Final = 40
_FLOOR: Final = 0.05
"""Added to the variance of each direction, as a part of the mean, so that whitening does not blow up noise."""


def features(net: Embedder, material: Material, side: int, frames: Frames) -> Any:
    """Return the backbone's features (drawings, FEATURES) of every drawing as a reference shows it."""
    studio = Studio(material.canvases, material.photos, material.words, side, np.random.default_rng(0), frames)
    found = []
    net.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(material.canvases), 128):
            views = [studio.clean(index) for index in range(start, min(start + 128, len(material.canvases)))]
            found.append(run(lambda given: net.backbone((given.flip(1) - 127.0) / 128.0), stacked(views)))
    return torch.cat(found)


def run(net: Callable[[Any], Any], stacks: list[Stack]) -> Any:
    """Return what a network makes of a batch (n, d) float: each stack of it as (n, 3, h, w) float, the results in order."""
    found = [
        net(views.permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)) for views, _ in stacks
    ]
    return torch.cat(found).float()[torch.cat([places for _, places in stacks]).argsort()]


def whiten(net: Embedder, seen: Any) -> None:
    """Set the projection to the main directions of features, each of equal variance."""
    mean = seen.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov((seen - mean).T))
    values, vectors = values[-DIMENSION:], vectors[:, -DIMENSION:]
    matrix = (vectors / (values + _FLOOR * values.mean()).sqrt()).T
    with torch.no_grad():
        net.project.weight.copy_(matrix)
        net.project.bias.copy_(-matrix @ mean)


def thumbs(material: Material) -> Any:
    """Return small grey drawings (drawings, THUMB ** 2), each of mean nought and length one."""
    small = []
    for canvas in material.canvases:
        whole = camera.over(np.full((*canvas.shape[:2], 3), 255, np.uint8), canvas)
        picture = cv2.resize(whole, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA)
        small.append(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).ravel().astype(np.float32))
    grey = torch.from_numpy(np.stack(small))
    return torch.nn.functional.normalize(grey - grey.mean(1, keepdim=True), dim=1)


def find_twins(material: Material) -> Any:
    """Return which pairs of brands have an equal drawing (brands, brands) bool."""
    grey = thumbs(material)
    owner = torch.empty(len(grey), dtype=torch.long)
    for brand, drawings in enumerate(material.groups):
        owner[drawings] = brand
    twins = torch.zeros(len(material.groups), len(material.groups), dtype=torch.bool)
    for start in range(0, len(grey), 1000):
        rows, columns = torch.where((grey[start : start + 1000] @ grey.T).abs() > _TWINS)
        twins[owner[rows + start], owner[columns]] = True
    return twins.fill_diagonal_(False)


def first_proxies(embedded: Any, groups: list[list[int]]) -> Any:
    """Return the mean direction of each brand's embeddings."""
    return torch.nn.functional.normalize(torch.stack([embedded[drawings].mean(0) for drawings in groups]), dim=1)
