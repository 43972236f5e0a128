"""A collection of brands in the store: references, one prototype for each brand that has several, marks by template."""

import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from visionmq.engine.api import EngineError
from visionmq.engine.brand.marks import Marks, unpack
from visionmq.engine.registration.outcome import Array
from visionmq.engine.store.link import Link
from visionmq.engine.store.messages import (
    COLLECTIONS,
    ENROLL,
    FORGET,
    GET_NOTES,
    SEARCH,
    SET_NOTES,
    SUBJECTS,
    TEMPLATES,
    Author,
    CollectionRow,
    Enroll,
    Enrolled,
    Forget,
    Gallery,
    GetNotes,
    GetTemplates,
    ListCollections,
    ListSubjects,
    NewTemplate,
    Receipt,
    Search,
    SetNotes,
    SubjectPage,
)
from visionmq.schemas.errors import ErrorCode

KIND: Final = "brand"
PROTOTYPE: Final = "prototype"
"""Ends the model's name under which mean vectors are kept."""
_PAGE: Final = 1000
_MORE: Final = 6
"""References asked of the store beyond the brands wanted: some brands have several near ones."""
_MEANS: Final = 5
"""Prototypes asked of the store for each place."""
_CACHED: Final = 2000
"""Marks kept unpacked in memory, about 100 KB each at most."""
_CALIBRATION: Final = "calibration"
_LIST: Final = "`visionmq brand labels --collection {}` lists what there is."


def collections(link: Link, model: str) -> list[CollectionRow]:
    """Return the collections of brands by name, with how many references of a model each holds."""
    return link.call(COLLECTIONS, ListCollections(KIND, model)).collections


@dataclass(frozen=True, slots=True)
class Reference:
    """One template of a gallery."""

    template: str
    brand: str
    source: str
    vector: Array
    """`dimension` float32 of length 1."""


@dataclass(frozen=True, slots=True)
class Near:
    """A brand near one probe."""

    brand: str
    similarity: float
    """Of its nearest reference, or of its prototype if that is nearer."""
    template: str
    source: str
    votes: int
    """How many of the nearest references are the brand's."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """What a gallery has near some probes."""

    rows: list[list[Near]]
    """One list a probe, nearest first, each brand once."""
    brands: int
    references: int


@dataclass(slots=True)
class Marked:
    """Marks by template, the ones used last; templates never change, and forgotten ones are found no more."""

    _kept: OrderedDict[str, Marks | None] = field(default_factory=OrderedDict)

    def get(self, template: str) -> tuple[bool, Marks | None]:
        """Return whether a template's marks are known, and the marks."""
        if template not in self._kept:
            return False, None
        self._kept.move_to_end(template)
        return True, self._kept[template]

    def put(self, template: str, marks: Marks | None) -> None:
        """Keep marks; the longest unused make room."""
        self._kept[template] = marks
        while len(self._kept) > _CACHED:
            self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Brands:
    """One collection of one model."""

    link: Link
    collection: str
    model: str
    dimension: int
    marked: Marked

    @property
    def _gallery(self) -> Gallery:
        return Gallery(KIND, self.collection, self.model, self.dimension)

    @property
    def _prototypes(self) -> Gallery:
        return Gallery(KIND, self.collection, f"{self.model}/{PROTOTYPE}", self.dimension)

    # ---- reading -------------------------------------------------------------------------

    def nearest(self, probes: Array, top: int) -> Nearest:
        """Return the nearest brands of each probe (n x dimension float32 of length 1)."""
        asked = probes.astype("<f4").tobytes()
        found = self.link.call(SEARCH, Search(gallery=self._gallery, probes=asked, top=top + _MORE, templates=True))
        means = self.link.call(SEARCH, Search(gallery=self._prototypes, probes=asked, top=_MEANS))
        rows: list[list[Near]] = []
        for hits, more in zip(found.hits, means.hits, strict=True):
            row: dict[str, Near] = {}
            for hit in hits:
                known = row.get(hit.subject)
                near = _similarity(hit.distance)
                row[hit.subject] = (
                    Near(hit.subject, near, hit.template_id, hit.source, 1)
                    if known is None
                    else Near(known.brand, known.similarity, known.template, known.source, known.votes + 1)
                )
            for hit in more:
                known = row.get(hit.subject)
                if known is not None and _similarity(hit.distance) > known.similarity:
                    near = _similarity(hit.distance)
                    row[hit.subject] = Near(known.brand, near, known.template, known.source, known.votes)
            rows.append(sorted(row.values(), key=lambda one: (-one.similarity, one.brand))[:top])
        return Nearest(rows, found.subjects, found.templates)

    def marks(self, template: str, brand: str) -> Marks | None:
        """Return the marks of a template; None where it has none or is gone."""
        known, marks = self.marked.get(template)
        if not known:
            self._fetch(brand)
            _, marks = self.marked.get(template)
        return marks

    def _fetch(self, brand: str) -> None:
        """Read the marks of all references of a brand."""
        asked = GetTemplates(gallery=self._gallery, subject=brand, limit=_PAGE, payloads=True)
        for row in self.link.call(TEMPLATES, asked).templates:
            self.marked.put(row.template_id, unpack(row.payload))

    def references(self, brand: str | None = None) -> Iterator[Reference]:
        """Yield all references, or those of one brand; EngineError(NOT_FOUND) for an unknown one."""
        after: str | None = None
        while True:
            asked = GetTemplates(gallery=self._gallery, subject=brand, after=after, limit=_PAGE)
            try:
                page = self.link.call(TEMPLATES, asked).templates
            except EngineError as error:
                raise self._named(error, brand) from None
            for row in page:
                yield Reference(row.template_id, row.subject, row.source, np.frombuffer(row.vector, "<f4"))
            if len(page) < _PAGE:
                return
            after = page[-1].template_id

    def _named(self, error: EngineError, brand: str | None) -> EngineError:
        """Return an error in words of brands, where it says that one is not there."""
        if error.code is not ErrorCode.NOT_FOUND:
            return error
        told = f"There is no brand {brand!r} in {self.collection!r}."
        return EngineError(ErrorCode.NOT_FOUND, told, stage=KIND, hint=_LIST.format(self.collection))

    def labels(self, after: str | None, limit: int) -> SubjectPage:
        """Return a page of brands by name."""
        return self.link.call(SUBJECTS, ListSubjects(kind=KIND, collection=self.collection, after=after, limit=limit))

    # ---- writing -------------------------------------------------------------------------

    def learn(self, brand: str, templates: Sequence[NewTemplate], author: Author, *, replace: bool) -> Enrolled:
        """Add references to a brand, and bring its prototype up to date."""
        kept = self.link.call(
            ENROLL,
            Enroll(gallery=self._gallery, subject=brand, templates=list(templates), author=author, replace=replace),
        )
        if kept.templates > 1:
            self._average(brand, author.user)
        return kept

    def _average(self, brand: str, user: str | None) -> None:
        """Keep the mean of a brand's references as its prototype; done again, it only becomes newer."""
        author = Author(uuid.uuid4().hex, user)
        vectors = [reference.vector for reference in self.references(brand)]
        mean = np.mean(vectors, axis=0)
        vector = (mean / max(float(np.linalg.norm(mean)), 1e-6)).astype("<f4").tobytes()
        template = NewTemplate(vector=vector, source=PROTOTYPE)
        asked = Enroll(gallery=self._prototypes, subject=brand, templates=[template], author=author, replace=True)
        self.link.call(ENROLL, asked)

    def forget(self, brand: str, author: Author) -> Receipt:
        """Drop a brand with all its references; EngineError(NOT_FOUND) for an unknown one."""
        asked = Forget(kind=KIND, collection=self.collection, subject=brand, author=author)
        try:
            return self.link.call(FORGET, asked)
        except EngineError as error:
            raise self._named(error, brand) from None

    # ---- calibration ---------------------------------------------------------------------

    def read_calibration(self) -> bytes | None:
        """Return what was measured of this gallery; None if nothing was, or not of most of its present references."""
        return self.link.call(GET_NOTES, GetNotes(self._gallery, _CALIBRATION)).content

    def keep_calibration(self, content: bytes, author: Author) -> None:
        """Keep what was measured of this gallery."""
        asked = SetNotes(gallery=self._gallery, name=_CALIBRATION, content=content, author=author)
        self.link.call(SET_NOTES, asked)


def _similarity(distance: float) -> float:
    """Return the cosine of two unit vectors at a Euclidean distance."""
    return 1 - distance * distance / 2
