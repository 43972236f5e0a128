"""Pictures with their brands outlined and named."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from visionmq.engine.board import SIZES, Board, Colour, fitted, width_of
from visionmq.engine.brand.recognition import Sighting
from visionmq.engine.picture import Pixels
from visionmq.engine.registration.outcome import Array

OVERLAY: Final = "overlay"
SIDE: Final = 1600
"""Longer side of a drawn picture at most."""
_LEAST: Final = 560
"""Longer side that small pictures are enlarged to, so that their names can be read."""
_COLOURS: Final[tuple[Colour, ...]] = (
    (86, 180, 20),
    (230, 120, 30),
    (40, 90, 235),
    (200, 60, 190),
    (20, 170, 230),
    (180, 170, 0),
)
"""One a match, in order; white letters can be read on each."""
_WHITE: Final = (255, 255, 255)
_DARK: Final = (30, 30, 30)
_TINT: Final = 0.10


def draw(pixels: Pixels, matches: Sequence[Sighting]) -> Pixels:
    """Return a picture with the quad, name and probability of each match, or with `unknown` in its corner."""
    scale = min(SIDE / max(pixels.shape[:2]), max(1.0, _LEAST / max(pixels.shape[:2])))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    board = Board(np.array(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=method)))
    size = _letters(board.pixels)
    taken: list[tuple[float, float, float, float]] = []
    for one, colour in [*zip(matches, _COLOURS * len(matches), strict=False)][::-1]:
        quad = one.quad * scale
        board.fill(quad, colour, _TINT)
        board.outline(quad, _WHITE, 5)
        board.outline(quad, colour, 3)
    for one, colour in zip(matches, _COLOURS * len(matches), strict=False):
        _label(board, f"{one.brand}  {_percent(one.probability)}", one.quad * scale, colour, size, taken)
    if not matches:
        _tag(board, "unknown", (10.0, 10.0), _DARK, size)
    return board.finish()


def _percent(probability: float) -> str:
    return f"{min(99, round(100 * probability))} %"


def _letters(pixels: Pixels) -> int:
    """Return the size of the letters that suits a picture."""
    wanted = max(pixels.shape[:2]) / 45
    return min(SIZES, key=lambda size: abs(size - wanted))


def _label(
    board: Board, text: str, quad: Array, colour: Colour, size: int, taken: list[tuple[float, float, float, float]]
) -> None:
    """Set a name above its quad; below or inside it where there is no room, and never over another."""
    height, width = board.pixels.shape[:2]
    text = fitted(text, width - 3 * size, size, "bold")
    wide, high = width_of(text, size, "bold") + 1.2 * size, 1.7 * size
    left = float(np.clip(quad[:, 0].min(), 2, max(2, width - wide - 2)))
    spots = [float(quad[:, 1].min()) - high - 4, float(quad[:, 1].max()) + 4, float(quad[:, 1].min()) + 4]
    spots = [float(np.clip(top, 2, max(2, height - high - 2))) for top in spots]
    free = [top for top in spots if not any(_meet((left, top, wide, high), other) for other in taken)]
    top = (free or spots)[0]
    taken.append((left, top, wide, high))
    _tag(board, text, (left, top), colour, size)


def _meet(first: tuple[float, float, float, float], second: tuple[float, float, float, float]) -> bool:
    return (
        first[0] < second[0] + second[2]
        and second[0] < first[0] + first[2]
        and first[1] < second[1] + second[3]
        and second[1] < first[1] + first[3]
    )


def _tag(board: Board, text: str, at: tuple[float, float], colour: Colour, size: int) -> None:
    wide, high = width_of(text, size, "bold") + 1.2 * size, 1.7 * size
    board.pill(at[0], at[1], wide, high, colour)
    board.text(text, (at[0] + 0.6 * size, at[1] + 1.22 * size), size, _WHITE, "bold")
