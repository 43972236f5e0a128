"""Taking a collection out of a store: a page at a time, in order of subject id, sealed with a passphrase.

That an archive was begun is in the audit log; pages are given only for a header that this store made,
so that none leaves it unrecorded. Pages are no snapshot: a subject enrolled meanwhile comes with the
last ones, a subject forgotten meanwhile comes no more.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Row, select

from visionmq.engine.api import EngineError
from visionmq.engine.store import archive_file as file
from visionmq.engine.store.link import Method
from visionmq.engine.store.messages import Author
from visionmq.engine.store.records import About, open_person, template_place
from visionmq.engine.store.sealing import Box
from visionmq.engine.store.session import Session, new_id
from visionmq.engine.store.tables import data_keys, galleries, notes, subjects, templates
from visionmq.schemas.archive import FORMAT
from visionmq.schemas.errors import ErrorCode

PAGE_SUBJECTS: Final = 500
PAGE_BYTES: Final = 4 << 20
"""A page ends after the subject that reaches this."""


class StartExport(Struct, frozen=True, kw_only=True):
    """Begin the archive of a collection; NOT_FOUND for one that is not there."""

    kind: str
    collection: str
    encrypted: bool
    author: Author


class Started(Struct, frozen=True):
    """The archive's header line."""

    header: bytes


class ExportPage(Struct, frozen=True, kw_only=True):
    """Take the subjects after one, as the next piece."""

    header: bytes
    passphrase: str | None
    after: str = ""
    number: int = 0


class Exported(Struct, frozen=True, kw_only=True):
    """A piece, and where the next begins."""

    piece: bytes
    after: str
    last: bool
    subjects: int
    templates: int


START_EXPORT: Final = Method("gallery.export", StartExport, Started)
EXPORT: Final = Method("gallery.export_page", ExportPage, Exported)


def start_export(session: Session, request: StartExport) -> Started:
    """Record that a collection is taken out, and return the header."""
    with session.write(request.author, START_EXPORT, request) as write:
        if write.former is not None:
            return write.former
        held = _galleries(session, request.kind, request.collection)
        if not held:
            raise EngineError(ErrorCode.NOT_FOUND, "There is no such collection.", stage="store")
        header = file.Header(
            format=FORMAT,
            archive_id=new_id(),
            created_at=session.now(),
            kind=request.kind,
            collection=request.collection,
            models=[row.model for row in held],
            encryption=file.new_salt() if request.encrypted else None,
        )
        sealed = msgspec.structs.replace(header, seal=_seal(session, header))
        write.record(
            archive=header.archive_id,
            galleries=" ".join(row.gallery_id for row in held),
            encrypted=request.encrypted,
        )
        return write.reply(Started(file.write_header(sealed)))


def export_page(session: Session, request: ExportPage) -> Exported:
    """Return the next piece of an archive that this store began."""
    header = file.parse_header(request.header)
    if header.seal != _seal(session, msgspec.structs.replace(header, seal="")):
        raise file.bad("This archive was not begun by this store.")
    key = archive_key(session, header, request.passphrase)
    held = _galleries(session, header.kind, header.collection)
    kept, after, last = _page(session, header, request.after, {row.gallery_id: row.model for row in held})
    page = file.Page(galleries=_describe(session, held) if request.number == 0 else [], subjects=kept)
    return Exported(
        piece=file.seal_page(page, request.header, key, request.number, last=last),
        after=after,
        last=last,
        subjects=len(kept),
        templates=sum(len(subject.templates) for subject in kept),
    )


def archive_key(session: Session, header: file.Header, passphrase: str | None) -> bytes | None:
    """Return the key of an archive; None for one in the clear."""
    if header.encryption is None:
        return None
    if not passphrase:
        raise file.bad("The archive is encrypted: its passphrase is needed.", file.AGAIN)
    return session.kept(file.PassphraseKeys).key(header.encryption, passphrase)


def _seal(session: Session, header: file.Header) -> str:
    return session.blind("archive", file.write_header(header).decode())


def _galleries(session: Session, kind: str, collection: str) -> Sequence[Row[Any]]:
    query = select(galleries).where(galleries.c.kind == kind, galleries.c.collection == collection)
    return session.connection.execute(query.order_by(galleries.c.model)).all()


def _describe(session: Session, held: Sequence[Row[Any]]) -> list[file.KeptGallery]:
    found = []
    for gallery in held:
        box, written = session.sealer.box(gallery.gallery_id), {}
        for row in session.connection.execute(select(notes).where(notes.c.gallery_id == gallery.gallery_id)):
            written[row.name] = box.open(row.sealed, "notes", gallery.gallery_id, row.name)
        found.append(file.KeptGallery(model=gallery.model, dimension=gallery.dimension, notes=written))
    return found


def _page(
    session: Session, header: file.Header, after: str, models: dict[str, str]
) -> tuple[list[file.KeptSubject], str, bool]:
    """Return subjects after one, the last of them, and whether there are no more."""
    query = select(subjects, data_keys.c.wrapped, data_keys.c.kek)
    query = query.join(data_keys, data_keys.c.owner == subjects.c.subject_id)
    query = query.where(subjects.c.kind == header.kind, subjects.c.collection == header.collection)
    query = query.where(subjects.c.subject_id > after).order_by(subjects.c.subject_id).limit(PAGE_SUBJECTS)
    rows = session.connection.execute(query).all()
    kept, size = [], 0
    for row, mine in _with_templates(session, rows):
        subject = _kept(session, row, mine, models)
        kept.append(subject)
        after = row.subject_id
        size += sum(len(one.vector) + len(one.payload) for one in subject.templates)
        if size >= PAGE_BYTES:
            break
    return kept, after, len(kept) == len(rows) < PAGE_SUBJECTS


def _with_templates(session: Session, rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], list[Row[Any]]]]:
    """Yield subjects with their templates, read some at a time: payloads may be large."""
    for at in range(0, len(rows), _AT_ONCE):
        some = rows[at : at + _AT_ONCE]
        found: dict[str, list[Row[Any]]] = {row.subject_id: [] for row in some}
        query = select(templates).where(templates.c.subject_id.in_(found)).order_by(templates.c.template_id)
        for template in session.connection.execute(query):
            found[template.subject_id].append(template)
        yield from ((row, found[row.subject_id]) for row in some)


_AT_ONCE: Final = 50


def _kept(session: Session, row: Row[Any], mine: list[Row[Any]], models: dict[str, str]) -> file.KeptSubject:
    box = session.sealer.open_row(row.subject_id, row.wrapped, row.kek)
    person = open_person(box, row.subject_id, row.sealed)
    return file.KeptSubject(
        name=person.name,
        attributes=person.attributes,
        consent=person.consent,
        created_at=row.created_at,
        expires_at=row.expires_at,
        templates=[_kept_template(box, one, models[one.gallery_id]) for one in mine],
    )


def _kept_template(box: Box, row: Row[Any], model: str) -> file.KeptTemplate:
    ids = (row.template_id, row.subject_id, row.gallery_id)
    about = msgspec.msgpack.decode(box.open(row.about, *template_place("about", *ids)), type=About)
    return file.KeptTemplate(
        model=model,
        vector=box.open(row.vector, *template_place("vector", *ids)),
        quality=about.quality,
        source=about.source,
        payload=box.open(row.payload, *template_place("payload", *ids)) if row.payload else b"",
        created_at=row.created_at,
    )
