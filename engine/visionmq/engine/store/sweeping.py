"""Forgetting those whose time is over: as `forget` does it, without a receipt, each with its row in the audit log."""

from typing import Final

from sqlalchemy import insert, select, update

from visionmq.engine.store.audit import Anchor, append
from visionmq.engine.store.forgetting import remove_subject
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import changes, galleries, subjects

ACTION: Final = "gallery.expire"
_MOST: Final = 50
"""Subjects forgotten in one transaction, some 100 ms; others wait for the next."""


def sweep(session: Session) -> None:
    """Forget subjects whose time is over; costs one look into an index where there are none."""
    due = select(subjects.c.subject_id).where(subjects.c.expires_at <= session.now()).limit(_MOST)
    if session.connection.execute(due).first() is None:
        return
    with session.turn():
        for subject_id in session.connection.execute(due).scalars().all():
            _expire(session, subject_id)
    session.forgot = True


def _expire(session: Session, subject_id: str) -> None:
    run = session.connection.execute
    galleries_of, count = remove_subject(session, subject_id)
    facts: dict[str, str | int] = {"subject": subject_id, "templates": count}
    entry = append(
        session.connection, session.keys, session.last, at=session.now(), action=ACTION, actor="", facts=facts
    )
    session.last = Anchor(entry.sequence, entry.hash)
    for gallery_id in galleries_of:
        run(insert(changes).values(sequence=entry.sequence, gallery_id=gallery_id, subject_id=subject_id))
        run(update(galleries).where(galleries.c.gallery_id == gallery_id).values(state=entry.sequence))
