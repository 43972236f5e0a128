"""`visionmq document make`: specimens with their truth, to try things on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from visionmq.client.cli import document_names as names
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks

if TYPE_CHECKING:
    from visionmq.client.future import Future
    from visionmq.client.outcomes import Outcome
    from visionmq.client.replies import Reply
    from visionmq.schemas.document.specimens import Made

TRUTH: Final = "truth.json"
"""The file beside the pictures that says what stands on each."""
_OPERATION: Final = "document.make"


@talks
def make(
    context: typer.Context,
    doc_type: Annotated[
        str, typer.Option("--type", help="Which document to draw.", autocompletion=names.complete_type)
    ] = "mrz.mrp",
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same specimen.")] = 0,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many; each with the next seed.")] = 1,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="What a field says (dates YYYY-MM-DD); may be repeated."),
    ] = None,
    flat: Annotated[bool, typer.Option("--flat", help="The bare page, not photographed on a table.")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help=f"Folder for pictures and {TRUTH}.")] = Path(
        "specimens"
    ),
    window: Annotated[int, typer.Option(min=1, max=256, help="Most requests in flight.")] = 8,
) -> None:
    """Draw specimens of documents, with what stands on them: nobody's data, all digits right.

    Fields: surname, given_names, number, issuer, nationality, birth_date, expiry_date, gender, optional_data;
    what is not set is invented from the seed. The same pictures and truth come from the same options.
    """
    from visionmq.client.cli.document_asked import Service

    params = {"doc_type": doc_type, "fields": _fields(given or ()), "photograph": not flat}
    if (output / TRUTH).exists():
        raise Failure(f"{output / TRUTH} exists", "Name another folder with -o.", Exit.USAGE)
    service = Service(settings_of(context), (), None if count > 1 else 1)
    with service.connect() as client:
        timeout = service.patience(min(window, count))

        def submit(number: int) -> "Future[Made]":
            return client.submit(_OPERATION, {**params, "seed": number}, timeout=timeout)

        made = _draw(client.map(submit, range(seed, seed + count), window=window, errors="raise"), count, output)
    _report(made, output)


def _fields(given: Sequence[str]) -> dict[str, str]:
    fields = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not (equals and name.strip()):
            raise Failure(f"--set {word!r} is no FIELD=VALUE", "For instance --set surname=MUSTERMANN.", Exit.USAGE)
        fields[name.strip().removeprefix("mrz_")] = value
    return fields


def _draw(outcomes: "Iterator[Outcome[int]]", count: int, folder: Path) -> dict[str, Any]:
    """Write the picture of each specimen as it comes, and then their truth; raises the first error."""
    from visionmq.client.cli.progress import counting

    truth: dict[str, Any] = {}
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with counting(count, what="drawing") as advance:
            for outcome in outcomes:
                reply: Reply[Made] = outcome.unwrap()
                path = _save(reply, f"{reply.result.doc_type}-{outcome.item:04}", folder)
                truth[path.name] = _truth(reply.result, outcome.item)
                advance()
    finally:
        if truth:  # of what was drawn before an error or Ctrl-C too
            _write(truth, folder / TRUTH)
    return truth


def _save(reply: "Reply[Made]", stem: str, folder: Path) -> Path:
    made = reply.result
    media_type = made.images[0].media_type if made.images else "image/png"
    path = folder / f"{stem}.{'jpg' if media_type == 'image/jpeg' else 'png'}"
    path.write_bytes(reply.images[0])
    return path


def _truth(made: "Made", seed: int) -> dict[str, Any]:
    import msgspec

    quads = {name: quad.points for name, quad in made.quads.items()}
    found: dict[str, Any] = msgspec.to_builtins(
        {"doc_type": made.doc_type, "mrz": made.mrz, "fields": made.fields, "quads": quads, "seed": seed}
    )
    return found


def _write(truth: dict[str, Any], path: Path) -> None:
    import msgspec

    path.write_bytes(msgspec.json.format(msgspec.json.encode(truth)) + b"\n")


def _report(truth: dict[str, Any], folder: Path) -> None:
    """Print the pictures that were made, one a line; what to do with them goes to stderr."""
    for name in truth:
        print(folder / name)
    if len(truth) == 1:
        (only,) = truth.values()
        typer.echo("\n".join(f"  {line}" for line in only["mrz"]), err=True)
    typer.echo(f"{len(truth)} drawn; the truth is in {folder / TRUTH}; try:  visionmq document {folder}", err=True)
