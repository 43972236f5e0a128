"""A layout as the search walks it: groups of characters that share a check digit, each with its grammar.

A group is a stretch of one line that ends in its own check digit, or has none. All that ties groups to one another
is the composite digit, so each group has to be walked once only, for each remainder it may add to the composite sum.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from visionmq.engine.document.mrz import codes, grammar
from visionmq.engine.document.mrz.grammar import Grammar
from visionmq.engine.document.mrz.layout_parts import FILLER, LETTERS, Kind, Layout, Part, Span
from visionmq.engine.document.mrz.layouts import CHEDL, CHNEEP, EUDL, FRADL, IDFRA, MRVA, MRVB, NLDDL, TD1, TD2, TD3

Place = tuple[int, int]
"""Line and position."""

WEIGHTS: Final = (7, 3, 1)

_ALPHANUMERIC: Final = grammar.DIGITS + LETTERS
_CARD_CODES: Final = {"ID": 0.4, "I<": 0.4, **{first + "<": 0.02 for first in "AC"}} | {
    first + second: 0.002 for first in "AIC" for second in LETTERS if first + second not in ("ID", "AV", "IV", "CV")
}
_PASSPORT_CODES: Final = {"P<": 0.75} | {"P" + second: 0.01 for second in LETTERS}
_VISA_CODES: Final = {"V<": 0.6} | {"V" + second: 0.015 for second in LETTERS}
_DOCUMENT_CODES: Final = {
    TD3: _PASSPORT_CODES,
    TD1: _CARD_CODES,
    TD2: _CARD_CODES,
    MRVA: _VISA_CODES,
    MRVB: _VISA_CODES,
    IDFRA: {"ID": 1.0},
    FRADL: {"D1": 1.0},
    NLDDL: {"D1": 0.98, "D2": 0.01, "D3": 0.01},
    EUDL: {"D1": 0.98, "D2": 0.01, "D3": 0.01},
    CHEDL: {"FA": 1.0},
    CHNEEP: {"CS": 1.0},
}
"""Doc 9303-4 to -7: a passport's code begins with P, a card's with A, C or I, a visa's with V; driving licences have
D1, D2 or D3 (github.com/privacybydesign)."""
_ODD_DOCUMENT_CODE: Final = 2e-3
"""A passport or card whose code begins otherwise: `RP` on Estonian residence permits."""
_ISSUERS: Final = {
    IDFRA: {"FRA": 1.0},
    FRADL: {"FRA": 1.0},
    NLDDL: {"NLD": 1.0},
    EUDL: dict.fromkeys(codes.DRIVING, 1.0),
    CHEDL: {"CHE": 0.98, "LIE": 0.02},
}
_RARE_CODE: Final = 0.1
"""How often a special or former code is printed, to an ordinary state's."""
_STATES: Final = dict.fromkeys(codes.ISO, 1.0) | dict.fromkeys(codes.SEEN, _RARE_CODE) | dict.fromkeys(codes.ICAO, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Characters of one line with their grammar, and the sums they count in."""

    places: tuple[Place, ...]
    spans: tuple[tuple[str, int, int], ...]
    """Name, first and last (exclusive) character of each span, within the group."""
    grammar: Grammar
    own: tuple[int, ...]
    """Weight of each character in the group's own check digit; all 0 where there is none."""
    shared: tuple[int, ...]
    """Weight of each character in the composite digit."""
    check: Place | None = None
    check_shared: int = 0
    """Weight of the group's check digit in the composite digit."""
    skipped: Place | None = None
    """Where a filler stands that says that a number goes on in the optional data."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A layout, its groups, and how many characters of the optional data belong to a long number (digit included)."""

    layout: Layout
    groups: tuple[Group, ...]
    continued: int = 0
    counted: bool = False
    """Whether the filler within a long number counts in its check digit, as on Belgium's cards before 2020."""


def _grammar_of(layout: Layout, span: Span) -> Grammar:
    length = span.end - span.start
    if span.name == "document_code":
        odd = _ODD_DOCUMENT_CODE if layout in (TD1, TD2, TD3) else 0.0
        return grammar.choice(_DOCUMENT_CODES[layout], odd, LETTERS.replace("V", ""))
    if span.name in ("issuer", "nationality"):
        closed = layout in _ISSUERS
        return grammar.choice(_ISSUERS.get(layout, _STATES), 0.0 if closed else grammar.ODD_CODE)
    if layout is NLDDL and span.name == "optional_data":
        return grammar.any_of(length, _ALPHANUMERIC)
    if span.kind is Kind.CHECK or (span.name == "number" and span.kind is Kind.DIGITS):
        return grammar.any_of(length, grammar.DIGITS)
    makers = {"names": grammar.names, "surname": grammar.surname, "given_names": grammar.given_names}
    if span.name in makers:
        return makers[span.name](length)
    if span.kind is Kind.SEX:
        return grammar.sex()
    if span.kind is Kind.DIGITS:
        return grammar.date()
    return grammar.number(length) if span.name == "number" else grammar.optional(length)


def _weights(parts: tuple[Part, ...]) -> dict[Place, int]:
    places = [(line, index) for line, start, end in parts for index in range(start, end)]
    return {place: WEIGHTS[order % 3] for order, place in enumerate(places)}


def _group(layout: Layout, spans: list[Span]) -> Group:
    """Return the group of spans that one check digit covers, or of one span without any."""
    places: list[Place] = []
    named: list[tuple[str, int, int]] = []
    levels: Grammar = ()
    for span in spans:
        named.append((span.name, len(places), len(places) + span.end - span.start))
        places += [(span.line, index) for index in range(span.start, span.end)]
        levels += _grammar_of(layout, span)
    return _summed(layout, tuple(places), tuple(named), levels, spans[-1])


def _summed(layout: Layout, places: tuple[Place, ...], named: tuple[tuple[str, int, int], ...], levels: Grammar,
            last: Span) -> Group:  # fmt: skip
    shared = _weights(layout.composite)
    own = _weights(last.covered()) if last.check is not None else {}
    check = (last.line, last.check) if last.check is not None else None
    return Group(
        places,
        named,
        levels,
        tuple(own.get(place, 0) for place in places),
        tuple(shared.get(place, 0) for place in places),
        check,
        shared.get(check, 0) if check else 0,
    )


def _bundles(layout: Layout) -> list[list[Span]]:
    """Return the spans, those together that one check digit covers."""
    bundles: list[list[Span]] = []
    for span in layout.spans:
        reach = span.covers[0] if span.covers else None
        bundle = [span]
        while reach and bundles and bundles[-1][0].line == span.line and bundles[-1][0].start >= reach[1]:
            bundle = bundles.pop() + bundle
        bundles.append(bundle)
    return bundles


def _padding(layout: Layout) -> list[Group]:
    """Return the places that belong to no span: fillers."""
    taken = {(span.line, index) for span in layout.spans for index in range(span.start, span.end)}
    taken |= {(span.line, span.check) for span in layout.spans if span.check is not None}
    every = {(line, index) for line, length in enumerate(layout.lengths) for index in range(length)}
    rest = sorted(every - taken - {layout.composite_at})
    return [_summed(layout, tuple(rest), (), grammar.any_of(len(rest), FILLER), layout.spans[0])] if rest else []


def _plain(layout: Layout) -> Plan:
    return Plan(layout, tuple([_group(layout, spans) for spans in _bundles(layout)] + _padding(layout)))


LONGEST_TAIL: Final = 14
"""Characters of the optional data that a long number may take, its check digit included."""


@cache
def plan_of(layout: Layout, continued: int = 0, counted: bool = False) -> Plan:
    """Return a layout's plan; `continued` characters of the optional data belong to a long number of TD1 or TD2.

    Doc 9303-5, 4.2.2 note j, and 9303-6: the filler in the digit's place does not count in the number's check digit.
    """
    plain = _plain(layout)
    if not continued:
        return plain
    number = next(span for span in layout.spans if span.name == "number")
    rest = next(span for span in layout.spans if span.name == "optional_data")
    middle = rest.start + continued - 1
    tail = Span("optional_data", rest.line, middle + 1, rest.end, rest.kind)
    groups = [
        _long(layout, number, (rest.start, middle), counted),
        *([_group(layout, [tail])] if tail.end > tail.start else []),
    ]
    groups += [
        group for group in plain.groups if not {name for name, _, _ in group.spans} & {"number", "optional_data"}
    ]
    return Plan(layout, tuple(groups), continued, counted)


def _long(layout: Layout, number: Span, tail: tuple[int, int], counted: bool) -> Group:
    assert number.check is not None
    shared = _weights(layout.composite)
    filler = (number.line, number.check)
    places = [(number.line, index) for index in (*range(number.start, number.end), number.check, *range(*tail))]
    summed = [place for place in places if counted or place != filler]
    own = {place: WEIGHTS[order % 3] for order, place in enumerate(summed)}
    places.remove(filler)
    check = (number.line, tail[1])
    return Group(
        tuple(places),
        (("number", 0, len(places)),),
        grammar.number(len(places)),
        tuple(own[place] for place in places),
        tuple(shared[place] for place in places),
        check,
        shared[check],
        filler,
    )
