"""The engine behind `access.*` and `case.*`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from visionmq.engine.access import methods
from visionmq.engine.access.asking import author_of, stripped
from visionmq.engine.access.case import Workshop, verify
from visionmq.engine.access.edging import face_access
from visionmq.engine.access.errors import STAGE
from visionmq.engine.access.eyes import Eyes, eyes_of
from visionmq.engine.access.importing import import_rows
from visionmq.engine.access.methods import Asked, Prepare
from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec, Resources
from visionmq.engine.board import load_pens
from visionmq.engine.document.engine import DocumentEngine
from visionmq.engine.store.link import Link, Method
from visionmq.engine.store.messages import Author
from visionmq.engine.store.session import new_id, utc_now
from visionmq.schemas.access import Decision, FaceParams
from visionmq.schemas.case import CaseParams
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.operations import OPERATIONS

_FACE: Final = "access.face"
_IMPORT: Final = "access.import"
_CASE: Final = "case.verify"

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


class AccessEngine:
    """Decides who may take a car, and keeps what that rests on.

    Without the face engine, or the document engine, all else is answered; what needs the missing one answers
    `engine_unavailable` with the reason.
    """

    name = "access"
    version = "1"

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        """Take the clock that documents are judged by; bookings are judged by the store's."""
        self._clock = clock
        self._resources: Resources | None = None
        self._link: Link | None = None
        self._eyes: Eyes | EngineError | None = None
        self._documents: DocumentEngine | EngineError | None = None

    def bind(self, resources: Resources) -> None:
        """Keep the way to the store and to the other engines."""
        self._resources = resources

    def operations(self) -> Sequence[OperationSpec]:
        """Return all `access.*` operations and `case.verify`."""
        return [_spec(name) for name in (*_CHANGES, *_QUESTIONS, _FACE, _IMPORT, _CASE)]

    def capabilities(self) -> Sequence[Capability]:
        """Return that decisions need nothing but the store."""
        return [Capability("access", True, "argon2id by argon2-cffi (MIT); faces and documents by their engines")]

    def load(self) -> None:
        """Open the store and what sees pictures; raise EngineError(ENGINE_UNAVAILABLE) if there is no store."""
        if self._resources is None:
            raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, "Access needs a store.", stage=STAGE)
        load_pens()
        self._clock().astimezone()  # the C library reads the time zone's file now, not in the sandbox
        self._link = self._resources.store()
        self._link.call(methods.PREPARE, Prepare(Author(f"access.prepare {new_id()}")))
        self._eyes = _or_why(self._resources, "face", eyes_of)
        self._documents = _or_why(self._resources, "document", _documents_of)

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return the outcome of each job, in order."""
        return [self._attempt(operation, job) for job in jobs]

    def _attempt(self, operation: str, job: Job) -> Answer | EngineError:
        try:
            return self._answer(operation, job)
        except EngineError as error:
            return error

    def _answer(self, operation: str, job: Job) -> Answer:
        if operation == _FACE:
            return face_access(self._store, _there(self._eyes), job)
        if operation == _IMPORT:
            return Answer(import_rows(self._store, job))
        if operation == _CASE:
            return verify(Workshop(self._store, _there(self._eyes), _there(self._documents), self._clock), job)
        if operation in _QUESTIONS:
            return _passed_back(self._store.call(_QUESTIONS[operation], stripped(job.params)), job)
        return _passed_back(self._store.call(_CHANGES[operation], Asked(stripped(job.params), author_of(job))), job)

    @property
    def _store(self) -> Link:
        if self._link is None:
            raise EngineError(ErrorCode.INTERNAL, "The access engine was not loaded.", stage=STAGE)
        return self._link


def _spec(name: str) -> OperationSpec:
    row = OPERATIONS[name]
    return OperationSpec(
        name, row.params, row.least_images, row.most_images, reads_pictures=row.params in (FaceParams, CaseParams)
    )


def _passed_back(told: Any, job: Job) -> Answer:
    if isinstance(told, Decision):
        told = msgspec.structs.replace(told, car=job.params.car)  # type: ignore[attr-defined]
    return Answer(msgspec.structs.replace(told, pass_back=job.params.pass_back))


def _or_why(resources: Resources, name: str, made: Callable[[Any], Any]) -> Any:
    """Return what an engine is wanted for, or why it cannot be had."""
    try:
        return made(resources.engine(name))
    except EngineError as error:
        return error


def _documents_of(engine: Any) -> DocumentEngine:
    if not isinstance(engine, DocumentEngine):
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, f"{engine.name} is not the document engine.", stage=STAGE)
    return engine


def _there(part: Any) -> Any:
    """Return a part of the engine; raise EngineError(ENGINE_UNAVAILABLE) with the reason where it lacks."""
    if isinstance(part, EngineError):
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, f"This cannot be answered here: {part}", stage=STAGE)
    return part
