"""A decision as a `Zone`: texts, the edits that made them, what the digits say, what is doubtful, which rules are bent."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np

from visionmq.engine.document.mrz.digits import RESIDUES
from visionmq.engine.document.mrz.exceptions import COMPOSITE, INNER_FILLER, deviations
from visionmq.engine.document.mrz.layout_parts import FILLER, Layout
from visionmq.engine.document.mrz.plan import WEIGHTS, Group, Place, Plan
from visionmq.engine.document.mrz.posterior import LEAST_RIVAL, Case, Choice
from visionmq.engine.document.mrz.reading import ALPHABET, INDEX, Array, Cells
from visionmq.engine.document.mrz.zone import UNKNOWN, Reading, Zone
from visionmq.schemas.document.fields import CheckDigit, Edit

_BLIND: Final = 0.05
"""A cell whose likeliest character has less was not seen at all."""
_LEAST_ODDS: Final = 1e-9
"""So that an edit's cost is finite where the recogniser ruled out what was taken."""
_PRINTED_AS_DIGIT: Final = np.array([character.isdigit() or character == FILLER for character in ALPHABET])
"""What may stand where a check digit does."""
_COLUMNS: Final = (*range(10), INDEX[FILLER])


def make_zone(case: Case, cells: Sequence[Cells], *, strict: bool, picked: tuple[int, ...]) -> Zone:
    """Return what a case comes to; `cells` are its lines, `picked` which of the lines given they are."""
    choices, column, odds, joint = case.decide()
    layout = case.plan.layout
    taken = [[FILLER] * length for length in layout.lengths]
    marginals = [np.zeros((length, len(ALPHABET))) for length in layout.lengths]
    for group, choice in zip(case.plan.groups, choices, strict=True):
        _place(group, choice, taken, marginals)
    if layout.composite_at is not None and odds is not None:
        _print(layout.composite_at, column, odds, taken, marginals)
    zone = Zone(layout, ["".join(line) for line in taken], picked=picked, continued=case.plan.continued)
    zone.marginals, zone.joint, zone.evidence = marginals, joint, case.evidence
    zone.centres = [line.centres for line in cells]
    _judge(zone, case.plan.groups)
    _doubt(zone, case.plan.groups, choices)
    _list_edits(zone, case.plan, cells)
    _name_exceptions(zone, strict, counted=case.plan.counted)
    return zone


def _place(group: Group, choice: Choice, taken: list[list[str]], marginals: list[Array]) -> None:
    for (line, index), character, row in zip(group.places, choice.string(), choice.marginals, strict=True):
        taken[line][index], marginals[line][index] = character, row
    if group.check is not None and choice.digit_odds is not None:
        _print(group.check, choice.digit, choice.digit_odds, taken, marginals)
    if group.skipped is not None:
        marginals[group.skipped[0]][group.skipped[1]][INDEX[FILLER]] = 1


def _print(place: Place, column: int, odds: Array, taken: list[list[str]], marginals: list[Array]) -> None:
    line, index = place
    taken[line][index] = ALPHABET[_COLUMNS[column]]
    marginals[line][index][list(_COLUMNS)] = odds


def _judge(zone: Zone, groups: Sequence[Group]) -> None:
    """Say of each check digit whether it fits the texts as taken."""
    for group in groups:
        if group.check is not None:
            own = dict(zip(group.places, group.own, strict=True))
            own |= {place: 0 for place in group.places if not own[place]}
            zone.checks[group.spans[-1][0]] = _state(zone.texts, own, group.check)
    if zone.layout.composite_at is not None:
        places = [(line, index) for line, start, end in zone.layout.composite for index in range(start, end)]
        weights = {place: WEIGHTS[order % 3] for order, place in enumerate(places)}
        zone.composite = _state(zone.texts, weights, zone.layout.composite_at, empty=False)


def _state(texts: Sequence[str], weights: Mapping[Place, int], check: Place, *, empty: bool = True) -> CheckDigit:
    """Return what a digit says of weighted characters; a filler is no digit, and fails unless the field is empty."""
    printed = texts[check[0]][check[1]]
    characters = [texts[line][index] for line, index in weights]
    if printed == FILLER:
        absent = set(characters) == {FILLER} if empty else True
        return CheckDigit.ABSENT if absent else CheckDigit.FAILED
    total = sum(weight * int(RESIDUES[INDEX[c]]) for weight, c in zip(weights.values(), characters, strict=True))
    return CheckDigit.PASSED if total % 10 == int(printed) else CheckDigit.FAILED


def _doubt(zone: Zone, groups: Sequence[Group], choices: Sequence[Choice]) -> None:
    """Set each span's posterior and its rivals; spans of one group share the group's, which is never too high."""
    for group, choice in zip(groups, choices, strict=True):
        for name, start, end in group.spans:
            zone.chances[name] = choice.chance
            if choice.rival is None or np.array_equal(choice.rival[start:end], choice.text[start:end]):
                continue
            text = "".join(ALPHABET[index] for index in choice.rival[start:end])
            zone.rivals[name] = (Reading(text, choice.rival_chance),)
            if choice.rival_chance >= LEAST_RIVAL or choice.chance < 0.5:
                zone.ambiguous.add(name)


def _list_edits(zone: Zone, plan: Plan, cells: Sequence[Cells]) -> None:
    """List the characters taken against the first choice; where that was allowed too, the span was repaired."""
    for line, seen in enumerate(cells):
        for index in np.flatnonzero(seen.odds.argmax(axis=1) != [INDEX[c] for c in zone.texts[line]]):
            taken, row = zone.texts[line][index], seen.odds[index]
            read = int(row.argmax())
            blind = row[read] < _BLIND
            cost = float(np.log(row[read] / max(row[INDEX[taken]], _LEAST_ODDS)))
            zone.edits.append(Edit(int(index), line, UNKNOWN if blind else ALPHABET[read], taken, round(cost, 2)))
            owner, allowed = _owners(plan).get((line, int(index)), (COMPOSITE, _PRINTED_AS_DIGIT))
            if blind or allowed[read]:
                zone.repaired.add(owner)


@cache
def _owners(plan: Plan) -> dict[Place, tuple[str, Array]]:
    """Return for each place of a span, or of its check digit, the span's name and which characters are allowed."""
    owners: dict[Place, tuple[str, Array]] = {}
    for group in plan.groups:
        for name, start, end in group.spans:
            for place, level in zip(group.places[start:end], group.grammar[start:end], strict=True):
                owners[place] = (name, level.prints.max(axis=0) > 0)
        if group.check is not None:
            owners[group.check] = (group.spans[-1][0], _PRINTED_AS_DIGIT)
    return owners


def _name_exceptions(zone: Zone, strict: bool, *, counted: bool) -> None:
    texts = {span.name: zone.text(span) for span in zone.layout.spans}
    texts["number"], texts["optional_data"] = zone.number(), zone.optional()
    if counted:
        texts[INNER_FILLER] = FILLER
    checks = _printed_digits(zone.layout, zone.texts)
    if zone.layout.composite_at is not None:
        line, index = zone.layout.composite_at
        texts[COMPOSITE] = zone.texts[line][index]
    found = deviations(zone.layout.doc_type, texts, {} if zone.continued else checks)
    zone.exceptions = tuple(dict.fromkeys(deviation.id for deviation, _ in found))
    if strict:
        against = [(deviation.id, span) for deviation, span in found if not deviation.allowed]
        zone.refused = {"number" if span == INNER_FILLER else span: name for name, span in against}


def _printed_digits(layout: Layout, texts: Sequence[str]) -> dict[str, str]:
    return {span.name: texts[span.line][span.check] for span in layout.spans if span.check is not None}
