"""Where logos may be in a picture: a bounded number of boxes, the likeliest first; the same each time.

A drawing on a flat ground is cut into its groups of parts (the symbol, the word mark, both), see `flat`. A photograph
gives stable regions (MSER, Matas et al. 2002) and clusters of edges, ranked by how many contours lie whole inside (after Edge
Boxes, Zitnick and Dollar 2014), and windows where neither finds anything.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.brand import boxes as box
from visionmq.engine.brand.contours import Contours, trace
from visionmq.engine.brand.flat import (
    components,
    content_box,
    ground_of,
    groups,
    is_photograph,
    letters,
    prints,
    shaped,
)
from visionmq.engine.brand.looks import likeness, tables
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

MOST: Final = 32
"""Boxes of a photograph; each costs one embedding."""
MOST_FLAT: Final = 10
"""Boxes of a drawing on a flat ground: whole, its symbol, its word mark, what lies on its plate."""
_PRINTS: Final = 6
"""Boxes of what is printed on a thing before a flat ground."""
_FEWEST: Final = 6
_ROOM: Final = 12
"""Pixels of the longer side for each box: a picture of 100 is a logo cut out already, and its parts are none."""
LOOKED_AT: Final = 480
"""Longer side in pixels at which regions are sought: a logo of a tenth of the picture has 48."""
SMALLEST: Final = 0.035
"""Shorter side of a box as part of the picture's longer; smaller logos are not recognised anyway."""
SAME: Final = 0.72
"""Overlap from which on two boxes are one."""
_LEAST_REGION: Final = 40
"""Pixels of a stable region: a stroke of a logo of 30 pixels."""
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
    letters: frozenset[int] = frozenset()
    """The boxes of a drawing that are letters of its word mark."""


def propose(pixels: Pixels, most: int = MOST, *, scene: bool = False) -> Proposals:
    """Return where logos may be in a BGR picture, at most `most` boxes and at least one; a `scene` is no drawing."""
    height, width = pixels.shape[:2]
    most = min(most, max(_FEWEST, max(height, width) // _ROOM))
    ground, flat = ground_of(pixels)
    seen, scale = _shrunk(pixels)
    content = content_box(seen, ground) if flat else None
    drawn = flat and not scene and (content is None or not is_photograph(seen, ground, content))
    found = np.vstack([_on_ground(seen, ground, content, drawn=drawn), *([] if drawn else [_in_photograph(seen)])])
    grown = box.clipped(box.padded(found, MARGIN), seen.shape[1::-1])
    kept = box.distinct(grown, SAME, min(most, MOST_FLAT) if drawn else most)
    places = grown[kept]
    words = _letters(places, letters(seen, ground, content)) if drawn and content is not None else frozenset[int]()
    return Proposals(box.clipped(places * scale, (width, height)), drawn, ground, words)


def _letters(places: Array, found: Array) -> frozenset[int]:
    """Return which places are letters, by the boxes of all letters."""
    if len(found) == 0:
        return frozenset()
    alike = box.ious(places, box.padded(found, MARGIN)).max(axis=1) > SAME
    return frozenset(np.flatnonzero(alike).tolist())


def content_of(pixels: Pixels) -> Proposals:
    """Return the content of a BGR picture as the only box: what lies on a flat ground, else all of it."""
    size = (pixels.shape[1], pixels.shape[0])
    ground, flat = ground_of(pixels)
    seen, scale = _shrunk(pixels)
    content = content_box(seen, ground) if flat else None
    grown = box.padded(_whole(seen, content), MARGIN)
    return Proposals(box.clipped(grown * scale, size), flat, ground)


def _whole(seen: Pixels, content: Array | None) -> Array:
    return np.array([[0, 0, seen.shape[1], seen.shape[0]]], np.float32) if content is None else content[None]


def _on_ground(seen: Pixels, ground: tuple[int, int, int], content: Array | None, *, drawn: bool) -> Array:
    """Return the content of a flat ground as a whole, with its parts and what is printed on it; else the picture."""
    if content is None:
        return _whole(seen, content)
    parts = groups(seen, ground, content) if drawn else _whole(seen, content)
    return np.vstack([parts, prints(seen, ground, content)[:_PRINTS]])


def _shrunk(pixels: Pixels) -> tuple[Pixels, float]:
    scale = max(pixels.shape[:2]) / LOOKED_AT
    if scale <= 1:
        return pixels, 1.0
    size = tuple(max(1, round(side / scale)) for side in pixels.shape[1::-1])
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)), scale


def _in_photograph(seen: Pixels) -> Array:
    """Return boxes of a photograph, the likeliest first."""
    contours = trace(seen)
    found = candidates(seen, contours)
    return np.asarray(found[np.argsort(-likeness(tables(seen), contours, found), kind="stable")])


def candidates(seen: Pixels, contours: Contours) -> Array:
    """Return all boxes that are considered in a photograph of at most LOOKED_AT pixels, n x 4."""
    found = np.vstack([_regions(seen), _clusters(contours), _windows(seen)])
    return shaped(found, SMALLEST * max(seen.shape[:2]))


def _regions(seen: Pixels) -> Array:
    """Return the boxes of stable regions of lightness and of both colour axes."""
    size = seen.shape[0] * seen.shape[1]
    detector = cv2.MSER.create(delta=3, min_area=_LEAST_REGION, max_area=size // 3)
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
        found.append(components(joined, least=80))
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
