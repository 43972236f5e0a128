"""`visionmq store export` and `import`: a file that is whole or not there, checked before it is taken in."""

import io
import json
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cli.fake_service import Answer, FakeService, Refused
from visionmq.schemas import archive as v
from visionmq.schemas.errors import ErrorCode

HEADER = b'{"format":"visionmq-archive/1","archive_id":"a1"}\n'
PIECES = [v.make_piece(0, False, b"first"), v.make_piece(1, True, b"second")]


def export(params: v.ExportParams, _images: Sequence[bytes]) -> Answer:
    """Give the header with the first piece, then the second; break off in a collection of that name."""
    number = int(params.cursor or 0)
    if params.collection == "gone" or (params.collection == "breaks" and number):
        raise Refused(ErrorCode.NOT_FOUND, f"There is no collection {params.collection!r}.")
    piece = PIECES[number] if number else HEADER + PIECES[0]
    cursor = None if number else "1"
    return v.Exported(archive_id="a1", cursor=cursor, subjects=2 + number, templates=5 + number), [piece]


def take_in(params: v.ImportParams, images: Sequence[bytes]) -> Answer:
    """Take each piece in."""
    if params.passphrase == "wrong phrase":
        raise Refused(ErrorCode.BAD_REQUEST, "The passphrase is not the archive's.")
    assert images[0] == HEADER
    number, last, _ = v.open_piece(images[1])
    return v.Imported(archive_id="a1", subjects=2, created=1, templates=3, known=number, last=last)


@pytest.fixture
def broker(monkeypatch) -> Iterator[FakeService]:
    with FakeService({"gallery.export": export, "gallery.import": take_in}) as broker:
        monkeypatch.setenv("VISIONMQ_BROKER", broker.endpoint)
        yield broker


@pytest.fixture
def typed(monkeypatch):
    """Put a line on standard input, which is no terminal."""

    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    give("a long phrase\n")
    return give


def test_an_archive_is_all_pieces_and_readable_to_its_owner_alone(broker, visionmq, typed):
    found = visionmq("store", "export", "staff.vmq", "-c", "staff", "--passphrase-stdin", "--json")
    assert found.code == 0, found
    assert json.loads(found.out) == {"file": "staff.vmq", "subjects": 3, "templates": 6}
    assert Path("staff.vmq").read_bytes() == HEADER + b"".join(PIECES)
    assert stat.S_IMODE(Path("staff.vmq").stat().st_mode) == 0o600
    asked = [(params.kind, params.collection, params.passphrase, params.plain) for _, params, _ in broker.asked]
    assert asked == [("face", "staff", "a long phrase", False)] * 2
    assert visionmq("store", "export", "staff.vmq", "--plain").code == 2


def test_an_archive_in_the_clear_has_to_be_said(broker, visionmq, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert visionmq("store", "export", "a.vmq").code == 2
    found = visionmq("store", "export", "a.vmq", "--plain")
    assert found.code == 0
    assert "in the clear" in found.err
    assert broker.asked[0][1].plain is True


@pytest.mark.parametrize("collection", ["gone", "breaks"])
def test_what_breaks_off_leaves_no_file(broker, visionmq, collection):
    found = visionmq("store", "export", "a.vmq", "--plain", "-c", collection)
    assert found.code == 1
    assert not list(Path().glob("a.vmq*"))


def test_an_archive_is_taken_in_piece_by_piece(broker, visionmq, typed):
    Path("a.vmq").write_bytes(HEADER + b"".join(PIECES))
    found = visionmq("store", "import", "a.vmq", "-c", "guests", "--passphrase-stdin")
    assert found.code == 0, found
    assert "4 subjects (2 new), 6 templates added, 1 were there already" in found.out
    assert {params.collection for _, params, _ in broker.asked} == {"guests"}
    assert [images[1] for _, _, images in broker.asked] == PIECES


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no archive"),
        (b"other\n", "no archive"),
        (HEADER + PIECES[0], "ends before its last piece"),
        (HEADER + PIECES[0] + PIECES[1][:-1] + b"!", "damaged"),
        (HEADER + PIECES[1], "missing"),
        (HEADER + b"".join(PIECES) + b"x", "follows"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_before_anything_is_sent(broker, visionmq, content, said):
    Path("a.vmq").write_bytes(content)
    found = visionmq("store", "import", "a.vmq", "--plain")
    assert found.code == 1
    assert said in found.err
    assert not broker.asked


def test_a_wrong_passphrase_is_said(broker, visionmq, typed):
    Path("a.vmq").write_bytes(HEADER + b"".join(PIECES))
    typed("wrong phrase\n")
    found = visionmq("store", "import", "a.vmq", "--passphrase-stdin")
    assert found.code == 1
    assert "passphrase is not" in found.err
    typed("short\n")
    assert visionmq("store", "import", "a.vmq", "--passphrase-stdin").code == 2
