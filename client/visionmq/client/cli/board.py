"""What results look like for a person: a console, tables without frames, and figures in words."""

import os
import sys
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final

from visionmq.client.cli.document_marks import BAD, DIM, NO, Mark, drawable
from visionmq.client.cli.document_remarks import Remark, table_of
from visionmq.client.cli.show import plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

_WIDEST: Final = 130
_SURE: Final = 0.999
_LONGEST: Final = 40
"""Characters of a file's name that are shown: its end, which tells files apart."""


def console() -> "Console":
    """Return the console that reports are printed on."""
    from rich.console import Console

    if isinstance(sys.stdout, TextIOWrapper):  # names hold letters that not every terminal can show
        sys.stdout.reconfigure(errors="backslashreplace")
    made = Console(highlight=False, markup=False, emoji=False)
    made.width = min(made.width, _WIDEST)
    return made


def sign(mark: Mark) -> "Text":
    """Return a sign in its colour."""
    from rich.text import Text

    return Text(drawable(mark), mark.style)


def text(words: object, style: str = "") -> "Text":
    """Return words as they stand, whatever they hold."""
    from rich.text import Text

    return Text(plain(words), style)


def rows_of(rows: Sequence[Remark]) -> "Table":
    """Return names and texts beside each other."""
    return table_of(rows)


def grid(*columns: str, right: Sequence[str] = (), wrap: Sequence[str] = ()) -> "Table":
    """Return an empty table with these heads; columns in `right` are figures, those in `wrap` may break."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style=DIM, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=column not in wrap,
            overflow="fold" if column in wrap else "ellipsis",
        )
    return table


def failure(line: Mapping[str, Any]) -> "RenderableType":
    """Return what is wrong with one line, and what to do."""
    error = line["error"]
    return table_of([("error", plain(error["message"]), BAD), ("hint", plain(error["hint"]), "")])


def reasons(lines: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> "Table | None":
    """Return why lines failed, by their names; None if none did."""
    rows = [
        (f"{drawable(NO)} {names[number]}", plain(line["error"]["message"]), BAD)
        for number, line in enumerate(lines)
        if not line["ok"]
    ]
    return table_of(rows) if rows else None


def safe(words: object) -> str:
    """Return words that cannot steer a terminal."""
    return plain(words)


def short(name: object, longest: int = _LONGEST) -> str:
    """Return a file's name, of a long one the end."""
    words = plain(name)
    return words if len(words) <= longest else "..." + words[3 - longest :]


def brief(names: Sequence[str], longest: int = _LONGEST) -> dict[str, str]:
    """Return names of files without the folder that all are in, and of long ones the end."""
    folders = {os.path.dirname(name) for name in names}
    alike = all(folders) and len({os.path.isabs(folder) for folder in folders}) == 1
    common = os.path.join(os.path.commonpath(folders), "") if alike else ""
    return {name: short(name.removeprefix(common), longest) for name in names}


def percent(probability: float) -> str:
    """Return a probability that never says 100 % or 0 % of what is only likely."""
    if probability > _SURE:
        return f"over {_SURE:.1%}"
    if probability < 1 - _SURE:
        return f"under {1 - _SURE:.1%}"
    return f"{probability:.0%}" if 0.02 < probability < 0.98 else f"{probability:.1%}"


def between(interval: Sequence[float]) -> str:
    """Return an interval of probabilities in brackets; nothing where both ends read the same."""
    low, high = (percent(end) for end in interval)
    return f" ({low} to {high})" if low != high else ""


def count(number: int, word: str) -> str:
    """Return a number of things: `1 face`, `2,000 faces`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def odds(rate: float) -> str:
    """Return an error rate in words, to two digits: `1 in 1,000`."""
    return "none" if rate <= 0 else f"1 in {round(float(f'{max(1.0, 1 / rate):.2g}')):,}"


def pictures(lines: Sequence[Mapping[str, Any]]) -> "Text | None":
    """Return where wanted pictures were saved; None if there are none."""
    from rich.text import Text

    saved = [plain(path) for line in lines for path in line.get("images", {}).values()]
    more = f" and {len(saved) - 1} more beside" if len(saved) > 1 else ""
    return Text(f"pictures: {saved[0]}{more}", "cyan") if saved else None
