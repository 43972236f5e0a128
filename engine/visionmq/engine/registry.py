"""Engines by name: ours, those of installed packages, and `module:Class`."""

import importlib
from importlib.metadata import entry_points
from typing import Final

from visionmq.engine.api import Engine, EngineError
from visionmq.schemas.errors import ErrorCode

ENGINES: Final[dict[str, str]] = {
    "system": "visionmq.engine.system:SystemEngine",
    "brand": "visionmq.engine.brand.engine:BrandEngine",
    "document": "visionmq.engine.document:DocumentEngine",
    "registration": "visionmq.engine.registration.engine:RegistrationEngine",
    "face": "visionmq.engine.face.engine:FaceEngine",
    "access": "visionmq.engine.access.engine:AccessEngine",
    "desk": "visionmq.engine.access.desk:DeskEngine",
    "store": "visionmq.engine.store.engine:StoreEngine",
}
"""The engines of this release; values are `module:Class`."""

GROUP: Final = "visionmq.engines"
"""Entry point group in which other packages name their engines."""


def known_engines() -> dict[str, str]:
    """Return all engines that can be named here; ours win over others of the same name."""
    others = {point.name: point.value for point in entry_points(group=GROUP)}
    return {**others, **ENGINES}


def make_engine(spec: str) -> Engine:
    """Return a new, not yet loaded engine by name or `module:Class`.

    Raises EngineError: BAD_REQUEST for an unknown name, ENGINE_UNAVAILABLE if its code cannot be imported.
    """
    known = known_engines()
    target = known.get(spec, spec)
    module_name, colon, class_name = target.partition(":")
    if not (colon and module_name and class_name):
        raise EngineError(
            ErrorCode.BAD_REQUEST,
            f"There is no engine {spec!r}; known are {', '.join(sorted(known))}, or give module:Class.",
        )
    try:
        engine: Engine = getattr(importlib.import_module(module_name), class_name)()
    except (ImportError, AttributeError) as error:
        raise EngineError(
            ErrorCode.ENGINE_UNAVAILABLE,
            f"Engine {spec!r} cannot be used: {error}.",
            hint="Install what it needs, for instance `pip install visionmq[worker]`.",
        ) from error
    return engine
