"""The audit log: rows that each hold the hash of the one before, so that no past row can be changed alone.

A row's hash is SHA-256 over its canonical JSON (keys sorted, no blanks) with the previous hash. The head
names the last row and is sealed with the key file, so that neither the end of the log nor all of it can be
rewritten by one who has the database alone. A signed head kept elsewhere also shows that an old copy of
the whole store was put back. Cf. RFC 6962 (hash chains of logs with signed heads).
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from visionmq.engine.store.keyfile import Keys
from visionmq.engine.store.sealing import Facts, context
from visionmq.engine.store.tables import audit, chain_head

GENESIS: Final = "0" * 64
"""What the first row holds as the hash before it."""
_PAGE: Final = 5000


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log."""

    sequence: int
    at: str
    action: str
    actor: str
    facts: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the log ends, or ended when this was kept outside the store."""

    sequence: int
    hash: str


def canonical(content: Any) -> bytes:
    """Return the one JSON of a content that hashes and signatures are made over."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def entry_hash(sequence: int, at: str, action: str, actor: str, facts: str, previous: str) -> str:
    """Return the hash of a row."""
    content = {
        "action": action,
        "actor": actor,
        "at": at,
        "facts": facts,
        "previous": previous,
        "sequence": sequence,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def head_seal(keys: Keys, sequence: int, last: str) -> str:
    """Return what binds a head to the key file."""
    return hmac.digest(keys.blind, b"visionmq head" + context(str(sequence), last), "sha256").hex()


def append(
    connection: Connection, keys: Keys, last: Anchor, *, at: str, action: str, actor: str, facts: Facts
) -> Entry:
    """Append a row after the last one; the caller holds the head's lock."""
    text = canonical(dict(facts)).decode()
    sequence = last.sequence + 1
    digest = entry_hash(sequence, at, action, actor, text, last.hash)
    entry = Entry(sequence, at, action, actor, text, last.hash, digest)
    connection.execute(
        insert(audit).values(
            sequence=sequence, at=at, action=action, actor=actor, facts=text, previous=last.hash, hash=digest
        )
    )
    connection.execute(
        update(chain_head).values(sequence=sequence, hash=digest, seal=head_seal(keys, sequence, digest))
    )
    return entry


def entries(connection: Connection, after: int = 0, limit: int | None = None) -> Iterator[Entry]:
    """Yield rows in order of sequence, read by pages."""
    left = limit
    while left is None or left > 0:
        page = _PAGE if left is None else min(left, _PAGE)
        rows = connection.execute(
            select(audit).where(audit.c.sequence > after).order_by(audit.c.sequence).limit(page)
        ).all()
        yield from map(_entry, rows)
        if len(rows) < page:
            return
        after = rows[-1].sequence
        left = None if left is None else left - page


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.sequence, row.at, row.action, row.actor, row.facts, row.previous, row.hash)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the log found."""

    rows: int
    broken_at: int | None
    """Sequence of the first row that is wrong; None if all are right."""
    reason: str
    """Empty if all is right."""
    sequence: int
    hash: str


def verify(connection: Connection, keys: Keys, anchor: Anchor | None = None) -> Verdict:
    """Check every row, the head, and a head that was kept elsewhere; others may write meanwhile."""
    last, anchored = Anchor(0, GENESIS), anchor is None or anchor.sequence == 0
    while True:
        for entry in entries(connection, after=last.sequence or _FIRST_POSSIBLE):
            reason = _link_fault(entry, last)
            if not reason and anchor is not None and entry.sequence == anchor.sequence:
                anchored = True
                reason = "" if entry.hash == anchor.hash else "it is not the row that the kept head names"
            if reason:
                return _broken(last, reason)
            last = Anchor(entry.sequence, entry.hash)
        # The head is read after the rows, so it names the last of them, or a later one that has come meanwhile.
        reason, is_behind = _head_fault(connection, keys, last)
        if not is_behind or _is_last(connection, last):
            break
    if not reason and not anchored:
        reason = "the log ends before the row that the kept head names"
    return _broken(last, reason) if reason else Verdict(last.sequence, None, "", last.sequence, last.hash)


def _broken(last: Anchor, reason: str) -> Verdict:
    """Return that the row after the last right one is wrong."""
    return Verdict(last.sequence, last.sequence + 1, reason, last.sequence, last.hash)


def _is_last(connection: Connection, last: Anchor) -> bool:
    return connection.execute(select(func.max(audit.c.sequence))).scalar() in {None, last.sequence}


_FIRST_POSSIBLE: Final = -(2**62)
"""Rows with numbers that no row may have are read too, and found wrong."""


def _link_fault(entry: Entry, last: Anchor) -> str:
    if entry.sequence != last.sequence + 1:
        return "it is missing" if entry.sequence > last.sequence else "its number was never given"
    if entry.previous != last.hash:
        return "it does not follow the row before it"
    made = entry_hash(entry.sequence, entry.at, entry.action, entry.actor, entry.facts, entry.previous)
    return "" if made == entry.hash else "it was altered"


def _head_fault(connection: Connection, keys: Keys, last: Anchor) -> tuple[str, bool]:
    """Return what is wrong with the head, and whether it counts more rows than were read."""
    heads = connection.execute(select(chain_head)).all()
    if len(heads) != 1:
        return "the head of the log is missing", False
    head = heads[0]
    if head.seal != head_seal(keys, head.sequence, head.hash):
        return "the head of the log was altered", False
    if head.sequence > last.sequence:
        return f"rows are missing at the end: the head counts {head.sequence}", True
    if (head.sequence, head.hash) != (last.sequence, last.hash):
        return "the log does not end with the row that its head names", False
    return "", False
