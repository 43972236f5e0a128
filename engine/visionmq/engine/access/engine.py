"""The engine behind `access.*` and `case.*`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from visionmq.engine.access.case import Workshop, verify
from visionmq.engine.access.desk import DeskEngine, spec_of
from visionmq.engine.access.edging import face_access
from visionmq.engine.access.errors import STAGE
from visionmq.engine.access.eyes import Eyes, eyes_of
from visionmq.engine.api import Answer, EngineError, Job, OperationSpec, Resources
from visionmq.engine.board import load_pens
from visionmq.engine.document.engine import DocumentEngine
from visionmq.engine.store.session import utc_now
from visionmq.schemas.errors import ErrorCode

_FACE: Final = "access.face"
_CASE: Final = "case.verify"


class AccessEngine(DeskEngine):
    """Decides who may take a car, by login, face and document, and keeps what that rests on.

    Without the face engine, or the document engine, all else is answered; what needs the missing one answers
    `engine_unavailable` with the reason.
    """

    name = "access"

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        """Take the clock that documents are judged by; bookings are judged by the store's."""
        super().__init__()
        self._clock = clock
        self._eyes: Eyes | EngineError | None = None
        self._documents: DocumentEngine | EngineError | None = None

    def operations(self) -> Sequence[OperationSpec]:
        """Return all `access.*` operations and `case.verify`."""
        return [*super().operations(), *(spec_of(name, reads_pictures=True) for name in (_FACE, _CASE))]

    def load(self) -> None:
        """Open the store and what sees pictures; raise EngineError(ENGINE_UNAVAILABLE) if there is no store."""
        super().load()
        assert self._resources is not None
        load_pens()
        self._clock().astimezone()  # the C library reads the time zone's file now, not in the sandbox
        self._eyes = _or_why(self._resources, "face", eyes_of)
        self._documents = _or_why(self._resources, "document", _documents_of)

    def answer(self, operation: str, job: Job) -> Answer:
        """Return the answer to one job; raise EngineError where there is none."""
        if operation == _FACE:
            return face_access(self.store, _there(self._eyes), job)
        if operation == _CASE:
            return verify(Workshop(self.store, _there(self._eyes), _there(self._documents), self._clock), job)
        return super().answer(operation, job)


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
