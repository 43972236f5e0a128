"""The way from an engine to the store.

The process that decodes pictures of strangers holds neither the store's keys nor anybody's
templates: a keeper process beside it does, and answers over a socket that is open before the
sandbox closes. Programs that see no pictures (tests, benchmarks, migrations) may link directly.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from visionmq.engine.store.opened import DirectLink

Ask = TypeVar("Ask", bound=Struct)
Told = TypeVar("Told", bound=Struct)


@dataclass(frozen=True, slots=True)
class Method(Generic[Ask, Told]):
    """One thing the store can be asked: its name and what goes in and out."""

    name: str
    ask: type[Ask]
    told: type[Told]


class Link(Protocol):
    """Asks the store, wherever it is."""

    def call(self, method: Method[Ask, Told], request: Ask) -> Told:
        """Return the answer; one call at a time.

        Raises EngineError: what the method raises; STORE_UNAVAILABLE where the store is out of reach,
        in which case nothing is changed or the same request, with its key, may be sent again.
        """
        ...

    def close(self) -> None:
        """Let the store go."""
        ...


def open_link(address: str | None = None) -> Link:
    """Return a link to the store at an address, or at VISIONMQ_STORE, else in the user's data folder.

    Raises EngineError(ENGINE_UNAVAILABLE) if it cannot be opened.
    """
    from visionmq.engine.store.keeper_link import start_keeper

    return start_keeper(address)


def open_direct(address: str | None = None, *, keys: str | None = None) -> "DirectLink":
    """Return a link to a store opened in this process, for programs that decode no strangers' pictures.

    `keys` names the key file, else VISIONMQ_STORE_KEYS or its usual place does.

    Raises EngineError(ENGINE_UNAVAILABLE) if it cannot be opened.
    """
    from visionmq.engine.store.opened import open_here

    return open_here(address, keys=keys)
