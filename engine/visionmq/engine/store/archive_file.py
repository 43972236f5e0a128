"""What an archive holds, and how its pieces are sealed with a passphrase.

Key: argon2id (RFC 9106, second recommended option) of the passphrase and the header's salt. Piece:
AES-256-GCM with the hash of the header line, the number and the end mark as associated data, so that
no piece can be left out, exchanged or taken from another archive. MessagePack inside; nothing in an
archive is ever run.
"""

import hashlib
import secrets
import struct
from typing import Final

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from visionmq.engine.api import EngineError
from visionmq.engine.store.messages import Consent
from visionmq.schemas.archive import FORMAT, LONGEST_HEADER, DamagedArchive, make_piece, open_piece
from visionmq.schemas.errors import ErrorCode

AGAIN: Final = "Give the passphrase that the archive was exported with."
_NONCE: Final = 12
_SALT: Final = 16
_MOST_MEMORY_KIB: Final = 1 << 18
_MOST_PASSES: Final = 10


class Encryption(Struct, frozen=True, forbid_unknown_fields=True):
    """How the key is made of the passphrase."""

    salt: bytes
    kdf: str = "argon2id"
    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4
    cipher: str = "AES-256-GCM"


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of an archive."""

    format: str
    archive_id: str
    created_at: str
    kind: str
    collection: str
    models: list[str]
    """Whose templates are inside; empty for none."""
    encryption: Encryption | None
    seal: str = ""
    """By which the store that began the archive knows it again."""


class KeptGallery(Struct, frozen=True, kw_only=True):
    """A model that has templates in the archive, and what engines noted about them."""

    model: str
    dimension: int
    notes: dict[str, bytes] = {}


class KeptTemplate(Struct, frozen=True, kw_only=True):
    """One template."""

    model: str
    vector: bytes
    """float32, little-endian."""
    quality: float
    source: str
    payload: bytes
    created_at: str


class KeptSubject(Struct, frozen=True, kw_only=True):
    """One subject with all its templates."""

    name: str
    attributes: dict[str, str]
    consent: Consent | None
    created_at: str
    expires_at: str | None
    templates: list[KeptTemplate]


class Page(Struct, frozen=True, kw_only=True):
    """The content of one piece."""

    galleries: list[KeptGallery]
    """All of them, in the first piece."""
    subjects: list[KeptSubject]


def new_salt() -> Encryption:
    """Return the encryption of a new archive."""
    return Encryption(secrets.token_bytes(_SALT))


def write_header(header: Header) -> bytes:
    """Return a header's line."""
    return msgspec.json.encode(header) + b"\n"


def parse_header(line: bytes) -> Header:
    """Return the header of a line.

    Raises EngineError(BAD_REQUEST) if it is none, or asks for more work than a passphrase is worth.
    """
    try:
        header = msgspec.json.decode(line, type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise bad("This is no header of an archive.") from None
    told = header.encryption
    if header.format != FORMAT or len(line) > LONGEST_HEADER:
        raise bad("This archive is of a version that is not known here.")
    if told is not None and not (
        told.kdf == "argon2id"
        and told.cipher == "AES-256-GCM"
        and len(told.salt) == _SALT
        and 1 <= told.lanes <= 16
        and 8 * told.lanes <= told.memory_kib <= _MOST_MEMORY_KIB
        and 1 <= told.passes <= _MOST_PASSES
    ):
        raise bad("The archive's encryption is not known here.")
    return header


class PassphraseKeys:
    """The key of the archive in hand, so that its passphrase is stretched once and not for every piece."""

    def __init__(self) -> None:
        self._last: tuple[bytes, Encryption, bytes] | None = None

    def key(self, encryption: Encryption, passphrase: str) -> bytes:
        """Return the key of a passphrase."""
        given = hashlib.sha256(passphrase.encode()).digest()
        if self._last is None or self._last[:2] != (given, encryption):
            made = hash_secret_raw(
                passphrase.encode(),
                encryption.salt,
                time_cost=encryption.passes,
                memory_cost=encryption.memory_kib,
                parallelism=encryption.lanes,
                hash_len=32,
                type=Type.ID,
            )
            self._last = (given, encryption, made)
        return self._last[2]


def _place(line: bytes, number: int, last: bool) -> bytes:
    return hashlib.sha256(line).digest() + struct.pack("<I?", number, last)


def seal_page(page: Page, line: bytes, key: bytes | None, number: int, *, last: bool) -> bytes:
    """Return a page as a piece of the archive with this header line; in the clear without a key."""
    body = msgspec.msgpack.encode(page)
    if key is not None:
        nonce = secrets.token_bytes(_NONCE)
        body = nonce + AESGCM(key).encrypt(nonce, body, _place(line, number, last))
    return make_piece(number, last, body)


def open_page(data: bytes, line: bytes, key: bytes | None) -> tuple[Page, int, bool]:
    """Return (page, number, whether it is the last) of a piece.

    Raises EngineError(BAD_REQUEST) if it is damaged, of another archive, or the passphrase is wrong.
    """
    try:
        number, last, body = open_piece(data)
        if key is not None:
            body = AESGCM(key).decrypt(body[:_NONCE], body[_NONCE:], _place(line, number, last))
        return msgspec.msgpack.decode(body, type=Page), number, last
    except DamagedArchive as error:
        raise bad(f"The archive cannot be read: {error}.") from None
    except (InvalidTag, ValueError):
        raise bad("The passphrase is wrong, or the archive was altered.", AGAIN) from None


def bad(message: str, hint: str | None = None) -> EngineError:
    """Return the refusal of an archive."""
    return EngineError(ErrorCode.BAD_REQUEST, message, stage="store", hint=hint)
