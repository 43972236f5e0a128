"""One group of characters walked through its grammar: all its texts at once, exactly, by dynamic programming.

A walk's state is (grammar state, own sum mod 10, composite sum mod 10); sums enter only by residues, so texts that no
check digit can tell apart stay apart in the states and in the odds, and nowhere else. Weights are likelihoods relative
to those of text that is no zone, so that evidence of different layouts may be compared.
"""

from dataclasses import dataclass, field

import numpy as np

from visionmq.engine.document.mrz.digits import BY_RESIDUE, FILLER_COLUMN, MATCH, ONWARD, RESIDUES, ROLLS, shifts
from visionmq.engine.document.mrz.plan import Group
from visionmq.engine.document.mrz.reading import Array


@dataclass(slots=True)
class Walk:
    """The forward pass over a group, and what may be asked of it."""

    group: Group
    likes: Array
    """(n, 37): likelihood of each character at each place."""
    check: Array | None
    """(11,): likelihood of each digit and the filler where the check digit stands."""
    size: tuple[int, int]
    forward: list[Array] = field(default_factory=list)
    """Before each character and after the last: (states, sums)."""
    printed: list[Array] = field(default_factory=list)
    """At each character (states, 37): how well each state's characters fit the picture."""
    residues: list[Array] = field(default_factory=list)
    """The same summed by residue: (states, 10)."""

    def rows(self) -> list[Array]:
        """Return at each character which sums come before which."""
        return [shifts(own, shared, self.size) for own, shared in zip(self.group.own, self.group.shared, strict=True)]

    def ends(self) -> Array:
        """Return the weight of all texts by (field empty or not, own sum, composite sum)."""
        last, empty = self.forward[-1], self.group.grammar[-1].empty
        ends = np.zeros((2, last.shape[1]))
        ends[0] = last.sum(axis=0)
        if empty is not None:
            ends[1] = last[empty]
            ends[0] -= last[empty]
        return ends.reshape(2, *self.size)

    def digit_weights(self) -> Array:
        """Return (kind, empty, own sum, digit): how well each digit fits the sum and the picture."""
        assert self.check is not None
        return np.asarray(MATCH[:, :, : self.size[0]] * self.check)

    def closed(self) -> Array:
        """Return (kind of document, 10): the weight of all texts that add so much to the composite sum."""
        ends, totals = self.ends(), np.zeros((2, 10))
        if self.check is None:
            totals[:, : self.size[1]] = ends.sum(axis=(0, 1))
            return totals
        by_digit = np.zeros((2, 11, 10))
        by_digit[:, :, : self.size[1]] = np.einsum("eok,zeoc->zck", ends, self.digit_weights())
        rolls = ROLLS[self.group.check_shared]
        return np.asarray(np.take_along_axis(by_digit, np.broadcast_to(rolls, (2, 11, 10)), axis=2).sum(axis=1))

    def message(self, rest: Array) -> Array:
        """Return (states, sums): the weight of everything after the last character, by where the walk ends.

        `rest` is (kind, 10): the weight of all other groups, by what this one adds to the composite sum.
        """
        states, empty = self.forward[-1].shape[0], self.group.grammar[-1].empty
        if self.check is None:
            after = np.broadcast_to(rest.sum(axis=0)[: self.size[1]], (2, self.size[0], self.size[1]))
        else:
            onward = rest[:, ONWARD[self.group.check_shared]][:, :, : self.size[1]]
            after = np.einsum("zeoc,zck->eok", self.digit_weights(), onward)
        out = np.repeat(after[0].reshape(1, -1), states, axis=0)
        if empty is not None:
            out[empty] = after[1].reshape(-1)
        return out

    def total(self, message: Array) -> float:
        """Return the weight of all texts together."""
        return float((self.forward[-1] * message).sum())

    def weight(self, text: Array, message: Array) -> float:
        """Return the weight of one text (indices in ALPHABET)."""
        states, place = self.state_of(text)
        return float(states @ message[:, place])

    def state_of(self, text: Array) -> tuple[Array, int]:
        """Return the weight of one text by the state it ends in, and the sums it ends with."""
        states: Array = np.ones(1)
        for level, printed, character in zip(self.group.grammar, self.printed, text, strict=True):
            states = (states @ level.moves) * printed[:, character]
        residues = RESIDUES[text]
        own, shared = int(residues @ self.group.own) % self.size[0], int(residues @ self.group.shared) % self.size[1]
        return states, own * self.size[1] + shared

    def marginals(self, message: Array) -> Array:
        """Return (n, 37): the posterior probability of each character at each place."""
        out = np.empty((len(self.printed), self.likes.shape[1]))
        after = message
        back = [shifts(-own, -shared, self.size) for own, shared in zip(self.group.own, self.group.shared, strict=True)]
        for index in range(len(out) - 1, -1, -1):
            level, rows = self.group.grammar[index], back[index]
            reached = level.moves.T @ self.forward[index]
            ahead = after[:, rows]
            by_residue = np.einsum("sk,svk->sv", reached, ahead)
            out[index] = (self.printed[index] * by_residue[:, RESIDUES]).sum(axis=0)
            after = level.moves @ np.einsum("sv,svk->sk", self.residues[index], ahead)
        return np.asarray(out / out.sum(axis=1, keepdims=True))

    def digit_odds(self, rest: Array) -> Array:
        """Return (11,): the posterior probability of each check digit and the filler."""
        onward = rest[:, ONWARD[self.group.check_shared]][:, :, : self.size[1]]
        odds = np.einsum("eok,zeoc,zck->c", self.ends(), self.digit_weights(), onward)
        return np.asarray(odds / odds.sum())

    def digit_given(self, text: Array, rest: Array) -> tuple[int, Array]:
        """Return the best check digit of a text, and the text's weight with it by kind of document and sum (2, 10)."""
        states, place = self.state_of(text)
        fixed, (own, shared) = np.zeros((2, 10)), divmod(place, self.size[1])
        if self.check is None:
            fixed[:, shared] = states.sum()
            return FILLER_COLUMN, fixed
        empty = self.group.grammar[-1].empty
        share = (
            np.array([states.sum(), 0.0]) if empty is None else np.array([states.sum() - states[empty], states[empty]])
        )
        weights = np.einsum("e,zec->zc", share, self.digit_weights()[:, :, own])
        onward = ONWARD[self.group.check_shared][:, shared]
        digit = int((weights * rest[:, onward]).sum(axis=0).argmax())
        fixed[:, onward[digit]] = weights[:, digit]
        return digit, fixed


def walk(group: Group, lines: list[Array]) -> Walk:
    """Return the forward pass over a group; `lines` are likelihoods (L, 37) by line."""
    likes = np.stack([lines[line][index] for line, index in group.places])
    check = lines[group.check[0]][group.check[1]][[*range(10), 36]] if group.check is not None else None
    shared = any(group.shared) or group.check_shared > 0
    out = Walk(group, likes, check, (10 if any(group.own) else 1, 10 if shared else 1))
    state = np.zeros((1, out.size[0] * out.size[1]))
    state[0, 0] = 1
    out.forward.append(state)
    for level, like, rows in zip(group.grammar, likes, out.rows(), strict=True):
        printed = level.prints * like
        residues = printed @ BY_RESIDUE
        state = level.moves.T @ state
        if rows.shape[1] == 1:
            state = state * residues.sum(axis=1, keepdims=True)
        else:
            state = (residues[:, None, :] @ state[:, rows])[:, 0]
        out.printed.append(printed)
        out.residues.append(residues)
        out.forward.append(state)
    return out
