"""What a document says, for a person at a terminal."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from visionmq.client.cli import document_remarks as below
from visionmq.client.cli.document_marks import BAD, DIM, FINDINGS, GOOD, NO, OPEN, WARN, YES, drawable
from visionmq.client.cli.document_names import SOURCES, label, title
from visionmq.client.cli.show import plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from visionmq.schemas.document.templates import Masks

_WIDEST: Final = 110
"""Columns that a report takes at most: longer lines are hard to read."""
_LONGEST: Final = 60
"""Characters of a value that are shown; JSON has it whole."""
_ALTERNATIVES: Final = 3
"""How many doubtful characters are spelled out; JSON has them all."""
_COMPOSITE: Final = "mrz_composite_check_digit"
_SHOWN: Final = {
    "title": "{}",
    "country": "{}",
    "transliterated": "may be {}",
    "truncated": "cut off: {}",
    "age": "{} years",
}
"""Other forms of a value that are shown; JSON has more."""
_DIGITS: Final = {"passed": "fits", "failed": "FAILS", "absent": ""}


def _console() -> "Console":
    from rich.console import Console

    if isinstance(sys.stdout, TextIOWrapper):  # names hold letters that not every terminal can show
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(highlight=False, markup=False, emoji=False)
    console.width = min(console.width, _WIDEST)
    return console


def print_document(line: Mapping[str, Any], supported: Callable[[], Sequence[str]] = tuple) -> None:
    """Print what one line of results says: a heading, its fields, and what was judged."""
    console = _console()
    for part in _parts(line, supported):
        console.print(part, soft_wrap=False)
    console.print()


def print_brief(line: Mapping[str, Any]) -> None:
    """Print the heading of what one line says: whole where there is nothing to head."""
    if not line["ok"] or line["result"]["doc_type"] is None:
        print_document(line)
        return
    console = _console()
    console.print(_name(line))
    console.print(_heading(line["result"]))
    console.print(below.table_of([*below.of_pictures(line)]))
    console.print()


def _name(line: Mapping[str, Any]) -> "RenderableType":
    from rich.text import Text

    return Text(plain(line["file"]) if line["file"] is not None else f"{len(line['files'])} pictures together", "bold")


def _parts(line: Mapping[str, Any], supported: Callable[[], Sequence[str]]) -> "Iterator[RenderableType]":
    from rich.text import Text

    yield _name(line)
    if not line["ok"]:
        error = line["error"]
        yield below.table_of([("error", plain(error["message"]), BAD), ("hint", plain(error["hint"]), "")])
        return
    result = line["result"]
    if result["doc_type"] is None:
        yield Text("  no document found", WARN)
    else:
        yield _heading(result)
        yield _fields(result["fields"])
        yield from _zone(result["fields"])
    rows = [*below.of_merged(line.get("merged")), *below.of_result(result), *below.of_pictures(line)]
    yield below.table_of(rows if result["doc_type"] is not None else [*rows, *below.of_types(supported())])


def _heading(result: Mapping[str, Any]) -> "RenderableType":
    from rich.text import Text

    shown = [field for field in result["fields"].values() if not _is_aside(field)]
    accepted = sum(field["accepted"] for field in shown)
    heading = Text("  ").append(title(result["doc_type"]), "bold cyan").append(f"  {plain(result['doc_type'])}", DIM)
    heading.append(f"  {accepted} of {len(shown)} fields accepted", GOOD if accepted == len(shown) else WARN)
    status = result.get("status", {})
    if status.get("overall", "undefined") != "undefined":
        mark = FINDINGS[status["overall"]]
        failed = ", ".join(
            label(plain(name)) for name, state in status.items() if state == "failed" and name != "overall"
        )
        heading.append(f"  {drawable(mark)} {status['overall']}{': ' if failed else ''}{failed}", mark.style)
    return heading


def _is_aside(field: Mapping[str, Any]) -> bool:
    """Whether a field has no row: lines are printed as they stand, digits that fit beside what they cover."""
    name = field["name"]
    if name.endswith("_check_digit"):
        return bool(name != _COMPOSITE or field["check_digit"] != "failed")
    lines = name == "full_mrz" or name.startswith("mrz_line")
    return bool(lines or (_source(field) == "template" and "\n" in (field["value"] or "")))


def _fields(fields: Mapping[str, Mapping[str, Any]]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style=DIM, padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("field", no_wrap=True)
    table.add_column("value", overflow="fold", min_width=10)
    table.add_column("digit", no_wrap=True)
    table.add_column("sure", justify="right", no_wrap=True)
    table.add_column("remarks", ratio=1)
    for source, rows in groupby((field for field in fields.values() if not _is_aside(field)), _source):
        if len({_source(field) for field in fields.values()}) > 1:
            table.add_section()
            table.add_row("", Text(SOURCES.get(source, plain(source)), "italic cyan"))
        for field in rows:
            table.add_row(*_row(field))
    return table


def _source(field: Mapping[str, Any]) -> str:
    return str(field.get("source", "mrz"))


def _row(field: Mapping[str, Any]) -> "list[RenderableType]":
    from rich.text import Text

    mark = YES if field["accepted"] else OPEN if field.get("ambiguous") else NO
    digit, value = field["check_digit"], _short(field["value"])
    return [
        Text(drawable(mark), mark.style),
        Text(label(plain(field["name"])), "" if value else DIM),
        Text(value or "-", "bold" if field["accepted"] else ""),
        Text(_DIGITS.get(digit, digit), BAD if digit == "failed" else GOOD),
        Text(f"{field['confidence']:.2f}" if field["confidence"] < 0.995 else "1.00"),
        Text("; ".join(_field_remarks(field)), DIM if field["accepted"] and not field.get("repaired") else WARN),
    ]


def _short(value: str | None) -> str:
    """Return a value as it is shown: whole but for the contents of barcodes."""
    value = value or ""
    return plain(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}... ({len(value)} characters)")


def _field_remarks(field: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the other columns do not say; notes of accepted fields stay in the JSON."""
    for name, words in _SHOWN.items():
        if text := field.get("attributes", {}).get(name):
            yield words.format(plain(text))
    if field.get("repaired"):
        yield "repaired"
    if field.get("ambiguous"):
        yield "ambiguous"
    if not field["accepted"] and field.get("note"):
        yield plain(field["note"]).removeprefix("not accepted: ")
    if not field["accepted"] and (others := field.get("alternatives")):
        yield "doubtful: " + ", ".join(_alternative(field["raw"], one) for one in others[:_ALTERNATIVES])


def _alternative(raw: str, other: Mapping[str, Any]) -> str:
    index = other["index"]
    read = raw[index] if index < len(raw) else "?"
    return f"{plain(read)} may be {plain(other['character'])} ({other['probability']:.0%})"


def _zone(fields: Mapping[str, Mapping[str, Any]]) -> "Iterator[RenderableType]":
    from rich.text import Text

    whole = fields.get("full_mrz")
    if whole is None or not whole["value"]:
        return
    for text in whole["value"].split("\n"):
        yield Text(f"  {plain(text)}", GOOD if whole["accepted"] else WARN, no_wrap=True)
    yield Text("")


def print_masks(found: "Masks") -> None:
    """Print the document types and modes; on a pipe one line each."""
    from visionmq.client.cli.document_names import MODES
    from visionmq.client.cli.show import for_people, print_table

    if not for_people():
        print("masks:", *found.masks)
        print("modes:", *found.modes)
        return
    rows = [(name, title(name) if title(name) != name else "") for name in found.masks]
    print_table(("mask", "document"), rows, empty="nothing can be recognised")
    print_table(("mode", "what it does"), [(name, MODES.get(name, "")) for name in found.modes], empty="no modes")
