"""What the parts of `face.*` share: names, rates, distances, and encodings made elsewhere.

Distances are Euclidean, between encodings of one model: smaller is more alike.
"""

from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from visionmq.schemas.limits import MAX_NAME_LENGTH

Point: TypeAlias = tuple[float, float]
"""x and y in pixels."""
Interval: TypeAlias = tuple[float, float]
"""Lower and upper end; 95 % where nothing else is said."""

DEFAULT_COLLECTION: Final = "default"
DEFAULT_FMR: Final = 0.005
"""Wanted false-match rate of a comparison: here both errors are about equal on ordinary pictures. Ask for 0.001 or
less where a false match opens something."""
MAX_SUBJECT_LENGTH: Final = 256
MAX_DIMENSION: Final = 4096

Collection: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
Subject: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_SUBJECT_LENGTH)]
Rate: TypeAlias = Annotated[float, Meta(ge=1e-9, le=0.5)]
Distance: TypeAlias = Annotated[float, Meta(ge=0, le=10)]


class Several(StrEnum):
    """What to do with a picture of several faces."""

    PROMINENT = "prominent"
    """Take the most prominent one (large, central, sharp), and say so."""
    REFUSE = "refuse"
    """Answer `several_faces`."""


class Calibration(StrEnum):
    """Which measurements a threshold and a probability rest on."""

    AUTO = "auto"
    """The gallery's own where it was calibrated with `face.calibrate`, else those that come with the release."""
    SHIPPED = "shipped"
    GALLERY = "gallery"
    """`not_found` where the gallery was not calibrated."""


class Source(StrEnum):
    """Where an encoding came from."""

    PICTURE = "picture"
    ENCODING = "encoding"
    """Made elsewhere and sent: nothing is known of the picture."""
    SUBJECT = "subject"


class Encoding(Struct, frozen=True, forbid_unknown_fields=True):
    """A face as numbers, made elsewhere by the model that is named; of no use with another model."""

    model: Annotated[str, Meta(min_length=1, max_length=128)]
    """Name, or name/version, as `face.encode` gave it; refused where this service uses another one."""
    values: Annotated[list[float], Meta(min_length=1, max_length=MAX_DIMENSION)]
