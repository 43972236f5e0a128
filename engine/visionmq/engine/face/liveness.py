"""What a frame shows of a person who is asked to turn or to blink: the measures behind a live response.

Five or six points a face see no lids: how open the eyes are is guessed from grey levels, and was looked at on still
pictures only, never on a recording of a person who blinks: of the thirteen persons of ORL's development set, the two
who shut their eyes in a picture are the ones who come to 0.5 and 0.55 of their usual opening; looking down gives 0.61.
"""

from typing import Final

import cv2
import numpy as np

from visionmq.engine.face.encoding import CHIP_SIDE
from visionmq.engine.picture import Pixels

EYES: Final = ((48, 47), (100, 47))
"""Columns and rows of the eyes' middles in dlib's chip of 150 x 150 (its mean shape, padded by a quarter)."""
_REACH_X, _REACH_Y = 14, 9
_LEAST_CONTRAST: Final = 6.0
"""Grey levels: a patch flatter than this shows no eye to judge."""


def openness(chip: Pixels) -> float | None:
    """Return how open the eyes of an aligned chip are, in a unit of its own; None where they cannot be seen.

    An open eye holds a dark, round iris beside bright white: the grey levels of a row through it vary much
    more than those of skin. The mean of both eyes of the variation along rows over that of the whole face.
    """
    grey = np.asarray(cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY), np.float64)
    scale = grey.shape[0] / CHIP_SIDE
    contrast = float(grey.std())
    if contrast < _LEAST_CONTRAST:
        return None
    patches = (_patch(grey, x * scale, y * scale, scale) for x, y in EYES)
    return float(np.mean([np.abs(np.diff(patch, axis=1)).mean() for patch in patches])) / contrast


def _patch(grey: np.ndarray[tuple[int, ...], np.dtype[np.float64]], x: float, y: float, scale: float) -> Pixels:
    reach_x, reach_y = round(_REACH_X * scale), round(_REACH_Y * scale)
    return grey[round(y) - reach_y : round(y) + reach_y, round(x) - reach_x : round(x) + reach_x]  # type: ignore
