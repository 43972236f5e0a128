"""An archive brings a collection to another store, and nothing that was altered, cut or is not comparable."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from tests.engine.store.asking import FACES, enroll, forget, names, template, vector
from tests.engine.store.conftest import Place
from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.store import archive
from visionmq.engine.store.engine import StoreEngine
from visionmq.engine.store.messages import (
    GET_NOTES,
    SET_NOTES,
    SUBJECTS,
    TEMPLATES,
    Author,
    Consent,
    Gallery,
    GetNotes,
    GetTemplates,
    ListSubjects,
    SetNotes,
)
from visionmq.engine.store.opened import DirectLink, open_here
from visionmq.engine.store.upkeep import LIST
from visionmq.schemas.archive import (
    DamagedArchive,
    Exported,
    ExportParams,
    Imported,
    ImportParams,
    read_header,
    read_pieces,
)
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.store import ListParams

SECRET = "correct horse"
CONSENT = Consent("I agree.", "2030-01-01T00:00:00+00:00", "form 7")


class Linked:
    """What an engine's `load` asks for."""

    def __init__(self, link: DirectLink) -> None:
        self._link = link

    def store(self) -> DirectLink:
        return self._link

    def engine(self, name: str) -> StoreEngine:
        raise AssertionError(name)


def run(link: DirectLink, operation: str, params: Struct, frames: tuple[bytes, ...] = (), key: str = "k") -> Answer:
    engine = StoreEngine()
    engine.bind(Linked(link))
    engine.load()
    (told,) = engine.run(operation, [Job(params, frames=frames, key=key, user="admin")])  # type: ignore[arg-type]
    if isinstance(told, EngineError):
        raise told
    return told


def take_out(link: DirectLink, passphrase: str | None = SECRET) -> bytes:
    """Return a whole archive, as a client would write it."""
    data, cursor = b"", None
    while True:
        params = ExportParams(collection="staff", passphrase=passphrase, plain=passphrase is None, cursor=cursor)
        answer = run(link, "gallery.export", params)
        assert isinstance(answer.result, Exported)
        data += answer.images[0]
        if (cursor := answer.result.cursor) is None:
            return data


def put_in(link: DirectLink, data: bytes, passphrase: str | None = SECRET, **more: str) -> list[Imported]:
    """Import an archive as a client would; the pieces' keys are their numbers."""
    file, told = io.BytesIO(data), []
    header = read_header(file)
    for piece in read_pieces(file):
        params = ImportParams(passphrase=passphrase, **more)
        answer = run(link, "gallery.import", params, (header, piece.data), key=f"piece {piece.number}")
        assert isinstance(answer.result, Imported)
        told.append(answer.result)
    return told


def contents(link: DirectLink, gallery: Gallery = FACES) -> list[tuple[str, bytes, float, str, bytes]]:
    page = link.call(TEMPLATES, GetTemplates(gallery=gallery, payloads=True))
    return sorted((row.subject, row.vector, row.quality, row.source, row.payload) for row in page.templates)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[DirectLink]:
    """Another, empty store."""
    with open_here(str(tmp_path / "other.db"), keys=str(tmp_path / "other.keys")) as link:
        yield link


@pytest.fixture
def full(sqlite_place: Place, monkeypatch: pytest.MonkeyPatch) -> DirectLink:
    """A store with some subjects, whose archive has several pieces."""
    return fill(sqlite_place.open(), monkeypatch)


@pytest.fixture
def full_each(link: DirectLink, monkeypatch: pytest.MonkeyPatch) -> DirectLink:
    """The same on both databases."""
    return fill(link, monkeypatch)


def fill(link: DirectLink, monkeypatch: pytest.MonkeyPatch) -> DirectLink:
    monkeypatch.setattr(archive, "PAGE_SUBJECTS", 2)
    ada = {"consent": CONSENT, "attributes": {"team": "red"}}
    enroll(link, "Ada", template(1, 0, 0, 0, source="a.jpg", payload=b"points", quality=0.5), **ada)
    for number in range(4):
        enroll(link, f"S{number}", template(0, 1, 0, number), template(0, 0, 1, number))
    note = SetNotes(gallery=FACES, name="calibration", content=b"curve", author=Author("note"))
    link.call(SET_NOTES, note)
    return link


@pytest.mark.parametrize("passphrase", [SECRET, None])
def test_a_collection_arrives_whole_in_another_store(
    full_each: DirectLink, other: DirectLink, passphrase: str | None
) -> None:
    data = take_out(full_each, passphrase)
    told = put_in(other, data, passphrase)
    assert (len(told) > 1, [one.last for one in told][-2:]) == (True, [False, True])
    assert sum(one.created for one in told) == 5
    assert contents(other) == contents(full_each)
    assert names(other, 0, 1, 0, 3, top=1) == ["S3"]
    ask = ListSubjects(kind="face", collection="staff")
    before, after = full_each.call(SUBJECTS, ask).subjects[0], other.call(SUBJECTS, ask).subjects[0]
    assert (after.subject, after.consent, after.attributes) == ("Ada", CONSENT, {"team": "red"})
    assert after.created_at == before.created_at
    assert other.call(GET_NOTES, GetNotes(FACES, "calibration")).content == b"curve"
    assert (b"Ada" in data, vector(1, 0, 0, 0) in data) == (passphrase is None, passphrase is None)


def test_a_piece_that_comes_again_adds_nothing(full: DirectLink, other: DirectLink) -> None:
    data = take_out(full)
    put_in(other, data)
    assert all(one.repeated for one in put_in(other, data))
    header = read_header(file := io.BytesIO(data))
    piece = next(read_pieces(file)).data
    again = run(other, "gallery.import", ImportParams(passphrase=SECRET), (header, piece), key="another key").result
    assert isinstance(again, Imported)
    assert (again.created, again.templates, again.known) == (0, 0, 3)
    assert contents(other) == contents(full)


def test_what_the_store_holds_stays_and_gaps_are_filled(full: DirectLink, other: DirectLink) -> None:
    enroll(other, "Ada", template(0.5, 0, 0, 0), attributes={"team": "blue"})
    put_in(other, take_out(full))
    row = other.call(SUBJECTS, ListSubjects(kind="face", collection="staff")).subjects[0]
    assert (row.attributes, row.consent, row.templates) == ({"team": "blue"}, CONSENT, {"dlib/1": 2})


def test_it_may_go_into_a_collection_of_another_name(full: DirectLink) -> None:
    put_in(full, take_out(full), collection="visitors")
    assert contents(full, Gallery("face", "visitors", "dlib/1", 4)) == contents(full)


def test_templates_of_a_model_that_cannot_be_compared_are_refused(full: DirectLink, other: DirectLink) -> None:
    data = take_out(full)
    with pytest.raises(EngineError, match=r"dlib/1.*arc/2.*compared") as refused:
        put_in(other, data, model="arc/2")
    assert refused.value.code is ErrorCode.CONFLICT
    enroll(other, "Bob", template(1, 0, 0, 0), gallery=Gallery("face", "staff", "arc/2", 4))
    with pytest.raises(EngineError, match=r"dlib/1.*arc/2.*compared"):
        put_in(other, data)
    assert contents(other) == []


def test_a_wrong_passphrase_and_pieces_of_another_archive_are_refused(full: DirectLink, other: DirectLink) -> None:
    data = take_out(full)
    with pytest.raises(EngineError, match="passphrase is wrong"):
        put_in(other, data, "wrong horse")
    with pytest.raises(EngineError, match="passphrase is needed"):
        put_in(other, data, None)
    file = io.BytesIO(data)
    read_header(file)
    forget(full, "S3")
    second = read_header(io.BytesIO(run(full, "gallery.export", _first(), key="second").images[0]))
    with pytest.raises(EngineError, match="was altered"):
        run(other, "gallery.import", ImportParams(passphrase=SECRET), (second, next(read_pieces(file)).data))
    assert contents(other) == []


def test_each_flipped_byte_and_each_cut_is_found_before_anything_is_sent(full: DirectLink) -> None:
    data = take_out(full)
    start = data.index(b"\n") + 1
    for at in range(start, len(data), 37):
        file = io.BytesIO(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        read_header(file)
        with pytest.raises(DamagedArchive):
            list(read_pieces(file))
    for at in range(start, len(data), 37):
        file = io.BytesIO(data[:at])
        read_header(file)
        with pytest.raises(DamagedArchive):
            list(read_pieces(file))
    with pytest.raises(DamagedArchive):
        list(read_pieces(io.BytesIO(data[start:] + b"x")))
    with pytest.raises(DamagedArchive):
        read_header(io.BytesIO(b"PK\x03\x04"))


def test_no_page_leaves_the_store_without_a_row_in_the_log(full: DirectLink, other: DirectLink) -> None:
    data = take_out(full)
    rows = full.call(LIST, ListParams(last=True, limit=1)).entries
    assert (rows[0].action, rows[0].user) == ("gallery.export", "admin")
    assert "Ada" not in str(rows)
    foreign = archive.ExportPage(header=read_header(io.BytesIO(data)), passphrase=SECRET)
    put_in(other, data)
    with pytest.raises(EngineError, match="not begun by this store"):
        other.call(archive.EXPORT, foreign)


def test_a_passphrase_is_asked_for_and_cursors_are_checked(full: DirectLink) -> None:
    with pytest.raises(EngineError, match="needs a passphrase"):
        run(full, "gallery.export", ExportParams(collection="staff"))
    with pytest.raises(EngineError, match="no cursor"):
        run(full, "gallery.export", ExportParams(collection="staff", passphrase=SECRET, cursor="AAAA"))
    with pytest.raises(EngineError, match="no such collection"):
        run(full, "gallery.export", ExportParams(collection="nobody", passphrase=SECRET))


def _first() -> ExportParams:
    return ExportParams(collection="staff", passphrase=SECRET)
