"""What a layout of a machine-readable zone is made of."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

FILLER: Final = "<"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Kind(Enum):
    """Which characters may stand at a position."""

    # Written out: in this body a bare name means the member above, and equal values would make aliases.
    LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
    DIGITS = "0123456789<"
    CHECK = "0123456789"
    OPTIONAL_CHECK = "<0123456789"
    SEX = "MFX<"
    ANY = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"


Part = tuple[int, int, int]
"""Line, start, end."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a line; `check` is the position of their check digit."""

    name: str
    line: int
    start: int
    end: int
    kind: Kind
    check: int | None = None
    check_kind: Kind = Kind.CHECK
    covers: tuple[Part, ...] = ()
    """What the check digit covers where that is more than the span."""

    def covered(self) -> tuple[Part, ...]:
        """Return what the check digit covers."""
        return self.covers or ((self.line, self.start, self.end),)


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of zone."""

    doc_type: str
    title: str
    lines: int
    length: int
    """Characters a line; the longest where lines differ (see `lengths`)."""
    spans: tuple[Span, ...]
    composite: tuple[Part, ...] = ()
    composite_at: tuple[int, int] | None = None
    """Line and position of the composite check digit."""
    first: str = LETTERS
    """Characters the zone may begin with."""
    prefix: str = ""
    """What the first line begins with."""
    uneven: tuple[int, ...] = ()

    @property
    def lengths(self) -> tuple[int, ...]:
        """Characters of each line."""
        return self.uneven or (self.length,) * self.lines
