"""What can happen to the broker, and what it wants done: small tuples, cheap on the hot path."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from visionmq.broker.records import Frame, PeerId
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.messages import FromClient, FromWorker
from visionmq.wire.keys import Grant


class ClientSent(NamedTuple):
    """A client's message; `grant` is its key's, None where keys are not demanded or it is not known."""

    peer: PeerId
    message: FromClient
    frames: Sequence[Frame]
    """Body and images; empty for messages that have none."""
    grant: Grant | None


class WorkerSent(NamedTuple):
    """A worker's message."""

    peer: PeerId
    message: FromWorker
    frames: Sequence[Frame]
    grant: Grant | None


class Malformed(NamedTuple):
    """A message that could not be decoded; `request_id` is what could still be read of it."""

    from_client: bool
    peer: PeerId
    code: ErrorCode
    text: str
    request_id: str | None


class ClientUnreachable(NamedTuple):
    """A reply found no connection."""

    peer: PeerId
    frames: Sequence[Frame]


class ClientStalled(NamedTuple):
    """A reply found the client's connection full."""

    peer: PeerId
    frames: Sequence[Frame]


class WorkersUnreachable(NamedTuple):
    """Messages to these workers found no connection, or a full one; all that failed together come together."""

    undelivered: Mapping[PeerId, Sequence[bytes]]
    """By worker, the envelopes that it did not get."""


class Probe(NamedTuple):
    """Some worker's connection closed: find out whose."""


class Tick(NamedTuple):
    """Time has passed."""


class DrainRequested(NamedTuple):
    """The process was asked to end."""


Event: TypeAlias = (
    ClientSent
    | WorkerSent
    | Malformed
    | ClientUnreachable
    | ClientStalled
    | WorkersUnreachable
    | Probe
    | Tick
    | DrainRequested
)

TO_CLIENT: Final = 0
TO_WORKER: Final = 1
LOG: Final = 2
END: Final = 3
Action: TypeAlias = tuple[int, Any, Any]
"""(TO_CLIENT, peer, frames), (TO_WORKER, peer, frames), (LOG, (level, event), fields) or (END, None, None)."""
