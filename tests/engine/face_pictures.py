"""Pictures that the tests of the face engine share: those of the development sets, where they are."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from visionmq.engine.face.vision import FaceVision
from visionmq.engine.picture import Pixels

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def picture(path: str) -> Pixels:
    """Return a picture of the development sets, or skip the test."""
    file = DATA / path
    if not file.is_file():
        pytest.skip(f"needs {path} of the development sets")
    return np.asarray(cv2.imread(str(file)), np.uint8)


def crowd(name: str) -> tuple[Pixels, dict[str, Any]]:
    """Return a picture of `faces_detect` and what is known of it."""
    pixels = picture(f"faces_detect/dev/images/{name}")
    return pixels, json.loads((DATA / "faces_detect" / "dev" / "truth.json").read_text())[name]


@cache
def loaded() -> FaceVision:
    """Return the eyes of the engine, loaded once for all tests; they keep nothing of a picture."""
    vision = FaceVision()
    vision.load()
    return vision
