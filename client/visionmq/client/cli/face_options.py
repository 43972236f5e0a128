"""Options that several commands of `visionmq face` have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from visionmq.client.cli import face_names as names
from visionmq.client.cli.failures import Exit, Failure
from visionmq.schemas.face.common import DEFAULT_FMR
from visionmq.schemas.face.identification import DEFAULT_SEARCH_FMR

_HOW: Final = "How to decide"


def how(*flags: str, text: str, **more: Any) -> Any:
    """Return an option about how to decide."""
    return typer.Option(*flags, help=text, rich_help_panel=_HOW, **more)


Collection = Annotated[str, typer.Option("--collection", "-c", metavar="NAME", help="Which collection of faces.")]
Want = Annotated[
    list[str] | None,
    typer.Option(
        "--want",
        metavar="NAME",
        help=f"Pictures to save: {', '.join(names.WANTS)} for all; may be repeated.",
        autocompletion=names.complete_want,
    ),
]
Rate = Annotated[
    float | None,
    how("--fmr", metavar="RATE", min=1e-9, max=0.5, text=f"Wanted false-match rate. [{DEFAULT_FMR:g}]"),
]
SearchRate = Annotated[
    float | None,
    how(
        "--fmr",
        metavar="RATE",
        min=1e-9,
        max=0.5,
        text=f"Wanted rate of strangers taken for anybody. [{DEFAULT_SEARCH_FMR:g}]",
    ),
]
Threshold = Annotated[
    float | None,
    how("--threshold", metavar="D", min=0.0, max=10.0, text="Largest distance that is a match, in place of --fmr."),
]
Prior = Annotated[
    float | None, how("--prior", metavar="P", min=1e-6, max=0.999999, text="How probable it was before. [0.5]")
]
Several = Annotated[
    str | None,
    how(
        "--several",
        metavar="WORD",
        text=f"Of several faces: {', '.join(names.SEVERAL)}.",
        autocompletion=names.complete_several,
    ),
]
Strict = Annotated[bool, how("--strict", text="Refuse faces that could not be enrolled.")]
Calibration = Annotated[
    str | None,
    how(
        "--calibration",
        metavar="WORD",
        text=f"What thresholds rest on: {', '.join(names.CALIBRATIONS)}. [auto]",
        autocompletion=names.complete_calibration,
    ),
]
Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE...", help="Pictures or folders of them, - for standard input."),
]


def known_word(flag: str, word: str | None, known: Mapping[str, str]) -> str | None:
    """Return a word; raises Failure for one that is not known."""
    if word is not None and word not in known:
        raise Failure(f"there is no --{flag} {word}", f"--{flag} is one of {', '.join(known)}.", Exit.USAGE)
    return word
