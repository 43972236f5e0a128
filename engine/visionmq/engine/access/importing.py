"""`access.import`: rows of a table, each for itself.

A row's effect is named by the request's key and the row's place, so that a request that was cut off is sent again
as it was, and goes on where it ended.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from visionmq.engine.access import methods
from visionmq.engine.access.asking import author_of
from visionmq.engine.access.errors import bad
from visionmq.engine.access.methods import Asked
from visionmq.engine.api import EngineError, Job
from visionmq.engine.store.link import Link
from visionmq.schemas.access.bookings import BookParams
from visionmq.schemas.access.engineers import AssignParams
from visionmq.schemas.access.imports import Imported, ImportedRow, ImportKind, ImportParams
from visionmq.schemas.access.users import AddUserParams, UserParams
from visionmq.schemas.access.vehicles import AddVehicleParams
from visionmq.schemas.common import Item, Params, ProgressReport

P = TypeVar("P", bound=Params)

COLUMNS: Final[Mapping[ImportKind, frozenset[str]]] = {
    ImportKind.USERS: frozenset({"user", "password", "full_name", "birth_date", "subject", "collection"}),
    ImportKind.VEHICLES: frozenset({"car", "plate", "latitude", "longitude", "location"}),
    ImportKind.BOOKINGS: frozenset({"user", "car", "start", "end"}),
    ImportKind.ENGINEERS: frozenset({"user", "car", "start", "end"}),
}
_EVERY: Final = 10
"""Rows between two reports of progress."""


def import_rows(link: Link, job: Job) -> Imported:
    """Return the outcome of each row, in order."""
    params = job.params
    assert isinstance(params, ImportParams)
    items: list[Item[ImportedRow]] = []
    for number, row in enumerate(params.rows):
        try:
            items.append(Item(ok=True, result=_take_in(link, job, params.kind, row, f"/{number}")))
        except EngineError as error:
            items.append(Item(ok=False, error=error.to_error()))
        if number % _EVERY == 0:
            job.progress(ProgressReport("import", (number + 1) / len(params.rows)))
    good = sum(item.ok for item in items)
    return Imported(items=items, imported=good, failed=len(items) - good, pass_back=params.pass_back)


def _take_in(link: Link, job: Job, kind: ImportKind, row: Mapping[str, str], part: str) -> ImportedRow:
    cells = _cells(kind, row)
    author = author_of(job, part)
    if kind is ImportKind.VEHICLES:
        made = link.call(methods.ADD_VEHICLE, Asked(_converted(_located(cells), AddVehicleParams), author))
        return ImportedRow(id=made.car, key=made.key, audit_sequence=made.audit_sequence, repeated=made.repeated)
    if kind is ImportKind.USERS:
        told = link.call(methods.ADD_USER, Asked(_converted(cells, AddUserParams), author))
    elif kind is ImportKind.BOOKINGS:
        told = link.call(methods.BOOK, Asked(_converted(cells, BookParams), author))
    else:
        assigned = _converted(cells, AssignParams)
        first = author_of(job, f"{part}/engineer")
        link.call(methods.ADD_ENGINEER, Asked(UserParams(user=assigned.user), first))
        told = link.call(methods.ASSIGN, Asked(assigned, author))
    return ImportedRow(id=told.id, audit_sequence=told.audit_sequence, repeated=told.repeated)


def _cells(kind: ImportKind, row: Mapping[str, str]) -> dict[str, Any]:
    """Return what stands in a row; empty cells are absent."""
    unknown = sorted(set(row) - COLUMNS[kind])
    if unknown:
        known = ", ".join(sorted(COLUMNS[kind]))
        raise bad(f"There is no column {unknown[0][:64]!r} of {kind.value}; known are {known}.")
    return {name: text if name == "password" else text.strip() for name, text in row.items() if text.strip()}


def _located(cells: dict[str, Any]) -> dict[str, Any]:
    """Return a car's cells with its location in one."""
    parts = {"latitude": "latitude", "longitude": "longitude", "location": "text"}
    place = {parts[name]: cells[name] for name in parts if name in cells}
    rest = {name: value for name, value in cells.items() if name not in parts}
    return rest | ({"location": place} if place else {})


def _converted(cells: Mapping[str, Any], kind: type[P]) -> P:
    try:
        return msgspec.convert(cells, kind, strict=False)
    except msgspec.ValidationError as mistake:
        raise bad(f"{mistake}.") from None
