"""All of `access.*` that needs no picture; starts in half the time of the whole."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from visionmq.engine.access import methods
from visionmq.engine.access.asking import author_of, stripped
from visionmq.engine.access.errors import STAGE
from visionmq.engine.access.importing import import_rows
from visionmq.engine.access.methods import Asked, Prepare
from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec, Resources
from visionmq.engine.store.link import Link, Method
from visionmq.engine.store.messages import Author
from visionmq.engine.store.session import new_id
from visionmq.schemas.access.decisions import Decision
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.operations import OPERATIONS

_IMPORT: Final = "access.import"

_CHANGES: Final[Mapping[str, Method[Any, Any]]] = {
    method.name: method
    for method in (
        methods.VALIDATE,
        methods.NONCE,
        methods.RETURN,
        methods.ADD_USER,
        methods.EDIT_USER,
        methods.SET_PASSWORD,
        methods.UNLOCK,
        methods.FORGET_USER,
        methods.ADD_VEHICLE,
        methods.EDIT_VEHICLE,
        methods.ROTATE_KEY,
        methods.REMOVE_VEHICLE,
        methods.BOOK,
        methods.CANCEL,
        methods.ADD_ENGINEER,
        methods.REMOVE_ENGINEER,
        methods.ASSIGN,
        methods.UNASSIGN,
        methods.SET_POLICY,
    )
}
"""Operations that the store answers by itself, once for each key."""
_QUESTIONS: Final[Mapping[str, Method[Any, Any]]] = {
    method.name: method
    for method in (methods.USERS, methods.VEHICLES, methods.BOOKINGS, methods.ENGINEERS, methods.POLICY)
}
"""Operations that change nothing."""


class DeskEngine:
    """Keeps users, cars, bookings and engineers, and decides by login; has no eyes.

    The engine `access` is this one with eyes: a worker serves one of the two.
    """

    name = "desk"
    version = "1"

    def __init__(self) -> None:
        self._resources: Resources | None = None
        self._link: Link | None = None

    def bind(self, resources: Resources) -> None:
        """Keep the way to the store and to other engines."""
        self._resources = resources

    def operations(self) -> Sequence[OperationSpec]:
        """Return the `access.*` operations that the store answers."""
        return [spec_of(name) for name in (*_CHANGES, *_QUESTIONS, _IMPORT)]

    def capabilities(self) -> Sequence[Capability]:
        """Return that decisions need nothing but the store."""
        return [Capability("access", True, "argon2id by argon2-cffi (MIT); faces and documents by their engines")]

    def load(self) -> None:
        """Open the store; raise EngineError(ENGINE_UNAVAILABLE) if there is none."""
        if self._resources is None:
            raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, "Access needs a store.", stage=STAGE)
        self._link = self._resources.store()
        self._link.call(methods.PREPARE, Prepare(Author(f"access.prepare {new_id()}")))

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return the outcome of each job, in order."""
        return [self._attempt(operation, job) for job in jobs]

    def answer(self, operation: str, job: Job) -> Answer:
        """Return the answer to one job; raise EngineError where there is none."""
        if operation == _IMPORT:
            return Answer(import_rows(self.store, job))
        if operation in _QUESTIONS:
            return _passed_back(self.store.call(_QUESTIONS[operation], stripped(job.params)), job)
        return _passed_back(self.store.call(_CHANGES[operation], Asked(stripped(job.params), author_of(job))), job)

    def _attempt(self, operation: str, job: Job) -> Answer | EngineError:
        try:
            return self.answer(operation, job)
        except EngineError as error:
            return error

    @property
    def store(self) -> Link:
        """The way to the store."""
        if self._link is None:
            raise EngineError(ErrorCode.INTERNAL, "The access engine was not loaded.", stage=STAGE)
        return self._link


def spec_of(name: str, *, reads_pictures: bool = False) -> OperationSpec:
    """Return how the worker may run an operation."""
    row = OPERATIONS[name]
    return OperationSpec(name, row.params, row.least_images, row.most_images, reads_pictures=reads_pictures)


def _passed_back(told: Any, job: Job) -> Answer:
    if isinstance(told, Decision):
        told = msgspec.structs.replace(told, car=job.params.car)  # type: ignore[attr-defined]
    return Answer(msgspec.structs.replace(told, pass_back=job.params.pass_back))
