"""The link to a keeper process."""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Final

import msgspec

from visionmq.engine.api import EngineError
from visionmq.engine.store.address import ADDRESS_VARIABLE
from visionmq.engine.store.frames import Call, Closed, Failure, Ready, Reply, from_keeper, receive, send
from visionmq.engine.store.link import Ask, Link, Method, Told
from visionmq.schemas.errors import ErrorCode

_END_SECONDS: Final = 20.0
"""How long a keeper may take to end once its socket is closed: it finishes what it writes."""


class KeeperLink:
    """Asks a keeper; starts no other when it is gone, because the sandbox lets none be started."""

    def __init__(self, sock: socket.socket, process: "subprocess.Popen[bytes]") -> None:
        self._sock, self._process = sock, process
        self.lost = False
        """Whether the keeper is gone; then the process that holds this link should be replaced."""

    @property
    def keeper_pid(self) -> int:
        """The keeper's process."""
        return self._process.pid

    def call(self, method: Method[Ask, Told], request: Ask) -> Told:
        """Return the answer; see `Link.call`."""
        message = Call(method.name, msgspec.Raw(msgspec.msgpack.encode(request)))
        reply = self._exchange(message)
        if isinstance(reply, Failure):
            raise reply.to_exception()
        assert isinstance(reply, Reply)
        return msgspec.msgpack.decode(reply.answer, type=method.told)

    def wait_ready(self) -> None:
        """Wait until the keeper has opened the store; EngineError if it cannot."""
        try:
            said = from_keeper.decode(receive(self._sock))
        except Closed:
            raise EngineError(
                ErrorCode.ENGINE_UNAVAILABLE, "The store's keeper ended before the store was open.", stage="store"
            ) from None
        if isinstance(said, Failure):
            raise said.to_exception()
        assert isinstance(said, Ready)

    def _exchange(self, message: Call) -> Reply | Failure | Ready:
        try:
            if self.lost:
                raise Closed
            send(self._sock, message)
            return from_keeper.decode(receive(self._sock))
        except Closed:
            self.lost = True
            raise EngineError(
                ErrorCode.STORE_UNAVAILABLE,
                "The store's keeper process has ended; a new one is being started.",
                stage="store",
                hint="Send the same request again; with its key, nothing is done twice.",
            ) from None
        except EngineError:  # too large: nothing was sent
            raise
        except BaseException:
            # Half a message may be left in the socket: what comes next would be taken for another's answer.
            self.lost = True
            raise

    def close(self) -> None:
        """Let the keeper finish and end."""
        self._sock.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start_keeper(address: str | None) -> Link:
    """Start the keeper of a store and return the link to it, once the store is open.

    Raises EngineError(ENGINE_UNAVAILABLE) if it cannot be opened.
    """
    ours, theirs = socket.socketpair()
    environment = dict(os.environ)
    if address is not None:
        environment[ADDRESS_VARIABLE] = address  # not an argument, which all users of the host can read
    command = [sys.executable, "-m", "visionmq.engine.store.keeper", "--channel", str(theirs.fileno())]
    with theirs:
        process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
    link = KeeperLink(ours, process)
    try:
        link.wait_ready()
    except BaseException:
        with suppress(OSError):
            link.close()
        raise
    return link
