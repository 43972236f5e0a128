"""The connected clients, and what may be sent to them: no more bytes than one unheard client may have."""

from collections.abc import Sequence

from visionmq.broker.events import TO_CLIENT
from visionmq.broker.ledger import Ledger
from visionmq.broker.outbox import Outbox
from visionmq.broker.policy import Refusal
from visionmq.broker.records import Client, Frame, PeerId
from visionmq.broker.settings import Settings
from visionmq.broker.stores import StoredReplies
from visionmq.schemas import messages as m
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import make_error


class Clients:
    """All connected clients; a terminal reply that one has no room for is kept back until it is heard."""

    def __init__(self, settings: Settings, stored: StoredReplies, ledger: Ledger, outbox: Outbox) -> None:
        self.by_peer: dict[PeerId, Client] = {}
        self._settings = settings
        self._stored = stored
        self._ledger = ledger
        self._outbox = outbox

    def send(self, client: Client, frames: Sequence[Frame], size: int = 0) -> None:
        """Send a message; `size` where it is to count as unread."""
        client.unread += size
        self._outbox.actions.append((TO_CLIENT, client.peer, frames))

    def refuse(self, client: Client, request_id: str, refusal: Refusal) -> None:
        """Turn a request away, and count it."""
        self._ledger.refuse(refusal.code)
        self.send_error(client, request_id, refusal)

    def send_error(self, client: Client, request_id: str, refusal: Refusal) -> None:
        """Answer a request that was not accepted with an error of the broker's own."""
        code, text, wait = refusal
        error = make_error(code, text, stage="broker", request_id=request_id, retry_after_ms=wait)
        self.send(client, [encode(m.Reply(id=request_id, state=m.State.FAILED)), encode(error)])

    def send_refusal(self, client: Client, refusal: Refusal) -> None:
        """Refuse a message that is no request."""
        self.send(client, [encode(m.Refused(code=refusal.code, message=refusal.text))])

    def send_stored(self, client: Client, key: str) -> bool:
        """Send a stored reply again; False if there is none."""
        stored = self._stored.by_key.get(key)
        if stored is None:
            return False
        self.send(client, stored.frames, stored.size)
        return True

    def deliver(self, client: Client, key: str, frames: Sequence[Frame], size: int) -> None:
        """Send a terminal reply, or keep it back: it is stored under its key."""
        if client.unread >= self._settings.unread_bytes:
            self._keep_back(client, key)
            return
        client.unread += size
        self._outbox.actions.append((TO_CLIENT, client.peer, frames))

    def _keep_back(self, client: Client, key: str) -> None:
        self._ledger.deferred += 1
        client.deferred[key] = None
        if len(client.deferred) > self._settings.stored_replies:
            del client.deferred[next(iter(client.deferred))]

    def send_deferred(self, client: Client) -> None:
        """Send what was kept back, as much as one unheard client may have."""
        while client.deferred and client.unread < self._settings.unread_bytes:
            key = next(iter(client.deferred))
            del client.deferred[key]
            self.send_stored(client, key)

    def deliver_if_room(self, client: Client, frames: Sequence[Frame], size: int) -> None:
        """Send what may be lost, unless it is more than one unheard client may have."""
        if client.unread + size <= self._settings.unread_bytes:
            self.send(client, frames, size)

    def stall(self, peer: PeerId) -> None:
        """Send a client no more replies until it is heard: its connection is full."""
        self._ledger.deferred += 1
        client = self.by_peer.get(peer)
        if client is not None:
            client.unread = self._settings.unread_bytes
