"""How a head is turned, from the six points BlazeFace sees: a rigid head, seen from far away.

The points of a head with ordinary measures are laid on those seen by least squares (scaled orthographic
projection, as in DeMenthon and Davis, 1995, first step). There is no truth of angles in the development sets: their
portraits have medians of 0 to 2 degrees, and mirrored pictures give mirrored angles. Coarse beyond 40 degrees,
where the far ear and eye are guessed.
"""

from typing import Final, NamedTuple

import numpy as np

from visionmq.engine.face.blazeface import Floats

_HEAD: Final = np.array(
    [
        (-31.5, 0.0, 0.0),
        (31.5, 0.0, 0.0),
        (0.0, 42.0, 32.0),
        (0.0, 68.0, 16.0),
        (-72.0, 18.0, -85.0),
        (72.0, 18.0, -85.0),
    ]
)
"""Millimetres, to the picture's right, down, and towards the camera: eyes, tip of the nose, mouth, ears."""


class Pose(NamedTuple):
    """Degrees."""

    yaw: float
    """Positive when the nose points to the picture's right, which is the person's left."""
    pitch: float
    """Positive when the nose points up."""
    roll: float
    """Clockwise."""


def pose_of(points: Floats) -> Pose:
    """Return how the head of BlazeFace's six points is turned."""
    head, seen = _HEAD - _HEAD.mean(0), points - points.mean(0)
    rows = np.linalg.lstsq(head, seen, rcond=None)[0].T
    left, _, right = np.linalg.svd(rows, full_matrices=False)
    across, down = left @ right
    ahead = np.array([across[2], down[2], np.cross(across, down)[2]])
    yaw = np.arctan2(ahead[0], ahead[2])
    pitch = np.arctan2(-ahead[1], np.hypot(ahead[0], ahead[2]))
    roll = np.arctan2(down[0], across[0])
    return Pose(*np.degrees([yaw, pitch, roll]).tolist())
