"""Evidence in pictures: what was read, each in its place and with its state, and a panel of all that was judged."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.board import Board, Colour, load_pens, width_of
from visionmq.engine.document.drawing.legend import colour_of, draw_legend
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad
from visionmq.schemas.document.documents import Document
from visionmq.schemas.document.fields import Field

__all__ = ["draw_overlay", "load_pens"]

Array: TypeAlias = np.ndarray[Any, Any]

_PAGE: Final[Colour] = (235, 99, 37)
_FRAMES: Final[dict[str, Colour]] = {"portrait": (237, 58, 124), "signature": (136, 148, 13)}
_BARCODE: Final[Colour] = (178, 145, 8)
_LEAST_WIDTH: Final = 1200
_MOST_WIDTH: Final = 1600
_MOST_HEIGHT: Final = 1400
"""Pixels of the annotated picture: small ones are enlarged so that frames do not hide letters."""
_SHADE: Final = 0.62
"""Brightness of what lies outside the page."""
_TINT: Final = 0.16
_LOOSE: Final = 0.22
"""What the frame of a zone's field stands off its letters above and below, in their height."""


def draw_overlay(pixels: Pixels, document: Document, frames: Mapping[str, Quad] | None = None) -> Pixels:
    """Return the picture with each field framed by its state, and a panel of what was read and judged under it.

    Green may be relied on, amber is in doubt, red is wrong. `frames` are further places to show, by names such as
    `portrait` and `signature`. All quads are in pixels of the picture; `load_pens` must have been called where no
    file may be opened.
    """
    scale = _scale(pixels)
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    board = Board(np.asarray(resized, np.uint8))
    if document.page is not None:
        _draw_page(board, _points(document.page, scale))
    for name, field in document.fields.items():
        if field.quad is not None and field.source in ("mrz", "template", "visual") and not _is_whole(name):
            _draw_field(board, field, _points(field.quad, scale))
    _draw_barcodes(board, document, scale)
    for name, quad in (frames or {}).items():
        _draw_tagged(board, name, _points(quad, scale), _FRAMES.get(name, _PAGE))
    picture = board.finish()
    panel = draw_legend(document, max(picture.shape[1], _LEAST_WIDTH))
    return np.vstack([_centred(picture, panel.shape[1]), panel])


def _scale(pixels: Pixels) -> float:
    height, width = pixels.shape[:2]
    return float(min(max(1.0, _LEAST_WIDTH / width), _MOST_WIDTH / width, _MOST_HEIGHT / height))


def _centred(picture: Pixels, width: int) -> Pixels:
    """Return the picture in the middle of a darker ground of this width."""
    spare = width - picture.shape[1]
    sides = (spare // 2, spare - spare // 2)
    return np.asarray(cv2.copyMakeBorder(picture, 0, 0, *sides, cv2.BORDER_CONSTANT, value=(60, 52, 48)))


def _points(quad: Quad, scale: float) -> Array:
    return (np.array(quad.points) + 0.5) * scale - 0.5


def _is_whole(name: str) -> bool:
    return name.startswith(("full_mrz", "mrz_line"))


def _draw_page(board: Board, corners: Array) -> None:
    """Darken what is not the page, and draw its corners as brackets."""
    mask = np.zeros(board.pixels.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(corners * 8).astype(np.int32)], 255, cv2.LINE_AA, 3)
    soft = cv2.GaussianBlur(mask, (0, 0), 1.5)[:, :, None].astype(np.float32) / 255
    board.pixels = np.asarray(board.pixels * (_SHADE + (1 - _SHADE) * soft), np.uint8)
    board.outline(corners, _PAGE, 1)
    for index in range(4):
        here, before, after = corners[index], corners[index - 1], corners[(index + 1) % 4]
        board.path(np.array([here + (before - here) * 0.07, here, here + (after - here) * 0.07]), _PAGE, 4)


def _draw_field(board: Board, field: Field, corners: Array) -> None:
    colour = colour_of(field)
    loose = _LOOSE if field.source == "mrz" else 0.0
    down = (corners[[3, 2]] - corners[[0, 1]]) * loose
    corners = np.array([corners[0] - down[0], corners[1] - down[1], corners[2] + down[1], corners[3] + down[0]])
    board.fill(corners, colour, _TINT)
    board.outline(corners, colour, 2 if _height(corners) > 14 else 1)


def _height(corners: Array) -> float:
    return float(np.linalg.norm(corners[3] - corners[0]))


def _draw_barcodes(board: Board, document: Document, scale: float) -> None:
    """Draw each barcode once, whatever many fields stand in it."""
    codes = [field for field in document.fields.values() if field.source == "barcode" and field.quad is not None]
    for points in {tuple(field.quad.points) for field in codes if field.quad is not None}:
        _draw_tagged(board, "barcode", _points(Quad(list(points)), scale), _BARCODE)


def _draw_tagged(board: Board, name: str, corners: Array, colour: Colour) -> None:
    """Draw a frame with its name on a small tag at its top left."""
    board.outline(corners, colour, 2)
    width = width_of(name, 13, "bold") + 12
    left = float(np.clip(corners[0][0] - 1, 0, board.pixels.shape[1] - width))
    top = float(np.clip(corners[0][1] - 19, 0, board.pixels.shape[0] - 19))
    board.fill(np.array([[left, top], [left + width, top], [left + width, top + 19], [left, top + 19]]), colour)
    board.text(name, (left + 6, top + 14), 13, (255, 255, 255), "bold")
