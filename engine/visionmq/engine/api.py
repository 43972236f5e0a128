"""What an engine is: a small protocol between the worker's child process and vision code.

The child decodes the parameters, reads the pictures (unless the operation takes its frames as
they are), and calls `run` with one or more jobs of one operation. A job's failure is its own:
`run` returns one outcome for each job, in order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from msgspec import Struct

from visionmq.schemas.common import Params, ProgressReport
from visionmq.schemas.errors import Error, ErrorCode, make_error

if TYPE_CHECKING:
    from visionmq.engine.picture import Picture
    from visionmq.engine.store.link import Link

Frame: TypeAlias = bytes | bytearray | memoryview


class EngineError(Exception):
    """A job cannot be done; becomes the typed error of its reply."""

    def __init__(self, code: ErrorCode, message: str, *, stage: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.stage = stage
        self.hint = hint

    def to_error(self) -> Error:
        """Return the wire's form of this error."""
        return make_error(self.code, str(self), stage=self.stage, hint=self.hint)


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """One operation of an engine, and how the worker may run it."""

    name: str
    params: type[Params]
    least_images: int = 0
    most_images: int = 0
    reads_pictures: bool = True
    """False: frames are handed over unopened (echo)."""
    max_batch: int = 1
    """Most jobs in one call of `run`."""


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether one part of an engine can work here, and if not, why."""

    name: str
    present: bool
    detail: str
    """Version and licence where present; what is missing and what to do where not."""


def _no_progress(_report: ProgressReport) -> None:
    """Drop the report: nobody asked for updates."""


@dataclass(frozen=True, slots=True)
class Job:
    """One request as an engine sees it."""

    params: Params
    pictures: "Sequence[Picture | Error]" = ()
    """One entry a picture: pixels, or why it could not be read. Empty if frames are taken unopened."""
    frames: Sequence[Frame] = ()
    """The image frames as sent, if the operation does not read pictures."""
    request_id: str = ""
    key: str | None = None
    user: str | None = None
    time_left: float = 60.0
    """Seconds until the worker gives the job up."""
    progress: Callable[[ProgressReport], None] = _no_progress


@dataclass(frozen=True, slots=True)
class Answer:
    """A job's result: a struct for the body, and encoded pictures for the frames."""

    result: Struct
    images: Sequence[bytes] = field(default_factory=tuple)
    plan: str | None = None


class Resources(Protocol):
    """What the engines of one process share."""

    def engine(self, name: str) -> "Engine":
        """Return the engine of this name, loaded; the same object for all who ask.

        Raises EngineError as `make_engine` and `load` do.
        """
        ...

    def store(self) -> "Link":
        """Return the way to the store; opened when the first engine asks for it.

        Raises EngineError(ENGINE_UNAVAILABLE) if it cannot be opened.
        """
        ...


@runtime_checkable
class Bound(Protocol):
    """An engine that builds on others, or on the store: it is given them before `load`."""

    def bind(self, resources: Resources) -> None:
        """Keep the resources; they may be asked for anything in `load`, not before."""
        ...


class Engine(Protocol):
    """Vision code behind one or more operations.

    Construction is cheap and does no input or output; `load` does all of it, once, before the
    worker says it is ready. After `load` an engine opens no file and no socket: the sandbox
    would refuse it.
    """

    name: str
    version: str

    def operations(self) -> Sequence[OperationSpec]:
        """Return what this engine serves; needs no `load`."""
        ...

    def capabilities(self) -> Sequence[Capability]:
        """Return what is present and what is not, and why; needs no `load`."""
        ...

    def load(self) -> None:
        """Read models and warm up; raise EngineError(ENGINE_UNAVAILABLE) if something lacks."""
        ...

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return the outcome of each job, in order; an exception fails them all as `internal`."""
        ...
