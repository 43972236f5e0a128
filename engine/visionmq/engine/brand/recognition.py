"""From pictures to brands: places are embedded together, shortlisted by the gallery, confirmed one by one."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import cv2
import numpy as np

from visionmq.engine.brand import boxes as box
from visionmq.engine.brand.confirm import Confirmation, Place, confirm, credible, place_of
from visionmq.engine.brand.evidence import Witness
from visionmq.engine.brand.gallery import Brands, Near
from visionmq.engine.brand.proposals import Proposals, content_of, propose
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
_FITS: Final = 0.6
"""Likeness of outlines from which on the reference's quad is better than the place's box."""
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

    def framed(self, vectors: Array) -> Array:
        """Return the log-odds, n, that what n embeddings show is a logo and little else."""
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
    framed: Array
    """Log-odds that a place holds a logo and little else, n."""


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
    return [
        Seen(pixels, proposals, part, embedding.framed(part))
        for pixels, proposals, part in zip(pictures, found, parts, strict=True)
    ]


def places(pixels: Pixels, search: str) -> Proposals:
    """Return where to look in a picture: with `whole` at its content, with `scene` as in a photograph, else as it looks."""
    return content_of(pixels) if search == "whole" else propose(pixels, scene=search == "scene")


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
    witness = Witness(rows, seen.proposals.boxes, seen.framed, strangers)
    views = Views(seen)
    looked = _worth(rows, strangers) if asked.verify else []
    found = [_looked(views, near, index, witness, brands) for index, near in looked]
    known = {near.brand for _, near in looked}
    rest = ((index, near) for index, row in enumerate(rows) for near in row if near.brand not in known)
    found.extend(_sighting(seen, near, index, witness.tell(near, index), strangers) for index, near in rest)
    best: dict[str, Sighting] = {}
    for one in sorted(found, key=lambda one: (-one.probability, -one.similarity, one.brand)):
        best.setdefault(one.brand, one)
    return list(best.values())


def _worth(rows: Sequence[Sequence[Near]], strangers: float) -> list[tuple[int, Near]]:
    """Return the pairs of place and brand that are confirmed, the nearest first."""
    pairs = [(index, near) for index, row in enumerate(rows) for near in row[:BRANDS_A_PLACE]]
    pairs.sort(key=lambda pair: (-pair[1].similarity, pair[0], pair[1].brand))
    counts: Counter[str] = Counter()
    kept: list[tuple[int, Near]] = []
    for index, near in pairs:
        if near.similarity < strangers - _HOPELESS or len(kept) == LOOKS:
            break
        counts[near.brand] += 1
        if counts[near.brand] <= PLACES_A_BRAND:
            kept.append((index, near))
    return kept


def _looked(views: Views, near: Near, index: int, witness: Witness, brands: Brands) -> Sighting:
    """Return a brand at a place after both were compared closely, if the store has what that takes."""
    evidence = witness.tell(near, index)
    marks = brands.marks(near.template, near.brand)
    if marks is None:
        return _sighting(views.seen, near, index, evidence, witness.strangers)
    found = confirm(views[index], marks)
    evidence = replace(evidence, surprise=found.surprise, likeness=found.likeness, looked=True)
    sighting = replace(_sighting(views.seen, near, index, evidence, witness.strangers), found=found)
    fits = (found.verified or found.likeness > _FITS) and credible(found.quad, views.seen.pixels)
    return replace(sighting, quad=found.quad) if fits else sighting


def _sighting(seen: Seen, near: Near, index: int, evidence: Evidence, strangers: float) -> Sighting:
    quad = box.quad_of(seen.proposals.boxes[index])
    sure = probability(evidence, strangers)
    return Sighting(near.brand, near.similarity, sure, near.source, near.template, quad, index, evidence)


def contend(
    found: Sequence[Sighting], most: int, accept: Callable[[Sighting], bool], letters: Collection[int] = ()
) -> list[Sighting]:
    """Return the sightings that are accepted, best first; of several brands at one place the likeliest only.

    `letters` are places of a drawing that are letters of its word mark: what they look like counts where nothing else does.
    """
    kept: list[Sighting] = []
    for one in found:
        if accept(one) and all(_apart(one, other) for other in kept):
            kept.append(one)
    return ([one for one in kept if one.place not in letters] or kept)[:most]


def _apart(first: Sighting, second: Sighting) -> bool:
    hulls = [np.array([[*one.quad.min(axis=0), *one.quad.max(axis=0)]], np.float32) for one in (first, second)]
    common = float(box.overlaps(*hulls)[0, 0])
    return common <= _SAME_PLACE * max(1e-6, min(float(box.areas(hull)[0]) for hull in hulls))
