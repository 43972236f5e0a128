"""Where logos may be in a picture: a bounded number of boxes, the likeliest first; the same each time.

A drawing on a flat ground is cut into its groups of parts (the symbol, the word mark, both). A photograph gives stable
regions (MSER, Matas et al. 2002) and clusters of edges, ranked by how many contours lie whole inside (after Edge Boxes,
Zitnick and Dollar 2014), and windows where neither finds anything.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.brand import boxes as box
from visionmq.engine.brand.contours import Contours, trace
from visionmq.engine.brand.looks import likeness, tables
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

MOST: Final = 24
"""Boxes of a photograph: on dev scenes 98 in 100 logos are among these; each costs one embedding."""
MOST_FLAT: Final = 8
"""Boxes of a drawing on a flat ground: whole, its symbol, its word mark."""
_FEWEST: Final = 6
_ROOM: Final = 16
"""Pixels of the longer side for each box: a picture of 100 is a logo cut out already, and its parts are none."""
LOOKED_AT: Final = 480
"""Longer side in pixels at which regions are sought: a logo of a tenth of the picture has 48."""
SMALLEST: Final = 0.055
"""Shorter side of a box as part of the picture's longer; smaller logos are not recognised anyway."""
FLAT_PART: Final = 0.93
"""Part of the border that has one colour in a drawing on a flat ground."""
FLAT_TOLERANCE: Final = 14
"""Levels by which that colour may vary: JPEG's noise."""
_CONTENT: Final = 26
"""Levels by which content differs from a flat ground."""
_GAPS: Final = (0.0, 0.02, 0.05, 0.1)
"""Gaps, as parts of the content's longer side, over which parts of a drawing are one group."""
_PAPER: Final = 225
"""Level from which on a ground is paper."""
SAME: Final = 0.72
"""Overlap from which on two boxes are one."""
_ASPECT: Final = 8.0
MARGIN: Final = 0.04
"""Ground left around a box, as part of its longer side."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Boxes, n x 4 in pixels of the picture, the likeliest first; the first is always the content as a whole."""

    boxes: Array
    flat: bool
    """A drawing on a flat ground: nothing but the logo is in the picture."""
    ground: tuple[int, int, int]
    """The border's colour (BGR), which a flat ground has."""


def propose(pixels: Pixels, most: int = MOST) -> Proposals:
    """Return where logos may be in a BGR picture, at most `most` boxes and at least one."""
    height, width = pixels.shape[:2]
    most = min(most, max(_FEWEST, max(height, width) // _ROOM))
    ground, flat = ground_of(pixels)
    seen, scale = _shrunk(pixels)
    content = content_box(seen, ground) if flat else None
    if flat:
        found = _groups(seen, ground, content)
        photograph = content is not None and _busy(seen, ground, content)
        if photograph:
            found = np.vstack([found[:1], _in_photograph(seen)])
    else:
        photograph = True
        found = np.vstack([_whole(seen), _in_photograph(seen)])
    grown = box.clipped(box.padded(found, MARGIN), seen.shape[1::-1])
    grown = grown if len(grown) else _whole(seen)
    kept = box.distinct(grown, SAME, most if photograph else min(most, MOST_FLAT))
    return Proposals(box.clipped(grown[kept] * scale, (width, height)), flat and not photograph, ground)


def ground_of(pixels: Pixels) -> tuple[tuple[int, int, int], bool]:
    """Return the border's middle colour (BGR), and whether nearly all of the border has it."""
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    middle = np.median(edge, axis=0)
    near = (np.abs(edge - middle).max(axis=1) <= FLAT_TOLERANCE).mean()
    blue, green, red = (int(level) for level in middle)
    return (blue, green, red), bool(near >= FLAT_PART)


def content_mask(pixels: Pixels, ground: tuple[int, int, int]) -> Array:
    """Return where a picture differs from its ground, h x w uint8 of 0 and 1."""
    far = cv2.absdiff(pixels, np.full_like(pixels, ground)).max(axis=2) > _CONTENT
    return np.asarray(far, np.uint8)


def content_box(pixels: Pixels, ground: tuple[int, int, int]) -> Array | None:
    """Return the box around all that differs from the ground, 4 float32; None if nothing does."""
    mask = content_mask(pixels, ground)
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if len(columns) == 0:
        return None
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)


def _whole(seen: Array) -> Array:
    return np.array([[0, 0, seen.shape[1], seen.shape[0]]], np.float32)


def _shrunk(pixels: Pixels) -> tuple[Pixels, float]:
    scale = max(pixels.shape[:2]) / LOOKED_AT
    if scale <= 1:
        return pixels, 1.0
    size = tuple(max(1, round(side / scale)) for side in pixels.shape[1::-1])
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)), scale


def _groups(seen: Pixels, ground: tuple[int, int, int], content: Array | None) -> Array:
    """Return the boxes of a drawing's groups of parts: all of it, then the largest groups over ever wider gaps."""
    if content is None:
        return _whole(seen)
    mask = content_mask(seen, ground)
    long = float(max(content[2] - content[0], content[3] - content[1]))
    found = [content[None], *([_whole(seen)] if _is_plate(ground) else [])]
    for gap in _GAPS[::-1]:
        reach = max(1, round(gap * long))
        joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8)) if reach > 1 else mask
        found.append(_components(joined, least=0.04 * float(box.areas(content))))
    return _shaped(np.vstack(found), 0.12 * long)


def _is_plate(ground: tuple[int, int, int]) -> bool:
    """Return whether a flat ground may belong to the logo: it is neither white paper nor black."""
    return min(ground) < _PAPER and max(ground) > 255 - _PAPER


def _components(mask: Array, least: float) -> Array:
    """Return the boxes of a mask's connected parts, the largest first, of at least some area."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    rows = stats[1:]
    if len(rows) == 0:
        return box.NONE
    left, top, wide, high = (rows[:, at].astype(np.float32) for at in range(4))
    found = np.stack([left, top, left + wide, top + high], axis=1)
    found = found[np.argsort(-box.areas(found), kind="stable")]
    return np.asarray(found[box.areas(found) >= least])


def _shaped(found: Array, smallest: float) -> Array:
    """Return the boxes that are neither tiny nor slivers."""
    wide, high = found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]
    short, long = np.minimum(wide, high), np.maximum(wide, high)
    return np.asarray(found[(short >= smallest) & (long <= _ASPECT * np.maximum(short, 1))], np.float32)


def _busy(seen: Pixels, ground: tuple[int, int, int], content: Array) -> bool:
    """Return whether what lies on a flat ground is a photograph: of many colours, few of them next to themselves."""
    left, top, right, bottom = (int(side) for side in content)
    part = seen[top:bottom, left:right]
    mask = content_mask(part, ground) > 0
    if np.count_nonzero(mask) < 64:
        return False
    codes = (part.astype(np.int32) >> 5) @ np.array([64, 8, 1])
    counts = np.sort(np.bincount(codes[mask], minlength=512))[::-1]
    return bool(counts[:12].sum() < 0.8 * counts.sum())


def _in_photograph(seen: Pixels) -> Array:
    """Return boxes of a photograph, the likeliest first."""
    contours = trace(seen)
    found = candidates(seen, contours)
    return np.asarray(found[np.argsort(-likeness(tables(seen), contours, found), kind="stable")])


def candidates(seen: Pixels, contours: Contours) -> Array:
    """Return all boxes that are considered in a photograph of at most LOOKED_AT pixels, n x 4."""
    found = np.vstack([_regions(seen), _clusters(contours), _windows(seen)])
    return _shaped(found, SMALLEST * max(seen.shape[:2]))


def _regions(seen: Pixels) -> Array:
    """Return the boxes of stable regions of lightness and of both colour axes."""
    size = seen.shape[0] * seen.shape[1]
    detector = cv2.MSER.create(delta=4, min_area=max(30, size // 800), max_area=size // 3)
    light, green, blue = cv2.split(cv2.cvtColor(seen, cv2.COLOR_BGR2LAB))
    colours = [cv2.convertScaleAbs(plane, alpha=2.0, beta=-128.0) for plane in (green, blue)]
    found = [np.array(detector.detectRegions(plane)[1], np.float32).reshape(-1, 4) for plane in (light, *colours)]
    rows = np.vstack(found)
    rows[:, 2:] += rows[:, :2]
    return rows


def _clusters(contours: Contours) -> Array:
    """Return the boxes of edges that lie close together, at several distances."""
    found = []
    for reach in (3, 7, 13, 21):
        joined = cv2.morphologyEx(contours.edges, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
        found.append(_components(joined, least=80))
    return np.vstack(found)


def _windows(seen: Pixels) -> Array:
    """Return square windows over the picture, of half to a fifth of its shorter side, half overlapping."""
    height, width = seen.shape[:2]
    found = []
    for part in (0.75, 0.5, 0.33, 0.22):
        side = part * min(height, width)
        lefts = np.linspace(0, width - side, max(1, round(2 * (width - side) / side) + 1))
        tops = np.linspace(0, height - side, max(1, round(2 * (height - side) / side) + 1))
        corners = np.stack(np.meshgrid(lefts, tops), axis=-1).reshape(-1, 2)
        found.append(np.hstack([corners, corners + side]))
    return np.asarray(np.vstack(found), np.float32)
