"""Automata of patterns: positions of characters, and which may follow which (Glushkov 1961); no backtracking."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST_POSITIONS: Final = 400
"""Characters a pattern stands for once its repetitions are written out."""
_MOST_JOINS: Final = 10 * MOST_POSITIONS


class PatternError(ValueError):
    """A pattern is not of this subset; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Characters:
    """A set of characters, or all but them."""

    members: frozenset[str]
    negated: bool = False

    def __contains__(self, character: str) -> bool:
        return (character in self.members) is not self.negated


@dataclass(frozen=True, slots=True)
class Pattern:
    """Positions of characters, and which may follow which."""

    positions: tuple[Characters, ...]
    first: frozenset[int]
    last: frozenset[int]
    follow: tuple[frozenset[int], ...]
    empty: bool
    """Whether the empty text matches."""

    @property
    def length(self) -> int | None:
        """Characters that every text of this pattern has; None where they differ in length."""
        depths: dict[int, int] = {}
        here, depth = self.first, 1
        while here:
            if any(depths.setdefault(at, depth) != depth for at in here):
                return None
            here, depth = frozenset(after for at in here for after in self.follow[at]), depth + 1
        lengths = {depths[at] for at in self.last} | ({0} if self.empty else set())
        return lengths.pop() if len(lengths) == 1 else None

    def matches(self, text: str) -> bool:
        """Whether the whole text is of this pattern."""
        if not text:
            return self.empty
        here = {at for at in self.first if text[0] in self.positions[at]}
        for character in text[1:]:
            reached = {after for at in here for after in self.follow[at]}
            here = {at for at in reached if character in self.positions[at]}
        return bool(here & self.last)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a pattern by its positions."""

    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    empty: bool = True


@dataclass(slots=True)
class Builder:
    """A pattern's positions as they are written out."""

    positions: list[Characters]
    follow: list[set[int]]
    joined: int = 0

    @classmethod
    def build(cls, node: "Node") -> Pattern:
        """Return the pattern that a piece is."""
        builder = cls([], [])
        part = node(builder)
        follow = tuple(frozenset(after) for after in builder.follow)
        return Pattern(tuple(builder.positions), part.first, part.last, follow, part.empty)

    def add(self, characters: Characters) -> Part:
        """Return a piece of one more character."""
        if len(self.positions) == MOST_POSITIONS:
            raise PatternError(f"stands for more than {MOST_POSITIONS} characters")
        self.positions.append(characters)
        self.follow.append(set())
        here = frozenset([len(self.positions) - 1])
        return Part(here, here, empty=False)

    def join(self, before: Part, after: Part) -> Part:
        """Return two pieces after each other."""
        self.joined += 1
        if self.joined > _MOST_JOINS:  # repetitions of nothing add no positions
            raise PatternError("repeats too much")
        for at in before.last:
            self.follow[at] |= after.first
        return Part(
            before.first | after.first if before.empty else before.first,
            before.last | after.last if after.empty else after.last,
            before.empty and after.empty,
        )

    def loop(self, part: Part) -> Part:
        """Return a piece that may follow itself."""
        for at in part.last:
            self.follow[at] |= part.first
        return part


Node = Callable[[Builder], Part]
"""Adds a piece's positions; called once for each time the piece is written out."""


def _optional(part: Part) -> Part:
    return Part(part.first, part.last)


def repeated(node: Node, least: int, most: int | None) -> Node:
    """Return a piece from `least` to `most` times; None is any number of times."""

    def build(builder: Builder) -> Part:
        whole = Part()
        for _ in range(least):
            whole = builder.join(whole, node(builder))
        if most is None:
            return builder.join(whole, _optional(builder.loop(node(builder))))
        rest = Part()
        for _ in range(most - least):
            rest = _optional(builder.join(node(builder), rest))
        return builder.join(whole, rest)

    return build


def sequence(nodes: list[Node]) -> Node:
    """Return pieces after each other."""

    def build(builder: Builder) -> Part:
        whole = Part()
        for node in nodes:
            whole = builder.join(whole, node(builder))
        return whole

    return build


def either(nodes: list[Node]) -> Node:
    """Return one of these pieces."""

    def build(builder: Builder) -> Part:
        parts = [node(builder) for node in nodes]
        first = frozenset[int]().union(*(part.first for part in parts))
        last = frozenset[int]().union(*(part.last for part in parts))
        return Part(first, last, any(part.empty for part in parts))

    return build
