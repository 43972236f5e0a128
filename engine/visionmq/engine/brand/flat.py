"""Pictures on a flat ground: a drawing, whose parts are the symbol and the word mark, or a thing that something is printed on.

A shirt, a bottle or a car before white looks like a drawing by its border alone. What is printed on it lies on the thing's own
colour, as a symbol lies on its plate; where the thing has no single colour, it is a photograph.
"""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from visionmq.engine.brand import boxes as box
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

FLAT_PART: Final = 0.93
"""Part of the border that has one colour in a drawing on a flat ground."""
FLAT_TOLERANCE: Final = 14
"""Levels by which that colour may vary: JPEG's noise."""
_CONTENT: Final = 26
"""Levels by which content differs from a flat ground."""
_GAPS: Final = (0.1, 0.05, 0.02, 0.0)
"""Gaps, as parts of the content's longer side, over which parts of a drawing are one group."""
_PAPER: Final = 225
"""Level from which on a ground is paper."""
_PART: Final = 0.12
"""Shorter side of a part of a drawing, as part of the content's longer side; less is a letter or a dot."""
_PRINT: Final = 0.06
"""The same of what is printed on a thing: a badge on a shirt."""
_OWN: Final = 0.35
"""Part of a thing that its own colour covers, if it has one."""
_RIM: Final = 0.02
"""Width of a thing's rim, where its colour mixes with the ground, as part of the content's longer side."""
_ASPECT: Final = 8.0
_COLOURS: Final = 12
_DRAWN: Final = 0.8
"""Part of a drawing that its commonest colours (of 512) cover."""
_SLOPING: Final = (1.0, 12.0)
"""Levels a pixel: more than a printed area, less than a printed edge."""
_GRAIN: Final = 0.45
"""Part of a photographed thing that slopes so: 24 in 25 training drawings have less, three in four cut-out photographs more."""
_SPAN: Final = 0.8
"""Part of the content's box that a single thing spans."""
_LINE: Final = 0.12
"""Part of a letter's height by which letters of a line differ above and below."""
_COMPANY: Final = 2
"""Others of its kind that a letter has in its line."""
_LEAST: Final = 64
"""Pixels of content below which nothing is said of it."""


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


def groups(seen: Pixels, ground: tuple[int, int, int], content: Array) -> Array:
    """Return the boxes of a drawing's groups of parts: all of it, then the largest groups over ever narrower gaps."""
    whole = np.array([[0, 0, seen.shape[1], seen.shape[0]]], np.float32)
    parts = _joined(content_mask(seen, ground), content, _PART)
    return np.vstack([content[None], *([whole] if _is_plate(ground) else []), parts])


def prints(seen: Pixels, ground: tuple[int, int, int], content: Array) -> Array:
    """Return the boxes of what lies on a thing of one colour of its own; none where it has none."""
    thing = _filled(content_mask(seen, ground), content)
    own = _own_colour(seen, thing)
    return box.NONE if own is None else _joined(content_mask(seen, own) & thing, content, _PRINT)


def is_photograph(seen: Pixels, ground: tuple[int, int, int], content: Array) -> bool:
    """Return whether what lies on a flat ground was photographed: it has many colours, or is one thing and nowhere flat."""
    left, top, right, bottom = (int(side) for side in content)
    part = seen[top:bottom, left:right]
    mask = content_mask(part, ground)
    if np.count_nonzero(mask) < _LEAST:
        return False
    counts = np.sort(np.bincount(_codes(part)[mask > 0], minlength=512))[::-1]
    many = bool(counts[:_COLOURS].sum() < _DRAWN * counts.sum())
    return many or (_is_one(mask) and _grain(part, mask) > _GRAIN)


def letters(seen: Pixels, ground: tuple[int, int, int], content: Array) -> Array:
    """Return the boxes of a drawing's parts that are letters of a word, n x 4."""
    rows = [parts[in_row(parts)] for parts in _parts(content_mask(seen, ground), content, _PRINT)]
    return np.vstack(rows)


def in_row(found: Array) -> Array:
    """Return which boxes stand in a row with at least two others of their height, n bool."""
    tops, bottoms = found[:, 1], found[:, 3]
    high = np.maximum(bottoms - tops, 1)
    slack = _LINE * np.maximum(high[:, None], high[None])
    alike = (np.abs(tops[:, None] - tops[None]) < slack) & (np.abs(bottoms[:, None] - bottoms[None]) < slack)
    return np.asarray(alike.sum(axis=1) > _COMPANY)


def shaped(found: Array, smallest: float) -> Array:
    """Return the boxes that are neither tiny nor slivers."""
    wide, high = found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]
    short, long = np.minimum(wide, high), np.maximum(wide, high)
    return np.asarray(found[(short >= smallest) & (long <= _ASPECT * np.maximum(short, 1))], np.float32)


def components(mask: Array, least: float) -> Array:
    """Return the boxes of a mask's connected parts, the largest first, of at least some area."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    rows = stats[1:]
    if len(rows) == 0:
        return box.NONE
    left, top, wide, high = (rows[:, at].astype(np.float32) for at in range(4))
    found = np.stack([left, top, left + wide, top + high], axis=1)
    found = found[np.argsort(-box.areas(found), kind="stable")]
    return np.asarray(found[box.areas(found) >= least])


def _joined(mask: Array, content: Array, part: float) -> Array:
    """Return the boxes of a mask's parts, joined over each of the gaps."""
    return shaped(np.vstack(list(_parts(mask, content, part))), part * _long(content))


def _parts(mask: Array, content: Array, part: float) -> Iterator[Array]:
    """Yield the boxes of a mask's parts for each of the gaps."""
    for gap in _GAPS:
        reach = max(1, round(gap * _long(content)))
        joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8)) if reach > 1 else mask
        yield components(joined, least=part**2 * float(box.areas(content)))


def _long(content: Array) -> float:
    return float(max(content[2] - content[0], content[3] - content[1]))


def _filled(mask: Array, content: Array) -> Array:
    """Return a mask without holes and without its rim."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(mask), outlines, -1, 1, cv2.FILLED)
    reach = 2 * max(1, round(_RIM * _long(content))) + 1
    return np.asarray(cv2.erode(filled, np.ones((reach, reach), np.uint8)))


def _own_colour(seen: Pixels, thing: Array) -> tuple[int, int, int] | None:
    """Return the colour (BGR) that covers most of a thing; None if none does."""
    inside = thing > 0
    if np.count_nonzero(inside) < _LEAST:
        return None
    codes, colours = _codes(seen)[inside], seen[inside]
    commonest = int(np.bincount(codes, minlength=512).argmax())
    blue, green, red = (int(level) for level in np.median(colours[codes == commonest], axis=0))
    own = np.abs(colours.astype(np.int16) - (blue, green, red)).max(axis=1) <= _CONTENT
    return (blue, green, red) if float(own.mean()) >= _OWN else None


def _codes(pixels: Pixels) -> Array:
    """Return each pixel's colour as one of 512."""
    return np.asarray((pixels.astype(np.int32) >> 5) @ np.array([64, 8, 1]))


def _is_one(mask: Array) -> bool:
    """Return whether one connected part spans nearly all of a content's mask."""
    return len(components(mask, least=_SPAN * mask.size)) > 0


def _grain(part: Pixels, mask: Array) -> float:
    """Return which part of some content slopes as photographs do; 0 where there is too little of it."""
    inside = cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0
    if np.count_nonzero(inside) < _LEAST:
        return 0.0
    across, along = (np.abs(cv2.Sobel(part, cv2.CV_32F, 1 - down, down, scale=0.125)) for down in (0, 1))
    slopes = np.maximum(across, along).max(axis=2)[inside]
    return float(((slopes >= _SLOPING[0]) & (slopes < _SLOPING[1])).mean())


def _is_plate(ground: tuple[int, int, int]) -> bool:
    """Return whether a flat ground may belong to the logo: it is neither white paper nor black."""
    return min(ground) < _PAPER and max(ground) > 255 - _PAPER
