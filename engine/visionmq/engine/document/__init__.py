"""Identity documents: machine-readable zones (ICAO Doc 9303)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visionmq.engine.document.engine import DocumentEngine

__all__ = ["DocumentEngine"]


def __getattr__(name: str) -> Any:
    """Import the engine when it is asked for: programs that compare names need none of its networks."""
    if name == "DocumentEngine":
        from visionmq.engine.document.engine import DocumentEngine

        return DocumentEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
