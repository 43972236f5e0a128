"""What `visionmq brand find` does: pictures one by one, films as timelines."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visionmq.client.cli.brand_options import ENGINES, FILMS
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import Settings
from visionmq.client.cli.places import Places, each, patience
from visionmq.client.cli.stores import service

if TYPE_CHECKING:
    from visionmq.client import Client
    from visionmq.client.cli.brand_frames import BestFrames
    from visionmq.client.cli.output import Sink
    from visionmq.client.films import FilmFrame
    from visionmq.client.timelines import Timeline
    from visionmq.schemas.brand.recognition import BrandMatch, RecognizeParams


def params_of(given: Mapping[str, Any]) -> "RecognizeParams":
    """Return parameters; raises Failure for values that are out of bounds."""
    from visionmq.client.calls import checked
    from visionmq.client.errors import BadRequest
    from visionmq.schemas.brand.recognition import RecognizeParams

    try:
        return checked(RecognizeParams, given, manual="docs/brands.md")
    except BadRequest as mistake:
        raise Failure(mistake.message, mistake.hint, Exit.USAGE) from None


def find(
    paths: Sequence[Path],
    params: "RecognizeParams",
    places: Places,
    settings: Settings,
    *,
    every: int,
    camera: int | None,
    seconds: float | None,
    store: str | None,
    window: int,
) -> None:
    """Look at each picture and watch each film; ends with exit code 1 if some failed."""
    from visionmq.client.cli.brand_show import show_found
    from visionmq.client.cli.document_read import find_files

    places.check()
    films: list[Path | int] = [path for path in paths if path.suffix.lower() in FILMS]
    if camera is not None:
        films.append(camera)
    stills = [path for path in paths if path.suffix.lower() not in FILMS]
    if films and not stills and not any(isinstance(film, int) or film.is_file() for film in films):
        raise Failure(f"{films[0]} is not there", "Name pictures, films, or folders of pictures.", Exit.USAGE)
    files = find_files(stills) if stills or not films else []
    done = places.done("file")
    left = [file for file in files if (str(file),) not in done]
    films = [film for film in films if (_name(film),) not in done]
    failed = 0
    with closing(places.open(show_found)) as sink:
        if left or films:
            together = len(left) + 2 * len(films)  # a film is several requests at once
            with service(settings, ENGINES, store=store, together=together, tell=True) as client:
                watched = _Watched(sink)
                failed = _stills(client, left, params, places, watched, settings, window)
                for film, stem in zip(films, _stems(films, places.pictures()), strict=True):
                    failed += _watch(client, film, params, watched, stem, every=every, seconds=seconds)
                if watched.nothing:
                    warn_if_empty(client, params.collection)
    places.finish(len(left) + len(films) - failed, failed)


class _Watched:
    """Passes lines on, and sees whether any brand is in them."""

    def __init__(self, sink: "Sink") -> None:
        self._sink = sink
        self.nothing = True

    def write(self, line: Mapping[str, Any]) -> None:
        """Take a line."""
        self.nothing = self.nothing and not (line["ok"] and line.get("result", {}).get("matches"))
        self._sink.write(line)

    def close(self) -> None:
        """Do nothing: the sink is closed by who opened it."""


def warn_if_empty(client: "Client", collection: str) -> None:
    """Say that nothing can be found in a collection, where that is so: its name may be wrong, or its brands of old."""
    from visionmq.client.errors import VisionMQError

    try:
        page = client.brand_labels(collection)
    except VisionMQError:  # a help for people, not worth a failure: a key may have no right to ask
        return
    if not page.total:
        why = "has no brands, so that all is unknown"
    elif not any(one.references for one in page.labels):
        why = "has brands of another model only, so that all is unknown: learn them again"
    else:
        return
    print(f"{collection} {why}; visionmq brand learn FOLDER --collection {collection}", file=sys.stderr)


def _stems(films: Sequence[Path | int], folder: Path) -> list[Path]:
    """Return where the pictures of each film go, without their endings; no two are the same."""
    from visionmq.client.cli.batch import short_names

    names = short_names([film for film in films if not isinstance(film, int)])
    return [folder / (f"camera-{film}" if isinstance(film, int) else names[film]) for film in films]


def _name(film: Path | int) -> str:
    return f"camera {film}" if isinstance(film, int) else str(film)


def _stills(
    client: "Client",
    files: Sequence[Path],
    params: "RecognizeParams",
    places: Places,
    sink: "Sink",
    settings: Settings,
    window: int,
) -> int:
    from visionmq.client.cli.batch import short_names
    from visionmq.client.cli.document_lines import make_line
    from visionmq.client.cli.face_run import picture

    named = short_names(files)
    patient = patience(settings.timeout, min(window, max(1, len(files))))
    if not files:
        return 0
    return each(
        files,
        lambda file: client.submit("brand.recognize", params, [picture(file)], timeout=patient),
        lambda file, outcome: make_line(file, outcome, places.pictures() / named[file]),
        sink,
        window=window,
        what="looking for brands",
    )


def _watch(
    client: "Client",
    film: Path | int,
    params: "RecognizeParams",
    sink: "Sink",
    stem: Path,
    *,
    every: int,
    seconds: float | None,
) -> int:
    """Write a line a frame, one with the timeline, and its plot; return whether that failed."""
    import msgspec

    from visionmq.client.cli.brand_frames import BestFrames
    from visionmq.client.cli.brand_plot import plot
    from visionmq.client.cli.document_lines import describe
    from visionmq.client.errors import VisionMQError

    name, best = _name(film), BestFrames()
    asked = msgspec.structs.asdict(params)
    options = {key: value for key, value in asked.items() if key not in {"raw", "want", "pass_back"}}
    try:
        seen = _seen(client, film, best, every=every, seconds=seconds, **options)
    except VisionMQError as error:
        sink.write({"file": name, "ok": False, "error": describe(error)})
        return 1
    for moment in seen.moments:
        matches = [msgspec.to_builtins(match) for match in moment.matches]
        result = {"matches": matches, "smoothed": moment.brands}
        sink.write({"file": name, "frame": moment.index, "seconds": moment.seconds, "ok": True, "result": result})
    brands = list(dict.fromkeys(span.brand for span in seen.spans))
    drawn = plot(seen, name, stem.with_name(f"{stem.name}-timeline.svg"), best.cut_outs(brands))
    images = {"timeline": str(drawn)} | (best.overlays(client, brands, options, stem) if params.want else {})
    spans = [msgspec.to_builtins(span) for span in seen.spans]
    sink.write({"file": name, "ok": True, "timeline": spans, "images": images})
    return 0


def _seen(
    client: "Client", film: Path | int, best: "BestFrames", *, every: int, seconds: float | None, **options: Any
) -> "Timeline":
    """Return the timeline of a film, or of a camera until Ctrl-C or so many seconds are over."""
    from visionmq.client.cli.progress import counting
    from visionmq.client.films import count_frames
    from visionmq.client.timelines import timeline, watch

    looked: list[tuple[int, float, Sequence[BrandMatch]]] = []

    def on_frame(frame: "FilmFrame", matches: "Sequence[BrandMatch]") -> None:
        looked.append((frame.index, frame.seconds, matches))
        best.see(frame, matches)
        advance()

    if isinstance(film, int) and seconds is None:
        print(f"watching camera {film}; Ctrl-C ends it and writes what was seen", file=sys.stderr)
    total = 0 if isinstance(film, int) else count_frames(film, every=every)
    with counting(total, what="watching") as advance:
        try:
            return watch(client, film, every=every, seconds=seconds, on_frame=on_frame, **options)
        except KeyboardInterrupt:
            if not isinstance(film, int):
                raise
            return timeline(looked)
