"""The client's side of the protocol as a pure state machine (docs/protocol.md, section 4).

Events go in with the time they happen at, actions come out; there is no socket, thread or clock
here. What is held: every submitted request ends exactly once, by `Finish` or `Fail`, unless the
caller cancelled it; what arrives for a request that has ended is dropped and counted.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from visionmq.client import errors
from visionmq.client.actions import Action, Connect, Fail, Finish, Send, Update
from visionmq.client.pending import Pending
from visionmq.schemas import messages
from visionmq.schemas.codec import Buffer
from visionmq.schemas.errors import Error, ErrorCode
from visionmq.schemas.limits import PROTOCOL_VERSION

CONNECT_SECONDS: Final = 0.8
"""Until a first welcome; so that "nobody is listening" is said within a second."""
GRACE: Final = 0.5
"""How long past its deadline a request waits for the broker's own word about it."""
CHECK_SECONDS: Final = 1.0
_CHECK_IDS: Final = 200
_LONGEST_ATTEMPT: Final = 5.0
_SLOWEST_LINK: Final = 2e6
"""Bytes a second: pictures under way excuse this much silence, for answers queue behind them."""
_LONGEST_EXCUSE: Final = 30.0
_NEVER: Final = float("inf")
_KINDS: Final = {str(code): kind for code, kind in errors.BY_CODE.items()}


@dataclass(slots=True)
class Counts:
    """What the session has seen since its start."""

    sent: int = 0
    resent: int = 0
    retried: int = 0
    late: int = 0
    """Replies to requests that had ended: duplicates, or cancelled ones."""
    timeouts: int = 0
    connects: int = 0
    restarts: int = 0
    """Brokers found to be another instance than before."""
    refused: int = 0
    """`error` messages that named no request."""


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
        assert endpoints
        self.endpoints = list(endpoints)
        self.counts = Counts()
        self.welcome: messages.Welcome | None = None
        """The broker's last welcome; None before the first one ever."""
        self._agent = agent
        self._connect_seconds = connect_seconds
        self._chance = chance
        self._pending: dict[str, Pending] = {}
        self._wire: dict[str, str] = {}  # wire id of the present try -> id
        self._timers: list[tuple[float, str]] = []
        self._actions: list[Action] = []
        self._index = 0
        self._attempts = 0
        self._attempt_until = _NEVER
        self._open = False
        self._instance: str | None = None
        self._heard = 0.0
        self._next_heartbeat = _NEVER
        self._next_check = _NEVER
        self._sent_bytes = 0
        self._confirmed_bytes = 0
        self._marks: deque[int] = deque()

    # ---- what is known -------------------------------------------------------------------

    @property
    def endpoint(self) -> str:
        """The endpoint in use or being tried."""
        return self.endpoints[self._index]

    @property
    def is_open(self) -> bool:
        """Whether the broker has welcomed this connection."""
        return self._open

    def __len__(self) -> int:
        return len(self._pending)

    def wakeup(self) -> float:
        """Return when `tick` has something to do next, if nothing happens before."""
        soonest = self._timers[0][0] if self._timers else _NEVER
        if not self._open:
            return min(soonest, self._attempt_until)
        return min(soonest, self._next_heartbeat, self._silent_at(), self._next_check)

    def refreshed(self, request: messages.Request, now: float) -> messages.Request | None:
        """Return a request that was held back as it is to leave now; None if it has ended or is overdue."""
        pending = self._pending.get(self._wire.get(request.id, ""))
        if pending is None or now >= pending.deadline:
            return None
        return pending.envelope(now)

    # ---- events --------------------------------------------------------------------------

    def start(self, now: float) -> list[Action]:
        """Connect to the first endpoint."""
        self._connect(now)
        return self._take()

    def submit(self, request: Pending, now: float) -> list[Action]:
        """Take a request; it goes out at once if the broker has welcomed us."""
        self._pending[request.id] = request
        self._wire[request.wire_id] = request.id
        heapq.heappush(self._timers, (request.deadline, request.id))
        if self._open:
            self._send(request, now)
        elif self._attempt_until == _NEVER:  # had given up; the caller wants to know anew
            self._attempts = 0
            self._next_endpoint(now)
        return self._take()

    def cancel(self, request_id: str, now: float) -> list[Action]:
        """Forget a request and tell the broker; nothing is resolved, the caller has done that."""
        request = self._drop(request_id)
        if request is not None and request.ever_sent:
            self._emit(Send(messages.Cancel(request.wire_id)))
        return self._take()

    def received(self, message: messages.ToClient, body: Buffer, images: Sequence[Buffer], now: float) -> list[Action]:
        """Take a message of the broker."""
        self._heard = now
        match message:
            case messages.Reply():
                self._reply(message, body, images, now)
            case messages.Welcome():
                self._welcomed(message, now)
            case messages.Heartbeat():
                self._heartbeat(message, now)
            case messages.Unknown():
                self._unknown(message.ids, now)
            case messages.Refused():
                self._refused(message)
        return self._take()

    def tick(self, now: float) -> list[Action]:
        """Do what is due by the clock."""
        if not self._open:
            if now >= self._attempt_until:
                self._no_welcome(now)
        elif now >= self._silent_at():
            self._next_endpoint(now)
        elif now >= self._next_heartbeat:
            self._send_heartbeat(now)
        self._run_timers(now)
        if self._open and now >= self._next_check:
            self._check(now)
        return self._take()

    def close(self, error: errors.VisionMQError) -> list[Action]:
        """Say goodbye and end all requests with this error."""
        if self._open:
            self._emit(Send(messages.Bye()))
        self._fail_all(lambda request: error)
        self._open, self._attempt_until = False, _NEVER
        return self._take()

    # ---- the connection ------------------------------------------------------------------

    def _connect(self, now: float) -> None:
        self.counts.connects += 1
        self._open = False
        self._attempts += 1
        self._attempt_until = now + self._patience()
        self._sent_bytes = self._confirmed_bytes = 0
        self._marks.clear()
        for request in self._pending.values():
            request.sent_at, request.moved = None, request.ever_sent
        self._emit(Connect(self.endpoint))
        self._emit(Send(messages.Hello(v=PROTOCOL_VERSION, agent=self._agent)))

    def _patience(self) -> float:
        if self.welcome is None:
            return self._connect_seconds / len(self.endpoints)
        rounds = (self._attempts - 1) // len(self.endpoints)
        return min(_LONGEST_ATTEMPT, self._connect_seconds * 2.0 ** min(rounds, 8))

    def _next_endpoint(self, now: float) -> None:
        self._index = (self._index + 1) % len(self.endpoints)
        self._connect(now)

    def _no_welcome(self, now: float) -> None:
        if self.welcome is not None or self._attempts < len(self.endpoints):
            self._next_endpoint(now)
            return
        self._attempt_until = _NEVER  # the last connection stays; its `hello` goes out if one appears
        tried = ", ".join(self.endpoints)
        self._fail_all(
            lambda request: errors.Unreachable(
                f"Nobody answered within {self._connect_seconds:g} s at {tried}.",
                hint="Start a broker with `visionmq broker`, or set VISIONMQ_BROKER or the endpoint to where one "
                "listens; a broker that demands keys is silent to unknown ones (VISIONMQ_KEY).",
                request_id=request.id,
                retryable=True,
                stage="client",
            )
        )

    def _welcomed(self, welcome: messages.Welcome, now: float) -> None:
        fresh = not self._open
        self.welcome, self._open, self._attempts = welcome, True, 0
        self._attempt_until = _NEVER
        self._next_check = now + CHECK_SECONDS
        if fresh:
            self._next_heartbeat = now + welcome.heartbeat_ms / 1000
        if self._meet(welcome.instance) or fresh:
            self._send_all(now)

    def _heartbeat(self, message: messages.Heartbeat, now: float) -> None:
        if self._marks:
            self._confirmed_bytes = self._marks.popleft()
        if self._open and message.instance is not None and self._meet(message.instance):
            self._emit(Send(messages.Hello(v=PROTOCOL_VERSION, agent=self._agent)))
            self._send_all(now)

    def _meet(self, instance: str) -> bool:
        """Note the broker's instance; return whether it is another one than before."""
        changed = self._instance is not None and self._instance != instance
        self._instance = instance
        self.counts.restarts += changed
        return changed

    def _send_heartbeat(self, now: float) -> None:
        assert self.welcome is not None
        self._next_heartbeat = now + self.welcome.heartbeat_ms / 1000
        self._marks.append(self._sent_bytes)
        self._emit(Send(messages.Heartbeat()))

    def _silent_at(self) -> float:
        assert self.welcome is not None
        excuse = min(_LONGEST_EXCUSE, (self._sent_bytes - self._confirmed_bytes) / _SLOWEST_LINK)
        return self._heard + self.welcome.liveness_ms / 1000 + excuse

    def _refused(self, message: messages.Refused) -> None:
        self.counts.refused += 1
        if self._open:
            return
        kind = _KINDS.get(message.code, errors.Internal)
        self._fail_all(lambda request: kind(message.message, request_id=request.id, stage="broker"))

    # ---- requests ------------------------------------------------------------------------

    def _send(self, request: Pending, now: float) -> None:
        if now >= request.deadline:  # its timer ends it
            return
        if request.ever_sent:
            self.counts.resent += 1
        self.counts.sent += 1
        request.sent_at, request.retry_at, request.ever_sent = now, None, True
        self._sent_bytes += request.size
        self._emit(Send(request.envelope(now), request.body, request.images))

    def _send_all(self, now: float) -> None:
        for request in self._pending.values():
            if request.retry_at is None:
                self._send(request, now)

    def _reply(self, reply: messages.Reply, body: Buffer, images: Sequence[Buffer], now: float) -> None:
        request = self._pending.get(self._wire.get(reply.id, ""))
        if request is None:
            self.counts.late += 1
        elif reply.state not in messages.TERMINAL:
            self._emit(Update(request.id, reply, body, images))
        elif reply.state is messages.State.DONE:
            self._drop(request.id)
            self._emit(Finish(request.id, reply, body, images))
        else:
            self._failed(request, read_error(reply.id, body), now)

    def _failed(self, request: Pending, error: errors.VisionMQError, now: float) -> None:
        error.request_id = request.id
        if request.moved and error.code is ErrorCode.CANCELLED:
            # Nobody here asked for it: the broker took our former connection for gone.
            self._retry_at(request, now)
            return
        if request.retry.allows(error, request.retries):
            at = now + request.retry.pause(error, request.retries, self._chance())
            if at < request.deadline:
                self._retry_at(request, at)
                if error.code is ErrorCode.SHUTTING_DOWN and len(self.endpoints) > 1:
                    self._next_endpoint(now)
                return
        self._drop(request.id)
        self._emit(Fail(request.id, error))

    def _retry_at(self, request: Pending, at: float) -> None:
        self.counts.retried += 1
        self._wire.pop(request.wire_id, None)
        request.retries += 1
        request.sent_at, request.retry_at, request.ever_sent, request.moved = None, at, False, False
        self._wire[request.wire_id] = request.id
        heapq.heappush(self._timers, (at, request.id))

    def _run_timers(self, now: float) -> None:
        while self._timers and self._timers[0][0] <= now:
            _, request_id = heapq.heappop(self._timers)
            request = self._pending.get(request_id)
            if request is None:
                continue
            if request.deadline <= now:
                self._overdue(request, now)
            elif request.retry_at is not None and request.retry_at <= now:
                request.retry_at = None
                if self._open:
                    self._send(request, now)

    def _overdue(self, request: Pending, now: float) -> None:
        end = request.deadline + GRACE
        if self._open and request.sent_at is not None and now < end:
            heapq.heappush(self._timers, (end, request.id))
            return
        self.counts.timeouts += 1
        self._drop(request.id)
        if request.ever_sent:
            self._emit(Send(messages.Cancel(request.wire_id)))
        self._emit(Fail(request.id, self._timeout(request)))

    def _timeout(self, request: Pending) -> errors.Timeout:
        where = f"the broker at {self.endpoint}" + ("" if self._open else ", which is silent now")
        return errors.Timeout(
            f"No reply to {request.operation} in time from {where}.",
            hint="Allow more time (`timeout`), or look at `visionmq queues`.",
            request_id=request.id,
            retryable=True,
            stage="client",
        )

    def _check(self, now: float) -> None:
        self._next_check = now + CHECK_SECONDS
        old = [
            request.wire_id
            for request in self._pending.values()
            if request.sent_at is not None and now - request.sent_at >= CHECK_SECONDS
        ]
        for start in range(0, len(old), _CHECK_IDS):
            self._emit(Send(messages.Check(old[start : start + _CHECK_IDS])))

    def _unknown(self, ids: Sequence[str], now: float) -> None:
        for wire_id in ids:
            request = self._pending.get(self._wire.get(wire_id, ""))
            if self._open and request is not None and request.retry_at is None:
                self._send(request, now)

    def _drop(self, request_id: str) -> Pending | None:
        request = self._pending.pop(request_id, None)
        if request is not None:
            self._wire.pop(request.wire_id, None)
        return request

    def _fail_all(self, error: Callable[[Pending], errors.VisionMQError]) -> None:
        for request in list(self._pending.values()):
            self._drop(request.id)
            self._emit(Fail(request.id, error(request)))

    # ---- out -----------------------------------------------------------------------------

    def _emit(self, action: Action) -> None:
        self._actions.append(action)

    def _take(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions


def read_error(request_id: str, body: Buffer) -> errors.VisionMQError:
    """Return the exception that the body of a `failed` or `cancelled` reply stands for."""
    try:
        return errors.from_wire(msgspec.json.decode(body, type=Error), request_id)
    except msgspec.MsgspecError as mistake:
        return errors.Internal(f"The error in the reply cannot be read: {mistake}", request_id=request_id)
