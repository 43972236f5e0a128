"""The key file: the secrets that a copy of the database is worthless without.

It holds the keys that wrap data keys (the store says which is in use; former ones stay until nothing is
wrapped with them), the key of the blind index, and the Ed25519 key that signs receipts and heads. It is written
whole and renamed into place, readable by its owner only.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from visionmq.engine.api import EngineError
from visionmq.schemas.errors import ErrorCode

_FORMAT: Final = "visionmq-store-keys/1"
_KEY_BYTES: Final = 32
_DRAFT_DIGITS: Final = 16


class _Content(Struct, forbid_unknown_fields=True):
    """The file as JSON; bytes are base64."""

    format: str
    wrapping: list[bytes]
    blind: bytes
    signing: bytes


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one store."""

    wrapping: tuple[bytes, ...] = field(repr=False)
    blind: bytes = field(repr=False)
    signing: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """What a store remembers of its key file; stays when wrapping keys change."""
        return hmac.digest(self.blind, b"visionmq fingerprint" + self.signing, "sha256").hex()

    @property
    def by_id(self) -> dict[str, bytes]:
        """The wrapping keys by their ids."""
        return {key_id(key): key for key in self.wrapping}

    @property
    def newest(self) -> str:
        """The id of the key that was made last; which one wraps now, the store says."""
        return key_id(self.wrapping[-1])

    @property
    def signer(self) -> Ed25519PrivateKey:
        """The key that signs receipts."""
        return Ed25519PrivateKey.from_private_bytes(self.signing)

    @property
    def public(self) -> str:
        """The key that checks receipts, base64."""
        raw = self.signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()


def key_id(key: bytes) -> str:
    """Return what a wrapping key is known by; says nothing about the key."""
    return hmac.digest(key, b"visionmq key id", hashlib.sha256).hex()[:32]


def new_keys() -> Keys:
    """Return keys that nobody has."""
    blind, signing = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_KEY_BYTES)
    return Keys((secrets.token_bytes(_KEY_BYTES),), blind, signing)


def with_new_wrapping(keys: Keys) -> Keys:
    """Return the keys with one more wrapping key, the newest."""
    return Keys((*keys.wrapping, secrets.token_bytes(_KEY_BYTES)), keys.blind, keys.signing)


def only(keys: Keys, kek: str) -> Keys:
    """Return the keys without all wrapping keys but one."""
    return Keys((keys.by_id[kek],), keys.blind, keys.signing)


def read_keys(path: Path) -> Keys:
    """Return the keys of a file.

    Raises EngineError(ENGINE_UNAVAILABLE) if it is absent, readable by others, or no key file.
    """
    try:
        mode, data = path.stat(), path.read_bytes()
    except FileNotFoundError:
        raise _refused(
            f"The key file {path} is missing.",
            "Put the store's key file back from its backup, or name it in VISIONMQ_STORE_KEYS; "
            "without it nothing in the store can be read.",
        ) from None
    except OSError as error:
        raise _refused(f"The key file {path} cannot be read: {error.strerror}.", "Run as its owner.") from None
    if os.name == "posix" and stat.S_IMODE(mode.st_mode) & 0o077:
        raise _refused(f"Others may read the key file {path}.", f"Run `chmod 600 {path}`.")
    return _parse(path, data)


def _parse(path: Path, data: bytes) -> Keys:
    try:
        content = msgspec.json.decode(data, type=_Content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _damaged(path) from None
    secrets_in = (*content.wrapping, content.blind, content.signing)
    if content.format != _FORMAT or not content.wrapping or any(len(key) != _KEY_BYTES for key in secrets_in):
        raise _damaged(path)
    return Keys(tuple(content.wrapping), content.blind, content.signing)


def make_keys(path: Path) -> Keys:
    """Make a key file, or return the keys of the one that another process has just made.

    Raises EngineError(ENGINE_UNAVAILABLE) if it cannot be written.
    """
    keys = new_keys()
    with _written(path, ErrorCode.ENGINE_UNAVAILABLE):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = _write_draft(path, keys)
        try:
            os.link(draft, path)
        except FileExistsError:
            return read_keys(path)
        finally:
            draft.unlink()
        _sync_folder(path)
    return keys


def replace_keys(path: Path, keys: Keys) -> None:
    """Put keys in place of a file's, whole or not at all, and overwrite what it held.

    Raises EngineError(STORE_UNAVAILABLE) if it cannot be written; then it holds what it held.
    """
    place = path.resolve()  # where a link leads, not the link
    with _written(place, ErrorCode.STORE_UNAVAILABLE):
        draft = _write_draft(place, keys)
        with open(place, "r+b", buffering=0) as former:
            os.replace(draft, place)
            _sync_folder(place)
            _wipe(former)
        for left in place.parent.glob(f"{place.name}.{'[0-9a-f]' * _DRAFT_DIGITS}"):
            with open(left, "r+b", buffering=0) as killed:  # by one that was killed while it wrote
                _wipe(killed)
            left.unlink()


def _wipe(file: IO[bytes]) -> None:
    """Overwrite a file; the disk may have kept older copies of its blocks, this one can be reached."""
    file.write(bytes(os.fstat(file.fileno()).st_size))
    os.fsync(file.fileno())


@contextlib.contextmanager
def _written(path: Path, code: ErrorCode) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(
            code,
            f"The key file {path} cannot be written: {error.strerror}.",
            stage="store",
            hint="Give the service the right to write it and its folder, or name another in VISIONMQ_STORE_KEYS.",
        ) from None


class Ring:
    """The key file as this process knows it; read again when the store uses a key that is not known yet."""

    def __init__(self, path: Path, keys: Keys) -> None:
        self.path, self.keys = path, keys
        self._by_id = keys.by_id

    def find(self, kek: str) -> bytes:
        """Return a wrapping key by its id.

        Raises EngineError(STORE_UNAVAILABLE) if the file has none of this id, or cannot be read now.
        """
        known = self._by_id.get(kek)
        if known is not None:
            return known
        self.read_again()
        if kek not in self._by_id:
            raise EngineError(
                ErrorCode.STORE_UNAVAILABLE,
                "The key file lacks a key that the store uses.",
                stage="store",
                hint="Copy the key file again from the host where `visionmq store rekey` was run.",
            )
        return self._by_id[kek]

    def read_again(self) -> None:
        """Read the file; what is no key file of this store is not taken."""
        try:
            keys = read_keys(self.path)
        except EngineError as error:
            raise EngineError(ErrorCode.STORE_UNAVAILABLE, str(error), stage="store", hint=error.hint) from None
        if keys.fingerprint != self.keys.fingerprint:
            raise EngineError(
                ErrorCode.STORE_UNAVAILABLE,
                f"The key file {self.path} belongs to another store.",
                stage="store",
                hint="Put the store's key file back from its backup.",
            )
        self._take(keys)

    def replace(self, keys: Keys) -> None:
        """Write other keys into the file."""
        replace_keys(self.path, keys)
        self._take(keys)

    def _take(self, keys: Keys) -> None:
        self.keys, self._by_id = keys, keys.by_id


def _write_draft(path: Path, keys: Keys) -> Path:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(_DRAFT_DIGITS // 2)}")
    content = msgspec.json.encode(_Content(_FORMAT, list(keys.wrapping), keys.blind, keys.signing))
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(path: Path) -> None:
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _damaged(path: Path) -> EngineError:
    return _refused(f"{path} is no key file, or it is damaged.", "Put the store's key file back from its backup.")


def _refused(message: str, hint: str) -> EngineError:
    return EngineError(ErrorCode.ENGINE_UNAVAILABLE, message, stage="store", hint=hint)
