"""Frames of a video file or a camera, as JPEG pictures; needs OpenCV on this machine."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from visionmq.client.errors import BadImage, BadRequest

_QUALITY: Final = 92
_USUAL_RATE: Final = 25.0
"""Frames a second where a file does not say."""
_HIGHEST_RATE: Final = 1000.0


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """One frame that was taken."""

    index: int
    """Its number in the film, from 0."""
    seconds: float
    """When it is shown; for a camera, since the first frame."""
    name: str
    """`FILM@SECONDSs`."""
    jpeg: bytes


def frames_of(
    film: str | os.PathLike[str] | int, *, every: int = 1, seconds: float | None = None
) -> Iterator[FilmFrame]:
    """Yield every n-th frame of a video file, or of a camera (its number), for at most so many seconds.

    Raises BadRequest without OpenCV on this machine, BadImage for a film that cannot be opened or holds no frame.
    """
    if every < 1:
        raise BadRequest(f"Every {every}th frame cannot be taken.", hint="Give every=1 or more.", stage="client")
    cv2 = _opencv()
    name = f"camera {film}" if isinstance(film, int) else Path(film).name
    if not isinstance(film, int) and not Path(film).is_file():
        raise BadImage(f"There is no file {film}.", hint="Check the path.", stage="client")
    capture = cv2.VideoCapture(film if isinstance(film, int) else os.fspath(film))
    try:
        if not capture.isOpened():
            raise BadImage(f"{name} cannot be opened as a film.", hint="Check the camera or the file.", stage="client")
        yield from _frames(cv2, capture, name, every=every, seconds=seconds, live=isinstance(film, int))
    finally:
        capture.release()


def count_frames(film: str | os.PathLike[str], *, every: int = 1) -> int:
    """Return about how many frames `frames_of` yields of a file; 0 where it does not say."""
    cv2 = _opencv()
    capture = cv2.VideoCapture(os.fspath(film))
    try:
        return -(-max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))) // every)
    finally:
        capture.release()


def _opencv() -> Any:
    try:
        import cv2
    except ImportError:
        raise BadRequest(
            "Films need OpenCV on this machine.",
            hint="Install visionmq[worker] or opencv-python-headless here, or send single pictures.",
            stage="client",
        ) from None
    return cv2


def _frames(cv2: Any, capture: Any, name: str, *, every: int, seconds: float | None, live: bool) -> Iterator[FilmFrame]:
    rate = capture.get(cv2.CAP_PROP_FPS)
    rate = rate if 0 < rate <= _HIGHEST_RATE else _USUAL_RATE
    start, index = time.monotonic(), 0
    while capture.grab():
        at = time.monotonic() - start if live else index / rate
        if seconds is not None and at > seconds:
            return
        if index % every == 0:
            got, pixels = capture.retrieve()
            if got:
                _, file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
                yield FilmFrame(index, round(at, 3), f"{name}@{at:.2f}s", file.tobytes())
        index += 1
    if index == 0:
        raise BadImage(f"{name} holds no frame that can be read.", hint="Check the file.", stage="client")
