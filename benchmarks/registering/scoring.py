"""Counts of what a recipe got right, wrong, and wrong with confidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.registering.pairs import Pair
from benchmarks.registering.recipes import Answer

WRONG = 20.0
"""Mean error in model pixels over which an answer that a recipe stands by is confidently wrong."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a recipe said of a pair, and how far off it was."""

    pair: Pair
    answer: Answer
    error: float | None
    """Mean error over the grid in model pixels; None where no truth is known; infinite where nothing was returned."""

    @property
    def solved(self) -> bool:
        """Whether a matrix came back that errs no more than the pair's tolerance."""
        return self.error is not None and self.error <= self.pair.tolerance

    def plain(self) -> dict[str, Any]:
        """Return it for JSON."""
        matrix = None if self.answer.matrix is None else np.asarray(self.answer.matrix).round(9).tolist()
        error = None if self.error is None or not np.isfinite(self.error) else round(self.error, 3)
        return {
            "user": self.pair.user.name,
            "model": self.pair.model.name,
            "kind": self.pair.kind,
            "related": self.pair.related,
            "tolerance": self.pair.tolerance,
            "error": error,
            "solved": self.solved,
            "accepted": self.answer.accepted,
            "probability": self.answer.probability,
            "ms": round(self.answer.ms, 1),
            "note": self.answer.note,
            "matrix": matrix,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """A recipe over all pairs."""

    truths: int
    solved: int
    solved_accepted: int
    auc5: float
    auc10: float
    wrong: int
    """Stood by, with an error over WRONG."""
    unrelated: int
    refused: int
    """Unrelated pairs that it did not stand by."""
    uncertain: int
    """Of these, pairs for which it still showed a matrix."""
    ms: float
    """Median of the given pairs that have a truth."""
    ms_easy: float
    """Median of those that the yardstick solves."""


def area_under(errors: Sequence[float], limit: float) -> float:
    """Return the area under the curve of the share of pairs with an error below e, for e from 0 to a limit, 0 to 1."""
    return float(np.mean([max(0.0, 1 - error / limit) for error in errors])) if errors else 0.0


def score(results: Sequence[Result], yardstick: Sequence[Result] = ()) -> Score:
    """Return the counts of one recipe's results; time is also told for the pairs that a yardstick solves."""
    easy = {result.pair.name for result in yardstick if result.solved}
    known = [result for result in results if result.error is not None]
    errors = [result.error for result in known if result.error is not None]
    apart = [result for result in results if not result.pair.related]
    return Score(
        truths=len(known),
        solved=sum(result.solved for result in known),
        solved_accepted=sum(result.solved and result.answer.accepted for result in known),
        auc5=area_under(errors, 5),
        auc10=area_under(errors, 10),
        wrong=sum(result.answer.accepted and error > WRONG for result, error in zip(known, errors, strict=True)),
        unrelated=len(apart),
        refused=sum(not result.answer.accepted for result in apart),
        uncertain=sum(not result.answer.accepted and result.answer.matrix is not None for result in apart),
        ms=_median([result.answer.ms for result in known]),
        ms_easy=_median([result.answer.ms for result in known if result.pair.name in easy]),
    )


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else 0.0


HEAD = (
    "recipe", "within tolerance", "of them accepted", "AUC@5", "AUC@10", "confidently wrong", "unrelated refused",
    "of them uncertain", "ms, median", "where OpenCV's SIFT succeeds",
)  # fmt: skip


def row(name: str, found: Score) -> tuple[str, ...]:
    """Return a score as a table's row under HEAD."""
    return (
        name,
        f"{found.solved} of {found.truths}",
        str(found.solved_accepted),
        f"{found.auc5:.2f}",
        f"{found.auc10:.2f}",
        str(found.wrong),
        f"{found.refused} of {found.unrelated}",
        str(found.uncertain),
        f"{found.ms:.0f}",
        f"{found.ms_easy:.0f}" if found.ms_easy else "",
    )
