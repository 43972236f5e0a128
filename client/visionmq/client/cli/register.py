"""`visionmq register`: where one picture lies on another."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from visionmq.client.cli import register_names as names
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.group import ReadsByDefault, examples, make_group
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.register_stitch import stitch
from visionmq.client.cli.register_warp import warp
from visionmq.schemas.registration import DEFAULT_POINTS, DEFAULT_SIDE


class _RegistersByDefault(ReadsByDefault):
    """`register a.jpg b.jpg` is `register pair a.jpg b.jpg`."""

    default = "pair"


group = make_group(
    "Lay pictures on a model, with a certificate. `visionmq register USER... MODEL` is short for "
    "`visionmq register pair USER... MODEL`.",
    cls=_RegistersByDefault,
    epilog=examples(
        "visionmq register photo.jpg map.png",
        "visionmq register photo.jpg map.png --want overlay,matches -o out/",
        "visionmq register shots/ map.png -o out/",
        "visionmq register warp photo.jpg --matrix out/results.jsonl -o warped.png",
        "visionmq register stitch left.jpg right.jpg -o wide.png",
    ),
)

_PAIR = examples(
    "visionmq register photo.jpg map.png",
    "visionmq register photo.jpg map.png --algorithm auto --want overlay -o out/",
    "visionmq register shots/ map.png --want '*' -o out/",
    "visionmq register --pairs pairs.csv --jsonl --points 0 | jq .result.certificate.verdict",
    "visionmq register a.png b.png --algorithm akaze --transform similarity --refine",
    "visionmq register a.png b.png --algorithm SIFT --shape old",
)
_HOW: Final = "How to register"
_WHERE: Final = "Where results go"


def _how(*flags: str, text: str, **more: Any) -> Any:
    return typer.Option(*flags, help=text, rich_help_panel=_HOW, **more)


def _where(*flags: str, text: str, **more: Any) -> Any:
    return typer.Option(*flags, help=text, rich_help_panel=_WHERE, **more)


Algorithm = Annotated[
    str,
    _how(
        "--algorithm",
        "-a",
        metavar="NAME",
        text=f"{', '.join(names.ALGORITHMS)}; in any case.",
        autocompletion=names.complete_algorithm,
    ),
]


@talks
def pair(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="USER... MODEL", help="Pictures or folders of them, - for standard input; the model."),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option("--pairs", metavar="FILE.csv", help="A pair a line instead: user,model."),
    ] = None,
    algorithm: Algorithm = "auto",
    transform: Annotated[
        str | None,
        _how(
            "--transform",
            metavar="NAME",
            text=f"What the matrix may do: {', '.join(names.TRANSFORMS)}. [homography]",
            autocompletion=names.complete_transform,
        ),
    ] = None,
    estimator: Annotated[
        str | None,
        _how(
            "--estimator",
            metavar="NAME",
            text=f"{', '.join(names.ESTIMATORS)}. [magsac]",
            autocompletion=names.complete_estimator,
        ),
    ] = None,
    ratio: Annotated[
        float | None,
        _how(
            "--ratio", metavar="R", min=0.01, max=1.0, text="Nearest over second nearest that a match may have. [0.8]"
        ),
    ] = None,
    mutual: Annotated[
        bool | None, _how("--mutual/--no-mutual", text="Keep only matches that are each other's nearest. [on]")
    ] = None,
    spread: Annotated[
        bool | None, _how("--spread/--no-spread", text="Keep only the clearest matches of each part. [off]")
    ] = None,
    refine: Annotated[
        bool | None, _how("--refine/--no-refine", text="Follow grey levels to a finer matrix (ECC). [off]")
    ] = None,
    budget: Annotated[
        int | None, _how("--budget", metavar="N", min=16, max=20_000, text="Landmarks kept of each picture. [3000]")
    ] = None,
    tolerance: Annotated[
        float | None,
        _how("--tolerance", metavar="PX", min=0.01, max=1000.0, text="Noise that an inlier may have, in pixels. [3]"),
    ] = None,
    want: Annotated[
        list[str] | None,
        _where(
            "--want",
            metavar="NAME",
            text=f"Pictures to save: {', '.join(names.WANTS)} for all; may be repeated.",
            autocompletion=names.complete_want,
        ),
    ] = None,
    side: Annotated[
        int, _where("--side", metavar="PX", min=64, max=3000, text="Longer side of the saved pictures.")
    ] = DEFAULT_SIDE,
    points: Annotated[
        int, _where("--points", metavar="N", min=0, max=5000, text="Most matched points in a result; 0 for none.")
    ] = DEFAULT_POINTS,
    output: Annotated[
        Path | None,
        _where("--output", "-o", metavar="PATH", text="FILE.jsonl, FILE.json, or a folder (results.jsonl, pictures)."),
    ] = None,
    as_json: Annotated[bool, _where("--json", text="Print one JSON array.")] = False,
    as_lines: Annotated[bool, _where("--jsonl", text="Print one JSON object a line; the default on a pipe.")] = False,
    shape: Annotated[
        str,
        _where(
            "--shape",
            metavar="SHAPE",
            text="Shape of JSON results: new or old (the replaced service's).",
            autocompletion=names.complete_shape,
        ),
    ] = "new",
    resume: Annotated[bool, _where("--resume", text="Skip pairs that have a line in the output.")] = False,
    window: Annotated[int, _where("--window", metavar="N", min=1, max=1024, text="Most requests in flight.")] = 16,
) -> None:
    """Register each USER picture on the MODEL: a matrix from user to model pixels, and how far it can be trusted.

    Each line is {"user", "model", "ok": true, "result"} or {"user", "model", "ok": false, "error"}, in order; a bad
    picture never ends the run. Pictures that do not fit are a result too: its matrix is null.
    """
    from visionmq.client.cli.document_asked import words
    from visionmq.client.cli.register_pairs import listed, named
    from visionmq.client.cli.register_run import Places, register

    if pairs is not None and paths:
        raise Failure("--pairs and names of pictures exclude each other", code=Exit.USAGE)
    chosen = listed(pairs) if pairs is not None else named(paths or ())
    params = _params(
        {
            "algorithm": algorithm,
            "model": transform,
            "estimator": estimator,
            "ratio": ratio,
            "mutual": mutual,
            "spread": spread,
            "refine": refine,
            "budget": budget,
            "tolerance": tolerance,
            "want": words(want or ()),
            "side": side,
            "points": points,
        }
    )
    places = Places(output=output, as_json=as_json, as_lines=as_lines, shape=shape, resume=resume)
    register(chosen, params, places, settings_of(context), window=window)


def _params(given: dict[str, Any]) -> Any:
    """Return the parameters; raises Failure for a word that is none of those that this release knows."""
    from visionmq.client.registrations import register_params

    known = {"algorithm": names.ALGORITHMS, "model": names.TRANSFORMS, "estimator": names.ESTIMATORS}
    for name, words in known.items():
        if given[name] is not None and given[name].strip().lower() not in words:
            flag = "transform" if name == "model" else name
            raise Failure(f"there is no {flag} {given[name]!r}", f"--{flag} is one of {', '.join(words)}.", Exit.USAGE)
    return register_params(given)


group.command("pair", epilog=_PAIR)(pair)
group.command(
    "warp",
    epilog=examples(
        "visionmq register warp photo.jpg --matrix out/results.jsonl",
        "visionmq register warp photo.jpg --matrix '[[1,0,20],[0,1,5],[0,0,1]]' --size 800x600 -o moved.png",
        "visionmq register warp --matrix out/results.jsonl --point 10,20 --point 30,40",
        "visionmq register warp map.png --matrix out/results.jsonl --inverse --fit",
    ),
)(warp)
group.command(
    "stitch",
    epilog=examples(
        "visionmq register stitch left.jpg right.jpg",
        "visionmq register stitch left.jpg right.jpg --blend feather -o wide.png --json",
    ),
)(stitch)
