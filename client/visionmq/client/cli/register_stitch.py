"""`visionmq register stitch`: two pictures in one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from visionmq.client.cli import register_names as names
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks


@talks
def stitch(
    context: typer.Context,
    user: Annotated[Path, typer.Argument(metavar="USER", help="The picture that is laid on the model.")],
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The picture whose frame and light are kept.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.png", help="[USER-MODEL-stitched.png]")
    ] = None,
    algorithm: Annotated[
        str,
        typer.Option("--algorithm", "-a", metavar="NAME", help="As above.", autocompletion=names.complete_algorithm),
    ] = "auto",
    blend: Annotated[
        str,
        typer.Option(metavar="NAME", help=f"{', '.join(names.BLENDS)}.", autocompletion=names.complete_blend),
    ] = "bands",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
) -> None:
    """Merge two pictures of one thing, in the model's frame, transparent where neither reaches.

    Pictures whose registration is not accepted are not merged: exit code 1, and why.
    """
    from visionmq.client.cli.register_run import service

    target = output or Path(f"{user.stem}-{model.stem}-stitched.png")
    check_target(target)
    with service(settings_of(context), 1) as client:
        reply = client.stitch(user, model, algorithm=algorithm, blend=blend, params={"points": 0})
    picture = reply.picture("stitched")
    if picture is not None:
        write(target, picture)
    if as_json:
        print_answer(reply.result, {"stitched": str(target)} if picture is not None else {})
    if picture is None:
        refused: Any = reply.result.refused
        raise Failure(f"not merged: {refused.message}", refused.hint)
    if not as_json:
        seal, (width, height) = reply.result.registration.certificate, reply.result.size or (0, 0)
        print(
            f"{target}  {width}x{height} pixels, {min(seal.probability, 0.999):.1%} sure to fit within {seal.tolerance:g} px"
        )


def check_target(target: Path) -> None:
    """Raise Failure if a picture cannot be written there, before any work is done."""
    if target.suffix.lower() != ".png":
        raise Failure(f"{target} is no name for a PNG picture", "Name it FILE.png.", Exit.USAGE)
    if target.exists():
        raise Failure(f"{target} exists", "Name another file with -o, or remove it first.", Exit.USAGE)


def write(target: Path, content: Any) -> None:
    """Write a picture, and the folder that it is in."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(bytes(content))


def print_answer(result: Any, images: dict[str, str]) -> None:
    """Print a result as JSON, with where its pictures are."""
    import msgspec

    from visionmq.client.cli.show import print_json

    print_json({**msgspec.to_builtins(result), "images": images})
