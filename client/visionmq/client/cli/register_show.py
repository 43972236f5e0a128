"""Registrations for a person at a terminal: one in full, many as a table."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final

from visionmq.client.cli.document_marks import BAD, DIM, GOOD, NO, OPEN, WARN, YES, Mark, drawable
from visionmq.client.cli.document_remarks import Remark, table_of
from visionmq.client.cli.show import plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

_WIDEST: Final = 130
_MARKS: Final[dict[str, Mark]] = {"accept": YES, "uncertain": OPEN, "reject": NO}
_WORDS: Final = {"accept": "accepted", "uncertain": "uncertain", "reject": "no matrix"}
_STYLES: Final = {"accept": GOOD, "uncertain": WARN, "reject": BAD}
_LONGEST: Final = 30
"""Characters of a file's name in the table: its end, which tells files apart."""
_FIGURES: Final = 46
"""Columns that the figures need, beside the names."""
_WIDE: Final = 110
"""Columns of a terminal from which on scale and rotation have room."""


class Screen:
    """Takes all lines, and prints them at the end: one in full, more as a table, and where the pictures are."""

    def __init__(self) -> None:
        self._lines: list[Mapping[str, Any]] = []

    def write(self, line: Mapping[str, Any]) -> None:
        """Keep one line."""
        self._lines.append(line)

    def close(self) -> None:
        """Print all lines."""
        if len(self._lines) == 1:
            print_registration(self._lines[0])
        elif self._lines:
            print_many(self._lines)


def _console() -> "Console":
    from rich.console import Console

    if isinstance(sys.stdout, TextIOWrapper):  # names hold letters that not every terminal can show
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(highlight=False, markup=False, emoji=False)
    console.width = min(console.width, _WIDEST)
    return console


def _sign(verdict: str) -> "Text":
    from rich.text import Text

    mark = _MARKS[verdict]
    return Text(drawable(mark), mark.style)


# ---- one ------------------------------------------------------------------------------------


def print_registration(line: Mapping[str, Any]) -> None:
    """Print all that one line says."""
    console = _console()
    for part in _parts(line):
        console.print(part, soft_wrap=False)


def _parts(line: Mapping[str, Any]) -> "Iterator[RenderableType]":
    from rich.text import Text

    arrow = "→" if _draws_arrows() else "->"
    yield Text(f"{plain(line['user'])} {arrow} {plain(line['model'])}", "bold")
    if not line["ok"]:
        error = line["error"]
        yield table_of([("error", plain(error["message"]), BAD), ("hint", plain(error["hint"]), "")])
        return
    result = line["result"]
    seal = result["certificate"]
    heading = Text("  ").append(_sign(seal["verdict"])).append(f" {_WORDS[seal['verdict']]}", _STYLES[seal["verdict"]])
    if result["matrix"] is not None:
        heading.append(f"  {_surely(seal)}").append(f"  {result['algorithm']}, {result['model']}", DIM)
    yield heading
    yield table_of([*_remarks(result), *_saved(line)])


def _draws_arrows() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "ascii").lower().startswith("utf")


def _surely(seal: Mapping[str, Any]) -> str:
    return f"{_percent(seal['probability'])} sure to be within {_short(seal['tolerance'])} px"


def _percent(probability: float) -> str:
    """Return a probability that never says 100 % of what is only likely."""
    return f"{min(probability, 0.999):.1%}" if probability > 0.99 else f"{probability:.0%}"


def _short(value: float) -> str:
    return f"{value:.4g}"


def _remarks(result: Mapping[str, Any]) -> Iterator[Remark]:
    if failure := result["failure"]:
        yield "why", f"{plain(failure['message'])} ({plain(failure['kind'])})", WARN
        yield "hint", plain(failure["hint"]), ""
    elif result["certificate"]["verdict"] != "accept":
        yield "why", plain("; ".join(result["certificate"]["reasons"])), WARN
    if result["matrix"] is not None:
        yield from _found(result)
    for one in result["tries"]:
        yield "tried", _tried(one), ""
    for note in result["notes"]:
        yield "note", plain(note), DIM


def _found(result: Mapping[str, Any]) -> Iterator[Remark]:
    sizes = [f"{size[0]}x{size[1]}" for size in (result["user_size"], result["model_size"])]
    for row in result["matrix"]:
        yield "matrix", "".join(f"{entry:>14.7g}" for entry in row), "bold"
    yield "maps", f"pixels of the user's picture ({sizes[0]}) to the model's ({sizes[1]}), as sent", DIM
    if result["matches"]:
        error = result["reprojection"]
        agree = f"{result['inliers']} of {result['matches']} matches, half of them within {error['median']:.2f} px"
        yield "agree", f"{agree} (95 %: {error['p95']:.2f})", ""
    shape = result["decomposition"]
    turned = f"turned {abs(result['rotation_degrees']):.1f} degrees " + (
        "clockwise" if result["rotation_degrees"] >= 0 else "counter-clockwise"
    )
    yield "shape", f"scale {result['scale']:.4f}, {turned}, tilted {shape['tilt_degrees']:.0f} degrees", ""


def _tried(one: Mapping[str, Any]) -> str:
    found = f"{_WORDS[one['verdict']]}, {one['inliers']} agree" if one["inliers"] else _WORDS[one["verdict"]]
    return f"{plain(one['algorithm']):<12} {one['milliseconds']:>6.0f} ms  {found}"


def _saved(line: Mapping[str, Any]) -> Iterator[Remark]:
    for name, path in line.get("images", {}).items():
        yield "pictures", f"{plain(name):<13} {plain(path)}", "cyan"


# ---- many -----------------------------------------------------------------------------------


def print_many(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print one row a pair, what they add up to, and where the pictures are."""
    console = _console()
    sides = ("user",) if _has_one_model(lines) else ("user", "model")
    room = (console.width - _FIGURES) // len(sides)
    names = _short_names(lines, max(12, min(_LONGEST, room)))
    console.print(_table(lines, names, wide=console.width >= _WIDE))
    if reasons := [*_reasons(lines, names)]:
        console.print(table_of(reasons))
        console.print()
    console.print(_summary(lines))
    if saved := [plain(path) for line in lines for path in line.get("images", {}).values()]:
        from rich.text import Text

        more = f" and {len(saved) - 1} more beside" if len(saved) > 1 else ""
        console.print(Text(f"pictures: {saved[0]}{more}", "cyan"))


def _short_names(lines: Sequence[Mapping[str, Any]], longest: int) -> dict[str, str]:
    """Return names without the folder that all readable pictures are in, and of long ones the end, which differs."""
    folders = {os.path.dirname(line[side]) for line in lines if line["ok"] for side in ("user", "model")}
    alike = all(folders) and len({os.path.isabs(folder) for folder in folders}) == 1
    common = os.path.join(os.path.commonpath(folders), "") if alike else ""
    names = [line[side] for line in lines for side in ("user", "model")]
    return {name: _end(name.removeprefix(common), longest) for name in names}


def _end(name: str, longest: int) -> str:
    name = plain(name)
    return name if len(name) <= longest else "..." + name[3 - longest :]


def _table(lines: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, wide: bool) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style=DIM, padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("user", no_wrap=True)
    one_model = _has_one_model(lines)
    if not one_model:
        table.add_column("model", no_wrap=True)
    for head in ("sure", "agree", "px", *(("scale", "turned") if wide else ()), "ms"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("by", no_wrap=True)
    for line in lines:
        files = [names[line[side]] for side in (("user",) if one_model else ("user", "model"))]
        table.add_row(_mark(line), *files, *_figures(line, wide=wide))
    return table


def _has_one_model(lines: Sequence[Mapping[str, Any]]) -> bool:
    return len({line["model"] for line in lines}) == 1


def _mark(line: Mapping[str, Any]) -> "Text":
    from rich.text import Text

    return _sign(line["result"]["certificate"]["verdict"]) if line["ok"] else Text(drawable(NO), BAD)


def _figures(line: Mapping[str, Any], *, wide: bool) -> list[str]:
    if not line["ok"]:
        return ["", "", "", *(["", ""] if wide else []), "", ""]
    result = line["result"]
    spent = f"{sum(one['milliseconds'] for one in result['tries']):.0f}"
    if result["matrix"] is None:
        return ["", "", "", *(["", ""] if wide else []), spent, ""]
    shape = [f"{result['scale']:.3f}", f"{result['rotation_degrees']:+.1f}"] if wide else []
    sure, error = _percent(result["certificate"]["probability"]), result["reprojection"]["median"]
    agree = f"{result['inliers']}/{result['matches']}"
    return [sure, agree, f"{error:.2f}", *shape, spent, plain(result["algorithm"] or "")]


def _reasons(lines: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Iterator[Remark]:
    """Yield why pairs are not accepted."""
    for line in lines:
        if not line["ok"]:
            yield names[line["user"]], plain(line["error"]["message"]), BAD
            continue
        result = line["result"]
        why = [result["failure"]["message"]] if result["failure"] else result["certificate"]["reasons"]
        if why:
            yield names[line["user"]], plain("; ".join(why)), DIM


def _summary(lines: Sequence[Mapping[str, Any]]) -> "Text":
    from rich.text import Text

    verdicts = [line["result"]["certificate"]["verdict"] for line in lines if line["ok"]]
    parts = [f"{verdicts.count(verdict)} {word}" for verdict, word in _WORDS.items() if verdict in verdicts]
    if failed := len(lines) - len(verdicts):
        parts.append(f"{failed} failed")
    return Text(f"{len(lines)} pairs: {', '.join(parts)}")
