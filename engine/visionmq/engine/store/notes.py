"""What engines note about a gallery, such as its calibration."""

from sqlalchemy import delete, insert, select

from visionmq.engine.api import EngineError
from visionmq.engine.store.gallery import ensure_gallery, find_gallery
from visionmq.engine.store.messages import SET_NOTES, GetNotes, Notes, SetNotes
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import galleries, notes
from visionmq.schemas.errors import ErrorCode


def get_notes(session: Session, request: GetNotes) -> Notes:
    """Return a note, with the gallery's state then and now."""
    gallery = find_gallery(session, request.gallery)
    if gallery is None:
        return Notes(None)
    row = session.connection.execute(
        select(notes).where(notes.c.gallery_id == gallery.gallery_id, notes.c.name == request.name)
    ).one_or_none()
    if row is None:
        return Notes(None, now=gallery.state)
    place = ("notes", gallery.gallery_id, request.name)
    return Notes(session.sealer.box(gallery.gallery_id).open(row.sealed, *place), row.state, gallery.state)


def set_notes(session: Session, request: SetNotes) -> Notes:
    """Keep a note about a gallery; the reply has no content."""
    if not 0 < len(request.name) <= 64:
        raise _bad("A note's name has 1 to 64 characters.")
    with session.write(request.author, SET_NOTES, request) as write:
        if write.former is not None:
            return write.former
        gallery_id = ensure_gallery(session, request.gallery)
        state = session.connection.execute(
            select(galleries.c.state).where(galleries.c.gallery_id == gallery_id)
        ).scalar_one()
        mine = (notes.c.gallery_id == gallery_id, notes.c.name == request.name)
        sealed = session.sealer.box(gallery_id).seal(request.content, "notes", gallery_id, request.name)
        session.connection.execute(delete(notes).where(*mine))
        session.connection.execute(
            insert(notes).values(gallery_id=gallery_id, name=request.name, sealed=sealed, state=state)
        )
        write.record(gallery=gallery_id, note=request.name)
        return write.reply(Notes(None, state, state))


def _bad(message: str) -> EngineError:
    return EngineError(ErrorCode.BAD_REQUEST, message, stage="store")
