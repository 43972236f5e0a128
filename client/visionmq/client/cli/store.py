"""`visionmq store`: what the store is, its keys, and its receipts."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.group import examples, make_group
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.store_archive import export, take_in
from visionmq.client.cli.stores import Store, service

ENGINES: Final = ("store",)

group = make_group(
    "The store of faces, brands and access: what it holds, its keys, and receipts of forgetting.",
    epilog=examples("visionmq store info", "visionmq store receipt receipt.json"),
)
AsObject = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")]


@talks
def info(context: typer.Context, store: Store = None, as_json: AsObject = False) -> None:
    """Print which store it is and what it holds."""
    import msgspec

    from visionmq.client.cli.show import print_json, print_pairs

    with service(settings_of(context), ENGINES, store=store) as client:
        found = client.store_info()
    if as_json:
        print_json(found)
        return
    print_pairs(
        {name.replace("_", " "): value for name, value in msgspec.to_builtins(found).items() if value is not None}
    )
    typer.echo(f"A copy of the store is of no use without {found.key_file}: keep both, apart.", err=True)


@talks
def rekey(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Make a new wrapping key, wrap all data keys with it, and destroy the former one; others work on meanwhile."""
    from visionmq.client.cli.face_gallery import confirm
    from visionmq.client.cli.show import print_json

    confirm("Change the wrapping key? Older copies of the key file open nothing that is written from now on.", yes=yes)
    with service(settings_of(context), ENGINES, store=store, tell=not as_json) as client:
        done = client.rekey_store()
    if as_json:
        print_json(done)
        return
    print(f"{done.wrapped} data keys are wrapped with key {done.wrapping_key}, audit entry {done.audit_sequence}")
    typer.echo("Keep a new copy of the key file; the former opens nothing any more.", err=True)


@talks
def receipt(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="A receipt of `forget`.")],
    public_key: Annotated[
        str | None, typer.Option("--public-key", metavar="BASE64", help="Whose signature. [this store's]")
    ] = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Check that a receipt is what was signed, and that the audit log holds its row. Exit code 1: it is not."""
    from visionmq.client.cli.show import print_json

    given = read_receipt(file)
    with service(settings_of(context), ENGINES, store=store) as client:
        found = client.verify_receipt(given, public_key)
    print_json(found) if as_json else _print(found, given)
    if not found.ok:
        raise typer.Exit(Exit.SOME_FAILED)


def read_receipt(path: Path) -> dict[str, Any]:
    """Return a receipt, also where it stands inside a whole answer; raises Failure for a file that holds none."""
    import msgspec

    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError) as error:
        raise Failure(f"{path} holds no receipt: {error}", "`... forget NAME -o FILE` keeps one.", Exit.USAGE) from None
    inner = found.get("receipt")
    return inner if isinstance(inner, dict) else found


def _print(found: Any, given: dict[str, Any]) -> None:
    from visionmq.client.cli import board
    from visionmq.client.cli.document_marks import DIM, NO, WARN, YES

    console = board.console()
    mark = YES if found.ok else NO
    words = " the receipt is what was signed" if found.ok else " this receipt proves nothing"
    console.print(board.text("").append(board.sign(mark)).append(words, mark.style))
    recorded = {True: "the audit log holds its row", False: "the audit log does NOT hold its row"}
    rows = [("why", board.safe(found.reason), WARN)] if found.reason else []
    rows.append(("log", recorded.get(found.recorded, "signed by another store: its log is not here"), DIM))
    rows.append(("forgotten", board.safe(given.get("forgotten_at", "?")), DIM))
    console.print(board.rows_of(rows))


group.command("info", epilog=examples("visionmq store info", "visionmq store info --store backup.db --json"))(info)
group.command(
    "rekey",
    epilog=examples(
        "visionmq store rekey",
    ),
)(rekey)
group.command("receipt", epilog=examples("visionmq store receipt receipt.json"))(receipt)
group.command(
    "export",
    epilog=examples("visionmq store export staff.vmq --collection staff", "visionmq store export all.vmq --plain"),
)(export)
group.command(
    "import", epilog=examples("visionmq store import staff.vmq", "visionmq store import staff.vmq --collection guests")
)(take_in)
