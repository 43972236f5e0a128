"""What `visionmq doctor` looks at; each check returns a finding and never raises for what it finds."""

import socket
import sys
from collections.abc import Iterator
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from visionmq.client.cli.programs import missing_for
from visionmq.wire import AGENT, VERSION
from visionmq.wire.keys import BROKER_KEY, Identity, KeyFileError, read_identity
from visionmq.wire.sockets import CLIENT_PORT, WORKER_PORT

if TYPE_CHECKING:
    from visionmq.schemas.messages import ToClient

_CONNECT: Final = 1.0
"""Seconds a host may take to accept a connection."""
_ANSWER: Final = 1.5
"""Seconds a broker may take to answer a hello."""


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """What one check found, and what to do where it is not well."""

    state: State
    name: str
    detail: str
    advice: str = ""


def python() -> Finding:
    """Name the interpreter; this code would not run in one that is too old."""
    return Finding(State.OK, "Python", f"{sys.version.split()[0]} at {sys.executable}")


def packages() -> Finding:
    """Check what the client itself needs."""
    found, missing = [f"visionmq {VERSION}"], []
    for name in ("msgspec", "orjson", "pyzmq", "structlog", "typer"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(
            State.FAIL, "packages", f"missing: {', '.join(missing)}", "pip install --force-reinstall visionmq"
        )
    return Finding(State.OK, "packages", ", ".join(found))


def engines() -> Finding:
    """Check whether a worker can run here."""
    missing = missing_for("worker")
    if missing:
        advice = "For reading pictures on this host: pip install 'visionmq[worker]'. A client and a broker need it not."
        return Finding(State.WARN, "extra worker", f"missing: {', '.join(missing)}", advice)
    return Finding(State.OK, "extra worker", "installed")


def ports() -> Iterator[Finding]:
    """Check whether the usual ports are free here."""
    for port, peers in ((CLIENT_PORT, "clients"), (WORKER_PORT, "workers")):
        name = f"port {port} ({peers})"
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                advice = (
                    f"If that is no broker of yours, give yours another: visionmq up --{peers} tcp://127.0.0.1:PORT"
                )
                yield Finding(State.WARN, name, f"taken ({error.strerror})", advice)
            else:
                yield Finding(State.OK, name, "free")


def key_file(path: Path) -> Finding:
    """Check the key this command would speak with."""
    try:
        identity = read_identity(path)
    except KeyFileError as error:
        return Finding(State.FAIL, "key", str(error), "Only the owner may read a key file (mode 0600).")
    return Finding(State.OK, "key", f"{path} ({identity.name})")


def key_folder(folder: Path) -> Iterator[Finding]:
    """Check the secrets in a broker's key folder, if there is one."""
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("*.key")):
        finding = key_file(path)
        if finding.state is not State.OK:
            yield finding._replace(name="key folder")
    if not (folder / BROKER_KEY).exists():
        yield Finding(State.WARN, "key folder", f"{folder} holds no {BROKER_KEY}", "visionmq keys init")


def address(endpoint: str, identity: Identity | None) -> Iterator[Finding]:
    """Check one broker: name, connection, protocol, version, operations."""
    parts = urlsplit(endpoint)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if parts.scheme != "tcp" or host is None or port is None:
        yield Finding(State.FAIL, endpoint, "is no address", "Write it as tcp://HOST:5760.")
        return
    try:
        socket.create_connection((host, port), timeout=_CONNECT).close()
    except OSError as error:
        advice = f"Start one there (visionmq up), or check host, port and firewall. Clients use port {CLIENT_PORT}."
        yield Finding(State.FAIL, endpoint, f"nobody answers: {error.strerror or error}", advice)
        return
    yield _conversation(endpoint, port, say_hello(endpoint, identity), identity)


def say_hello(endpoint: str, identity: Identity | None) -> "ToClient | None":
    """Return a broker's answer to a hello; None if none comes in time."""
    import zmq

    from visionmq.schemas.codec import ProtocolError, decode_to_client, encode
    from visionmq.schemas.limits import PROTOCOL_VERSION
    from visionmq.schemas.messages import Hello
    from visionmq.wire.sockets import make_dealer

    with zmq.Context() as context, make_dealer(context, endpoint, identity) as dealer:
        dealer.setsockopt(zmq.SNDTIMEO, int(_ANSWER * 1000))
        try:
            dealer.send(encode(Hello(v=PROTOCOL_VERSION, agent=AGENT)))
            if not dealer.poll(int(_ANSWER * 1000)):
                return None
            return decode_to_client(dealer.recv_multipart()[0])
        except (zmq.Again, ProtocolError):
            return None


def _conversation(endpoint: str, port: int, answer: "ToClient | None", identity: Identity | None) -> Finding:
    from visionmq.schemas.messages import Refused, Welcome

    if isinstance(answer, Welcome):
        return _welcomed(endpoint, answer)
    if isinstance(answer, Refused):
        return _refused(endpoint, port, answer.code, answer.message)
    if port == WORKER_PORT:
        return _wrong_port(endpoint)
    advice = (
        "The key may be unknown there (`visionmq keys list` on its host), or this is no broker."
        if identity is not None
        else "It may demand a key: --key FILE. Or this is no broker."
    )
    return Finding(State.FAIL, endpoint, "accepts connections but does not answer", advice)


def _wrong_port(endpoint: str) -> Finding:
    advice = f"Clients use another port, usually {CLIENT_PORT}."
    return Finding(State.FAIL, endpoint, "looks like the port for workers", advice)


def _refused(endpoint: str, port: int, code: str, message: str) -> Finding:
    if code == "unsupported_version":
        return Finding(State.FAIL, endpoint, message, "Install the same release of visionmq on both sides.")
    if code in {"unauthorized", "forbidden"}:
        return Finding(State.FAIL, endpoint, message, "Ask the operator for a key of role client or admin.")
    return _wrong_port(endpoint)


def _welcomed(endpoint: str, welcome: object) -> Finding:
    agent = getattr(welcome, "agent", "")
    operations = [name for name in getattr(welcome, "operations", []) if not name.startswith("broker.")]
    if not operations:
        return Finding(State.WARN, endpoint, f"{agent} answers, but has no workers", "Start one: visionmq worker")
    if "document.recognize" not in operations:
        advice = "Start a worker with that engine: visionmq worker --engine document"
        return Finding(State.WARN, endpoint, f"{agent}: no worker for document.recognize", advice)
    if agent != AGENT:
        advice = "Install the same release on both sides, if something does not work."
        return Finding(State.WARN, endpoint, f"the broker is {agent}, this is {AGENT}", advice)
    return Finding(State.OK, endpoint, f"{agent}, {len(operations)} operations")
