"""`visionmq face verify`, `identify`, `detect` and `encode`: what pictures show."""

from pathlib import Path
from typing import Annotated

import typer

from visionmq.client.cli import face_names as names
from visionmq.client.cli.face_options import (
    Calibration,
    Collection,
    Files,
    Prior,
    Rate,
    SearchRate,
    Several,
    Strict,
    Threshold,
    Want,
    how,
    known_word,
)
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.places import AsJson, AsLines, Output, Places, Resume, Window
from visionmq.client.cli.stores import Store
from visionmq.schemas.face.common import DEFAULT_COLLECTION
from visionmq.schemas.face.identification import DEFAULT_TOP


@talks
def verify(
    context: typer.Context,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="A [B]", help="Two pictures, or one with --subject; - is stdin.")
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option("--pairs", metavar="FILE.csv", help="A pair a line instead: a,b.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", "-s", metavar="NAME", help="Compare each picture with this subject.")
    ] = None,
    collection: Collection = DEFAULT_COLLECTION,
    fmr: Rate = None,
    threshold: Threshold = None,
    prior: Prior = None,
    several: Several = None,
    strict: Strict = False,
    calibration: Calibration = None,
    want: Want = None,
    output: Output = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    resume: Resume = False,
    window: Window = 16,
    store: Store = None,
) -> None:
    """Say whether two pictures, or a picture and a subject, show one person, and how sure that is.

    Each line is {"a", "b", "ok": true, "result"} or {"a", "b", "ok": false, "error"}, in order. Two persons are a
    result, not a failure.
    """
    from visionmq.client.cli.face_pairs import Pair, listed
    from visionmq.client.cli.face_run import verify, wanted

    if pairs is not None and (files or subject):
        raise Failure("--pairs excludes names of pictures and --subject", code=Exit.USAGE)
    if pairs is not None:
        chosen = listed(pairs)
    elif subject is not None:
        chosen = [Pair(name, "") for name in files or ()]
    else:
        chosen = [Pair(files[0], files[1])] if files and len(files) == 2 else []
    if not chosen:
        words = "a picture is needed" if subject else "two pictures are needed"
        raise Failure(words, "visionmq face verify A B; or A --subject NAME; or --pairs FILE.csv", Exit.USAGE)
    given = {
        "subject": subject,
        "collection": collection,
        "fmr": fmr,
        "threshold": threshold,
        "prior": prior,
        "several": known_word("several", several, names.SEVERAL),
        "strict": strict,
        "calibration": known_word("calibration", calibration, names.CALIBRATIONS),
        "want": wanted(want),
    }
    places = Places(output=output, as_json=as_json, as_lines=as_lines, resume=resume)
    verify(chosen, given, places, settings_of(context), store=store, window=window)


@talks
def identify(
    context: typer.Context,
    files: Files = None,
    collection: Collection = DEFAULT_COLLECTION,
    top: Annotated[int, typer.Option("--top", "-k", metavar="N", min=1, max=100, help="Candidates of each.")] = (
        DEFAULT_TOP
    ),
    fmr: SearchRate = None,
    threshold: Threshold = None,
    margin: Annotated[
        float | None, how("--margin", metavar="D", min=0.0, max=10.0, text="How much nearer than the next.")
    ] = None,
    prior: Prior = None,
    several: Several = None,
    strict: Strict = False,
    calibration: Calibration = None,
    want: Want = None,
    output: Output = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    resume: Resume = False,
    window: Window = 16,
    store: Store = None,
) -> None:
    """Say whose face each picture shows, or that nobody in the collection is it.

    Each line is {"file", "ok": true, "result"} or {"file", "ok": false, "error"}, in order. Unknown is a result.
    """
    from visionmq.client.cli.face_run import files as send
    from visionmq.client.cli.face_run import params_of, wanted
    from visionmq.client.cli.face_show import show_identified
    from visionmq.schemas.face.identification import IdentifyParams

    given = {
        "collection": collection,
        "top": top,
        "fmr": fmr,
        "threshold": threshold,
        "margin": margin,
        "prior": prior,
        "several": known_word("several", several, names.SEVERAL),
        "strict": strict,
        "calibration": known_word("calibration", calibration, names.CALIBRATIONS),
        "want": wanted(want),
    }
    send(
        "face.identify",
        files or (),
        params_of(IdentifyParams, given),
        Places(output=output, as_json=as_json, as_lines=as_lines, resume=resume),
        settings_of(context),
        show=show_identified,
        store=store,
        window=window,
        what="identifying",
        tell=True,
    )


Most = Annotated[int, typer.Option("--most", metavar="N", min=1, max=1000, help="Faces of each picture at most.")]


@talks
def detect(
    context: typer.Context,
    files: Files = None,
    most: Most = 100,
    want: Want = None,
    output: Output = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    resume: Resume = False,
    window: Window = 16,
) -> None:
    """Find the faces of each picture: where they are, how good they are, and what is wrong with them."""
    places = Places(output=output, as_json=as_json, as_lines=as_lines, resume=resume)
    _find(context, "detect", files, most, want, places, window)


@talks
def encode(
    context: typer.Context,
    files: Files = None,
    most: Most = 100,
    want: Want = None,
    output: Output = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    resume: Resume = False,
    window: Window = 16,
) -> None:
    """Make the encoding of each face: numbers that only mean something to the model that is named beside them."""
    places = Places(output=output, as_json=as_json, as_lines=as_lines, resume=resume)
    _find(context, "encode", files, most, want, places, window)


def _find(
    context: typer.Context,
    word: str,
    files: list[Path] | None,
    most: int,
    want: list[str] | None,
    places: Places,
    window: int,
) -> None:
    from visionmq.client.cli.face_run import files as send
    from visionmq.client.cli.face_run import params_of, wanted
    from visionmq.client.cli.face_show_found import show_found
    from visionmq.schemas.face.faces import DetectParams, EncodeParams

    kind = EncodeParams if word == "encode" else DetectParams
    params = params_of(kind, {"most": most, "want": wanted(want)})
    send(
        f"face.{word}",
        files or (),
        params,
        places,
        settings_of(context),
        show=show_found,
        store=None,
        window=window,
        what="finding faces",
    )
