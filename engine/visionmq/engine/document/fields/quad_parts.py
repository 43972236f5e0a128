"""Parts of a quad that frames a run of characters, and the cell after it."""

from visionmq.schemas.common import Quad


def part_of(quad: Quad, start: float, end: float) -> Quad:
    """Return the share of a quad from `start` to `end` along its text, 0 its left edge and 1 its right.

    Exact without perspective; within one field the difference is a fraction of a letter.
    """
    left_top, right_top, right_foot, left_foot = quad.points
    corners = (
        _between(left_top, right_top, start),
        _between(left_top, right_top, end),
        _between(left_foot, right_foot, end),
        _between(left_foot, right_foot, start),
    )
    return Quad(list(corners))


def next_cell(quad: Quad, characters: int) -> Quad:
    """Return where the character after a run of `characters` stands."""
    return part_of(quad, 1.0, 1 + 1 / characters)


def _between(first: tuple[float, float], second: tuple[float, float], share: float) -> tuple[float, float]:
    x, y = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return round(x, 1), round(y, 1)
