"""What becomes of each request: sent, sent again, tried anew, and ended exactly once.

Pure, as the session is: time is an argument, and what is to be done is put into `out`.
"""

from collections.abc import Callable, Sequence
from typing import Final

from visionmq.client import errors
from visionmq.client.actions import Action, Fail, Finish, Send, Update
from visionmq.client.connection import Connection
from visionmq.client.counts import Counts
from visionmq.client.pending import Pending, PendingTable
from visionmq.client.wire_errors import read_error
from visionmq.schemas import messages
from visionmq.schemas.codec import Buffer
from visionmq.schemas.errors import ErrorCode

GRACE: Final = 0.5
"""How long past its deadline a request waits for the broker's own word about it."""
CHECK_SECONDS: Final = 1.0
"""How long a request may be out before the broker is asked whether it has it, and how often it is asked."""
_CHECK_IDS: Final = 200
_NEVER: Final = float("inf")


class Requests:
    """The unanswered requests of one client; they go out while the connection is open."""

    def __init__(
        self, connection: Connection, *, counts: Counts, chance: Callable[[], float], out: list[Action]
    ) -> None:
        self._connection, self._counts, self._chance, self._out = connection, counts, chance, out
        self._pending = PendingTable()
        self._next_check = _NEVER

    def __len__(self) -> int:
        return len(self._pending)

    def wakeup(self) -> float:
        """Return when `tick` has something to do next."""
        alarm = self._pending.next_alarm()
        return min(alarm, self._next_check) if self._connection.is_open else alarm

    def refreshed(self, request: messages.Request, now: float) -> messages.Request | None:
        """Return a request that was held back as it is to leave now; None if it has ended or is overdue."""
        pending = self._pending.by_wire.get(request.id)
        if pending is None or now >= pending.deadline:
            return None
        return pending.envelope(now)

    # ---- the caller ----------------------------------------------------------------------

    def submit(self, request: Pending, now: float) -> None:
        """Take a request; it goes out at once if the connection is open."""
        self._pending.add(request)
        if self._connection.is_open:
            self._send(request, now)

    def cancel(self, request_id: str) -> None:
        """Forget a request and tell the broker."""
        request = self._pending.drop(request_id)
        if request is not None and request.ever_sent:
            self._out.append(Send(messages.Cancel(request.wire_id)))

    # ---- the connection ------------------------------------------------------------------

    def hold_back(self) -> None:
        """Note that another connection is tried: nothing is under way any more."""
        self._pending.hold_back()

    def welcomed(self, now: float, *, afresh: bool) -> None:
        """Note a welcome; `afresh` if this broker, or this connection, has none of the requests yet."""
        self._next_check = now + CHECK_SECONDS
        if afresh:
            self.send_all(now)

    def send_all(self, now: float) -> None:
        """Send all that do not wait for their next try."""
        for request in self._pending:
            if request.retry_at is None:
                self._send(request, now)

    def fail_all(self, error: Callable[[Pending], errors.VisionMQError]) -> None:
        """End all, each with its error."""
        for request in list(self._pending):
            self._pending.drop(request.id)
            self._out.append(Fail(request.id, error(request)))

    def _send(self, request: Pending, now: float) -> None:
        if now >= request.deadline:  # its timer ends it
            return
        if request.ever_sent:
            self._counts.resent += 1
        self._counts.sent += 1
        request.sent_at, request.retry_at, request.ever_sent = now, None, True
        self._connection.sent_bytes += request.size
        self._out.append(Send(request.envelope(now), request.body, request.images))

    # ---- the broker ----------------------------------------------------------------------

    def reply(self, reply: messages.Reply, body: Buffer, images: Sequence[Buffer], now: float) -> bool:
        """Take a reply; return whether this broker shuts down and another one should be asked."""
        request = self._pending.by_wire.get(reply.id)
        if request is None:
            self._counts.late += 1
        elif reply.state not in messages.TERMINAL:
            self._out.append(Update(request.id, reply, body, images))
        elif reply.state is messages.State.DONE:
            self._pending.drop(request.id)
            self._out.append(Finish(request.id, reply, body, images))
        else:
            return self._failed(request, read_error(reply.id, body), now)
        return False

    def _failed(self, request: Pending, error: errors.VisionMQError, now: float) -> bool:
        error.request_id = request.id
        if request.moved and error.code is ErrorCode.CANCELLED:
            # Nobody here asked for it: the broker took our former connection for gone.
            self._retry_at(request, now)
            return False
        if request.retry.allows(error, request.retries):
            at = now + request.retry.pause(error, request.retries, self._chance())
            if at < request.deadline:
                self._retry_at(request, at)
                return error.code is ErrorCode.SHUTTING_DOWN
        self._pending.drop(request.id)
        self._out.append(Fail(request.id, error))
        return False

    def _retry_at(self, request: Pending, at: float) -> None:
        self._counts.retried += 1
        self._pending.postpone(request, at)

    def unknown(self, ids: Sequence[str], now: float) -> None:
        """Send again what the broker has never had, or has forgotten."""
        for wire_id in ids:
            request = self._pending.by_wire.get(wire_id)
            if self._connection.is_open and request is not None and request.retry_at is None:
                self._send(request, now)

    # ---- time ----------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Do what is due by the clock."""
        self._attend(now)
        if self._connection.is_open and now >= self._next_check:
            self._check(now)

    def _attend(self, now: float) -> None:
        """End the requests that are overdue; send those whose pause is over."""
        for request in self._pending.due(now):
            if request.deadline <= now:
                self._overdue(request, now)
            elif request.retry_at is not None and request.retry_at <= now:
                request.retry_at = None
                if self._connection.is_open:
                    self._send(request, now)

    def _overdue(self, request: Pending, now: float) -> None:
        end = request.deadline + GRACE
        if self._connection.is_open and request.sent_at is not None and now < end:
            self._pending.wake(request, end)
            return
        self._counts.timeouts += 1
        self._pending.drop(request.id)
        if request.ever_sent:
            self._out.append(Send(messages.Cancel(request.wire_id)))
        self._out.append(Fail(request.id, self._timeout(request)))

    def _timeout(self, request: Pending) -> errors.Timeout:
        where = f"the broker at {self._connection.endpoint}" + (
            "" if self._connection.is_open else ", which is silent now"
        )
        return errors.Timeout(
            f"No reply to {request.operation} in time from {where}.",
            hint="Allow more time (`timeout`), or look at `visionmq queues`.",
            request_id=request.id,
            retryable=True,
            stage="client",
        )

    def _check(self, now: float) -> None:
        self._next_check = now + CHECK_SECONDS
        old = self._pending.sent_for(CHECK_SECONDS, now)
        for start in range(0, len(old), _CHECK_IDS):
            self._out.append(Send(messages.Check(old[start : start + _CHECK_IDS])))
