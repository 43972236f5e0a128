"""The two that are compared, behind one interface: boxes and encodings of BGR pictures."""

import warnings
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from visionmq.engine.face.values import Encodings
from visionmq.engine.face.vision import FaceVision
from visionmq.engine.picture import Pixels

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


class Recogniser(Protocol):
    """Finds and encodes faces."""

    name: str

    def find(self, pixels: Pixels) -> list[Box]:
        """Return the faces' boxes, the one of the person portrayed first."""
        ...

    def encode(self, pixels: Pixels) -> Encodings:
        """Return the encoding of the first face that the last `find` gave."""
        ...

    def encode_boxes(self, pixels: Pixels, boxes: Sequence[Box]) -> Encodings:
        """Return the encodings of faces in given boxes."""
        ...


class Ours:
    """This engine."""

    name = "ours"

    def __init__(self) -> None:
        self._vision = FaceVision()
        self._vision.load()
        self._faces: list[Any] = []

    def find(self, pixels: Pixels) -> list[Box]:
        """Return the faces' boxes, the largest first."""
        self._faces = self._vision.find(pixels)
        return [
            (round(face.x), round(face.y), round(face.x + face.width), round(face.y + face.height))
            for face in self._faces
        ]

    def encode(self, pixels: Pixels) -> Encodings:
        """Return the encoding of the first face that the last `find` gave."""
        return self._vision.encode(pixels, self._faces[:1])

    def encode_boxes(self, pixels: Pixels, boxes: Sequence[Box]) -> Encodings:
        """Return the encodings of faces in given boxes."""
        return self._vision.encode(pixels, [self._vision.at(pixels, box) for box in boxes])


class Peer:
    """`face_recognition` as its README shows it: HOG, enlarged once, five points for the encoding."""

    name = "face_recognition"

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import face_recognition
        self._module: Any = face_recognition
        self._places: list[Any] = []

    def find(self, pixels: Pixels) -> list[Box]:
        """Return the faces' boxes, the largest first."""
        places = self._module.face_locations(_rgb(pixels))
        self._places = sorted(places, key=lambda place: -(place[2] - place[0]))
        return [(left, top, right, bottom) for top, right, bottom, left in self._places]

    def encode(self, pixels: Pixels) -> Encodings:
        """Return the encoding of the first face that the last `find` gave."""
        return np.asarray(self._module.face_encodings(_rgb(pixels), self._places[:1]), np.float32)

    def encode_boxes(self, pixels: Pixels, boxes: Sequence[Box]) -> Encodings:
        """Return the encodings of faces in given boxes."""
        places = [(top, right, bottom, left) for left, top, right, bottom in boxes]
        return np.asarray(self._module.face_encodings(_rgb(pixels), places), np.float32)


def _rgb(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[..., ::-1])
