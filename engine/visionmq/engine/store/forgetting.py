"""Forgetting a subject: its key, its row and its templates end in one transaction, and a signed receipt says so."""

import msgspec
from sqlalchemy import delete, func, select

from visionmq.engine.api import EngineError
from visionmq.engine.store.gallery import find_subject, mark_changed
from visionmq.engine.store.messages import FORGET, Forget, Receipt
from visionmq.engine.store.receipts import sign, signed_content
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import subjects, templates
from visionmq.schemas.errors import ErrorCode


def forget(session: Session, request: Forget) -> Receipt:
    """Destroy a subject's key, with all that it sealed."""
    with session.write(request.author, FORGET, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        subject = find_subject(session, request.kind, request.collection, request.subject)
        if subject is None:
            raise EngineError(ErrorCode.NOT_FOUND, "There is no such subject.", stage="store")
        galleries_of, count = remove_subject(session, subject.subject_id)
        entry = write.record(subject=subject.subject_id, templates=count)
        for gallery_id in galleries_of:
            mark_changed(session, write, gallery_id, subject.subject_id, entry.sequence)
        session.forgot = True
        receipt = Receipt(
            subject_id=subject.subject_id,
            kind=request.kind,
            collection=request.collection,
            templates=count,
            forgotten_at=entry.at,
            audit_sequence=entry.sequence,
            audit_hash=entry.hash,
            public_key=session.keys.public,
            signature="",
        )
        return write.reply(msgspec.structs.replace(receipt, signature=sign(session.keys, signed_content(receipt))))


def remove_subject(session: Session, subject_id: str) -> tuple[list[str], int]:
    """Delete a subject with its key; return the galleries it was in, and how many templates it had."""
    run, mine = session.connection.execute, templates.c.subject_id == subject_id
    galleries_of = list(run(select(templates.c.gallery_id).distinct().where(mine)).scalars())
    count = run(select(func.count()).select_from(templates).where(mine)).scalar_one()
    run(delete(templates).where(mine))
    session.sealer.destroy(subject_id)
    run(delete(subjects).where(subjects.c.subject_id == subject_id))
    return sorted(galleries_of), count
