"""Two pictures in one, in the model's frame: light evened, the seam where neither picture ends, blended band by band."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.api import Answer, EngineError
from visionmq.engine.picture import Pixels, encode_png
from visionmq.engine.registration.estimation import corners
from visionmq.engine.registration.outcome import Array, Registration, Verdict
from visionmq.engine.registration.plan import Outcome
from visionmq.engine.registration.warp import Frame, about_corner, apply, warp_picture, with_alpha
from visionmq.schemas.common import Attachment
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.registration import Failure, Registered, Stitched, StitchParams

BLENDS: Final = ("bands", "feather", "none")
LARGEST_AREA: Final = 12_000_000
"""Pixels of a merged picture; bands take 60 bytes each while they are blended."""
LARGEST_SIDE: Final = 12_000
_LEAST_SCALE: Final = 0.1
"""A merged picture that would have to shrink further is mostly one picture seen at a grazing angle."""
_LEVELS: Final = 6
_MARGIN: Final = 0.04
"""How far within its own edge, in parts of its shorter side, a picture begins that lies wholly on the other."""
_WITHIN: Final = 0.02
"""Part of a picture that may stick out for it to count as lying wholly on the other."""
_MOST_GAIN: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Canvas:
    frame: Frame
    scale: float

    @property
    def matrix(self) -> Array:
        """3x3, from the model's pixels to the canvas's, before its origin is taken off."""
        return about_corner(self.scale, self.scale)


def stitch(user: Pixels, model: Pixels, found: Outcome, result: Registered, params: StitchParams) -> Answer:
    """Return the answer of `registration.stitch`: the merged picture, or why these two are not merged.

    Raises EngineError(BAD_REQUEST) for a way to blend that is none.
    """
    if params.blend not in BLENDS:
        text = f"There is no way to blend called {params.blend[:64]!r}; supported are {', '.join(BLENDS)}."
        raise EngineError(ErrorCode.BAD_REQUEST, text, stage="registration")
    registration, refused = found.registration, _refusal(result)
    if registration is None or registration.certificate.verdict is not Verdict.ACCEPT:
        return Answer(Stitched(stitched=False, refused=refused, registration=result, pass_back=params.pass_back))
    canvas = _canvas(registration)
    if canvas is None:
        return Answer(Stitched(stitched=False, refused=_TOO_WIDE, registration=result, pass_back=params.pass_back))
    merged = merge(user, model, registration.matrix, canvas, blend=params.blend)
    answer = Stitched(
        stitched=True,
        registration=result,
        size=canvas.frame.size,
        origin=(canvas.frame.origin[0] / canvas.scale, canvas.frame.origin[1] / canvas.scale),
        scale=canvas.scale,
        images=[Attachment("stitched", 0)],
        pass_back=params.pass_back,
    )
    return Answer(answer, images=[encode_png(merged)])


_TOO_WIDE: Final = Failure(
    kind="too_wide",
    message="One picture is seen at so grazing an angle that the merged one would be too large.",
    hint="Use `registration.warp` with a size, which shows a part.",
)


def _refusal(result: Registered) -> Failure | None:
    """Return why two pictures are not merged, by the answer to their registration."""
    if result.failure is not None and result.matrix is None:
        return result.failure
    seal = result.certificate
    if seal.verdict == Verdict.ACCEPT.value:
        return None
    reasons = "; ".join(seal.reasons) or "too little speaks for it"
    return Failure(
        kind="not_accepted",
        message=f"The matrix is uncertain: {reasons}. Only accepted pictures are merged.",
        hint="Look at `registration.register` with `want` matches and overlay; pictures with more overlap may do.",
    )


def _canvas(found: Registration) -> _Canvas | None:
    """Return the frame that holds both pictures; None where it cannot be had at a tenth of the model's scale."""
    edges = apply(found.matrix, corners(found.user_size), found.user_size)
    if not np.isfinite(edges).all():
        return None
    both = np.vstack([edges, corners(found.model_size)]) + 0.5
    extent = both.max(axis=0) - both.min(axis=0)
    scale = float(min(1.0, np.sqrt(LARGEST_AREA / extent.prod()), LARGEST_SIDE / extent.max()))
    if scale < _LEAST_SCALE:
        return None
    least, most = np.floor(both.min(axis=0) * scale + 1e-6), np.ceil(both.max(axis=0) * scale - 1e-6)
    width, height = (int(side) for side in most - least)
    return _Canvas(Frame((width, height), (float(least[0]), float(least[1]))), scale)


def merge(user: Pixels, model: Pixels, matrix: Array, canvas: _Canvas, *, blend: str = "bands") -> Array:
    """Return both pictures (BGR) on the canvas as BGRA, transparent where neither reaches; `matrix` is user to model."""
    upper, upper_cover = warp_picture(user, canvas.matrix @ matrix, canvas.frame)
    lower, lower_cover = warp_picture(model, canvas.matrix, canvas.frame)
    alpha = np.maximum(upper_cover, lower_cover)
    if blend == "none":
        mixed = _mixed(upper, lower, upper_cover)
        return with_alpha(mixed, alpha)
    upper = _like(upper, lower, (upper_cover > 250) & (lower_cover > 250))
    takes = _seam(upper_cover > 250, lower_cover > 250)
    if blend == "feather":
        return with_alpha(_mixed(upper, lower, _feathered(takes, upper_cover, lower_cover)), alpha)
    # What a picture does not reach is the other's: its edge, repeated there, would shine through the coarse bands.
    upper, lower = (_filled(*sides) for sides in ((upper, upper_cover, lower), (lower, lower_cover, upper)))
    return with_alpha(_in_bands(upper, lower, takes), alpha)


def _filled(pixels: Pixels, cover: Array, other: Pixels) -> Pixels:
    return np.asarray(cv2.copyTo(pixels, (cover > 250).astype(np.uint8), other.copy()))


def _mixed(upper: Pixels, lower: Pixels, weight: Array) -> Pixels:
    """Return the upper picture with a weight of 0 to 255 (uint8, h x w) over the lower."""
    share = weight[:, :, None].astype(np.float32) / 255
    return np.asarray(np.clip(lower + (upper.astype(np.float32) - lower) * share + 0.5, 0, 255), np.uint8)


def _like(upper: Pixels, lower: Pixels, both: Array) -> Pixels:
    """Return the upper picture with each channel as bright as the lower's where both are."""
    mask = both.astype(np.uint8)
    if np.count_nonzero(mask) < 100:
        return upper
    here, there = (np.array(cv2.mean(side, mask)[:3]) + 4 for side in (upper, lower))
    gains = np.clip(there / here, 1 / _MOST_GAIN, _MOST_GAIN)
    levels = np.arange(256)[:, None] * gains[None, :] + 0.5
    return np.asarray(cv2.LUT(upper, np.clip(levels, 0, 255).astype(np.uint8)[None]))


def _seam(upper: Array, lower: Array) -> Array:
    """Return which pixels are the upper picture's (h x w bool), given what each covers.

    Where one lies wholly on the other it is shown, but for a margin that is needed to blend; else each pixel is of
    the picture whose own part is nearer.
    """
    only_upper, only_lower = upper & ~lower, lower & ~upper
    if np.count_nonzero(only_upper) < _WITHIN * np.count_nonzero(upper):
        return _inset(upper)
    if np.count_nonzero(only_lower) < _WITHIN * np.count_nonzero(lower):
        return upper & ~_inset(lower)
    return upper & (_distance_to(only_upper) <= _distance_to(only_lower))


def _inset(cover: Array) -> Array:
    inside = cv2.distanceTransform(np.pad(cover, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    return np.asarray(inside > 2 * _MARGIN * float(inside.max()))


def _distance_to(part: Array) -> Array:
    return np.asarray(cv2.distanceTransform((~part).astype(np.uint8), cv2.DIST_L2, 3))


def _feathered(takes: Array, upper_cover: Array, lower_cover: Array) -> Array:
    sigma = max(2.0, _MARGIN / 2 * min(takes.shape))
    soft = cv2.GaussianBlur(takes.astype(np.uint8) * 255, (0, 0), sigma)
    soft = np.minimum(soft, upper_cover)
    return np.asarray(np.where(lower_cover > 250, soft, 255), np.uint8)


def _in_bands(upper: Pixels, lower: Pixels, takes: Array) -> Pixels:
    """Blend coarse structure over wide and fine structure over narrow seams (Burt and Adelson 1983)."""
    levels = max(1, min(_LEVELS, int(np.log2(max(2, min(takes.shape) / 8)))))
    weights = _shrinking(takes.astype(np.float32), levels)
    first, second = _shrinking(upper.astype(np.float32), levels), _shrinking(lower.astype(np.float32), levels)
    blended = _blend(first[-1], second[-1], weights[-1])
    for level in range(levels - 1, -1, -1):
        size = weights[level].shape[1], weights[level].shape[0]
        upper_detail, lower_detail = (
            side[level] - cv2.pyrUp(side[level + 1], dstsize=size) for side in (first, second)
        )
        blended = cv2.pyrUp(blended, dstsize=size) + _blend(upper_detail, lower_detail, weights[level])
    return np.asarray(np.clip(blended + 0.5, 0, 255), np.uint8)


def _shrinking(picture: Array, levels: int) -> list[Array]:
    steps = [picture]
    for _ in range(levels):
        steps.append(np.asarray(cv2.pyrDown(steps[-1])))
    return steps


def _blend(first: Array, second: Array, weight: Array) -> Array:
    return np.asarray(second + (first - second) * weight[:, :, None])
