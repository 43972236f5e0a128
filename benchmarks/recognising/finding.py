"""How many faces are found, and how many invented."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.recognising.recognisers import Box, Recogniser


@dataclass(slots=True)
class Found:
    """What was found in a set of pictures."""

    right: int = 0
    faces: int = 0
    invented: int = 0
    times: list[float] = field(default_factory=list)
    """Seconds of the processor, a picture."""
    faults: list[str] = field(default_factory=list)


def find_all(recogniser: Recogniser, folder: Path, quarters: int) -> Found:
    """Count faces in the pictures of `truth.json`, turned by quarters of a circle, counter-clockwise."""
    found = Found()
    for name, truth in json.loads((folder / "truth.json").read_text()).items():
        pixels = np.asarray(cv2.imread(str(folder / "images" / name)), np.uint8)
        turned = np.ascontiguousarray(np.rot90(pixels, quarters))
        start = time.process_time()
        boxes = recogniser.find(turned)
        found.times.append(time.process_time() - start)
        noses = [turn(nose, (pixels.shape[1], pixels.shape[0]), quarters) for nose in truth.get("noses", ())]
        right, faces, invented = count(boxes, truth, noses)
        found.right, found.faces, found.invented = found.right + right, found.faces + faces, found.invented + invented
        if right < faces or invented:
            found.faults.append(f"{name} turned by {90 * quarters}: {right} of {faces}, {invented} invented")
    return found


def count(boxes: Sequence[Box], truth: Mapping[str, Any], noses: Sequence[tuple[float, float]]) -> tuple[int, int, int]:
    """Return faces found, faces there are, and boxes that are none: each box may hold one nose that no other has."""
    if "noses" not in truth:
        least, most = truth["faces_min"], truth["faces_max"]
        return min(len(boxes), least), least, max(0, len(boxes) - most)
    taken: set[int] = set()
    for left, top, right, bottom in boxes:
        inside = [place for place, (x, y) in enumerate(noses) if left <= x <= right and top <= y <= bottom]
        if len(inside) == 1:
            taken.add(inside[0])
    return len(taken), len(noses), len(boxes) - len(taken)


def turn(point: Sequence[float], size: tuple[int, int], quarters: int) -> tuple[float, float]:
    """Return where `numpy.rot90` takes a point of a picture of this width and height."""
    (x, y), (width, height) = point, size
    for _ in range(quarters):
        x, y, width, height = y, width - 1 - x, height, width
    return x, y
