"""What is kept of a reference beside its embedding: landmarks and a small grey picture, as bytes of the store."""

from dataclasses import dataclass
from typing import Final

import cv2
import msgspec
import numpy as np
from msgspec import Struct

from visionmq.engine.brand.views import cut
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.features import Algorithm, Features, features, to_gray
from visionmq.engine.registration.outcome import Array, Failure

SIDE: Final = 256
"""Longer side in pixels at which landmarks of references and of places are sought."""
BUDGET: Final = 160
"""Landmarks kept of a reference: 22 KB; drawings seldom have more."""
PRINT_SIDE: Final = 96
"""Longer side of the small grey picture."""
_VERSION: Final = 1
_LEVELS: Final = 400.0
"""Steps in a length of 1: RootSIFT's parts are seldom over 0.6, and fit into a byte."""


class _Kept(Struct, frozen=True, array_like=True):
    version: int
    size: tuple[int, int]
    content: tuple[float, float, float, float]
    points: bytes
    diameters: bytes
    descriptors: bytes
    print: bytes


@dataclass(frozen=True, slots=True)
class Marks:
    """A reference as it is confirmed against. Coordinates are pixels of the reference cut and shrunk."""

    landmarks: Features | None
    """None where there are too few."""
    print: Array
    """h x w uint8, the whole frame at PRINT_SIDE."""
    size: tuple[int, int]
    """Width and height of the frame."""
    content: Array
    """4 float32: the box of what is drawn."""


def marks_of(pixels: Pixels) -> Marks:
    """Return the marks of a reference picture (BGR)."""
    gray = to_gray(sized(cut(pixels), SIDE))
    found = features(gray, Algorithm.SIFT, budget=BUDGET)
    height, width = gray.shape
    pad = 0.06 / 1.12 * max(height, width) if cut(pixels).shape != pixels.shape else 0.0
    content = np.array([pad, pad, width - pad, height - pad], np.float32)
    return Marks(None if isinstance(found, Failure) else found, to_print(gray), (width, height), content)


def sized(pixels: Array, side: int) -> Array:
    """Return a picture with its longer side at `side` pixels; small ones are enlarged, at most four times."""
    scale = min(4.0, side / max(pixels.shape[:2]))
    size = tuple(max(16, round(length * scale)) for length in pixels.shape[1::-1])
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))


def to_print(gray: Array) -> Array:
    """Return a grey picture small."""
    return sized(gray, PRINT_SIDE)


def pack(marks: Marks) -> bytes:
    """Return marks as bytes."""
    found = marks.landmarks
    points = np.empty((0, 2), np.float32) if found is None else found.points
    diameters = np.empty(0, np.float32) if found is None else found.diameters
    descriptors = np.empty((0, 128), np.float32) if found is None else found.descriptors
    _, small = cv2.imencode(".png", marks.print)
    left, top, right, bottom = (float(side) for side in marks.content)
    kept = _Kept(
        _VERSION,
        marks.size,
        (left, top, right, bottom),
        points.astype("<f4").tobytes(),
        diameters.astype("<f4").tobytes(),
        np.clip(np.rint(descriptors * _LEVELS), 0, 255).astype(np.uint8).tobytes(),
        small.tobytes(),
    )
    return msgspec.msgpack.encode(kept)


def unpack(payload: bytes) -> Marks | None:
    """Return the marks that `pack` made bytes of; None for bytes of another version."""
    try:
        kept = msgspec.msgpack.decode(payload, type=_Kept)
    except msgspec.MsgspecError:
        return None
    if kept.version != _VERSION:
        return None
    small = cv2.imdecode(np.frombuffer(kept.print, np.uint8), cv2.IMREAD_GRAYSCALE)
    content = np.array(kept.content, np.float32)
    return Marks(_landmarks(kept), np.asarray(small), kept.size, content)


def _landmarks(kept: _Kept) -> Features | None:
    points = np.frombuffer(kept.points, "<f4").reshape(-1, 2)
    if len(points) == 0:
        return None
    steps = np.frombuffer(kept.descriptors, np.uint8).reshape(-1, 128).astype(np.float32)
    descriptors = steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-6)
    diameters = np.frombuffer(kept.diameters, "<f4")
    return Features(Algorithm.SIFT, points, diameters, descriptors, kept.size, 1.0)
