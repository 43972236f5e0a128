"""Text lines by PP-OCRv6 (Apache-2.0, the models come in the `rapidocr` wheel) on ONNX Runtime.

One thread each: parallelism is the business of worker processes. All files are read by `load_models`.
"""

import importlib.util
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.api import EngineError
from visionmq.engine.document.network import open_model
from visionmq.engine.picture import Pixels
from visionmq.schemas.errors import ErrorCode

Array: TypeAlias = np.ndarray[Any, Any]

DETECTION: Final = "PP-OCRv6_det_small"
RECOGNITION: Final = "PP-OCRv6_rec_small"

_SHORT_SIDE: Final = 736
_LONG_SIDE: Final = 1280
"""Detection sees the picture scaled to these: at 1280 pixels a zone of half the width has 14 a character."""
_MAP_THRESHOLD: Final = 0.3
_BOX_THRESHOLD: Final = 0.5
_UNCLIP: Final = 1.6
"""The three figures PP-OCR was published with."""
_LINE_HEIGHT: Final = 48
_MAX_LINE_WIDTH: Final = 2400
_HARDLY: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Box:
    """A line of text as a rotated rectangle: centre, length along it, height across, in pixels; angle in degrees."""

    x: float
    y: float
    length: float
    height: float
    angle: float
    """From -45 (exclusive) to 135: the direction of the long side."""

    def corners(self) -> Array:
        """Return the four corners, the reader's top left first, as float32 4x2."""
        along = np.array([np.cos(np.radians(self.angle)), np.sin(np.radians(self.angle))]) * self.length / 2
        across = np.array([-along[1], along[0]]) / self.length * self.height
        centre = np.array([self.x, self.y])
        return np.array(
            [centre - along - across, centre + along - across, centre + along + across, centre - along + across],
            np.float32,
        )

    def turned(self) -> "Box":
        """Return the same rectangle, read from its other end."""
        return Box(self.x, self.y, self.length, self.height, self.angle + 180)


class Reader:
    """Finds and reads lines of text."""

    def __init__(self, detector: Any, recogniser: Any, characters: Sequence[str]) -> None:
        """Take two ONNX Runtime sessions, and the recogniser's characters without CTC's blank and the space."""
        self._detector = detector
        self._recogniser = recogniser
        self._characters = ["", *characters, " "]

    def find(self, pixels: Pixels) -> list[Box]:
        """Return the lines of text in a BGR picture, in its pixels."""
        height, width = pixels.shape[:2]
        scale = min(max(1.0, _SHORT_SIDE / min(height, width)), _LONG_SIDE / max(height, width))
        size = tuple(max(32, round(side * scale / 32) * 32) for side in (width, height))
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        blob = _normalised(cv2.resize(pixels, size, interpolation=interpolation))
        heat = self._detector.run(None, {"x": blob[None]})[0][0, 0]
        return _boxes(heat, (width / size[0], height / size[1]))

    def read_text(self, strip: Pixels) -> tuple[str, float]:
        """Return one rectified line in any script, and the probability that all of it is right.

        Compatibility forms are plain characters (NFKC: a full-width A is an A); an empty strip is "" with 1.
        The strip should be little higher than the line, as `rectify` makes it.
        """
        scores = self._scores(strip)
        best = scores.argmax(axis=1)
        starts = np.flatnonzero(np.diff(best, prepend=-1))
        text = unicodedata.normalize("NFKC", "".join(self._characters[best[start]] for start in starts))
        return " ".join(text.split()), _certainty(scores, best, starts)

    def emissions(self, strip: Pixels) -> tuple[list[str], Array]:
        """Return the characters that may stand in a rectified line, and the probability of each at each step.

        Steps x (1 + characters) float32; the first column is CTC's blank. Characters never above one in a thousand
        are left out; compatibility forms are counted as what they stand for.
        """
        scores = self._scores(strip)
        found: dict[str, Array] = {}
        for column in np.flatnonzero(scores[:, 1:].max(axis=0) > _HARDLY) + 1:
            character = unicodedata.normalize("NFKC", self._characters[column])
            if len(character) == 1:
                found[character] = found.get(character, 0) + scores[:, column]
        return list(found), np.column_stack([scores[:, 0], *found.values()])

    def _scores(self, strip: Pixels) -> Array:
        """Return the probability of each class at each step along the line, steps x classes."""
        width = min(max(round(strip.shape[1] * _LINE_HEIGHT / strip.shape[0]), 16), _MAX_LINE_WIDTH)
        line = cv2.resize(strip, (width, _LINE_HEIGHT), interpolation=cv2.INTER_LINEAR)
        return np.asarray(self._recogniser.run(None, {"x": _normalised(line)[None]})[0][0])


def rectify(pixels: Pixels, box: Box, *, padding: float = 0.0) -> Pixels:
    """Return the upright strip of a box; `padding` is added at both ends, in heights of the line."""
    wide = Box(box.x, box.y, box.length + 2 * padding * box.height, box.height, box.angle)
    size = (max(8, round(wide.length)), max(4, round(wide.height)))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(wide.corners(), target)
    flags = cv2.INTER_CUBIC
    return np.asarray(cv2.warpPerspective(pixels, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def model_folder() -> Path | None:
    """Return the folder of the installed models; None where `rapidocr` is not installed."""
    spec = importlib.util.find_spec("rapidocr")  # not imported: it reads settings and asks for loggers
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "models"


def load_models() -> Reader:
    """Return a warm reader; raise EngineError(ENGINE_UNAVAILABLE) if a model is missing."""
    folder = model_folder()
    if folder is None:
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, "The package rapidocr with its models is not installed.")
    detector, recogniser = (_model(folder / f"{name}.onnx") for name in (DETECTION, RECOGNITION))
    characters = recogniser.get_modelmeta().custom_metadata_map["character"].split("\n")
    reader = Reader(detector, recogniser, characters)
    reader.find(np.full((320, 480, 3), 255, np.uint8))
    reader.read_text(np.full((48, 480, 3), 255, np.uint8))
    return reader


def _model(path: Path) -> Any:
    try:
        return open_model(path.read_bytes(), path.name)
    except OSError as error:
        message = f"The model {path.name} cannot be read: {error.strerror}."
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, message) from None


def _certainty(scores: Array, best: Array, starts: Array) -> float:
    """Return the probability that no character of the greedy path is another and none between is missed.

    A run is as certain as its surest step; within a blank run, its neighbours' classes are no doubt.
    """
    certainty = 1.0
    bounds = [*starts.tolist(), len(best)]
    for start, end in pairwise(bounds):
        run, winner = scores[start:end], int(best[start])
        if winner:
            certainty *= float(run[:, winner].max())
            continue
        beside = {0, *(int(best[at]) for at in (start - 1, end) if 0 <= at < len(best))}
        known = run[:, sorted(beside)].sum(axis=1)
        certainty *= min(1.0, float(known.min()))
    return certainty


def _normalised(pixels: Array) -> Array:
    """Return pixels as the models want them: channels first, from -1 to 1."""
    return np.ascontiguousarray((pixels.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1))


def _boxes(heat: Array, scale: tuple[float, float]) -> list[Box]:
    """Return the lines in a map of text probability (differentiable binarisation, Liao et al. 2020)."""
    mask = cv2.dilate((heat > _MAP_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for contour in contours:
        (x, y), (first, second), angle = cv2.minAreaRect(contour)
        if min(first, second) < 3 or _mean_inside(heat, contour) < _BOX_THRESHOLD:
            continue
        if first < second:
            first, second, angle = second, first, angle + 90
        angle = (angle + 45) % 180 - 45
        grow = 2 * first * second * _UNCLIP / (2 * (first + second))
        factor = (scale[0] + scale[1]) / 2
        boxes.append(Box(x * scale[0], y * scale[1], (first + grow) * factor, (second + grow) * factor, angle))
    return boxes


def _mean_inside(heat: Array, contour: Array) -> float:
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [contour - (left, top)], 1)
    return float(cv2.mean(heat[top : top + height, left : left + width], mask)[0])
