"""Jobs through engines: frames in, outcomes out; whatever an engine does wrong becomes a typed error."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from visionmq.engine.api import Answer, Engine, EngineError, Job, OperationSpec
from visionmq.schemas.codec import ProtocolError, decode_body, encode
from visionmq.schemas.common import Params, ProgressReport
from visionmq.schemas.errors import Error, ErrorCode, make_error
from visionmq.schemas.limits import MAX_BODY_BYTES, MAX_FRAME_BYTES
from visionmq.worker.childwire import Batch, JobHead
from visionmq.worker.events import Outcome

if TYPE_CHECKING:
    from visionmq.engine.picture import Picture

Ended: TypeAlias = tuple[Outcome, list[Any]]
Reporter: TypeAlias = Callable[[int, ProgressReport], None]
_CV_NO_MEMORY = -4
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Served:
    """One operation and the engine behind it."""

    spec: OperationSpec
    engine: Engine


def table(engines: Sequence[Engine]) -> dict[str, Served]:
    """Return what engines serve, by operation."""
    return {spec.name: Served(spec, engine) for engine in engines for spec in engine.operations()}


def run_batch(served: Served, batch: Batch, frames: Sequence[memoryview], report: Reporter) -> list[Ended]:
    """Return how each job of a batch ended, in order; `frames` are bodies and images, job after job."""
    ended: list[Ended | None] = [None] * len(batch.jobs)
    ready: list[tuple[int, Job, float]] = []
    at = 0
    for index, head in enumerate(batch.jobs):
        mine = frames[at : at + 1 + head.images]
        at += 1 + head.images
        start = time.perf_counter()
        job = _guarded(partial(_prepare, served, head, mine, index, report), head.id)
        spent = (time.perf_counter() - start) * 1000
        if isinstance(job, Job):
            ready.append((index, job, spent))
        else:
            ended[index] = _failed(job, head.id, spent)
    for index, outcome in _run(served, ready):
        ended[index] = outcome
    return [one for one in ended if one is not None]


def _guarded(work: Callable[[], Any], request_id: str) -> Any:
    """Return what `work` returns, or the EngineError its exception amounts to."""
    try:
        return work()
    except EngineError as error:
        return error
    except ProtocolError as error:
        return EngineError(error.code, str(error), stage="worker")
    except Exception as error:
        if is_memory(error):
            return EngineError(ErrorCode.OUT_OF_MEMORY, "the job needs more memory than it may take", stage="engine")
        _log.error("an engine failed", request_id=request_id, exc_info=True)
        return EngineError(ErrorCode.INTERNAL, "the engine failed; the worker's log says how", stage="engine")


def is_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out: Python's, NumPy's, OpenCV's or ONNX Runtime's."""
    if isinstance(error, MemoryError) or getattr(error, "code", None) == _CV_NO_MEMORY:
        return True
    text = str(error)
    return "bad_alloc" in text or "Failed to allocate" in text or "Insufficient memory" in text


def _prepare(served: Served, head: JobHead, frames: Sequence[memoryview], index: int, report: Reporter) -> Job:
    spec, left = served.spec, head.until - time.monotonic()
    if left <= 0:
        raise EngineError(ErrorCode.DEADLINE_EXCEEDED, "its time was over before it started", stage="worker")
    if not spec.least_images <= head.images <= spec.most_images:
        wanted = f"{spec.least_images} to {spec.most_images}"
        raise EngineError(ErrorCode.BAD_REQUEST, f"{spec.name} takes {wanted} pictures, not {head.images}")
    params = decode_body(spec.params, frames[0])
    if len(params.raw) > head.images:
        raise EngineError(ErrorCode.BAD_REQUEST, f"`raw` has {len(params.raw)} entries for {head.images} pictures")
    images = frames[1:]
    return Job(
        params=params,
        pictures=_read(params, images) if spec.reads_pictures else (),
        frames=() if spec.reads_pictures else images,
        request_id=head.id,
        key=head.key or head.id,
        user=head.user,
        time_left=left,
        progress=(lambda said: report(index, said)) if head.updates else _silent,
    )


def _silent(_report: ProgressReport) -> None:
    """Nobody asked for updates."""


def _read(params: Params, images: Sequence[memoryview]) -> "list[Picture | Error]":
    """Return each picture, or why it cannot be read."""
    from visionmq.engine.picture import read_picture

    pictures: list[Picture | Error] = []
    for index, frame in enumerate(images):
        raw = params.raw[index] if index < len(params.raw) else None
        try:
            pictures.append(read_picture(frame, raw))
        except EngineError as error:
            pictures.append(error.to_error())
    return pictures


def _run(served: Served, ready: Sequence[tuple[int, Job, float]]) -> list[tuple[int, Ended]]:
    """Run jobs in one call; if that call fails as a whole, each alone."""
    if not ready:
        return []
    start = time.perf_counter()
    jobs = [job for _, job, _ in ready]
    outcomes = _guarded(lambda: _call(served, jobs), ready[0][1].request_id)
    if isinstance(outcomes, EngineError):
        if len(ready) > 1:
            return [pair for one in ready for pair in _run(served, [one])]
        outcomes = [outcomes]
    spent = (time.perf_counter() - start) * 1000
    return [
        (index, _ended(outcome, job.request_id, decoding, spent))
        for (index, job, decoding), outcome in zip(ready, outcomes, strict=True)
    ]


def _call(served: Served, jobs: Sequence[Job]) -> list[Answer | EngineError]:
    outcomes = list(served.engine.run(served.spec.name, jobs))
    if len(outcomes) != len(jobs):
        raise RuntimeError(f"{served.engine.name} returned {len(outcomes)} outcomes for {len(jobs)} jobs")
    return outcomes


def _ended(outcome: Answer | EngineError, request_id: str, decode_ms: float, run_ms: float) -> Ended:
    packed = outcome if isinstance(outcome, EngineError) else _guarded(lambda: _pack(outcome), request_id)
    if isinstance(packed, EngineError):
        return _failed(packed, request_id, decode_ms, run_ms)
    plan = outcome.plan if isinstance(outcome, Answer) else None
    return Outcome(True, None, len(packed) - 1, round(decode_ms, 3), round(run_ms, 3), plan), packed


def _pack(answer: Answer) -> list[Any]:
    body = encode(answer.result)
    if len(body) > MAX_BODY_BYTES or any(len(image) > MAX_FRAME_BYTES for image in answer.images):
        raise EngineError(ErrorCode.TOO_LARGE, "the result is too large to send; ask for less at once")
    return [body, *answer.images]


def _failed(error: EngineError, request_id: str, decode_ms: float, run_ms: float = 0.0) -> Ended:
    body = make_error(error.code, str(error), stage=error.stage or "worker", request_id=request_id, hint=error.hint)
    return Outcome(False, error.code.value, 0, round(decode_ms, 3), round(run_ms, 3)), [encode(body)]
