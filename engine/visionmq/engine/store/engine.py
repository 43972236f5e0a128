"""The engine behind `store.*`, `audit.*`, `receipt.verify` and archives: passes questions on to the keeper."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec, Resources
from visionmq.engine.store import archive_operations, upkeep
from visionmq.engine.store.link import Link
from visionmq.engine.store.messages import Author
from visionmq.schemas import archive
from visionmq.schemas import store as wire
from visionmq.schemas.common import Params

_ASKS: Final[dict[str, tuple[Any, type[Params], Callable[[Job], Struct]]]] = {
    "store.info": (upkeep.INFO, wire.InfoParams, lambda _: upkeep.Ask()),
    "store.rekey": (upkeep.REKEY, wire.RekeyParams, lambda job: upkeep.Rekey(author=author(job))),
    "audit.head": (upkeep.HEAD, wire.HeadParams, lambda _: upkeep.Ask()),
    "audit.verify": (upkeep.VERIFY, wire.VerifyParams, lambda job: job.params),
    "audit.list": (upkeep.LIST, wire.ListParams, lambda job: job.params),
    "receipt.verify": (upkeep.RECEIPT, wire.ReceiptParams, lambda job: job.params),
}

_ARCHIVES: Final[dict[str, tuple[type[Params], int, Callable[[Link, Job], Answer]]]] = {
    "gallery.export": (archive.ExportParams, 0, archive_operations.export_piece),
    "gallery.import": (archive.ImportParams, 2, archive_operations.import_piece),
}
"""Parameters, image frames and what answers."""


def author(job: Job) -> Author:
    """Return who asks for a change, and the key of its effect."""
    return Author(key=job.key or job.request_id, user=job.user)


class StoreEngine:
    """Tells what the store is, reads and checks its audit log, and rotates its key."""

    name = "store"
    version = "1"

    def __init__(self) -> None:
        self._resources: Resources | None = None
        self._link: Link | None = None

    def bind(self, resources: Resources) -> None:
        """Keep the way to the store."""
        self._resources = resources

    def operations(self) -> Sequence[OperationSpec]:
        """Return the operations; none opens pictures."""
        asks = [OperationSpec(name, params, reads_pictures=False) for name, (_, params, _) in _ASKS.items()]
        return asks + [
            OperationSpec(name, params, frames, frames, reads_pictures=False)
            for name, (params, frames, _) in _ARCHIVES.items()
        ]

    def capabilities(self) -> Sequence[Capability]:
        """Return which databases can be used."""
        from importlib.util import find_spec

        has_driver = find_spec("pg8000") is not None
        return (
            Capability("store", True, "SQLite, part of Python"),
            Capability(
                "store.postgresql",
                has_driver,
                "pg8000, BSD" if has_driver else "Install it: `pip install visionmq[worker,postgres]`.",
            ),
        )

    def load(self) -> None:
        """Open the store."""
        assert self._resources is not None, "the engine is bound before it loads"
        self._link = self._resources.store()

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return one answer a job, in order."""
        return [self._run(operation, job) for job in jobs]

    def _run(self, operation: str, job: Job) -> Answer | EngineError:
        assert self._link is not None, "the engine is loaded before it runs"
        try:
            if operation in _ARCHIVES:
                return _ARCHIVES[operation][2](self._link, job)
            method, _, make = _ASKS[operation]
            told = self._link.call(method, make(job))
        except EngineError as error:
            return error
        return Answer(structs.replace(told, pass_back=job.params.pass_back))
