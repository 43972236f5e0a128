"""A case in one picture: the document with what was read, the selfie beside it, and the decision with every reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

import cv2
import numpy as np

from visionmq.engine.access.case_document import Read
from visionmq.engine.access.case_faces import Seen
from visionmq.engine.board import Board, Colour, fitted
from visionmq.engine.document.drawing.overlay import draw_overlay
from visionmq.engine.face.answer import overlay
from visionmq.engine.picture import Picture, Pixels, encode_jpeg, encode_png
from visionmq.schemas.access.reasons import FOR, Reason
from visionmq.schemas.case import Case, Comparison

_GROUND: Final[Colour] = (60, 52, 48)
_PANEL: Final[Colour] = (250, 248, 246)
_INK: Final[Colour] = (45, 38, 34)
_PALE: Final[Colour] = (130, 120, 112)
_GOOD: Final[Colour] = (74, 163, 22)
_WRONG: Final[Colour] = (38, 38, 220)
_ABOUT_FACES: Final = (Reason.PORTRAIT_MATCHED, Reason.PORTRAIT_DIFFERS, Reason.PORTRAIT_UNCERTAIN)
_SIDE: Final = 560
"""Width of the selfie's column in pixels."""
_LEAST_HEIGHT: Final = 360
_GAP: Final = 16
_LINE: Final = 32


@dataclass(frozen=True, slots=True)
class Frame:
    """One wanted picture."""

    name: str
    item: int
    frame: bytes
    media_type: str


def frames_of(
    pictures: tuple[Picture, Picture], read: Read, portrait: Seen, selfie: Seen, case: Case, want: Sequence[str]
) -> Iterator[Frame]:
    """Yield the wanted pictures that there are."""
    if _wants(want, "overlay"):
        yield Frame("overlay", 0, encode_jpeg(draw_case(pictures, read, portrait, selfie, case)), "image/jpeg")
    if _wants(want, "portrait") and read.portrait is not None:
        yield Frame("portrait", 0, encode_png(read.portrait), "image/png")
    if _wants(want, "selfie") and selfie.probe is not None:
        yield Frame("selfie", 1, encode_jpeg(_selfie(pictures[1], selfie, case.comparison)), "image/jpeg")


def _wants(want: Sequence[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in want)


def draw_case(pictures: tuple[Picture, Picture], read: Read, portrait: Seen, selfie: Seen, case: Case) -> Pixels:
    """Return the case as one picture; `load_pens` must have been called where no file may be opened."""
    places = {} if portrait.told.quad is None else {"portrait": portrait.told.quad}
    left = draw_overlay(pictures[0].pixels, read.document, places)
    right = _fitted_to(_selfie(pictures[1], selfie, case.comparison), _SIDE)
    height = max(left.shape[0], right.shape[0], _LEAST_HEIGHT) + 2 * _GAP
    width = left.shape[1] + right.shape[1] + 3 * _GAP
    page: Pixels = np.full((height, width, 3), _GROUND, np.uint8)
    page[_GAP : _GAP + left.shape[0], _GAP : _GAP + left.shape[1]] = left
    at = left.shape[1] + 2 * _GAP
    page[_GAP : _GAP + right.shape[0], at : at + right.shape[1]] = right
    return np.vstack([_panel(case, width), page])


def _selfie(picture: Picture, selfie: Seen, comparison: Comparison | None) -> Pixels:
    if selfie.probe is None or selfie.probe.face is None:
        return picture.pixels
    caption = "selfie" if comparison is None else f"distance {comparison.distance:.3f} to the portrait"
    good = comparison is not None and comparison.same is True
    return np.asarray(overlay(picture, [(selfie.probe.face, caption, good)]), np.uint8)


def _fitted_to(pixels: Pixels, width: int) -> Pixels:
    size = (width, max(1, round(pixels.shape[0] * width / pixels.shape[1])))
    way = cv2.INTER_AREA if pixels.shape[1] > width else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)


def _panel(case: Case, width: int) -> Pixels:
    """Return the decision, and its reasons in two columns: for it, and against it."""
    decision = case.decision
    columns = [[one for one in decision.reasons if (one in FOR) is side] for side in (True, False)]
    height = 90 + _LINE * max(1, *map(len, columns))
    board = Board(np.full((height, width, 3), _PANEL, np.uint8))
    colour = _GOOD if decision.allowed else _WRONG
    board.pill(_GAP, 12, 160, 42, colour)
    board.text(decision.decision.upper(), (_GAP + 44, 41), 24, (255, 255, 255), "bold")
    said = f"car {decision.car}   policy {decision.policy}   audit {decision.audit_sequence}   {decision.decided_at}"
    board.text(fitted(said, width - 240, 17), (_GAP + 184, 40), 17, _PALE)
    for place, (reasons, ink) in enumerate(zip(columns, (_GOOD, _WRONG), strict=True)):
        _list(board, reasons, _GAP + place * width / 2, ink, case, width / 2 - 2 * _GAP)
    return board.finish()


def _list(board: Board, reasons: Sequence[Reason], left: float, ink: Colour, case: Case, room: float) -> None:
    for line, reason in enumerate(reasons):
        y = 92 + line * _LINE
        board.dot((left + 8, y - 7), 7, ink)
        board.text(fitted(_words(reason, case), room - 30, 20), (left + 28, y), 20, _INK)


def _words(reason: Reason, case: Case) -> str:
    """Return a reason in words, with its figure where it has one."""
    text = reason.value.replace("_", " ")
    about = {
        Reason.DOCUMENT_SUSPECT: ", ".join(case.document.failed_checks),
        Reason.DOCUMENT_EXPIRED: case.document.expiry_date or "",
        Reason.TOO_YOUNG: "" if case.document.age is None else f"{case.document.age} years",
        Reason.SELFIE_REFUSED: case.selfie.refused or "",
        Reason.DOCUMENT_NOT_READ: case.document.reason or "",
    }
    comparison = case.comparison
    if comparison is not None and comparison.distance is not None:
        figure = f"distance {comparison.distance:.3f}, at most {comparison.threshold:.3f}"
        about |= dict.fromkeys(_ABOUT_FACES, figure)
    return f"{text}: {about[reason]}" if about.get(reason) else text
