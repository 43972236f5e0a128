"""Upkeep: what the store is, the audit log as it is read and checked, and the rotation of the wrapping key."""

import time
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Select, bindparam, func, select, update

from visionmq.engine.api import EngineError
from visionmq.engine.store import audit as log
from visionmq.engine.store.checking import find_damage
from visionmq.engine.store.keyfile import only, with_new_wrapping
from visionmq.engine.store.link import Method
from visionmq.engine.store.messages import Author
from visionmq.engine.store.migrating import found_version
from visionmq.engine.store.receipts import is_signed, sign, signed_content, unsigned
from visionmq.engine.store.session import Session
from visionmq.engine.store.tables import audit, chain_head, data_keys, subjects, templates, vault
from visionmq.schemas import store as wire
from visionmq.schemas.errors import ErrorCode

_BATCH: Final = 2000
"""Data keys wrapped anew in one transaction, some 60 ms, while other writers wait."""
_PAUSE_SECONDS: Final = 0.01
"""Between two such transactions, so that a waiting writer of SQLite, which polls, finds it open."""


class Rekey(Struct, frozen=True, kw_only=True):
    """Change the wrapping key."""

    author: Author


class Ask(Struct, frozen=True):
    """A question without parameters."""


INFO: Final = Method("store.info", Ask, wire.Info)
REKEY: Final = Method("store.rekey", Rekey, wire.Rekeyed)
HEAD: Final = Method("audit.head", Ask, wire.Head)
VERIFY: Final = Method("audit.verify", wire.VerifyParams, wire.Verified)
LIST: Final = Method("audit.list", wire.ListParams, wire.Entries)
RECEIPT: Final = Method("receipt.verify", wire.ReceiptParams, wire.ReceiptVerdict)


def info(session: Session, _request: Ask) -> wire.Info:
    """Return what the store is and holds."""
    run = session.connection.execute
    vault_row, head = run(select(vault)).one(), run(select(chain_head)).one()
    collections = select(subjects.c.kind, subjects.c.collection).distinct().subquery()
    return wire.Info(
        store_id=vault_row.store_id,
        kind=session.connection.dialect.name,
        address=session.shown,
        schema_version=found_version(session.connection) or "",
        fingerprint=vault_row.fingerprint,
        key_file=str(session.ring.path),
        wrapping_key=head.kek,
        former_keys=run(select(func.count()).select_from(data_keys).where(data_keys.c.kek != head.kek)).scalar_one(),
        subjects=run(select(func.count()).select_from(subjects)).scalar_one(),
        templates=run(select(func.count()).select_from(templates)).scalar_one(),
        collections=run(select(func.count()).select_from(collections)).scalar_one(),
        audit_rows=head.sequence,
        created_at=vault_row.created_at,
        public_key=session.keys.public,
    )


def head(session: Session, _request: Ask) -> wire.Head:
    """Return the end of the log, signed."""
    row = session.connection.execute(select(chain_head)).one()
    made = wire.Head(
        store_id=session.connection.execute(select(vault.c.store_id)).scalar_one(),
        sequence=row.sequence,
        hash=row.hash,
        at=session.now(),
        public_key=session.keys.public,
        signature="",
    )
    return msgspec.structs.replace(made, signature=sign(session.keys, signed_content(made)))


def verify(session: Session, request: wire.VerifyParams) -> wire.Verified:
    """Check the log, a head that was kept, and the database."""
    kept = request.head
    if kept is not None:
        _check_head(session, kept)
    anchor = log.Anchor(kept.sequence, kept.hash) if kept is not None else None
    found = log.verify(session.connection, session.keys, anchor)
    damage = "" if found.reason else find_damage(session)
    return wire.Verified(
        ok=not (found.reason or damage),
        rows=found.rows,
        broken_at=found.broken_at,
        reason=found.reason or damage,
        sequence=found.sequence,
        hash=found.hash,
        head_checked=kept is not None,
    )


def _check_head(session: Session, kept: wire.KeptHead) -> None:
    if kept.public_key != session.keys.public or not is_signed(signed_content(kept), kept.signature, kept.public_key):
        raise EngineError(
            ErrorCode.BAD_REQUEST,
            "The head that was kept is not one that this store signed.",
            stage="store",
            hint="Give the file as `visionmq audit head` wrote it, and the store that it is of.",
        )


def entries(session: Session, request: wire.ListParams) -> wire.Entries:
    """Return a page of the log."""
    total = session.connection.execute(_filtered(select(func.count()).select_from(audit), request)).scalar_one()
    query = _filtered(select(audit), request).where(audit.c.sequence > request.after)
    order = audit.c.sequence.desc() if request.last else audit.c.sequence
    rows = session.connection.execute(query.order_by(order).limit(request.limit)).all()
    return wire.Entries(entries=sorted(map(_entry, rows), key=lambda entry: entry.sequence), total=total)


def _filtered(query: Select[Any], request: wire.ListParams) -> Select[Any]:
    if request.action is not None:
        query = query.where(audit.c.action == request.action)
    if request.user is not None:
        query = query.where(audit.c.actor == request.user)
    return query


def _entry(row: Any) -> wire.Entry:
    try:
        facts = msgspec.json.decode(row.facts, type=dict[str, Any])
    except msgspec.MsgspecError:
        facts = {"unreadable": row.facts}
    return wire.Entry(sequence=row.sequence, at=row.at, action=row.action, user=row.actor, facts=facts, hash=row.hash)


def check_receipt(session: Session, request: wire.ReceiptParams) -> wire.ReceiptVerdict:
    """Check a receipt's signature, and that the log holds its row if this store signed it."""
    told = request.receipt
    key = request.public_key or session.keys.public
    if told.get("public_key") != key:
        return wire.ReceiptVerdict(ok=False, reason="it names another key than the one it is checked with")
    if not is_signed(unsigned(told), str(told.get("signature", "")), key):
        return wire.ReceiptVerdict(ok=False, reason="it was altered, or another key signed it")
    if key != session.keys.public:
        return wire.ReceiptVerdict(ok=True)
    sequence, known = told.get("audit_sequence"), None
    if isinstance(sequence, int):
        known = session.connection.execute(select(audit.c.hash).where(audit.c.sequence == sequence)).scalar()
    recorded = known is not None and known == told.get("audit_hash")
    return wire.ReceiptVerdict(
        ok=recorded, recorded=recorded, reason="" if recorded else "the audit log does not hold its row"
    )


def rekey(session: Session, request: Rekey) -> wire.Rekeyed:
    """Wrap all data keys with a new key and destroy the former one; a rotation that was cut short is finished by the next.

    The new key is in the file before the store uses it, the former ones until nothing is wrapped with them:
    whenever this is cut short, everything still opens.
    """
    with session.write(request.author, REKEY, request) as write:
        if write.former is not None:
            answer = msgspec.structs.replace(write.former, repeated=True)
        else:
            kek = _new_kek(session)
            count = session.connection.execute(select(func.count()).select_from(data_keys)).scalar_one()
            entry = write.record(wrapping_key=kek, keys=count)
            answer = write.reply(wire.Rekeyed(wrapping_key=kek, wrapped=count, audit_sequence=entry.sequence))
    while _wrap_some(session, answer.wrapping_key):
        time.sleep(_PAUSE_SECONDS)
    session.forgot = True
    return answer


def _new_kek(session: Session) -> str:
    session.ring.read_again()
    session.ring.replace(with_new_wrapping(session.keys))
    kek = session.keys.newest
    session.connection.execute(update(chain_head).values(kek=kek))
    return kek


def _wrap_some(session: Session, kek: str) -> bool:
    """Wrap a batch anew; where none is left, destroy the former keys and return False."""
    with session.turn() as current:
        if current != kek:  # another rotation began meanwhile, and takes it from here
            return False
        query = select(data_keys).where(data_keys.c.kek != kek).limit(_BATCH)
        rows, sealer = session.connection.execute(query).all(), session.sealer
        if not rows:
            session.ring.replace(only(session.keys, kek))
            return False
        values = [
            {"of": row.owner, "sealed": sealer.wrap(row.owner, sealer.unwrap(row.owner, row.wrapped, row.kek), kek)}
            for row in rows
        ]
        session.connection.execute(
            update(data_keys).where(data_keys.c.owner == bindparam("of")).values(wrapped=bindparam("sealed"), kek=kek),
            values,
        )
    return True
