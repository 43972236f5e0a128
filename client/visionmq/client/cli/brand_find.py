"""What `visionmq brand find` does: pictures one by one, films as timelines."""

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
    from visionmq.client.cli.output import Sink
    from visionmq.schemas.brand import RecognizeParams


def params_of(given: Mapping[str, Any]) -> "RecognizeParams":
    """Return parameters; raises Failure for values that are out of bounds."""
    from visionmq.client.calls import checked
    from visionmq.client.errors import BadRequest
    from visionmq.schemas.brand import RecognizeParams

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
    files = find_files(stills) if stills or not films else []
    done = places.done("file")
    left = [file for file in files if (str(file),) not in done]
    failed = 0
    with closing(places.open(show_found)) as sink:
        if left or films:
            with service(settings, ENGINES, store=store, together=len(left) + len(films), tell=True) as client:
                failed = _stills(client, left, params, places, sink, settings, window)
                for film in films:
                    failed += _watch(client, film, params, places, sink, every=every, seconds=seconds)
    places.finish(len(left) + len(films) - failed, failed)


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
    places: Places,
    sink: "Sink",
    *,
    every: int,
    seconds: float | None,
) -> int:
    """Write a line a frame, one with the timeline, and its plot; return whether that failed."""
    import msgspec

    from visionmq.client.cli.brand_plot import plot
    from visionmq.client.cli.document_lines import describe
    from visionmq.client.cli.progress import counting
    from visionmq.client.errors import VisionMQError
    from visionmq.client.films import count_frames
    from visionmq.client.timelines import watch

    name = f"camera {film}" if isinstance(film, int) else str(film)
    asked = msgspec.structs.asdict(params)
    options = {key: value for key, value in asked.items() if key not in {"raw", "want", "pass_back"}}
    try:
        total = 0 if isinstance(film, int) else count_frames(film, every=every)
        with counting(total, what="watching") as advance:
            seen = watch(client, film, every=every, seconds=seconds, on_frame=lambda *_: advance(), **options)
    except VisionMQError as error:
        sink.write({"file": name, "ok": False, "error": describe(error)})
        return 1
    for moment in seen.moments:
        matches = [msgspec.to_builtins(match) for match in moment.matches]
        result = {"matches": matches, "smoothed": moment.brands}
        sink.write({"file": name, "frame": moment.index, "seconds": moment.seconds, "ok": True, "result": result})
    stem = places.pictures() / (f"camera-{film}" if isinstance(film, int) else film.stem)
    drawn = plot(seen, name, stem.with_name(f"{stem.name}-timeline.svg"))
    spans = [msgspec.to_builtins(span) for span in seen.spans]
    sink.write({"file": name, "ok": True, "timeline": spans, "images": {"timeline": str(drawn)}})
    return 0
