"""The only place where sockets are made, so that none lacks a bound or a time limit.

Every socket has LINGER 0 (draining is the protocol's business), a frame limit, fast reconnection
with back-off, a handshake limit, and IPv6. No routing id is ever set: a fixed one turns
connection resets into lost messages.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import zmq

from visionmq.schemas.limits import MAX_FRAME_BYTES
from visionmq.wire.keys import Identity

CLIENT_PORT: Final = 5760
WORKER_PORT: Final = 5761
CLIENT_ENDPOINT: Final = f"tcp://127.0.0.1:{CLIENT_PORT}"
"""Where a broker listens for clients unless told otherwise."""
WORKER_ENDPOINT: Final = f"tcp://127.0.0.1:{WORKER_PORT}"
"""Where a broker listens for workers unless told otherwise."""

ZAP_DOMAIN: Final = b"visionmq"
_RECONNECT_MS: Final = 100
_RECONNECT_MAX_MS: Final = 2_000
_HANDSHAKE_MS: Final = 2_000
_BACKLOG: Final = 1_024
_PEER_SILENCE_MS: Final = 15_000
"""ZMTP heartbeats only clear dead TCP connections away; liveness is the protocol's business."""


_ENDPOINT: Final = re.compile(r"tcp://(\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]]+):\d{1,5}|(ipc|inproc)://.+")


def is_endpoint(text: str) -> bool:
    """Whether this is an address that a socket can connect to, such as tcp://HOST:5760."""
    return _ENDPOINT.fullmatch(text) is not None


def is_local(endpoint: str) -> bool:
    """Whether an endpoint can be reached from this host only (ipc, inproc, loopback)."""
    if endpoint.startswith(("ipc://", "inproc://")):
        return True
    host = urlsplit(endpoint).hostname or ""
    return host in {"127.0.0.1", "::1", "localhost"} or host.startswith("127.")


def _common(socket: "zmq.Socket[bytes]") -> None:
    for option, value in (
        (zmq.LINGER, 0),
        (zmq.MAXMSGSIZE, MAX_FRAME_BYTES),
        (zmq.IPV6, 1),
        (zmq.HANDSHAKE_IVL, _HANDSHAKE_MS),
        (zmq.RECONNECT_IVL, _RECONNECT_MS),
        (zmq.RECONNECT_IVL_MAX, _RECONNECT_MAX_MS),
        (zmq.TCP_KEEPALIVE, 1),
        (zmq.TCP_KEEPALIVE_IDLE, 30),
        (zmq.TCP_KEEPALIVE_INTVL, 10),
        (zmq.TCP_KEEPALIVE_CNT, 3),
    ):
        socket.setsockopt(option, value)


def make_router(
    context: "zmq.Context[zmq.Socket[bytes]]", *, send_limit: int, server: Identity | None = None
) -> "zmq.Socket[bytes]":
    """Return an unbound ROUTER that reports peers it cannot reach; with `server`, a CURVE one.

    `send_limit` is the number of messages that may wait for one peer.
    """
    socket = context.socket(zmq.ROUTER)
    _common(socket)
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    socket.setsockopt(zmq.SNDHWM, send_limit)
    socket.setsockopt(zmq.RCVHWM, 1_000)
    socket.setsockopt(zmq.BACKLOG, _BACKLOG)
    socket.setsockopt(zmq.HEARTBEAT_IVL, _PEER_SILENCE_MS // 3)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, _PEER_SILENCE_MS)
    if server is not None:
        # Without a domain *and* its enforcement libzmq lets unknown keys in when no handler runs.
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, server.secret.encode())
        socket.setsockopt(zmq.ZAP_DOMAIN, ZAP_DOMAIN)
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
    return socket


def make_dealer(
    context: "zmq.Context[zmq.Socket[bytes]]",
    endpoint: str,
    identity: Identity | None = None,
    *,
    watch: "Callable[[zmq.Socket[bytes]], None] | None" = None,
) -> "zmq.Socket[bytes]":
    """Return a DEALER connected to one endpoint; with `identity`, by CURVE.

    Messages queue only for a finished connection (IMMEDIATE), so a dead endpoint takes none. `watch` is called with
    the socket before it connects: a monitor attached later may miss the handshake.
    """
    socket = context.socket(zmq.DEALER)
    _common(socket)
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.SNDHWM, 1_000)
    socket.setsockopt(zmq.RCVHWM, 1_000)
    if identity is not None:
        socket.setsockopt(zmq.CURVE_PUBLICKEY, identity.public.encode())
        socket.setsockopt(zmq.CURVE_SECRETKEY, identity.secret.encode())
        socket.setsockopt(zmq.CURVE_SERVERKEY, identity.server.encode())
    if watch is not None:
        watch(socket)
    socket.connect(endpoint)
    return socket
