"""The most probable text of a walk, and the most probable one but a given text (Viterbi's algorithm)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from visionmq.engine.document.mrz.digits import RESIDUES, shifts
from visionmq.engine.document.mrz.reading import Array
from visionmq.engine.document.mrz.walk import Walk

_ALIKE: Final = np.array([np.resize(np.flatnonzero(residue == RESIDUES), 5) for residue in range(10)])
"""For each residue the characters that have it, some twice to fill the row."""


@dataclass(frozen=True, slots=True)
class _Step:
    """Where each state and pair of sums after a character is best come from."""

    took: Array
    """(states, sums): the character, as an index in ALPHABET."""
    came: Array
    """(states, sums): the state before."""
    source: Array
    """(states, sums): the sums before."""
    left: Array | None = None
    """(states, sums): whether this character is the first that is not the given text's."""


def best_text(walk: Walk, message: Array, other_than: Array | None = None) -> Array:
    """Return the most probable text as indices in ALPHABET, not that of `other_than`.

    `message` is what `Walk.message` returned: the weight of everything outside the walk.
    """
    scores, along = walk.forward[0], (np.ones(1), 0)
    if other_than is not None:
        scores = np.zeros_like(scores)
    trail = []
    for index, rows in enumerate(walk.rows()):
        before, (scores, step) = along, _step(walk, index, rows, scores)
        if other_than is not None:
            scores, step = _leave(walk, index, before, int(other_than[index]), scores, step)
            along = _follow(walk, index, before, int(other_than[index]))
        trail.append(step)
    state, place = (int(index) for index in np.unravel_index(int((scores * message).argmax()), message.shape))
    text = np.empty(len(trail), int) if other_than is None else other_than.copy()
    for index in range(len(trail) - 1, -1, -1):
        step = trail[index]
        text[index] = step.took[state, place]
        if step.left is not None and step.left[state, place]:
            break
        state, place = int(step.came[state, place]), int(step.source[state, place])
    return text


def _favourites(printed: Array) -> tuple[Array, Array]:
    """Return for each state and residue the best character and its weight."""
    alike = printed[:, _ALIKE]
    at = alike.argmax(axis=2)
    return _ALIKE[np.arange(10), at], alike.max(axis=2)


def _step(walk: Walk, index: int, rows: Array, scores: Array) -> tuple[Array, _Step]:
    """Return the best weights after a character, and where they come from."""
    ways = walk.group.grammar[index].moves[:, :, None] * scores[:, None, :]
    came, reached = ways.argmax(axis=0), ways.max(axis=0)
    characters, weights = _favourites(walk.printed[index])
    options = weights[:, :, None] * reached[:, rows]
    choice = options.argmax(axis=1)
    source = rows[choice, np.arange(rows.shape[1])]
    states = np.arange(len(reached))[:, None]
    return options.max(axis=1), _Step(characters[states, choice], came[states, source], source)


def _follow(walk: Walk, index: int, before: tuple[Array, int], character: int) -> tuple[Array, int]:
    """Return the weight of the given text so far by state, and its sums, one character on."""
    states, place = before
    onward = shifts(-walk.group.own[index], -walk.group.shared[index], walk.size)[RESIDUES[character]]
    return (states @ walk.group.grammar[index].moves) * walk.printed[index][:, character], int(onward[place])


def _leave(
    walk: Walk, index: int, before: tuple[Array, int], character: int, scores: Array, step: _Step
) -> tuple[Array, _Step]:
    """Return the same with the ways that print another character here, after the given text up to here."""
    states, place = before
    others = walk.printed[index].copy()
    others[:, character] = 0
    characters, weights = _favourites(others)
    found = weights * (states @ walk.group.grammar[index].moves)[:, None]
    targets = shifts(-walk.group.own[index], -walk.group.shared[index], walk.size)[:, place]
    leaving, took = np.zeros_like(scores), np.zeros_like(step.took)
    if scores.shape[1] == 1:  # nothing is summed: all residues lead to the one place
        best = found.argmax(axis=1)
        leaving[:, 0], took[:, 0] = found.max(axis=1), characters[np.arange(len(best)), best]
    else:
        leaving[:, targets], took[:, targets] = found, characters
    left = leaving > scores
    return np.maximum(leaving, scores), _Step(np.where(left, took, step.took), step.came, step.source, left)
