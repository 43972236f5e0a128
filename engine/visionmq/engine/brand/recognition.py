"""From pictures to brands: places are embedded together, shortlisted by the gallery, confirmed one by one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import cv2
import numpy as np

from visionmq.engine.brand import boxes as box
from visionmq.engine.brand.confirm import Confirmation, Place, confirm, place_of
from visionmq.engine.brand.gallery import Brands, Near
from visionmq.engine.brand.proposals import MOST, MOST_FLAT, Proposals, propose
from visionmq.engine.brand.scoring import Evidence, Level, probability
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

LOOKS: Final = 14
"""Pairs of place and brand that are confirmed in a picture; each takes about 5 ms."""
BRANDS_A_PLACE: Final = 4
PLACES_A_BRAND: Final = 3
NEIGHBOURS: Final = 10
"""Brands asked of the gallery for each place."""
_HOPELESS: Final = 0.4
"""How far below the strangers' level a pair is not worth confirming: no right one on the drawn scenes is."""
_USUALLY: Final = 0.12
"""How far below their level the nearest of few strangers are: in small galleries nobody else may be near."""
_SAME_PLACE: Final = 0.3
"""Overlap from which on two brands contend for one place."""


class Embedding(Protocol):
    """What turns crops into unit vectors."""

    @property
    def NAME(self) -> str:
        """The model's name."""
        ...

    @property
    def VERSION(self) -> str:
        """Its version: vectors of two are never compared."""
        ...

    @property
    def DIMENSION(self) -> int:
        """Numbers in a vector."""
        ...

    def embed(self, crops: Sequence[Pixels]) -> Array:
        """Return n x DIMENSION float32 of length 1."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """How pictures are looked at."""

    search: str = "auto"
    """`auto`, `whole` or `scene`."""
    verify: bool = True
    top: int = 5


@dataclass(frozen=True, slots=True)
class Sighting:
    """A brand at a place of a picture."""

    brand: str
    similarity: float
    probability: float
    reference: str
    template: str
    quad: Array
    """4 x 2 in pixels of the picture."""
    place: int
    evidence: Evidence
    found: Confirmation | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture with its places and their vectors."""

    pixels: Pixels
    proposals: Proposals
    vectors: Array
    """n x dimension, one a place."""


@dataclass(slots=True)
class Views:
    """The places of one picture, prepared for confirmation when they are first asked for."""

    seen: Seen
    _places: dict[int, Place] = field(default_factory=dict)

    def __getitem__(self, index: int) -> Place:
        if index not in self._places:
            self._places[index] = place_of(self.seen.pixels, self.seen.proposals.boxes[index])
        return self._places[index]


def look(pictures: Sequence[Pixels], embedding: Embedding, search: str) -> list[Seen]:
    """Return the places of all pictures with their vectors, embedded together."""
    found = [places(pixels, search) for pixels in pictures]
    crops = [crop(pixels, one) for pixels, proposals in zip(pictures, found, strict=True) for one in proposals.boxes]
    vectors = embedding.embed(crops)
    ends = np.cumsum([len(proposals.boxes) for proposals in found])
    parts = np.split(vectors, ends[:-1]) if len(ends) else []
    return [Seen(*row) for row in zip(pictures, found, parts, strict=True)]


def places(pixels: Pixels, search: str) -> Proposals:
    """Return where to look in a picture: with `whole` at its content, else wherever logos may be."""
    found = propose(pixels, MOST if search != "whole" else MOST_FLAT)
    return replace(found, boxes=found.boxes[:1]) if search == "whole" else found


def crop(pixels: Pixels, one: Array) -> Pixels:
    """Return the pixels of a box, at least two each way."""
    left, top = int(one[0]), int(one[1])
    right, bottom = max(left + 2, int(np.ceil(one[2]))), max(top + 2, int(np.ceil(one[3])))
    part = pixels[top:bottom, left:right]
    return np.ascontiguousarray(part if part.size else cv2.resize(pixels, (2, 2)))


def sight(
    seen: Seen, rows: Sequence[Sequence[Near]], brands: Brands, level: Level, asked: Asked, references: int
) -> list[Sighting]:
    """Return the brands that may be in a picture, each at its likeliest place, best first."""
    strangers = level.similarity(max(1, references) * max(1, len(rows)))
    views, support = Views(seen), Counter(row[0].brand for row in rows if row)
    found = [
        _judge(
            views,
            near,
            index,
            _spoken(near, rows[index], strangers, support),
            brands if asked.verify else None,
            strangers,
        )
        for index, near in _worth(rows, strangers)
    ]
    known = {(one.place, one.brand) for one in found}
    found.extend(_unseen(seen, rows, strangers, support, known))
    best: dict[str, Sighting] = {}
    for one in sorted(found, key=lambda one: (-one.probability, -one.similarity, one.brand)):
        best.setdefault(one.brand, one)
    return list(best.values())


def _worth(rows: Sequence[Sequence[Near]], strangers: float) -> list[tuple[int, Near]]:
    """Return the pairs of place and brand that are confirmed, the nearest first."""
    pairs = [(index, near) for index, row in enumerate(rows) for near in row[:BRANDS_A_PLACE]]
    pairs.sort(key=lambda pair: (-pair[1].similarity, pair[0], pair[1].brand))
    counts: dict[str, int] = {}
    kept: list[tuple[int, Near]] = []
    for index, near in pairs:
        if near.similarity < strangers - _HOPELESS or len(kept) == LOOKS:
            break
        counts[near.brand] = counts.get(near.brand, 0) + 1
        if counts[near.brand] <= PLACES_A_BRAND:
            kept.append((index, near))
    return kept


def _margin(near: Near, row: Sequence[Near], strangers: float) -> float:
    """Return how much nearer a brand is than the nearest other at its place, or than strangers usually are."""
    others = max((one.similarity for one in row if one.brand != near.brand), default=-1.0)
    return near.similarity - max(others, strangers - _USUALLY)


def _spoken(near: Near, row: Sequence[Near], strangers: float, support: Mapping[str, int]) -> Evidence:
    """Return what speaks for a brand at a place before anything is confirmed."""
    margin = _margin(near, row, strangers)
    return Evidence(near.similarity, margin, votes=near.votes, support=support.get(near.brand, 1))


def _judge(
    views: Views, near: Near, index: int, evidence: Evidence, brands: Brands | None, strangers: float
) -> Sighting:
    marks = None if brands is None else brands.marks(near.template, near.brand)
    found = None if marks is None else confirm(views[index], marks)
    quad = box.quad_of(views.seen.proposals.boxes[index])
    if found is not None:
        evidence = replace(evidence, surprise=found.surprise, likeness=found.likeness, looked=True)
        if found.verified or found.likeness > 0.6:
            quad = found.quad
    sure = probability(evidence, strangers)
    return Sighting(near.brand, near.similarity, sure, near.source, near.template, quad, index, evidence, found)


def _unseen(
    seen: Seen,
    rows: Sequence[Sequence[Near]],
    strangers: float,
    support: Mapping[str, int],
    known: set[tuple[int, str]],
) -> list[Sighting]:
    """Return the remaining pairs as they are: candidates that were too far to be confirmed."""
    made = []
    for index, row in enumerate(rows):
        for near in row:
            if (index, near.brand) in known:
                continue
            evidence = _spoken(near, row, strangers, support)
            sure = probability(evidence, strangers)
            quad = box.quad_of(seen.proposals.boxes[index])
            made.append(Sighting(near.brand, near.similarity, sure, near.source, near.template, quad, index, evidence))
    return made


def contend(found: Sequence[Sighting], most: int, accept: Callable[[Sighting], bool]) -> list[Sighting]:
    """Return the sightings that are accepted, best first; of several brands at one place the likeliest only."""
    kept: list[Sighting] = []
    for one in found:
        if len(kept) == most:
            break
        if accept(one) and all(_apart(one, other) for other in kept):
            kept.append(one)
    return kept


def _apart(first: Sighting, second: Sighting) -> bool:
    hulls = [np.array([[*one.quad.min(axis=0), *one.quad.max(axis=0)]], np.float32) for one in (first, second)]
    common = float(box.overlaps(*hulls)[0, 0])
    return common <= _SAME_PLACE * max(1e-6, min(float(box.areas(hull)[0]) for hull in hulls))
