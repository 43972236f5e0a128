"""What is forgotten is nowhere: no file of the store holds the name, the template, or the key that opened them."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sqlalchemy import select

from tests.engine.store.asking import FACES, enroll, forget, names
from tests.engine.store.conftest import Place
from visionmq.engine.api import EngineError
from visionmq.engine.store import upkeep
from visionmq.engine.store.messages import (
    SET_NOTES,
    SUBJECTS,
    Author,
    Consent,
    Gallery,
    ListSubjects,
    NewTemplate,
    SetNotes,
)
from visionmq.engine.store.opened import DirectLink
from visionmq.engine.store.receipts import verify_receipt
from visionmq.engine.store.tables import audit, data_keys, replies
from visionmq.schemas import store as wire
from visionmq.schemas.errors import ErrorCode

NAME = "Zaphira Quellmann-Ødegård"
VECTOR = np.array([0.12345678, -9.8765432, 3.1415927, 2.7182817], "<f4")
SOURCE = "holiday-4711.jpg"
CONSENT = Consent("I, Zaphira, agree to be known at gate 12.", "2030-01-01T00:00:00+00:00", "paper 9931")


def traces() -> dict[str, bytes]:
    """What of the subject might be found, as the bytes it might be found as."""
    digits = {f"digits {number}": f"{number:.7g}".encode() for number in VECTOR.tolist()}
    return {
        "name": NAME.encode(),
        "name in UTF-16": NAME.encode("utf-16-le"),
        "name in JSON": json.dumps(NAME)[1:-1].encode(),
        "family name": b"Quellmann",
        "floats": VECTOR.tobytes(),
        "two floats": VECTOR[1:3].tobytes(),
        "doubles": VECTOR.astype("<f8").tobytes(),
        "hex": VECTOR.tobytes().hex().encode(),
        "source": SOURCE.encode(),
        "payload": b"local features of it",
        "consent": b"known at gate 12",
        "attribute": b"Magrathea",
        **digits,
    }


def found(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    """Return which of the wanted bytes are in which file of a folder, its logs and journals too."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    contents = {path: path.read_bytes() for path in files}
    return [
        f"{name} in {path.name}" for name, bytes_ in wanted.items() for path, data in contents.items() if bytes_ in data
    ]


def keep(link: DirectLink) -> None:
    template = NewTemplate(vector=VECTOR.tobytes(), source=SOURCE, payload=b"local features of it")
    enroll(link, NAME, template, consent=CONSENT, attributes={"home": "Magrathea"})
    enroll(link, NAME, template, template, key="another model", gallery=Gallery("face", "staff", "arc/2", 4))
    enroll(link, "Ada", NewTemplate(vector=bytes(16)))
    names(link, *VECTOR.tolist())
    link.call(SUBJECTS, ListSubjects(kind="face", collection="staff"))
    link.call(SET_NOTES, SetNotes(gallery=FACES, name="calibration", content=b"0.6", author=Author("n")))


def flush(place: Place, request: pytest.FixtureRequest) -> None:
    """Have PostgreSQL write its pages to its files."""
    if not place.is_sqlite:
        request.getfixturevalue("postgres_server").run("CHECKPOINT")


def test_the_search_for_traces_finds_what_lies_open(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"...".join(traces().values()))
    assert len(found(tmp_path, traces())) >= len(traces())


def test_nothing_of_a_subject_lies_open_in_any_file_while_it_is_kept(
    place: Place, request: pytest.FixtureRequest
) -> None:
    link = place.open()
    keep(link)
    flush(place, request)
    assert found(place.folder, traces()) == []


def test_after_forgetting_no_file_holds_the_name_or_the_template(place: Place, request: pytest.FixtureRequest) -> None:
    link = place.open()
    keep(link)
    forget(link, NAME)
    flush(place, request)
    assert found(place.folder, traces()) == []
    assert NAME not in names(link, *VECTOR.tolist())
    link.close()
    flush(place, request)
    assert found(place.folder, traces()) == []


def test_after_forgetting_no_file_of_sqlite_holds_the_key_that_opened_it(sqlite_place: Place) -> None:
    link = sqlite_place.open()
    keep(link)
    key = {"key": wrapped_key(link)}
    assert found(sqlite_place.folder, key)
    forget(link, NAME)
    assert found(sqlite_place.folder, key) == []


def wrapped_key(link: DirectLink) -> bytes:
    subject_id = enroll(link, NAME, key="once more").subject_id
    with link.store.database.connect() as connection:
        query = select(data_keys.c.wrapped).where(data_keys.c.owner == subject_id)
        return bytes(connection.execute(query).scalar_one())


def test_a_reader_that_holds_the_journal_delays_its_end_to_an_idle_moment(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("visionmq.engine.store.opened.JOURNAL_SECONDS", 0.02)
    monkeypatch.setattr("visionmq.engine.store.opened.JOURNAL_PAUSE_SECONDS", 0.0)
    link, other = sqlite_place.open(), sqlite_place.open()
    keep(link)
    key = {"key": wrapped_key(link)}
    with other.store.database.connect() as reading:
        reading.execute(select(data_keys)).all()
        forget(link, NAME)
        assert found(sqlite_place.folder, key)
        assert link.store.must_wait
        link.store.idle()
        assert link.store.must_wait
    link.store.idle()
    assert not link.store.must_wait
    assert found(sqlite_place.folder, key) == []


def test_who_opens_a_store_after_a_crash_ends_the_journal(sqlite_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    link = sqlite_place.open()
    keep(link)
    key = {"key": wrapped_key(link)}
    with monkeypatch.context() as patch:
        patch.setattr("visionmq.engine.store.opened.is_journal_emptied", lambda *_: False)  # killed before that
        forget(link, NAME)
    assert found(sqlite_place.folder, key)
    sqlite_place.open()
    assert found(sqlite_place.folder, key) == []


def test_after_a_rotation_former_copies_of_a_key_open_nothing(place: Place) -> None:
    """The remedy for what journals and backups of PostgreSQL keep: the key above them is destroyed."""
    link = place.open()
    keep(link)
    told = enroll(link, NAME, key="once more")
    with link.store.database.connect() as connection:
        row = connection.execute(select(data_keys).where(data_keys.c.owner == told.subject_id)).one()
    forget(link, NAME)
    link.call(upkeep.REKEY, upkeep.Rekey(author=Author("r")))
    with link.store.session() as session, pytest.raises(EngineError, match="lacks a key"):
        session.sealer.unwrap(row.owner, row.wrapped, row.kek)


def test_replies_and_audit_rows_name_nobody(place: Place) -> None:
    link = place.open()
    keep(link)
    forget(link, NAME)
    with link.store.database.connect() as connection:
        kept = [bytes(row.reply) for row in connection.execute(select(replies))]
        kept += [row.facts.encode() for row in connection.execute(select(audit))]
    assert kept
    assert not [name for name, trace in traces().items() for text in kept if trace in text]


def test_a_receipt_is_checked_without_the_store_and_fails_when_altered(link: DirectLink) -> None:
    keep(link)
    receipt = forget(link, NAME)
    assert receipt.templates == 3
    assert verify_receipt(receipt)
    assert verify_receipt(receipt, receipt.public_key)
    altered = {
        "subject_id": "0" * 32,
        "templates": 2,
        "forgotten_at": "2020",
        "audit_sequence": 1,
        "signature": receipt.signature[:-4] + "AAA=",
        "public_key": "A" * 43 + "=",
    }
    for field, value in altered.items():
        assert not verify_receipt(msgspec.structs.replace(receipt, **{field: value})), field
    other_key = "B" * 43 + "="
    assert not verify_receipt(receipt, other_key)


def test_a_receipt_is_known_by_the_log(link: DirectLink) -> None:
    keep(link)
    receipt = msgspec.to_builtins(forget(link, NAME))
    told = link.call(upkeep.RECEIPT, wire.ReceiptParams(receipt=receipt))
    assert (told.ok, told.recorded) == (True, True)
    told = link.call(upkeep.RECEIPT, wire.ReceiptParams(receipt={**receipt, "templates": 0}))
    assert not told.ok
    assert "altered" in told.reason
    assert not link.call(upkeep.RECEIPT, wire.ReceiptParams(receipt={})).ok


def test_forgetting_again_with_the_same_key_gives_the_same_receipt(link: DirectLink) -> None:
    keep(link)
    first, again = forget(link, NAME, key="k"), forget(link, NAME, key="k")
    assert again == msgspec.structs.replace(first, repeated=True)
    assert verify_receipt(again)
    with pytest.raises(EngineError) as caught:
        forget(link, NAME, key="another")
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_who_is_enrolled_again_after_forgetting_is_somebody_new(link: DirectLink) -> None:
    keep(link)
    receipt = forget(link, NAME)
    told = enroll(link, NAME, NewTemplate(vector=VECTOR.tobytes()), key="new")
    assert told.created
    assert told.subject_id != receipt.subject_id
    assert told.templates == 1
