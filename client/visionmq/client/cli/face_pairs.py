"""Which faces are compared: named on the command line, or a pair a line in a table."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from visionmq.client.cli.failures import Exit, Failure

_SIDES: Final = ("a", "b")
_HINT: Final = "One pair a line: first.jpg,second.jpg; a heading may name the columns a and b."


@dataclass(frozen=True, slots=True)
class Pair:
    """One comparison to be done; `trouble` says why it cannot even be asked for."""

    a: str
    b: str
    """As written; empty where the first is compared with a subject."""
    trouble: str = ""
    a_place: Path | None = None
    """Where the picture is, if not under the name that is written."""
    b_place: Path | None = None


def listed(path: Path) -> list[Pair]:
    """Return the pairs of a CSV file, in order; a line that holds no two names fails alone.

    A heading with columns `a` and `b` says where they stand, else they are the first two; others are ignored. Names
    are sought from the current folder, then from the file's own. Raises Failure if the file cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            pairs = list(_pairs(stream.read().splitlines(), path.parent))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Failure(f"{path} cannot be read: {reason}", _HINT, Exit.USAGE) from None
    if not pairs:
        raise Failure(f"{path} holds no pairs", _HINT, Exit.USAGE)
    return pairs


def _pairs(lines: Sequence[str], folder: Path) -> Iterator[Pair]:
    places, first = (0, 1), True
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), [])]
        if not any(cells):
            continue
        heads = [cell.lower() for cell in cells]
        if first and all(side in heads for side in _SIDES):
            places = heads.index("a"), heads.index("b")
        else:
            a, b = (cells[place] if place < len(cells) else "" for place in places)
            trouble = "" if a and b else f"Line {number} holds no two names: {line[:80]!r}."
            yield Pair(a, b, trouble, *(_place(name, folder) for name in (a, b)))
        first = False


def _place(name: str, folder: Path) -> Path:
    here, beside = Path(name), folder / name
    return beside if name and not here.exists() and beside.exists() else here


def stems(pairs: Sequence[Pair]) -> list[str]:
    """Return a name for the pictures of each pair, no two alike."""
    used: set[str] = set()
    names = []
    for pair in pairs:
        wanted = "-".join(Path(name).stem for name in (pair.a, pair.b) if name) or "pair"
        free, number = wanted, 2
        while free in used:
            free, number = f"{wanted}-{number}", number + 1
        used.add(free)
        names.append(free)
    return names
