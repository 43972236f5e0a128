"""Forgetting a user: record, login, assignments and enrolled face end in one transaction; a signed receipt says so.

Bookings and audit rows stay, with an id that is nobody's any more.
"""

import msgspec
from sqlalchemy import delete, select, update

from visionmq.engine.access.errors import conflict
from visionmq.engine.access.methods import FORGET_USER, Asked
from visionmq.engine.access.people import Known, the_user
from visionmq.engine.access.tables import assignments, bookings
from visionmq.engine.access.users import delete_user
from visionmq.engine.store.audit import canonical
from visionmq.engine.store.forgetting import remove_subject
from visionmq.engine.store.gallery import find_subject, mark_changed
from visionmq.engine.store.receipts import sign
from visionmq.engine.store.session import Session, Write
from visionmq.schemas.access.bookings import BookingState
from visionmq.schemas.access.users import Forgotten, UserParams

_UNSIGNED = frozenset({"signature", "pass_back", "repeated"})


def forget_user(session: Session, request: Asked[UserParams]) -> Forgotten:
    """Destroy a user's key, and the face's; CONFLICT while the user has a car."""
    with session.write(request.author, FORGET_USER, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        user = the_user(session, request.params.user)
        cancelled = _cancel_bookings(session, user.user_id)
        session.connection.execute(delete(assignments).where(assignments.c.user_id == user.user_id))
        faces, galleries, subject_id = _remove_face(session, user)
        delete_user(session, user)
        session.forgot = True
        entry = write.record(user=user.user_id, cancelled=len(cancelled), faces=faces, subject=subject_id)
        for gallery_id in galleries:
            mark_changed(session, write, gallery_id, subject_id or "", entry.sequence)
        receipt = Forgotten(
            user_id=user.user_id,
            cancelled_bookings=cancelled,
            faces=faces,
            forgotten_at=entry.at,
            audit_sequence=entry.sequence,
            audit_hash=entry.hash,
            public_key=session.keys.public,
            signature="",
        )
        return _signed(session, write, receipt)


def signed_content(receipt: Forgotten) -> bytes:
    """Return what a receipt's signature is over."""
    fields = msgspec.structs.asdict(receipt)
    return canonical({name: value for name, value in fields.items() if name not in _UNSIGNED})


def _signed(session: Session, write: Write[Forgotten], receipt: Forgotten) -> Forgotten:
    return write.reply(msgspec.structs.replace(receipt, signature=sign(session.keys, signed_content(receipt))))


def _cancel_bookings(session: Session, user_id: str) -> list[str]:
    mine = bookings.c.user_id == user_id
    held = session.connection.execute(select(bookings.c.booking_id).where(mine, bookings.c.state == "active")).first()
    if held is not None:
        raise conflict("The user has a car.", "Return it first (`access.return`), then forget the user.")
    booked = (mine, bookings.c.state == BookingState.BOOKED.value)
    found = session.connection.execute(select(bookings.c.booking_id).where(*booked).order_by(bookings.c.starts_at))
    cancelled = [str(row.booking_id) for row in found]
    values = {"state": BookingState.CANCELLED.value, "closed_at": session.now()}
    session.connection.execute(update(bookings).where(*booked).values(values))
    return cancelled


def _remove_face(session: Session, user: Known) -> tuple[int, list[str], str | None]:
    """Return how many templates went, from which galleries, and the subject's id."""
    subject = find_subject(session, "face", user.record.collection, user.record.subject)
    if subject is None:
        return 0, [], None
    galleries, count = remove_subject(session, subject.subject_id)
    return count, galleries, subject.subject_id
