"""Who may connect: the ZAP handler (RFC 27), failing closed, and the proof that it does.

The handler thread does one dictionary look-up for each handshake. libzmq lets unknown keys in if
the domain is not enforced, so at start a random key must be refused, or the broker does not serve.
"""

import threading
from typing import Final

import zmq
from zmq.utils import z85

from visionmq.wire.keys import Identity, KeyRing, make_identity
from visionmq.wire.sockets import ZAP_DOMAIN, make_dealer

_ADDRESS: Final = "inproc://zeromq.zap.01"
_OK: Final = b"200"
_DENIED: Final = b"400"
_SELF_TEST_MS: Final = 3_000


class Doorman(threading.Thread):
    """Answers libzmq's question whether a public key may connect; its User-Id is that key."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", keys: KeyRing) -> None:
        super().__init__(name="zap", daemon=True)
        self._keys = keys
        self._socket = context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(_ADDRESS)

    def run(self) -> None:
        """Answer until the context ends."""
        try:
            while True:
                self._socket.send_multipart(self._answer(self._socket.recv_multipart()))
        except zmq.ContextTerminated:
            pass
        finally:
            self._socket.close(linger=0)

    def _answer(self, request: list[bytes]) -> list[bytes]:
        version, sequence = (*request, b"", b"")[:2]
        public = self._accepted(request)
        if public is None:
            return [version, sequence, _DENIED, b"unknown key", b"", b""]
        return [version, sequence, _OK, b"", public.encode(), b""]

    def _accepted(self, request: list[bytes]) -> str | None:
        if len(request) != 7 or request[2] != ZAP_DOMAIN or request[5] != b"CURVE" or len(request[6]) != 32:
            return None
        public = z85.encode(request[6]).decode()
        return public if self._keys.grant(public) is not None else None


class InsecureError(Exception):
    """The door stands open: the broker must not serve."""


def prove_closed(context: "zmq.Context[zmq.Socket[bytes]]", endpoint: str, server: Identity) -> None:
    """Raise InsecureError unless a random key is refused at this endpoint."""
    stranger = make_identity("stranger", server.public)
    monitors: list[zmq.Socket[bytes]] = []
    dealer = make_dealer(
        context,
        endpoint,
        stranger,
        watch=lambda made: monitors.append(made.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | _FAILURES)),
    )
    (monitor,) = monitors
    try:
        if not monitor.poll(_SELF_TEST_MS):
            raise InsecureError(f"self-test: no handshake happened at {endpoint}")
        event = int.from_bytes(monitor.recv_multipart()[0][:2], "little")
        if event & zmq.EVENT_HANDSHAKE_SUCCEEDED:
            raise InsecureError(f"self-test: a random key was accepted at {endpoint}")
    finally:
        dealer.disable_monitor()
        monitor.close(linger=0)
        dealer.close(linger=0)


_FAILURES: Final = (
    zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
)
