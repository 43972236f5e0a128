"""What the commands of `visionmq face` that change or list a gallery do."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from visionmq.client.cli.face_run import ENGINES, picture, plain_of
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import Settings
from visionmq.client.cli.places import Places, each, patience
from visionmq.client.cli.stores import service

if TYPE_CHECKING:
    from visionmq.client import Client
    from visionmq.schemas.face.gallery import SubjectInfo

_TOGETHER: Final = 32
"""Pictures of one request; a subject with more takes several."""
_BYTES: Final = 96 * 1024 * 1024
"""And their bytes at most, well within a message's limit."""
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Person:
    """A subject and the pictures that one request adds to it."""

    subject: str
    files: tuple[Path, ...]
    first: bool = True
    """Whether this is the first request about the subject: only that one replaces what there was."""


def people_in(folder: Path) -> list[tuple[str, list[Path]]]:
    """Return the subjects of a folder: each folder in it is one, by its name, with the pictures below.

    Raises Failure where there is none.
    """
    from visionmq.client.cli.batch import pictures

    if not folder.is_dir():
        raise Failure(f"{folder} is no folder", "--folder takes a folder that holds one folder a subject.", Exit.USAGE)
    found = [(inner.name, list(pictures([inner]))) for inner in sorted(folder.iterdir()) if inner.is_dir()]
    people = [(name, files) for name, files in found if files]
    if not people:
        raise Failure(
            f"{folder} holds no folders with pictures", "Make one folder a subject: FOLDER/ada/1.jpg.", Exit.USAGE
        )
    return people


def requests_of(subject: str, files: Sequence[Path], *, whole: bool) -> Iterator[Person]:
    """Yield the requests that add these pictures to a subject: one, or as many as their number and size need.

    Raises Failure if they do not fit into one though all or none is asked for (`whole`).
    """
    batch: list[Path] = []
    first, size = True, 0
    for file in files:
        more = file.stat().st_size if file.is_file() else 0
        if batch and (len(batch) == _TOGETHER or size + more > _BYTES):
            if whole:
                raise Failure(f"{subject}: --strict takes up to {_TOGETHER} pictures at once", code=Exit.USAGE)
            yield Person(subject, tuple(batch), first)
            batch, first, size = [], False, 0
        batch.append(file)
        size += more
    if batch:
        yield Person(subject, tuple(batch), first)


def enroll(
    people: Sequence[tuple[str, Sequence[Path]]],
    given: Mapping[str, Any],
    places: Places,
    settings: Settings,
    *,
    store: str | None,
    window: int,
) -> None:
    """Add each subject's pictures and write a line a request; ends with exit code 1 if any picture was refused."""
    from visionmq.client.cli.face_show_found import show_enrolled

    places.check()
    asked = [one for name, files in people for one in requests_of(name, files, whole=given["strict"])]
    connection = service(settings, ENGINES, store=store, together=len(asked), tell=True)
    with closing(places.open(show_enrolled)) as sink, connection as client:
        seconds = patience(settings.timeout, sum(len(one.files) for one in asked[:window]))
        sender = _Enroller(client, given, seconds)
        each(asked, sender.submit, sender.line, sink, window=window, what="enrolling")
    if places.output is not None:
        typer.echo(f"{sender.kept} kept, {sender.refused} refused; results in {places.output}", err=True)
    if sender.refused:
        raise typer.Exit(Exit.SOME_FAILED)


class _Enroller:
    """Sends requests to enrol, and counts what came of the pictures."""

    def __init__(self, client: "Client", given: Mapping[str, Any], seconds: float | None) -> None:
        self._client, self._given, self._seconds = client, given, seconds
        self.kept = 0
        self.refused = 0

    def submit(self, person: Person) -> Any:
        """Send one request."""
        from visionmq.client.face_gallery import enroll_face

        given = {**self._given, "replace": self._given["replace"] and person.first}
        pictures = [picture(file) for file in person.files]
        call = enroll_face(person.subject, pictures, sources=[file.name for file in person.files], **given)
        return self._client.submit(call.operation, call.params, call.images, timeout=self._seconds)

    def line(self, person: Person, outcome: Any) -> dict[str, Any]:
        """Return the line of one request: what was kept and what refused."""
        from visionmq.client.cli.document_lines import describe

        line: dict[str, Any] = {"subject": person.subject, "files": [str(file) for file in person.files]}
        if isinstance(outcome, Exception):
            self.refused += len(person.files)
            return line | {"ok": False, "error": describe(outcome)}
        result = plain_of(outcome.result)
        self.kept += result["kept"]
        errors = [item["error"] for item in result["items"] if not item["ok"]]
        self.refused += len(errors)
        line |= {"ok": bool(result["kept"]), "result": result}
        return line if result["kept"] or not errors else line | {"error": errors[0]}


def all_subjects(client: "Client", collection: str) -> Iterator["SubjectInfo"]:
    """Yield every subject of a collection, page by page."""
    after: str | None = None
    while True:
        page = client.subjects(collection, after=after, limit=_PAGE)
        yield from page.subjects
        after = page.next
        if after is None:
            return


def show_subjects(collection: str, settings: Settings, *, store: str | None, as_json: bool, as_lines: bool) -> None:
    """Print the subjects of a collection."""
    import msgspec

    from visionmq.client.cli.show import print_json, print_table

    with service(settings, ENGINES, store=store, tell=not (as_json or as_lines)) as client:
        found = list(all_subjects(client, collection))
    if as_json:
        print_json(found)
    elif as_lines:
        for one in found:
            print(msgspec.json.encode(one).decode())
    else:
        rows = [
            (one.subject, sum(one.templates.values()), "yes" if one.consent else "-", one.updated_at, one.subject_id)
            for one in found
        ]
        empty = f"nobody is enrolled in {collection}; visionmq face enroll NAME FILE... --collection {collection}"
        print_table(("subject", "templates", "consent", "changed", "id"), rows, empty=empty)


def show_collections(settings: Settings, *, store: str | None, as_json: bool) -> None:
    """Print the collections of faces."""
    from visionmq.client.cli.show import print_json, print_table

    with service(settings, ENGINES, store=store, tell=not as_json) as client:
        found = client.face_collections()
    if as_json:
        print_json(found)
        return
    rows = [(one.collection, one.subjects, one.templates) for one in found.collections]
    empty = "there are no collections yet; visionmq face enroll NAME FILE... makes the first"
    print_table(("collection", "subjects", "templates"), rows, empty=empty)


def forget(
    subject: str,
    collection: str,
    settings: Settings,
    *,
    store: str | None,
    receipt: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Destroy what is kept of a subject and write the receipt, after a question to a person."""
    from visionmq.client.cli.show import print_json

    check_receipt(receipt)
    confirm(f"Destroy all that is kept of {subject!r} in {collection!r}, for good?", yes=yes)
    with service(settings, ENGINES, store=store, tell=not as_json) as client:
        done = client.forget_subject(subject, collection)
    write_receipt(receipt, done.receipt)
    if as_json:
        print_json(done)
        return
    count = f"{done.receipt.templates} template{'' if done.receipt.templates == 1 else 's'}"
    print(f"{subject} is forgotten: {count}, audit entry {done.receipt.audit_sequence}")
    print(f"receipt: {receipt}" if receipt else "no receipt was kept; -o receipt.json keeps one", file=sys.stderr)


def check_receipt(path: Path | None) -> None:
    """Raise Failure if a receipt cannot be written there, before anything is destroyed."""
    if path is not None and path.exists():
        raise Failure(f"{path} exists", "Name another file with -o, or remove it first.", Exit.USAGE)
    if path is not None and not path.parent.is_dir():
        raise Failure(f"{path.parent} is no folder", "Make it first, or name another file with -o.", Exit.USAGE)


def write_receipt(path: Path | None, receipt: Any) -> None:
    """Write a receipt as JSON."""
    import msgspec

    if path is not None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(receipt)) + b"\n")


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person; raises Failure where nobody can be asked and --yes is missing, or where the answer is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure("this cannot be undone, and nobody can be asked", "Add --yes to do it.", Exit.USAGE)
    if not typer.confirm(question, err=True):
        raise Failure("nothing was done")
