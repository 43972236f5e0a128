"""`visionmq audit`: who changed what, and whether the log is whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.group import examples, make_group
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.stores import Store, service

if TYPE_CHECKING:
    from visionmq.schemas.store import KeptHead, Verified

ENGINES: Final = ("store",)

group = make_group(
    "The audit log: who changed what, by opaque ids, each row bound to the one before by its hash.",
    epilog=examples("visionmq audit verify", "visionmq audit list --last", "visionmq audit head -o head.json"),
)
AsObject = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")]


@talks
def verify(
    context: typer.Context,
    head: Annotated[
        Path | None,
        typer.Option("--head", metavar="FILE.json", help="A head that was kept: shows a log that was cut or put back."),
    ] = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Check the hash of every row of the log. Exit code 0: whole, 1: broken, with the first row that is wrong."""
    from visionmq.client.cli.show import print_json

    kept = None if head is None else read_head(head)
    with service(settings_of(context), ENGINES, store=store, tell=not as_json) as client:
        found = client.audit_verify(kept)
    print_json(found) if as_json else _print(found)
    if not found.ok:
        raise typer.Exit(Exit.SOME_FAILED)


def read_head(path: Path) -> "KeptHead":
    """Return a head that was kept; raises Failure for a file that is none."""
    import msgspec

    from visionmq.schemas.store import KeptHead

    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptHead)
    except (OSError, msgspec.MsgspecError) as error:
        raise Failure(
            f"{path} holds no head: {error}", "`visionmq audit head -o FILE` keeps one.", Exit.USAGE
        ) from None


def _print(found: "Verified") -> None:
    from visionmq.client.cli import board
    from visionmq.client.cli.document_marks import DIM, NO, WARN, YES

    console = board.console()
    mark = YES if found.ok else NO
    words = f" the log is whole: {board.count(found.rows, 'row')}" if found.ok else " the log is broken"
    console.print(board.text("").append(board.sign(mark)).append(words, mark.style))
    rows = [("end", f"row {found.sequence}, {found.hash}", DIM)]
    if not found.ok:
        where = "" if found.broken_at is None else f"row {found.broken_at}: "
        rows.insert(0, ("why", board.safe(f"{where}{found.reason}"), WARN))
        rows.insert(1, ("right", f"the {board.count(found.rows, 'row')} before", DIM))
    if found.head_checked:
        rows.append(("head", "the kept head was compared too", DIM))
    elif found.ok:
        rows.append(
            ("next", "keep `visionmq audit head -o FILE` elsewhere: with --head it shows a log that was cut", DIM)
        )
    console.print(board.rows_of(rows))


@talks
def entries(
    context: typer.Context,
    after: Annotated[int, typer.Option("--after", metavar="N", min=0, help="Rows after this one.")] = 0,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="Rows at most.")] = 100,
    last: Annotated[bool, typer.Option("--last", help="The last rows instead of the first.")] = False,
    action: Annotated[
        str | None, typer.Option("--action", metavar="NAME", help="Only of this action, as gallery.enroll.")
    ] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="NAME", help="Only of this caller.")] = None,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    as_lines: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")] = False,
) -> None:
    """List rows of the log: who changed what, by opaque ids."""
    import msgspec

    from visionmq.client.cli.access_ask import moment
    from visionmq.client.cli.show import print_json, print_table

    with service(settings_of(context), ENGINES, store=store, tell=not (as_json or as_lines)) as client:
        found = client.audit_entries(after=after, limit=limit, last=last, action=action, user=user)
    if as_json:
        print_json(found.entries)
    elif as_lines:
        for one in found.entries:
            print(msgspec.json.encode(one).decode())
    else:
        rows = [(one.sequence, moment(one.at), one.action, one.user, _facts(one.facts)) for one in found.entries]
        print_table(("row", "at", "action", "user", "facts"), rows, empty="the log holds no such rows")
        typer.echo(f"{len(rows)} of {found.total} rows", err=True)


def _facts(facts: dict[str, Any]) -> str:
    """Return what a row says; for programs that read JSON nothing is left out, here what is empty."""
    return " ".join(f"{name}={value}" for name, value in facts.items() if value not in (None, "", []))


@talks
def head(
    context: typer.Context,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE.json", help="Keep it here.")] = None,
    store: Store = None,
) -> None:
    """Print where the log ends now, signed; kept elsewhere it shows later whether the log was cut or put back."""
    from visionmq.client.cli.face_gallery import check_receipt, write_receipt
    from visionmq.client.cli.show import print_json

    check_receipt(output)
    with service(settings_of(context), ENGINES, store=store) as client:
        found = client.audit_head()
    if output is None:
        print_json(found)
        return
    write_receipt(output, found)
    print(f"row {found.sequence} kept in {output}")


group.command("verify", epilog=examples("visionmq audit verify", "visionmq audit verify --head head.json"))(verify)
group.command(
    "list", epilog=examples("visionmq audit list --last", "visionmq audit list --action gallery.forget --jsonl")
)(entries)
group.command("head", epilog=examples("visionmq audit head -o head.json"))(head)
