"""`brand.recognize`: jobs in, answers out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import cv2
import numpy as np

from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.brand.attempts import attempt
from visionmq.engine.brand.calibration import level_of
from visionmq.engine.brand.confirm import confirm, place_of
from visionmq.engine.brand.gallery import Brands, Near, Nearest
from visionmq.engine.brand.marks import marks_of, pack, unpack
from visionmq.engine.brand.overlay import OVERLAY, draw
from visionmq.engine.brand.reading import read_pictures
from visionmq.engine.brand.recognition import NEIGHBOURS, Asked, Embedding, Seen, Sighting, contend, crop, look, sight
from visionmq.engine.brand.scoring import Evidence, Level, probability
from visionmq.engine.brand.telling import matches_of, threshold_of, told_candidate, told_match, vector_of
from visionmq.engine.brand.views import views
from visionmq.engine.brand.words import Words, naming
from visionmq.engine.picture import Picture, encode_jpeg
from visionmq.schemas.brand.recognition import UNKNOWN, Recognition, Recognitions, RecognizeParams
from visionmq.schemas.common import Attachment, Item, ModelInfo, ProgressReport
from visionmq.schemas.errors import Error, ErrorCode

STAGE: Final = "brand"
SEARCHES: Final = ("auto", "whole", "scene")
WANTS: Final = (OVERLAY,)
_UNSURE: Final = (0.03, 0.97)
"""Probabilities between which a word mark may decide."""
_READ: Final = 3
"""Candidates of a picture whose places are read at most."""
_TIME_TO_READ: Final = 2.0
"""Seconds that a job must have left for reading."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What is said of one picture, and what it is drawn from."""

    recognition: Recognition
    matches: Sequence[Sighting]


@dataclass(frozen=True, slots=True)
class Recognizer:
    """Recognises the brands in the pictures of jobs."""

    embedding: Embedding
    brands: Callable[[str], Brands]
    words: Words | None
    model: ModelInfo

    def warm(self) -> None:
        """Run every part once, so that no library is read later."""
        grain = np.random.default_rng(3).integers(0, 256, (24, 24, 3), np.uint8)
        logo = np.asarray(cv2.resize(grain, (160, 160), interpolation=cv2.INTER_CUBIC), np.uint8)
        marks = unpack(pack(marks_of(logo)))
        assert marks is not None
        box = np.array([0, 0, 160, 160], np.float32)
        found = [confirm(place_of(seen, box), marks) for seen in (logo, np.ascontiguousarray(logo[::-1]))]
        views(logo)
        look([logo, np.ascontiguousarray(logo[:, :, ::-1])], self.embedding, "auto")
        evidence = Evidence(1.0, 1.0, surprise=found[0].surprise, likeness=found[0].likeness, looked=True)
        sight = Sighting("Acme", 1.0, probability(evidence, 0.5), "", "", found[0].quad, 0, evidence, found[0])
        encode_jpeg(draw(logo, contend([sight, sight], 2, lambda _: True)))
        naming(["acme"], "acme")
        if self.words is not None:
            self.words.read(logo)

    def run(self, jobs: Sequence[Job]) -> list[Answer | EngineError]:
        """Return the outcome of each job: their places are embedded together, each is answered by itself."""
        read = [attempt(_open, job) for job in jobs]
        seen = self._look([None if isinstance(one, EngineError) else one for one in read])
        outcomes: list[Answer | EngineError] = []
        for job, one, mine in zip(jobs, read, seen, strict=True):
            if isinstance(one, EngineError):
                outcomes.append(one)
            else:
                outcomes.append(attempt(partial(self._answer, pictures=one[1], seen=mine), job))
        return outcomes

    def _look(self, read: Sequence[tuple[RecognizeParams, list[Picture | Error]] | None]) -> list[dict[int, Seen]]:
        """Return what is seen in each job's readable pictures, by their index; those of one kind of search together."""
        found: list[dict[int, Seen]] = [{} for _ in read]
        for search in SEARCHES:
            places = [
                (job, index, picture.pixels)
                for job, one in enumerate(read)
                if one is not None and one[0].search == search
                for index, picture in enumerate(one[1])
                if isinstance(picture, Picture)
            ]
            for (job, index, _), seen in zip(
                places, look([row[2] for row in places], self.embedding, search), strict=True
            ):
                found[job][index] = seen
        return found

    def _answer(self, job: Job, pictures: Sequence[Picture | Error], seen: dict[int, Seen]) -> Answer:
        params = job.params
        assert isinstance(params, RecognizeParams)
        brands = self.brands(params.collection)
        near = self._nearest(brands, list(seen.values()))
        level = level_of(brands, near.references)
        rows = _by_picture(near, seen)
        told: dict[int, _Told] = {}
        for place, (index, one) in enumerate(seen.items()):
            notes = pictures[index].notes if isinstance(pictures[index], Picture) else ()  # type: ignore[union-attr]
            told[index] = self._tell(job, one, rows[index], brands, level, near.references, notes)
            job.progress(ProgressReport("recognize", (place + 1) / len(seen)))
        return self._assemble(params, pictures, seen, told, near, level)

    def _nearest(self, brands: Brands, seen: Sequence[Seen]) -> Nearest:
        dimension = self.embedding.DIMENSION
        vectors = np.vstack([np.empty((0, dimension), np.float32), *(one.vectors for one in seen)])
        return brands.nearest(np.asarray(vectors, np.float32), NEIGHBOURS)

    def _tell(
        self,
        job: Job,
        seen: Seen,
        rows: Sequence[Sequence[Near]],
        brands: Brands,
        level: Level,
        references: int,
        notes: Sequence[str],
    ) -> _Told:
        params = job.params
        assert isinstance(params, RecognizeParams)
        asked = Asked(params.search, params.verify, params.top)
        found = sight(seen, rows, brands, level, asked, references)
        if params.text and self.words is not None and job.time_left > _TIME_TO_READ:
            found = self._read(seen, found, level, references)
        matches = matches_of(seen, found, params)
        recognition = Recognition(
            label=matches[0].brand if matches else UNKNOWN,
            matches=[told_match(one, seen if params.embedding else None) for one in matches],
            candidates=[told_candidate(one) for one in found[: params.top]],
            places=len(seen.proposals.boxes),
            notes=list(notes),
            embedding=vector_of(seen, 0) if params.embedding else None,
        )
        return _Told(recognition, matches)

    def _read(self, seen: Seen, found: list[Sighting], level: Level, references: int) -> list[Sighting]:
        """Return the sightings with what their word marks say, where the first is neither sure nor hopeless."""
        if self.words is None or not found or not _UNSURE[0] < found[0].probability < _UNSURE[1]:
            return found
        strangers = level.similarity(max(1, references) * max(1, len(seen.proposals.boxes)))
        places = [0, *dict.fromkeys(one.place for one in found[:_READ])] if seen.proposals.flat else [found[0].place]
        texts = [text for place in dict.fromkeys(places) for text in self._texts(seen, place)]
        judged = [_named(one, texts, strangers) for one in found]
        return sorted(judged, key=lambda one: (-one.probability, -one.similarity, one.brand))

    def _texts(self, seen: Seen, place: int) -> list[str]:
        assert self.words is not None
        return self.words.read(crop(seen.pixels, seen.proposals.boxes[place]))

    def _assemble(
        self,
        params: RecognizeParams,
        pictures: Sequence[Picture | Error],
        seen: dict[int, Seen],
        told: dict[int, _Told],
        near: Nearest,
        level: Level,
    ) -> Answer:
        items: list[Item[Recognition]] = []
        images: list[bytes] = []
        attached: list[Attachment] = []
        for index, picture in enumerate(pictures):
            if isinstance(picture, Error):
                items.append(Item(ok=False, error=picture))
                continue
            items.append(Item(ok=True, result=told[index].recognition))
            if {OVERLAY, "*"} & set(params.want):
                attached.append(Attachment(OVERLAY, len(images), index, "image/jpeg"))
                images.append(encode_jpeg(draw(seen[index].pixels, told[index].matches)))
        result = Recognitions(
            items=items,
            collection=params.collection,
            brands=near.brands,
            references=near.references,
            threshold=threshold_of(params, level, near.references),
            images=attached,
            models=[self.model],
            pass_back=params.pass_back,
        )
        return Answer(result, images=images)


def _open(job: Job) -> tuple[RecognizeParams, list[Picture | Error]]:
    return _checked(job), read_pictures(job)


def _checked(job: Job) -> RecognizeParams:
    """Return a job's parameters; raises EngineError(BAD_REQUEST) for words that are none of those that are known."""
    params = job.params
    assert isinstance(params, RecognizeParams)
    if params.search not in SEARCHES:
        raise EngineError(
            ErrorCode.BAD_REQUEST,
            f"There is no search {params.search!r}; known are {', '.join(SEARCHES)}.",
            stage=STAGE,
        )
    unknown = [name for name in params.want if name not in {*WANTS, "*"}]
    if unknown:
        raise EngineError(
            ErrorCode.BAD_REQUEST, f"There is no picture {unknown[0]!r}; known are {', '.join(WANTS)}.", stage=STAGE
        )
    return params


def _by_picture(near: Nearest, seen: dict[int, Seen]) -> dict[int, list[list[Near]]]:
    rows, at = {}, 0
    for index, one in seen.items():
        count = len(one.proposals.boxes)
        rows[index] = near.rows[at : at + count]
        at += count
    return rows


def _named(one: Sighting, texts: Sequence[str], strangers: float) -> Sighting:
    fit, text = naming(texts, one.brand)
    if not fit:
        return one
    evidence = replace(one.evidence, text=fit)
    return replace(one, evidence=evidence, probability=probability(evidence, strangers), text=text)
