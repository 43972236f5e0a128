"""Parameters and results of the `registration.*` operations.

The frame is never in doubt: a matrix maps pixels of the user's picture to pixels of the model's, both as sent (EXIF
orientation applied), with the centre of the first pixel at (0, 0).
"""

from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, Struct

from visionmq.schemas.common import Attachment, Params

Row: TypeAlias = tuple[float, float, float]
Matrix: TypeAlias = tuple[Row, Row, Row]
"""3x3 by rows; maps (x, y, 1), and the result is divided by its third part."""
Point: TypeAlias = tuple[float, float]
"""x and y in pixels."""
Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""

DIRECTION: Final = "user_to_model"
MAX_POINTS: Final = 5000
"""Matched points in a result; a body holds 1 MiB."""
MAX_WARPED_POINTS: Final = 10_000
DEFAULT_POINTS: Final = 500
DEFAULT_SIDE: Final = 1600
MAX_SIDE: Final = 3000
"""Longer side of a drawn picture: all of them, of noise, still fit into one message."""


class Verdict(StrEnum):
    """How far a matrix can be trusted."""

    ACCEPT = "accept"
    UNCERTAIN = "uncertain"
    REJECT = "reject"


class RegisterParams(Params, frozen=True, kw_only=True):
    """How to lay the first picture (the user's) on the second (the model's).

    What is left out is the algorithm's own choice. `want` may name pictures to return: `overlay` (the user's on the
    model, half transparent, outlined), `matches` (inliers and outliers), `warped`, `red_green`, `checkerboard`,
    `layer` (the warped picture, transparent around) and `difference`.
    """

    algorithm: str = "auto"
    """`auto`, `sift`, `orb`, `akaze`, `brisk` or `surf`, in any case."""
    ratio: Annotated[float, Meta(gt=0, le=1)] | None = None
    """The nearest descriptor must be closer than this part of the second nearest."""
    mutual: bool | None = None
    """Keep only landmarks that are each other's nearest."""
    spread: bool | None = None
    """Keep only the clearest few matches of each part of the picture."""
    estimator: str | None = None
    """`magsac`, `ransac`, `lmeds` or `rho`."""
    model: str | None = None
    """`homography`, `affine`, `similarity` or `translation`."""
    refine: bool | None = None
    """Follow grey levels to a finer matrix at the end (ECC)."""
    budget: Annotated[int, Meta(ge=16, le=20_000)] | None = None
    """Landmarks kept of each picture."""
    tolerance: Annotated[float, Meta(gt=0, le=1000)] | None = None
    """Noise that an inlier may have, in pixels of the coarser picture as it was looked at."""
    points: Annotated[int, Meta(ge=0, le=MAX_POINTS)] = DEFAULT_POINTS
    """Most matched points to return, the clearest first; 0 for none."""
    side: Annotated[int, Meta(ge=64, le=MAX_SIDE)] = DEFAULT_SIDE
    """Longer side in pixels of the wanted pictures at most."""


class Certificate(Struct, frozen=True, kw_only=True):
    """What speaks for a matrix, and what that adds up to."""

    verdict: Verdict
    probability: float
    """That the mean error over the overlap is at most `tolerance`, 0 to 1; calibrated, see docs/registration.md."""
    tolerance: float
    """In model pixels."""
    reasons: list[str] = []
    """Why the verdict is not `accept`."""
    figures: dict[str, float | None] = {}
    """`coverage`, `spread`, `conditioning`, `similarity`, ...: see docs/registration.md."""


class Failure(Struct, frozen=True, kw_only=True):
    """Why there is no matrix, or why it says nothing."""

    kind: str
    """`few_keypoints`, `few_matches`, `few_inliers`, `degenerate`, `empty_image`, `same_image` or `rejected`."""
    message: str
    hint: str
    found: int = 0
    needed: int = 0
    """Counts, where the kind is about counts."""


class Try(Struct, frozen=True, kw_only=True):
    """One attempt, in the order in which they were made."""

    algorithm: str
    """With how it was used where that matters, as `sift views`."""
    verdict: Verdict
    """`reject` where no matrix was found."""
    probability: float | None
    inliers: int
    milliseconds: float
    note: str = ""


class Points(Struct, frozen=True):
    """Matched points, the clearest first; entry i of all three belongs together."""

    user: list[Point] = []
    model: list[Point] = []
    inlier: list[bool] = []
    """Whether the matrix explains the match."""


class Reprojection(Struct, frozen=True):
    """How far mapped inliers lie from their partners, in model pixels."""

    median: float
    p95: float


class Decomposition(Struct, frozen=True, kw_only=True):
    """What the matrix does to the user's picture around its middle (for a homography: its best affine map there)."""

    centre: Point
    """Where the middle of the user's picture lies in the model's."""
    stretch: tuple[float, float]
    """Model pixels a user pixel, in the direction of most and of least."""
    stretch_degrees: float
    """Direction of most, in the user's picture: clockwise from its x axis, -90 to 90."""
    shear_degrees: float
    """How far the picture's axes are from a right angle afterwards."""
    tilt_degrees: float
    """Angle at which a far camera would see the other picture's plane: arccos(least / most)."""
    perspective: Point
    """Change of depth across the picture's width and height, as parts of the depth in its middle; 0 for affine maps."""


class Registered(Struct, frozen=True, kw_only=True):
    """Where the user's picture lies on the model."""

    matrix: Matrix | None
    """None where nothing was found, or where the verdict is `reject`."""
    direction: str = DIRECTION
    algorithm: str | None
    """The one that found it."""
    model: str
    """The kind of map: `homography`, ..."""
    user_size: Size
    model_size: Size
    """Of the pictures as sent: the frames that the matrix is about."""
    matches: int = 0
    inliers: int = 0
    inlier_ratio: float = 0.0
    """Inliers of all matches."""
    points: Points = Points()
    reprojection: Reprojection | None = None
    scale: float | None = None
    """Model pixels a user pixel in the middle of the user's picture."""
    rotation_degrees: float | None = None
    """Clockwise as seen, -180 to 180, in the middle of the user's picture."""
    decomposition: Decomposition | None = None
    certificate: Certificate
    """Always there: `reject` with probability 0 where nothing was found."""
    failure: Failure | None = None
    tries: list[Try] = []
    notes: list[str] = []
    """What was done to the pictures before, as `user: EXIF orientation 6 applied`."""
    images: list[Attachment] = []
    pass_back: Any = None


class WarpParams(Params, frozen=True, kw_only=True):
    """A matrix, and what to apply it to: points, and a picture if one is sent."""

    matrix: Matrix
    points: Annotated[list[Point], Meta(max_length=MAX_WARPED_POINTS)] = []
    inverse: bool = False
    """Go the other way: from the model's pixels to the user's."""
    size: tuple[Annotated[int, Meta(ge=1)], Annotated[int, Meta(ge=1)]] | None = None
    """Width and height of the warped picture, usually the model's; without it the picture's own."""
    fit: bool = False
    """Show the whole warped picture instead; `origin` says where its first pixel lies."""
    transparent: bool = False
    """Make what the picture does not cover transparent instead of black."""


class Warped(Struct, frozen=True, kw_only=True):
    """Points and a picture on the other side of a matrix."""

    points: list[Point | None] = []
    """In their order; None for what lies on or behind the horizon."""
    size: Size | None = None
    """Of the warped picture; None where none was sent."""
    origin: Point = (0.0, 0.0)
    """Where the warped picture's first pixel lies in the target frame."""
    matrix: Matrix
    """What was applied to pixels of the picture to get those of the warped one."""
    covered: float | None = None
    """Part of the warped picture that shows something, 0 to 1."""
    images: list[Attachment] = []
    pass_back: Any = None


class StitchParams(RegisterParams, frozen=True, kw_only=True):
    """How to register the two pictures, and how to merge them."""

    blend: str = "bands"
    """`bands` (light evened, seam hidden), `feather` or `none` (the user's picture on top)."""


class Stitched(Struct, frozen=True, kw_only=True):
    """Two pictures in one, in the model's frame; none where the certificate does not accept."""

    stitched: bool
    refused: Failure | None = None
    """Why there is no merged picture: the registration's own failure, `not_accepted` or `too_wide`."""
    registration: Registered
    size: Size | None = None
    origin: Point = (0.0, 0.0)
    """Where the merged picture's first pixel lies in the model's, in model pixels."""
    scale: float = 1.0
    """Pixels of the merged picture in one of the model's; below 1 where it would have grown too large."""
    images: list[Attachment] = []
    pass_back: Any = None
