"""Where lines of results go, for commands that print tables to a person and JSON to programs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from visionmq.client.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from visionmq.client.cli.batch import Pending
    from visionmq.client.cli.output import Sink

T = TypeVar("T")

PANEL = "Where results go"

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="FILE.jsonl, FILE.json, or a folder (results.jsonl, pictures).",
        rich_help_panel=PANEL,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON array.", rich_help_panel=PANEL)]
AsLines = Annotated[
    bool,
    typer.Option("--jsonl", help="Print one JSON object a line; the default on a pipe.", rich_help_panel=PANEL),
]
Resume = Annotated[bool, typer.Option("--resume", help="Skip what has a line in the output.", rich_help_panel=PANEL)]
Window = Annotated[
    int, typer.Option("--window", metavar="N", min=1, max=1024, help="Most requests in flight.", rich_help_panel=PANEL)
]


class Kept:
    """Takes all lines, and shows them to a person at the end."""

    def __init__(self, show: Callable[[Sequence[Mapping[str, Any]]], None]) -> None:
        self._show = show
        self._lines: list[Mapping[str, Any]] = []

    def write(self, line: Mapping[str, Any]) -> None:
        """Keep one line."""
        self._lines.append(line)

    def close(self) -> None:
        """Show all lines."""
        if self._lines:
            self._show(self._lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where results go."""

    output: Path | None = None
    as_json: bool = False
    as_lines: bool = False
    resume: bool = False

    def check(self) -> None:
        """Raise Failure where the options exclude each other."""
        from visionmq.client.cli.output import lines_file

        if self.as_json and self.as_lines:
            raise Failure("--json and --jsonl exclude each other", code=Exit.USAGE)
        if self.resume and lines_file(self.output) is None:
            raise Failure("--resume needs a file of lines to go on with", "Add -o out.jsonl, or -o FOLDER.", Exit.USAGE)

    def open(self, show: Callable[[Sequence[Mapping[str, Any]]], None]) -> "Sink":
        """Return the sink of all lines; a person gets them by `show`, also beside a file."""
        from visionmq.client.cli import output as outputs
        from visionmq.client.cli.show import for_people

        person = for_people() and not self.as_lines and not self.as_json
        if self.output is None and person:
            return Kept(show)
        sink = outputs.open_sink(self.output, as_json=self.as_json, as_lines=self.as_lines, resume=self.resume)
        return outputs.Both(sink, Kept(show)) if person else sink

    def done(self, *keys: str) -> set[tuple[str, ...]]:
        """Return what already has a line, by these keys; nothing unless a run is resumed."""
        from visionmq.client.cli.output import done_items, lines_file

        target = lines_file(self.output)
        return done_items(target, *keys) if self.resume and target is not None else set()

    def pictures(self) -> Path:
        """Return the folder for wanted pictures."""
        from visionmq.client.cli.output import pictures_folder

        return pictures_folder(self.output)

    def finish(self, done: int, failed: int) -> None:
        """Say how a run into a file went; raises Exit with code 1 if some failed."""
        if self.output is not None:
            typer.echo(f"{done} done, {failed} failed; results in {self.output}", err=True)
        if failed:
            raise typer.Exit(Exit.SOME_FAILED)


def each(
    items: Sequence[T],
    submit: "Callable[[T], Pending]",
    line_of: Callable[[T, Any], Mapping[str, Any]],
    sink: "Sink",
    *,
    window: int,
    what: str,
) -> int:
    """Send each item on its own, at most `window` at a time, and write its line in order; return how many failed."""
    from visionmq.client.cli.batch import in_order
    from visionmq.client.cli.document_read import _stop_if_hopeless
    from visionmq.client.cli.progress import counting, waiting

    failed = 0
    outcomes = in_order(items, submit, window=window)
    alone = waiting(what if len(items) == 1 else "")
    with alone, closing(outcomes), counting(len(items), what=what) as advance:  # type: ignore[type-var]
        for item, outcome in outcomes:
            _stop_if_hopeless(outcome)
            line = line_of(item, outcome)
            failed += not line["ok"]
            sink.write(line)
            advance()
    return failed


def patience(timeout: float | None, together: int) -> float | None:
    """Return the seconds for one of so many requests that wait for each other; None where a time was given."""
    from visionmq.client.channel import DEFAULT_TIMEOUT

    return None if timeout is not None else DEFAULT_TIMEOUT * max(1, together)


def words(given: Iterable[str] | None) -> tuple[str, ...]:
    """Return words that were given one by one or with commas between them, each once."""
    return tuple(dict.fromkeys(part.strip() for item in given or () for part in item.split(",") if part.strip()))
