"""Whether two pictures show the same document."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from visionmq.engine.document.mrz.layouts import Layout, Span
from visionmq.engine.document.mrz.reading import Array, Cells
from visionmq.engine.document.page.spelling import fold
from visionmq.schemas.document.fields import Field

_KEYS: Final = ("number", "birth_date")
"""What tells documents of one family apart."""
_CONTRADICTED: Final = -8.0
"""Natural logarithm of how much likelier letters are by chance than as one, where they speak against it: two clear ones
that differ have 11. Numbers that follow one another differ in one letter and in the check digit."""
_CHANCE: Final = 1 / 37
_FLOOR: Final = 1e-4
"""Least probability of a letter: two pictures misread one letter in a thousand surely, and differently."""


def are_alike(layout: Layout, one: Sequence[Cells], other: Sequence[Cells]) -> bool:
    """Whether two readings of a zone can be of the same document: in whole, and in number and date of birth.

    Each letter says how much likelier both pictures are if one letter was printed than if two were by chance.
    """
    if len(one) != len(other) or any(len(a.odds) != len(b.odds) for a, b in zip(one, other, strict=True)):
        return False
    kin = [_kin(first.odds, second.odds) for first, second in zip(one, other, strict=True)]
    keys = [span for span in layout.spans if span.name in _KEYS]
    return float(sum(line.sum() for line in kin)) > 0 and all(_same(kin, span) for span in keys)


def _same(kin: Sequence[Array], span: Span) -> bool:
    letters = [*range(span.start, span.end), *([] if span.check is None else [span.check])]
    return float(np.minimum(kin[span.line][letters], 0).sum()) > _CONTRADICTED


def _kin(one: Array, other: Array) -> Array:
    """Return for each letter the logarithm of its two pictures as one, over as two by chance."""
    return np.asarray(np.log(np.maximum((one * other).sum(axis=1), _FLOOR) / _CHANCE))


def agree(one: Mapping[str, Field], other: Mapping[str, Field]) -> bool:
    """Whether the fields of two pictures, of whatever source, can be of one document.

    A card's front and back need not have a field in common; what they both say must not differ.
    """
    said = {name: (_said(one, name), _said(other, name)) for name in ("birth_date", "surname", "number")}
    differing = {name for name, (first, second) in said.items() if first and second and not _equal(first, second)}
    return "birth_date" not in differing and differing != {"surname", "number"}


def _said(fields: Mapping[str, Field], name: str) -> str | None:
    found = (fields.get(f"{source}_{name}") for source in ("mrz", "barcode", "template"))
    return next((field.value for field in found if field is not None and field.accepted and field.value), None)


def _equal(one: str, other: str) -> bool:
    first, second = fold(one), fold(other)
    return first.startswith(second[:12]) or second.startswith(first[:12])
