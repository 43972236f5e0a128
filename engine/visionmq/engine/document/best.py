"""The most probable text of a walk, and the most probable one but a given text (Viterbi's algorithm)."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from visionmq.engine.document.digits import RESIDUES
from visionmq.engine.document.reading import Array
from visionmq.engine.document.walk import Walk

_ALIKE: Final = np.array([np.resize(np.flatnonzero(residue == RESIDUES), 5) for residue in range(10)])
"""For each residue the characters that have it, some twice to fill the row."""


def best_text(walk: Walk, message: Array, other_than: Array | None = None) -> Array:
    """Return the most probable text as indices in ALPHABET, not that of `other_than`.

    `message` is what `Walk.message` returned: the weight of everything outside the walk.
    """
    moves, printed = [level.moves for level in walk.group.grammar], walk.printed
    if other_than is not None:
        moves, printed = _ruled_out(moves, printed, other_than)
        message = np.vstack([np.zeros_like(message), message, message])
    scores = walk.forward[0]
    trail = []
    for move, prints, rows in zip(moves, printed, walk.rows(), strict=True):
        scores, *step = _step(move, prints, rows, scores)
        trail.append(step)
    state, place = (int(index) for index in np.unravel_index(int((scores * message).argmax()), message.shape))
    text = np.empty(len(trail), int)
    for index in range(len(trail) - 1, -1, -1):
        took, came, source = trail[index]
        text[index] = took[state, place]
        state, place = int(came[state, place]), int(source[state, place])
    return text


def _step(moves: Array, printed: Array, rows: Array, scores: Array) -> tuple[Array, Array, Array, Array]:
    """Return best weights after a character, and for each: the character, the state and the sums before it."""
    steps = moves[:, :, None] * scores[:, None, :]
    came = steps.argmax(axis=0)
    reached = np.take_along_axis(steps, came[None], axis=0)[0]
    alike = printed[:, _ALIKE]
    favourite = alike.argmax(axis=2)
    weights = np.take_along_axis(alike, favourite[:, :, None], axis=2)
    options = weights * reached[:, rows]
    choice = options.argmax(axis=1)
    source = rows[choice, np.arange(rows.shape[1])]
    took = _ALIKE[choice, np.take_along_axis(favourite, choice, axis=1)]
    best = np.take_along_axis(options, choice[:, None], axis=1)[:, 0]
    return best, took, np.take_along_axis(came, source, axis=1), source


def _ruled_out(
    moves: Sequence[Array], printed: Sequence[Array], text: Array
) -> tuple[list[Array], list[Array]]:  # fmt: skip
    """Return the grammar with each state three times: still at the text, just leaving it, off it."""
    wide_moves, wide_printed = [], []
    for index, (move, prints) in enumerate(zip(moves, printed, strict=True)):
        blank, at = np.zeros_like(move), np.zeros_like(prints)
        at[:, text[index]] = prints[:, text[index]]
        rows = [np.hstack([move, move, blank]), np.hstack([blank, blank, move]), np.hstack([blank, blank, move])]
        wide_moves.append(np.vstack(rows[:1] if index == 0 else rows))
        wide_printed.append(np.vstack([at, prints - at, prints]))
    return wide_moves, wide_printed
