"""`visionmq register warp`: a matrix applied to a picture or to points."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks


@talks
def warp(
    context: typer.Context,
    picture: Annotated[
        Path | None, typer.Argument(metavar="[PICTURE]", help="The picture to warp; or give --point.")
    ] = None,
    matrix: Annotated[
        str,
        typer.Option("--matrix", "-m", metavar="FILE|JSON", help="Results of `register`, or 3x3 numbers as JSON."),
    ] = "",
    point: Annotated[
        list[str] | None, typer.Option(metavar="X,Y", help="A point to map, in pixels; may be repeated.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Size of the warped picture. [the model's; else the picture's]")
    ] = None,
    fit: Annotated[bool, typer.Option("--fit", help="Show the whole warped picture instead.")] = False,
    inverse: Annotated[bool, typer.Option("--inverse", help="Go the other way, from model to user.")] = False,
    transparent: Annotated[bool, typer.Option("--transparent", help="Transparent around instead of black.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.png", help="[PICTURE-warped.png]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
) -> None:
    """Apply a matrix to a picture, to points, or to both.

    Of a file with many results the one whose user is PICTURE is taken, or whose model it is with --inverse.
    """
    from visionmq.client.cli.register_run import service
    from visionmq.client.cli.register_stitch import check_target, print_answer, write

    if picture is None and not point:
        raise Failure("nothing to warp", "Name a picture, or points: --point 10,20.", Exit.USAGE)
    rows, frame = find_matrix(matrix, picture, inverse=inverse)
    points = [_numbers(text, ",", "--point") for text in point or ()]
    wanted = _size(size) if size is not None else frame
    target = None if picture is None else output or Path(f"{picture.stem}-warped.png")
    if target is not None:
        check_target(target)
    with service(settings_of(context), 1) as client:
        reply = client.warp(
            rows, picture, points=points, size=wanted, inverse=inverse, fit=fit, transparent=transparent
        )
    if target is not None:
        write(target, reply.picture("warped"))
    if as_json:
        print_answer(reply.result, {} if target is None else {"warped": str(target)})
        return
    for given, mapped in zip(point or (), reply.result.points, strict=True):
        print(f"{given}\t{'beyond the horizon' if mapped is None else f'{mapped[0]:.3f},{mapped[1]:.3f}'}")
    if target is not None:
        width, height = reply.result.size or (0, 0)
        print(f"{target}  {width}x{height} pixels from {reply.result.origin[0]:g},{reply.result.origin[1]:g} on")


def find_matrix(text: str, picture: Path | None, *, inverse: bool) -> tuple[Any, tuple[int, int] | None]:
    """Return 3x3 rows, and the size of the picture that they lead to where it is known; raises Failure if there are none."""
    import msgspec

    if not text:
        raise Failure("no matrix is named", "--matrix takes results of `visionmq register`, or JSON.", Exit.USAGE)
    inline = text.lstrip().startswith(("[", "{"))
    try:
        content = text.encode() if inline else Path(text).read_bytes()
        found = _decoded(content)
    except OSError as error:
        raise Failure(f"{text}: {error.strerror}", "--matrix takes a file of results, or JSON.", Exit.USAGE) from None
    except msgspec.DecodeError as error:
        raise Failure(f"the matrix is no JSON: {error}", "Write [[a,b,c],[d,e,f],[g,h,i]].", Exit.USAGE) from None
    return _chosen(found, picture, inverse=inverse)


def _decoded(content: bytes) -> list[Any]:
    """Return what a JSON file, or a file of JSON lines, holds: rows of a matrix count as one."""
    import msgspec

    try:
        whole = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return [msgspec.json.decode(line) for line in content.splitlines() if line.strip()]
    many = isinstance(whole, list) and whole and isinstance(whole[0], dict)
    return list(whole) if many else [whole]


def _chosen(found: Iterable[Any], picture: Path | None, *, inverse: bool) -> tuple[Any, tuple[int, int] | None]:
    """Return the first matrix that is about this picture; of a single result whatever it is about."""
    entries, side = list(found), "model" if inverse else "user"
    named = [one for one in entries if isinstance(one, dict) and side in one]
    mine = [one for one in named if picture is None or one[side] == str(picture)]
    if len(entries) > 1 and named and not mine:
        raise Failure(f"none of these results is about {picture}", "Name the picture as it stands there.", Exit.USAGE)
    for one in mine or entries:
        result = one.get("result", one) if isinstance(one, dict) else {"matrix": one}
        rows = result.get("matrix") or result.get("payload", {}).get("homography_matrix")
        if _is_matrix(rows):
            size = result.get("user_size" if inverse else "model_size")
            return rows, None if size is None else (int(size[0]), int(size[1]))
    raise Failure("there is no 3x3 matrix", "A rejected registration has none: see its failure.", Exit.USAGE)


def _is_matrix(rows: Any) -> bool:
    return isinstance(rows, list) and len(rows) == 3 and all(isinstance(row, list) and len(row) == 3 for row in rows)


def _size(text: str) -> tuple[int, int]:
    width, height = _numbers(text.lower(), "x", "--size")
    return int(width), int(height)


def _numbers(text: str, between: str, flag: str) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in text.split(between))
    except ValueError:
        raise Failure(
            f"{flag} {text!r} is no two numbers", f"For instance {flag} 640{between}480.", Exit.USAGE
        ) from None
    return first, second
