"""The key file: without it, with another, or with altered rows, nothing opens, and the refusal says what to do."""

import base64
import logging
import stat
from pathlib import Path

import pytest
from sqlalchemy import Table, select, update

from tests.engine.store.asking import FACES, enroll, forget, names, template
from tests.engine.store.conftest import Place
from visionmq.engine.api import EngineError
from visionmq.engine.store import upkeep
from visionmq.engine.store.keyfile import read_keys
from visionmq.engine.store.messages import SUBJECTS, TEMPLATES, Author, GetTemplates, ListSubjects
from visionmq.engine.store.opened import DirectLink, open_here
from visionmq.engine.store.tables import data_keys, subjects, templates
from visionmq.schemas.errors import ErrorCode

REKEY = upkeep.Rekey(author=Author("rekey", "admin"))


def refusal(place: Place) -> EngineError:
    with pytest.raises(EngineError) as caught:
        place.open()
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE
    assert caught.value.hint
    return caught.value


def swap(link: DirectLink, table: Table, id_column: str, column: str) -> None:
    """Exchange a column of the first two rows."""
    identity = table.c[id_column]
    with link.store.database.begin() as connection:
        (first, one), (second, other) = connection.execute(select(identity, table.c[column]).limit(2)).all()
        connection.execute(update(table).where(identity == first).values({column: other}))
        connection.execute(update(table).where(identity == second).values({column: one}))


def test_the_key_file_is_made_for_its_owner_only(place: Place) -> None:
    place.open()
    assert stat.S_IMODE(place.keys.stat().st_mode) == 0o600
    assert list(place.keys.parent.glob("store.keys*")) == [place.keys]


def test_the_file_of_a_sqlite_store_is_made_for_its_owner_only(sqlite_place: Place) -> None:
    sqlite_place.open()
    assert stat.S_IMODE(Path(sqlite_place.address).stat().st_mode) == 0o600


def test_a_missing_key_file_is_no_reason_to_make_another(place: Place) -> None:
    place.open().close()
    place.keys.unlink()
    assert "is missing" in str(refusal(place))
    assert not place.keys.exists()


def test_the_key_file_of_another_store_is_refused(place: Place, tmp_path: Path) -> None:
    place.open().close()
    other = open_here(str(tmp_path / "other.db"), keys=str(tmp_path / "other.keys"))
    other.close()
    place.keys.write_bytes((tmp_path / "other.keys").read_bytes())
    assert "belongs to another store" in str(refusal(place))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\x00", b'{"format": "visionmq-store-keys/1", "wrapping": []}'])
def test_a_damaged_key_file_is_refused(sqlite_place: Place, content: bytes) -> None:
    sqlite_place.open().close()
    sqlite_place.keys.write_bytes(content)
    assert "damaged" in str(refusal(sqlite_place))


def test_every_cut_or_flipped_key_file_is_refused_or_still_right(sqlite_place: Place) -> None:
    sqlite_place.open().close()
    whole = sqlite_place.keys.read_bytes()
    for at in range(0, len(whole), 7):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            sqlite_place.keys.write_bytes(damaged)
            try:
                link = sqlite_place.open()
            except EngineError:
                continue
            with pytest.raises(EngineError):  # a wrapping key may be another: nothing opens with it
                enroll(link, "Ada", template(1, 0, 0, 0))
            link.close()


def test_a_key_file_that_others_may_read_is_refused(place: Place) -> None:
    place.open().close()
    place.keys.chmod(0o640)
    assert "chmod 600" in (refusal(place).hint or "")


@pytest.mark.parametrize(
    ("table", "id_column", "column"),
    [
        (templates, "template_id", "vector"),
        (templates, "template_id", "about"),
        (templates, "template_id", "subject_id"),
        (data_keys, "owner", "wrapped"),
    ],
)
def test_rows_that_changed_places_do_not_open(link: DirectLink, table: Table, id_column: str, column: str) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0))
    enroll(link, "Bob", template(2, 0, 0, 0))
    swap(link, table, id_column, column)
    with pytest.raises(EngineError, match="altered or moved") as caught:
        link.call(TEMPLATES, GetTemplates(gallery=FACES))
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


def test_subjects_that_changed_places_do_not_open(link: DirectLink) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0))
    enroll(link, "Bob", template(2, 0, 0, 0))
    swap(link, subjects, "subject_id", "sealed")
    with pytest.raises(EngineError, match="altered or moved"):
        link.call(SUBJECTS, ListSubjects(kind="face", collection="staff"))


def test_two_templates_of_one_subject_that_changed_places_do_not_open(link: DirectLink) -> None:
    enroll(link, "Ada", template(1, 0, 0, 0), template(2, 0, 0, 0))
    swap(link, templates, "template_id", "vector")
    with pytest.raises(EngineError, match="altered or moved"):
        link.call(TEMPLATES, GetTemplates(gallery=FACES))


def test_after_a_rotation_all_opens_and_the_former_key_is_gone(place: Place) -> None:
    link = place.open()
    for number in range(5):
        enroll(link, f"s{number}", template(number, 0, 0, 0))
    former = read_keys(place.keys).wrapping
    told = link.call(upkeep.REKEY, REKEY)
    assert told.wrapped == 6  # five subjects and the gallery
    now = read_keys(place.keys)
    assert len(now.wrapping) == 1
    assert now.newest == told.wrapping_key
    assert not set(former) & set(now.wrapping)
    assert link.call(upkeep.INFO, upkeep.Ask()).former_keys == 0
    link.close()
    assert names(place.open(), 3, 0, 0, 0, top=1) == ["s3"]


def test_other_processes_work_on_through_a_rotation(place: Place) -> None:
    one, other = place.open(), place.open()
    enroll(one, "Ada", template(1, 0, 0, 0))
    enroll(other, "Bob", template(2, 0, 0, 0))
    one.call(upkeep.REKEY, REKEY)
    assert names(other, 1, 0, 0, 0) == ["Ada", "Bob"]
    enroll(other, "Cyd", template(3, 0, 0, 0))
    assert names(one, 3, 0, 0, 0, top=1) == ["Cyd"]
    forget(other, "Ada")
    assert one.call(upkeep.INFO, upkeep.Ask()).former_keys == 0


def test_a_rotation_that_was_cut_short_leaves_all_open_and_is_finished_by_the_same_request(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = place.open()
    for number in range(4):
        enroll(link, f"s{number}", template(number, 0, 0, 0))
    wrap_some = upkeep._wrap_some
    monkeypatch.setattr(upkeep, "_BATCH", 2)
    calls = iter([True, False])

    def cut(session: object, kek: str) -> bool:
        if next(calls):
            return wrap_some(session, kek)
        raise KeyboardInterrupt

    monkeypatch.setattr(upkeep, "_wrap_some", cut)
    with pytest.raises(KeyboardInterrupt):
        link.call(upkeep.REKEY, REKEY)
    link.close()
    monkeypatch.setattr(upkeep, "_wrap_some", wrap_some)
    again = place.open()
    assert again.call(upkeep.INFO, upkeep.Ask()).former_keys == 3
    assert len(names(again, 0, 0, 0, 0)) == 4
    enroll(again, "s4", template(4, 0, 0, 0))
    assert again.call(upkeep.REKEY, REKEY).repeated
    assert again.call(upkeep.INFO, upkeep.Ask()).former_keys == 0
    assert len(read_keys(place.keys).wrapping) == 1
    assert len(names(again, 0, 0, 0, 0)) == 5


def test_a_rotation_wipes_what_a_killed_one_left(sqlite_place: Place) -> None:
    link = sqlite_place.open()
    former = read_keys(sqlite_place.keys)
    left = sqlite_place.keys.with_name(f"{sqlite_place.keys.name}.{'0a' * 8}")
    left.write_bytes(sqlite_place.keys.read_bytes())
    other_link = sqlite_place.keys.with_name("other name")
    other_link.hardlink_to(sqlite_place.keys)
    kept = sqlite_place.keys.with_name(f"{sqlite_place.keys.name}.backup")
    kept.write_bytes(b"the owner's own copy")
    link.call(upkeep.REKEY, REKEY)
    assert not left.exists()
    assert kept.exists()
    secret = base64.b64encode(former.wrapping[0])
    assert not [path for path in sqlite_place.folder.iterdir() if secret in path.read_bytes()]


def test_a_key_file_behind_a_link_is_replaced_where_it_lies(sqlite_place: Place) -> None:
    sqlite_place.open().close()
    real = sqlite_place.keys.with_name("real.keys")
    sqlite_place.keys.rename(real)
    sqlite_place.keys.symlink_to(real)
    link = sqlite_place.open()
    before = real.read_bytes()
    link.call(upkeep.REKEY, REKEY)
    assert sqlite_place.keys.is_symlink()
    assert real.read_bytes() != before


def test_a_key_file_that_cannot_be_written_stops_a_rotation_before_it_begins(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    link = sqlite_place.open()
    enroll(link, "Ada", template(1, 0, 0, 0))
    before = sqlite_place.keys.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("visionmq.engine.store.keyfile.os.replace", refuse)
        with pytest.raises(EngineError, match="cannot be written") as caught:
            link.call(upkeep.REKEY, REKEY)
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    assert sqlite_place.keys.read_bytes() == before
    assert link.call(upkeep.INFO, upkeep.Ask()).audit_rows == 1
    assert not link.call(upkeep.REKEY, REKEY).repeated
    assert names(link, 1, 0, 0, 0) == ["Ada"]


def test_a_folder_in_which_no_key_file_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match=r"key file .* cannot be written") as caught:
        open_here(str(tmp_path / "s.db"), keys=str(tmp_path / "file" / "store.keys"))
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE


def test_no_secret_is_shown_in_a_text(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    link = place.open()
    enroll(link, "Ada", template(1, 0, 0, 0))
    keys = read_keys(place.keys)
    shown = repr(keys) + repr(link.store.address) + caplog.text + str(link.call(upkeep.INFO, upkeep.Ask()))
    for secret in (*keys.wrapping, keys.blind, keys.signing):
        assert repr(secret) not in shown
        assert secret.hex() not in shown
    assert "not-secret" not in repr(link.store.address) + str(link.call(upkeep.INFO, upkeep.Ask()))
