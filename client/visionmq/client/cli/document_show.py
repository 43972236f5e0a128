"""What a document says, for a person at a terminal."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from visionmq.client.cli.document_names import label, title
from visionmq.client.cli.show import plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from visionmq.schemas.document import Masks

_WIDEST: Final = 110
"""Columns that a report takes at most: longer lines are hard to read."""
_EDITS: Final = 4
_ALTERNATIVES: Final = 3
"""How many repaired and doubtful characters are spelled out; JSON has them all."""
_DIGITS: Final = {"passed": "fits", "failed": "FAILS", "absent": ""}
_GOOD, _BAD, _WARN, _DIM = "green", "bold red", "yellow", "dim"


class _Mark(NamedTuple):
    sign: str
    ascii: str
    style: str


_YES: Final = _Mark("✔", "+", _GOOD)
_NO: Final = _Mark("✘", "x", _BAD)
_OPEN: Final = _Mark("?", "?", _WARN)
_FINDINGS: Final = {"passed": _YES, "failed": _NO, "undefined": _OPEN}


def _drawable(mark: _Mark) -> str:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return mark.sign if encoding.lower().replace("-", "").startswith("utf") else mark.ascii


def _console() -> "Console":
    from rich.console import Console

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
    console.print(_remarks([*_pictures(line)]))
    console.print()


def _name(line: Mapping[str, Any]) -> "RenderableType":
    from rich.text import Text

    return Text(plain(line["file"]) if line["file"] is not None else f"{len(line['files'])} pictures together", "bold")


def _parts(line: Mapping[str, Any], supported: Callable[[], Sequence[str]]) -> "Iterator[RenderableType]":
    from rich.text import Text

    yield _name(line)
    if not line["ok"]:
        error = line["error"]
        yield _remarks([("error", plain(error["message"]), _BAD), ("hint", plain(error["hint"]), "")])
        return
    result = line["result"]
    if result["doc_type"] is None:
        yield Text("  no document found", _WARN)
    else:
        yield _heading(result)
        yield _fields(result["fields"])
        yield from _zone(result["fields"])
    found = [*_merged(line.get("merged")), *_about(result), *_pictures(line)]
    yield _remarks(found if result["doc_type"] is not None else [*found, *_supported(supported())])


def _heading(result: Mapping[str, Any]) -> "RenderableType":
    from rich.text import Text

    overall = result.get("status", {}).get("overall")
    shown = [field for field in result["fields"].values() if not _is_line(field)]
    accepted = sum(field["accepted"] for field in shown)
    heading = Text("  ").append(title(result["doc_type"]), "bold cyan").append(f"  {plain(result['doc_type'])}", _DIM)
    heading.append(f"  {accepted} of {len(shown)} fields accepted", _GOOD if accepted == len(shown) else _WARN)
    if overall is not None:
        mark = _FINDINGS[overall]
        heading.append(f"  {_drawable(mark)} {overall}", mark.style)
    return heading


def _is_line(field: Mapping[str, Any]) -> bool:
    """Whether a field is a whole line of the zone, or all of them: these are printed as they stand."""
    return bool(field["name"] == "full_mrz" or field["name"].startswith("mrz_line"))


def _fields(fields: Mapping[str, Mapping[str, Any]]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style=_DIM, padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("field", no_wrap=True)
    table.add_column("value", overflow="fold", min_width=10)
    table.add_column("digit", no_wrap=True)
    table.add_column("sure", justify="right", no_wrap=True)
    table.add_column("remarks", ratio=1)
    before = None
    for field in fields.values():
        if _is_line(field):
            continue
        if before not in {None, field.get("source", "mrz")}:
            table.add_section()
        before = field.get("source", "mrz")
        table.add_row(*_row(field))
    return table


def _row(field: Mapping[str, Any]) -> "list[RenderableType]":
    from rich.text import Text

    mark = _YES if field["accepted"] else _OPEN if field.get("ambiguous") else _NO
    digit, value = field["check_digit"], field["value"]
    return [
        Text(_drawable(mark), mark.style),
        Text(label(plain(field["name"])), _DIM if value in {None, ""} else ""),
        Text("-" if value in {None, ""} else plain(value), "bold" if field["accepted"] else ""),
        Text(_DIGITS.get(digit, digit), _BAD if digit == "failed" else _GOOD),
        Text(f"{field['confidence']:.2f}" if field["confidence"] < 0.995 else "1.00"),
        Text("; ".join(_field_remarks(field)), _DIM if field["accepted"] and not field.get("repaired") else _WARN),
    ]


def _field_remarks(field: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the other columns do not say; notes of accepted fields stay in the JSON."""
    if country := field.get("attributes", {}).get("country"):
        yield plain(country)
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
        yield Text(f"  {plain(text)}", _GOOD if whole["accepted"] else _WARN, no_wrap=True)
    yield Text("")


def _supported(known: Sequence[str]) -> "Iterator[_Remark]":
    widest = max((len(name) for name in known), default=0)
    for name in known:
        yield "supported", f"{plain(name):{widest}}  {title(name) if title(name) != name else ''}".rstrip(), _DIM


_Remark = tuple[str, str, str]


def _remarks(rows: Sequence[_Remark]) -> "Table":
    """Return rows of a name and a text that wraps beside it; a name that repeats is written once."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=9)
    table.add_column(overflow="fold", ratio=1)
    before = None
    for name, text, style in rows:
        table.add_row(Text("  " + (name if name != before else ""), _DIM), Text(text, style))
        before = name
    return table


def _about(result: Mapping[str, Any]) -> Iterator[_Remark]:
    for key in ("reason", "advice"):
        if result.get(key):
            yield key, plain(result[key]), _WARN
    yield from _edits(result.get("edits", []))
    yield from _quality(result)
    for name, check in result.get("forensics", {}).items():
        mark = _FINDINGS[check["state"]]
        state = check["state"].upper() if check["state"] == "failed" else check["state"]
        yield (
            "forensics",
            f"{_drawable(mark)} {plain(name).replace('_', ' ')}: {state}. {plain(check['reason'])}",
            mark.style,
        )
    for text in result.get("text", []):
        yield "text", plain(text["text"]), ""


def _edits(edits: Sequence[Mapping[str, Any]]) -> Iterator[_Remark]:
    for edit in edits[:_EDITS]:
        place = f"line {edit['line'] + 1}, character {edit['index'] + 1}"
        yield (
            "repairs",
            f"{place}: read {plain(edit['read'])}, taken {plain(edit['taken'])} (cost {edit['cost']:.1f})",
            "",
        )
    if len(edits) > _EDITS:
        yield "repairs", f"and {len(edits) - _EDITS} more", _DIM


def _quality(result: Mapping[str, Any]) -> Iterator[_Remark]:
    quality = result.get("quality")
    if not quality:
        return
    mark = _FINDINGS[quality["verdict"]]
    good = [label(name) for name, measure in quality["measures"].items() if measure["good"]]
    poor = [_measure(name, one) for name, one in quality["measures"].items() if not one["good"]]
    words = [f"{_drawable(mark)} {quality['verdict']}"]
    words += [f"poor: {', '.join(poor)}"] if poor else []
    words += [f"good: {', '.join(good)}"] if good else []
    yield "quality", "; ".join(words), mark.style
    if quality.get("advice") and quality["advice"] != result.get("advice"):
        yield "quality", plain(quality["advice"]), _WARN


def _measure(name: str, measure: Mapping[str, Any]) -> str:
    unit = f" {plain(measure['unit'])}" if measure["unit"] else ""
    bounds = [f"at {word} {measure[word]:g}" for word in ("least", "most") if measure.get(word) is not None]
    return f"{label(name)} {measure['value']:.3g}{unit}" + (f" ({', '.join(bounds)})" if bounds else "")


def _merged(merged: Mapping[str, Any] | None) -> Iterator[_Remark]:
    if merged is None:
        return
    if merged["final"]:
        yield "final", "yes: further pictures change nothing", _GOOD
        return
    left = ", ".join(label(plain(name)) for name in merged["missing"])
    yield "final", "not yet" + (f": another picture may settle {left}" if left else ""), _WARN


def _pictures(line: Mapping[str, Any]) -> Iterator[_Remark]:
    for kind, path in line.get("images", {}).items():
        yield "pictures", f"{plain(kind)}: {plain(path)}", ""


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
