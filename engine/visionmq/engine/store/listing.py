"""Pages of what galleries hold: subjects by name, collections, templates by id."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, func, select

from visionmq.engine.api import EngineError
from visionmq.engine.store.directory import Directory
from visionmq.engine.store.gallery import PARTS, find_gallery, find_subject
from visionmq.engine.store.messages import (
    CollectionList,
    CollectionRow,
    GetTemplates,
    ListCollections,
    ListSubjects,
    SubjectPage,
    SubjectRow,
    TemplatePage,
    TemplateRow,
)
from visionmq.engine.store.records import About, Person, open_person, persons, template_place
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import data_keys, galleries, in_gallery, subjects, templates
from visionmq.schemas.errors import ErrorCode

_MANY = 500
"""Ids in one query."""


def list_subjects(session: Session, request: ListSubjects) -> SubjectPage:
    """Return a page of subjects by name."""
    mine = (subjects.c.kind == request.kind, subjects.c.collection == request.collection)
    names = session.kept(Directory).names(session, request.kind, request.collection)
    total = session.connection.execute(select(func.count()).select_from(subjects).where(*mine)).scalar_one()
    rows: list[SubjectRow] = []
    after = request.after
    while len(rows) < request.limit and (ids := names.after(after, request.limit - len(rows))):
        after = ids[-1][0]
        rows += _subject_rows(session, [subject_id for _, subject_id in ids])  # some may be forgotten by now
    return SubjectPage(subjects=rows, total=total)


def _subject_rows(session: Session, ids: Sequence[str]) -> list[SubjectRow]:
    """Return those subjects that there are, in the order of the ids."""
    sealer, counts, found = session.sealer, _counts(session, ids), dict[str, SubjectRow]()
    query = select(subjects, data_keys.c.wrapped, data_keys.c.kek)
    query = query.join(data_keys, data_keys.c.owner == subjects.c.subject_id)
    for at in range(0, len(ids), _MANY):
        for row in session.connection.execute(query.where(subjects.c.subject_id.in_(ids[at : at + _MANY]))):
            person = open_person(sealer.open_row(row.subject_id, row.wrapped, row.kek), row.subject_id, row.sealed)
            found[row.subject_id] = _subject_row(person, row, counts.get(row.subject_id, {}))
    return [found[subject_id] for subject_id in ids if subject_id in found]


def _counts(session: Session, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for at in range(0, len(ids), 500):
        query = (
            select(templates.c.subject_id, galleries.c.model, func.count().label("n"))
            .join(galleries, galleries.c.gallery_id == templates.c.gallery_id)
            .where(templates.c.subject_id.in_(ids[at : at + 500]))
            .group_by(templates.c.subject_id, galleries.c.model)
        )
        for row in session.connection.execute(query):
            found.setdefault(row.subject_id, {})[row.model] = row.n
    return found


def _subject_row(person: Person, row: Row[Any], counts: dict[str, int]) -> SubjectRow:
    return SubjectRow(
        subject=person.name,
        subject_id=row.subject_id,
        templates=counts,
        created_at=row.created_at,
        updated_at=row.updated_at,
        consent=person.consent,
        attributes=person.attributes,
    )


def list_collections(session: Session, request: ListCollections) -> CollectionList:
    """Return the collections of a kind that hold subjects or once did."""
    people = select(subjects.c.collection, func.count().label("n")).where(subjects.c.kind == request.kind)
    held = {row.collection: row.n for row in session.connection.execute(people.group_by(subjects.c.collection))}
    is_meant = templates.c.gallery_id == galleries.c.gallery_id
    if request.model is not None:
        is_meant &= galleries.c.model == request.model
    counted = (
        select(galleries.c.collection, func.count(templates.c.template_id).label("n"))
        .outerjoin(templates, is_meant)
        .where(galleries.c.kind == request.kind)
        .group_by(galleries.c.collection)
    )
    kept = {row.collection: row.n for row in session.connection.execute(counted)}
    names = sorted(held.keys() | kept.keys())
    return CollectionList([CollectionRow(name, held.get(name, 0), kept.get(name, 0)) for name in names])


def get_templates(session: Session, request: GetTemplates) -> TemplatePage:
    """Return a page of templates in order of id."""
    gallery = find_gallery(session, request.gallery)
    if gallery is None:
        return TemplatePage([])
    query = select(templates, data_keys.c.wrapped, data_keys.c.kek)
    query = query.join(data_keys, data_keys.c.owner == templates.c.subject_id)
    number: ColumnElement[str] = templates.c.template_id
    if request.subject is None:
        query = query.where(templates.c.gallery_id == gallery.gallery_id)
    else:
        subject = find_subject(session, request.gallery.kind, request.gallery.collection, request.subject)
        if subject is None:
            raise EngineError(ErrorCode.NOT_FOUND, "There is no such subject.", stage="store")
        query = query.where(templates.c.subject_id == subject.subject_id, in_gallery(gallery.gallery_id))
        number = number.concat("")  # the order of the few, not the index of all
    if request.after is not None:
        query = query.where(number > request.after)
    rows = session.connection.execute(query.order_by(number).limit(max(0, request.limit))).all()
    people = persons(session, (row.subject_id for row in rows))
    return TemplatePage([_template_row(session, row, people[row.subject_id], request.payloads) for row in rows])


def _template_row(session: Session, row: Row[Any], person: Person, payloads: bool) -> TemplateRow:
    box = session.sealer.open_row(row.subject_id, row.wrapped, row.kek)
    places = {part: template_place(part, row.template_id, row.subject_id, row.gallery_id) for part in PARTS}
    about = msgspec.msgpack.decode(box.open(row.about, *places["about"]), type=About)
    return TemplateRow(
        template_id=row.template_id,
        subject=person.name,
        subject_id=row.subject_id,
        vector=box.open(row.vector, *places["vector"]),
        quality=about.quality,
        source=about.source,
        payload=box.open(row.payload, *places["payload"]) if payloads and row.payload else b"",
    )
