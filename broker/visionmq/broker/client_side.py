"""What clients' messages mean, and what becomes of clients that leave or fall silent."""

from collections.abc import Callable, Sequence
from typing import Any

from visionmq.broker.admin import Admin
from visionmq.broker.admission import Admission
from visionmq.broker.clients import Clients
from visionmq.broker.dispatch import Dispatcher
from visionmq.broker.events import ClientSent, ClientStalled, ClientUnreachable, Malformed
from visionmq.broker.greeting import Greeting, refuse_version
from visionmq.broker.ledger import Ledger
from visionmq.broker.policy import Refusal, refuse_client
from visionmq.broker.records import Client, Frame, Ticket
from visionmq.broker.requests import Requests
from visionmq.broker.settings import Settings
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_ID_LENGTH
from visionmq.schemas.operations import BROKER_PREFIX
from visionmq.wire.keys import Grant


class ClientSide:
    """Takes the events of the clients' socket. Where keys are demanded (`secure`), each message must have one."""

    def __init__(
        self,
        settings: Settings,
        *,
        secure: bool,
        greeting: Greeting,
        clients: Clients,
        admission: Admission,
        requests: Requests,
        dispatcher: Dispatcher,
        admin: Admin,
        ledger: Ledger,
    ) -> None:
        self._settings = settings
        self._secure = secure
        self._greeting = greeting
        self._clients = clients
        self._admission = admission
        self._requests = requests
        self._dispatcher = dispatcher
        self._admin = admin
        self._ledger = ledger
        self._on: dict[type[Any], Callable[[Client, Any, float], None]] = {
            m.Hello: self._hello,
            m.Heartbeat: self._heartbeat,
            m.Cancel: self._cancel,
            m.Check: self._check,
            m.Bye: self._bye,
        }

    # ---- events -----------------------------------------------------------------------------

    def sent(self, event: ClientSent, now: float) -> None:
        """A client sent a message; a peer that was not known becomes a client by it."""
        peer, message, frames, grant = event
        client = self._clients.by_peer.get(peer)
        if client is None:
            client = self._clients.by_peer[peer] = Client(peer, grant.name if grant else None, now)
        client.heard = now
        client.unread = 0
        if self._secure and not self._permit(client, message, grant):
            return
        if client.deferred:
            self._clients.send_deferred(client)
        if type(message) is m.Request:
            self._request(client, message, frames, grant, now)
        else:
            self._on[type(message)](client, message, now)

    def malformed(self, event: Malformed, now: float) -> None:
        """Something could not be decoded; a stranger's garbage leaves no trace."""
        client = self._clients.by_peer.get(event.peer) or Client(event.peer, None, now)
        refusal = Refusal(event.code, event.text)
        if event.request_id and len(event.request_id) <= MAX_ID_LENGTH:
            self._clients.send_error(client, event.request_id, refusal)
        else:
            self._clients.send_refusal(client, refusal)

    def unreachable(self, _event: ClientUnreachable, _now: float) -> None:
        """Its reply stays stored; the client asks for it when it is back, or falls silent."""
        self._ledger.unroutable += 1

    def stalled(self, event: ClientStalled, _now: float) -> None:
        """A reply found the connection full: it stays stored too."""
        self._clients.stall(event.peer)

    # ---- time ---------------------------------------------------------------------------------

    def forget_silent(self, now: float) -> None:
        """Forget clients that have not been heard for too long."""
        liveness = self._settings.client_liveness
        for client in [client for client in self._clients.by_peer.values() if now - client.heard > liveness]:
            self._forget(client, "the client fell silent", now)

    def forgive(self, now: float) -> None:
        """Hold no client's silence so far against it."""
        for client in self._clients.by_peer.values():
            client.heard = now

    def _forget(self, client: Client, why: str, now: float) -> None:
        del self._clients.by_peer[client.peer]
        self._requests.abandon_all(list(client.open.values()), ErrorCode.CANCELLED, why, now)

    # ---- requests -----------------------------------------------------------------------------

    def _permit(self, client: Client, message: m.FromClient, grant: Grant | None) -> bool:
        """Whether the key of this very message may send it; refuse it if not."""
        refusal = refuse_client(grant)
        if refusal is None:
            assert grant is not None, "no grant is refused"
            if client.user != grant.name:
                client.sign_in(grant.name)
        elif isinstance(message, m.Request):
            self._clients.refuse(client, message.id, refusal)
        else:
            self._clients.send_refusal(client, refusal)
        return refusal is None

    def _request(
        self, client: Client, request: m.Request, frames: Sequence[Frame], grant: Grant | None, now: float
    ) -> None:
        size = 0
        for frame in frames:
            size += len(frame)
        key = client.scope + request.id
        if key in self._requests.open or key in self._requests.stored.by_key:
            self._repeat(client, key, request, frames, size)
            return
        refusal = self._admission.find_refusal(client, request, frames, size, grant, now)
        if refusal is not None:
            self._clients.refuse(client, request.id, refusal)
        elif request.op.startswith(BROKER_PREFIX):
            self._admin.answer(client, request, frames[0], now)
        else:
            ticket = Ticket(key, request, frames, size, client, now)
            self._requests.accept(ticket)
            self._dispatcher.place(ticket, now)

    def _repeat(self, client: Client, key: str, request: m.Request, frames: Sequence[Frame], size: int) -> None:
        """Join the running request, or send the stored reply again."""
        ticket = self._requests.open.get(key)
        if ticket is not None:
            same = ticket.request.op == request.op and _same_frames(ticket.frames, frames)
        else:
            stored = self._requests.stored.by_key[key]
            same = (stored.op, stored.request_size) == (request.op, size)
        if not same:
            conflict = Refusal(ErrorCode.CONFLICT, "this request id was used for another request")
            self._clients.refuse(client, request.id, conflict)
            return
        self._ledger.repeats += 1
        if ticket is not None:
            self._requests.rebind(ticket, client)
        else:
            self._clients.send_stored(client, key)

    def _cancel(self, client: Client, message: m.Cancel, now: float) -> None:
        key = client.scope + message.id
        ticket = self._requests.open.get(key)
        if ticket is not None:
            self._requests.rebind(ticket, client)
            self._requests.abandon(ticket, ErrorCode.CANCELLED, "cancelled by the client", now)
        elif not self._clients.send_stored(client, key):
            self._clients.send(client, [encode(m.Unknown(ids=[message.id]))])

    def _check(self, client: Client, message: m.Check, _now: float) -> None:
        """Say which requests are unknown; open ones now belong to who asked, ended ones are answered again."""
        unknown = []
        for request_id in message.ids:
            key = client.scope + request_id
            ticket = self._requests.open.get(key)
            if ticket is not None:
                self._requests.rebind(ticket, client)
            elif self._clients.send_stored(client, key):
                self._ledger.repeats += 1
            else:
                unknown.append(request_id)
        if unknown:
            self._clients.send(client, [encode(m.Unknown(ids=unknown))])

    # ---- the rest -----------------------------------------------------------------------------

    def _hello(self, client: Client, message: m.Hello, _now: float) -> None:
        if refusal := refuse_version(message.v, message.agent):
            self._clients.send_refusal(client, refusal)
        else:
            self._clients.send(client, [self._greeting.welcome(self._settings.client_liveness)])

    def _heartbeat(self, client: Client, _message: m.Heartbeat, _now: float) -> None:
        self._clients.send(client, [self._greeting.heartbeat])

    def _bye(self, client: Client, _message: m.Bye, now: float) -> None:
        self._forget(client, "the client left", now)


def _same_frames(one: Sequence[Frame], other: Sequence[Frame]) -> bool:
    return len(one) == len(other) and all(bytes(a) == bytes(b) for a, b in zip(one, other, strict=True))
