"""What is known of a face: where it is, how well it can be used, and which model speaks of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np

Points: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
"""N x 2, pixels of the picture as sent: x to the right, y down."""
Encodings: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
"""N x dimension, one row a face."""


class Refusal(StrEnum):
    """Why a face should not be used to recognise a person."""

    TOO_SMALL = "face_too_small"
    BLURRED = "face_blurred"
    TURNED = "face_turned"
    OCCLUDED = "face_occluded"


@dataclass(frozen=True, slots=True)
class ModelName:
    """The network that turns a face into numbers; encodings of two models are never compared."""

    name: str
    version: str
    """Starts with the weights' digest where the maker gave no version."""
    licence: str
    dimension: int
    metric: str = "euclidean"
    """`euclidean` or `cosine`: how two encodings are compared."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a picture, in the picture's pixels."""

    x: float
    y: float
    width: float
    height: float
    score: float
    """0..1: how sure the detector is."""
    landmarks: Points
    """5 x 2, dlib's order: outer and inner corner of the eye on the picture's right, outer and inner
    corner of the eye on its left, base of the nose."""
    detector: str
    roll: float = 0.0
    """Degrees, clockwise: by how much the head is turned in the picture's plane."""
    points: Points | None = None
    """6 x 2, where the detector sees them: the eye on the picture's left, the other eye, tip of the nose, mouth,
    the ear on the picture's left, the other ear."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width, height."""
        return self.x, self.y, self.width, self.height


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a face can be recognised; measured on pixels, with the doubts that has."""

    side: float
    """Pixels: the shorter side of the box."""
    eye_distance: float
    """Pixels between the middles of the eyes."""
    sharpness: float
    """Of the aligned chip, free of contrast; see `quality`."""
    brightness: float
    """0..1: mean of the aligned chip."""
    yaw: float
    """Degrees, by landmarks: positive when the nose points to the picture's right."""
    pitch: float
    """Degrees, by landmarks: positive when the nose points up. Coarse."""
    roll: float
    """Degrees, clockwise."""
    occlusion: float
    """0..1: a guess that mouth and nose are covered."""
    overall: float
    """0..1: the worst of the parts."""
    refusals: tuple[Refusal, ...]
    """Reasons to turn the face away, the plainest first; empty when it can be used."""
