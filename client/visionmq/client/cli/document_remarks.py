"""What stands below a document's fields: why, what to do better, what was repaired, judged and saved."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from visionmq.client.cli.document_marks import DIM, FINDINGS, GOOD, WARN, drawable
from visionmq.client.cli.document_names import label, title
from visionmq.client.cli.show import plain

if TYPE_CHECKING:
    from rich.table import Table

_EDITS: Final = 4
_TEXT: Final = 12
"""How many repaired characters, and lines of the visual zone, are spelled out; JSON has them all."""


Remark: TypeAlias = tuple[str, str, str]
"""A name, a text, and its style."""


def table_of(rows: Sequence[Remark]) -> "Table":
    """Return rows of a name and a text that wraps beside it; a name that repeats is written once."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=9)
    table.add_column(overflow="fold", ratio=1)
    before = None
    for name, text, style in rows:
        table.add_row(Text("  " + (name if name != before else ""), DIM), Text(text, style))
        before = name
    return table


def of_types(known: Sequence[str]) -> Iterator[Remark]:
    """Yield the document types that are supported, one a row."""
    widest = max((len(name) for name in known), default=0)
    for name in known:
        yield "supported", f"{plain(name):{widest}}  {title(name) if title(name) != name else ''}".rstrip(), DIM


def of_result(result: Mapping[str, Any]) -> Iterator[Remark]:
    """Yield why, what to do better, what was repaired and judged, and the text of the visual zone."""
    for key in ("reason", "advice"):
        if result.get(key):
            yield key, plain(result[key]), WARN
    yield from _edits(result.get("edits", []))
    yield from _quality(result)
    yield from _forensics(result.get("forensics", {}))
    yield from _text(result.get("text", []))


def _text(lines: Sequence[Mapping[str, Any]]) -> Iterator[Remark]:
    for line in lines[:_TEXT]:
        yield "text", plain(line["text"]), ""
    if len(lines) > _TEXT:
        yield "text", f"and {len(lines) - _TEXT} more lines", DIM


def _forensics(checks: Mapping[str, Mapping[str, Any]]) -> Iterator[Remark]:
    for name, check in checks.items():
        mark, words = FINDINGS[check["state"]], plain(name).replace("_", " ")
        state = check["state"].upper() if check["state"] == "failed" else check["state"]
        yield "forensics", f"{drawable(mark)} {words}: {state}. {plain(check['reason'])}", mark.style


def _edits(edits: Sequence[Mapping[str, Any]]) -> Iterator[Remark]:
    for edit in edits[:_EDITS]:
        place = f"line {edit['line'] + 1}, character {edit['index'] + 1}"
        words = f"read {plain(edit['read'])}, taken {plain(edit['taken'])} (cost {edit['cost']:.1f})"
        yield "repairs", f"{place}: {words}", ""
    if len(edits) > _EDITS:
        yield "repairs", f"and {len(edits) - _EDITS} more", DIM


def _quality(result: Mapping[str, Any]) -> Iterator[Remark]:
    quality = result.get("quality")
    if not quality:
        return
    mark = FINDINGS[quality["verdict"]]
    poor = ", ".join(_measure(name, one) for name, one in quality["measures"].items() if not one["good"])
    yield "quality", f"{drawable(mark)} {quality['verdict']}{': ' if poor else ''}{poor}", mark.style
    if quality.get("advice") and quality["advice"] != result.get("advice"):
        yield "quality", plain(quality["advice"]), WARN


def _measure(name: str, measure: Mapping[str, Any]) -> str:
    unit = f" {plain(measure['unit'])}" if measure["unit"] else ""
    bounds = [f"at {word} {measure[word]:g}" for word in ("least", "most") if measure.get(word) is not None]
    return f"{label(name)} {measure['value']:.3g}{unit}" + (f" ({', '.join(bounds)})" if bounds else "")


def of_merged(merged: Mapping[str, Any] | None) -> Iterator[Remark]:
    """Yield whether further pictures could change what several say together."""
    if merged is None:
        return
    if merged["final"]:
        yield "final", "yes: further pictures change nothing", GOOD
        return
    left = ", ".join(label(plain(name)) for name in merged["missing"])
    yield "final", "not yet" + (f": another picture may settle {left}" if left else ""), WARN


def of_pictures(line: Mapping[str, Any]) -> Iterator[Remark]:
    """Yield where wanted pictures were saved."""
    for kind, path in line.get("images", {}).items():
        yield "pictures", f"{plain(kind)}: {plain(path)}", ""
