"""Which pictures are laid on which: named on the command line, or a pair a line in a file."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from visionmq.client.cli.failures import Exit, Failure

STDIN: Final = Path("-")
_HEADS: Final = frozenset({"user", "user-file", "user_file", "user picture"})
"""First words of a heading, which is no pair."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One registration to be done; `trouble` says why it cannot even be asked for."""

    user: Path
    model: Path
    trouble: str = ""
    user_place: Path | None = None
    """Where the picture is, if not under the name that is written."""
    model_place: Path | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Both names as they were written: what tells pairs apart in a file of results."""
        user, model = (str(side) if side.parts else "" for side in (self.user, self.model))
        return user, model


def named(paths: Sequence[Path]) -> list[Pair]:
    """Return a pair for each user's picture, with the model, which comes last; folders hold users' pictures.

    A picture that is not there stays, to fail alone; raises Failure if the model is not there.
    """
    from visionmq.client.cli.document_read import find_files

    if len(paths) < 2:
        raise Failure(
            "two pictures are needed: the user's and the model's",
            "Name them in this order: visionmq register USER... MODEL; or many with --pairs FILE.csv.",
            Exit.USAGE,
        )
    *users, model = paths
    if not model.is_file():
        what = "is a folder; the last name is the model, one picture" if model.is_dir() else "is not there"
        raise Failure(f"{model} {what}", "The model comes last: visionmq register USER... MODEL.", Exit.USAGE)
    return [Pair(user, model) for user in find_files(users)]


def listed(path: Path) -> list[Pair]:
    """Return the pairs of a CSV file, in order: user, model a line; a line that holds no two names fails alone.

    Names are sought from the current folder, then from the file's own. Raises Failure if the file cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            pairs = list(_pairs(stream.read().splitlines(), path.parent))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Failure(f"{path} cannot be read: {reason}", "One pair a line: user.jpg,model.jpg", Exit.USAGE) from None
    if not pairs:
        raise Failure(f"{path} holds no pairs", "One pair a line: user.jpg,model.jpg", Exit.USAGE)
    return pairs


def _pairs(lines: Sequence[str], folder: Path) -> Iterator[Pair]:
    for number, line in enumerate(lines, 1):
        cells = next(csv.reader([line], skipinitialspace=True), [])
        cells = [cell.strip() for cell in cells]
        if not any(cells) or (number == 1 and cells[0].lower() in _HEADS):
            continue
        user, model = (Path(cells[place] if place < len(cells) else "") for place in (0, 1))
        if len(cells) != 2 or not all(cells):
            yield Pair(user, model, f"Line {number} holds no two names: {line[:80]!r}.")
        else:
            yield Pair(user, model, user_place=_place(user, folder), model_place=_place(model, folder))


def _place(name: Path, folder: Path) -> Path:
    beside = folder / name
    return beside if not name.exists() and beside.exists() else name


def stems(pairs: Sequence[Pair]) -> list[str]:
    """Return a name for the pictures of each pair, no two alike: the user's, with the model's where one is not enough."""
    models = {pair.model for pair in pairs}
    wanted = [pair.user.stem if len(models) == 1 else f"{pair.user.stem}-on-{pair.model.stem}" for pair in pairs]
    used: set[str] = set()
    names = []
    for name in wanted:
        free, number = name or "picture", 2
        while free in used:
            free, number = f"{name}-{number}", number + 1
        used.add(free)
        names.append(free)
    return names
