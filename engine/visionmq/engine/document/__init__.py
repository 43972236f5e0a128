"""Identity documents: machine-readable zones (ICAO Doc 9303)."""

from visionmq.engine.document.engine import DocumentEngine

__all__ = ["DocumentEngine"]
