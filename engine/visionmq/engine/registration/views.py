"""Landmarks of a picture as it would look from the side, so that extreme viewpoints meet (ASIFT, Yu and Morel 2011).

Landmarks of all views are pooled, in pixels of the picture as sent. One place then has several landmarks, so that the
second nearest of the ratio test is the nearest at another place (Mishkin et al. 2015), and a place
of either picture counts once.
"""

import math
from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration.estimation import jacobians, project
from visionmq.engine.registration.features import Algorithm, Features, features
from visionmq.engine.registration.matching import Matches, squares, whole
from visionmq.engine.registration.outcome import Array, Failure

LARGEST: Final = 560
"""Longer side in pixels at which views are simulated."""
TILTS: Final = (2.0, 4.0)
"""Foreshortenings simulated of both pictures; two of 4 that face each other make 16."""
_STEP: Final = 72.0
"""Degrees between the directions of tilt 1; the directions of a tilt t are _STEP / t apart."""
_ANTI_ALIAS: Final = 0.8
"""Blur per unit of tilt, in pixels, that a camera's own optics would have left (Yu and Morel 2011)."""
_A_VIEW: Final = 900
"""Landmarks kept of a view with as many pixels as the picture."""
_LEAST_A_VIEW: Final = 200
_BLOCK: Final = 1500
"""User landmarks compared at once: with 15,000 of the model their products take 90 MB."""
_NEIGHBOURS: Final = 6
"""Nearest landmarks looked through for one at another place."""
_APART: Final = 0.012
"""Another place: this part of the picture's longer side away; landmarks of one place lie within a few pixels."""


def view_features(gray: Array, *, largest: int = LARGEST, tilts: tuple[float, ...] = TILTS) -> Features | Failure:
    """Return the pooled SIFT landmarks of a grey picture and of its simulated views."""
    scale = min(1.0, largest / max(1, *gray.shape))
    found = [_view(gray, tilt, turn, scale) for tilt in (1.0, *tilts) for turn in _turns(tilt)]
    pooled = [one for one in found if isinstance(one, Features)]
    if not pooled:
        return found[0]
    return Features(
        Algorithm.SIFT,
        np.concatenate([one.points for one in pooled]),
        np.concatenate([one.diameters for one in pooled]),
        np.concatenate([one.descriptors for one in pooled]),
        (gray.shape[1], gray.shape[0]),
        1 / scale,
    )


def _turns(tilt: float) -> list[float]:
    """Return the directions, in radians over half a turn, that a picture is tilted to."""
    if tilt == 1:
        return [0.0]
    count = math.ceil(180 / (_STEP / tilt))
    return [math.pi * at / count for at in range(count)]


def _view(gray: Array, tilt: float, turn: float, scale: float) -> Features | Failure:
    """Return the landmarks of one view: turned, blurred and shortened along x, looked at `scale` as large."""
    matrix, size = _frame((gray.shape[1], gray.shape[0]), turn, scale)
    flat = cv2.warpAffine(_small(gray, scale), _inner(matrix, scale), size, flags=cv2.INTER_LINEAR)
    seen = cv2.warpAffine(np.full(gray.shape, 255, np.uint8), matrix[:2], size, flags=cv2.INTER_NEAREST)
    if tilt > 1:
        flat = cv2.GaussianBlur(flat, (0, 0), sigmaX=_ANTI_ALIAS * math.sqrt(tilt**2 - 1), sigmaY=0.01)
        width = max(1, round(size[0] / tilt))
        flat = cv2.resize(flat, (width, size[1]), interpolation=cv2.INTER_NEAREST)
        seen = cv2.resize(seen, (width, size[1]), interpolation=cv2.INTER_NEAREST)
        across = width / size[0]
        matrix = np.array([[across, 0, 0.5 * across - 0.5], [0, 1, 0], [0, 0, 1]]) @ matrix
    seen = cv2.erode(seen, np.ones((7, 7), np.uint8), borderValue=0)
    budget = max(_LEAST_A_VIEW, round(_A_VIEW / tilt))
    found = features(flat, Algorithm.SIFT, budget=budget, mask=seen)
    return found if isinstance(found, Failure) else moved(found, np.linalg.inv(matrix), (gray.shape[1], gray.shape[0]))


def _small(gray: Array, scale: float) -> Array:
    if scale >= 1:
        return gray
    size = max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA))


def _inner(matrix: Array, scale: float) -> Array:
    """Return the affine part of a matrix for the picture already shrunk by `scale`."""
    grown = np.array([[1 / scale, 0, 0.5 / scale - 0.5], [0, 1 / scale, 0.5 / scale - 0.5], [0, 0, 1]])
    return np.asarray((matrix @ grown)[:2])


def _frame(size: tuple[int, int], turn: float, scale: float) -> tuple[Array, tuple[int, int]]:
    """Return the matrix that turns and shrinks a picture into a frame that just holds it, and the frame's size."""
    cosine, sine = math.cos(turn) * scale, math.sin(turn) * scale
    rotation = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
    outline = project(rotation, np.array([(0, 0), (size[0], 0), (size[0], size[1]), (0, size[1])], np.float64) - 0.5)
    least, most = outline.min(axis=0), outline.max(axis=0)
    rotation[:2, 2] = -least - 0.5
    width, height = (max(1, math.ceil(side - 1e-6)) for side in most - least)
    return rotation, (width, height)


def moved(found: Features, back: Array, size: tuple[int, int]) -> Features:
    """Return landmarks carried by a matrix into a picture of another size."""
    scales = np.sqrt(np.abs(np.linalg.det(jacobians(back, found.points))))
    points = project(back, found.points).astype(np.float32)
    diameters = (found.diameters * scales).astype(np.float32)
    pixel = found.pixel * float(np.median(scales)) if len(found) else found.pixel
    return Features(found.algorithm, points, diameters, found.descriptors, size, pixel)


def match_views(user: Features, model: Features, *, ratio: float) -> Matches:
    """Return the pairs of pooled landmarks that are clear against every other place, one for each place."""
    if len(user) < 2 or len(model) < 2:
        return Matches(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    apart = _APART * max(model.size)
    first, second = whole(user.descriptors), whole(model.descriptors)
    blocks = [_block(first[at : at + _BLOCK], second, model.points, apart) for at in range(0, len(user), _BLOCK)]
    nearest, ratios = (np.concatenate(part) for part in zip(*blocks, strict=True))
    chosen = np.flatnonzero(ratios < ratio)
    chosen = chosen[np.argsort(ratios[chosen], kind="stable")]
    chosen = chosen[_once(user.points[chosen], model.points[nearest[chosen]], _APART * max(user.size), apart)]
    return Matches(chosen, nearest[chosen], ratios[chosen])


def _block(first: Array, second: Array, points: Array, apart: float) -> tuple[Array, Array]:
    """Return each user landmark's nearest, and its distance over that of the nearest at another place."""
    products = first @ second.T
    rows = np.arange(len(products))
    nearest = products.argmax(axis=1)
    near = squares(first, second, nearest, products[rows, nearest])
    other, at = nearest.copy(), nearest
    open_, far = np.ones(len(rows), bool), near.copy()
    for _ in range(_NEIGHBOURS):
        products[rows, at] = -np.inf
        at = products.argmax(axis=1)
        # Where all neighbours are of one place the last of them stands in: the ratio is then an upper bound.
        other[open_], far[open_] = at[open_], products[rows, at][open_]
        open_ &= np.linalg.norm(points[at] - points[nearest], axis=1) <= apart
    return nearest, np.sqrt(near / np.maximum(squares(first, second, other, far), 1))


def _once(user: Array, model: Array, user_apart: float, model_apart: float) -> Array:
    """Return the indices of pairs neither end of which lies at a clearer pair's: crowds on one place prove nothing."""
    kept = np.zeros(len(user), bool)
    for at in range(len(user)):
        near = np.abs(user[kept] - user[at]).max(axis=1, initial=0) < user_apart / 3
        near |= np.abs(model[kept] - model[at]).max(axis=1, initial=0) < model_apart / 3
        kept[at] = not near.any()
    return np.flatnonzero(kept)
