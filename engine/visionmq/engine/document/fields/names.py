"""Names in the zone: two identifiers, parted by two fillers, cut where they are too long (ICAO Doc 9303-3, 4.6)."""

from dataclasses import dataclass
from typing import Final

from visionmq.engine.document.mrz.layouts import FILLER

_GAP: Final = FILLER * 2
_LEAST_GIVEN: Final = 8
"""Characters that given names keep where surnames must be cut too."""


@dataclass(frozen=True, slots=True)
class Names:
    """The parts of a name field as printed, fillers kept."""

    primary: str
    """Surnames."""
    secondary: str
    """Given names; empty if the holder has one name only."""
    start: int
    """Where the secondary identifier begins in the field."""
    start_of_primary: int
    truncated: bool
    """The last place holds a letter: the name was, or may have been, cut there."""


def split_names(raw: str) -> Names:
    """Return the identifiers of a name field; one that begins with fillers has a secondary one only."""
    lead = len(raw) - len(raw.lstrip(FILLER))
    cut = bool(raw) and raw[-1] != FILLER
    if lead:
        return Names("", raw.strip(FILLER), lead % max(len(raw), 1), 0, cut)
    text = raw.rstrip(FILLER)
    primary, gap, rest = text.partition(_GAP)
    secondary = rest.lstrip(FILLER)
    return Names(primary, secondary, len(text) - len(secondary) if gap else len(text), 0, cut)


def readable(raw: str) -> str:
    """Return characters of the zone as words with single spaces."""
    return " ".join(raw.replace(FILLER, " ").split())


def join_names(surname: str, given: str, width: int) -> str:
    """Return both names (A to Z and spaces) as a name field of `width` characters, cut by the standard's rules.

    What does not fit is cut so that the last place holds a letter, which tells a reader of the cut: first given names
    from their end, then the longest surnames, letter by letter (9303-4, 4.2.3; 9303-5 and -6 alike).
    """
    primary, secondary = (name.split() for name in (surname, given))
    field = _joined(primary, secondary)
    if len(field) <= width:
        return field.ljust(width, FILLER)
    least = min(len(FILLER.join(secondary)), _LEAST_GIVEN)
    primary = _shortened(primary, width - (least + len(_GAP) if secondary else 0))
    room = width - len(FILLER.join(primary)) - len(_GAP)
    return _joined(primary, _cut(secondary, room)).ljust(width, FILLER)


def _joined(primary: list[str], secondary: list[str]) -> str:
    return FILLER.join(primary) + (_GAP + FILLER.join(secondary) if secondary else "")


def _shortened(words: list[str], room: int) -> list[str]:
    """Take letters from the longest word until all fit; where initials alone do not, leave out the last words."""
    words = words[: (room + 1) // 2]
    while len(FILLER.join(words)) > room:
        longest = max(range(len(words)), key=lambda index: (len(words[index]), index))
        words[longest] = words[longest][:-1]
    return words


def _cut(words: list[str], room: int) -> list[str]:
    """Keep the first `room` characters; where that ends between words, an earlier letter makes place for an initial."""
    text = FILLER.join(words)
    if room < 1 or not text:
        return []
    if len(text) <= room or text[room - 1] != FILLER:
        return text[:room].split(FILLER)
    kept, following = text[: room - 1].split(FILLER), text[room]
    longest = max(range(len(kept)), key=lambda index: (len(kept[index]), index))
    if len(kept[longest]) < 2:
        return kept
    kept[longest] = kept[longest][:-1]
    return [*kept, following]
