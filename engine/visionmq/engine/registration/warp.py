"""A matrix applied: to points, and to a picture, in the target's frame or in one that holds all of it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.picture import Picture, Pixels, encode_png
from visionmq.engine.registration.estimation import corners, jacobians
from visionmq.engine.registration.outcome import Array
from visionmq.schemas.common import Attachment
from visionmq.schemas.errors import Error, ErrorCode
from visionmq.schemas.limits import MAX_FRAME_BYTES
from visionmq.schemas.registration import Matrix, Point, Warped, WarpParams

STAGE: Final = "registration"
LARGEST_SIDE: Final = 12_000
LARGEST_AREA: Final = 25_000_000
"""Pixels of a picture made here: its PNG fits into a frame, its making into a worker's memory."""
_HORIZON: Final = 1e-9
"""Depth, against the matrix's own size, at or below which a point has no image."""
_LEAST_DETERMINANT: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of the target's plane that is drawn: `size` pixels from `origin` on, one a target pixel."""

    size: tuple[int, int]
    origin: tuple[float, float] = (0.0, 0.0)

    def shift(self) -> Array:
        """Return the 3x3 matrix from the target's pixels to this frame's."""
        return np.array([[1, 0, -self.origin[0]], [0, 1, -self.origin[1]], [0, 0, 1]], np.float64)


def apply(matrix: Array, points: Array, size: tuple[int, int] | None = None) -> Array:
    """Return points (n x 2) mapped by a 3x3 matrix; rows of NaN for what lies on or behind the horizon.

    In front is the side on which most of a picture of `size` lies; without it, where the depth is positive.
    """
    points = np.asarray(points, np.float64).reshape(-1, 2)
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    facing = 1.0 if size is None else _facing(matrix, size)
    behind = facing * mapped[:, 2] <= _HORIZON * float(np.abs(matrix).max())
    mapped[behind] = np.nan
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def _facing(matrix: Array, size: tuple[int, int]) -> float:
    middle = matrix[2] @ np.array([size[0] / 2, size[1] / 2, 1.0])
    return -1.0 if middle < 0 else 1.0


def warp_picture(pixels: Pixels, matrix: Array, frame: Frame) -> tuple[Pixels, Array]:
    """Return BGR pixels as they lie in a frame of the target, and which of its pixels they cover (uint8, 0 to 255).

    Where nothing is covered the picture's edge is repeated. What is drawn much smaller is shrunk by areas first, so
    that fine detail does not turn into noise.
    """
    small, target = lessened(pixels, frame.shift() @ matrix)
    warped = cv2.warpPerspective(small, target, frame.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    whole = np.full(small.shape[:2], 255, np.uint8)
    cover = cv2.warpPerspective(whole, target, frame.size, flags=cv2.INTER_LINEAR)
    return np.asarray(warped), np.asarray(cover)


def lessened(pixels: Pixels, matrix: Array) -> tuple[Pixels, Array]:
    """Return a picture shrunk by the whole factor that a matrix shrinks its middle, and the matrix for what is left.

    The direction that is shrunk least counts, so that no detail is lost in any.
    """
    height, width = pixels.shape[:2]
    stretch = np.linalg.svd(jacobians(matrix, np.array([[(width - 1) / 2, (height - 1) / 2]]))[0], compute_uv=False)
    factor = int(1 / max(float(stretch[0]), 1e-3)) if np.isfinite(stretch).all() else 1
    if factor < 2:
        return pixels, matrix
    size = max(2, width // factor), max(2, height // factor)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small), matrix @ about_corner(width / size[0], height / size[1])


def about_corner(x: float, y: float) -> Array:
    """Return the 3x3 scaling of pixels whose first is centred at 0: outer corners stay at outer corners."""
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]], np.float64)


def whole_frame(matrix: Array, size: tuple[int, int], *others: tuple[int, int]) -> Frame:
    """Return the frame that holds all of a warped picture of `size`, and pictures of `others` at the target's origin.

    Raises EngineError(BAD_REQUEST) if a corner lies behind the horizon or the frame is too large.
    """
    edges = apply(matrix, corners(size), size)
    if not np.isfinite(edges).all():
        raise _bad("The matrix maps a corner of the picture behind the horizon: the whole of it has no frame.")
    edges = np.vstack([edges, *(corners(other) for other in others)])
    least = np.floor(edges.min(axis=0) + 0.5 + 1e-6)
    most = np.ceil(edges.max(axis=0) + 0.5 - 1e-6)
    width, height = (max(1.0, side) for side in (most - least).tolist())
    check_frame(width, height)
    return Frame((int(width), int(height)), (float(least[0]), float(least[1])))


def check_frame(width: float, height: float) -> None:
    """Raise EngineError(BAD_REQUEST) for a picture larger than is made here."""
    if max(width, height) > LARGEST_SIDE or width * height > LARGEST_AREA:
        raise _bad(
            f"The picture would have {width:.0f}x{height:.0f} pixels; {LARGEST_AREA // 1_000_000} megapixels are made.",
            "Name a smaller `size`, or scale the matrix down.",
        )


def warp(job: Job) -> Answer:
    """Return the answer of `registration.warp`."""
    assert isinstance(job.params, WarpParams)
    params = job.params
    matrix = as_array(params.matrix)
    if params.inverse:
        matrix = np.linalg.inv(matrix)
    picture = only_picture(job)
    size = None if picture is None else (picture.width, picture.height)
    points = _points(apply(matrix, np.array(params.points, np.float64), size))
    if picture is None:
        return Answer(Warped(points=points, matrix=as_rows(matrix), pass_back=params.pass_back))
    return _with_picture(picture, matrix, params, points)


def _with_picture(picture: Picture, matrix: Array, params: WarpParams, points: list[Point | None]) -> Answer:
    own = (picture.width, picture.height)
    if params.size is not None:
        check_frame(*params.size)
    frame = whole_frame(matrix, own) if params.fit else Frame(params.size or own)
    warped, cover = warp_picture(picture.pixels, matrix, frame)
    encoded = encode_png(with_alpha(warped, cover) if params.transparent else on_black(warped, cover))
    if len(encoded) > MAX_FRAME_BYTES:
        raise _bad("The warped picture is too large to be sent.", "Name a smaller `size`.")
    result = Warped(
        points=points,
        size=frame.size,
        origin=frame.origin,
        matrix=as_rows(frame.shift() @ matrix),
        covered=round(float(cover.mean()) / 255, 4),
        images=[Attachment("warped", 0)],
        pass_back=params.pass_back,
    )
    return Answer(result, images=[encoded])


def only_picture(job: Job) -> Picture | None:
    """Return the job's one picture, if it has one; raises its error."""
    for picture in job.pictures:
        return readable(picture)
    return None


def readable(picture: Picture | Error, name: str = "") -> Picture:
    """Return a picture; raises its error if it could not be read, saying which it is."""
    if isinstance(picture, Error):
        message = f"The {name} picture: {picture.message}" if name else picture.message
        raise EngineError(picture.code, message, stage=picture.stage, hint=picture.hint)
    return picture


def with_alpha(warped: Pixels, cover: Array) -> Array:
    """Return BGRA: what is not covered is transparent, and black for programs that do not know transparency."""
    shown = cv2.copyTo(warped, cover)
    return np.asarray(cv2.merge([*cv2.split(shown), cover]))


def on_black(warped: Pixels, cover: Array) -> Pixels:
    """Return BGR, black where nothing is covered; edges fade by how far they are covered."""
    return np.asarray(cv2.multiply(warped, cv2.merge([cover] * 3), scale=1 / 255))


def as_array(matrix: Matrix) -> Array:
    """Return a 3x3 array; raises EngineError(BAD_REQUEST) if it has no inverse or is not finite."""
    array = np.array(matrix, np.float64)
    size = float(np.abs(array).max()) if np.isfinite(array).all() else 0.0
    if size == 0 or abs(np.linalg.det(array / size)) < _LEAST_DETERMINANT:
        raise _bad("The matrix has no inverse: it maps the whole plane to a line, or is not finite.")
    return array


def as_rows(matrix: Array) -> Matrix:
    """Return an array's three rows, scaled so that the last entry is 1 where it is not 0."""
    last = float(matrix[2, 2])
    scaled = matrix / last if abs(last) > 1e-12 * float(np.abs(matrix).max()) else matrix
    first, second, third = scaled.tolist()
    return tuple(first), tuple(second), tuple(third)


def _points(mapped: Array) -> list[Point | None]:
    return [(float(x), float(y)) if np.isfinite(x) and np.isfinite(y) else None for x, y in mapped]


def _bad(message: str, hint: str | None = None) -> EngineError:
    return EngineError(ErrorCode.BAD_REQUEST, message, stage=STAGE, hint=hint)
