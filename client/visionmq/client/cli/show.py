"""Tables for people; on a pipe the same rows come as tab-separated text."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def for_people() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout.isatty()


def plain(value: object) -> str:
    """Return text that cannot steer a terminal: control characters come as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value))


def print_json(value: object) -> None:
    """Print any result as indented JSON."""
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(value)).decode())


def _table(columns: Sequence[str]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "nothing") -> None:
    """Print rows under their columns, or `empty` on stderr if there are none."""
    if not rows:
        print(empty, file=sys.stderr)
        return
    if not for_people():
        for row in (columns, *rows):
            print("\t".join(plain(cell) for cell in row))
        return
    from rich.console import Console
    from rich.text import Text

    table = _table(columns)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    Console().print(table)


def print_pairs(pairs: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    width = max((len(name) for name in pairs), default=0)
    for name, value in pairs.items():
        print(f"{name:{width}}  {plain(value)}")
