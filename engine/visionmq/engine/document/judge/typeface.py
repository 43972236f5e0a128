"""Typefaces of one width, and which of them letters are printed in.

Each letter that was read is laid under pictures of the same letter in OCR-B and in other faces; the face that
correlates best over all letters is the one it is printed in, if the letters are sharp enough to tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from visionmq.engine.document.mrz.reading import ALPHABET, INDEX

Array: TypeAlias = np.ndarray[Any, Any]

STANDARD: Final = "OCR-B"
OTHERS: Final = {
    "Liberation Mono": 0.9127,
    "Liberation Mono Bold": 0.9127,
    "DejaVu Sans Mono": 0.8248,
    "DejaVu Sans Mono Bold": 0.8248,
    "CMU Typewriter": 0.8607,
    "OCR-A": 0.9533,
}
"""Rows of `typefaces.png`, which training/typefaces.py draws, and how wide their letters' cells are for a capital's
height of one. They stand for the many faces that a forger may have at hand."""
_DATA: Final = Path(__file__).parents[1] / "data"

CAP: Final = 20
"""Pixels from head to foot of a capital letter in what is compared, and from letter to letter."""
PROPORTION: Final = 1.04
"""Height of a capital letter over the pitch in zones as they are printed (dev set: median 1.05)."""
TALL: Final = 26
"""Pixels of a letter's picture from top to bottom."""
SLACK: Final = (3, 3)
"""How far a letter may stand from its place, along and across, in these pixels."""
_ALONG: Final = np.tile(np.arange(-SLACK[0], SLACK[0] + 1), 2 * SLACK[1] + 1)
_BLURS: Final = (0.6, 1.2, 1.8, 2.6)
"""Pixels: letters of 40 down to 8 pixels in the picture."""


@dataclass(frozen=True, slots=True)
class Typefaces:
    """Pictures of all characters in several faces at several degrees of blur."""

    letters: Array
    """(sheets, blurs, 37, TALL, CAP) float32, ink 1, paper 0; the first sheet is OCR-B."""
    names: tuple[str, ...]
    """The face of each sheet; a face may have two."""


def load_typefaces() -> Typefaces:
    """Draw OCR-B and read the other faces, each at its own width and spread to the standard's pitch."""
    sheets = {STANDARD: [draw_face(_DATA / "OCRB.otf")]}
    atlas = cv2.imdecode(np.frombuffer((_DATA / "typefaces.png").read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    if atlas is None or atlas.shape != (len(OTHERS) * TALL, len(ALPHABET) * CAP):
        raise ValueError("typefaces.png is not the sheet that training/typefaces.py draws.")
    for row, (name, width) in zip(np.vsplit(atlas, len(OTHERS)), OTHERS.items(), strict=True):
        sheet = np.array(np.hsplit(row, len(ALPHABET)))
        sheets[name] = [sheet, _narrowed(sheet, width * PROPORTION)]
    letters = [[_blurred(sheet, blur) for blur in _BLURS] for own in sheets.values() for sheet in own]
    names = tuple(name for name, own in sheets.items() for _ in own)
    return Typefaces(np.array(letters, np.float32) / 255, names)


def width_of(path: Path) -> float:
    """Return how wide the letters' cells of a face are for a capital's height of one."""
    font = ImageFont.truetype(path, 400)
    _, top, _, foot = font.getbbox("H", anchor="ls")
    return float(font.getlength("H") / (foot - top))


def draw_face(path: Path) -> Array:
    """Return all characters of a face of one width, (37, TALL, CAP) uint8, ink 255."""
    zoom = 8
    font = ImageFont.truetype(path, 400)
    _, top, _, foot = font.getbbox("H", anchor="ls")
    height, advance = foot - top, font.getlength("H")
    sheet = []
    for character in ALPHABET:
        room = (round(advance * 1.5), round(height * 2))
        image = Image.new("L", room)
        ImageDraw.Draw(image).text((room[0] / 2, height * 1.5), character, 255, font, anchor="ms")
        scale_x, scale_y = CAP * zoom / advance, CAP * zoom / height
        matrix = np.array(
            [
                [scale_x, 0, CAP * zoom / 2 - room[0] / 2 * scale_x],
                [0, scale_y, (TALL + CAP) / 2 * zoom - height * 1.5 * scale_y],
            ]
        )
        large = cv2.warpAffine(np.asarray(image), matrix, (CAP * zoom, TALL * zoom), flags=cv2.INTER_AREA)
        sheet.append(cv2.resize(large, (CAP, TALL), interpolation=cv2.INTER_AREA))
    return np.array(sheet)


def _narrowed(sheet: Array, factor: float) -> Array:
    """Return letters made narrower (or wider) in cells of the same width."""
    matrix = np.array([[factor, 0, (1 - factor) * (CAP - 1) / 2], [0, 1, 0]])
    return np.array([cv2.warpAffine(letter, matrix, (CAP, TALL)) for letter in sheet])


def _blurred(sheet: Array, blur: float) -> Array:
    padded = np.pad(sheet, ((0, 0), (8, 8), (8, 8)))
    return np.array([cv2.GaussianBlur(letter, (0, 0), blur)[8:-8, 8:-8] for letter in padded])


def compare(faces: Typefaces, letters: Sequence[tuple[Array, float, str]]) -> tuple[dict[str, float], Array]:
    """Return the mean correlation with each face, -1 to 1, and how far each letter is from its place along the line.

    A letter is the ink of its line (float32, TALL + 2 SLACK rows, letters CAP high in their middle, CAP pixels
    apart), the column its middle should be at, and its character. The blur is the picture's, not the face's: it is
    the one at which OCR-B fits best.
    """
    cells = [_patches(line, x) for line, x, _ in letters]
    columns = [INDEX[character] for _, _, character in letters]
    blurs = np.mean([_best(cell, faces.letters[0, :, at])[0] for cell, at in zip(cells, columns, strict=True)], axis=0)
    chosen = faces.letters[:, int(blurs.argmax())]
    found = [_best(cell, chosen[:, at]) for cell, at in zip(cells, columns, strict=True)]
    means: Array = np.mean([scores for scores, _ in found], axis=0)
    own = int(means.argmax())
    likeness: dict[str, float] = {}
    for name, mean in zip(faces.names, means, strict=True):
        likeness[name] = max(likeness.get(name, -1.0), round(float(mean), 4))
    return likeness, np.array([_ALONG[places[own]] for _, places in found])


def _best(cell: Array, letters: Array) -> tuple[Array, Array]:
    """Return for each picture of a letter its best correlation with the places of a cell, and which place it is."""
    correlations = cell @ _unit(letters.reshape(len(letters), -1)).T
    best = correlations.argmax(axis=0)
    return correlations[best, np.arange(len(letters))], best


def _patches(line: Array, x: float) -> Array:
    """Return all places that a letter near x may have, as rows of unit length; `_ALONG` says where each is."""
    size = (CAP + 2 * SLACK[0], line.shape[0])
    whole = cv2.getRectSubPix(line, size, (x - 0.5, line.shape[0] / 2 - 0.5))
    windows = np.lib.stride_tricks.sliding_window_view(whole, (TALL, CAP))
    return _unit(windows.reshape(-1, TALL * CAP))


def _unit(rows: Array) -> Array:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6), np.float32)
