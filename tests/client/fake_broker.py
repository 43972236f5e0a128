"""A broker of few words for the client's tests: real sockets, scripted answers."""

import contextlib
import threading
from collections.abc import Callable, Sequence

import zmq

from visionmq.schemas import messages as m
from visionmq.schemas.codec import decode_from_client, encode
from visionmq.schemas.errors import ErrorCode, make_error
from visionmq.wire.sockets import make_router

WAIT = 10.0
"""Bound of every wait in these tests; none is expected to come near it."""

Behaviour = Callable[["FakeBroker", bytes, m.Request, bytes, Sequence[bytes]], None]


def echo(broker: "FakeBroker", peer: bytes, request: m.Request, body: bytes, images: Sequence[bytes]) -> None:
    """Answer any request as `system.echo` does."""
    result = {"text": "", "sizes": [len(image) for image in images]}
    broker.reply(peer, request.id, encode(result), images=images)


class FakeBroker:
    """Welcomes, answers heartbeats, and gives requests to `behave`."""

    def __init__(
        self,
        behave: Behaviour = echo,
        *,
        instance: str = "one",
        endpoint: str = "tcp://127.0.0.1:*",
        liveness_ms: int = 4000,
        heartbeat_ms: int = 500,
    ) -> None:
        self.behave = behave
        self.instance = instance
        self.silent = False
        self.known: set[str] = set()
        self.seen: list[m.FromClient] = []
        self._times = (heartbeat_ms, liveness_ms)
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._router = make_router(self._context, send_limit=1000)
        self._router.bind(endpoint)
        self.endpoint = self._router.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()  # type: ignore[union-attr]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def __enter__(self) -> "FakeBroker":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def wait_for(self, kind: type[m.Message], count: int = 1) -> list[m.Message]:
        """Wait until `count` messages of a kind have come, and return them."""
        with self._news:
            assert self._news.wait_for(lambda: len(self._of(kind)) >= count, WAIT), f"{kind} x {count}: {self.seen}"
            return self._of(kind)

    def _of(self, kind: type[m.Message]) -> list[m.Message]:
        return [message for message in self.seen if isinstance(message, kind)]

    def reply(
        self,
        peer: bytes,
        request_id: str,
        body: bytes = b"{}",
        *,
        state: m.State = m.State.DONE,
        images: Sequence[bytes] = (),
    ) -> None:
        envelope = m.Reply(id=request_id, state=state, images=len(images), attempt=1, worker="fake", run_ms=1.5)
        self._router.send_multipart([peer, encode(envelope), body, *images])

    def fail(self, peer: bytes, request_id: str, code: ErrorCode, retry_after_ms: int | None = None) -> None:
        error = make_error(code, "as scripted", request_id=request_id, retry_after_ms=retry_after_ms, stage="broker")
        self.reply(peer, request_id, encode(error), state=m.State.FAILED)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._router.poll(20):
                    with contextlib.suppress(zmq.ZMQError):  # the peer may have gone meanwhile
                        self._take(*self._router.recv_multipart())
        finally:
            self._router.close(linger=0)
            self._context.term()

    def _take(self, peer: bytes, envelope: bytes, body: bytes = b"", *images: bytes) -> None:
        message = decode_from_client(envelope)
        if not self.silent:
            self._answer(peer, message, body, images)
        with self._news:
            self.seen.append(message)
            self._news.notify_all()

    def _answer(self, peer: bytes, message: m.FromClient, body: bytes, images: Sequence[bytes]) -> None:
        match message:
            case m.Hello():
                beat, live = self._times
                welcome = m.Welcome(v=1, instance=self.instance, agent="fake", heartbeat_ms=beat, liveness_ms=live)
                self._router.send_multipart([peer, encode(welcome)])
            case m.Heartbeat():
                self._router.send_multipart([peer, encode(m.Heartbeat(instance=self.instance))])
            case m.Check():
                unknown = [name for name in message.ids if name not in self.known]
                if unknown:
                    self._router.send_multipart([peer, encode(m.Unknown(unknown))])
            case m.Request():
                self.behave(self, peer, message, body, images)
