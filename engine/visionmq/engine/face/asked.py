"""What was asked, checked: encodings made elsewhere, wanted pictures, galleries and authors."""

import math
import unicodedata
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, TypeAlias

import numpy as np

from visionmq.engine.api import EngineError, Job
from visionmq.engine.face.values import ModelName
from visionmq.engine.store.messages import Author, Gallery
from visionmq.schemas.errors import Error, ErrorCode
from visionmq.schemas.face.common import Encoding

Vector: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

STAGE: Final = "face"
KIND: Final = "face"
OVERLAY: Final = "overlay"
CROPS: Final = "crops"
WANTS: Final = (OVERLAY, CROPS)
_LEAST_NORM: Final = 0.1
_MOST_NORM: Final = 100.0
"""Encodings of all models in use have norms of about 1; what is far from it was not made by one."""


def model_key(model: ModelName) -> str:
    """Return the name under which templates of a model are kept: name/version."""
    return f"{model.name}/{model.version}"


def vector_of(encoding: Encoding, model: ModelName) -> Vector:
    """Return an encoding that was sent; raise EngineError(BAD_REQUEST) if it cannot be one of this model."""
    if encoding.model not in (model.name, model_key(model)):
        raise bad(
            f"The encoding was made by {encoding.model!r}; this service compares those of {model_key(model)!r}.",
            hint="Encodings of two models cannot be compared: send the picture, or an encoding of this model.",
        )
    if len(encoding.values) != model.dimension:
        raise bad(f"The encoding has {len(encoding.values)} numbers; those of {model.name} have {model.dimension}.")
    norm = math.hypot(*encoding.values)
    if not _LEAST_NORM <= norm <= _MOST_NORM:  # false for NaN too
        raise bad("The encoding's numbers are not those of a face: their length is far from that of any encoding.")
    return np.asarray(encoding.values, np.float32)


def gallery_of(collection: str, model: ModelName) -> Gallery:
    """Return where a collection's templates of this model are kept."""
    return Gallery(KIND, collection, model_key(model), model.dimension)


def name_of(subject: str) -> str:
    """Return a subject's name as it is kept: composed (NFC), as one name may come in two spellings of its accents."""
    return unicodedata.normalize("NFC", subject)


def author_of(job: Job) -> Author:
    """Return who changes something, and the name of the effect."""
    return Author(key=job.key or job.request_id, user=job.user)


def check_wants(want: Sequence[str]) -> None:
    """Raise EngineError(BAD_REQUEST) for a picture that cannot be made."""
    for name in want:
        if not any(fnmatchcase(known, name) for known in WANTS):
            raise bad(f"There is no picture {name[:64]!r} to want; supported are {', '.join(WANTS)}.")


def wants(want: Sequence[str], name: str) -> bool:
    """Whether a picture is wanted; patterns such as `*` name several."""
    return any(fnmatchcase(name, pattern) for pattern in want)


def bad(message: str, hint: str | None = None) -> EngineError:
    """Return the error of a request that cannot be served as it is."""
    return EngineError(ErrorCode.BAD_REQUEST, message, stage=STAGE, hint=hint)


def raised(error: Error, where: str = "") -> EngineError:
    """Return the exception of an error that a picture brought, saying which picture it was."""
    return EngineError(error.code, f"{where}{error.message}", stage=error.stage, hint=error.hint)
