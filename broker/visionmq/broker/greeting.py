"""What the broker says to peers that come, and how it shows that it lives."""

from visionmq.broker.policy import Refusal
from visionmq.broker.pool import Workers
from visionmq.broker.settings import Settings
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import PROTOCOL_VERSION
from visionmq.wire import AGENT

_MS = 1000.0


class Greeting:
    """The envelopes that name this start of the broker by its `instance`."""

    def __init__(self, instance: str, settings: Settings, workers: Workers) -> None:
        self.instance = instance
        self.heartbeat: bytes = encode(m.Heartbeat(instance=instance))
        self._settings = settings
        self._workers = workers

    def welcome(self, liveness: float) -> bytes:
        """Return the answer to a peer that may stay; it is lost after `liveness` seconds of silence."""
        message = m.Welcome(
            v=PROTOCOL_VERSION,
            instance=self.instance,
            agent=AGENT,
            heartbeat_ms=int(self._settings.heartbeat * _MS),
            liveness_ms=int(liveness * _MS),
            operations=self._workers.operations(),
        )
        return encode(message)


def refuse_version(version: int, agent: str) -> Refusal | None:
    """Return why a peer that speaks this version may not stay, or None."""
    if version == PROTOCOL_VERSION:
        return None
    text = f"version {version} ({agent}); this broker speaks {PROTOCOL_VERSION} ({AGENT})"
    return Refusal(ErrorCode.UNSUPPORTED_VERSION, text)
