"""How well a face can be recognised: its size, its sharpness, its turn, its light, and what may cover it.

The limits stand where, on the development pictures made worse step by step, recognition begins to suffer,
and where none of the ordinary portraits (LFW, ORL, photographs of the web) lies.
"""

from typing import Final

import cv2
import numpy as np

from visionmq.engine.face.blazeface import Floats
from visionmq.engine.face.pose import pose_of
from visionmq.engine.face.values import Face, Quality, Refusal
from visionmq.engine.picture import Pixels

LEAST_SIDE: Final = 32.0
"""Pixels. Of the same person's pictures in LFW, 2.5 % lie above 0.6 at 32, 5 % at 26, 15 % at 20."""
LEAST_SHARPNESS: Final = 0.045
"""See `sharpness`. Ordinary portraits begin at 0.06; blur of 3 % of a face's width gives 0.05, and 12 to 25 % lost."""
MOST_YAW: Final = 40.0
"""Degrees: portraits end at 37; only faces in groups of people lie beyond."""
MOST_PITCH: Final = 35.0
MOST_OCCLUSION: Final = 0.6
"""See `occlusion`. ORL's portraits, glasses and beards included, end at 0.49, web photographs at 0.30, a masked face has 0.67."""
_USUAL_SIDE: Final = 80.0
"""Pixels: beyond it, size gains nothing."""
_USUAL_SHARPNESS: Final = 0.1
_DARK, _BRIGHT = 0.15, 0.9
"""0..1: means of the chip outside of which little is left of a face."""
_INNER: Final = (slice(25, 135), slice(20, 130))
"""Rows and columns of the chip that show the face, not the hair."""
_SECOND_DERIVATIVES: Final = (
    ((0, 0, 0), (1, -2, 1), (0, 0, 0)),
    ((0, 1, 0), (0, -2, 0), (0, 1, 0)),
    ((0.5, 0, 0), (0, -1, 0), (0, 0, 0.5)),
    ((0, 0, 0.5), (0, -1, 0), (0.5, 0, 0)),
)


def judge(chip: Pixels, face: Face, occlusion: float = 0.0) -> Quality:
    """Return the quality of a face and the reasons against it; `chip` is dlib's, 150 x 150 x 3, BGR.

    `occlusion` is the guess that something covers it, 0 to 1 (see `occlusion`).
    """
    grey = np.asarray(cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY), np.uint8)
    eyes = face.landmarks[:2].mean(0) - face.landmarks[2:4].mean(0)
    side, sharp = min(face.width, face.height), sharpness(grey)
    yaw, pitch = turn_of(face)
    brightness = float(grey[_INNER].mean()) / 255.0
    refusals = {
        Refusal.TOO_SMALL: side < LEAST_SIDE,
        Refusal.TURNED: abs(yaw) > MOST_YAW or abs(pitch) > MOST_PITCH,
        Refusal.OCCLUDED: occlusion > MOST_OCCLUSION,
        Refusal.BLURRED: sharp < LEAST_SHARPNESS,
    }
    parts = (
        (side - 0.5 * LEAST_SIDE) / (_USUAL_SIDE - 0.5 * LEAST_SIDE),
        sharp / _USUAL_SHARPNESS,
        1.0 - max(abs(yaw) / (2.0 * MOST_YAW), abs(pitch) / (2.0 * MOST_PITCH)),
        1.0 - occlusion,
        min(brightness / _DARK, (1.0 - brightness) / (1.0 - _BRIGHT)),
    )
    return Quality(
        side=side,
        eye_distance=float(np.hypot(*eyes)),
        sharpness=sharp,
        brightness=brightness,
        yaw=yaw,
        pitch=pitch,
        roll=face.roll,
        occlusion=occlusion,
        overall=float(np.clip(min(parts), 0.0, 1.0)),
        refusals=tuple(reason for reason, holds in refusals.items() if holds),
    )


def sharpness(grey: Pixels) -> float:
    """Return how sharp a chip is in its least sharp direction, over its contrast; about 0.06 to 0.25 in portraits.

    The 95th percentile of the second derivative, after a little smoothing against noise, over the standard
    deviation: motion blurs one direction only.
    """
    inner = cv2.GaussianBlur(grey[_INNER].astype(np.float32), (0, 0), 1.0)
    contrast = float(np.std(inner)) + 1e-6
    edges = (cv2.filter2D(inner, -1, np.array(kernel, np.float32)) for kernel in _SECOND_DERIVATIVES)
    return min(float(np.percentile(np.abs(edge), 95.0)) for edge in edges) / contrast


def turn_of(face: Face) -> tuple[float, float]:
    """Return yaw and pitch in degrees; from the five points alone, the yaw is coarser and the pitch is not known."""
    if face.points is not None:
        pose = pose_of(face.points)
        return pose.yaw, pose.pitch
    return _yaw_of_five(face.landmarks), 0.0


_NOSE_TO_YAW: Final = 94.0
"""Degrees for each distance of the eyes by which the nose is off their middle; fitted to the six points' yaw."""


def _yaw_of_five(landmarks: Floats) -> float:
    right, left = landmarks[:2].mean(0), landmarks[2:4].mean(0)
    across = right - left
    off = (landmarks[4] - (right + left) / 2.0) @ across / max(float(across @ across), 1e-6)
    return float(np.clip(_NOSE_TO_YAW * off, -90.0, 90.0))
