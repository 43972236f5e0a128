"""The names of a collection in order, in memory: names are sealed, so the database cannot sort them.

Read when a collection is first listed (some 3 s for 100,000 subjects), then kept up with the changes after a
cursor, as indexes are. A subject's name never changes; it comes and goes.
"""

from bisect import bisect_left, bisect_right, insort
from typing import Any, Final

from sqlalchemy import Row, Select, select

from visionmq.engine.store.records import open_person
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import chain_head, changes, data_keys, subjects

_MANY: Final = 500
"""Ids in one query."""
_LAST: Final = "\uffff"
"""Sorts after every id."""


class Names:
    """The names of one collection, with ids, as of the cursor."""

    def __init__(self) -> None:
        self.cursor = -1
        self._order: list[tuple[str, str]] = []
        self._by_id: dict[str, str] = {}

    def after(self, name: str | None, limit: int) -> list[tuple[str, str]]:
        """Return the next names and ids after a name."""
        first = 0 if name is None else bisect_right(self._order, (name, _LAST))
        return self._order[first : first + limit]

    def replace(self, named: dict[str, str]) -> None:
        """Hold these names by id, and no others."""
        self._by_id = named
        self._order = sorted((name, subject_id) for subject_id, name in named.items())

    def update(self, changed: set[str], named: dict[str, str]) -> None:
        """Of the changed ids, hold those that still have names."""
        for subject_id in changed - named.keys() & self._by_id.keys():
            del self._order[bisect_left(self._order, (self._by_id.pop(subject_id), subject_id))]
        for subject_id in named.keys() - self._by_id.keys():
            self._by_id[subject_id] = named[subject_id]
            insort(self._order, (named[subject_id], subject_id))


class Directory:
    """The collections that were listed; one object a process."""

    def __init__(self) -> None:
        self._collections: dict[tuple[str, str], Names] = {}

    def names(self, session: Session, kind: str, collection: str) -> Names:
        """Return a collection's names as they are now."""
        names = self._collections.setdefault((kind, collection), Names())
        head = session.connection.execute(select(chain_head.c.sequence)).scalar_one()
        mine = (subjects.c.kind == kind, subjects.c.collection == collection)
        if names.cursor < 0 or head < names.cursor:
            names.replace(_open(session, *mine))
        elif head > names.cursor:
            changed = _changed(session, names.cursor)
            named: dict[str, str] = {}
            for at in range(0, len(changed), _MANY):
                named |= _open(session, *mine, subjects.c.subject_id.in_(changed[at : at + _MANY]))
            names.update(set(changed), named)
        names.cursor = head
        return names


def _changed(session: Session, cursor: int) -> list[str]:
    query = select(changes.c.subject_id).where(changes.c.sequence > cursor).distinct()
    return list(session.connection.execute(query).scalars())


def _open(session: Session, *conditions: Any) -> dict[str, str]:
    """Return names by id."""
    query: Select[Any] = select(subjects.c.subject_id, subjects.c.sealed, data_keys.c.wrapped, data_keys.c.kek)
    query = query.join(data_keys, data_keys.c.owner == subjects.c.subject_id).where(*conditions)
    return {row.subject_id: _name(session, row) for row in session.connection.execute(query)}


def _name(session: Session, row: Row[Any]) -> str:
    box = session.sealer.open_row(row.subject_id, row.wrapped, row.kek)
    return open_person(box, row.subject_id, row.sealed).name
