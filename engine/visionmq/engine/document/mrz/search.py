"""The most probable legal zone that lines of text can be: one search over all layouts.

Each layout is a probabilistic grammar of what issuers print (`grammar`, `plan`), check digits included (`digits`).
A layout's evidence is how much better it explains the lines than text that is no zone would; what is read under
the best is the most probable text, with true posteriors (`posterior`). Nothing plausible, nothing returned.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

import numpy as np

from visionmq.engine.document.mrz.explain import make_zone
from visionmq.engine.document.mrz.layout_parts import FILLER, Layout, Span
from visionmq.engine.document.mrz.layouts import LAYOUTS, TD1, TD2
from visionmq.engine.document.mrz.plan import LONGEST_TAIL, Place, Plan, plan_of
from visionmq.engine.document.mrz.posterior import Case, hold
from visionmq.engine.document.mrz.reading import ALPHABET, INDEX, Array, Cells, Line
from visionmq.engine.document.mrz.zone import Zone

STRICT: Final = "strict"
MODES: Final = ("default", STRICT)

FLOOR: Final = 1e-6
"""Least probability of any character in any cell: what a recogniser rules out happens once in 30,000 letters."""
PLAUSIBLE: Final = 14.0
"""Least evidence of a zone, as a natural logarithm. Drawn zones, a third of whose letters are hardly seen, have more
than 17 (driving licences of which little is known) and 38 (all others); text and texture in photographs had at most 10."""
BACKGROUND: Final = np.array([0.02 if c.isdigit() else 0.35 if c == FILLER else 0.45 / 26 for c in ALPHABET])
"""What is read where there is no zone: other text, and texture, which looks like fillers to a recogniser of zones."""
_WORTH_A_LOOK: Final = 16.0
"""Layouts whose quick score is further behind the best's are not walked: check digits cannot make up for more."""
_MOST_WALKED: Final = 8
"""Layouts walked at most. A zone's own is nearly always the first; where there is none, all look alike."""
_LONG_NUMBER: Final = 0.05
"""Probability of a filler in the number's check digit from which numbers of more than nine characters are tried."""
_TAIL: Final = 0.01
"""Least probability of a digit, and of a filler after it, at the end of a long number."""
_TAIL_PRIOR: Final = 0.01
"""How often cards have a long number of one certain length."""
_COUNTED: Final = 0.3
"""How often, to those, the number's check digit counts the filler too."""
_DISTANT_DECADE: Final = 0.1
"""How much rarer an expiry in a decade is that lies more than 30 years back or 20 ahead."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the caller knows and wants."""

    mode: str = "default"
    masks: tuple[str, ...] = ("*",)
    today: date | None = None
    """Makes far-off dates of expiry a little less likely; None: all are alike."""

    def wants(self, doc_type: str) -> bool:
        """Whether a document type is asked for. The search itself looks for all, so that one can be named otherwise."""
        return any(fnmatchcase(doc_type, mask) for mask in self.masks)


DEFAULT: Final = Rules()


@dataclass(slots=True)
class _Found:
    """A layout that lines may have."""

    layout: Layout
    picked: tuple[int, ...]
    cells: list[Cells]
    likes: list[Array]
    fit: float
    quick: float = 0.0
    cases: list[Case] = field(default_factory=list)


def search(lines: Sequence[Line], rules: Rules = DEFAULT) -> list[Zone]:
    """Return the plausible zones among lines, given from top to bottom, best first; empty if there is none.

    Lines that belong to no zone may be among them, above or below. Zones of the same lines under other layouts have
    their posteriors shared out between them.
    """
    candidates = list(_candidates(lines))
    best = max((found.quick for found in candidates), default=0.0)
    worth = sorted(
        (found for found in candidates if found.quick > best - _WORTH_A_LOOK), key=lambda found: -found.quick
    )
    cases = [(case, found) for found in worth[:_MOST_WALKED] for case in _cases(found, rules)]
    cases.sort(key=lambda pair: -pair[0].evidence)
    top = cases[0][0].evidence if cases else 0.0
    zones = [
        make_zone(case, found.cells, strict=rules.mode == STRICT, picked=found.picked)
        for case, found in cases
        if case.evidence > PLAUSIBLE and case.evidence > top - _WORTH_A_LOOK
    ]
    _share(zones)
    return zones


def _share(zones: Sequence[Zone]) -> None:
    """Weigh each zone's posteriors by the probability of its layout among all that are plausible.

    Where two layouts read the same characters at the same place as a field of the same name, they agree on it.
    """
    if len(zones) < 2:
        return
    odds = np.exp([zone.evidence - zones[0].evidence for zone in zones])
    shares = [float(share) for share in odds / odds.sum()]
    fields = [
        {span: (zone.text(span), zone.chances.get(span.name, 0.0)) for span in zone.layout.spans} for zone in zones
    ]
    joints = [zone.joint for zone in zones]
    for zone, own in zip(zones, fields, strict=True):
        alike = [
            share * joint
            for share, joint, other in zip(shares, joints, zones, strict=True)
            if other.texts == zone.texts
        ]
        zone.joint = sum(alike)
        zone.chances = {span.name: _agreed(span, text, shares, fields) for span, (text, _) in own.items()}


def _agreed(
    span: Span, text: str, shares: Sequence[float], fields: Sequence[Mapping[Span, tuple[str, float]]]
) -> float:  # fmt: skip
    """Return the probability of a span's text over all layouts that have such a span there."""
    total = 0.0
    for share, spans in zip(shares, fields, strict=True):
        for other, (read, chance) in spans.items():
            if (other.name, other.line, other.start, other.end) == (span.name, span.line, span.start, span.end):
                total += share * chance * (read == text)
    return total


def _candidates(lines: Sequence[Line]) -> Iterator[_Found]:
    """Yield each layout with each run of lines that has its numbers of characters, and a quick score."""
    layouts = [layout for layout in LAYOUTS if layout.lines <= len(lines)]
    lengths = {length for layout in layouts for length in layout.lengths}
    views = [_views(line, lengths) for line in lines]
    for layout in layouts:
        for first in range(len(lines) - layout.lines + 1):
            picked = tuple(range(first, first + layout.lines))
            seen = [views[at][length] for at, length in zip(picked, layout.lengths, strict=True) if length in views[at]]
            if len(seen) == layout.lines:
                likes, fit = [view.likes for view in seen], sum(view.fit for view in seen)
                yield _Found(layout, picked, [view.cells for view in seen], likes, fit, fit + _quick(layout, likes))


@dataclass(frozen=True, slots=True)
class _View:
    """A line taken to have some number of characters."""

    cells: Cells
    likes: Array
    """(L, 37) likelihoods relative to those of no zone."""
    fit: float
    """Log-likelihood of the number of characters, relative to the best one for this line."""


def _views(line: Line, lengths: Iterable[int]) -> dict[int, _View]:
    seen = {length: cells for length in lengths if (cells := line.cells(length)) is not None}
    best = max((cells.fit for cells in seen.values()), default=0.0)
    return {n: _View(cells, _relative(cells.odds), (cells.fit - best) * n) for n, cells in seen.items()}


def _relative(odds: Array) -> Array:
    floored = (1 - len(ALPHABET) * FLOOR) * odds.astype(np.float64) + FLOOR
    return np.asarray(floored / (floored @ BACKGROUND)[:, None])


def _quick(layout: Layout, likes: Sequence[Array]) -> float:
    """Return the evidence of the alphabets alone: that each character is one which its place allows."""
    return sum(float(np.log((line * mask).sum(axis=1)).sum()) for line, mask in zip(likes, _masks(layout), strict=True))


@cache
def _masks(layout: Layout) -> tuple[Array, ...]:
    """Return for each line (L, 37): the share of each character among those that its place allows."""
    masks = [np.tile(BACKGROUND, (length, 1)) for length in layout.lengths]
    digits = np.array([c.isdigit() or c == FILLER for c in ALPHABET])
    if layout.composite_at is not None:
        masks[layout.composite_at[0]][layout.composite_at[1]] *= digits
    for group in plan_of(layout).groups:
        for (line, index), level in zip(group.places, group.grammar, strict=True):
            masks[line][index] *= level.prints.max(axis=0) > 0
        if group.check is not None:
            masks[group.check[0]][group.check[1]] *= digits
    return tuple(mask / mask.sum(axis=1, keepdims=True) for mask in masks)


def _cases(found: _Found, rules: Rules) -> Iterator[Case]:
    likes = _expected(found, rules.today)
    for plan, prior in _plans(found.layout, likes):
        case = hold(plan, likes)
        case.evidence += found.fit + prior
        yield case


def prepare() -> None:
    """Make all that depends on no picture; without it the first search takes a tenth of a second longer."""
    for layout in LAYOUTS:
        _masks(layout)


def _expected(found: _Found, today: date | None) -> list[Array]:
    """Return the likelihoods with distant decades of expiry made less likely."""
    span = next((span for span in found.layout.spans if span.name == "expiry_date"), None)
    if today is None or span is None:
        return found.likes
    near = {(today.year + years) // 10 % 10 for years in range(-30, 21, 5)}
    likes = [line.copy() for line in found.likes]
    likes[span.line][span.start, [digit for digit in range(10) if digit not in near]] *= _DISTANT_DECADE
    return likes


def _plans(layout: Layout, likes: Sequence[Array]) -> Iterator[tuple[Plan, float]]:
    """Yield the layout's plan, and those of long numbers that the picture allows, with their priors."""
    yield plan_of(layout), 0.0
    if layout not in (TD1, TD2):
        return
    number, rest = (next(s for s in layout.spans if s.name == name) for name in ("number", "optional_data"))
    assert number.check is not None
    if _odds(likes, (number.line, number.check), FILLER) < _LONG_NUMBER:
        return
    for continued in range(2, min(LONGEST_TAIL, rest.end - rest.start) + 1):
        end = rest.start + continued
        after = 1.0 if end == rest.end else _odds(likes, (rest.line, end), FILLER)
        if _odds(likes, (rest.line, end - 1), "0123456789") > _TAIL and after > _TAIL:
            yield plan_of(layout, continued), float(np.log(_TAIL_PRIOR))
            yield plan_of(layout, continued, counted=True), float(np.log(_TAIL_PRIOR * _COUNTED))


def _odds(likes: Sequence[Array], place: Place, characters: str) -> float:
    row = likes[place[0]][place[1]]
    return float(row[[INDEX[character] for character in characters]].sum() / row.sum())
