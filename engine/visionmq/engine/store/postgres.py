"""How PostgreSQL is reached: encryption as libpq's `sslmode` names it, and bounds on every wait."""

import contextlib
import ssl
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000

from visionmq.engine.api import EngineError
from visionmq.schemas.errors import ErrorCode

CONNECT_SECONDS: Final = 5.0
LOCK_SECONDS: Final = 15.0
"""How long a writer waits for the others; a write takes some milliseconds."""
ANSWER_SECONDS: Final = 60.0
"""How long the server may be silent; more than any one statement here takes, and than waiting for a lock."""
IDLE_SECONDS: Final = 30.0
"""After which the server ends a transaction whose program says nothing more, such as a stopped one."""
_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_HINT: Final = f"Known are sslmode ({', '.join(_MODES)}) and sslrootcert."
_DRIVER: Final = "postgresql+visionmq"


class Dialect(PGDialect_pg8000):
    """SQLAlchemy's, for a pool that opens every lost connection again.

    The driver tells of a connection that the server reset by an OSError as it came, which the pool's
    ping does not take for one; it then depended on when the reset arrived whether a request failed.
    """

    supports_statement_cache = True

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Ask for a sign of life."""
        try:
            return super().do_ping(dbapi_connection)
        except OSError as error:
            if error.errno is None:  # nobody reset it: the server is silent, and would be to a new one
                raise
            raise self.loaded_dbapi.InterfaceError("network error") from error

    def do_close(self, dbapi_connection: Any) -> None:
        """Close a connection, its socket too where it is lost."""
        stream = getattr(dbapi_connection, "_sock", None)
        try:
            super().do_close(dbapi_connection)  # type: ignore[no-untyped-call]
        finally:
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


registry.register(_DRIVER.replace("+", "."), __name__, Dialect.__name__)


def split(url: URL) -> tuple[URL, dict[str, Any]]:
    """Return an address without its options, and what they mean to the driver.

    Raises EngineError(ENGINE_UNAVAILABLE) for options that are not known: none is passed over.
    """
    options = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    mode, root = options.pop("sslmode", "prefer"), options.pop("sslrootcert", None)
    if options or mode not in _MODES:
        wrong = next(iter(options), f"sslmode={mode}")
        raise EngineError(
            ErrorCode.ENGINE_UNAVAILABLE,
            f"The store's address has an unknown option {wrong}.",
            stage="store",
            hint=_HINT,
        )
    return url.set(drivername=_DRIVER, query={}), {"timeout": CONNECT_SECONDS, "ssl_context": _context(mode, root)}


def _context(mode: str, root: str | None) -> ssl.SSLContext | bool | None:
    """Return the driver's `ssl_context`; None tries encryption where the server offers it, as `prefer` does."""
    if mode in {"disable", "allow"}:
        return False
    if mode == "prefer":
        return None
    if root is not None and not Path(root).is_file():
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, f"There is no certificate file {root}.", stage="store")
    made = ssl.create_default_context(cafile=root)
    made.check_hostname = mode == "verify-full"
    if mode == "require" and root is None:
        made.verify_mode = ssl.CERT_NONE
    return made


def set_up(connection: Any, _record: Any) -> None:
    """Bound what a new connection of the driver waits for."""
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {int(LOCK_SECONDS * 1000)}")
    cursor.execute(f"SET idle_in_transaction_session_timeout = {int(IDLE_SECONDS * 1000)}")
    connection.commit()
    cursor.close()
    socket = getattr(connection, "_usock", None)  # the driver keeps the time for connecting otherwise
    if socket is not None:
        socket.settimeout(ANSWER_SECONDS)
