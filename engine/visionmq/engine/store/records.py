"""Rows of galleries as values: names, vectors and payloads, sealed and opened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, Select, select

from visionmq.engine.store.messages import Consent
from visionmq.engine.store.sealing import Box, Sealer
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import data_keys, in_gallery, subjects, templates


class Person(Struct, frozen=True, kw_only=True):
    """What a subject's sealed column holds."""

    name: str
    attributes: dict[str, str] = {}
    consent: Consent | None = None
    salt: bytes = b""
    """Makes the consent's hash in the audit log worthless once this is forgotten."""


class About(Struct, frozen=True):
    """What a template's `about` column holds."""

    quality: float
    source: str


@dataclass(frozen=True, slots=True)
class Vector:
    """One template as an index needs it."""

    template_id: str
    subject_id: str
    vector: bytes
    """float32, little-endian."""


def seal_person(box: Box, subject_id: str, person: Person) -> bytes:
    """Return the sealed column of a subject."""
    return box.seal(msgspec.msgpack.encode(person), "subjects", subject_id)


def open_person(box: Box, subject_id: str, sealed: bytes) -> Person:
    """Return what a subject's sealed column holds."""
    return msgspec.msgpack.decode(box.open(sealed, "subjects", subject_id), type=Person)


def persons(session: Session, subject_ids: Iterable[str]) -> dict[str, Person]:
    """Return subjects by id; forgotten ones are left out."""
    wanted, found = list(dict.fromkeys(subject_ids)), dict[str, Person]()
    for at in range(0, len(wanted), 500):
        query = select(subjects.c.subject_id, subjects.c.sealed, data_keys.c.wrapped, data_keys.c.kek)
        query = query.join(data_keys, data_keys.c.owner == subjects.c.subject_id)
        for row in session.connection.execute(query.where(subjects.c.subject_id.in_(wanted[at : at + 500]))):
            box = session.sealer.open_row(row.subject_id, row.wrapped, row.kek)
            found[row.subject_id] = open_person(box, row.subject_id, row.sealed)
    return found


def template_place(part: str, template_id: str, subject_id: str, gallery_id: str) -> tuple[str, ...]:
    """Return where one of a template's blobs (`vector`, `about`, `payload`) lies; bound to subject and gallery.

    A gallery is of one model in one version, so a template of another does not open here.
    """
    return "templates", part, template_id, subject_id, gallery_id


def vectors(
    session: Session, gallery_id: str, *, subject_ids: Iterable[str] | None = None, page: int = 5000
) -> Iterator[Vector]:
    """Yield a gallery's vectors in order of template id, of all subjects or of some; read by pages."""
    sealer = session.sealer
    if subject_ids is not None:
        wanted = list(dict.fromkeys(subject_ids))
        for at in range(0, len(wanted), 500):
            some = templates.c.subject_id.in_(wanted[at : at + 500])
            query = _vector_query().where(some, in_gallery(gallery_id)).order_by(templates.c.template_id.concat(""))
            yield from (_open_vector(sealer, gallery_id, row) for row in session.connection.execute(query))
        return
    after = ""
    while True:
        here = templates.c.gallery_id == gallery_id
        query = _vector_query().where(here, templates.c.template_id > after).order_by(templates.c.template_id)
        rows = session.connection.execute(query.limit(page)).all()
        yield from (_open_vector(sealer, gallery_id, row) for row in rows)
        if len(rows) < page:
            return
        after = rows[-1].template_id


def _vector_query() -> Select[Any]:
    return select(
        templates.c.template_id,
        templates.c.subject_id,
        templates.c.vector,
        data_keys.c.wrapped,
        data_keys.c.kek,
    ).join(data_keys, data_keys.c.owner == templates.c.subject_id)


def _open_vector(sealer: Sealer, gallery_id: str, row: Row[Any]) -> Vector:
    box = sealer.open_row(row.subject_id, row.wrapped, row.kek)
    place = template_place("vector", row.template_id, row.subject_id, gallery_id)
    return Vector(row.template_id, row.subject_id, box.open(row.vector, *place))
