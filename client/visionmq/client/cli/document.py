"""`visionmq document`: what pictures of documents say."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.group import ReadsByDefault, examples, make_group
from visionmq.client.cli.options import connect_or_embed, settings_of, talks

if TYPE_CHECKING:
    from visionmq.client import Client

group = make_group(
    "Read documents. `visionmq document FILE...` is short for `visionmq document read FILE...`.",
    cls=ReadsByDefault,
    epilog=examples(
        "visionmq document passport.jpg",
        "visionmq document scans/ -o out.jsonl --resume",
        "visionmq document read scans/ --jsonl | jq .result.doc_type",
    ),
)

_EXAMPLES = examples(
    "visionmq document passport.jpg",
    "visionmq document passport.jpg --want overlay -o read/",
    "visionmq document scans/ -o out.jsonl --resume",
    "visionmq document scans/ --jsonl --mask 'mrz.*'",
)


@group.command("read", epilog=_EXAMPLES)
@talks
def read(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="FILE|FOLDER...", help="Pictures, and folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    as_lines: Annotated[
        bool, typer.Option("--jsonl", help="Print one JSON object a line; the default on a pipe.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="FILE.jsonl, FILE.json, or a folder (results.jsonl, pictures)."),
    ] = None,
    want: Annotated[list[str] | None, typer.Option(help="Pictures to save: overlay, mrz; may be repeated.")] = None,
    mask: Annotated[
        list[str] | None, typer.Option(help="Document types to look for, as patterns; may be repeated.")
    ] = None,
    mode: Annotated[str, typer.Option(help="How hard to look; `visionmq document masks` lists the modes.")] = "default",
    window: Annotated[int, typer.Option(min=1, max=1024, help="Most requests in flight.")] = 16,
    resume: Annotated[bool, typer.Option("--resume", help="Skip files that have a line in the output.")] = False,
) -> None:
    """Read documents: one request a file, results in the order of the files.

    Each line is {"file", "ok": true, "result"} or {"file", "ok": false, "error"}.
    """
    from visionmq.client.cli import output as outputs

    _check_output(as_json, as_lines, output, resume)
    target = outputs.lines_file(output)
    done = outputs.done_files(target) if resume and target is not None else set()
    files = [file for file in _files(paths) if str(file) not in done]
    params = {"want": want or [], "mask": mask or ["*"], "mode": mode}
    sink = outputs.open_sink(output, as_json=as_json, as_lines=as_lines, resume=resume)
    with closing(sink), connect_or_embed(settings_of(context)) as client:
        failed = _run(client, files, params, sink=sink, window=window, folder=outputs.pictures_folder(output))
    if output is not None:
        typer.echo(f"{len(files) - failed} done, {failed} failed; results in {target or output}", err=True)
    if failed:
        raise typer.Exit(Exit.SOME_FAILED)


def _check_output(as_json: bool, as_lines: bool, output: Path | None, resume: bool) -> None:
    from visionmq.client.cli.output import lines_file

    if as_json and as_lines:
        raise Failure("--json and --jsonl exclude each other", code=Exit.USAGE)
    if resume and lines_file(output) is None:
        raise Failure("--resume needs a file of lines to go on with", "Add -o out.jsonl, or -o FOLDER.", Exit.USAGE)


def _files(paths: list[Path]) -> list[Path]:
    from visionmq.client.cli.batch import pictures

    try:
        files = list(pictures(paths))
    except FileNotFoundError as error:
        raise Failure(f"{error} is not there", "Name files or folders of pictures.", Exit.USAGE) from None
    if not files:
        raise Failure("no pictures found", "Folders are searched for jpg, png, webp, tiff and bmp files.", Exit.USAGE)
    return files


def _run(client: "Client", files: list[Path], params: dict[str, Any], *, sink: Any, window: int, folder: Path) -> int:
    """Send all files and write all lines; return how many failed."""
    from visionmq.client.cli.batch import in_order, short_names

    failed = 0
    names = short_names(files)
    outcomes = in_order(files, lambda file: client.submit("document.recognize", params, [file]), window=window)
    with closing(outcomes), _progress(len(files), sink) as advance:  # type: ignore[type-var]  # a generator closes
        for file, outcome in outcomes:
            _stop_if_hopeless(outcome)
            line = make_line(file, outcome, folder / names[file])
            failed += not line["ok"]
            sink.write(line)
            advance()
    return failed


def _stop_if_hopeless(outcome: Any) -> None:
    """Raise what every further file would meet too, so that --resume finds them still to do."""
    from visionmq.client.errors import ClosedError, Unauthorized, Unreachable, UnsupportedVersion

    if isinstance(outcome, ClosedError | Unauthorized | Unreachable | UnsupportedVersion):
        raise outcome


@contextmanager
def _progress(total: int, sink: Any) -> Iterator[Any]:
    """Show a bar with rate and time left on stderr, if a person looks and no tables are in its way."""
    import sys

    from visionmq.client.cli.output import Screen

    if total < 2 or isinstance(sink, Screen) or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate="")

        def advance() -> None:
            bar.advance(task)
            row = bar.tasks[0]
            bar.update(task, rate=f"{row.completed / max(row.elapsed or 0.0, 0.001):.1f}/s")

        yield advance


def make_line(file: Path, outcome: Any, stem: Path) -> dict[str, Any]:
    """Return the line of one file: its result, or what went wrong with it.

    Pictures that came with the result are saved as `stem` and their own name.
    """
    if isinstance(outcome, Exception):
        return {"file": str(file), "ok": False, "error": _describe(outcome)}
    import msgspec

    result = msgspec.to_builtins(outcome.result)
    item = result["items"][0]
    if not item["ok"]:
        return {"file": str(file), "ok": False, "error": item["error"] | {"request_id": outcome.request_id}}
    line: dict[str, Any] = {"file": str(file), "ok": True, "result": item["result"]}
    saved = _save_pictures(stem, result.get("images", []), outcome.images)
    return line | {"images": saved} if saved else line


def _describe(error: Exception) -> dict[str, Any]:
    from visionmq.client.errors import VisionMQError

    if not isinstance(error, VisionMQError):
        return {"code": "unreadable", "message": str(error), "hint": "Check the file.", "request_id": None}
    code = str(error.code) if error.code is not None else type(error).__name__.lower()
    return {
        "code": code,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
        "request_id": error.request_id,
    }


def _save_pictures(stem: Path, attachments: list[Mapping[str, Any]], frames: Any) -> dict[str, str]:
    """Write the pictures that came with a result as STEM-NAME.EXT and return where."""
    saved = {}
    for attachment in attachments:
        suffix = {"image/jpeg": "jpg", "image/png": "png"}.get(attachment["media_type"], "bin")
        name = "".join(c if c.isalnum() else "-" for c in attachment["name"])
        path = stem.with_name(f"{stem.name}-{name}.{suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(frames[attachment["frame"]]))
        saved[attachment["name"]] = str(path)
    return saved


@group.command("masks", epilog=examples("visionmq document masks"))
@talks
def masks(context: typer.Context) -> None:
    """List the document types and modes that can be asked for."""
    with connect_or_embed(settings_of(context)) as client:
        found = client.call("document.masks", {}).result
    print("masks:", *found.masks)
    print("modes:", *found.modes)
