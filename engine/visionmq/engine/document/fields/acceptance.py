"""Whether a field may be relied on, and why not: the first law is that nothing wrong is ever accepted.

A field is accepted on two grounds together: what the rules say (check digits, no second reading, the mode), and the
posterior probability of its characters. How probable it must be depends on who else vouches for it. The bounds were
chosen on drawn photographs far worse than usual ones (`specimens`; three in ten unreadable or read wrong): of 4,300
fields of zones of two and three lines none above them was wrong, and one above 0.8.
"""

from typing import Final

from visionmq.engine.document.mrz.exceptions import BY_ID, COMPOSITE
from visionmq.engine.document.mrz.layout_parts import Kind, Span
from visionmq.engine.document.mrz.zone import Zone
from visionmq.schemas.document.fields import CheckDigit

LEAST_CHECKED: Final = 0.9
"""A field whose own check digit passes, where the composite digit passes too or the layout has none."""
LEAST_REPAIRED: Final = 0.99
"""The same where a character was taken against the picture's first guess."""
LEAST_ALONE: Final = 0.98
"""A field whose own digit passes while the composite fails: one digit passes one wrong text in ten."""
LEAST_UNCHECKED: Final = 0.95
"""A field that no own digit covers, such as a name; where a composite digit covers it, that passes."""
LEAST_UNGUARDED: Final = 0.98
"""The same in a layout that has no check digit at all, or whose composite digit fails; and for numbers and dates
without a digit of their own: a digit taken for another leaves no word misspelt, and a composite passes one in ten."""
LEAST_ONE_DIGIT: Final = 0.999
"""A zone of one line with one digit for all: a line shifted by a letter passes one time in ten, and looks clear."""
_WORDS: Final = (Kind.LETTERS, Kind.SEX)


def trouble_of(zone: Zone, span: Span, chance: float, *, ambiguous: bool | None = None) -> str | None:
    """Return why a span may not be accepted, as half a sentence; None if it may.

    `chance` is the posterior probability of the characters in question: the span's, or a part of it.
    """
    state = zone.checks.get(span.name, CheckDigit.ABSENT)
    doubtful = span.name in zone.ambiguous if ambiguous is None else ambiguous
    if span.name in zone.refused:
        return f"strict mode: {BY_ID[zone.refused[span.name]].what}"
    if state is CheckDigit.FAILED:
        return "its check digit does not fit"
    if is_thin(zone):
        return "a zone of one line is relied on as a whole or not at all, and a part of it is not clear"
    if doubtful:
        return _rival(zone, span)
    if state is CheckDigit.PASSED:
        return _checked(zone, span, chance)
    return _unchecked(zone, span, chance)


def whole_trouble(zone: Zone, chance: float, *, parts: bool) -> str | None:
    """Return why the whole zone, or one line of it, may not be accepted as read.

    `parts` says whether each field in it is accepted; without them no whole is.
    """
    if not is_sound(zone):
        return "a check digit does not fit"
    if not parts:
        return "a part of it is not accepted"
    if chance < (LEAST_REPAIRED if COMPOSITE in zone.repaired else LEAST_CHECKED):
        return "its characters are not clear enough"
    return None


def is_sound(zone: Zone) -> bool:
    """Whether no check digit fails, and at least one is there if the layout has any."""
    return zone.all_passed() or not has_digits(zone)


def is_thin(zone: Zone) -> bool:
    """Whether a zone is one line that is not clear throughout: then its very layout is a guess."""
    if zone.layout.lines > 1:
        return False
    own_digits = any(span.check is not None for span in zone.layout.spans)
    return zone.joint < (LEAST_CHECKED if own_digits else LEAST_ONE_DIGIT)


def has_digits(zone: Zone) -> bool:
    """Whether the layout has any check digit."""
    return zone.layout.composite_at is not None or any(span.check is not None for span in zone.layout.spans)


def covered_by_composite(zone: Zone, span: Span) -> bool:
    """Whether the composite check digit covers a span."""
    return any(
        line == span.line and start <= span.start and span.end <= end for line, start, end in zone.layout.composite
    )


def _checked(zone: Zone, span: Span, chance: float) -> str | None:
    if span.name in zone.repaired and zone.composite is CheckDigit.FAILED:
        return "repaired, and the composite check digit does not fit"
    least = LEAST_CHECKED
    if zone.composite is CheckDigit.FAILED:
        least = LEAST_ALONE
    if span.name in zone.repaired:
        least = LEAST_REPAIRED
    return None if chance >= least else "its characters are not clear enough"


def _unchecked(zone: Zone, span: Span, chance: float) -> str | None:
    covered = covered_by_composite(zone, span)
    if covered and zone.composite is CheckDigit.FAILED and span.kind is not Kind.LETTERS:
        return "the composite check digit, the only one that covers it, does not fit"
    guarded = has_digits(zone) and not (covered and zone.composite is CheckDigit.FAILED) and span.kind in _WORDS
    return (
        None if chance >= (LEAST_UNCHECKED if guarded else LEAST_UNGUARDED) else "its characters are not clear enough"
    )


def _rival(zone: Zone, span: Span) -> str:
    rivals = " or ".join(reading.text for reading in zone.rivals.get(span.name, ()))
    return f"it may as well read {rivals}" if rivals else "two readings fit equally well"
