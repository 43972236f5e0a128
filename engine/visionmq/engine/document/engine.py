"""The engine behind `document.*`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from typing import Final, TypeVar

import cv2
from msgspec.structs import replace

from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec
from visionmq.engine.document import models
from visionmq.engine.document.barcode.payloads import BARCODE_MASKS
from visionmq.engine.document.drawing.crops import frames_of
from visionmq.engine.document.fields.transliteration import NotWritable
from visionmq.engine.document.judge.status import status
from visionmq.engine.document.merge import Look, merge
from visionmq.engine.document.models import Models
from visionmq.engine.document.mrz.layouts import MASKS
from visionmq.engine.document.mrz.search import MODES
from visionmq.engine.document.mrz.zone_reader import ZoneReading
from visionmq.engine.document.sighting import Sighting, look, rules_of
from visionmq.engine.document.specimen.make import DOC_TYPES, make_specimen
from visionmq.engine.document.telling import tell
from visionmq.engine.document.template.learn import learn
from visionmq.engine.picture import Picture
from visionmq.schemas.common import Attachment, Item, ProgressReport
from visionmq.schemas.document.documents import Document, Documents, Merged, RecognizeParams
from visionmq.schemas.document.specimens import MakeParams
from visionmq.schemas.document.templates import LearnParams, Masks, MasksParams
from visionmq.schemas.errors import Error, ErrorCode
from visionmq.schemas.limits import MAX_IMAGES

T = TypeVar("T")

STAGE: Final = "document"
WANTS: Final = ("overlay", "mrz", "page", "portrait", "signature", "zone.*")
DATE_OPTION: Final = "common.currentDate"
OPTIONS: Final = (DATE_OPTION,)
_BATCH: Final = 4
"""Requests that share a call of the recogniser."""

_RECOGNIZE: Final = OperationSpec("document.recognize", RecognizeParams, 1, MAX_IMAGES, max_batch=_BATCH)
_MASKS: Final = OperationSpec("document.masks", MasksParams, reads_pictures=False)
_MAKE: Final = OperationSpec("document.make", MakeParams, reads_pictures=False)
_LEARN: Final = OperationSpec("document.learn", LearnParams, 1, 1)


@dataclass(slots=True)
class _Gathered:
    """What the answer to one job grows from."""

    items: list[Item[Document]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    """What may be merged."""

    def attach(self, name: str, frame: bytes, media_type: str) -> None:
        self.attachments.append(Attachment(name, len(self.frames), len(self.items), media_type))
        self.frames.append(frame)


class DocumentEngine:
    """Reads identity documents: machine-readable zones, barcodes, and what templates describe."""

    name = "document"
    version = "2"

    def __init__(self) -> None:
        self._loaded: Models | None = None

    def operations(self) -> Sequence[OperationSpec]:
        """Return the four `document.*` operations."""
        return _RECOGNIZE, _MASKS, _MAKE, _LEARN

    def capabilities(self) -> Sequence[Capability]:
        """Return whether the networks are installed."""
        return models.capabilities()

    def load(self) -> None:
        """Read and warm all models and templates; raise EngineError(ENGINE_UNAVAILABLE) if one lacks."""
        cv2.setNumThreads(1)
        datetime.now().astimezone()  # the C library reads the time zone's file now, not in the sandbox
        self._loaded = models.load()

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return the outcome of each job, in order."""
        if operation == _RECOGNIZE.name:
            return self._recognize(jobs)
        work = {_MASKS.name: self._masks, _MAKE.name: self._make, _LEARN.name: self._learn}[operation]
        return [_attempt(work, job) for job in jobs]

    @property
    def models(self) -> Models:
        """What documents are read with; for engines that build on this one. Raises EngineError before `load`."""
        if self._loaded is None:
            raise EngineError(ErrorCode.INTERNAL, "The document engine was not loaded.", stage=STAGE)
        return self._loaded

    def _masks(self, job: Job) -> Answer:
        return Answer(Masks(self._known_types(), list(MODES), job.params.pass_back))

    def _known_types(self) -> list[str]:
        """Return every document type that a mask may name."""
        return [*MASKS, *BARCODE_MASKS, *(template.doc_type for template in self.models.templates)]

    def _make(self, job: Job) -> Answer:
        assert isinstance(job.params, MakeParams)
        _known([job.params.doc_type], "document type to draw", DOC_TYPES, DOC_TYPES.__contains__)
        try:
            made, picture = make_specimen(job.params)
        except NotWritable as error:
            raise EngineError(ErrorCode.BAD_REQUEST, str(error), stage=STAGE) from None
        return Answer(made, images=[picture])

    def _learn(self, job: Job) -> Answer:
        assert isinstance(job.params, LearnParams)
        (picture,) = job.pictures
        if isinstance(picture, Error):
            raise EngineError(picture.code, picture.message, stage=picture.stage, hint=picture.hint)
        learned, files = learn(job.params, picture.pixels)
        return Answer(learned, images=list(files.values()))

    def _recognize(self, jobs: Sequence[Job]) -> list[Answer | EngineError]:
        """Read the zones of all jobs of one set of rules together, then finish each job by itself."""
        checked = [_attempt(self._check, job) for job in jobs]
        outcomes: dict[int, Answer | EngineError] = {}
        groups: dict[tuple[object, ...], list[int]] = {}
        for index, found in enumerate(checked):
            if isinstance(found, EngineError):
                outcomes[index] = found
            else:
                groups.setdefault((found, *_rules_key(jobs[index])), []).append(index)
        for (today, *_), members in groups.items():
            assert isinstance(today, date)
            outcomes |= self._together([jobs[index] for index in members], members, today)
        return [outcomes[index] for index in range(len(jobs))]

    def _together(self, jobs: Sequence[Job], places: Sequence[int], today: date) -> dict[int, Answer | EngineError]:
        rules = rules_of(_params(jobs[0]), today)
        pictures = [[one for one in job.pictures if isinstance(one, Picture)] for job in jobs]
        read = iter(self.models.zones.read([one.pixels for one in chain.from_iterable(pictures)], rules))
        outcomes: dict[int, Answer | EngineError] = {}
        for place, job, own in zip(places, jobs, pictures, strict=True):
            readings = [next(read) for _ in own]
            outcomes[place] = _attempt(partial(self._answer, readings=readings, today=today), job)
        return outcomes

    def _answer(self, job: Job, readings: Sequence[Sequence[ZoneReading]], today: date) -> Answer:
        params, gathered, own = _params(job), _Gathered(), iter(readings)
        for number, picture in enumerate(job.pictures):
            if isinstance(picture, Error):
                gathered.items.append(Item(ok=False, error=picture))
            else:
                self._one(look(self.models, picture, next(own), params, today), params, today, gathered)
            job.progress(ProgressReport("recognize", (number + 1) / len(job.pictures)))
        result = Documents(
            items=gathered.items,
            images=gathered.attachments,
            models=list(self.models.infos),
            pass_back=params.pass_back,
            merged=_merged(gathered.looks, params, today) if params.merge else None,
        )
        return Answer(result, images=gathered.frames)

    def _one(self, sighting: Sighting, params: RecognizeParams, today: date, gathered: _Gathered) -> None:
        document, reading = tell(self.models, sighting, params, today), sighting.reading
        for name, frame, media_type in frames_of(sighting, document, params.want):
            gathered.attach(name, frame, media_type)
        index = len(gathered.items)
        if reading is None or document.doc_type != reading.zone.layout.doc_type:
            gathered.looks.append(Look(index=index, document=document))
        else:
            gathered.looks.append(Look(index=index, document=document, zone=reading.zone, lines=reading.lines))
        gathered.items.append(Item(ok=True, result=document))

    def _check(self, job: Job) -> date:
        """Return the day it is; raise EngineError(BAD_REQUEST) for a mask, mode, picture name or option not known."""
        params, types = _params(job), self._known_types()
        _known(params.mask, "mask", types, lambda mask: any(fnmatchcase(name, mask) for name in types))
        _known([params.mode], "mode", MODES, MODES.__contains__)
        _known(params.want, "wanted picture", WANTS, lambda name: any(fnmatchcase(name, want) for want in WANTS))
        _known(list(params.options), "option", OPTIONS, OPTIONS.__contains__)
        return _today(params)


def _merged(looks: Sequence[Look], params: RecognizeParams, today: date) -> Merged | None:
    found = merge(looks, today, rules_of(params, today))
    if found is None:
        return None
    return replace(found, document=replace(found.document, status=status(found.document)))


def _params(job: Job) -> RecognizeParams:
    assert isinstance(job.params, RecognizeParams)
    return job.params


def _rules_key(job: Job) -> tuple[object, ...]:
    params = _params(job)
    return params.mode, tuple(params.mask)


def _attempt(work: Callable[[Job], T], job: Job) -> T | EngineError:
    try:
        return work(job)
    except EngineError as error:
        return error


def _known(given: Sequence[str], what: str, known: Sequence[str], holds: Callable[[str], bool]) -> None:
    for name in given:
        if not holds(name):
            text = f"There is no {what} {name[:64]!r}; supported are {', '.join(known)}."
            raise EngineError(ErrorCode.BAD_REQUEST, text, stage=STAGE)


def _today(params: RecognizeParams) -> date:
    given = params.options.get(DATE_OPTION)
    if given is None and params.forensics:
        text = f"Forensics need the option {DATE_OPTION}: the day to judge expiry by."
        raise EngineError(
            ErrorCode.BAD_REQUEST, text, stage=STAGE, hint=f'Send options {{"{DATE_OPTION}": "DD.MM.YYYY"}}.'
        )
    if given is None:
        return date.today()
    try:
        day, month, year = (int(part) for part in given.split("."))
        return date(year, month, day)
    except ValueError:
        text = f"Option {DATE_OPTION} must be DD.MM.YYYY, not {given[:32]!r}."
        raise EngineError(ErrorCode.BAD_REQUEST, text, stage=STAGE) from None
