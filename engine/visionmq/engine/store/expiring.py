"""Subjects that are kept until a time: the attribute `expires_at`, ISO 8601 with its zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from visionmq.engine.api import EngineError
from visionmq.engine.store.session import format_time
from visionmq.schemas.errors import ErrorCode

EXPIRES: Final = "expires_at"


def expiry(attributes: Mapping[str, str]) -> str | None:
    """Return when a subject is to be forgotten, as the store writes times; None for never.

    Raises EngineError(BAD_REQUEST) for what is no time.
    """
    text = attributes.get(EXPIRES, "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return format_time(at) if at.tzinfo else _refuse()
    except (ValueError, OverflowError):
        return _refuse()


def _refuse() -> str:
    raise EngineError(
        ErrorCode.BAD_REQUEST,
        f"`{EXPIRES}` is no time with a zone.",
        stage="store",
        hint="Write it as 2030-12-31T00:00:00+00:00.",
    )
