"""How near strangers come to a collection, measured on its own references: every brand is a stranger to all others."""

from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from visionmq.engine.brand.gallery import Brands
from visionmq.engine.brand.report import kin_of
from visionmq.engine.brand.scoring import Level
from visionmq.engine.registration.outcome import Array
from visionmq.engine.store.messages import Author
from visionmq.schemas.brand.report import Calibrated, OperatingPoint

LEAST_BRANDS: Final = 20
"""Brands below which their nearest strangers say nothing of the rarest."""
RATES: Final = (0.001, 0.003, 0.01, 0.03, 0.1)
USUAL_MEDIAN: Final = 0.494
"""Median similarity of a reference to the nearest of another brand among 1,000: 0.20, 0.28, 0.33 and 0.39 were measured among 30,
75, 150 and 300 held-out brands."""
USUAL_GROWTH: Final = 0.083
"""How much that median rises for every e-fold of references."""
_MOST_OFFSET: Final = 0.15
_TRUSTED: Final = 0.5
"""Part of the references at the time of measuring that may have been added or dropped since."""


class _Note(Struct, frozen=True):
    offset: float
    brands: int
    references: int


def calibrate(brands: Brands, collection: str, author: Author) -> Calibrated:
    """Measure a collection, keep the result in the store for all workers, and return it."""
    references = list(brands.references())
    count = len({one.brand for one in references})
    if count < LEAST_BRANDS:
        brands.keep_calibration(msgspec.msgpack.encode(_Note(0.0, count, len(references))), author)
        return _told(collection, Level(), count, len(references))
    near = kin_of(references).other
    level = Level(_offset(near), measured=True)
    brands.keep_calibration(msgspec.msgpack.encode(_Note(level.offset, count, len(references))), author)
    return _told(collection, level, count, len(references))


def _offset(near: Array) -> float:
    """Return by how much strangers are nearer here than usual; look-alikes that are one brand twice do not count."""
    usual = USUAL_MEDIAN + USUAL_GROWTH * float(np.log(len(near) / 1000))
    return float(np.clip(np.median(near) - usual, -_MOST_OFFSET / 3, _MOST_OFFSET))


def level_of(brands: Brands, references: int) -> Level:
    """Return how near strangers come, as it was measured; the default where it never was, or long ago."""
    content = brands.read_calibration()
    if content is None:
        return Level()
    note = msgspec.msgpack.decode(content, type=_Note)
    if note.brands < LEAST_BRANDS or not 1 - _TRUSTED <= references / max(1, note.references) <= 1 / (1 - _TRUSTED):
        return Level()
    return Level(note.offset, measured=True)


def _told(collection: str, level: Level, brands: int, references: int) -> Calibrated:
    points = [
        OperatingPoint(fpr=rate, similarity=round(level.similarity(max(2, references), rate), 4)) for rate in RATES
    ]
    return Calibrated(
        collection=collection,
        brands=brands,
        references=references,
        strangers=references if level.measured else 0,
        points=points,
    )
