"""The faces of a picture: `face.detect` and `face.encode`.

Boxes and points are in pixels of the picture as sent (EXIF orientation applied).
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

from visionmq.schemas.common import Items, Params
from visionmq.schemas.face.common import Point

MAX_FACES: Final = 1000


class Box(Struct, frozen=True, forbid_unknown_fields=True):
    """An upright rectangle in pixels; may reach beyond the picture."""

    left: float
    top: float
    width: float
    height: float


class FaceQuality(Struct, frozen=True, kw_only=True):
    """How good a picture of a face is, and what is wrong with it."""

    score: float
    """0 to 1; at 0 at least one limit of enrolment is broken by far."""
    usable: bool
    """Whether it may be enrolled."""
    issues: list[str] = []
    """Error codes that enrolment would refuse it with: `face_too_small`, `face_blurred`, `face_turned`, ..."""
    notes: list[str] = []
    """One sentence an issue, with the measured value and the limit."""
    figures: dict[str, float] = {}
    """What was measured: `side` and `eye_distance` (pixels), `sharpness`, `brightness` (0 to 1), `yaw`, `pitch`, `roll`
    (degrees; yaw is positive towards the picture's right, the person's left), `occlusion` (0 to 1)."""


class Face(Struct, frozen=True, kw_only=True):
    """One face of a picture."""

    box: Box
    score: float
    """The detector's, 0 to 1."""
    landmarks: dict[str, Point] = {}
    quality: FaceQuality | None = None
    encoding: list[float] | None = None
    """With `face.encode`; to be kept with the name of the model beside it."""


class Faces(Struct, frozen=True, kw_only=True):
    """The faces of one picture, the most prominent first."""

    width: int
    height: int
    faces: list[Face]
    total: int
    """How many were found; more than `faces` holds where `most` cut them off."""
    notes: list[str] = []
    """What was done to the picture before, as `EXIF orientation 6 applied`."""


class DetectParams(Params, frozen=True, kw_only=True):
    """Find faces. `want` may name `overlay` (the picture with what was found) and `crops` (each face, upright)."""

    most: Annotated[int, Meta(ge=1, le=MAX_FACES)] = 100
    """Faces returned of each picture at most."""


class EncodeParams(DetectParams, frozen=True, kw_only=True):
    """Find faces and make the encoding of each."""


class FaceItems(Items[Faces], frozen=True, kw_only=True):
    """The result of `face.detect` and `face.encode`; a picture without a face has none, which is no error."""
