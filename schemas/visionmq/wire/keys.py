"""Key files: a secret identity for each peer, and what the broker grants to each public key.

A key folder holds `broker.key`, one `NAME.key` for each peer (to be moved to its host), and
`authorized/NAME.json` with the grants. Secrets are created with mode 0600 and refused with
any other; they never stand in arguments, the environment or logs.
"""

import os
import stat
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec
import zmq
from msgspec import Meta, Struct

_Z85: TypeAlias = Annotated[str, Meta(min_length=40, max_length=40)]
BROKER_KEY: Final = "broker.key"
AUTHORIZED: Final = "authorized"


class KeyFileError(Exception):
    """A key file is missing, readable by others, or no key file; the text says what to do."""


class Role(StrEnum):
    """What a key may be used for."""

    CLIENT = "client"
    WORKER = "worker"
    ADMIN = "admin"


class Identity(Struct, frozen=True, forbid_unknown_fields=True):
    """A CURVE key pair, and the public key of the broker it talks to (Z85 text)."""

    name: str
    public: _Z85
    secret: _Z85
    server: _Z85

    def __repr__(self) -> str:
        return f"Identity(name={self.name!r}, public={self.public!r})"


class Grant(Struct, frozen=True, forbid_unknown_fields=True):
    """What the holder of one public key may do."""

    name: str
    public: _Z85
    role: Role
    operations: list[str] = msgspec.field(default_factory=lambda: ["*"])
    """Patterns of operations, such as `document.*`."""
    rates: list[str] = []
    """For instance `20 per day`; all of them hold."""


def make_identity(name: str, server: str | None = None) -> Identity:
    """Return a new key pair; without `server` it is the broker's own."""
    public, secret = (part.decode() for part in zmq.curve_keypair())
    return Identity(name, public, secret, server or public)


def _write(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise KeyFileError(f"{path} exists already; choose another name, or revoke it first.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def write_identity(path: Path, identity: Identity) -> None:
    """Write a new secret key file, readable by its owner only; never overwrites."""
    _write(path, msgspec.json.format(msgspec.json.encode(identity)) + b"\n", 0o600)


def write_grant(folder: Path, grant: Grant) -> Path:
    """Write `authorized/NAME.json` in a key folder and return its path; never overwrites."""
    path = folder / AUTHORIZED / f"{grant.name}.json"
    _write(path, msgspec.json.format(msgspec.json.encode(grant)) + b"\n", 0o644)
    return path


def read_identity(path: Path) -> Identity:
    """Return the identity of a key file.

    Raises KeyFileError if it is missing, not ours, readable by others, or malformed.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read()
    except OSError as error:
        raise KeyFileError(
            f"Cannot read key file {path}: {error.strerror}. Make one with `visionmq keys new NAME`."
        ) from None
    if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"Key file {path} can be read by others; run `chmod 600 {path}`.")
    try:
        return msgspec.json.decode(content, type=Identity)
    except msgspec.MsgspecError:
        raise KeyFileError(f"{path} is no key file of visionmq; make one with `visionmq keys new NAME`.") from None


class KeyRing:
    """The grants of a key folder by public key; `refresh` picks up changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / AUTHORIZED
        self._stamp: frozenset[tuple[str, int, int]] | None = None
        self._grants: dict[str, Grant] = {}
        self.problems: list[str] = []
        """Files that could not be taken, and why; their keys are refused."""
        self.refresh()

    def refresh(self) -> bool:
        """Read the folder again if a file changed; return whether one did."""
        files = sorted(self.folder.glob("*.json"))
        stamp = frozenset(
            (file.name, status.st_mtime_ns, status.st_size) for file in files if (status := _status(file))
        )
        if stamp == self._stamp:
            return False
        grants, problems = {}, []
        for file in files:
            try:
                grant = msgspec.json.decode(file.read_bytes(), type=Grant)
                grants[grant.public] = grant
            except (OSError, msgspec.MsgspecError) as error:
                problems.append(f"{file.name}: {error}")
        self._stamp, self._grants, self.problems = stamp, grants, problems
        return True

    def grant(self, public: str) -> Grant | None:
        """Return what this public key may do; None if it is unknown or revoked."""
        return self._grants.get(public)

    def __len__(self) -> int:
        return len(self._grants)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
