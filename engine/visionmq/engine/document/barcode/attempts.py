"""How a place is made ready for another try at reading its barcode: levelled, enlarged, sharpened, inverted."""

from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy import fft

from visionmq.engine.document.barcode.places import Place, cut_out
from visionmq.engine.picture import Pixels

Array = np.ndarray[Any, np.dtype[np.float32]]

_SHARPENED: Final = 1.5
"""Share of the blurred picture that an unsharp mask takes away."""
_NOISE: Final = 0.003
"""Power of noise to that of the picture in the Wiener filter; noise of deviation 1.5 to 3 behind drawn symbols."""
_RIM: Final = 16
"""Pixels of mirrored rim against ringing at the piece's edges."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to look at a place."""

    scale: float
    """Enlargement."""
    radius: float = 0.0
    """Of the unsharp mask, in pixels of the picture."""
    blur: float = 0.0
    """Deviation of a blur that is undone before enlarging, in pixels of the picture."""
    even: bool = False
    """Take one threshold for all of the piece, not one for every neighbourhood."""
    inverted: bool = False
    """Light modules on dark."""
    slanted: bool = False
    """Take out perspective."""


_BEST: Final = (Attempt(1.0, 1.0), Attempt(2.0), Attempt(2.0, 1.0))
FIRST_LOOK: Final = (*_BEST, replace(_BEST[0], inverted=True), replace(_BEST[0], slanted=True))
"""What every place gets.

Chosen on 152 drawn symbols (modules of 2 to 4 px, blur 0 to 2.5 px, turned and slanted), of which a whole picture's
cheap reading reads 49 and these 105. In text and guilloches (31 documents) the library does not even see a symbol with
errors in them; in symbols that can be read it nearly always does.
"""
SECOND_LOOK: Final = (
    Attempt(2.0, blur=1.5),
    *(replace(attempt, slanted=True) for attempt in _BEST[1:]),
    Attempt(2.0, blur=2.5),
    Attempt(2.0, blur=2.0),
    *(replace(attempt, inverted=True) for attempt in _BEST[1:]),
    Attempt(1.5, 1.0),
    Attempt(1.0),
    Attempt(2.0, 1.0, even=True),
    Attempt(1.0, 1.0, even=True),
    Attempt(3.0, 1.0),
    Attempt(3.0, 2.0, even=True),
    Attempt(0.5),
    Attempt(2.0, blur=1.0),
)
"""What only a place gets where a symbol was seen. Undoing the blur reads a third of the symbols that are blurred by 0.5
to 0.9 modules and that nothing else reads."""


def prepare(gray: Pixels, place: Place, attempt: Attempt) -> tuple[Pixels, Array]:
    """Return the piece of a picture to read, and the 3 x 3 matrix that leads from it back to the picture."""
    first = 1.0 if attempt.blur else attempt.scale
    piece, back = cut_out(gray, place, first, slanted=attempt.slanted)
    if attempt.blur:
        scale = attempt.scale
        piece = np.asarray(
            cv2.resize(_restored(piece, attempt.blur), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        )
        back = (back @ np.diag([1 / scale, 1 / scale, 1.0])).astype(np.float32)
    if attempt.radius:
        soft = cv2.GaussianBlur(piece, (0, 0), attempt.radius * attempt.scale)
        piece = np.asarray(cv2.addWeighted(piece, 1 + _SHARPENED, soft, -_SHARPENED, 0))
    return np.asarray(255 - piece if attempt.inverted else piece, np.uint8), back


def _restored(piece: Pixels, blur: float) -> Pixels:
    """Undo a Gaussian blur of a known deviation (N. Wiener; see R. Gonzalez, R. Woods: Digital Image Processing, 5.8)."""
    padded = cv2.copyMakeBorder(piece.astype(np.float32), _RIM, _RIM, _RIM, _RIM, cv2.BORDER_REFLECT)
    mean = float(padded.mean())
    down, across = fft.fftfreq(padded.shape[0])[:, None], fft.rfftfreq(padded.shape[1])[None]
    passed = np.exp(-2 * (np.pi * blur) ** 2 * (down**2 + across**2))
    spectrum = fft.rfft2(padded - mean) * passed / (passed**2 + _NOISE)
    restored = fft.irfft2(spectrum, padded.shape)[_RIM:-_RIM, _RIM:-_RIM] + mean
    return np.asarray(np.clip(restored, 0, 255), np.uint8)
