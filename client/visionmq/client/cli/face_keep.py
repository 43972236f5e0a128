"""`visionmq face enroll`, `subjects`, `collections`, `forget` and `calibrate`: the gallery."""

from pathlib import Path
from typing import Annotated

import typer

from visionmq.client.cli import face_names as names
from visionmq.client.cli.face_options import Collection, Rate, Several, known_word
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.places import AsJson, AsLines, Output, Places, Window
from visionmq.client.cli.stores import Store
from visionmq.schemas.face.common import DEFAULT_COLLECTION


@talks
def enroll(
    context: typer.Context,
    subject: Annotated[str | None, typer.Argument(metavar="SUBJECT", help="Who it is.")] = None,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Pictures or folders of them, - for standard input.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", help="Instead: a folder that holds one folder a subject.")
    ] = None,
    collection: Collection = DEFAULT_COLLECTION,
    consent: Annotated[
        str | None, typer.Option("--consent", metavar="TEXT", help="What the person agreed to; kept with the time.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Drop the subject's former templates.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Keep nothing unless every picture is good.")] = False,
    several: Several = None,
    output: Output = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    window: Window = 8,
    store: Store = None,
) -> None:
    """Add faces to a subject, which is made if it is new; says what was kept, what refused and why, and who looks alike.

    Each line is {"subject", "files", "ok", "result"}; `result` has one item a file. Exit code 1: a picture was refused.
    """
    from visionmq.client.cli.document_read import find_files
    from visionmq.client.cli.face_gallery import enroll, people_in

    if (folder is None) == (subject is None) or (folder is not None and files):
        raise Failure(
            "name a subject and its pictures, or --folder",
            "visionmq face enroll ada a.jpg b.jpg; or --folder people/, which holds people/ada/a.jpg.",
            Exit.USAGE,
        )
    people = people_in(folder) if folder is not None else [(subject or "", find_files(files or ()))]
    given = {
        "collection": collection,
        "consent": consent,
        "replace": replace,
        "strict": strict,
        "several": known_word("several", several, names.SEVERAL),
    }
    places = Places(output=output, as_json=as_json, as_lines=as_lines)
    enroll(people, given, places, settings_of(context), store=store, window=window)


@talks
def subjects(
    context: typer.Context,
    collection: Collection = DEFAULT_COLLECTION,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    as_lines: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")] = False,
) -> None:
    """List who is enrolled."""
    from visionmq.client.cli.face_gallery import show_subjects

    show_subjects(collection, settings_of(context), store=store, as_json=as_json, as_lines=as_lines)


@talks
def collections(
    context: typer.Context,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
) -> None:
    """List the collections of faces, and how many subjects and templates each holds."""
    from visionmq.client.cli.face_gallery import show_collections

    show_collections(settings_of(context), store=store, as_json=as_json)


@talks
def forget(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="Who is to be forgotten.")],
    collection: Collection = DEFAULT_COLLECTION,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.json", help="Keep the signed receipt here.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
) -> None:
    """Destroy the key to all that is kept of a subject, so that nothing of it can be read again."""
    from visionmq.client.cli.face_gallery import forget

    forget(subject, collection, settings_of(context), store=store, receipt=output, yes=yes, as_json=as_json)


@talks
def calibrate(
    context: typer.Context,
    collection: Collection = DEFAULT_COLLECTION,
    fmr: Rate = None,
    measure: Annotated[bool, typer.Option("--measure-only", help="Measure, and keep nothing.")] = False,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
) -> None:
    """Measure how alike the strangers of a collection are, and let its decisions go by that."""
    from visionmq.client.cli.face_run import ENGINES
    from visionmq.client.cli.face_run import plain_of as plain
    from visionmq.client.cli.face_show_found import show_calibrated
    from visionmq.client.cli.show import print_json
    from visionmq.client.cli.stores import service

    with service(settings_of(context), ENGINES, store=store, tell=not as_json) as client:
        found = client.calibrate_faces(collection, fmr=fmr, keep=not measure)
    print_json(found) if as_json else show_calibrated(plain(found))
