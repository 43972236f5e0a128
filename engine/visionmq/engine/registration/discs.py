"""The bright disc on a dark ground of a picture, as the moon on the sky: its circle, in pixels of the picture.

The edge of what is brighter than a level is fitted by a circle; a disc is one whose edge covers enough of its circle
while everything outside is dark. Levels are tried between the sky and the brightest part, since clouds and glow near
the disc are bright too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.registration.outcome import Array

_SIDE: Final = 512
"""Longer side in pixels at which the disc is looked for."""
_LEVELS: Final = (0.15, 0.3, 0.5, 0.7, 0.85)
"""Parts of the way from the sky's level to the brightest."""
_DARKEST: Final = 110
"""Grey level above which a ground is no night sky; navy at dusk is near 50, paper above 180."""
_LEAST_RADIUS: Final = 6.0
"""Pixels as looked at; smaller discs show nothing that could be matched."""
_LEAST_SUPPORT: Final = 0.42
"""Part of the circle that the edge covers: a crescent's limb covers half."""
_LEAST_FILLED: Final = 0.75
"""Part of the covered edge's inner side that is bright, a tenth of the radius inside."""
_MOST_LIT: Final = 0.15
"""Part of the picture beside the disc that may be as bright: lit clouds, lamps."""
_DUSK: Final = 0.3
"""Part of the way from sky to brightest below which half of the ground lies: black, not only less bright."""
_BINS: Final = 72
_NEAR: Final = 0.025
"""Distance of edge points from their circle, of the radius; half a pixel more is let pass."""
_DRAWS: Final = 300
_RAYS: Final = 180
_LEAST_STEP: Final = 12.0
"""Grey levels by which a ray is brighter inside than outside to tell where the edge is."""
_REACH: Final = 0.06
"""How far from the first circle its exact edge is looked for, of the radius."""


@dataclass(frozen=True, slots=True)
class Disc:
    """A bright circle on a dark ground, in pixels of the picture as sent."""

    x: float
    y: float
    radius: float
    support: float
    """Part of the circle along which the disc's edge was seen, 0 to 1."""

    def box(self, size: tuple[int, int], margin: float = 0.08) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom of the square around it, cut at the picture's borders."""
        reach = self.radius * (1 + margin) + 2
        left, top = max(0, int(self.x - reach)), max(0, int(self.y - reach))
        return left, top, min(size[0], int(self.x + reach) + 2), min(size[1], int(self.y + reach) + 2)


def find_disc(gray: Array) -> Disc | None:
    """Return the disc that a grey uint8 picture shows, None where there is none; the largest of equally clear ones."""
    scale = min(1.0, _SIDE / max(1, *gray.shape))
    size = tuple(round(side * scale) for side in gray.shape[::-1])
    if min(size, default=0) < 4 * _LEAST_RADIUS:
        return None
    small = cv2.GaussianBlur(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), (0, 0), 1)
    sky, bright = float(np.percentile(small, 5)), float(np.percentile(small, 99.8))
    if sky > _DARKEST or bright - sky < 40:
        return None
    found = [disc for part in _LEVELS for disc in _at_level(small, sky + part * (bright - sky))]
    dusk = (small > sky + _DUSK * (bright - sky)).astype(np.uint8)
    found = [disc for disc in found if _ground_is_dark((disc.x, disc.y, disc.radius), dusk, most=0.5)]
    if not found:
        return None
    best = max(found, key=lambda disc: (round(disc.support, 1), disc.radius))
    grown = np.array(gray.shape[::-1]) / np.array(size)
    x, y = (np.array((best.x, best.y)) + 0.5) * grown - 0.5
    return _exact(gray, Disc(float(x), float(y), best.radius * float(grown.mean()), best.support))


def _at_level(small: Array, level: float) -> list[Disc]:
    """Return the discs among what is brighter than a level, if the ground around it is dark."""
    lit = (small > level).astype(np.uint8)
    contours, _ = cv2.findContours(lit, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = sorted(contours, key=cv2.contourArea, reverse=True)[:3]
    found = [_fitted(np.asarray(contour).reshape(-1, 2).astype(np.float64), lit) for contour in large]
    return [disc for disc in found if disc is not None]


def _fitted(edge: Array, lit: Array) -> Disc | None:
    # Where the picture's border cuts the disc, the contour runs along the border: that is no edge of the disc.
    limit = np.array(lit.shape[::-1]) - 2
    edge = edge[((edge > 0) & (edge <= limit)).all(axis=1)]
    if len(edge) < 5 * _LEAST_RADIUS:
        return None
    circle = _most_agreed(edge)
    if circle is None or not _LEAST_RADIUS < circle[2] < 0.75 * max(lit.shape):
        return None
    circle = _least_squares(edge[_on(edge, circle)])
    support = _covered(edge[_on(edge, circle)], circle)
    if support < _LEAST_SUPPORT or not (_stands_out(circle, lit, edge) and _ground_is_dark(circle, lit)):
        return None
    return Disc(float(circle[0]), float(circle[1]), float(circle[2]), support)


def _most_agreed(edge: Array) -> Array | None:
    """Return the circle (x, y, radius) through three edge points that most others lie on."""
    rows = np.random.default_rng(5).integers(0, len(edge), (_DRAWS, 3))
    a, b, c = edge[rows[:, 0]], edge[rows[:, 1]] - edge[rows[:, 0]], edge[rows[:, 2]] - edge[rows[:, 0]]
    area = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    sound = np.abs(area) > 1
    if not sound.any():
        return None
    a, b, c, area = a[sound], b[sound], c[sound], area[sound]
    bb, cc = (b**2).sum(axis=1), (c**2).sum(axis=1)
    offset = np.column_stack([c[:, 1] * bb - b[:, 1] * cc, b[:, 0] * cc - c[:, 0] * bb]) / area[:, None]
    radius = np.linalg.norm(offset, axis=1)
    some = edge[:: max(1, len(edge) // 400)]
    away = np.abs(np.linalg.norm(some[None] - (a + offset)[:, None], axis=2) - radius[:, None])
    votes = (away < _NEAR * radius[:, None] / 2 + 0.5).sum(axis=1)
    votes[radius > max(edge.max(axis=0) - edge.min(axis=0)) * 1.5] = 0
    best = int(votes.argmax())
    return np.array([*(a + offset)[best], radius[best]])


def _on(edge: Array, circle: Array) -> Array:
    away = np.abs(np.linalg.norm(edge - circle[:2], axis=1) - circle[2])
    return np.asarray(away < _NEAR * circle[2] + 0.5)


def _least_squares(points: Array) -> Array:
    """Return the circle through points by linear least squares (Kasa 1976), x, y and radius."""
    centre = points.mean(axis=0)
    x, y = (points - centre).T
    rows = np.column_stack([x, y, np.ones(len(x))])
    (a, b, c), *_ = np.linalg.lstsq(rows, x**2 + y**2, rcond=None)
    return np.array([a / 2 + centre[0], b / 2 + centre[1], np.sqrt(max(c + (a**2 + b**2) / 4, 0))])


def _covered(points: Array, circle: Array) -> float:
    angles = np.arctan2(points[:, 1] - circle[1], points[:, 0] - circle[0])
    return len(np.unique(np.floor((angles / np.pi + 1) / 2 * _BINS).astype(np.int64) % _BINS)) / _BINS


def _stands_out(circle: Array, lit: Array, edge: Array) -> bool:
    """Whether the covered edge is bright inside and nearly nothing bright is close outside the circle."""
    points = edge[_on(edge, circle)]
    inward = circle[:2] + (points - circle[:2]) * 0.9
    outward = circle[:2] + (points - circle[:2]) * 1.12
    return _lit(inward, lit, beyond=0.0) >= _LEAST_FILLED and _lit(outward, lit, beyond=0.0) <= 1 - _LEAST_FILLED


def _ground_is_dark(circle: Sequence[float] | Array, lit: Array, *, most: float = _MOST_LIT) -> bool:
    away = np.ones(lit.shape, np.uint8)
    cv2.circle(away, (round(circle[0]), round(circle[1])), round(circle[2] * 1.1), 0, -1)
    return int(np.count_nonzero(away & lit)) <= most * int(np.count_nonzero(away))


def _lit(points: Array, lit: Array, *, beyond: float) -> float:
    x, y = np.round(points).astype(np.int64).T
    inside = (x >= 0) & (y >= 0) & (x < lit.shape[1]) & (y < lit.shape[0])
    values = np.full(len(points), beyond)
    values[inside] = lit[y[inside], x[inside]]
    return float(values.mean())


def _exact(gray: Array, disc: Disc) -> Disc:
    """Return the disc with its edge where each ray, from outside, first is half as bright as within."""
    width = max(2.0, disc.radius * _REACH)
    reach = disc.radius + np.linspace(width, -width, 4 * int(np.ceil(width)) + 1)
    angles = np.arange(_RAYS) * (2 * np.pi / _RAYS)
    across = (disc.x + np.cos(angles)[:, None] * reach).astype(np.float32)
    down = (disc.y + np.sin(angles)[:, None] * reach).astype(np.float32)
    profiles = cv2.remap(gray, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    ground = profiles[:, : len(reach) // 5].mean(axis=1)
    within = np.median(profiles[:, len(reach) // 2 :], axis=1)
    at = (profiles > ((ground + within) / 2)[:, None]).argmax(axis=1)
    rows = np.arange(_RAYS)
    clear = (within - ground > _LEAST_STEP) & (at > 0)
    clear &= (across[rows, 0] > 0) & (down[rows, 0] > 0)
    clear &= (across[rows, 0] < gray.shape[1] - 1) & (down[rows, 0] < gray.shape[0] - 1)
    if np.count_nonzero(clear) < _RAYS * _LEAST_SUPPORT / 2:
        return disc
    points = np.column_stack([across[rows, at], down[rows, at]])[clear].astype(np.float64)
    circle = _least_squares(points)
    away = np.abs(np.linalg.norm(points - circle[:2], axis=1) - circle[2])
    circle = _least_squares(points[away <= np.percentile(away, 75)])
    if not np.isfinite(circle).all() or abs(circle[2] / disc.radius - 1) > _REACH:
        return disc
    return Disc(float(circle[0]), float(circle[1]), float(circle[2]), disc.support)
