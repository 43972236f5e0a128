"""The table of what a store can be asked.

Another part of VisionMQ that keeps things here (access, for instance) adds its handlers as one line below; what
a handler is given is told in `session`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from visionmq.engine.access.services import ROWS as ACCESS_ROWS
from visionmq.engine.store import (
    archive,
    checking,
    forgetting,
    gallery,
    importing,
    listing,
    messages,
    notes,
    search,
    upkeep,
)
from visionmq.engine.store.link import Method
from visionmq.engine.store.session import Session

Handler: TypeAlias = Callable[[Session, Any], Any]
Service: TypeAlias = Mapping[str, tuple[Method[Any, Any], Handler]]


def service(*rows: tuple[Method[Any, Any], Handler]) -> Service:
    """Return handlers by the names of their methods."""
    return {method.name: (method, handler) for method, handler in rows}


GALLERIES: Final = service(
    (messages.ENROLL, gallery.enroll),
    (messages.SEARCH, search.search),
    (messages.SUBJECTS, listing.list_subjects),
    (messages.COLLECTIONS, listing.list_collections),
    (messages.FORGET, forgetting.forget),
    (messages.TEMPLATES, listing.get_templates),
    (messages.GET_NOTES, notes.get_notes),
    (messages.SET_NOTES, notes.set_notes),
    (archive.START_EXPORT, archive.start_export),
    (archive.EXPORT, archive.export_page),
    (importing.IMPORT, importing.import_piece),
)

UPKEEP: Final = service(
    (upkeep.INFO, upkeep.info),
    (upkeep.REKEY, upkeep.rekey),
    (upkeep.HEAD, upkeep.head),
    (upkeep.VERIFY, upkeep.verify),
    (upkeep.LIST, upkeep.entries),
    (upkeep.RECEIPT, upkeep.check_receipt),
)

ACCESS: Final = service(*ACCESS_ROWS)

SERVICES: Final[Service] = {**GALLERIES, **UPKEEP, **ACCESS}
"""All methods by name."""

WARM: Final[tuple[Callable[[Session], None], ...]] = (checking.refuse_damaged, search.warm)
"""What is done when a store opens, so that damage is told at once and no first request waits."""

IDLE: Final[tuple[Callable[[Session], bool], ...]] = (search.idle,)
"""What is done a piece at a time while nobody asks; each tells whether there is more."""
