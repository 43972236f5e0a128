"""What `visionmq register` does once its command line is understood."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import Settings, connect_or_embed
from visionmq.client.cli.register_pairs import STDIN, Pair, stems

if TYPE_CHECKING:
    from visionmq.client import Client
    from visionmq.client.cli.output import Sink
    from visionmq.schemas.common import Params

REGISTER: Final = "registration.register"
ENGINES: Final = ("registration",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where results go, and in which shape."""

    output: Path | None = None
    as_json: bool = False
    as_lines: bool = False
    shape: str = "new"
    resume: bool = False

    def check(self) -> None:
        """Raise Failure where the options exclude each other."""
        from visionmq.client.cli.output import lines_file
        from visionmq.client.cli.register_names import SHAPES

        if self.as_json and self.as_lines:
            raise Failure("--json and --jsonl exclude each other", code=Exit.USAGE)
        if self.shape not in SHAPES:
            raise Failure(f"there is no shape {self.shape!r}", f"--shape is one of {', '.join(SHAPES)}.", Exit.USAGE)
        if self.resume and (lines_file(self.output) is None or self.shape == "old"):
            raise Failure(
                "--resume needs a file of lines to go on with", "Add -o out.jsonl, or -o FOLDER, without --shape old.",
                Exit.USAGE,
            )  # fmt: skip

    def open(self) -> "Sink":
        """Return the sink of all lines: tables for a person, also beside a file."""
        from visionmq.client.cli import output as outputs
        from visionmq.client.cli.register_show import Screen
        from visionmq.client.cli.show import for_people

        person = for_people() and not self.as_lines and not self.as_json
        if self.output is None and person and self.shape == "new":
            return Screen()
        sink = outputs.open_sink(
            self.output, as_json=self.as_json, as_lines=self.as_lines or self.shape == "old", resume=self.resume
        )
        if self.shape == "old":
            return outputs.Shaped(sink, old_line)
        return outputs.Both(sink, Screen()) if person else sink


@contextmanager
def service(settings: Settings, together: int) -> "Iterator[Client]":
    """Give a client of the brokers named, or of a broker and worker of its own, which so many requests share."""
    from visionmq.client.cli.progress import waiting

    with waiting("" if settings.brokers else "starting a broker and a worker of our own"):
        made = connect_or_embed(settings, children=1 if together == 1 else None, engines=ENGINES)
    with made as client:
        yield client


def patience(settings: Settings, together: int) -> float | None:
    """Return the seconds for one of so many requests that wait for each other; None where --timeout says."""
    from visionmq.client.channel import DEFAULT_TIMEOUT

    return None if settings.timeout is not None else DEFAULT_TIMEOUT * max(1, together)


def register(pairs: Sequence[Pair], params: "Params", places: Places, settings: Settings, *, window: int) -> None:
    """Register all pairs and write all lines; ends with exit code 1 if some failed."""
    from visionmq.client.cli import output as outputs

    places.check()
    target = outputs.lines_file(places.output)
    done = outputs.done_items(target, "user", "model") if places.resume and target is not None else set()
    left = [pair for pair in pairs if pair.key not in done]
    folder = outputs.pictures_folder(places.output)
    names = {id(pair): name for pair, name in zip(pairs, stems(pairs), strict=True)}
    failed = 0
    with closing(places.open()) as sink:
        if left:
            with service(settings, len(left)) as client:
                timeout = patience(settings, min(window, len(left)))
                run = Run(client, params, sink, {key: folder / name for key, name in names.items()}, timeout)
                failed = run.each(left, window)
    if places.output is not None:
        typer.echo(f"{len(left) - failed} done, {failed} failed; results in {places.output}", err=True)
    if failed:
        raise typer.Exit(Exit.SOME_FAILED)


@dataclass(frozen=True, slots=True)
class Run:
    """One run over pairs: requests out, lines in."""

    client: "Client"
    params: "Params"
    sink: "Sink"
    stems: Mapping[int, Path]
    """Where the pictures of each pair go, by its identity: a pair may be listed twice."""
    timeout: float | None

    def each(self, pairs: Sequence[Pair], window: int) -> int:
        """Send each pair on its own; return how many failed."""
        from visionmq.client.cli.batch import in_order
        from visionmq.client.cli.document_read import _stop_if_hopeless
        from visionmq.client.cli.progress import counting, waiting

        failed = 0
        outcomes = in_order(pairs, self._submit, window=window)
        alone = waiting("registering" if len(pairs) == 1 else "")
        with alone, closing(outcomes), counting(len(pairs), what="registering") as advance:  # type: ignore[type-var]
            for pair, outcome in outcomes:
                _stop_if_hopeless(outcome)
                line = make_line(pair, outcome, self.stems[id(pair)])
                failed += not line["ok"]
                self.sink.write(line)
                advance()
        return failed

    def _submit(self, pair: Pair) -> Any:
        from visionmq.client.errors import BadRequest

        if pair.trouble:
            raise BadRequest(pair.trouble, hint="One pair a line: user.jpg,model.jpg", stage="client")
        pictures = [_picture(pair.user_place or pair.user), _picture(pair.model_place or pair.model)]
        return self.client.submit(REGISTER, self.params, pictures, timeout=self.timeout)


def _picture(file: Path) -> Any:
    """Return what to send for a file: its path, or for `-` the bytes on standard input."""
    return sys.stdin.buffer.read() if file == STDIN else file


def make_line(pair: Pair, outcome: Any, stem: Path) -> dict[str, Any]:
    """Return the line of one pair: its result, or what went wrong; pictures are saved as `stem` and their own name."""
    import msgspec

    from visionmq.client.cli.document_lines import describe, save_pictures

    line: dict[str, Any] = dict(zip(("user", "model"), pair.key, strict=True))
    if isinstance(outcome, Exception):
        return line | {"ok": False, "error": describe(outcome)}
    result = msgspec.to_builtins(outcome.result)
    attached, _ = result.pop("images"), result.pop("pass_back")  # where files are is said instead
    line |= {"ok": True, "result": result, "ms": round(outcome.timings.total_ms, 1)}
    saved = save_pictures(stem, attached, outcome.images)
    return line | {"images": saved} if saved else line


def old_line(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line in the replaced service's shape."""
    import msgspec

    from visionmq.client.legacy import old_registration
    from visionmq.schemas.errors import Error
    from visionmq.schemas.registration import Registered

    if line["ok"]:
        return old_registration(msgspec.convert(line["result"], Registered))
    error = line["error"]
    known = {name: error[name] for name in ("code", "message", "hint") if name in error}
    try:
        return old_registration(msgspec.convert({"retryable": False, **known}, Error))
    except msgspec.ValidationError:  # an error of the client's own, without a code of the wire
        return old_registration(RuntimeError(error["message"]))
