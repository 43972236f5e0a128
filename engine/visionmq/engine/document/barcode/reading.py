"""Two-dimensional barcodes in a picture: PDF417, QR, Aztec and Data Matrix, at any rotation.

The cheap attempt reads the whole picture once. Only where the texture of a barcode stands in the picture and nothing
was read there does the hard search begin: the place is cut out in full resolution, turned until its sides are level
(a PDF417 turned by more than about seven degrees is lost to row-wise readers), enlarged, sharpened, inverted.
Every reading has passed the symbol's own error correction; there is no guessing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
import zxingcpp

from visionmq.engine.document.barcode.attempts import FIRST_LOOK, SECOND_LOOK, prepare
from visionmq.engine.document.barcode.places import WORK_SIDE, Place, edge_energy, find_places, is_noisy
from visionmq.engine.picture import Pixels
from visionmq.schemas.common import Quad

Array = np.ndarray[Any, np.dtype[np.float32]]
Clock = Callable[[], float]

BUDGET: Final = 0.8
"""Seconds for the hard search. Places without a symbol are left after a few milliseconds and all drawn symbols that
any attempt reads are read within 0.15 s; the rest is for busy machines."""
MOST_BARCODES: Final = 16
"""A picture full of symbols is an attack or a test sheet, no document."""
_LARGER: Final = 1.4
"""A picture that is so many times larger than the first look is looked over once more at twice its resolution."""
_CALMED: Final = 1.0
"""Pixels by which a noisy picture is blurred; with noise of deviation 24 drawn PDF417 with modules of 3 px are read."""
_LOCAL, _GLOBAL = zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram
_KINDS: Final = {
    zxingcpp.BarcodeFormat.PDF417: "pdf417",
    zxingcpp.BarcodeFormat.QRCode: "qr",
    zxingcpp.BarcodeFormat.Aztec: "aztec",
    zxingcpp.BarcodeFormat.DataMatrix: "datamatrix",
}
_FORMATS: Final = zxingcpp.BarcodeFormats(
    [*_KINDS, zxingcpp.BarcodeFormat.MicroQRCode, zxingcpp.BarcodeFormat.RMQRCode, zxingcpp.BarcodeFormat.MicroPDF417]
)
_BINARY: Final = (zxingcpp.ContentType.Binary, zxingcpp.ContentType.Mixed, zxingcpp.ContentType.UnknownECI)


@dataclass(frozen=True, slots=True)
class Barcode:
    """One symbol and what it holds."""

    kind: str
    """`pdf417`, `qr`, `aztec` or `datamatrix`."""
    symbology: str
    """The exact symbology, for instance `MicroQRCode`."""
    text: str
    """The content as text, control characters included; of binary content, byte by byte as Latin-1."""
    data: bytes
    binary: bool
    """Whether the content is not text alone."""
    quad: Quad
    """In pixels of the picture; corner order as the symbol is read."""
    attempts: int
    """How many readings were tried before this one succeeded; 0 for the cheap one."""


def read_barcodes(
    pixels: Pixels, budget: float = BUDGET, clock: Clock = time.monotonic, *, thorough: bool = True
) -> list[Barcode]:
    """Return the symbols in a picture, top to bottom, each once.

    `budget` is the time in seconds that the hard search may take; it is looked at before each attempt, which takes
    1 to 15 ms. With 0 only the cheap attempt is made. `thorough` looks for small symbols in large pictures, which
    costs 20 to 60 ms more at 12 megapixels; it is not worth that where a zone was read already.
    """
    deadline = clock() + budget
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    work, scale = _shrunk(gray, WORK_SIDE)
    found, _ = _read(work, _LOCAL, _matrix(1 / scale, 1 / scale), 0)
    if budget > 0:
        found = _look_closer(gray, work, scale, found, lambda: clock() < deadline)
        if thorough and not found and max(gray.shape) > _LARGER * WORK_SIDE:
            closer, scale = _shrunk(gray, 2 * WORK_SIDE)
            found = _look_closer(gray, closer, scale, found, lambda: clock() < deadline)
    return _distinct(found)[:MOST_BARCODES]


def _shrunk(gray: Pixels, side: int) -> tuple[Pixels, float]:
    """Return a picture whose longer side is at most `side`, and its scale."""
    scale = min(1.0, side / max(gray.shape))
    if scale == 1:
        return gray, scale
    return np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8), scale


def _look_closer(
    gray: Pixels, work: Pixels, scale: float, found: list[Barcode], may_go_on: Callable[[], bool]
) -> list[Barcode]:
    """Add to what was found what the hard search reads at the places of a shrunk picture."""
    energy = edge_energy(work)
    if is_noisy(energy):
        gray, work = (np.asarray(cv2.GaussianBlur(one, (0, 0), _CALMED), np.uint8) for one in (gray, work))
        energy = edge_energy(work)
    for near in find_places(work, energy):
        place = near.scaled(1 / scale)
        here = [barcode for barcode in found if place.holds(*_centre(barcode))]
        new = [] if here else _search(gray, place, may_go_on)
        found = [_framed(barcode, place) if barcode in here else barcode for barcode in found]
        found += [_framed(barcode, place) for barcode in new]
    return found


def _search(gray: Pixels, place: Place, may_go_on: Callable[[], bool]) -> list[Barcode]:
    """Try a place harder and harder until something is read, nothing like a symbol is seen, or time is up."""
    seen = False
    for number, attempt in enumerate((*FIRST_LOOK, *SECOND_LOOK)):
        if not may_go_on() or (number >= len(FIRST_LOOK) and not seen):
            break
        piece, back = prepare(gray, place, attempt)
        found, broken = _read(piece, _GLOBAL if attempt.even else _LOCAL, back, number + 1)
        if found:
            return found
        seen = seen or broken
    return []


def _read(gray: Pixels, binarizer: zxingcpp.Binarizer, back: Array, attempts: int) -> tuple[list[Barcode], bool]:
    """Return what was read, and whether a symbol was seen that could not be."""
    results = zxingcpp.read_barcodes(
        np.ascontiguousarray(gray),
        formats=_FORMATS,
        try_downscale=False,
        try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=binarizer,
        return_errors=True,
    )
    valid = [result for result in results if result.valid]
    return [_barcode(result, back, attempts) for result in valid], len(valid) < len(results)


def _barcode(result: zxingcpp.Barcode, back: Array, attempts: int) -> Barcode:
    symbology = zxingcpp.BarcodeFormat(result.symbology)
    binary = result.content_type in _BINARY and not _is_text(result.bytes)
    return Barcode(
        kind=_KINDS.get(symbology, "qr"),
        symbology=zxingcpp.BarcodeFormat(result.format).name,
        text=result.bytes.decode("latin-1") if binary else result.text,
        data=result.bytes,
        binary=binary,
        quad=_quad(result.position, back),
        attempts=attempts,
    )


def _is_text(data: bytes) -> bool:
    """The library takes any control character for binary content; separators (FS to US, EOT, line ends) are text's."""
    controls = {byte for byte in data if byte < 32} - {4, 9, 10, 13, 28, 29, 30, 31}
    return data.isascii() and not controls


def _quad(position: zxingcpp.Position, back: Array) -> Quad:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    points = np.array([[(corner.x, corner.y) for corner in corners]], np.float32)
    return Quad([(round(float(x), 1), round(float(y), 1)) for x, y in cv2.perspectiveTransform(points, back)[0]])


def _matrix(x: float, y: float) -> Array:
    return np.diag([x, y, 1.0]).astype(np.float32)


def _centre(barcode: Barcode) -> tuple[float, float]:
    x, y = np.mean(barcode.quad.points, axis=0)
    return float(x), float(y)


def _framed(barcode: Barcode, place: Place) -> Barcode:
    """Give a PDF417 its whole frame: the library's ends before the right row indicators."""
    if barcode.kind != "pdf417":
        return barcode
    first = int(np.argmin(np.linalg.norm(place.corners - np.array(barcode.quad.points[0]), axis=1)))
    corners = np.roll(place.corners, -first, axis=0)
    return replace(barcode, quad=Quad([(round(float(x), 1), round(float(y), 1)) for x, y in corners]))


def _distinct(found: list[Barcode]) -> list[Barcode]:
    """Drop what was read twice at the same spot; two symbols with one text stay two."""
    kept: list[Barcode] = []
    for barcode in sorted(found, key=lambda one: _centre(one)[::-1]):
        if not any(one.data == barcode.data and _near(one, barcode) for one in kept):
            kept.append(barcode)
    return kept


def _near(one: Barcode, other: Barcode) -> bool:
    size = float(np.ptp(np.array(one.quad.points), axis=0).max())
    return float(np.hypot(*np.subtract(_centre(one), _centre(other)))) < size / 2
