"""The galleries of a store in memory, kept up with what all processes write, and the search in them.

The cursor is the sequence of the last audit row whose changes are in the indexes. Sequences are given
in the order of commits, so a search that has first read every change after its cursor sees all that
was acknowledged before it was asked. That costs one row in the usual case, and the changed subjects
otherwise; the size of the gallery plays no part.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Row, bindparam, select

from visionmq.engine.api import EngineError
from visionmq.engine.store.index import Index, Nearest
from visionmq.engine.store.messages import Found, Gallery, Hit, Search
from visionmq.engine.store.records import About, Vector, open_person, persons, template_place, vectors
from visionmq.engine.store.sealing import Sealer
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import chain_head, changes, data_keys, galleries, subjects, templates
from visionmq.schemas.errors import ErrorCode

MOST_HITS: Final = 1_000
"""Most hits a probe."""
BUILD_SECONDS: Final = 0.02
"""Time for a graph at once where nobody waits: as long as a request that comes meanwhile has to wait."""
_MANY: Final = 500
"""Ids in one query."""
_TRIES: Final = 5
"""How often a search is done again because a subject it found was forgotten meanwhile."""
_HEAD: Final = select(chain_head.c.sequence)


def _hits(*more: Any) -> Any:
    """Return what tells of the templates `ids`; made once, because making it costs more than running it."""
    columns = [templates.c.template_id, templates.c.gallery_id, templates.c.about]
    columns += [subjects.c.subject_id, subjects.c.sealed, data_keys.c.wrapped, data_keys.c.kek, *more]
    return (
        select(*columns)
        .join(subjects, subjects.c.subject_id == templates.c.subject_id)
        .join(data_keys, data_keys.c.owner == templates.c.subject_id)
        .where(templates.c.template_id.in_(bindparam("ids", expanding=True)))
    )


_HITS: Final = {False: _hits(), True: _hits(templates.c.payload)}
_log = structlog.get_logger()


class Galleries:
    """All galleries of a store; one object a process."""

    def __init__(self) -> None:
        self.cursor = -1
        """-1: nothing is loaded."""
        self._indexes: dict[str, Index] = {}
        """By gallery id."""
        self._named: dict[tuple[str, str, str], Index] = {}
        """By kind, collection and model."""

    def find(self, gallery: Gallery) -> Index | None:
        """Return a gallery's index, as of the cursor; None for one without templates.

        Raises EngineError(BAD_REQUEST) if its templates have another dimension.
        """
        index = self._named.get((gallery.kind, gallery.collection, gallery.model))
        if index is not None and index.dimension != gallery.dimension:
            raise _bad(f"Templates of {gallery.model} have {index.dimension} numbers here, not {gallery.dimension}.")
        return index

    def catch_up(self, session: Session) -> None:
        """Bring all indexes to what is committed now."""
        head = session.connection.execute(_HEAD).scalar_one()
        if head == self.cursor:
            return
        if self.cursor < 0 or head < self.cursor:  # nothing is loaded, or an older copy of the store was put back
            self._load(session)
        else:
            self._read_changes(session, head)
        self.cursor = head

    def build(self) -> bool:
        """Work on graphs for a moment; True if there is more to do."""
        busy = [index for index in self._indexes.values() if index.pending]
        return bool(busy) and (busy[0].build(BUILD_SECONDS) or len(busy) > 1)

    def _load(self, session: Session) -> None:
        # Rows that are committed meanwhile may be in already; their changes come again after the cursor.
        self._indexes, self._named = {}, {}
        for row in session.connection.execute(select(galleries)).all():
            index = self._make(row)
            for vector in vectors(session, row.gallery_id):
                _add(index, vector)

    def _read_changes(self, session: Session, head: int) -> None:
        news: dict[str, dict[str, None]] = {}
        query = select(changes).where(changes.c.sequence > self.cursor, changes.c.sequence <= head)
        for row in session.connection.execute(query.order_by(changes.c.sequence)):
            news.setdefault(row.gallery_id, {})[row.subject_id] = None
        for gallery_id, changed in news.items():
            index = self._indexes.get(gallery_id) or self._new(session, gallery_id)
            _replace(index, changed, vectors(session, gallery_id, subject_ids=changed))

    def _new(self, session: Session, gallery_id: str) -> Index:
        query = select(galleries).where(galleries.c.gallery_id == gallery_id)
        return self._make(session.connection.execute(query).one())

    def _make(self, row: Row[Any]) -> Index:
        index = self._indexes[row.gallery_id] = Index(row.dimension)
        self._named[row.kind, row.collection, row.model] = index
        return index


def _replace(index: Index, changed: Iterable[str], now: Iterable[Vector]) -> None:
    """Make the index hold of these subjects what is there now; templates never change, they come and go."""
    former = {template: subject for subject in changed for template in index.templates_of(subject)}
    for row in now:
        if former.pop(row.template_id, None) is None:
            _add(index, row)
    for template_id in former:
        index.remove(template_id)


def _add(index: Index, row: Vector) -> None:
    try:
        index.add(row.template_id, row.subject_id, np.frombuffer(row.vector, "<f4"))
    except ValueError:
        # One unusable vector may not keep all others from being found.
        _log.error("a template cannot be compared", template=row.template_id)


def warm(session: Session) -> None:
    """Load all galleries, so that no first search waits for it."""
    session.kept(Galleries).catch_up(session)


def idle(session: Session) -> bool:
    """Do what can be done while nobody asks; True if there is more."""
    return session.kept(Galleries).build()


def search(session: Session, request: Search) -> Found:
    """Find the nearest subjects of each probe.

    Raises EngineError(BAD_REQUEST) for probes that cannot be compared with this gallery.
    """
    probes, loaded = _read_probes(request), session.kept(Galleries)
    for _ in range(_TRIES):
        loaded.catch_up(session)
        index = loaded.find(request.gallery)
        if index is None:
            return Found(hits=[[] for _ in probes], templates=0, subjects=0, exact=True)
        nearest = _nearest(session, index, request, probes)
        about = _describe(session, nearest, payloads=request.payloads)
        if all(near.template_id in about for hits in nearest.hits for near in hits):
            told = [[about[near.template_id](near.distance) for near in hits] for hits in nearest.hits]
            return Found(hits=told, templates=nearest.templates, subjects=nearest.subjects, exact=nearest.exact)
    raise EngineError(ErrorCode.STORE_UNAVAILABLE, "The gallery changes too fast to be searched.", stage="store")


def _read_probes(request: Search) -> NDArray[np.float32]:
    size = 4 * request.gallery.dimension
    if size < 1 or len(request.probes) % size or not 1 <= request.top <= MOST_HITS:
        raise _bad(f"A probe is {request.gallery.dimension} numbers of 4 bytes; hits are 1 to {MOST_HITS}.")
    return np.frombuffer(request.probes, "<f4").reshape(-1, request.gallery.dimension)


def _nearest(session: Session, index: Index, request: Search, probes: NDArray[np.float32]) -> Nearest:
    few = None if request.subjects is None else _find_subjects(session, request, request.subjects)
    try:
        return index.search(
            probes, request.top, subjects=few, templates=request.templates, order=lambda one: _name(session, one)
        )
    except ValueError as error:
        raise _bad(f"These probes cannot be compared: {error}.") from None


def _name(session: Session, subject_id: str) -> str:
    found = persons(session, [subject_id])
    return found[subject_id].name if found else ""


def _find_subjects(session: Session, request: Search, names: Iterable[str]) -> list[str]:
    """Return the ids of those names that there are."""
    kind, collection = request.gallery.kind, request.gallery.collection
    blinds = [session.blind("subject", kind, collection, name) for name in dict.fromkeys(names)]
    found: list[str] = []
    for at in range(0, len(blinds), _MANY):
        query = select(subjects.c.subject_id).where(
            subjects.c.kind == kind,
            subjects.c.collection == collection,
            subjects.c.blind.in_(blinds[at : at + _MANY]),
        )
        found += session.connection.execute(query).scalars()
    return found


Describe = Callable[[float], Hit]


def _describe(session: Session, nearest: Nearest, *, payloads: bool) -> dict[str, Describe]:
    """Return what makes a hit of a template, by its id; forgotten ones are left out."""
    wanted = list({near.template_id: None for hits in nearest.hits for near in hits})
    found: dict[str, Describe] = {}
    sealer = session.sealer
    for at in range(0, len(wanted), _MANY):
        for row in session.connection.execute(_HITS[payloads], {"ids": wanted[at : at + _MANY]}):
            found[row.template_id] = _describe_row(sealer, row)
    return found


def _describe_row(sealer: Sealer, row: Row[Any]) -> Describe:
    box = sealer.open_row(row.subject_id, row.wrapped, row.kek)
    person = open_person(box, row.subject_id, row.sealed)
    ids = (row.template_id, row.subject_id, row.gallery_id)
    about = msgspec.msgpack.decode(box.open(row.about, *template_place("about", *ids)), type=About)
    sealed = getattr(row, "payload", None)
    payload = box.open(sealed, *template_place("payload", *ids)) if sealed else b""

    def describe(distance: float) -> Hit:
        return Hit(
            subject=person.name,
            subject_id=row.subject_id,
            template_id=row.template_id,
            distance=distance,
            source=about.source,
            payload=payload,
        )

    return describe


def _bad(message: str) -> EngineError:
    return EngineError(ErrorCode.BAD_REQUEST, message, stage="store")
