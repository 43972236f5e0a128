"""What `visionmq doctor` looks at in the store of faces, brands and access that a worker here would use."""

import os
import socket
import stat
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from visionmq.client.cli.checks import Finding, State
from visionmq.client.cli.programs import missing_for
from visionmq.client.cli.stores import STORE_VARIABLE, place_of

KEYS_VARIABLE: Final = "VISIONMQ_STORE_KEYS"
_CONNECT: Final = 1.0
_POSTGRES_PORT: Final = 5432


def store() -> Iterator[Finding]:
    """Check the store of a worker here, if one could run: its place, its key file, and who can read them."""
    if missing_for("worker"):
        return
    place = place_of(None)
    if place.startswith("postgres"):
        yield _server(os.environ[STORE_VARIABLE])
        return
    path = Path(place.removeprefix("sqlite:///")).expanduser()
    keys = Path(os.environ.get(KEYS_VARIABLE) or f"{path}.keys")
    if not path.exists():
        yield _absent(path)
    elif not keys.is_file():
        advice = "Put its key file back: without it nothing in the store can be read, by anybody."
        yield Finding(State.FAIL, "store", f"{path} has no key file {keys}", advice)
    else:
        yield Finding(State.OK, "store", f"{path}, keys in {keys}")
        yield from _readers(path, keys)


def _absent(path: Path) -> Finding:
    folder = next((one for one in path.absolute().parents if one.exists()), path.absolute())
    if not os.access(folder, os.W_OK):
        advice = f"Name another place: {STORE_VARIABLE}=FILE, or give this user the right to write there."
        return Finding(State.FAIL, "store", f"{path} cannot be made: {folder} is not ours to write to", advice)
    return Finding(State.OK, "store", f"{path} will be made when it is first needed")


def _readers(path: Path, keys: Path) -> Iterator[Finding]:
    """Warn of files that others can read: both together open everything."""
    open_files = [str(file) for file in (keys, path) if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_files and os.name == "posix":
        yield Finding(
            State.WARN, "store", f"others can read {' and '.join(open_files)}", f"chmod 600 {' '.join(open_files)}"
        )


def _server(address: str) -> Finding:
    shown = place_of(address)
    if find_spec("pg8000") is None:
        return Finding(State.FAIL, "store", f"{shown} needs pg8000", "pip install 'visionmq[postgres]'")
    parts = urlsplit(address)
    try:
        host, port = parts.hostname or "localhost", parts.port or _POSTGRES_PORT
        socket.create_connection((host, port), timeout=_CONNECT).close()
    except (OSError, ValueError) as error:
        advice = "Start PostgreSQL there, or check host, port and firewall."
        return Finding(State.FAIL, "store", f"{shown}: nobody answers: {error}", advice)
    return Finding(State.OK, "store", f"{shown} accepts connections")
