"""The engines of one process, each loaded once, and what they share."""

from typing import TYPE_CHECKING

from visionmq.engine.api import Bound, Engine
from visionmq.engine.registry import make_engine

if TYPE_CHECKING:
    from visionmq.engine.store.link import Link


class Shared:
    """Makes, binds and loads engines on demand; `close` ends what they share."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}
        self._store: Link | None = None

    def engine(self, name: str) -> Engine:
        """Return the engine of this name, or `module:Class`, loaded; the same object each time.

        Raises EngineError as `make_engine` and `load` do.
        """
        known = self._engines.get(name)
        if known is not None:
            return known
        made = make_engine(name)
        if isinstance(made, Bound):
            made.bind(self)
        made.load()
        self._engines[name] = made
        return made

    def store(self) -> "Link":
        """Return the way to the store, opened at the first call.

        Raises EngineError(ENGINE_UNAVAILABLE) if it cannot be opened.
        """
        if self._store is None:
            from visionmq.engine.store.link import open_link

            self._store = open_link()
        return self._store

    @property
    def lost(self) -> bool:
        """Whether something shared is gone for good, so that this process should be replaced."""
        return getattr(self._store, "lost", False)

    def close(self) -> None:
        """Close the way to the store, if it was opened."""
        if self._store is not None:
            self._store.close()
            self._store = None
