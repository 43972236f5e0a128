"""Tables for people; on a pipe the same rows come as tab-separated text."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

_MARKS = {True: "yes", False: "NO"}


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


def print_document(line: Mapping[str, Any]) -> None:
    """Print what one file shows, as a table of its fields."""
    name = plain(line["file"])
    if not line["ok"]:
        error = line["error"]
        print(f"{name}: error: {plain(error['message'])}\nhint: {plain(error['hint'])}")
        return
    result = line["result"]
    if result["doc_type"] is None:
        print(f"{name}: no document found. {plain(result.get('advice') or result.get('reason') or '')}".rstrip())
        return
    print(f"{name}: {plain(result['doc_type'])}")
    rows = [_field_row(field) for field in result["fields"].values() if "\n" not in field["raw"]]  # its lines follow
    print_table(("field", "value", "accepted", "check digit", "confidence", "note"), rows, empty="no fields")
    for key in ("reason", "advice"):
        if result.get(key):
            print(f"{key}: {plain(result[key])}")
    for kind, path in line.get("images", {}).items():
        print(f"{kind}: {plain(path)}")


def _field_row(field: Mapping[str, Any]) -> tuple[object, ...]:
    value = field["value"]
    return (
        field["name"],
        "-" if value is None else value,
        _MARKS[bool(field["accepted"])],
        field["check_digit"],
        f"{field['confidence']:.3f}",
        _remark(field),
    )


def _remark(field: Mapping[str, Any]) -> str:
    """Return what the columns do not say yet."""
    if field["accepted"] and field["check_digit"] == "absent":
        return ""
    return field.get("note") or ("repaired" if field.get("repaired") else "")
