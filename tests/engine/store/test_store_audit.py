"""The audit log tells of every altered, missing or added row, and which is the first."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, insert, select, update

from tests.engine.store.asking import enroll, forget, template
from tests.engine.store.conftest import Place
from visionmq.engine.api import EngineError
from visionmq.engine.store import audit as log
from visionmq.engine.store import upkeep
from visionmq.engine.store.audit import GENESIS, entry_hash
from visionmq.engine.store.link import Link
from visionmq.engine.store.opened import DirectLink
from visionmq.engine.store.tables import audit, chain_head
from visionmq.schemas import store as wire
from visionmq.schemas.errors import ErrorCode

ROWS = 6


@pytest.fixture
def full(link: DirectLink) -> DirectLink:
    """A store whose log has six rows."""
    for number in range(ROWS - 1):
        enroll(link, f"s{number}", template(number, 0, 0, 0))
    forget(link, "s0")
    return link


def check(link: Link, head: wire.Head | None = None) -> wire.Verified:
    kept = None if head is None else msgspec.convert(msgspec.to_builtins(head), wire.KeptHead)
    return link.call(upkeep.VERIFY, wire.VerifyParams(head=kept))


def head(link: Link) -> wire.Head:
    return link.call(upkeep.HEAD, upkeep.Ask())


def change(link: DirectLink, *statements: object) -> None:
    with link.store.database.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_untouched_log_is_right(full: DirectLink) -> None:
    told = check(full, head(full))
    assert (told.ok, told.rows, told.broken_at, told.reason, told.head_checked) == (True, ROWS, None, "", True)


def test_every_alteration_of_every_row_is_named(full: DirectLink) -> None:
    altered = {
        "at": "2020-01-01T00:00:00.000000+00:00",
        "action": "gallery.search",
        "actor": "somebody",
        "facts": "{}",
        "previous": "1" * 64,
        "hash": "2" * 64,
    }
    for sequence in range(1, ROWS + 1):
        mine = audit.c.sequence == sequence
        with full.store.database.connect() as connection:
            right = dict(connection.execute(select(audit).where(mine)).mappings().one())
        for column, value in altered.items():
            change(full, update(audit).where(mine).values({column: value}))
            told = check(full)
            assert (told.ok, told.broken_at, told.rows) == (False, sequence, sequence - 1), column
            change(full, update(audit).where(mine).values(right))
    assert check(full).ok


def test_a_missing_row_is_named(full: DirectLink) -> None:
    change(full, delete(audit).where(audit.c.sequence == 3))
    assert check(full).broken_at == 3
    assert "missing" in check(full).reason


def test_an_added_row_is_named(full: DirectLink) -> None:
    digest = entry_hash(0, "x", "y", "z", "{}", GENESIS)
    row = {"sequence": 0, "at": "x", "action": "y", "actor": "z", "facts": "{}", "previous": GENESIS, "hash": digest}
    change(full, insert(audit).values(**row))
    assert not check(full).ok


def test_a_log_that_was_cut_is_told_by_its_head(full: DirectLink) -> None:
    change(full, delete(audit).where(audit.c.sequence > 4))
    told = check(full)
    assert (told.broken_at, told.rows) == (5, 4)
    assert "missing at the end" in told.reason


def test_a_log_that_was_cut_with_its_head_is_told_without_the_key_file(full: DirectLink) -> None:
    with full.store.database.connect() as connection:
        last = connection.execute(select(audit.c.hash).where(audit.c.sequence == 4)).scalar_one()
    change(full, delete(audit).where(audit.c.sequence > 4), update(chain_head).values(sequence=4, hash=last))
    assert "head of the log was altered" in check(full).reason
    with pytest.raises(EngineError, match="nothing more is written") as caught:
        enroll(full, "late", template(1, 0, 0, 0))
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


def test_a_log_that_was_written_anew_as_a_whole_is_told(full: DirectLink) -> None:
    digest = entry_hash(1, "x", "y", "z", "{}", GENESIS)
    row = {"sequence": 1, "at": "x", "action": "y", "actor": "z", "facts": "{}", "previous": GENESIS, "hash": digest}
    change(full, delete(audit), insert(audit).values(**row), update(chain_head).values(sequence=1, hash=digest))
    assert not check(full).ok


def test_an_old_copy_of_the_whole_store_is_told_by_a_head_that_was_kept(sqlite_place: Place, tmp_path: Path) -> None:
    link = sqlite_place.open()
    enroll(link, "Ada", template(1, 0, 0, 0))
    link.close()
    shutil.copy(sqlite_place.address, tmp_path / "old.db")
    link = sqlite_place.open()
    enroll(link, "Bob", template(2, 0, 0, 0))
    kept = head(link)
    link.close()
    for rest in ("-wal", "-shm"):
        Path(sqlite_place.address + rest).unlink(missing_ok=True)
    shutil.copy(tmp_path / "old.db", sqlite_place.address)
    again = sqlite_place.open()
    assert check(again).ok  # by itself it is whole
    told = check(again, kept)
    assert not told.ok
    assert "ends before the row that the kept head names" in told.reason
    enroll(again, "Eve", template(3, 0, 0, 0))
    assert "not the row that the kept head names" in check(again, kept).reason


def test_a_head_that_another_signed_is_refused(full: DirectLink) -> None:
    forged = msgspec.structs.replace(head(full), hash="3" * 64)
    with pytest.raises(EngineError) as caught:
        check(full, forged)
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_rows_that_come_while_the_log_is_read_are_no_fault(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    link, other = place.open(), place.open()
    enroll(link, "first", template(1, 0, 0, 0))
    read, late = log.entries, iter(["second", "third"])

    def slow(*args: object, **more: object) -> Iterator[log.Entry]:
        yield from read(*args, **more)
        for name in late:
            enroll(other, name, template(1, 0, 0, 0))
            break

    monkeypatch.setattr(log, "entries", slow)
    told = check(link)
    assert (told.ok, told.reason) == (True, "")
    assert told.rows in {1, 3}  # SQLite shows a reader what was there when it began


def test_the_log_is_read_by_pages_and_from_its_end(full: DirectLink) -> None:
    def page(**asked: object) -> list[int]:
        return [row.sequence for row in full.call(upkeep.LIST, wire.ListParams(**asked)).entries]

    assert page(limit=2) == [1, 2]
    assert page(after=4) == [5, 6]
    assert page(limit=2, last=True) == [5, 6]
    assert page(action="gallery.forget") == [6]
    assert page(user="nobody") == []
    told = full.call(upkeep.LIST, wire.ListParams(limit=1, action="gallery.enroll"))
    assert told.total == ROWS - 1
    assert told.entries[0].user == "kiosk"
    assert told.entries[0].facts["templates"] == 1


def test_what_was_undone_leaves_no_row(full: DirectLink) -> None:
    with pytest.raises(EngineError):
        forget(full, "nobody")
    assert check(full).rows == ROWS
