"""Damage done to a store's files, and what became of the store: refused, whole, or an earlier state that shows."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.faults.store_load import DIMENSION, FACES
from visionmq.engine.api import EngineError
from visionmq.engine.store.messages import (
    ENROLL,
    SEARCH,
    SUBJECTS,
    TEMPLATES,
    Author,
    Enroll,
    GetTemplates,
    ListSubjects,
    NewTemplate,
    Search,
)
from visionmq.engine.store.opened import DirectLink, open_here
from visionmq.engine.store.upkeep import HEAD, VERIFY, Ask
from visionmq.schemas.store import KeptHead, VerifyParams

SUBJECTS_KEPT = 40


@dataclass(frozen=True)
class Contents:
    """All that a store says of a collection, and where its log ends."""

    templates: tuple[tuple[str, str, bytes, str], ...]
    subjects: tuple[tuple[str, int], ...]
    found: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """A store's files as they were when it worked: the database, its journal and its key file."""

    folder: Path
    head: KeptHead
    contents: Contents

    def copy(self, to: Path) -> Path:
        """Return the database of a fresh copy."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.folder, to)
        return to / "store.db"


def make(folder: Path, kept: Path, *, journal: bool) -> Kept:
    """Fill a store, and keep its files; with all changes of the last part in the journal, or none."""
    address = str(folder / "store.db")
    with open_here(address) as link:
        for number in range(SUBJECTS_KEPT):
            _enroll(link, number)
        if journal:
            link.store.database.dispose()  # ends the journal into the file
            held = link.store.database.connect()
            held.exec_driver_sql("SELECT count(*) FROM audit").all()  # a reader keeps the journal from being ended
            for number in range(SUBJECTS_KEPT, SUBJECTS_KEPT + 5):
                _enroll(link, number)
            shutil.copytree(folder, kept)
            held.close()
        contents, head = read(link), link.call(HEAD, Ask())
        shown = KeptHead(
            store_id=head.store_id,
            sequence=head.sequence,
            hash=head.hash,
            at=head.at,
            public_key=head.public_key,
            signature=head.signature,
        )
    if not journal:
        shutil.copytree(folder, kept)
    return Kept(kept, shown, contents)


def _enroll(link: DirectLink, number: int) -> None:
    vector = np.random.default_rng(number).standard_normal(DIMENSION).astype("<f4").tobytes()
    template = NewTemplate(vector=vector, source=f"{number}.jpg", payload=b"points" * 20)
    link.call(
        ENROLL,
        Enroll(gallery=FACES, subject=f"subject {number}", templates=[template], author=Author(f"key {number}")),
    )


def read(link: DirectLink) -> Contents:
    """Return all that a store says of the collection."""
    page = link.call(TEMPLATES, GetTemplates(gallery=FACES, limit=10_000, payloads=True))
    rows = link.call(SUBJECTS, ListSubjects(kind=FACES.kind, collection=FACES.collection)).subjects
    probes = b"".join(row.vector for row in page.templates)
    found = link.call(SEARCH, Search(gallery=FACES, probes=probes, top=1)).hits if probes else []
    return Contents(
        tuple(sorted((row.template_id, row.subject, row.vector, row.source) for row in page.templates)),
        tuple((row.subject, sum(row.templates.values())) for row in rows),
        tuple(hits[0].subject for hits in found),
    )


def outcome(address: Path, kept: Kept) -> str:
    """Return `refused`, `shown` (the check of the log says it), `whole`, or `silent`: wrong and not noticed."""
    try:
        with open_here(str(address)) as link:
            contents = read(link)
            verdict = link.call(VERIFY, VerifyParams(head=kept.head))
    except EngineError:
        return "refused"
    if not verdict.ok:
        return "shown"
    return "whole" if contents == kept.contents else "silent"


def flip(file: Path, at: int, bits: int = 0xFF) -> None:
    """Change one byte of a file."""
    with file.open("r+b") as data:
        data.seek(at)
        was = data.read(1)[0]
        data.seek(at)
        data.write(bytes([was ^ bits]))


def cut(file: Path, size: int) -> None:
    """Cut a file off."""
    with file.open("r+b") as data:
        data.truncate(size)
