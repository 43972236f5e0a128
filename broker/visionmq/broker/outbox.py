"""What the event in hand makes the broker do, in order. Every part of the core writes here."""

from typing import Any

from visionmq.broker.events import END, LOG, TO_WORKER, Action
from visionmq.broker.records import Frame, PeerId


class Outbox:
    """The actions so far. What is sent with every request is appended without a call in between."""

    __slots__ = ("actions",)

    def __init__(self) -> None:
        self.actions: list[Action] = []
        """`Broker.handle` sets a fresh list for each event, so a failed event leaves nothing behind."""

    def to_worker(self, peer: PeerId, *frames: Frame) -> None:
        """Have a message sent to a worker."""
        self.actions.append((TO_WORKER, peer, frames))

    def log(self, level: str, event: str, **fields: Any) -> None:
        """Have a line logged."""
        self.actions.append((LOG, (level, event), fields))

    def end(self) -> None:
        """Have the process end."""
        self.actions.append((END, None, None))
