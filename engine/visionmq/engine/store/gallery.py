"""Galleries: enrolment, pages of what there is, and notes."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Row, delete, func, insert, select, update

from visionmq.engine.api import EngineError
from visionmq.engine.store.audit import canonical
from visionmq.engine.store.expiring import expiry
from visionmq.engine.store.messages import (
    ENROLL,
    Enroll,
    Enrolled,
    Gallery,
    NewTemplate,
)
from visionmq.engine.store.records import About, Person, open_person, seal_person, template_place
from visionmq.engine.store.sealing import Box
from visionmq.engine.store.session import Session, Write, new_id
from visionmq.engine.store.tables import galleries, in_gallery, subjects, templates
from visionmq.schemas.errors import ErrorCode

MOST_TEMPLATES = 1000
"""Templates in one enrolment."""
_FLOAT_BYTES = 4
_LONGEST_COLLECTION = 128


def find_gallery(session: Session, gallery: Gallery) -> Row[Any] | None:
    """Return a gallery's row; BAD_REQUEST if its templates have another dimension."""
    row = session.connection.execute(
        select(galleries).where(
            galleries.c.kind == gallery.kind,
            galleries.c.collection == gallery.collection,
            galleries.c.model == gallery.model,
        )
    ).one_or_none()
    if row is not None and row.dimension != gallery.dimension:
        raise _bad(f"Templates of {gallery.model} have {row.dimension} numbers here, not {gallery.dimension}.")
    return row


def ensure_gallery(session: Session, gallery: Gallery) -> str:
    """Return a gallery's id, made if it is new; inside a write."""
    row = find_gallery(session, gallery)
    if row is not None:
        return str(row.gallery_id)
    names = (gallery.kind, gallery.collection, gallery.model)
    if not all(0 < len(name) <= _LONGEST_COLLECTION for name in names) or gallery.dimension < 1:
        raise _bad("A kind, a collection and a model have names of 1 to 128 characters, vectors 1 number or more.")
    gallery_id = new_id()
    session.sealer.make(gallery_id)
    session.connection.execute(
        insert(galleries).values(
            gallery_id=gallery_id,
            kind=gallery.kind,
            collection=gallery.collection,
            model=gallery.model,
            dimension=gallery.dimension,
            state=0,
        )
    )
    return gallery_id


def blind_subject(session: Session, kind: str, collection: str, name: str) -> str:
    """Return the blind index of a subject's name, which differs between collections."""
    return session.blind("subject", kind, collection, name)


def find_subject(session: Session, kind: str, collection: str, name: str) -> Row[Any] | None:
    """Return a subject's row by its name."""
    return session.connection.execute(
        select(subjects).where(
            subjects.c.kind == kind,
            subjects.c.collection == collection,
            subjects.c.blind == blind_subject(session, kind, collection, name),
        )
    ).one_or_none()


def enroll(session: Session, request: Enroll) -> Enrolled:
    """Add templates to a subject."""
    _check(request.gallery, request.templates, request.subject)
    with session.write(request.author, ENROLL, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        gallery_id = ensure_gallery(session, request.gallery)
        subject_id, box, created, salt = _put_subject(session, request)
        if request.replace:
            _drop_templates(session, gallery_id, subject_id)
        ids = add_templates(session, gallery_id, subject_id, box, request.templates)
        entry = write.record(
            subject=subject_id,
            gallery=gallery_id,
            templates=len(ids),
            replaced=request.replace,
            created=created,
            consent=_consent_hash(request, salt),
        )
        mark_changed(session, write, gallery_id, subject_id, entry.sequence)
        return write.reply(
            Enrolled(
                subject_id=subject_id,
                template_ids=ids,
                templates=_count_templates(session, gallery_id, subject_id),
                created=created,
            )
        )


def mark_changed(session: Session, write: Write[Any], gallery_id: str, subject_id: str, sequence: int) -> None:
    """Tell indexes of a change, and move the gallery's state on."""
    write.changed(gallery_id, subject_id)
    session.connection.execute(update(galleries).where(galleries.c.gallery_id == gallery_id).values(state=sequence))


def _check(gallery: Gallery, given: Sequence[NewTemplate], subject: str) -> None:
    if not subject or len(given) > MOST_TEMPLATES:
        raise _bad(f"An enrolment has a subject's name and at most {MOST_TEMPLATES} templates.")
    if any(len(template.vector) != _FLOAT_BYTES * gallery.dimension for template in given):
        raise _bad(f"A template of this gallery has {gallery.dimension} numbers of 4 bytes.")
    if not all(np.isfinite(np.frombuffer(template.vector, "<f4")).all() for template in given):
        raise _bad("A template holds numbers that are not finite; nothing could ever be near it.")


def _put_subject(session: Session, request: Enroll) -> tuple[str, Box, bool, bytes]:
    """Return the subject's id and box, whether it is new, and its salt; made or updated."""
    kind, collection = request.gallery.kind, request.gallery.collection
    row, now = find_subject(session, kind, collection, request.subject), session.now()
    if row is not None:
        box = session.sealer.box(row.subject_id)
        person = _merged(open_person(box, row.subject_id, row.sealed), request)
        session.connection.execute(
            update(subjects)
            .where(subjects.c.subject_id == row.subject_id)
            .values(
                sealed=seal_person(box, row.subject_id, person), updated_at=now, expires_at=expiry(person.attributes)
            )
        )
        return row.subject_id, box, False, person.salt
    subject_id = new_id()
    box, salt = session.sealer.make(subject_id), secrets.token_bytes(16)
    person = Person(name=request.subject, attributes=request.attributes, consent=request.consent, salt=salt)
    session.connection.execute(
        insert(subjects).values(
            subject_id=subject_id,
            kind=kind,
            collection=collection,
            blind=blind_subject(session, kind, collection, request.subject),
            sealed=seal_person(box, subject_id, person),
            created_at=now,
            updated_at=now,
            expires_at=expiry(request.attributes),
        )
    )
    return subject_id, box, True, salt


def _merged(person: Person, request: Enroll) -> Person:
    return msgspec.structs.replace(
        person,
        attributes={**person.attributes, **request.attributes},
        consent=request.consent or person.consent,
    )


def _consent_hash(request: Enroll, salt: bytes) -> str | None:
    """Return what proves later which consent was recorded, as long as the subject is not forgotten."""
    if request.consent is None:
        return None
    content = {**msgspec.structs.asdict(request.consent), "salt": base64.b64encode(salt).decode()}
    return hashlib.sha256(canonical(content)).hexdigest()


def add_templates(
    session: Session, gallery_id: str, subject_id: str, box: Box, given: Sequence[NewTemplate]
) -> list[str]:
    """Insert a subject's templates; return their ids, in order."""
    ids, now = sorted(new_id() for _ in given), session.now()
    values = []
    for template_id, template in zip(ids, given, strict=True):
        about = msgspec.msgpack.encode(About(template.quality, template.source))
        places = {part: template_place(part, template_id, subject_id, gallery_id) for part in PARTS}
        values.append(
            {
                "template_id": template_id,
                "subject_id": subject_id,
                "gallery_id": gallery_id,
                "vector": box.seal(template.vector, *places["vector"]),
                "about": box.seal(about, *places["about"]),
                "payload": box.seal(template.payload, *places["payload"]) if template.payload else None,
                "created_at": now,
            }
        )
    if values:
        session.connection.execute(insert(templates), values)
    return ids


PARTS = ("vector", "about", "payload")


def _drop_templates(session: Session, gallery_id: str, subject_id: str) -> None:
    session.connection.execute(delete(templates).where(templates.c.subject_id == subject_id, in_gallery(gallery_id)))


def _count_templates(session: Session, gallery_id: str, subject_id: str) -> int:
    return session.connection.execute(
        select(func.count()).select_from(templates).where(templates.c.subject_id == subject_id, in_gallery(gallery_id))
    ).scalar_one()


def _bad(message: str) -> EngineError:
    return EngineError(ErrorCode.BAD_REQUEST, message, stage="store")
