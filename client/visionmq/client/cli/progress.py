"""What a person sees on standard error while something takes long; nothing is drawn where nobody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visionmq.client.replies import Progress as News


def _nobody(sink: Any) -> bool:
    """Whether a bar would be seen by nobody, or stand in the way of tables."""
    from visionmq.client.cli.output import Screen

    return isinstance(sink, Screen) or not sys.stderr.isatty()


@contextmanager
def counting(total: int, sink: Any = None, *, what: str = "") -> Iterator[Callable[[], None]]:
    """Show a bar with rate and time left, to be advanced by one at each call."""
    if total < 2 or _nobody(sink):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, rate="")

        def advance() -> None:
            bar.advance(task)
            row = bar.tasks[0]
            bar.update(task, rate=f"{row.completed / max(row.elapsed or 0.0, 0.001):.1f}/s")

        yield advance


@contextmanager
def following() -> Iterator["Callable[[News], None] | None"]:
    """Show how far one request is, by the news that its listener gets; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sending", total=None)

        def report(news: "News") -> None:
            place = f"waiting, {news.position} before" if news.position else news.stage
            total = None if news.fraction is None else 1.0
            bar.update(task, description=place, total=total, completed=news.fraction or 0.0)

        yield report


def waiting(text: str) -> AbstractContextManager[Any]:
    """Show that something is under way, as long as it lasts."""
    from contextlib import nullcontext

    if not text or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(text, spinner="dots")
