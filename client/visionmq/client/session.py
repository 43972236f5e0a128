"""The client's side of the protocol as a pure state machine (docs/protocol.md, section 4).

Events go in with the time they happen at, actions come out; there is no socket, thread or clock
here. What is held: every submitted request ends exactly once, by `Finish` or `Fail`, unless the
caller cancelled it; what arrives for a request that has ended is dropped and counted.
"""

import random
from collections.abc import Callable, Sequence
from typing import Final

from visionmq.client import errors
from visionmq.client.actions import Action, Connect, Send
from visionmq.client.connection import CONNECT_SECONDS, Connection
from visionmq.client.counts import Counts
from visionmq.client.pending import Pending
from visionmq.client.requests import Requests
from visionmq.client.wire_errors import BY_CODE
from visionmq.schemas import messages
from visionmq.schemas.codec import Buffer
from visionmq.schemas.limits import PROTOCOL_VERSION

_KINDS: Final = {str(code): kind for code, kind in BY_CODE.items()}


class Session:
    """One client's conversation with one broker at a time, out of a list of endpoints."""

    def __init__(
        self,
        endpoints: Sequence[str],
        *,
        agent: str = "unknown",
        connect_seconds: float = CONNECT_SECONDS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.connection = Connection(endpoints, connect_seconds)
        self.counts = Counts()
        self._agent = agent
        self._out: list[Action] = []
        self._requests = Requests(self.connection, counts=self.counts, chance=chance, out=self._out)

    # ---- what is known -------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._requests)

    def wakeup(self) -> float:
        """Return when `tick` has something to do next, if nothing happens before."""
        return min(self._requests.wakeup(), self.connection.wakeup())

    def refreshed(self, request: messages.Request, now: float) -> messages.Request | None:
        """Return a request that was held back as it is to leave now; None if it has ended or is overdue."""
        return self._requests.refreshed(request, now)

    # ---- events --------------------------------------------------------------------------

    def start(self, now: float) -> list[Action]:
        """Connect to the first endpoint."""
        self._connect(now)
        return self._take()

    def submit(self, request: Pending, now: float) -> list[Action]:
        """Take a request; it goes out at once if the broker has welcomed us."""
        self._requests.submit(request, now)
        if not self.connection.is_open and self.connection.gave_up:  # the caller wants to know anew
            self.connection.turn(anew=True)
            self._connect(now)
        return self._take()

    def cancel(self, request_id: str, now: float) -> list[Action]:
        """Forget a request and tell the broker; nothing is resolved, the caller has done that."""
        self._requests.cancel(request_id)
        return self._take()

    def received(self, message: messages.ToClient, body: Buffer, images: Sequence[Buffer], now: float) -> list[Action]:
        """Take a message of the broker."""
        self.connection.heard_at = now
        match message:
            case messages.Reply():
                if self._requests.reply(message, body, images, now) and len(self.connection.endpoints) > 1:
                    self._next_endpoint(now)
            case messages.Welcome():
                self._welcomed(message, now)
            case messages.Heartbeat():
                self._heartbeat(message, now)
            case messages.Unknown():
                self._requests.unknown(message.ids, now)
            case messages.Refused():
                self._refused(message)
        return self._take()

    def tick(self, now: float) -> list[Action]:
        """Do what is due by the clock."""
        if self.connection.has_failed(now):
            self._no_welcome(now)
        elif self.connection.is_silent(now):
            self._next_endpoint(now)
        elif self.connection.beat_due(now):
            self._out.append(Send(messages.Heartbeat()))
        self._requests.tick(now)
        return self._take()

    def close(self, error: errors.VisionMQError) -> list[Action]:
        """Say goodbye and end all requests with this error."""
        if self.connection.is_open:
            self._out.append(Send(messages.Bye()))
        self._requests.fail_all(lambda request: error)
        self.connection.close()
        return self._take()

    # ---- the connection ------------------------------------------------------------------

    def _connect(self, now: float) -> None:
        self.counts.connects += 1
        self.connection.attempt(now)
        self._requests.hold_back()
        self._out.append(Connect(self.connection.endpoint))
        self._hello()

    def _hello(self) -> None:
        self._out.append(Send(messages.Hello(v=PROTOCOL_VERSION, agent=self._agent)))

    def _next_endpoint(self, now: float) -> None:
        self.connection.turn()
        self._connect(now)

    def _no_welcome(self, now: float) -> None:
        if not self.connection.is_hopeless:
            self._next_endpoint(now)
            return
        self.connection.give_up()
        self._requests.fail_all(lambda request: self.connection.unreachable(request.id))

    def _welcomed(self, welcome: messages.Welcome, now: float) -> None:
        fresh = self.connection.greet(welcome, now)
        self._requests.welcomed(now, afresh=self._is_other(welcome.instance) or fresh)

    def _heartbeat(self, message: messages.Heartbeat, now: float) -> None:
        self.connection.confirm()
        if self.connection.is_open and message.instance is not None and self._is_other(message.instance):
            self._hello()
            self._requests.send_all(now)

    def _is_other(self, instance: str) -> bool:
        changed = self.connection.meet(instance)
        self.counts.restarts += changed
        return changed

    def _refused(self, message: messages.Refused) -> None:
        self.counts.refused += 1
        if self.connection.is_open:
            return
        kind = _KINDS.get(message.code, errors.Internal)
        self._requests.fail_all(lambda request: kind(message.message, request_id=request.id, stage="broker"))

    def _take(self) -> list[Action]:
        actions = self._out.copy()
        self._out.clear()
        return actions
