"""The link to a keeper process."""

from visionmq.engine.api import EngineError
from visionmq.engine.store.link import Link
from visionmq.schemas.errors import ErrorCode


def start_keeper(address: str | None) -> Link:
    """Start the keeper of a store and return the link to it."""
    raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, f"There is no store at {address}.")
