"""Parameters, results and the file of `gallery.export` and `gallery.import`.

An archive is one line of JSON (the header) and pieces; `docs/adr/0043-search.md` tells the format byte
by byte. Whoever writes the file joins what `gallery.export` returns; whoever reads it cuts it with
`read_pieces`, which finds every truncation and every flipped bit without the passphrase.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO, Final, NamedTuple

from msgspec import Meta, Struct

from visionmq.schemas.common import Params

FORMAT: Final = "visionmq-archive/1"
MAGIC: Final = b"VMQP"
LONGEST_HEADER: Final = 4_096
LONGEST_PIECE: Final = 64 << 20
LEAST_PASSPHRASE: Final = 8
_FRAME: Final = struct.Struct("<4sI?I32s")


class ExportParams(Params, frozen=True, kw_only=True):
    """Take the next piece of a collection's archive; the first call has no cursor."""

    kind: str = "face"
    collection: str
    passphrase: Annotated[str, Meta(min_length=LEAST_PASSPHRASE)] | None = None
    """What the archive is encrypted with."""
    plain: bool = False
    """Write templates and names in the clear; must be said if there is no passphrase."""
    cursor: str | None = None
    """As the last call returned it."""


class Exported(Struct, frozen=True, kw_only=True):
    """A piece of the file, in the first image frame; append it as it is."""

    archive_id: str
    cursor: str | None
    """For the next call; null after the last piece."""
    subjects: int
    """In this and all pieces before."""
    templates: int
    pass_back: Any = None


class ImportParams(Params, frozen=True, kw_only=True):
    """Put one piece of an archive into a collection; frames: the header line, the piece."""

    collection: str | None = None
    """Into another collection than it was taken from."""
    passphrase: str | None = None
    model: str | None = None
    """The model in use; an archive without any template of it is refused."""


class Imported(Struct, frozen=True, kw_only=True):
    """What one piece brought."""

    archive_id: str
    subjects: int
    """Subjects in the piece, new or known."""
    created: int
    templates: int
    """Templates that were added."""
    known: int
    """Templates left out because the subject has the same one."""
    last: bool
    repeated: bool = False
    pass_back: Any = None


class DamagedArchive(Exception):
    """A file is no archive, or not all of it, or altered; the text says what and where."""


class Piece(NamedTuple):
    """One piece: its number from 0, whether it is the last, and its bytes with their frame."""

    number: int
    last: bool
    data: bytes


def make_piece(number: int, last: bool, body: bytes) -> bytes:
    """Return a piece in its frame."""
    return _FRAME.pack(MAGIC, number, last, len(body), _digest(number, last, body)) + body


def open_piece(data: bytes) -> tuple[int, bool, bytes]:
    """Return (number, whether it is the last, body) of a piece.

    Raises DamagedArchive.
    """
    if len(data) < _FRAME.size:
        raise DamagedArchive("a piece is cut off")
    magic, number, last, length, digest = _FRAME.unpack_from(data)
    body = data[_FRAME.size :]
    if magic != MAGIC or len(body) != length or digest != _digest(number, last, body):
        raise DamagedArchive(f"piece {number if magic == MAGIC else '?'} is damaged")
    return number, last, body


def read_header(file: BinaryIO) -> bytes:
    """Return the header line, with its end, of a file at its start.

    Raises DamagedArchive.
    """
    line = file.readline(LONGEST_HEADER)
    if not line.endswith(b"\n") or FORMAT.encode() not in line:
        raise DamagedArchive("this is no archive of VisionMQ, or of a later version")
    return line


def read_pieces(file: BinaryIO) -> Iterator[Piece]:
    """Yield the pieces that follow the header, each checked; the last is surely the archive's last.

    Raises DamagedArchive.
    """
    last, expected = False, 0
    while not last:
        frame = file.read(_FRAME.size)
        if len(frame) < _FRAME.size:
            raise DamagedArchive(f"the file ends before its last piece, after {expected} pieces")
        length = _FRAME.unpack(frame)[3]
        if length > LONGEST_PIECE:
            raise DamagedArchive(f"piece {expected} is damaged")
        data = frame + file.read(length)
        number, last, _ = open_piece(data)
        if number != expected:
            raise DamagedArchive(f"piece {expected} is missing")
        yield Piece(number, last, data)
        expected += 1
    if file.read(1):
        raise DamagedArchive("something follows the last piece")


def _digest(number: int, last: bool, body: bytes) -> bytes:
    return hashlib.sha256(struct.pack("<I?", number, last) + body).digest()
