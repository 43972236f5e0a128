"""What `visionmq document read` does once its command line is understood."""

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from visionmq.client.cli.document_asked import Asked, Places, Service
from visionmq.client.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from visionmq.client import Client
    from visionmq.client.cli.output import Sink
    from visionmq.schemas.document.documents import RecognizeParams

_OPERATION: Final = "document.recognize"
STDIN: Final = Path("-")
"""The picture that comes on standard input."""


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return all pictures; a file that is not there stays, to fail alone, unless nothing else is."""
    from visionmq.client.cli.batch import pictures

    if not paths:
        raise Failure("no picture is named", "Name files or folders: visionmq document read FILE...", Exit.USAGE)
    files: list[Path] = []
    missing: list[Path] = []
    for path in paths:
        if path == STDIN:
            files.append(path)
            continue
        try:
            files += pictures([path])
        except FileNotFoundError:
            missing.append(path)
            files.append(path)
    if files and len(missing) == len(files):
        raise Failure(f"{missing[0]} is not there", "Name files or folders of pictures.", Exit.USAGE)
    if not files:
        raise Failure("no pictures found", "Folders are searched for jpg, png, webp, tiff and bmp files.", Exit.USAGE)
    return files


class _Supported:
    """What the service can recognise, asked once and only when somebody wants to know."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self._known: Sequence[str] | None = None

    def __call__(self) -> Sequence[str]:
        from visionmq.client.errors import VisionMQError

        if self._known is None and self.client is not None:
            try:
                self._known = self.client.masks().masks
            except VisionMQError:  # a help for people, not worth a failure
                self._known = ()
        return self._known or ()


def read(paths: Sequence[Path], asked: Asked, places: Places, service: Service, *, window: int) -> None:
    """Read all files and write all lines; ends with exit code 1 if some failed."""
    from visionmq.client.cli import output as outputs

    places.check(merge=asked.merge)
    params = asked.params()
    target = outputs.lines_file(places.output)
    done = outputs.done_files(target) if places.resume and target is not None else set()
    files = [file for file in find_files(paths) if str(file) not in done]
    supported = _Supported()
    connection = service.connect()
    with closing(places.open(supported, together=asked.merge)) as sink, connection as client:
        supported.client = client if params.mask == ["*"] else None
        run = Run(client, params, sink, places.pictures(), service.patience(min(window, len(files))))
        failed = run.merged(files) if asked.merge else run.each(files, window)
    if where := places.each or target or places.output:
        typer.echo(f"{len(files) - failed} done, {failed} failed; results in {where}", err=True)
    if failed:
        raise typer.Exit(Exit.SOME_FAILED)


@dataclass(frozen=True, slots=True)
class Run:
    """One run over files: requests out, lines in."""

    client: "Client"
    params: "RecognizeParams"
    sink: "Sink"
    folder: Path
    timeout: float | None = None
    """Seconds for one request; None for the client's own."""

    def each(self, files: Sequence[Path], window: int) -> int:
        """Send each file on its own; return how many failed."""
        from visionmq.client.cli.batch import in_order, short_names
        from visionmq.client.cli.document_lines import make_line
        from visionmq.client.cli.progress import counting

        failed = 0
        names = short_names(files)
        outcomes = in_order(files, self._submit, window=window)
        with closing(outcomes), counting(len(files), self.sink) as advance:  # type: ignore[type-var]  # a generator closes
            for file, outcome in outcomes:
                _stop_if_hopeless(outcome)
                line = make_line(file, outcome, self.folder / names[file])
                failed += not line["ok"]
                self.sink.write(line)
                advance()
        return failed

    def _submit(self, file: Path) -> Any:
        return self.client.submit(_OPERATION, self.params, [_picture(file)], timeout=self.timeout)

    def merged(self, files: Sequence[Path]) -> int:
        """Send all files as one request; write a line for each, and one for what they say together."""
        from visionmq.client.cli.document_lines import make_lines
        from visionmq.client.cli.progress import following

        files = list(dict.fromkeys(files))
        frames, unreadable = _load(files)
        with following() as report:
            reply = self._ask(list(frames.values()), report) if frames else None
        lines = make_lines(files, unreadable, reply, self.folder)
        for line in lines:
            self.sink.write(line)
        return sum(not line["ok"] for line in lines)

    def _ask(self, frames: Sequence[Any], report: Any) -> Any:
        try:
            return self.client.call(_OPERATION, self.params, frames, on_progress=report, timeout=self.timeout)
        except Exception as error:
            _stop_if_hopeless(error)
            return error


def _picture(file: Path) -> Any:
    """Return what to send for a file: its path, or for `-` the bytes on standard input."""
    return sys.stdin.buffer.read() if file == STDIN else file


def _load(files: Sequence[Path]) -> tuple[dict[Path, Any], dict[Path, Exception]]:
    """Return the files' contents, and what is wrong with those that have none."""
    from visionmq.client.errors import VisionMQError
    from visionmq.client.pictures import load

    frames: dict[Path, Any] = {}
    unreadable: dict[Path, Exception] = {}
    for file in files:
        try:
            frames[file] = load(_picture(file)).data
        except VisionMQError as error:
            unreadable[file] = error
    return frames, unreadable


def _stop_if_hopeless(outcome: Any) -> None:
    """Raise what every further file would meet too, so that --resume finds them still to do."""
    from visionmq.client.errors import ClosedError, Unauthorized, Unreachable, UnsupportedVersion

    if isinstance(outcome, ClosedError | Unauthorized | Unreachable | UnsupportedVersion):
        raise outcome
