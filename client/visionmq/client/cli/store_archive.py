"""`visionmq store export` and `import`: collections that leave a store and come into another."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.stores import Store, service

ENGINES: Final = ("store",)
KINDS: Final = {"face": "visionmq face collections", "brand": "visionmq brand collections"}
"""What may be exported, and how to see what there is."""
_LEAST: Final = 8

PassphraseStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help="Read the passphrase from the first line of standard input.")
]
AsObject = Annotated[bool, typer.Option("--json", help="Print the sums as JSON.")]


def read_passphrase(*, stdin: bool, new: bool) -> str:
    """Return a passphrase: from standard input, or typed and not shown; a new one twice.

    Raises Failure where nobody can be asked, or where it is too short.
    """
    if stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        given = typer.prompt("Passphrase of the archive", hide_input=True, confirmation_prompt=new, err=True)
    else:
        raise Failure("the passphrase is missing", "Pipe it in with --passphrase-stdin.", Exit.USAGE)
    if len(given) < _LEAST:
        raise Failure(f"the passphrase has fewer than {_LEAST} characters", "Choose a longer one.", Exit.USAGE)
    return given


@talks
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to be written.")],
    collection: Annotated[str, typer.Option("--collection", "-c", metavar="NAME", help="Which collection.")] = (
        "default"
    ),
    kind: Annotated[str, typer.Option("--kind", metavar="WORD", help="face or brand.")] = "face",
    plain: Annotated[bool, typer.Option("--plain", help="Write names and templates in the clear.")] = False,
    passphrase_stdin: PassphraseStdin = False,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Write a collection into a file, encrypted with a passphrase, for another store or as a copy."""
    from visionmq.client.archives import export_collection
    from visionmq.client.cli.progress import waiting
    from visionmq.client.cli.show import print_json
    from visionmq.client.errors import NotFound

    if file.exists():
        raise Failure(f"{file} exists", "Name another file, or remove it first.", Exit.USAGE)
    if kind not in KINDS:
        raise Failure(f"there is no kind {kind!r}", f"There is {', '.join(KINDS)}.", Exit.USAGE)
    secret = None if plain else read_passphrase(stdin=passphrase_stdin, new=True)
    with (
        service(settings_of(context), ENGINES, store=store, tell=not as_json) as client,
        waiting(f"writing {file}") as status,
    ):

        def report(subjects: int, templates: int) -> None:
            if status is not None:
                status.update(f"writing {file}: {subjects:,} subjects, {templates:,} templates")

        try:
            done = export_collection(client, file, collection, kind=kind, passphrase=secret, report=report)
        except NotFound:
            hint = f"`{KINDS[kind]}` lists what there is; --kind says whether faces or brands are meant."
            raise Failure(f"there is no {kind} collection {collection!r}", hint) from None
    if as_json:
        print_json({"file": str(file), "subjects": done.subjects, "templates": done.templates})
        return
    print(f"{file}: {done.subjects:,} subjects, {done.templates:,} templates")
    if plain:
        typer.echo("The file holds biometric data in the clear: keep it where nobody else can read it.", err=True)


@talks
def take_in(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An archive of `store export`.")],
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", metavar="NAME", help="Into this one. [as in the archive]")
    ] = None,
    passphrase_stdin: PassphraseStdin = False,
    plain: Annotated[bool, typer.Option("--plain", help="The archive has no passphrase.")] = False,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Put an archive into the store. The file is checked first; what is there already is left out."""
    from visionmq.client.archives import check_archive, import_collection
    from visionmq.client.cli.progress import counting
    from visionmq.client.cli.show import print_json

    pieces = check_archive(file)
    secret = None if plain else read_passphrase(stdin=passphrase_stdin, new=False)
    sums = dict.fromkeys(("subjects", "created", "templates", "known"), 0)
    with (
        service(settings_of(context), ENGINES, store=store, tell=not as_json) as client,
        counting(pieces, what="importing") as advance,
    ):
        for done in import_collection(client, file, collection=collection, passphrase=secret):
            sums = {name: total + getattr(done, name) for name, total in sums.items()}
            advance()
    if as_json:
        print_json(sums)
        return
    known = f", {sums['known']:,} were there already" if sums["known"] else ""
    print(f"{sums['subjects']:,} subjects ({sums['created']:,} new), {sums['templates']:,} templates added{known}")
