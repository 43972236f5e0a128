"""A layout's groups put together by the composite digit: how probable each text is, given everything else.

For each group the weight of all the others is one small table (kind of document, remainder it must bring), got by
multiplying the others' tables in the frequency domain (circular convolution of ten remainders). All is exact but for
rounding: posteriors are sums over every text that the grammar allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from visionmq.engine.document.mrz.best import best_text
from visionmq.engine.document.mrz.digits import FILLER_COLUMN, KINDS, MATCH
from visionmq.engine.document.mrz.plan import Plan
from visionmq.engine.document.mrz.reading import ALPHABET, Array
from visionmq.engine.document.mrz.walk import Walk, walk

SURE: Final = 0.99
"""Posterior of a group's text from which nothing else is looked at: no other character can have more than 0.01."""
LEAST_RIVAL: Final = 0.02
"""Probability from which another text is looked for; it makes the taken one ambiguous."""

_BROUGHT: Final = np.add.outer(np.arange(10), np.arange(10)) % 10
_DIGIT_COLUMNS: Final = (*range(10), 36)
_EVEN: Final = np.full((2, 10), 0.5)


@dataclass(slots=True)
class Choice:
    """What was taken for one group."""

    text: Array
    """Indices in ALPHABET."""
    chance: float
    """Posterior probability of the text."""
    marginals: Array
    """(n, 37) posterior of each character."""
    digit: int = FILLER_COLUMN
    """Column of the check digit, where there is one."""
    digit_odds: Array | None = None
    rival: Array | None = None
    rival_chance: float = 0.0

    def string(self) -> str:
        """Return the text."""
        return "".join(ALPHABET[index] for index in self.text)


@dataclass(slots=True)
class Case:
    """A layout held against lines: its evidence, and on demand the decision."""

    plan: Plan
    walks: list[Walk]
    composite: Array
    """(kind, 10): the weight of the composite digit, by the sum it covers."""
    composite_likes: Array | None
    evidence: float = 0.0
    closed: Array = field(default_factory=lambda: np.zeros((0, 2, 10)))
    """For each linked group (kind, 10), divided by its largest weight."""
    scales: list[float] = field(default_factory=list)
    linked: list[int] = field(default_factory=list)
    """Groups that have a check digit or count in the composite one."""

    def rest_of(self, closed: Array, number: int) -> Array:
        """Return (kind, 10): the weight of all linked groups but one, by the remainder that one brings."""
        spectrum = np.fft.rfft(closed, axis=2)
        spectrum[number] = 1
        others = np.maximum(np.fft.irfft(spectrum.prod(axis=0), 10, axis=1), 0)
        return np.asarray(KINDS[:, None] * (others[:, :, None] * self.composite[:, _BROUGHT]).sum(axis=1))

    def decide(self) -> tuple[list[Choice], int, Array | None, float]:
        """Return the choice for each group, the composite digit's column and odds, and the joint posterior."""
        choices: list[Choice | None] = [None] * len(self.walks)
        for number, at in enumerate(self.linked):
            rest = self.rest_of(self.closed, number)
            choices[at] = choose(self.walks[at], rest)
        for at in range(len(self.walks)):
            if choices[at] is None:
                choices[at] = choose(self.walks[at], _EVEN)
        made = [choice for choice in choices if choice is not None]
        column, odds, joint = self._settle(made)
        for at, choice in enumerate(made):
            joint *= 1.0 if at in self.linked else choice.chance
        return made, column, odds, joint

    def _settle(self, choices: list[Choice]) -> tuple[int, Array | None, float]:
        """Fix group after group, the surest first, so that what is taken fits together as well as it can."""
        closed = self.closed.copy()
        order = sorted(range(len(self.linked)), key=lambda number: -choices[self.linked[number]].chance)
        for number in order:
            at = self.linked[number]
            rest = self.rest_of(closed, number)
            if choices[at].chance < SURE:
                _reconsider(self.walks[at], choices[at], rest, self.rest_of(self.closed, number))
            choices[at].digit, fixed = self.walks[at].digit_given(choices[at].text, rest)
            closed[number] = fixed / self.scales[number]
        return self._close(closed)

    def _close(self, fixed: Array) -> tuple[int, Array | None, float]:
        """Return the composite digit's column and odds, and the joint posterior of all that is fixed."""
        if not self.linked:
            return FILLER_COLUMN, None, 1.0
        every, taken = (KINDS[:, None] * _joined(table) for table in (self.closed, fixed))
        whole = float((every * self.composite).sum())
        if self.composite_likes is None:
            return FILLER_COLUMN, None, float((taken * self.composite).sum()) / whole
        fits = MATCH[:, 0] * self.composite_likes
        odds = np.einsum("zt,ztc->c", every, fits)
        given = np.einsum("zt,ztc->c", taken, fits)
        column = int(given.argmax())
        return column, odds / odds.sum(), float(given[column]) / whole


def _joined(closed: Array) -> Array:
    """Return (kind, 10): the weight of all groups together by their sum."""
    return np.asarray(np.maximum(np.fft.irfft(np.fft.rfft(closed, axis=2).prod(axis=0), 10, axis=1), 0))


def choose(group: Walk, rest: Array) -> Choice:
    """Return the most probable text of one group; `rest` is the weight of everything outside it."""
    message = group.message(rest)
    total = group.total(message)
    fits = group.likes * np.array([level.prints.max(axis=0) > 0 for level in group.group.grammar])
    clearest = fits.argmax(axis=1)
    chance = group.weight(clearest, message) / total
    if chance >= SURE:
        even = np.zeros_like(fits)
        even[np.arange(len(fits)), clearest] = 1 - (1 - chance) / len(fits)
        choice = Choice(clearest, chance, even)
    else:
        choice = _consider(group, clearest, chance, message, total)
    if group.check is not None:
        choice.digit_odds = group.digit_odds(rest)
    return choice


def _consider(group: Walk, clearest: Array, chance: float, message: Array, total: float) -> Choice:
    """Return the choice where there is doubt, with its rival; a text above one half needs no search for a better."""
    text = clearest if chance > 0.5 else best_text(group, message)
    if chance > 1 - LEAST_RIVAL:
        return Choice(text, chance, group.marginals(message))
    other = best_text(group, message, text)
    chances = [group.weight(candidate, message) / total for candidate in (text, other)]
    if chances[1] > chances[0]:  # the best path is not always the best text: two paths may print the same
        text, other, chances = other, text, chances[::-1]
    return Choice(text, chances[0], group.marginals(message), rival=other, rival_chance=chances[1])


def _reconsider(group: Walk, choice: Choice, rest: Array, before: Array) -> None:
    """Take another text if what has been fixed meanwhile makes it likelier; its chance stays the unconditional one."""
    again = choose(group, rest)
    if np.array_equal(again.text, choice.text):
        return
    message = group.message(before)
    total = group.total(message)
    choice.rival, choice.rival_chance = choice.text, choice.chance
    choice.text, choice.chance = again.text, group.weight(again.text, message) / total


def hold(plan: Plan, lines: Sequence[Array]) -> Case:
    """Return a layout held against lines; `lines` are likelihoods (L, 37), relative to no zone, by line."""
    walks = [walk(group, list(lines)) for group in plan.groups]
    likes, composite = None, np.zeros((2, 10))
    composite[:, 0] = 1
    if plan.layout.composite_at is not None:
        line, index = plan.layout.composite_at
        likes = lines[line][index][list(_DIGIT_COLUMNS)]
        composite = (MATCH[:, 0] * likes).sum(axis=2)
    case = Case(plan, walks, composite, likes)
    case.linked = [at for at, made in enumerate(walks) if made.check is not None or made.size[1] > 1]
    closed = [walks[at].closed() for at in case.linked]
    case.scales = [float(table.max()) for table in closed]
    case.closed = np.array([table / scale for table, scale in zip(closed, case.scales, strict=True)]).reshape(-1, 2, 10)
    free = [float(made.forward[-1].sum()) for at, made in enumerate(walks) if at not in case.linked]
    case.evidence = float(np.log([*case.scales, *free]).sum())
    if case.linked:
        case.evidence += float(np.log((KINDS[:, None] * _joined(case.closed) * composite).sum()))
    for group in plan.groups:
        if group.skipped is not None:
            case.evidence += float(np.log(lines[group.skipped[0]][group.skipped[1]][36]))
    return case
