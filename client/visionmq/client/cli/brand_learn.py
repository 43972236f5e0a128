"""What `visionmq brand learn` does: folders, lists and films become references."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visionmq.client.cli.brand_lists import TOGETHER, Reference, requests_of
from visionmq.client.cli.brand_options import ENGINES
from visionmq.client.cli.brand_upkeep import CALIBRATING
from visionmq.client.cli.options import Settings
from visionmq.client.cli.places import Places, patience
from visionmq.client.cli.stores import service

if TYPE_CHECKING:
    from visionmq.client import Client
    from visionmq.client.cli.output import Sink


class Learner:
    """Sends references, and counts what came of them."""

    def __init__(self, client: "Client", collection: str, sink: "Sink", *, replace: bool = False) -> None:
        self._client, self._collection, self._sink, self._replace = client, collection, sink, replace
        self.kept = 0
        self.refused = 0
        self.known = 0
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
                sources=[one.source for one in batch],
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
            call = learn_brands(
                [one.file], one.brand, sources=[one.source], collection=self._collection, replace=self._replace
            )
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
            self.known += line["result"]["known"]
            self.brands.add(brand)
        self._sink.write(line)


def _may_be_one_file(error: Exception) -> bool:
    from visionmq.client.errors import BadImage, BadRequest, TooLarge

    return isinstance(error, BadImage | BadRequest | TooLarge | OSError)


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
                with telling_what_stays(learner, len(left), places):
                    learner.each(requests, window, patience(settings.timeout, window * TOGETHER))
                _end(learner, collection, client, calibrate=calibrate)
            places.finish(learner.kept, learner.refused)
        elif places.resume:
            print("nothing is left to learn: every picture has a line already", file=sys.stderr)


@contextmanager
def telling_what_stays(learner: Learner, total: int, places: Places) -> Iterator[None]:
    """Say what is learnt and what to do, where learning ends early: by Ctrl-C, or because the service is gone."""
    try:
        yield
    except BaseException:
        again = "with --resume" if places.output is not None else "again: what is there already is left out"
        of = f" of {total:,}" if total else ""
        print(f"stopped: {learner.kept:,}{of} pictures are learnt and stay; run it {again}", file=sys.stderr)
        raise


def _end(learner: Learner, collection: str, client: "Client", *, calibrate: bool) -> None:
    """Measure the collection, and say what was learnt."""
    from visionmq.client.cli import board
    from visionmq.client.cli.progress import waiting

    if calibrate and learner.kept > learner.known:
        with waiting("measuring how near strangers come"):
            client.calibrate_brands(collection, timeout=CALIBRATING)
    total = client.brand_labels(collection, limit=1).total
    fresh = board.count(learner.kept - learner.known, "picture")
    words = f"{fresh} of {board.count(len(learner.brands), 'brand')} learnt"
    words += f", {learner.known:,} were there already" if learner.known else ""
    print(f"{words}; {collection} has {board.count(total, 'brand')} now", file=sys.stderr)


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
    replace: bool,
    calibrate: bool,
    places: Places,
    store: str | None,
) -> None:
    """Keep every n-th frame of a film as a reference of a brand."""
    from visionmq.client.brand_answers import chunks
    from visionmq.client.brands import learn_brands
    from visionmq.client.cli.progress import counting
    from visionmq.client.films import count_frames, frames_of

    places.check()
    total = count_frames(film, every=every)
    parts = chunks(frames_of(film, every=every), TOGETHER)
    part = next(parts, [])  # what is no film is said before anything is started
    with closing(places.open(_show)) as sink, service(settings, ENGINES, store=store, tell=True) as client:
        learner = Learner(client, collection, sink)
        with telling_what_stays(learner, total, places), counting(total, what="learning") as advance:
            while part:
                names = [one.name for one in part]
                fresh = replace and not learner.kept  # the film's own frames stay
                pictures = [one.jpeg for one in part]
                call = learn_brands(pictures, brand, collection=collection, sources=names, replace=fresh)
                reply = client.call(call.operation, call.params, call.images, **call.options)
                for number, one in enumerate(part):
                    learner.line(one.name, brand, reply, number)
                    advance()
                part = next(parts, [])
        _end(learner, collection, client, calibrate=calibrate)
    places.finish(learner.kept, learner.refused)
