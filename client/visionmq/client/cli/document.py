"""`visionmq document`: what pictures of documents say."""

from pathlib import Path
from typing import Annotated

import typer

from visionmq.client.cli import document_names as names
from visionmq.client.cli.document_learn import learn
from visionmq.client.cli.document_make import make
from visionmq.client.cli.document_old import LOG_LINES, OldFlags, takes_old_flags
from visionmq.client.cli.group import ReadsByDefault, examples, make_group
from visionmq.client.cli.options import Settings, connect, settings_of, talks

group = make_group(
    "Read documents. `visionmq document FILE...` is short for `visionmq document read FILE...`.",
    cls=ReadsByDefault,
    epilog=examples(
        "visionmq document passport.jpg",
        "visionmq document passport.jpg --forensics --current-date today",
        "visionmq document scans/ -o out.jsonl --resume",
        "visionmq document masks",
        "visionmq document make --type mrz.td1 --count 10 -o specimens",
        "visionmq document learn badge badge.png --zones zones.json",
    ),
)

_READ = examples(
    "visionmq document passport.jpg",
    "visionmq document passport.jpg --want overlay,portrait -o read/",
    "visionmq document front.jpg back.jpg --merge",
    "visionmq document passport.jpg --forensics --current-date today --visual",
    "visionmq document badge.jpg --bundle bundles --mask 'template.*'",
    "visionmq document scans/ -o out.jsonl --resume",
    "visionmq document scans/ --jsonl --mask 'mrz.*' | jq .result.doc_type",
    "curl -s http://camera/still.jpg | visionmq document -",
    "visionmq document read --image_path passport.jpg --output_path result --endpoint 10.0.0.5",
)
_HOW = "How to read"
_WHERE = "Where results go"


@takes_old_flags
def _read(
    context: typer.Context,
    old: OldFlags,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE|FOLDER...", help="Pictures, folders of them, - for standard input."),
    ] = None,
    mask: Annotated[
        list[str] | None,
        typer.Option(
            help="Document types to look for, as patterns (`mrz.*`); may be repeated. [*]",
            metavar="MASK",
            rich_help_panel=_HOW,
            autocompletion=names.complete_mask,
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            help="`visionmq document masks` lists the modes. [default]",
            metavar="MODE",
            rich_help_panel=_HOW,
            autocompletion=names.complete_mode,
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Take the standard by its word: --mode strict.", rich_help_panel=_HOW)
    ] = False,
    forensics: Annotated[
        bool,
        typer.Option("--forensics", help="Judge the document too; needs --current-date.", rich_help_panel=_HOW),
    ] = False,
    current_date: Annotated[
        str | None,
        typer.Option(
            "--current-date",
            metavar="DAY",
            help="The day to judge on: today, DD.MM.YYYY or YYYY-MM-DD.",
            rich_help_panel=_HOW,
            autocompletion=names.complete_date,
        ),
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--options",
            "--option",
            metavar="NAME=VALUE",
            help="An option of the engine, as common.currentDate=21.11.2026; may be repeated.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    visual: Annotated[
        bool, typer.Option("--visual", help="Read the text outside the zone too.", rich_help_panel=_HOW)
    ] = False,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="All files show one document: read them together.", rich_help_panel=_HOW),
    ] = False,
    bundle: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Templates to know too: a bundle, or a folder of them.", rich_help_panel=_HOW),
    ] = None,
    want: Annotated[
        list[str] | None,
        typer.Option(
            help="Pictures to save: overlay, mrz, page, portrait, signature, zone.NAME; may be repeated.",
            metavar="NAME",
            rich_help_panel=_WHERE,
            autocompletion=names.complete_want,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="FILE.jsonl, FILE.json, or a folder (results.jsonl, pictures).",
            metavar="PATH",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.", rich_help_panel=_WHERE)] = False,
    as_lines: Annotated[
        bool,
        typer.Option("--jsonl", help="Print one JSON object a line; the default on a pipe.", rich_help_panel=_WHERE),
    ] = False,
    shape: Annotated[
        str | None,
        typer.Option(
            help="Shape of JSON results: new or old (the replaced service's).",
            metavar="SHAPE",
            rich_help_panel=_WHERE,
            autocompletion=names.complete_shape,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Skip files that have a line in the output.", rich_help_panel=_WHERE)
    ] = False,
    window: Annotated[
        int, typer.Option(metavar="N", min=1, max=1024, help="Most requests in flight.", rich_help_panel=_WHERE)
    ] = 16,
) -> None:
    """Read documents: one request a file, results in the order of the files.

    Each line is {"file", "ok": true, "result"} or {"file", "ok": false, "error"}; a bad file never ends the run.
    """
    from visionmq.client.cli import document_asked as asking
    from visionmq.client.cli.document_read import read

    settings = old.settings(settings_of(context))
    if old.log:
        _print_log(settings)
        if not paths and not old.image_path:
            return
    asked = asking.Asked(
        mask=asking.words(mask or ()) or ("*",),
        mode=asking.mode_of(mode, strict),
        options=asking.options_of(options or ()),
        current_date=current_date,
        forensics=forensics,
        visual=visual,
        merge=merge,
        want=asking.words(want or ()),
    )
    places = asking.Places(
        output=output if old.folder(output) is None else None,
        each=old.folder(output),
        as_json=as_json,
        as_lines=as_lines,
        shape=asking.shape_of(shape),
        resume=resume,
    )
    service = asking.Service(settings, (*(bundle or ()), *(old.bundle_dir or ())), old.children())
    read([*(paths or ()), *(old.image_path or ())], asked, places, service, window=window)


group.command("read", epilog=_READ)(talks(_read))


def _print_log(settings: Settings) -> None:
    from visionmq.client.cli.show import plain

    with connect(settings) as client:
        lines = client.logs(LOG_LINES)
    for line in lines:
        print(plain(line))


@talks
def _masks(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
    bundle: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Templates to list too: a bundle, or a folder of them.")
    ] = None,
) -> None:
    """List the document types and modes that can be asked for."""
    from visionmq.client.cli.document_asked import Service
    from visionmq.client.cli.document_show import print_masks
    from visionmq.client.cli.show import print_json

    with Service(settings_of(context), tuple(bundle or ()), 1).connect() as client:
        found = client.masks()
    if as_json:
        print_json(found)
    else:
        print_masks(found)


group.command("masks", epilog=examples("visionmq document masks", "visionmq document masks --json"))(_masks)
group.command(
    "make",
    epilog=examples(
        "visionmq document make",
        "visionmq document make --type mrz.td1 --seed 7 --count 20 -o specimens",
        "visionmq document make --set surname=MUSTERMANN --set birth_date=1964-08-12",
        "visionmq document make --flat -o pages && visionmq document pages",
    ),
)(make)
group.command(
    "learn",
    epilog=examples(
        "visionmq document learn badge badge.png --zones zones.json",
        "visionmq document learn badge badge.png --zones zones.json --title 'Staff badge' -o templates",
        "visionmq document photo.jpg --bundle bundles --want zone.portrait",
    ),
)(learn)
