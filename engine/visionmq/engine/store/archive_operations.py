"""`gallery.export` and `gallery.import` on the wire: pieces as frames, the keeper seals and opens them."""

import base64
import binascii

import msgspec
from msgspec import Struct

from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.store.archive import EXPORT, START_EXPORT, ExportPage, StartExport
from visionmq.engine.store.importing import IMPORT, ImportPiece
from visionmq.engine.store.link import Link
from visionmq.engine.store.messages import Author
from visionmq.schemas import archive as wire
from visionmq.schemas.errors import ErrorCode


class Cursor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an export stands; travels with the caller, for any worker may give the next piece."""

    header: bytes
    after: str = ""
    number: int = 0
    subjects: int = 0
    templates: int = 0


def export_piece(link: Link, job: Job) -> Answer:
    """Return the next piece of an archive; with the header line before it if it is the first."""
    params = job.params
    assert isinstance(params, wire.ExportParams)
    cursor = _start(link, job, params) if params.cursor is None else _read(params.cursor)
    told = link.call(
        EXPORT,
        ExportPage(header=cursor.header, passphrase=params.passphrase, after=cursor.after, number=cursor.number),
    )
    now = Cursor(
        header=cursor.header,
        after=told.after,
        number=cursor.number + 1,
        subjects=cursor.subjects + told.subjects,
        templates=cursor.templates + told.templates,
    )
    result = wire.Exported(
        archive_id=_archive_id(cursor.header),
        cursor=None if told.last else base64.b64encode(msgspec.msgpack.encode(now)).decode(),
        subjects=now.subjects,
        templates=now.templates,
        pass_back=params.pass_back,
    )
    return Answer(result, [told.piece if cursor.number else cursor.header + told.piece])


def import_piece(link: Link, job: Job) -> Answer:
    """Add one piece to a collection."""
    params = job.params
    assert isinstance(params, wire.ImportParams)
    header, piece = (bytes(frame) for frame in job.frames)
    told = link.call(
        IMPORT,
        ImportPiece(
            header=header,
            piece=piece,
            passphrase=params.passphrase,
            collection=params.collection,
            model=params.model,
            author=_author(job),
        ),
    )
    return Answer(wire.Imported(**msgspec.structs.asdict(told), pass_back=params.pass_back))


def _start(link: Link, job: Job, params: wire.ExportParams) -> Cursor:
    if params.passphrase is None and not params.plain:
        raise EngineError(
            ErrorCode.BAD_REQUEST,
            "An archive needs a passphrase.",
            stage="store",
            hint="Give one, or say `plain` to write names and templates in the clear.",
        )
    request = StartExport(
        kind=params.kind,
        collection=params.collection,
        encrypted=params.passphrase is not None,
        author=_author(job),
    )
    return Cursor(header=link.call(START_EXPORT, request).header)


def _read(text: str) -> Cursor:
    try:
        return msgspec.msgpack.decode(base64.b64decode(text, validate=True), type=Cursor)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise EngineError(ErrorCode.BAD_REQUEST, "This is no cursor of an export.", stage="store") from None


def _archive_id(header: bytes) -> str:
    return str(msgspec.json.decode(header)["archive_id"])


def _author(job: Job) -> Author:
    return Author(key=job.key or job.request_id, user=job.user)
