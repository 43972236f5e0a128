"""What must be in a store at the end of a campaign: all that was acknowledged, once, and nothing else."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Table, func, select

from tests.faults.store_load import FACES, Acknowledged
from visionmq.engine.access.tables import bookings
from visionmq.engine.store.messages import SEARCH, Search
from visionmq.engine.store.opened import DirectLink
from visionmq.engine.store.tables import audit, data_keys, replies, subjects, templates
from visionmq.engine.store.upkeep import RECEIPT, VERIFY
from visionmq.schemas.store import ReceiptParams, VerifyParams

REPEATED = 60
"""Requests that are sent once more at the end."""


def check(link: DirectLink, told: Sequence[Acknowledged], seed: int) -> list[str]:
    """Return what is lost, doubled or broken."""
    amiss = [*_galleries(link, told), *_bookings(link, told), *_log(link, told), *_searches(link, told)]
    if link.store.address.path is not None:
        with link.store.database.connect() as connection:
            answer = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
            amiss += [] if answer == "ok" else [f"SQLite: {answer}"]
    return amiss + _repeats(link, told, seed)


def _column(link: DirectLink, table: Table, name: str) -> list[Any]:
    with link.store.database.connect() as connection:
        return list(connection.execute(select(table.c[name])).scalars())


def _galleries(link: DirectLink, told: Sequence[Acknowledged]) -> list[str]:
    wanted = {one for each in told for ids in each.live.values() for one in ids}
    people = {each.subject_ids[name] for each in told for name in each.live}
    gone = {receipt.subject_id for each in told for receipt in each.forgotten.values()}
    return [
        *_compare("template", wanted, _column(link, templates, "template_id")),
        *_compare("subject", people, _column(link, subjects, "subject_id")),
        *(f"the key of forgotten {one} is there" for one in gone & set(_column(link, data_keys, "owner"))),
    ]


def _compare(what: str, wanted: set[str], there: Sequence[str]) -> list[str]:
    lost = [f"{what} {one} was acknowledged and is lost" for one in wanted - set(there)]
    return lost + [f"{what} {one} was never acknowledged" for one in set(there) - wanted]


def _bookings(link: DirectLink, told: Sequence[Acknowledged]) -> list[str]:
    with link.store.database.connect() as connection:
        rows = connection.execute(select(bookings.c.booking_id, bookings.c.state)).all()
    there = {row.booking_id: row.state for row in rows}
    wanted: dict[str, str] = {}
    for each in told:
        wanted |= {one: state for one, state in each.bookings.items() if wanted.get(one) != "returned"}
    amiss = _compare("booking", set(wanted), list(there))
    amiss += [
        f"booking {one} is {there[one]}, not {state}" for one, state in wanted.items() if there.get(one, state) != state
    ]
    return amiss


def _log(link: DirectLink, told: Sequence[Acknowledged]) -> list[str]:
    """The chain holds, and there is one row and one reply for each acknowledged change."""
    amiss = []
    verdict = link.call(VERIFY, VerifyParams())
    if not verdict.ok:
        amiss.append(f"the audit log is broken at {verdict.broken_at}: {verdict.reason}")
    wanted = Counter(method.name for each in told for method, _, _ in each.requests)
    with link.store.database.connect() as connection:
        query = select(audit.c.action, func.count().label("n")).group_by(audit.c.action)
        rows = {row.action: row.n for row in connection.execute(query)}
        kept = connection.execute(select(func.count()).select_from(replies)).scalar_one()
    amiss += [
        f"{rows.get(name, 0)} rows of {name}, {n} were acknowledged"
        for name, n in wanted.items()
        if rows.get(name, 0) != n
    ]
    if kept != wanted.total():
        amiss.append(f"{kept} replies are kept, {wanted.total()} were given")
    for each in told:
        for receipt in each.forgotten.values():
            given = msgspec.structs.asdict(msgspec.structs.replace(receipt, repeated=False))
            given.pop("repeated")
            if not link.call(RECEIPT, ReceiptParams(receipt=given)).ok:
                amiss.append(f"the receipt of {receipt.subject_id} does not hold")
    return amiss


def _searches(link: DirectLink, told: Sequence[Acknowledged]) -> list[str]:
    amiss = []
    for each in told:
        for name, vectors in each.vectors.items():
            found = link.call(SEARCH, Search(gallery=FACES, probes=b"".join(vectors), top=1))
            amiss += [f"{name} is not found" for hits in found.hits if [hit.subject for hit in hits] != [name]]
    return amiss


def _unmarked(answer: Any) -> dict[str, Any]:
    """Return an answer without the word on whether it was given before."""
    fields = msgspec.structs.asdict(answer)
    fields.pop("repeated", None)
    return fields


def _repeats(link: DirectLink, told: Sequence[Acknowledged], seed: int) -> list[str]:
    """Send requests again, with their keys: the same answers, and nothing more in the store."""
    everything = [one for each in told for one in each.requests]
    before = link.call(VERIFY, VerifyParams()).rows
    amiss = []
    for method, request, answer in random.Random(seed).sample(everything, min(REPEATED, len(everything))):
        again = link.call(method, request)
        if _unmarked(again) != _unmarked(answer) or not getattr(again, "repeated", True):
            amiss.append(f"{method.name} {request.author.key} sent again is answered otherwise")
    after = link.call(VERIFY, VerifyParams()).rows
    return amiss if after == before else [*amiss, f"{after - before} changes were made twice"]
