"""Files in, lines out: order, bounds, and going on after a crash."""

import json
from pathlib import Path

import pytest

from visionmq.client.cli import output
from visionmq.client.cli.batch import in_order, pictures, short_names
from visionmq.client.cli.failures import Failure


class Request:
    def __init__(self, book: "Book", file: Path) -> None:
        self.book, self.file, self.cancelled = book, file, False

    def result(self) -> str:
        self.book.flying -= 1
        if self.file.name == "bad":
            raise ValueError(self.file.name)
        return f"read {self.file.name}"

    def cancel(self) -> None:
        self.cancelled = True


class Book:
    """A client that counts what is in flight."""

    def __init__(self) -> None:
        self.flying = self.most = 0
        self.requests: list[Request] = []

    def submit(self, file: Path) -> Request:
        if file.name == "unreadable":
            raise OSError("no")
        self.flying += 1
        self.most = max(self.most, self.flying)
        self.requests.append(Request(self, file))
        return self.requests[-1]


def test_results_come_in_the_order_of_the_files_and_within_the_window():
    book = Book()
    files = [Path(str(number)) for number in range(20)]
    found = list(in_order(files, book.submit, window=4))
    assert [file for file, _ in found] == files
    assert [outcome for _, outcome in found] == [f"read {number}" for number in range(20)]
    assert book.most == 4


def test_a_bad_file_fails_alone():
    found = dict(in_order([Path("a"), Path("bad"), Path("unreadable"), Path("b")], Book().submit, window=2))
    assert isinstance(found[Path("bad")], ValueError)
    assert isinstance(found[Path("unreadable")], OSError)
    assert found[Path("b")] == "read b"


def test_what_is_in_flight_is_cancelled_when_the_run_ends_early():
    book = Book()
    run = in_order([Path(str(number)) for number in range(9)], book.submit, window=3)
    next(run)
    run.close()
    assert [request.cancelled for request in book.requests] == [False, True, True]


def test_folders_are_searched_below_and_sorted(tmp_path):
    for name in ("b.jpg", "a/z.PNG", "a/notes.txt", "c.webp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert [str(path.relative_to(tmp_path)) for path in pictures([tmp_path])] == ["a/z.PNG", "b.jpg", "c.webp"]
    assert list(pictures([tmp_path / "a" / "notes.txt"])) == [tmp_path / "a" / "notes.txt"]
    with pytest.raises(FileNotFoundError):
        list(pictures([tmp_path / "none.jpg"]))


def test_pictures_of_equally_named_files_do_not_overwrite_each_other():
    names = short_names([Path("a/x.jpg"), Path("b/x.jpg"), Path("c/y.jpg")])
    assert len(set(names.values())) == 3
    assert names[Path("c/y.jpg")] == "y"


def test_a_line_torn_by_a_crash_is_cut_off_and_its_file_is_still_to_do(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(b'{"file":"a.jpg","ok":true}\n{"file":"b.jp')
    assert output.done_files(path) == {"a.jpg"}
    assert path.read_bytes() == b'{"file":"a.jpg","ok":true}\n'


def test_a_file_of_other_things_is_not_taken_for_results(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"dear diary\n")
    with pytest.raises(Failure):
        output.done_files(path)


def test_results_are_never_overwritten(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(b'{"file":"a.jpg","ok":true}\n')
    with pytest.raises(Failure, match="exists"):
        output.open_sink(path, as_json=False, as_lines=False, resume=False)
    sink = output.open_sink(path, as_json=False, as_lines=False, resume=True)
    sink.write({"file": "b.jpg", "ok": True})
    sink.close()
    assert [json.loads(line)["file"] for line in path.read_text().splitlines()] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["none.jpg"], "none.jpg is not there"),
        (["."], "no pictures found"),
        ([".", "--resume"], "--resume needs"),
        ([".", "--json", "--jsonl"], "exclude"),
    ],
)
def test_wrong_usage_of_document_is_said_before_anything_starts(visionmq, words, says):
    for command in (["document"], ["document", "read"]):
        found = visionmq(*command, *words)
        assert found.code == 2
        assert says in found.err
