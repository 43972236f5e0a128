"""Pictures become references: several views of each are embedded, their mean is kept, with landmarks to confirm by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from visionmq.engine.api import EngineError, Job
from visionmq.engine.brand.gallery import Brands, Reference
from visionmq.engine.brand.marks import Marks, marks_of, pack
from visionmq.engine.brand.reading import read_pictures
from visionmq.engine.brand.recognition import Embedding
from visionmq.engine.brand.views import views
from visionmq.engine.picture import Picture
from visionmq.engine.registration.outcome import Array
from visionmq.engine.store.messages import Author, NewTemplate
from visionmq.schemas.brand.references import BrandSize, LearnedPicture, LearnParams
from visionmq.schemas.common import Item
from visionmq.schemas.errors import Error, ErrorCode, make_error

STAGE: Final = "brand"
FEW_LANDMARKS: Final = "few landmarks: its shape and embedding decide"
KNOWN: Final = "the brand has this picture already: it was not added again"
SAME: Final = 0.99999
"""Similarity from which on two references are one picture: batches of other sizes change the sixth digit, another
scale or format the fourth."""
_LEAST_RANGE: Final = 12
"""Levels between the darkest and the lightest pixel, below which a picture shows nothing."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One picture to be learnt, or why it cannot be."""

    brand: str
    source: str
    picture: Picture | None
    error: Error | None = None
    vector: Array | None = None
    marks: Marks | None = None


def lessons_of(job: Job) -> list[Lesson]:
    """Return what a job teaches, one a picture; raises EngineError(BAD_REQUEST) if brands and pictures do not fit."""
    params = job.params
    assert isinstance(params, LearnParams)
    count = len(job.frames)
    brands = params.brands or [params.brand or ""] * count
    if len(brands) != count or (params.brands and params.brand is not None) or "" in brands:
        raise EngineError(
            ErrorCode.BAD_REQUEST,
            f"{count} pictures need `brand`, the brand of all, or `brands` with one a picture; not both.",
            stage=STAGE,
        )
    if params.sources and len(params.sources) != count:
        raise EngineError(ErrorCode.BAD_REQUEST, f"`sources` has {len(params.sources)} entries for {count} pictures.")
    sources = params.sources or [f"image {number}" for number in range(1, count + 1)]
    return [_lesson(*row) for row in zip(brands, sources, read_pictures(job), strict=True)]


def _lesson(brand: str, source: str, picture: Picture | Error) -> Lesson:
    if isinstance(picture, Error):
        return Lesson(brand, source, None, picture)
    if int(picture.pixels.max()) - int(picture.pixels.min()) < _LEAST_RANGE:
        error = make_error(
            ErrorCode.BAD_IMAGE,
            "The picture shows nothing: all its pixels are alike.",
            stage=STAGE,
            hint="Send the logo on a ground that it stands out from, or with transparency.",
        )
        return Lesson(brand, source, None, error)
    return Lesson(brand, source, picture)


def study(lessons: Sequence[Lesson], embedding: Embedding) -> list[Lesson]:
    """Return the lessons with vectors and marks; the views of all are embedded together."""
    seen = [[] if one.picture is None else views(one.picture.pixels) for one in lessons]
    vectors = embedding.embed([view for group in seen for view in group])
    ends = np.cumsum([len(group) for group in seen])
    parts = np.split(vectors, ends[:-1]) if len(ends) else []
    return [_studied(one, part) for one, part in zip(lessons, parts, strict=True)]


def _studied(lesson: Lesson, vectors: Array) -> Lesson:
    if lesson.picture is None:
        return lesson
    mean = vectors.mean(axis=0)
    vector = (mean / max(float(np.linalg.norm(mean)), 1e-6)).astype(np.float32)
    marks = marks_of(lesson.picture.pixels)
    return Lesson(lesson.brand, lesson.source, lesson.picture, None, vector, marks)


def keep(lessons: Sequence[Lesson], brands: Brands, job: Job) -> tuple[list[Item[LearnedPicture]], list[BrandSize]]:
    """Write one job's lessons, brand by brand; return an item each, and the brands' sizes.

    A picture that its brand has already is not added again, unless all is replaced.
    """
    items: dict[int, Item[LearnedPicture]] = {
        index: Item(ok=False, error=one.error) for index, one in enumerate(lessons) if one.error is not None
    }
    sizes = []
    for brand in dict.fromkeys(one.brand for one in lessons if one.error is None):
        rows = [index for index, one in enumerate(lessons) if one.brand == brand and one.error is None]
        templates, size = _keep_brand(brand, [lessons[row] for row in rows], brands, job)
        sizes.append(size)
        items |= {row: _item(lessons[row], *told) for row, told in zip(rows, templates, strict=True)}
    return [items[index] for index in range(len(lessons))], sizes


def _keep_brand(
    brand: str, lessons: Sequence[Lesson], brands: Brands, job: Job
) -> tuple[list[tuple[str, bool]], BrandSize]:
    """Return the template of each lesson and whether it was there already, and the brand's size."""
    params = job.params
    assert isinstance(params, LearnParams)
    there = [] if params.replace else _there(brand, brands)
    known = _known(lessons, there)
    fresh = [one for one, template in zip(lessons, known, strict=True) if template is None]
    if not fresh:
        return [(template or "", True) for template in known], BrandSize(brand=brand, references=len(there))
    author = Author(f"{job.key or job.request_id}/{brand}", job.user)
    kept = brands.learn(brand, [_template(one) for one in fresh], author, replace=params.replace)
    added = iter(kept.template_ids)
    told = [(next(added), False) if template is None else (template, True) for template in known]
    return told, BrandSize(brand=brand, references=kept.templates, created=kept.created)


def _there(brand: str, brands: Brands) -> list[Reference]:
    """Return what a brand has; nothing for a new one."""
    try:
        return list(brands.references(brand))
    except EngineError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return []


def _known(lessons: Sequence[Lesson], there: Sequence[Reference]) -> list[str | None]:
    """Return the template that shows the very same picture as each lesson; None where there is none."""
    if not there:
        return [None] * len(lessons)
    vectors = np.array([one.vector for one in there], np.float32)
    found: list[str | None] = []
    for lesson in lessons:
        assert lesson.vector is not None
        near = vectors @ lesson.vector
        best = int(near.argmax())
        found.append(there[best].template if near[best] >= SAME else None)
    return found


def _template(lesson: Lesson) -> NewTemplate:
    assert lesson.vector is not None
    assert lesson.marks is not None
    assert lesson.picture is not None
    payload = pack(lesson.marks)
    return NewTemplate(vector=lesson.vector.astype("<f4").tobytes(), source=lesson.source, payload=payload)


def _item(lesson: Lesson, template: str, known: bool) -> Item[LearnedPicture]:
    assert lesson.marks is not None
    assert lesson.picture is not None
    landmarks = 0 if lesson.marks.landmarks is None else len(lesson.marks.landmarks)
    notes = [*lesson.picture.notes, *([FEW_LANDMARKS] if landmarks == 0 else []), *([KNOWN] if known else [])]
    learned = LearnedPicture(brand=lesson.brand, template=template, landmarks=landmarks, known=known, notes=notes)
    return Item(ok=True, result=learned)
