"""What a client says of recognised brands: one answer a picture in the manner of the service this replaces, and counts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, TypeVar

from visionmq.schemas.brand.recognition import UNKNOWN, BrandMatch, Recognition
from visionmq.schemas.common import Item
from visionmq.schemas.errors import Error

TOGETHER: Final = 8
"""Pictures of one request of `brands`; longer lists take several."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BrandAnswer:
    """What one picture shows."""

    label: str
    """The brand, or `unknown`."""
    file: str | None
    """Source of the matched reference: its file's name."""
    embedding: list[float] | None
    """Of the matched place, or of the picture's content where it is unknown."""
    similarity: float
    """To the nearest brand, whether it is a match or not; -1 where the collection is empty."""
    probability: float = 0.0
    matches: Sequence[BrandMatch] = ()
    """All brands of the picture, best first."""
    error: Error | None = None
    """Why the picture could not be looked at; everything else is empty then."""


@dataclass(slots=True)
class BrandCounts:
    """What one client has sent to be recognised, and what came of it."""

    pictures: int = 0
    recognised: int = 0
    unknown: int = 0
    failed: int = 0
    by_brand: Counter[str] = field(default_factory=Counter)
    """Pictures in which each brand was."""
    by_input: Counter[str] = field(default_factory=Counter)
    """Pictures by where they came from: `still`, `video`, `camera`."""

    def count(self, items: Iterable[Item[Recognition]], source: str = "still") -> None:
        """Count a reply's items."""
        for item in items:
            self.pictures += 1
            self.by_input[source] += 1
            if item.result is None:
                self.failed += 1
                continue
            self.recognised += bool(item.result.matches)
            self.unknown += not item.result.matches
            self.by_brand.update({match.brand for match in item.result.matches})


def answer_of(item: Item[Recognition]) -> BrandAnswer:
    """Return one item in the old manner."""
    if item.result is None:
        return BrandAnswer(UNKNOWN, None, None, -1.0, error=item.error)
    found = item.result
    if not found.matches:
        nearest = max((one.similarity for one in found.candidates), default=-1.0)
        return BrandAnswer(UNKNOWN, None, found.embedding, nearest)
    best = found.matches[0]
    return BrandAnswer(
        best.brand, best.reference, best.embedding, best.similarity, best.probability, tuple(found.matches)
    )


def chunks(items: Iterable[T], size: int = TOGETHER) -> Iterator[list[T]]:
    """Yield the items in lists of at most `size`."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
