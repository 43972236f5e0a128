"""Faces in the words of the wire, and the pictures that were wanted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from visionmq.engine.board import Board, width_of
from visionmq.engine.face.asked import CROPS, OVERLAY, Vector, wants
from visionmq.engine.face.quality import LEAST_SHARPNESS, LEAST_SIDE, MOST_OCCLUSION, MOST_PITCH, MOST_YAW
from visionmq.engine.face.values import Face, ModelName, Quality, Refusal
from visionmq.engine.face.vision import FaceVision
from visionmq.engine.picture import Picture, encode_jpeg, encode_png
from visionmq.schemas.common import Attachment, ModelInfo
from visionmq.schemas.face.common import Point
from visionmq.schemas.face.faces import Box, FaceQuality
from visionmq.schemas.face.faces import Face as FaceTold

LANDMARKS: Final = ("left_eye_outer", "left_eye_inner", "right_eye_outer", "right_eye_inner", "nose")
"""Left and right are the person's."""
CROP_SIDE: Final = 256
"""Pixels of a wanted crop."""
_LONGEST: Final = 1600
"""Longer side of an overlay: larger pictures are drawn smaller."""
_GOOD, _DOUBTFUL = (90, 200, 60), (40, 150, 255)
_TEXT: Final = 15


def model_told(model: ModelName) -> ModelInfo:
    """Return a model's name, version and licence."""
    return ModelInfo(model.name, model.version, model.licence)


def issues(quality: Quality) -> list[tuple[Refusal, str]]:
    """Return each reason against using a face, with what was measured."""
    return [(reason, _sentence(reason, quality)) for reason in quality.refusals]


def _sentence(reason: Refusal, quality: Quality) -> str:
    """Return what was measured, and the limit of it."""
    if reason is Refusal.TOO_SMALL:
        return f"The face is {quality.side:.0f} pixels wide; at least {LEAST_SIDE:.0f} are needed."
    if reason is Refusal.BLURRED:
        return f"The face is blurred: its sharpness is {quality.sharpness:.3f}; at least {LEAST_SHARPNESS:g} is needed."
    if reason is Refusal.TURNED:
        turned = f"{abs(quality.yaw):.0f} degrees aside and {abs(quality.pitch):.0f} up or down"
        return f"The face is turned away, {turned}; at most {MOST_YAW:.0f} and {MOST_PITCH:.0f} are allowed."
    covered = f"{quality.occlusion:.0%} sure, at most {MOST_OCCLUSION:.0%} is allowed"
    return f"Mouth or nose seem to be covered ({covered})."


def quality_told(quality: Quality) -> FaceQuality:
    """Return how good a face is, in the words of the wire."""
    found = issues(quality)
    figures = {
        "eye_distance": quality.eye_distance,
        "side": quality.side,
        "sharpness": quality.sharpness,
        "brightness": quality.brightness,
        "yaw": quality.yaw,
        "pitch": quality.pitch,
        "roll": quality.roll,
        "occlusion": quality.occlusion,
    }
    return FaceQuality(
        score=round(quality.overall, 4),
        usable=not found,
        issues=[reason.value for reason, _ in found],
        notes=[sentence for _, sentence in found],
        figures={name: round(float(value), 4) for name, value in figures.items()},
    )


def face_told(face: Face, quality: Quality | None = None, vector: Vector | None = None) -> FaceTold:
    """Return a face in the words of the wire; with its encoding if there is one."""
    points = {name: _point(point) for name, point in zip(LANDMARKS, face.landmarks, strict=False)}
    return FaceTold(
        box=Box(*(round(float(side), 2) for side in face.box)),
        score=round(float(face.score), 4),
        landmarks=points,
        quality=quality_told(quality) if quality is not None else None,
        encoding=numbers(vector) if vector is not None and len(vector) else None,
    )


def numbers(vector: Vector) -> list[float]:
    """Return float32 numbers in the shortest decimals that give them back."""
    return [float(str(number)) for number in np.asarray(vector, np.float32)]


def _point(point: Sequence[float]) -> Point:
    return round(float(point[0]), 2), round(float(point[1]), 2)


@dataclass(slots=True)
class Gathered:
    """The pictures that go with an answer."""

    want: Sequence[str]
    frames: list[bytes] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)

    def draw(self, vision: FaceVision, picture: Picture, item: int, faces: Iterable[tuple[Face, str, bool]]) -> None:
        """Add what is wanted of one picture; each face comes with its caption and whether it is good."""
        shown = list(faces)
        if wants(self.want, OVERLAY):
            self._add(OVERLAY, item, encode_jpeg(overlay(picture, shown)), "image/jpeg")
        if wants(self.want, CROPS):
            for face, _, _ in shown:
                crop = vision.crop(picture.pixels, face, CROP_SIDE)
                self._add("crop", item, encode_png(np.asarray(crop, np.uint8)), "image/png")

    def _add(self, name: str, item: int, frame: bytes, media_type: str) -> None:
        self.attachments.append(Attachment(name, len(self.frames), item, media_type))
        self.frames.append(frame)


def overlay(
    picture: Picture, faces: Sequence[tuple[Face, str, bool]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a picture with its faces marked: green where good, orange where doubtful or unknown."""
    scale = min(1.0, _LONGEST / max(picture.width, picture.height))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    pixels = picture.pixels.copy() if scale == 1.0 else cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA)
    board = Board(np.asarray(pixels, np.uint8))
    for face, caption, good in faces:
        _mark(board, face, caption, _GOOD if good else _DOUBTFUL, scale)
    return board.finish()


def _mark(board: Board, face: Face, caption: str, colour: tuple[int, int, int], scale: float) -> None:
    left, top, width, height = (side * scale for side in face.box)
    corners = [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]
    board.outline(np.array(corners), colour, 2)
    for x, y in face.landmarks:
        board.dot((float(x) * scale, float(y) * scale), max(1.5, width / 50.0), colour)
    if caption:
        room = width_of(caption, _TEXT, "bold") + 14.0
        above = top - 24.0 if top >= 26.0 else top + height + 4.0
        board.pill(left, above, room, 20.0, colour)
        board.text(caption, (left + 7.0, above + 15.0), _TEXT, (255, 255, 255), "bold")
