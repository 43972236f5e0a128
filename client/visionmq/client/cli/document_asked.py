"""What one call of `visionmq document read` asks for, and where its results go."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visionmq.client.cli.document_names import SHAPES
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import Settings, connect_or_embed

if TYPE_CHECKING:
    from visionmq.client import Client
    from visionmq.client.cli.output import Sink
    from visionmq.schemas.document.documents import RecognizeParams


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of the engine."""

    mask: tuple[str, ...] = ("*",)
    mode: str = "default"
    options: dict[str, str] = field(default_factory=dict)
    current_date: str | None = None
    forensics: bool = False
    visual: bool = False
    merge: bool = False
    want: tuple[str, ...] = ()

    def params(self) -> "RecognizeParams":
        """Return the parameters of a request; raises Failure if they contradict each other."""
        from visionmq.client.documents import DATE_OPTION, recognize_params
        from visionmq.client.errors import BadRequest

        if self.forensics and self.current_date is None and DATE_OPTION not in self.options:
            raise Failure(
                "--forensics judges the document on a day, and none is named",
                f"Add --current-date today, or --options {DATE_OPTION}=DD.MM.YYYY.",
                Exit.USAGE,
            )
        try:
            return recognize_params(
                mask=self.mask,
                mode=self.mode,
                options=self.options,
                current_date=self.current_date,
                forensics=self.forensics,
                visual=self.visual,
                merge=self.merge,
                want=self.want,
            )
        except BadRequest as mistake:
            raise Failure(mistake.message, mistake.hint, Exit.USAGE) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where results go, and in which shape."""

    output: Path | None = None
    each: Path | None = None
    """Folder for one file a recognition, as the replaced service's client wrote."""
    as_json: bool = False
    as_lines: bool = False
    shape: str | None = None
    resume: bool = False

    def check(self, *, merge: bool) -> None:
        """Raise Failure where the options exclude each other."""
        from visionmq.client.cli.output import lines_file

        if self.as_json and self.as_lines:
            raise Failure("--json and --jsonl exclude each other", code=Exit.USAGE)
        if self.resume and merge:
            raise Failure("--resume and --merge exclude each other: merged files are one request", code=Exit.USAGE)
        if self.resume and lines_file(self.output) is None:
            raise Failure("--resume needs a file of lines to go on with", "Add -o out.jsonl, or -o FOLDER.", Exit.USAGE)

    def open(self, supported: Callable[[], Sequence[str]], *, together: bool) -> "Sink":
        """Return the sink of all lines."""
        from visionmq.client.cli import output as outputs

        sink = outputs.open_sink(
            self.output,
            as_json=self.as_json,
            as_lines=self.as_lines,
            resume=self.resume,
            supported=supported,
            together=together,
        )
        if self.shape == "old" and not isinstance(sink, outputs.Screen):
            sink = outputs.Shaped(sink, lambda line: old_line(line, supported))
        if self.each is None:
            return sink
        files: Sink = outputs.Timed(self.each)
        if self.shape != "new":  # who asks in the old words, reads the old shape
            files = outputs.Shaped(files, lambda line: old_line(line, supported))
        return outputs.Both(files, sink)

    def pictures(self) -> Path:
        """Return the folder for wanted pictures."""
        from visionmq.client.cli.output import pictures_folder

        return self.each or pictures_folder(self.output)


@dataclass(frozen=True, slots=True)
class Service:
    """Who reads: the brokers named, or a service of one's own with these bundles."""

    settings: Settings
    bundles: tuple[Path, ...] = ()
    children: int | None = None

    def connect(self) -> "AbstractContextManager[Client]":
        """Return a client; raises Failure where bundles are named for a service that is not ours to start."""
        if self.bundles and self.settings.brokers:
            raise Failure(
                f"--bundle is for a service of one's own; the workers behind {self.settings.brokers[0]} have theirs",
                "Name the folder where they start: VISIONMQ_BUNDLES=DIR visionmq worker.",
                Exit.USAGE,
            )
        for folder in self.bundles:
            if not folder.is_dir():
                raise Failure(f"{folder} is no folder of templates", "`visionmq document learn` makes one.", Exit.USAGE)
        return self._start()

    def patience(self, together: int) -> float | None:
        """Return the seconds for one of so many requests: they wait for each other, so each has the time of all.

        None where --timeout names a time.
        """
        from visionmq.client.channel import DEFAULT_TIMEOUT

        return None if self.settings.timeout is not None else DEFAULT_TIMEOUT * max(1, together)

    @contextmanager
    def _start(self) -> "Iterator[Client]":
        from visionmq.client.cli.progress import waiting

        with waiting("" if self.settings.brokers else "starting a broker and workers of our own"):
            made = connect_or_embed(self.settings, children=self.children, bundles=self.bundles, engines=("document",))
        with made as client:
            yield client


def words(given: Iterable[str]) -> tuple[str, ...]:
    """Return words that were given one by one or with commas between them, each once."""
    return tuple(dict.fromkeys(part.strip() for item in given for part in item.split(",") if part.strip()))


def mode_of(mode: str | None, strict: bool) -> str:
    """Return the mode; raises Failure if --strict and --mode say different things."""
    if strict and mode not in {None, "strict"}:
        raise Failure(f"--strict and --mode {mode} exclude each other", code=Exit.USAGE)
    return "strict" if strict else mode or "default"


def shape_of(shape: str | None) -> str | None:
    """Return the shape of results; raises Failure for one that is none."""
    if shape is not None and shape not in SHAPES:
        raise Failure(f"there is no shape {shape!r}", f"--shape is one of {', '.join(SHAPES)}.", Exit.USAGE)
    return shape


def options_of(given: Iterable[str]) -> dict[str, str]:
    """Return NAME=VALUE words, and JSON objects of strings, as one map; raises Failure for other words."""
    found: dict[str, str] = {}
    for word in given:
        found |= _object(word) if word.lstrip().startswith("{") else _pair(word)
    return found


def _pair(word: str) -> dict[str, str]:
    name, equals, value = word.partition("=")
    if not (equals and name.strip()):
        raise _no_option(word)
    return {name.strip(): value.strip()}


def _object(word: str) -> dict[str, str]:
    import msgspec

    try:
        return msgspec.json.decode(word, type=dict[str, str])
    except msgspec.MsgspecError:
        raise _no_option(word) from None


def _no_option(word: str) -> Failure:
    return Failure(
        f"--options {word!r} is no NAME=VALUE", "For instance --options common.currentDate=21.11.2026.", Exit.USAGE
    )


def old_line(line: Any, supported: Callable[[], Sequence[str]]) -> dict[str, Any]:
    """Return a line in the replaced service's shape."""
    import msgspec

    from visionmq.client.legacy import old_error, old_shape
    from visionmq.schemas.document.documents import Document

    if not line["ok"]:
        error = line["error"]
        return old_error(f"{error['message']} {error['hint']}".strip())
    document = msgspec.convert(line["result"], Document)
    return old_shape(document, supported=() if document.doc_type is not None else supported())
