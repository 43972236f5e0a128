"""Where results go: a terminal, standard output, one file, or a folder with pictures."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import msgspec

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.show import for_people

RESULTS: Final = "results.jsonl"
"""The file in an output folder that has one line a picture."""
_BY_TIME: Final = "%Y-%m-%d_%H-%M-%S.%f"


class Sink(Protocol):
    """Takes one line a file, in order."""

    def write(self, line: Mapping[str, Any]) -> None:
        """Take a line; it is safe once this returns."""

    def close(self) -> None:
        """Write what is left."""


class Screen:
    """Tables for a person."""

    def __init__(self, supported: Callable[[], Sequence[str]] = tuple, *, together: bool = False) -> None:
        self._supported = supported
        self._together = together

    def write(self, line: Mapping[str, Any]) -> None:
        """Print a table; of files that show one document, their headings and the one table."""
        from visionmq.client.cli.document_show import print_brief, print_document

        if self._together and line["file"] is not None:
            print_brief(line)
        else:
            print_document(line, self._supported)

    def close(self) -> None:
        """Do nothing: all is printed."""


class Shaped:
    """Lines in another shape on their way to a sink."""

    def __init__(self, inner: Sink, shape: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        self._inner = inner
        self._shape = shape

    def write(self, line: Mapping[str, Any]) -> None:
        """Pass a line on in its shape."""
        self._inner.write(self._shape(line))

    def close(self) -> None:
        """Close the sink behind."""
        self._inner.close()


class Both:
    """Two sinks that get the same lines."""

    def __init__(self, first: Sink, second: Sink) -> None:
        self._sinks = (first, second)

    def write(self, line: Mapping[str, Any]) -> None:
        """Pass a line to both."""
        for sink in self._sinks:
            sink.write(line)

    def close(self) -> None:
        """Close both."""
        for sink in self._sinks:
            sink.close()


class Timed:
    """One JSON file a line in a folder, named by the time; none is ever overwritten."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def write(self, line: Mapping[str, Any]) -> None:
        """Write one file."""
        with self._open() as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(line)) + b"\n")

    def _open(self) -> BinaryIO:
        moment = datetime.now()
        while True:
            try:
                return (self._folder / f"{moment.strftime(_BY_TIME)}.json").open("xb")
            except FileExistsError:
                moment += timedelta(microseconds=1)

    def close(self) -> None:
        """Do nothing: all is written."""


class Lines:
    """JSON lines, each flushed, so that a broken run leaves whole lines."""

    def __init__(self, stream: BinaryIO, *, owned: bool = True) -> None:
        self._stream = stream
        self._owned = owned

    def write(self, line: Mapping[str, Any]) -> None:
        """Write one line."""
        self._stream.write(msgspec.json.encode(line) + b"\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file, if it is ours."""
        if self._owned:
            self._stream.close()


class Array:
    """One JSON array, written at the end."""

    def __init__(self, stream: BinaryIO, *, owned: bool = True) -> None:
        self._inner = Lines(stream, owned=owned)
        self._stream = stream
        self._lines: list[Mapping[str, Any]] = []

    def write(self, line: Mapping[str, Any]) -> None:
        """Keep one line."""
        self._lines.append(line)

    def close(self) -> None:
        """Write the array."""
        self._stream.write(msgspec.json.format(msgspec.json.encode(self._lines)) + b"\n")
        self._stream.flush()
        self._inner.close()


def lines_file(output: Path | None) -> Path | None:
    """Return the file of JSON lines that `--output` means; None if it is none."""
    if output is None or output.suffix == ".json":
        return None
    return output if output.suffix in {".jsonl", ".ndjson"} else output / RESULTS


def pictures_folder(output: Path | None) -> Path:
    """Return the folder that wanted pictures go to: the output's, or the current one."""
    if output is None:
        return Path()
    return output.parent if output.suffix in {".json", ".jsonl", ".ndjson"} else output


def done_files(path: Path) -> set[str]:
    """Return the files that already have a line; a line torn by a crash is cut off the file."""
    return {name for (name,) in done_items(path, "file")}


def done_items(path: Path, *keys: str) -> set[tuple[str, ...]]:
    """Return what the lines of a file have under these keys; a line torn by a crash is cut off the file."""
    if not path.exists():
        return set()
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
    try:
        lines = [msgspec.json.decode(line) for line in content[:whole].splitlines() if line.strip()]
        return {tuple(line[key] for key in keys) for line in lines}
    except (msgspec.MsgspecError, KeyError, TypeError):
        raise Failure(f"{path} holds other things than results", "Choose another --output.", Exit.USAGE) from None


def open_sink(
    output: Path | None,
    *,
    as_json: bool,
    as_lines: bool,
    resume: bool,
    supported: Callable[[], Sequence[str]] = tuple,
    together: bool = False,
) -> Sink:
    """Return the sink that the options mean; a file that exists is only ever added to, on --resume.

    `supported` says what can be recognised, for a person whose picture shows nothing of it; `together`
    that all files show one document.
    """
    target = lines_file(output)
    if target is not None:
        return Lines(_open(target, resume=resume))
    if output is not None:
        return Array(_open(output))
    if as_json:
        return Array(sys.stdout.buffer, owned=False)
    return (
        Screen(supported, together=together) if for_people() and not as_lines else Lines(sys.stdout.buffer, owned=False)
    )


def _open(path: Path, *, resume: bool = False) -> BinaryIO:
    if not resume and path.exists() and path.stat().st_size:
        raise Failure(f"{path} exists", "Add --resume to go on with it, or remove it first.", Exit.USAGE)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")
