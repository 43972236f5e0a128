"""Putting an archive's pieces into a collection: each piece one transaction, once, whatever is repeated."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct
from sqlalchemy import insert, select, update

from visionmq.engine.api import EngineError
from visionmq.engine.store import archive_file as file
from visionmq.engine.store.archive import archive_key
from visionmq.engine.store.gallery import blind_subject, ensure_gallery
from visionmq.engine.store.link import Method
from visionmq.engine.store.messages import Author, Gallery
from visionmq.engine.store.records import About, Person, open_person, seal_person, template_place
from visionmq.engine.store.sealing import Box
from visionmq.engine.store.session import Session, new_id
from visionmq.engine.store.tables import changes, data_keys, galleries, notes, subjects, templates
from visionmq.schemas.errors import ErrorCode

_MANY: Final = 500
_PARTS: Final = ("vector", "about", "payload")


class ImportPiece(Struct, frozen=True, kw_only=True):
    """Add what one piece holds; pieces may come in any order but the first, again, or alone.

    Refused with CONFLICT, changing nothing, if the templates are of another model than `model`, or
    than all that the collection holds: they could not be compared.
    """

    header: bytes
    piece: bytes
    passphrase: str | None
    collection: str | None
    model: str | None
    author: Author


class Imported(Struct, frozen=True, kw_only=True):
    """What was added."""

    archive_id: str
    subjects: int
    created: int
    templates: int
    known: int
    last: bool
    repeated: bool = False


IMPORT: Final = Method("gallery.import", ImportPiece, Imported)


@dataclass
class _Batch:
    """Rows to be inserted together."""

    subjects: list[dict[str, Any]] = field(default_factory=list)
    templates: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[tuple[str, str], None] = field(default_factory=dict)
    """(gallery id, subject id)"""
    known: int = 0


@dataclass(frozen=True)
class _Target:
    """Where a piece goes."""

    kind: str
    collection: str
    galleries: dict[str, tuple[str, int]]
    """Id and dimension, by model."""


def import_piece(session: Session, request: ImportPiece) -> Imported:
    """Add one piece; see `ImportPiece`."""
    header = file.parse_header(request.header)
    page, number, last = file.open_page(request.piece, request.header, archive_key(session, header, request.passphrase))
    with session.write(request.author, IMPORT, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        target = _target(session, header, request, page)
        batch = _Batch()
        _put_subjects(session, target, page.subjects, batch)
        entry = write.record(
            archive=header.archive_id,
            piece=number,
            subjects=len(page.subjects),
            created=len(batch.subjects),
            templates=len(batch.templates),
        )
        _insert(session, batch, entry.sequence)
        _put_notes(session, target, page.galleries, entry.sequence)
        return write.reply(
            Imported(
                archive_id=header.archive_id,
                subjects=len(page.subjects),
                created=len(batch.subjects),
                templates=len(batch.templates),
                known=batch.known,
                last=last,
            )
        )


def _target(session: Session, header: file.Header, request: ImportPiece, page: file.Page) -> _Target:
    """Return where to, its galleries made; refuses models that could not be compared."""
    kind, collection = header.kind, request.collection or header.collection
    held = _held(session, kind, collection)
    _check_models(header.models, [request.model] if request.model else list(held))
    dimensions = {gallery.model: gallery.dimension for gallery in page.galleries}
    for subject in page.subjects:
        for one in subject.templates:
            dimensions.setdefault(one.model, len(one.vector) // 4)
    for model, dimension in dimensions.items():
        gallery_id = ensure_gallery(session, Gallery(kind, collection, model, dimension))
        held[model] = (gallery_id, dimension)
    return _Target(kind, collection, held)


def _held(session: Session, kind: str, collection: str) -> dict[str, tuple[str, int]]:
    query = select(galleries).where(galleries.c.kind == kind, galleries.c.collection == collection)
    return {row.model: (row.gallery_id, row.dimension) for row in session.connection.execute(query)}


def _check_models(archived: Sequence[str], usable: Sequence[str]) -> None:
    if not archived or not usable or set(archived) & set(usable):
        return
    raise EngineError(
        ErrorCode.CONFLICT,
        f"The archive's templates are of {', '.join(archived)}; those of {', '.join(usable)} cannot be "
        "compared with them.",
        stage="store",
        hint="Enrol the subjects again from pictures, or import into another collection.",
    )


# ---- subjects ------------------------------------------------------------------------------


def _put_subjects(session: Session, target: _Target, given: Sequence[file.KeptSubject], batch: _Batch) -> None:
    if len({one.name for one in given} - {""}) != len(given):
        raise file.bad("A subject of the archive has no name, or comes twice.")
    known = _find(session, target, given)
    ids = {one.name: new_id() for one in given if one.name not in known}
    boxes = session.sealer.make_many(ids.values())
    for subject in given:
        found = known.get(subject.name)
        if found is None:
            box = boxes[subject_id := ids[subject.name]]
            batch.subjects.append(_new_row(session, target, subject, subject_id, box))
            _add_templates(target, subject, (subject_id, box), set(), batch)
        else:
            _fill_gaps(session, subject, *found)
            _add_templates(target, subject, found, _vectors(session, *found), batch)


def _find(session: Session, target: _Target, given: Sequence[file.KeptSubject]) -> dict[str, tuple[str, Box]]:
    """Return id and box of those that are there, by name."""
    blinds = {blind_subject(session, target.kind, target.collection, one.name): one.name for one in given}
    wanted, found = list(blinds), dict[str, tuple[str, Box]]()
    for at in range(0, len(wanted), _MANY):
        query = select(subjects.c.subject_id, subjects.c.blind, data_keys.c.wrapped, data_keys.c.kek)
        query = query.join(data_keys, data_keys.c.owner == subjects.c.subject_id)
        query = query.where(subjects.c.kind == target.kind, subjects.c.collection == target.collection)
        for row in session.connection.execute(query.where(subjects.c.blind.in_(wanted[at : at + _MANY]))):
            box = session.sealer.open_row(row.subject_id, row.wrapped, row.kek)
            found[blinds[row.blind]] = (row.subject_id, box)
    return found


def _new_row(session: Session, target: _Target, one: file.KeptSubject, subject_id: str, box: Box) -> dict[str, Any]:
    person = Person(name=one.name, attributes=one.attributes, consent=one.consent, salt=secrets.token_bytes(16))
    return {
        "subject_id": subject_id,
        "kind": target.kind,
        "collection": target.collection,
        "blind": blind_subject(session, target.kind, target.collection, one.name),
        "sealed": seal_person(box, subject_id, person),
        "created_at": one.created_at,
        "updated_at": session.now(),
        "expires_at": one.expires_at,
    }


def _fill_gaps(session: Session, one: file.KeptSubject, subject_id: str, box: Box) -> None:
    """Add attributes and a consent that the subject lacks; what is here now stays."""
    mine = subjects.c.subject_id == subject_id
    sealed = session.connection.execute(select(subjects.c.sealed).where(mine)).scalar_one()
    person = open_person(box, subject_id, sealed)
    merged = msgspec.structs.replace(
        person, attributes={**one.attributes, **person.attributes}, consent=person.consent or one.consent
    )
    if merged != person:
        values = {"sealed": seal_person(box, subject_id, merged), "updated_at": session.now()}
        session.connection.execute(update(subjects).where(mine).values(values))


def _vectors(session: Session, subject_id: str, box: Box) -> set[tuple[str, bytes]]:
    """Return (gallery id, vector) of all a subject has."""
    query = select(templates.c.template_id, templates.c.gallery_id, templates.c.vector)
    rows = session.connection.execute(query.where(templates.c.subject_id == subject_id))
    return {
        (row.gallery_id, box.open(row.vector, *template_place("vector", row.template_id, subject_id, row.gallery_id)))
        for row in rows
    }


# ---- templates -----------------------------------------------------------------------------


def _add_templates(
    target: _Target, subject: file.KeptSubject, owner: tuple[str, Box], known: set[tuple[str, bytes]], batch: _Batch
) -> None:
    ids = sorted(new_id() for _ in subject.templates)
    for template_id, one in zip(ids, subject.templates, strict=True):
        gallery_id, dimension = target.galleries[one.model]
        if (gallery_id, one.vector) in known:
            batch.known += 1
            continue
        if len(one.vector) != 4 * dimension or not np.isfinite(np.frombuffer(one.vector, "<f4")).all():
            raise file.bad(f"A template of the archive is not {dimension} finite numbers.")
        known.add((gallery_id, one.vector))
        batch.templates.append(_template_row(one, template_id, gallery_id, owner))
        batch.changed[gallery_id, owner[0]] = None


def _template_row(one: file.KeptTemplate, template_id: str, gallery_id: str, owner: tuple[str, Box]) -> dict[str, Any]:
    subject_id, box = owner
    about = msgspec.msgpack.encode(About(one.quality, one.source))
    places = {part: template_place(part, template_id, subject_id, gallery_id) for part in _PARTS}
    return {
        "template_id": template_id,
        "subject_id": subject_id,
        "gallery_id": gallery_id,
        "vector": box.seal(one.vector, *places["vector"]),
        "about": box.seal(about, *places["about"]),
        "payload": box.seal(one.payload, *places["payload"]) if one.payload else None,
        "created_at": one.created_at,
    }


def _insert(session: Session, batch: _Batch, sequence: int) -> None:
    run = session.connection.execute
    if batch.subjects:
        run(insert(subjects), batch.subjects)
    if batch.templates:
        run(insert(templates), batch.templates)
        told = [
            {"sequence": sequence, "gallery_id": gallery_id, "subject_id": subject_id}
            for gallery_id, subject_id in batch.changed
        ]
        run(insert(changes), told)
        touched = {gallery_id for gallery_id, _ in batch.changed}
        run(update(galleries).where(galleries.c.gallery_id.in_(touched)).values(state=sequence))


def _put_notes(session: Session, target: _Target, given: Iterable[file.KeptGallery], sequence: int) -> None:
    """Keep the archive's notes where the gallery has none of that name; they may be older than what is here."""
    for gallery in given:
        gallery_id, _ = target.galleries[gallery.model]
        mine = notes.c.gallery_id == gallery_id
        there = set(session.connection.execute(select(notes.c.name).where(mine)).scalars())
        box = session.sealer.box(gallery_id)
        for name, content in gallery.notes.items():
            if name not in there:
                sealed = box.seal(content, "notes", gallery_id, name)
                row = {"gallery_id": gallery_id, "name": name, "sealed": sealed, "state": 0}
                session.connection.execute(insert(notes).values(row))
