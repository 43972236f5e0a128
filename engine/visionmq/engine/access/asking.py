"""Requests as the store is asked them: without what only the wire needs, with who asks under which key."""

from typing import TypeVar

import msgspec

from visionmq.engine.api import Job
from visionmq.engine.store.messages import Author
from visionmq.schemas.common import Params

P = TypeVar("P", bound=Params)


def author_of(job: Job, part: str = "") -> Author:
    """Return who changes something, and the name of the effect; `part` names one of several effects of a request."""
    return Author(key=f"{job.key or job.request_id}{part}", user=job.user)


def stripped(params: P) -> P:
    """Return parameters without what is passed back: it may hold anything, and the store keeps digests of requests."""
    return msgspec.structs.replace(params, pass_back=None, want=[], raw=[])
