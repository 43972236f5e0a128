"""Pictures of logos: as a person sees them, and light drawings on nothing on a dark ground, where they can be seen."""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from visionmq.engine.api import EngineError, Frame, Job
from visionmq.engine.picture import Picture, Pixels, read_picture
from visionmq.engine.registration.outcome import Array
from visionmq.schemas.common import PixelOrder, RawImage
from visionmq.schemas.errors import Error

DARK: Final = 32
"""Grey level of the ground that a light drawing is put on."""
ON_DARK: Final = "light drawing without a ground, put on a dark one"
_LIGHT: Final = 225.0
"""Mean level of what is drawn from which on a drawing vanishes on white."""
_DRAWN: Final = 32
"""Alpha from which on a pixel is drawn."""


def read_pictures(job: Job) -> list[Picture | Error]:
    """Return each picture of a job whose frames came unopened, or why it cannot be read."""
    pictures: list[Picture | Error] = []
    for index, frame in enumerate(job.frames):
        raw = job.params.raw[index] if index < len(job.params.raw) else None
        try:
            picture = read_picture(frame, raw)
            pictures.append(_seen(picture, frame, raw))
        except EngineError as error:
            pictures.append(error.to_error())
    return pictures


def _seen(picture: Picture, frame: Frame, raw: RawImage | None) -> Picture:
    """Return the picture, or the same on a dark ground if its transparent drawing vanishes on white."""
    if not any("alpha" in note for note in picture.notes):
        return picture
    drawn = _with_alpha(frame, raw)
    if drawn is None or drawn.ndim != 3 or drawn.shape[2] != 4 or drawn.dtype != np.uint8:
        return picture
    if drawn.shape[:2] != picture.pixels.shape[:2] or not _is_light(drawn):
        return picture
    return replace(picture, pixels=_on_dark(drawn), notes=(*picture.notes, ON_DARK))


def _with_alpha(frame: Frame, raw: RawImage | None) -> Array | None:
    """Return the BGRA pixels of a frame that was read once already; something else where it has no alpha."""
    seen = np.frombuffer(frame, np.uint8)
    if raw is None:
        return cv2.imdecode(seen, cv2.IMREAD_UNCHANGED)  # it has passed the gate
    pixels = seen.reshape(raw.height, raw.width, raw.channels)
    return pixels[:, :, [2, 1, 0, 3]] if raw.order is PixelOrder.RGB and raw.channels == 4 else pixels


def _is_light(drawn: Array) -> bool:
    """Return whether hardly anything of a transparent drawing (h x w x 4) is darker than white paper."""
    inside = drawn[:, :, 3] >= _DRAWN
    if not inside.any() or inside.all():
        return False
    return (
        float(drawn[:, :, :3].max(axis=2)[inside].mean()) >= _LIGHT and float(drawn[:, :, :3][inside].mean()) >= _LIGHT
    )


def _on_dark(drawn: Array) -> Pixels:
    alpha = drawn[:, :, 3:].astype(np.float32) / 255
    return np.asarray(drawn[:, :, :3] * alpha + DARK * (1 - alpha) + 0.5, np.uint8)
