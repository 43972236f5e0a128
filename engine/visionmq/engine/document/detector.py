"""Machine-readable zones in a picture, found at any rotation by a small network of our own."""

from dataclasses import dataclass

from visionmq.engine.document.band import Band


@dataclass(frozen=True, slots=True)
class ZoneCandidate:
    """A place that looks like a machine-readable zone."""

    lines: tuple[Band, ...]
    """Its lines, top to bottom, one to three."""
    score: float
    """How sure it is that this is a zone, 0 to 1."""
    direction: float
    """How sure the reading direction is, 0.5 to 1: below about 0.9 read the zone `turned` as well."""

    def turned(self) -> "ZoneCandidate":
        """Return the zone as it is if it stands upside down."""
        return ZoneCandidate(tuple(line.turned() for line in self.lines[::-1]), self.score, 1 - self.direction)
