"""What `visionmq brand learn` does: folders, lists and films become references."""

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from visionmq.client.cli.brand_options import ENGINES
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import Settings
from visionmq.client.cli.places import Places, patience
from visionmq.client.cli.stores import service

if TYPE_CHECKING:
    from visionmq.client import Client
    from visionmq.client.cli.output import Sink

TOGETHER: Final = 8
"""Pictures of one request: small enough for many in flight, large enough that the network's batches fill."""
_MOST: Final = 64
"""Pictures of one brand that can replace the former ones: they go in one request."""
_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture and the brand that it shows."""

    file: Path
    brand: str


def listed(source: Path) -> list[Reference]:
    """Return the references of a folder with one folder a brand, or of a CSV file of file, brand.

    Raises Failure where there is none.
    """
    found = _in_folder(source) if source.is_dir() else _in_list(source)
    if not found:
        raise Failure(
            f"{source} names no pictures",
            "Make one folder a brand, FOLDER/acme/1.png, or a list of lines: file,brand.",
            Exit.USAGE,
        )
    return found


def _in_folder(folder: Path) -> list[Reference]:
    from visionmq.client.cli.batch import pictures

    return [
        Reference(file, inner.name)
        for inner in sorted(folder.iterdir())
        if inner.is_dir()
        for file in pictures([inner])
    ]


def _in_list(source: Path) -> list[Reference]:
    """Return the rows of a CSV; files are sought beside it. A first row of other words than files is its head."""
    try:
        rows = list(csv.reader(source.read_text("utf-8-sig").splitlines(), skipinitialspace=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Failure(
            f"{source} cannot be read: {error}", "It takes a folder, or lines of file,brand.", Exit.USAGE
        ) from None
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    at, label = _columns(rows)
    rows = rows[1:] if rows and _is_head(rows[0]) else rows
    short = next((number for number, row in enumerate(rows, 1) if len(row) <= max(at, label)), None)
    if short is not None:
        raise Failure(f"{source}: row {short} is no file,brand", "One picture a line: logos/acme.png,acme", Exit.USAGE)
    return [Reference(_beside(source, row[at]), row[label]) for row in rows]


def _is_head(row: Sequence[str]) -> bool:
    return "brand" in [cell.lower() for cell in row] or "label" in [cell.lower() for cell in row]


def _columns(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return which column has the file and which the brand."""
    if not rows or not _is_head(rows[0]):
        return 0, 1
    head = [cell.lower() for cell in rows[0]]
    label = head.index("brand" if "brand" in head else "label")
    named = [index for index, cell in enumerate(head) if cell in {"file", "path", "image", "picture"}]
    return (named[0] if named else int(label == 0)), label


def _beside(source: Path, name: str) -> Path:
    """Return a file of a list: as it is named, or beside the list if it is only there."""
    file = Path(name)
    return file if file.is_absolute() or file.exists() else source.parent / file


def requests_of(references: Sequence[Reference], *, replace: bool) -> Iterator[list[Reference]]:
    """Yield what goes into one request each; with `replace`, all pictures of a brand go into the same.

    Raises Failure for a brand with more than fit into one then.
    """
    batch: list[Reference] = []
    size = 0
    for group in _groups(references, replace=replace):
        more = sum(one.file.stat().st_size for one in group if one.file.is_file())
        if batch and (len(batch) + len(group) > TOGETHER or size + more > _BYTES):
            yield batch
            batch, size = [], 0
        batch, size = [*batch, *group], size + more
    if batch:
        yield batch


def _groups(references: Sequence[Reference], *, replace: bool) -> Iterator[list[Reference]]:
    if not replace:
        yield from ([one] for one in references)
        return
    brands: dict[str, list[Reference]] = {}
    for one in references:
        brands.setdefault(one.brand, []).append(one)
    for name, group in brands.items():
        if len(group) > _MOST:
            raise Failure(f"{name}: --replace takes up to {_MOST} pictures of a brand", code=Exit.USAGE)
        yield group


class Learner:
    """Sends references, and counts what came of them."""

    def __init__(self, client: "Client", collection: str, sink: "Sink", *, replace: bool = False) -> None:
        self._client, self._collection, self._sink, self._replace = client, collection, sink, replace
        self.kept = 0
        self.refused = 0
        self.brands: set[str] = set()

    def each(self, requests: Sequence[list[Reference]], window: int, seconds: float | None) -> None:
        """Send all requests, `window` at a time, and write a line a picture."""
        from visionmq.client.brands import learn_brands
        from visionmq.client.cli.batch import in_order
        from visionmq.client.cli.document_read import _stop_if_hopeless
        from visionmq.client.cli.progress import counting

        def submit(batch: list[Reference]) -> Any:
            call = learn_brands(
                [one.file for one in batch],
                [one.brand for one in batch],
                collection=self._collection,
                replace=self._replace,
            )
            return self._client.submit(call.operation, call.params, call.images, timeout=seconds)

        total = sum(len(batch) for batch in requests)
        outcomes = in_order(requests, submit, window=window)
        with closing(outcomes), counting(total, what="learning") as advance:  # type: ignore[type-var]
            for batch, outcome in outcomes:
                _stop_if_hopeless(outcome)
                self._write(batch, outcome)
                for _ in batch:
                    advance()

    def _write(self, batch: Sequence[Reference], outcome: Any) -> None:
        if isinstance(outcome, Exception) and len(batch) > 1 and _may_be_one_file(outcome):
            for one in batch:  # one bad file, such as one that is not there, fails a request before it is sent
                self.alone(one)
            return
        for number, one in enumerate(batch):
            self.line(str(one.file), one.brand, outcome, number)

    def alone(self, one: Reference) -> None:
        """Send one reference by itself, and write its line."""
        from visionmq.client.brands import learn_brands

        outcome: Any
        try:
            call = learn_brands([one.file], one.brand, collection=self._collection, replace=self._replace)
            outcome = self._client.submit(call.operation, call.params, call.images).result()
        except Exception as error:
            outcome = error
        self.line(str(one.file), one.brand, outcome, 0)

    def line(self, file: str, brand: str, outcome: Any, number: int) -> None:
        """Write the line of one picture of a request, whose outcome is a reply or an error."""
        import msgspec

        from visionmq.client.cli.document_lines import describe

        line: dict[str, Any] = {"file": file, "brand": brand}
        item = None if isinstance(outcome, Exception) else outcome.result.items[number]
        if item is None:
            line |= {"ok": False, "error": describe(outcome)}
        elif item.ok:
            line |= {"ok": True, "result": msgspec.to_builtins(item.result)}
        else:
            line |= {"ok": False, "error": msgspec.to_builtins(item.error)}
        self.kept += line["ok"]
        self.refused += not line["ok"]
        if line["ok"]:
            self.brands.add(brand)
        self._sink.write(line)


def _may_be_one_file(error: Exception) -> bool:
    from visionmq.client.errors import BadImage, TooLarge

    return isinstance(error, BadImage | TooLarge | OSError)


def learn(
    references: Sequence[Reference],
    places: Places,
    settings: Settings,
    *,
    collection: str,
    replace: bool,
    calibrate: bool,
    store: str | None,
    window: int,
) -> None:
    """Keep all references and write a line each; ends with exit code 1 if some were refused."""
    places.check()
    done = places.done("file", "brand")
    left = [one for one in references if (str(one.file), one.brand) not in done]
    requests = list(requests_of(left, replace=replace))
    with closing(places.open(_show)) as sink:
        if requests:
            with service(settings, ENGINES, store=store, together=len(requests), tell=True) as client:
                learner = Learner(client, collection, sink, replace=replace)
                learner.each(requests, window, patience(settings.timeout, window * TOGETHER))
                if calibrate and learner.kept:
                    client.calibrate_brands(collection, timeout=600)
                _sum_up(learner, collection, client)
            places.finish(learner.kept, learner.refused)


def _sum_up(learner: Learner, collection: str, client: "Client") -> None:
    total = client.brand_labels(collection, limit=1).total
    words = f"{learner.kept:,} pictures of {len(learner.brands):,} brands learnt"
    print(f"{words}; {collection} has {total:,} brands now", file=sys.stderr)


def _show(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print what was refused; what was kept is summed up elsewhere."""
    from visionmq.client.cli import board

    console = board.console()
    found = board.reasons(lines, {number: board.short(line["file"]) for number, line in enumerate(lines)})
    if found is not None:
        console.print(found)
    weak = sum(line["ok"] and not line["result"]["landmarks"] for line in lines)
    if weak:
        console.print(board.text(f"{weak} have too few landmarks: their shape and embedding decide", "dim"))


def learn_film(
    film: Path,
    brand: str,
    settings: Settings,
    *,
    collection: str,
    every: int,
    calibrate: bool,
    places: Places,
    store: str | None,
) -> None:
    """Keep every n-th frame of a film as a reference of a brand."""
    from visionmq.client.brands import chunks, learn_brands
    from visionmq.client.cli.progress import counting
    from visionmq.client.films import count_frames, frames_of

    places.check()
    with closing(places.open(_show)) as sink, service(settings, ENGINES, store=store, tell=True) as client:
        learner = Learner(client, collection, sink)
        with counting(count_frames(film, every=every), what="learning") as advance:
            for part in chunks(frames_of(film, every=every), TOGETHER):
                names = [one.name for one in part]
                call = learn_brands([one.jpeg for one in part], brand, collection=collection, sources=names)
                reply = client.call(call.operation, call.params, call.images, **call.options)
                for number, one in enumerate(part):
                    learner.line(one.name, brand, reply, number)
                    advance()
        if calibrate and learner.kept:
            client.calibrate_brands(collection)
        _sum_up(learner, collection, client)
    places.finish(learner.kept, learner.refused)
    if not learner.kept:
        raise typer.Exit(Exit.SOME_FAILED)
