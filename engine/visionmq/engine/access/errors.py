"""What access refuses, as typed errors."""

from typing import Final

from visionmq.engine.api import EngineError
from visionmq.schemas.errors import ErrorCode

STAGE: Final = "access"


def bad(message: str, hint: str | None = None) -> EngineError:
    """Return BAD_REQUEST."""
    return EngineError(ErrorCode.BAD_REQUEST, message, stage=STAGE, hint=hint)


def conflict(
    message: str, hint: str = "Nothing was changed; look at what is there, then ask for another."
) -> EngineError:
    """Return CONFLICT: something that is there already speaks against it."""
    return EngineError(ErrorCode.CONFLICT, message, stage=STAGE, hint=hint)


def missing(message: str, hint: str | None = None) -> EngineError:
    """Return NOT_FOUND."""
    return EngineError(ErrorCode.NOT_FOUND, message, stage=STAGE, hint=hint)
