"""Archives: collections that leave a store and come into another, piece by piece."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from visionmq.client.calls import checked
from visionmq.client.errors import BadRequest
from visionmq.schemas.archive import (
    DamagedArchive,
    Exported,
    ExportParams,
    Imported,
    ImportParams,
    read_header,
    read_pieces,
)

if TYPE_CHECKING:
    from visionmq.client.client import Client

_MANUAL: Final = "docs/faces.md"

Report = Callable[[int, int], None]
"""Called after each piece with the subjects and templates so far."""


def export_collection(
    client: "Client",
    path: str | os.PathLike[str],
    collection: str,
    *,
    kind: str = "face",
    passphrase: str | None = None,
    report: Report | None = None,
) -> Exported:
    """Write a collection into a new file, encrypted with a passphrase; without one it is written in the clear.

    The file appears only once it is whole, readable to its owner alone. Raises FileExistsError if there is one, and
    NotFound for a collection that is not there.
    """
    target = Path(path)
    if target.exists():
        raise FileExistsError(17, "the file exists", str(target))
    part = target.with_name(f"{target.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "wb") as stream:
            done = _write_pieces(client, stream, kind, collection, passphrase, report)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return done


def _write_pieces(
    client: "Client", stream: BinaryIO, kind: str, collection: str, passphrase: str | None, report: Report | None
) -> Exported:
    cursor: str | None = None
    while True:
        given = {"kind": kind, "collection": collection, "passphrase": passphrase, "plain": passphrase is None}
        params = checked(ExportParams, {**given, "cursor": cursor}, manual=_MANUAL)
        reply = client.call("gallery.export", params)
        stream.write(reply.images[0])
        done: Exported = reply.result
        if report is not None:
            report(done.subjects, done.templates)
        cursor = done.cursor
        if cursor is None:
            return done


def check_archive(path: str | os.PathLike[str]) -> int:
    """Return how many pieces an archive has; raises BadRequest if it is none, cut off, or altered.

    Needs no passphrase.
    """
    with open(path, "rb") as stream:
        try:
            read_header(stream)
            return sum(1 for _ in read_pieces(stream))
        except DamagedArchive as damage:
            raise BadRequest(f"{path}: {damage}.", hint="Export it again.", stage="client") from None


def import_collection(
    client: "Client",
    path: str | os.PathLike[str],
    *,
    collection: str | None = None,
    passphrase: str | None = None,
) -> Iterator[Imported]:
    """Put an archive into the store, into another collection if named; yields what each piece brought.

    The whole file is checked first. What is there already is left out, so that it may be done again after a break.
    """
    check_archive(path)
    given = {"collection": collection, "passphrase": passphrase}
    params = checked(ImportParams, given, manual=_MANUAL)
    with open(path, "rb") as stream:
        header = read_header(stream)
        for piece in read_pieces(stream):
            done: Imported = client.call("gallery.import", params, [header, piece.data]).result
            yield done
