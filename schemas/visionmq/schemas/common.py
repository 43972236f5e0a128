"""Pieces that the parameters and results of several operations share."""

from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

from visionmq.schemas.errors import Error

R = TypeVar("R")


class PixelOrder(StrEnum):
    """How the channels of raw pixels follow each other."""

    BGR = "bgr"
    RGB = "rgb"
    GRAY = "gray"


class RawImage(Struct, frozen=True, forbid_unknown_fields=True):
    """Raw pixels in an image frame: row-major, unsigned bytes, no padding."""

    height: Annotated[int, Meta(ge=1)]
    width: Annotated[int, Meta(ge=1)]
    channels: Annotated[int, Meta(ge=1, le=4)] = 3
    order: PixelOrder = PixelOrder.BGR
    dtype: str = "uint8"


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every operation's parameters may hold."""

    raw: list[RawImage | None] = []
    """One entry a picture; absent or null where the frame is an encoded file."""
    want: list[str] = []
    """Names of pictures to return as frames, such as `overlay`; see the operation."""
    pass_back: Any = None
    """Returned untouched in the result."""


class Quad(Struct, frozen=True, forbid_unknown_fields=True):
    """Four corners in pixels of the picture as sent: top left, top right, bottom right, bottom left.

    "Top left" is as a reader of the found thing sees it, not as the picture lies.
    """

    points: list[tuple[float, float]]


class Attachment(Struct, frozen=True, forbid_unknown_fields=True):
    """Which image frame of the reply holds which wanted picture."""

    name: str
    """What was wanted, for instance `overlay`."""
    frame: int
    """Index of the image frame in this reply."""
    item: int = 0
    """Index of the picture in the request that it belongs to."""
    media_type: str = "image/png"


class ModelInfo(Struct, frozen=True, forbid_unknown_fields=True):
    """The model an answer was made with."""

    name: str
    version: str
    licence: str
    sha256: str | None = None


class ProgressReport(Struct, frozen=True):
    """The body of a `progress` reply."""

    stage: str
    fraction: float | None = None
    partial: Any = None


class AcceptedReport(Struct, frozen=True):
    """The body of an `accepted` reply."""

    position: int
    """Requests that will be served before this one."""
    eta_ms: float | None = None


class Item(Struct, Generic[R], frozen=True, omit_defaults=True):
    """The outcome for one picture of a request; a bad one never fails its neighbours."""

    ok: bool
    result: R | None = None
    error: Error | None = None


class Items(Struct, Generic[R], frozen=True, kw_only=True):
    """The result of an operation on independent pictures: one item a picture, in their order."""

    items: list[Item[R]]
    images: list[Attachment] = []
    models: list[ModelInfo] = []
    pass_back: Any = None
