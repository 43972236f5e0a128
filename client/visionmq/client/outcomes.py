"""What `map` yields: one outcome an item, good or bad."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from visionmq.client.replies import Reply

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What became of one item; exactly one of `reply` and `error` is set."""

    index: int
    """Its position in what was given, from 0."""
    item: T
    reply: Reply[Any] | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a reply."""
        return self.error is None

    def unwrap(self) -> Reply[Any]:
        """Return the reply, or raise the error."""
        if self.error is not None:
            raise self.error
        assert self.reply is not None
        return self.reply
