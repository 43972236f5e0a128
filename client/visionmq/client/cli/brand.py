"""`visionmq brand`: learn logos, find them in pictures and films."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from visionmq.client.cli import brand_options as options
from visionmq.client.cli.brand_options import Collection, how
from visionmq.client.cli.brand_upkeep import calibrate, collections, forget, labels, report
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.group import ReadsByDefault, examples, make_group
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.places import AsJson, AsLines, Output, Places, Resume, Window, words
from visionmq.client.cli.stores import Store
from visionmq.schemas.brand.common import DEFAULT_COLLECTION
from visionmq.schemas.brand.recognition import DEFAULT_TOP


class _FindsByDefault(ReadsByDefault):
    """`brand photo.jpg` is `brand find photo.jpg`."""

    default = "find"


group = make_group(
    "Learn logos, and find them in pictures and films. `visionmq brand FILE...` is short for `visionmq brand find`.",
    cls=_FindsByDefault,
    epilog=examples(
        "visionmq brand learn logos/",
        "visionmq brand find photo.jpg --want overlay -o out/",
        "visionmq brand find advert.mp4 --every 5 -o out/",
        "visionmq brand report",
    ),
)


@talks
def learn(
    context: typer.Context,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER|LIST.csv|FILE",
            help="One folder a brand, or a list of lines: file,brand; with --label a file or folder of one brand.",
        ),
    ] = None,
    film: Annotated[Path | None, typer.Option("--video", metavar="FILE", help="Learn the frames of a film.")] = None,
    label: Annotated[str | None, typer.Option("--label", metavar="BRAND", help="The one brand of all.")] = None,
    every: Annotated[int, typer.Option("--every", metavar="N", min=1, help="Take every n-th frame.")] = 10,
    collection: Collection = DEFAULT_COLLECTION,
    replace: Annotated[bool, typer.Option("--replace", help="Drop the former pictures of these brands.")] = False,
    calibrate: Annotated[
        bool, typer.Option("--calibrate/--no-calibrate", help="Measure the collection's own thresholds afterwards.")
    ] = True,
    output: Output = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    resume: Resume = False,
    window: Window = 32,
    store: Store = None,
) -> None:
    """Keep pictures as references of their brands; they are found from then on, by all workers at once.

    Each line is {"file", "brand", "ok": true, "result"} or {"file", "brand", "ok": false, "error"}, in order.
    """
    from visionmq.client.cli import brand_learn as work
    from visionmq.client.cli.brand_lists import left_out, listed

    places = Places(output=output, as_json=as_json, as_lines=as_lines, resume=resume)
    settings = settings_of(context)
    if film is not None:
        if label is None or source is not None:
            raise Failure("a film has one brand", "visionmq brand learn --video FILE --label BRAND", Exit.USAGE)
        if not film.is_file():
            raise Failure(f"there is no film {film}", "Name a video file, such as acme.mp4.", Exit.USAGE)
        work.learn_film(
            film, label, settings,
            collection=collection, every=every, replace=replace, calibrate=calibrate, places=places, store=store,
        )  # fmt: skip
        return
    if source is None:
        raise Failure("no pictures are named", "visionmq brand learn FOLDER, or --video FILE --label X", Exit.USAGE)
    if not source.exists():
        raise Failure(f"there is no {source}", "Name a folder with one folder a brand, or a list.", Exit.USAGE)
    references = listed(source, label)
    if source.is_dir() and label is None:
        for line in left_out(source):
            typer.echo(line, err=True)
    work.learn(
        references, places, settings,
        collection=collection, replace=replace, calibrate=calibrate, store=store, window=window,
    )  # fmt: skip


@talks
def find(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Pictures, films, or folders; - is stdin.")
    ] = None,
    collection: Collection = DEFAULT_COLLECTION,
    threshold: Annotated[
        float | None,
        how("--threshold", "-t", metavar="S", min=-1.0, max=1.0, text="Similarity that a match has; instead of --fpr."),
    ] = None,
    fpr: Annotated[
        float | None,
        how("--fpr", metavar="R", min=1e-6, max=0.5, text="Wanted rate of false ones among unknown. [0.01]"),
    ] = None,
    top: Annotated[int, how("--top", "-k", metavar="N", min=1, max=50, text="Most brands of a picture.")] = DEFAULT_TOP,
    search: Annotated[
        str,
        how(
            "--search",
            metavar="WHERE",
            text=f"{', '.join(options.SEARCHES)}.",
            autocompletion=options.complete_search,
        ),
    ] = "auto",
    verify: Annotated[bool, how("--verify/--no-verify", text="Confirm by landmarks and outlines.")] = True,
    text: Annotated[bool, how("--text/--no-text", text="Read word marks where they may decide.")] = True,
    embedding: Annotated[bool, how("--embedding", text="Return embeddings.")] = False,
    every: Annotated[int, how("--every", metavar="N", min=1, text="Frames of a film: every n-th.")] = 10,
    camera: Annotated[int | None, how("--camera", metavar="N", min=0, text="Watch this camera (OpenCV).")] = None,
    seconds: Annotated[
        float | None, how("--seconds", metavar="S", min=0.1, text="How long to watch a camera or film.")
    ] = None,
    want: Annotated[
        list[str] | None,
        typer.Option(
            "--want",
            metavar="NAME",
            help=f"Pictures to save: {', '.join(options.WANTS)} for all; may be repeated.",
            rich_help_panel="Where results go",
            autocompletion=options.complete_want,
        ),
    ] = None,
    output: Output = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    resume: Resume = False,
    window: Window = 16,
    store: Store = None,
) -> None:
    """Say which brands of a collection are in each picture, and where, or that none is.

    Each line is {"file", "ok": true, "result": {"matches"}} or {"file", "ok": false, "error"}, in order; matches come
    best first, and none means unknown. A film has a line a frame, one with its timeline, and a plot beside.
    """
    from visionmq.client.cli.brand_find import find as work
    from visionmq.client.cli.brand_find import params_of

    asked = words(want)
    unknown = [name for name in asked if name not in options.WANTS]
    if unknown or search not in options.SEARCHES:
        wrong, known = (
            (f"picture {unknown[0]!r}", options.WANTS) if unknown else (f"search {search!r}", options.SEARCHES)
        )
        raise Failure(f"there is no {wrong}", f"There is {', '.join(known)}.", Exit.USAGE)
    if not files and camera is None:
        raise Failure("no picture is named", "visionmq brand find FILE..., or --camera 0", Exit.USAGE)
    params = params_of(
        {
            "collection": collection,
            "threshold": threshold,
            "fpr": fpr,
            "top": top,
            "search": search,
            "verify": verify,
            "text": text,
            "embedding": embedding,
            "want": ["overlay"] if asked else [],
        }
    )
    places = Places(output=output, as_json=as_json, as_lines=as_lines, resume=resume)
    work(
        files or [], params, places, settings_of(context),
        every=every, camera=camera, seconds=seconds, store=store, window=window,
    )  # fmt: skip


_COMMANDS: Final[tuple[tuple[Any, tuple[str, ...]], ...]] = (
    (
        learn,
        (
            "visionmq brand learn logos/",
            "visionmq brand learn logos.csv --collection shop",
            "visionmq brand learn acme.png --label acme",
            "visionmq brand learn --video acme.mp4 --label acme --every 10",
        ),
    ),
    (
        find,
        (
            "visionmq brand find photo.jpg",
            "visionmq brand find shelf/ --collection shop --jsonl | jq '.result.matches[].brand'",
            "visionmq brand find photo.jpg --fpr 0.001 --want overlay -o out/",
            "visionmq brand find advert.mp4 --every 5 -o out/",
        ),
    ),
    (labels, ("visionmq brand labels", "visionmq brand labels --collection shop --jsonl")),
    (collections, ("visionmq brand collections",)),
    (forget, ("visionmq brand forget acme", "visionmq brand forget acme --collection shop --yes")),
    (report, ("visionmq brand report", "visionmq brand report --collection shop --json")),
    (calibrate, ("visionmq brand calibrate --collection shop",)),
)
for _function, _examples in _COMMANDS:
    group.command(_function.__name__, epilog=examples(*_examples))(_function)
