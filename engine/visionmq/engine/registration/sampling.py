"""The transform that most pairs agree on, for transforms that three pairs or fewer fix: drawn, fitted and scored at once.

OpenCV has robust fits of some transforms with some of the four estimators only; here each goes with each.
"""

from typing import Final

import numpy as np

from visionmq.engine.registration.outcome import Array

DRAWS: Final = 1500
"""With a third of the pairs right, three of them are drawn together 55 times."""
_BEST_FIRST: Final = 12
"""Pairs that the first draws of RHO choose from; the rest join one by one (PROSAC, Chum and Matas 2005)."""
_BLOCK: Final = 250
"""Fits scored at once, so that the residuals of 3,000 pairs stay under 10 MB."""


def draw(count: int, size: int, *, best_first: bool) -> Array:
    """Return DRAWS x size indices below `count`, all different in a row; the same each time.

    With `best_first` early draws choose among the first pairs, which are the clearest.
    """
    random = np.random.default_rng(4)
    reach = np.full(DRAWS, count)
    if best_first:
        reach = np.minimum(np.linspace(min(_BEST_FIRST, count), count, DRAWS).astype(np.int64), count)
    rows = (random.random((DRAWS, size)) * reach[:, None]).astype(np.int64)
    ordered = np.sort(rows, axis=1)
    return np.asarray(rows[(np.diff(ordered, axis=1) > 0).all(axis=1)])


def fit(user: Array, model: Array, freedom: int) -> Array:
    """Return the least-squares transforms of sets of pairs: m x k x 2 each to m x 3 x 3.

    `freedom` is 2 (translation), 4 (similarity) or 6 (affine). Sets that fix none give a matrix that is not finite.
    """
    centre, goal = user.mean(axis=1), model.mean(axis=1)
    a, b = user - centre[:, None], model - goal[:, None]
    linear = _linear(a, b, freedom)
    matrices = np.zeros((len(user), 3, 3))
    matrices[:, :2, :2] = linear
    matrices[:, :2, 2] = goal - np.einsum("mij,mj->mi", linear, centre)
    matrices[:, 2, 2] = 1
    return matrices


def _linear(a: Array, b: Array, freedom: int) -> Array:
    """Return the linear part from centred pairs; a similarity by complex division (Umeyama 1991 without mirrors)."""
    if freedom == 2:
        return np.broadcast_to(np.eye(2), (len(a), 2, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        if freedom == 4:
            power = (a**2).sum(axis=(1, 2))
            along = (a * b).sum(axis=(1, 2)) / power
            across = (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]).sum(axis=1) / power
            return np.stack([np.stack([along, -across], 1), np.stack([across, along], 1)], 1)
        moment, mixed = np.einsum("mki,mkj->mij", a, a), np.einsum("mki,mkj->mij", b, a)
        determinant = moment[:, 0, 0] * moment[:, 1, 1] - moment[:, 0, 1] ** 2
        flipped = np.empty_like(moment)
        flipped[:, 0, 0], flipped[:, 1, 1] = moment[:, 1, 1], moment[:, 0, 0]
        flipped[:, 0, 1] = flipped[:, 1, 0] = -moment[:, 0, 1]
        return np.asarray(mixed @ flipped / determinant[:, None, None])


def scores(matrices: Array, user: Array, model: Array, *, tolerance: float, rule: str) -> Array:
    """Return how well each of m transforms explains all pairs, m float64, more is better.

    `rule` is `count` (RANSAC: pairs within the tolerance), `median` (LMEDS: least median of squares) or `soft` (as
    MAGSAC: a pair counts more the closer it is, for all noises up to the tolerance at once).
    """
    blocks = [
        _scored(matrices[at : at + _BLOCK], user, model, tolerance, rule) for at in range(0, len(matrices), _BLOCK)
    ]
    return np.concatenate(blocks) if blocks else np.empty(0)


def _scored(matrices: Array, user: Array, model: Array, tolerance: float, rule: str) -> Array:
    mapped = np.einsum("mij,nj->mni", matrices[:, :2, :2], user) + matrices[:, None, :2, 2]
    squares = ((mapped - model[None]) ** 2).sum(axis=2)
    squares = np.where(np.isfinite(squares), squares, np.inf)
    if rule == "median":
        return np.asarray(-np.median(squares, axis=1))
    near = squares / tolerance**2
    if rule == "count":
        return np.asarray((near < 1).sum(axis=1).astype(np.float64))
    return np.asarray(np.maximum(0, 1 - near).sum(axis=1))
