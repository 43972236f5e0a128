"""A guess whether mouth or eyes are covered: gradients of the aligned chip, weighed by two linear models.

The weights are fitted to portraits on which masks, hands and dark glasses were drawn (training/face_occlusion.py).
What looks like skin or like a mouth, a hand for instance, is seen worst; a beard may look like a cover. What the
face recogniser makes of a covered face is another matter: it may still be right.
"""

from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np

from visionmq.engine.face.blazeface import Floats
from visionmq.engine.picture import Pixels

WEIGHTS: Final = Path(__file__).parent / "data" / "occlusion.npy"
"""2 x (features + 1), float16: mouth and nose, then eyes; the last number is the offset."""
_SIDE: Final = 64


class Cover(NamedTuple):
    """Probabilities, as far as drawn covers are like real ones."""

    mouth: float
    eyes: float


class Occlusion:
    """Guesses what is covered; opened from a file."""

    def __init__(self, weights: Floats | None = None) -> None:
        self._weights = np.load(WEIGHTS, allow_pickle=False).astype(np.float64) if weights is None else weights
        self._gradients = gradients()

    def guess(self, chip: Pixels) -> Cover:
        """Return what may be covered in a chip of 150 x 150 x 3."""
        numbers = self._weights[:, :-1] @ features(self._gradients, chip) + self._weights[:, -1]
        mouth, eyes = (1.0 / (1.0 + np.exp(-np.clip(numbers, -50.0, 50.0)))).tolist()
        return Cover(mouth, eyes)


def gradients() -> Any:
    """Return OpenCV's histograms of gradients (Dalal and Triggs, 2005) of a square of 64 pixels: 1,764 numbers."""
    return cv2.HOGDescriptor((_SIDE, _SIDE), (16, 16), (8, 8), (8, 8), 9)


def features(descriptor: Any, chip: Pixels) -> Floats:
    """Return the numbers that the models weigh."""
    grey = cv2.cvtColor(cv2.resize(chip, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return np.asarray(descriptor.compute(grey), np.float64).ravel()
