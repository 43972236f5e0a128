"""A job's failure is its own."""

from collections.abc import Callable
from typing import TypeVar

from visionmq.engine.api import EngineError, Job

T = TypeVar("T")


def attempt(work: Callable[[Job], T], job: Job) -> T | EngineError:
    """Return what `work` makes of a job, or the error that it raises."""
    try:
        return work(job)
    except EngineError as error:
        return error
