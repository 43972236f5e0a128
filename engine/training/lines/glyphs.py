"""Letters as pictures: the faces that issuers print zones in, at several weights of stroke."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.lines.texts import ALPHABET

Array: TypeAlias = np.ndarray[Any, Any]

CAP: Final = 48
"""Height of a capital letter in pixels of the canvas."""
CELL_HEIGHT: Final = 72
BASELINE: Final = 60
"""Of a cell: a letter stands on this row."""
_WEIGHTS: Final = (-3, -1, 0, 1, 3, 5)
"""Pixels by which strokes are thinned (below 0) or thickened."""
_SHIPPED: Final = Path(__file__).parents[2] / "visionmq" / "engine" / "document" / "data" / "OCRB.otf"
_OTHERS: Final = (
    ("OCRBS.otf", 3.0),
    ("OCRA.ttf", 0.35),
    ("LiberationMono-Regular.ttf", 0.5),
    ("LiberationMono-Bold.ttf", 0.35),
    ("DejaVuSansMono.ttf", 0.35),
    ("FreeMonoBold.otf", 0.35),
)
"""File names in /usr/share/fonts and how often each is drawn; OCR-B itself has 6."""


@dataclass(frozen=True, slots=True)
class Face:
    """One typeface at one weight: `cells` (37, CELL_HEIGHT, pitch) of ink, 0 to 1."""

    name: str
    cells: Array
    often: float

    @property
    def pitch(self) -> int:
        """Width of a cell in pixels of the canvas."""
        return int(self.cells.shape[2])


def shipped_faces() -> list[Face]:
    """Return the face that comes with the engine, at every weight."""
    return _weights(_SHIPPED, 6.0)


def load_faces(folder: Path = Path("/usr/share/fonts")) -> list[Face]:
    """Return every face at every weight; raise FileNotFoundError naming the Debian packages that lack."""
    files = {path.name: path for path in folder.rglob("*") if path.suffix in (".otf", ".ttf")}
    missing = [name for name, _ in _OTHERS if name not in files]
    if missing:
        packages = "fonts-ocr-b fonts-ocr-a fonts-liberation fonts-dejavu fonts-freefont-otf"
        raise FileNotFoundError(f"{', '.join(missing)} not found below {folder}; apt-get install {packages}")
    listed: Sequence[tuple[Path, float]] = [(files[name], often) for name, often in _OTHERS]
    return shipped_faces() + [face for path, often in listed for face in _weights(path, often)]


def _weights(path: Path, often: float) -> list[Face]:
    regular = _draw(path)
    return [Face(f"{path.stem}{change:+d}", _change(regular, change), often) for change in _WEIGHTS]


def _draw(path: Path) -> Array:
    font = ImageFont.truetype(str(path), 200)
    cap = -font.getbbox("H", anchor="ls")[1]
    font = ImageFont.truetype(str(path), round(200 * CAP / cap))
    pitch = round(font.getlength("A"))
    cells = np.zeros((len(ALPHABET), CELL_HEIGHT, pitch), np.float32)
    for index, character in enumerate(ALPHABET):
        image = Image.new("L", (pitch, CELL_HEIGHT), 0)
        ImageDraw.Draw(image).text((0, BASELINE), character, font=font, fill=255, anchor="ls")
        cells[index] = np.asarray(image, np.float32) / 255
    return cells


def _change(cells: Array, change: int) -> Array:
    if change == 0:
        return cells
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(change) + 1, abs(change) + 1))
    work = cv2.dilate if change > 0 else cv2.erode
    return np.stack([np.asarray(work(cell, kernel), np.float32) for cell in cells])
