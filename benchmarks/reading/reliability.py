"""Whether stated probabilities hold: of the fields stated with 99 %, one in a hundred may be wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.reading.reporting import table
from benchmarks.reading.scoring import Reading, Truth, is_right

BINS = (0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0 + 1e-9)
_WHOLE = ("full_mrz", "mrz_line")
"""Whole lines and zones hold the same characters as the fields, so they are left out."""


@dataclass(slots=True)
class Bin:
    """The fields whose confidence lies in one range."""

    low: float
    high: float
    fields: int = 0
    wrong: int = 0
    accepted: int = 0
    accepted_wrong: int = 0
    stated_errors: float = 0.0
    """How many of them the confidences expect to be wrong."""


def bins(pairs: Sequence[tuple[Truth, Reading]]) -> list[Bin]:
    """Return all fields by confidence; those the truth does not tell about are left out."""
    found = [Bin(low, high) for low, high in pairwise(BINS)]
    for truth, reading in pairs:
        for name, said in (reading.fields or {}).items():
            right = is_right(name, said, truth)
            if right is None or name.startswith(_WHOLE):
                continue
            place = next(one for one in found if one.low <= said.confidence < one.high)
            place.fields += 1
            place.wrong += not right
            place.accepted += said.accepted
            place.accepted_wrong += said.accepted and not right
            place.stated_errors += 1 - said.confidence
    return found


def reliability_table(found: Sequence[Bin]) -> str:
    """Return one row a range of confidence."""
    head = ("confidence", "fields", "errors expected", "errors seen", "accepted", "of them wrong")
    rows = [
        (
            f"{one.low:g} to {min(one.high, 1):g}",
            str(one.fields),
            f"{one.stated_errors:.1f}",
            str(one.wrong),
            str(one.accepted),
            str(one.accepted_wrong),
        )
        for one in found
        if one.fields
    ]
    return table(head, rows)
