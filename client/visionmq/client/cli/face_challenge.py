"""`visionmq face challenge` and `respond`: a live response to random instructions."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol

import typer

from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.stores import Store, service

if TYPE_CHECKING:
    from visionmq.schemas.face.challenge import Challenge, Responded

_MOST_FRAMES: Final = 60
_STEP_SECONDS: Final = 3.0
_PAUSE: Final = 0.2
"""Seconds between two frames of the camera: a blink lasts 0.1 to 0.4 s, so a step keeps its eyes closed longer."""
_QUALITY: Final = 90


class Camera(Protocol):
    """What OpenCV's capture does, as far as it is needed."""

    def isOpened(self) -> bool:
        """Whether there is a camera."""
        ...

    def read(self) -> tuple[bool, Any]:
        """Return whether there is a frame, and the frame."""
        ...

    def release(self) -> None:
        """Let the camera go."""
        ...


@talks
def challenge(
    context: typer.Context,
    frames: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FRAME...]", help="Pictures or a folder of them that will show the actions."),
    ] = None,
    camera: Annotated[
        int | None, typer.Option("--camera", metavar="N", min=0, help="Take the frames with this camera (OpenCV).")
    ] = None,
    actions: Annotated[int, typer.Option(metavar="N", min=2, max=8, help="How many actions to ask for.")] = 5,
    seconds: Annotated[float, typer.Option(metavar="S", min=5, max=600, help="Time until it expires.")] = 60.0,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
) -> None:
    """Ask for a random sequence of actions and check that a live person shows it.

    With --camera you are guided. With FRAMES the instructions are printed first; take the pictures, then press
    Enter. With neither only the challenge is printed, to be answered with `face respond`. Exit code 1: not proven.
    """
    from visionmq.client.cli.face_run import ENGINES
    from visionmq.client.cli.show import print_json

    if frames and camera is not None:
        raise Failure("--camera and frames exclude each other", code=Exit.USAGE)
    with service(settings_of(context), ENGINES, store=store) as client:
        asked = client.challenge(actions, seconds=seconds)
        if not frames and camera is None:
            print_json(asked) if as_json else _print_challenge(asked)
            return
        taken = _filmed(asked, camera) if camera is not None else _named(asked, frames or [])
        answer = client.respond(asked, taken)
    print_answer(answer, as_json=as_json)


@talks
def respond(
    context: typer.Context,
    token: Annotated[str, typer.Argument(metavar="CHALLENGE", help="The challenge, or a file that holds its JSON.")],
    frames: Annotated[list[Path], typer.Argument(metavar="FRAME...", help="Pictures in the order they were taken.")],
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
) -> None:
    """Answer a challenge with the frames that show its actions. Exit code 1: a live response is not proven."""
    from visionmq.client.cli.face_run import ENGINES

    pictures = _files(frames)
    with service(settings_of(context), ENGINES, store=store) as client:
        answer = client.respond(_token(token), pictures)
    print_answer(answer, as_json=as_json)


def _token(text: str) -> str:
    """Return the challenge that a word is, or that the file of that name holds."""
    import msgspec

    from visionmq.schemas.face.challenge import Challenge

    path = Path(text)
    try:
        if len(text) < 256 and path.is_file():
            return msgspec.json.decode(path.read_bytes(), type=Challenge).challenge
    except (OSError, msgspec.MsgspecError):
        raise Failure(f"{text} holds no challenge", "`visionmq face challenge --json` makes one.", Exit.USAGE) from None
    return text


def _print_challenge(asked: "Challenge") -> None:
    print_steps(asked)
    print(f"answer within {asked.seconds:g} s: visionmq face respond {asked.challenge} FRAME...")


def print_steps(asked: "Challenge") -> None:
    """Print what the person is asked to do, in order."""
    from visionmq.client.cli.show import plain

    for number, words in enumerate(asked.instructions, 1):
        typer.echo(f"{number}. {plain(words)}", err=True)


def _named(asked: "Challenge", paths: Sequence[Path]) -> list[Any]:
    import sys

    print_steps(asked)
    if sys.stdin.isatty():
        typer.prompt("Take the pictures, then press Enter", default="", show_default=False, err=True)
    return _files(paths)


def _files(paths: Sequence[Path]) -> list[Any]:
    from visionmq.client.cli.document_read import find_files

    found: list[Any] = list(find_files(paths))
    if len(found) > _MOST_FRAMES:
        step = len(found) / _MOST_FRAMES
        found = [found[int(number * step)] for number in range(_MOST_FRAMES)]
    return found


def _filmed(asked: "Challenge", number: int) -> list[bytes]:
    capture = open_camera(number)
    try:
        frames = list(film(capture, asked.instructions))
    finally:
        capture.release()
    if not frames:
        raise Failure(f"camera {number} gave no frames", "Try another number, or close what else uses it.")
    return frames


def open_camera(number: int) -> Camera:
    """Return a camera; raises Failure where OpenCV or the camera lacks."""
    try:
        import cv2
    except ImportError:
        raise Failure(
            "--camera needs OpenCV", "pip install visionmq[worker], or name files of frames.", Exit.USAGE
        ) from None
    capture: Camera = cv2.VideoCapture(number)
    if not capture.isOpened():
        raise Failure(f"there is no camera {number}", "Name another number, or files of frames.", Exit.USAGE)
    return capture


def film(capture: Camera, instructions: Sequence[str], *, seconds: float = _STEP_SECONDS) -> Iterator[bytes]:
    """Yield JPEG frames, the same number for each instruction, which is printed when its turn comes."""
    import cv2

    most = max(1, _MOST_FRAMES // max(1, len(instructions)))
    for words in instructions:
        typer.echo(words, err=True)
        until, taken = time.monotonic() + seconds, 0
        while time.monotonic() < until and taken < most:
            there, frame = capture.read()
            if there:
                _, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
                taken += 1
                yield jpeg.tobytes()
            time.sleep(min(_PAUSE, seconds))


def print_answer(answer: "Responded", *, as_json: bool) -> None:
    """Print whether a live response is proven; raises Exit with code 1 if it is not."""
    from visionmq.client.cli.show import print_json

    if as_json:
        print_json(answer)
    else:
        _print_steps_seen(answer)
    if not answer.live:
        raise typer.Exit(Exit.SOME_FAILED)


def _print_steps_seen(answer: "Responded") -> None:
    from visionmq.client.cli import board
    from visionmq.client.cli.document_marks import DIM, NO, OPEN, WARN, YES
    from visionmq.client.cli.show import plain

    console = board.console()
    mark, words = (YES, "a live response") if answer.live else (OPEN, "a live response is not proven")
    console.print(board.text("").append(board.sign(mark)).append(f" {words}", mark.style))
    for step in answer.steps:
        line = board.text("  ").append(board.sign(YES if step.done else NO))
        console.print(line.append(board.text(f" {step.action.replace('_', ' ')}  {step.message}")))
    rows = [("why not", plain(reason.replace("_", " ")), WARN) for reason in answer.reasons]
    if answer.presentation.cannot_detect:
        rows.append(("blind to", plain("; ".join(answer.presentation.cannot_detect)), DIM))
    console.print(board.rows_of(rows))
