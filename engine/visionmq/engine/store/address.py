"""Where a store is: its address, and the key file that belongs to it."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from visionmq.engine.api import EngineError
from visionmq.schemas.errors import ErrorCode

ADDRESS_VARIABLE: Final = "VISIONMQ_STORE"
"""Path of a SQLite file, `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/DATABASE`."""
KEYS_VARIABLE: Final = "VISIONMQ_STORE_KEYS"
"""Path of the key file, where it does not lie beside the SQLite file."""
_POSTGRES: Final = "postgresql+pg8000"
_HINT: Final = "Give the path of a file, or postgresql://USER:PASSWORD@HOST/DATABASE, in VISIONMQ_STORE."


@dataclass(frozen=True, slots=True)
class Address:
    """A database, and the file with the keys to what it holds."""

    url: URL = field(repr=False)
    keys: Path

    @property
    def path(self) -> Path | None:
        """The SQLite file; None for PostgreSQL."""
        return Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" else None

    @property
    def shown(self) -> str:
        """The address without its password."""
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)


def read_address(text: str | None = None, keys: str | None = None) -> Address:
    """Return the address a text names; VISIONMQ_STORE, else a file in the user's data folder, for None.

    Raises EngineError(ENGINE_UNAVAILABLE) for a text that is no address.
    """
    given = text or os.environ.get(ADDRESS_VARIABLE) or str(_data_folder() / "store.db")
    url = _read_url(given)
    named = keys or os.environ.get(KEYS_VARIABLE)
    return Address(url, Path(named).absolute() if named else _usual_keys(url))


def _data_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("visionmq", appauthor=False)


def _read_url(text: str) -> URL:
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser().absolute()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise _refused("The store's address cannot be read.") from None
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise _refused("A store in memory would not outlive its first reader.")
        return URL.create("sqlite", database=str(Path(url.database).absolute()))
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise _refused(f"There is no store of kind {url.get_backend_name()!r}; SQLite and PostgreSQL are known.")
    return url.set(drivername=_POSTGRES)


def _usual_keys(url: URL) -> Path:
    """Return the key file's usual place: beside the SQLite file, or in the data folder by host and database."""
    if url.get_backend_name() == "sqlite":
        return Path(f"{url.database}.keys")
    name = hashlib.sha256(f"{url.host}:{url.port}/{url.database}".encode()).hexdigest()[:16]
    return _data_folder() / f"store-{name}.keys"


def _refused(message: str) -> EngineError:
    return EngineError(ErrorCode.ENGINE_UNAVAILABLE, message, stage="store", hint=_HINT)
