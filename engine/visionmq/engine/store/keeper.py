"""The keeper: a process that owns a store's database, keys and index, for one engine process.

Started by the link as `python -m visionmq.engine.store.keeper`; talks over the inherited socket only, and ends
with it. What goes wrong with the database is answered; the next request tries again.
"""

import argparse
import ctypes
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from visionmq.engine.api import EngineError
from visionmq.engine.store.address import Address, read_address
from visionmq.engine.store.database import Unreachable
from visionmq.engine.store.frames import Closed, Failure, Ready, Reply, failure, receive, send, to_keeper
from visionmq.engine.store.opened import OpenStore
from visionmq.engine.store.services import SERVICES
from visionmq.schemas.errors import ErrorCode

_PR_SET_DUMPABLE: Final = 4
PATIENCE_SECONDS: Final = 15.0
"""How long a database may be away when a keeper starts: a restart of PostgreSQL takes a few seconds."""
_PAUSE_SECONDS: Final = 0.25
_log = structlog.get_logger()


def serve(sock: socket.socket) -> int:
    """Open the store that the environment names, and answer until the socket closes; return the exit status."""
    try:
        store = open_patiently(read_address())
    except EngineError as error:
        send(sock, failure(error))
        return 1
    try:
        send(sock, Ready())
        while True:
            while not _is_asked(sock, _PAUSE_SECONDS if store.must_wait else 0.0) and (store.idle() or store.must_wait):
                pass
            said = answer(store, receive(sock))
            try:
                send(sock, said)
            except EngineError as error:  # too large
                send(sock, failure(error))
    except Closed:
        return 0
    finally:
        store.close()


def open_patiently(address: Address, seconds: float = PATIENCE_SECONDS) -> OpenStore:
    """Open a store; wait for a PostgreSQL that is just being started again.

    Raises EngineError(ENGINE_UNAVAILABLE) if it cannot be opened.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return OpenStore(address)
        except Unreachable:
            if address.path is not None or time.monotonic() > end:
                raise
            time.sleep(_PAUSE_SECONDS)


def _is_asked(sock: socket.socket, seconds: float) -> bool:
    """Whether there is something to receive, now or within so many seconds."""
    return bool(select.select([sock], [], [], seconds)[0])


def answer(store: OpenStore, data: bytes | bytearray) -> Reply | Failure:
    """Return what one message is answered."""
    try:
        call = to_keeper.decode(data)
        known = SERVICES.get(call.method)
        if known is None:
            return Failure(ErrorCode.UNKNOWN_OPERATION, f"The store knows no {call.method!r}.", "store")
        request = msgspec.msgpack.decode(call.request, type=known[0].ask)
        return Reply(msgspec.Raw(msgspec.msgpack.encode(store.call(call.method, request))))
    except EngineError as error:
        return failure(error)
    except msgspec.MsgspecError as error:
        return Failure(ErrorCode.BAD_REQUEST, f"The request cannot be read: {error}"[:300], "store")
    except Exception as error:
        # No text of the exception: it may quote a name.
        _log.error("the store failed", kind=type(error).__name__, where=_where(error))
        return Failure(ErrorCode.INTERNAL, "The store failed; the worker's log says where.", "store")


def _where(error: BaseException) -> str:
    """Return file and line that raised, without values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def _hide_memory() -> None:
    """Write no core file and let no other process of this user look in: keys and templates are here."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a keeper; its only user is the link."""
    parser = argparse.ArgumentParser(prog="visionmq.engine.store.keeper", description=__doc__)
    parser.add_argument("--channel", type=int, required=True)
    options = parser.parse_args(arguments)
    # Whoever stops the whole group means the worker, which lets requests finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _hide_memory()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with socket.socket(fileno=options.channel) as sock:
        return serve(sock)


if __name__ == "__main__":
    sys.exit(main())
