"""`visionmq document learn`: a template from one clean picture and its named zones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks

if TYPE_CHECKING:
    from visionmq.schemas.document.templates import Learned, TemplateZone

FOLDER: Final = Path("bundles")


@talks
def learn(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call the document; its mask is template.NAME.")],
    picture: Annotated[Path, typer.Argument(help="A clean, straight picture of an empty or sample document.")],
    zones: Annotated[
        Path, typer.Option("--zones", metavar="FILE", help="JSON: a list of zones {name, kind, box: [l, t, w, h]}.")
    ],
    title: Annotated[str | None, typer.Option(help="The document's name for people.")] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder of bundles; this one gets a folder in it.")
    ] = FOLDER,
) -> None:
    """Make a bundle: the folder by which photographs of a document are aligned and read.

    A zone is {"name", "kind", "box", "pattern"?, "date_format"?, "label"?}; kinds are text, date, mrz, picture,
    signature and checkbox; a box is left, top, width and height in pixels of the picture.
    """
    from visionmq.client.bundles import write_bundle
    from visionmq.client.cli.document_asked import Service

    folder = output / _named(name)
    found = _zones(zones)
    if not picture.is_file():
        raise Failure(f"{picture} is not there", "Name the clean picture of the document.", Exit.USAGE)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Failure(f"{folder} exists", "Choose another name or folder, or remove it first.", Exit.USAGE)
    with Service(settings_of(context), (), 1).connect() as client:
        reply = client.learn_document(name, picture, found, title=title)
    files = write_bundle(reply, folder)
    _report(reply.result, folder, files)


def _named(name: str) -> str:
    from visionmq.client.bundles import NAME

    if not NAME.fullmatch(name):
        raise Failure(
            f"{name!r} is no name for a template", "Use small letters, digits and _, a letter first.", Exit.USAGE
        )
    return name


def _zones(path: Path) -> "list[TemplateZone]":
    from visionmq.client.bundles import read_zones
    from visionmq.client.errors import BadRequest

    try:
        return read_zones(path)
    except FileNotFoundError:
        raise Failure(f"{path} is not there", "It is a JSON list of zones; see --help.", Exit.USAGE) from None
    except BadRequest as mistake:
        raise Failure(mistake.message, mistake.hint, Exit.USAGE) from None


def _report(learned: "Learned", folder: Path, files: list[Path]) -> None:
    from visionmq.client.cli.show import plain

    print(folder)
    typer.echo(f"{learned.name}: {learned.features} landmarks, {len(files)} files", err=True)
    for warning in learned.warnings:
        typer.echo(f"warning: {plain(warning)}", err=True)
    typer.echo(f"read photographs with it:  visionmq document PHOTO.jpg --bundle {folder}", err=True)
    typer.echo(f"or for everyone:           visionmq up --bundle {folder}", err=True)
