"""Sealing: AES-256-GCM with a key for each owner, so that destroying one key forgets one owner.

An owner is a subject, a user, a gallery: anything with an opaque id. Its data key lies in the database,
wrapped by a key of the key file. What is sealed is bound to a context (table, row, owner), so that a
row moved to another place does not open. Layout: version byte, 96-bit random nonce, ciphertext and tag.
Source: NIST SP 800-38D.
"""

import hmac
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, insert, select

from visionmq.engine.api import EngineError
from visionmq.engine.store.keyfile import Keys, Ring
from visionmq.engine.store.tables import data_keys
from visionmq.schemas.errors import ErrorCode

_VERSION: Final = b"\x01"
_NONCE: Final = 12
_MANY: Final = 500
"""Ids in one query; SQLite took 999 variables for long."""


def context(*parts: str) -> bytes:
    """Return the associated data of a place: its parts with their lengths, so that no two places are alike."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


class Box:
    """One owner's key, unwrapped; kept no longer than a request."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, *place: str) -> bytes:
        """Return bytes that only this box opens, and only at this place."""
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, _VERSION + context(*place))

    def open(self, sealed: bytes, *place: str) -> bytes:
        """Return what was sealed at this place.

        Raises EngineError(STORE_UNAVAILABLE) if it was altered, or sealed elsewhere.
        """
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], sealed[:1] + context(*place))
        except (InvalidTag, ValueError):
            raise EngineError(
                ErrorCode.STORE_UNAVAILABLE,
                f"A row of the store was altered or moved ({place[0]}).",
                stage="store",
                hint="Restore the database from its backup, and look at `visionmq audit verify`.",
            ) from None


class Sealer:
    """Seals and opens with the keys of a store, over one connection."""

    def __init__(self, ring: Ring, connection: Connection, current: str) -> None:
        self._ring, self._connection, self._current = ring, connection, current

    def make(self, owner: str) -> Box:
        """Make a key for a new owner; inside a write."""
        return self.make_many([owner])[owner]

    def make_many(self, owners: Iterable[str]) -> dict[str, Box]:
        """Make a key for each of some new owners; inside a write."""
        made = {owner: AESGCM.generate_key(256) for owner in owners}
        rows = [
            {"owner": owner, "wrapped": self.wrap(owner, key, self._current), "kek": self._current}
            for owner, key in made.items()
        ]
        if rows:
            self._connection.execute(insert(data_keys), rows)
        return {owner: Box(key) for owner, key in made.items()}

    def box(self, owner: str) -> Box:
        """Return an owner's box; EngineError(STORE_UNAVAILABLE) if it has none."""
        return self.boxes([owner])[owner]

    def boxes(self, owners: Iterable[str]) -> dict[str, Box]:
        """Return the boxes of many owners."""
        wanted = list(dict.fromkeys(owners))
        found: dict[str, Box] = {}
        for at in range(0, len(wanted), _MANY):
            part = wanted[at : at + _MANY]
            for row in self._connection.execute(select(data_keys).where(data_keys.c.owner.in_(part))):
                found[row.owner] = Box(self.unwrap(row.owner, row.wrapped, row.kek))
        if len(found) != len(wanted):
            raise EngineError(ErrorCode.STORE_UNAVAILABLE, "A key of the store is missing.", stage="store")
        return found

    def destroy(self, owner: str) -> None:
        """Destroy an owner's key: nothing sealed with it opens ever again; inside a write."""
        self._connection.execute(delete(data_keys).where(data_keys.c.owner == owner))

    def unwrap(self, owner: str, wrapped: bytes, kek: str) -> bytes:
        """Return a data key as it is; for rotation and bulk reading."""
        return Box(self._ring.find(kek)).open(wrapped, "key", owner, kek)

    def wrap(self, owner: str, key: bytes, kek: str) -> bytes:
        """Return a data key wrapped with a key of the key file."""
        return Box(self._ring.find(kek)).seal(key, "key", owner, kek)

    def open_row(self, owner: str, wrapped: bytes, kek: str) -> Box:
        """Return the box of a row that was joined with its key; for bulk reading."""
        return Box(self.unwrap(owner, wrapped, kek))


def blind(keys: Keys, *parts: str) -> str:
    """Return a name's blind index: equal for equal names, and tells nothing without the key file."""
    normal = [unicodedata.normalize("NFC", part) for part in parts]
    return hmac.digest(keys.blind, b"visionmq blind" + context(*normal), "sha256").hex()


def canonical_digest(keys: Keys, method: str, request: bytes) -> str:
    """Return what tells two requests of one key apart; keyed, so that no name can be guessed from it."""
    return hmac.digest(keys.blind, b"visionmq request" + context(method) + request, "sha256").hex()


Facts = Mapping[str, str | int | float | bool | None]
