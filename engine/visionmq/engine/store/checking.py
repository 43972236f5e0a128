"""Damage that reading does not meet: what SQLite's own check finds, and names that moved to another subject.

What is sealed tells by itself that it was altered; the log and its head tell of changes. Left are the plain
columns and the trees that find rows: a byte changed there can hide a subject without an error.
PostgreSQL finds such bytes by the checksums of its pages.
"""

from typing import Final

from sqlalchemy import select

from visionmq.engine.api import EngineError
from visionmq.engine.store.records import open_person
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import data_keys, galleries, subjects, templates
from visionmq.schemas.errors import ErrorCode

SMALL_BYTES: Final = 64 << 20
"""A SQLite file up to this is checked whole when it is opened, within half a second; a larger one by `audit verify`."""
_HINT: Final = "Restore the database from its backup."


def refuse_damaged(session: Session) -> None:
    """Check a small SQLite store whole before anything is asked of it.

    Raises EngineError(ENGINE_UNAVAILABLE) if it is damaged.
    """
    if _file_bytes(session) > SMALL_BYTES:
        return
    reason = find_damage(session)
    if reason:
        raise EngineError(
            ErrorCode.ENGINE_UNAVAILABLE, f"The store's database is damaged: {reason}.", stage="store", hint=_HINT
        )


def find_damage(session: Session) -> str:
    """Return what is damaged, in words without names; empty if nothing is."""
    if session.connection.dialect.name != "sqlite":
        return ""
    run = session.connection.exec_driver_sql
    told = str(run("PRAGMA integrity_check(1)").scalar_one())
    if told != "ok":
        return told.splitlines()[0][:200]
    if run("PRAGMA foreign_key_check").first() is not None:
        return "a row belongs to one that is missing"
    return _lost_rows(session) or _moved_names(session)


def _file_bytes(session: Session) -> int:
    if session.connection.dialect.name != "sqlite":
        return 0
    run = session.connection.exec_driver_sql
    return int(run("PRAGMA page_count").scalar_one()) * int(run("PRAGMA page_size").scalar_one())


def _lost_rows(session: Session) -> str:
    """Templates and subjects whose key or gallery cannot be found."""
    keyless = select(subjects.c.subject_id).where(subjects.c.subject_id.not_in(select(data_keys.c.owner)))
    homeless = select(templates.c.template_id).where(templates.c.gallery_id.not_in(select(galleries.c.gallery_id)))
    run = session.connection.execute
    if run(keyless.limit(1)).first() is not None:
        return "a subject's key is missing"
    return "a template's gallery is missing" if run(homeless.limit(1)).first() is not None else ""


def _moved_names(session: Session) -> str:
    """Subjects that are not found by the name that is sealed in them."""
    sealer = session.sealer
    query = select(subjects, data_keys.c.wrapped, data_keys.c.kek)
    query = query.join(data_keys, data_keys.c.owner == subjects.c.subject_id)
    for row in session.connection.execute(query.execution_options(yield_per=1000)):
        person = open_person(sealer.open_row(row.subject_id, row.wrapped, row.kek), row.subject_id, row.sealed)
        if session.blind("subject", row.kind, row.collection, person.name) != row.blind:
            return "a subject is not found by its name, or lies in another collection"
    return ""
