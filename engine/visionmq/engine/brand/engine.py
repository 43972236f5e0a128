"""The engine behind `brand.*`."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import cv2
from msgspec.structs import replace

from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec, Resources
from visionmq.engine.board import load_pens
from visionmq.engine.brand import learning
from visionmq.engine.brand.attempts import attempt
from visionmq.engine.brand.calibration import calibrate
from visionmq.engine.brand.gallery import Brands, Marked, collections
from visionmq.engine.brand.recognition import Embedding
from visionmq.engine.brand.recognizing import Recognizer
from visionmq.engine.brand.report import report
from visionmq.engine.brand.words import Words, load_words, words_capability
from visionmq.engine.store.link import Link
from visionmq.engine.store.messages import Author
from visionmq.schemas.brand.recognition import RecognizeParams
from visionmq.schemas.brand.references import (
    CollectionInfo,
    Collections,
    CollectionsParams,
    ForgetParams,
    Forgotten,
    Label,
    Labels,
    LabelsParams,
    Learned,
    LearnParams,
)
from visionmq.schemas.brand.report import CalibrateParams, ReportParams
from visionmq.schemas.common import ModelInfo, ProgressReport
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_IMAGES

_BATCH: Final = 8
"""Requests whose pictures are embedded together."""
_RECOGNIZE: Final = OperationSpec(
    "brand.recognize", RecognizeParams, 1, MAX_IMAGES, reads_pictures=False, max_batch=_BATCH
)
_LEARN: Final = OperationSpec("brand.learn", LearnParams, 1, MAX_IMAGES, reads_pictures=False, max_batch=_BATCH)
_LABELS: Final = OperationSpec("brand.labels", LabelsParams)
_COLLECTIONS: Final = OperationSpec("brand.collections", CollectionsParams)
_FORGET: Final = OperationSpec("brand.forget", ForgetParams)
_REPORT: Final = OperationSpec("brand.report", ReportParams)
_CALIBRATE: Final = OperationSpec("brand.calibrate", CalibrateParams)
LICENCE: Final = "Apache-2.0"


class BrandEngine:
    """Learns logos, finds them in pictures, and says which brand, or that it knows none of them."""

    name = "brand"
    version = "1"

    def __init__(self, embedding: Embedding | None = None) -> None:
        """Take another embedding than the one that is installed, if any; it is ready to use."""
        self._embedding = embedding
        self._link: Link | None = None
        self._words: Words | None = None
        self._resources: Resources | None = None
        self._marked: dict[str, Marked] = {}

    def bind(self, resources: Resources) -> None:
        """Keep the resources, whose store holds the galleries."""
        self._resources = resources

    def operations(self) -> Sequence[OperationSpec]:
        """Return the seven `brand.*` operations."""
        return _RECOGNIZE, _LEARN, _LABELS, _COLLECTIONS, _FORGET, _REPORT, _CALIBRATE

    def capabilities(self) -> Sequence[Capability]:
        """Return whether the network and the reading of word marks are installed."""
        return _embedding_capability(), words_capability()

    def load(self) -> None:
        """Open the network, the store and the typefaces, and run each part once."""
        cv2.setNumThreads(1)
        if self._resources is None:
            raise EngineError(ErrorCode.INTERNAL, "The brand engine was not bound to a store.", stage=learning.STAGE)
        if self._embedding is None:
            self._embedding = _installed()
        self._link = self._resources.store()
        load_pens()
        self._words = load_words()
        self._recognizer().warm()

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return the outcome of each job, in order."""
        if operation == _RECOGNIZE.name:
            return self._recognizer().run(jobs)
        if operation == _LEARN.name:
            return self._learn(jobs)
        work = {
            _LABELS.name: self._labels,
            _COLLECTIONS.name: self._collections,
            _FORGET.name: self._forget,
            _REPORT.name: self._report,
            _CALIBRATE.name: self._calibrate,
        }[operation]
        return [attempt(work, job) for job in jobs]

    # ---- parts ---------------------------------------------------------------------------

    @property
    def _eyes(self) -> Embedding:
        if self._embedding is None:
            raise EngineError(ErrorCode.INTERNAL, "The brand engine was not loaded.", stage=learning.STAGE)
        return self._embedding

    def _recognizer(self) -> Recognizer:
        return Recognizer(self._eyes, self._brands, self._words, self._model())

    def _model(self) -> ModelInfo:
        return ModelInfo(self._eyes.NAME, self._eyes.VERSION, LICENCE)

    def _brands(self, collection: str) -> Brands:
        """Return a collection of this model."""
        marked = self._marked.setdefault(collection, Marked())
        return Brands(self._stored, collection, model_name(self._eyes), self._eyes.DIMENSION, marked)

    @property
    def _stored(self) -> Link:
        if self._link is None:
            raise EngineError(ErrorCode.INTERNAL, "The brand engine was not loaded.", stage=learning.STAGE)
        return self._link

    # ---- operations ----------------------------------------------------------------------

    def _learn(self, jobs: Sequence[Job]) -> list[Answer | EngineError]:
        """Embed what all jobs teach together, then write each job's."""
        given = [attempt(learning.lessons_of, job) for job in jobs]
        together = [one for lessons in given if not isinstance(lessons, EngineError) for one in lessons]
        _tell(jobs, "embed", 0.1)
        studied = iter(learning.study(together, self._eyes))
        _tell(jobs, "store", 0.9)
        outcomes: list[Answer | EngineError] = []
        for job, lessons in zip(jobs, given, strict=True):
            if isinstance(lessons, EngineError):
                outcomes.append(lessons)
                continue
            mine = [next(studied) for _ in lessons]
            outcomes.append(attempt(partial(self._keep, lessons=mine), job))
        return outcomes

    def _keep(self, job: Job, lessons: Sequence[learning.Lesson]) -> Answer:
        assert isinstance(job.params, LearnParams)
        collection = job.params.collection
        items, sizes = learning.keep(lessons, self._brands(collection), job)
        passed = job.params.pass_back
        return Answer(
            Learned(items=items, collection=collection, brands=sizes, models=[self._model()], pass_back=passed)
        )

    def _labels(self, job: Job) -> Answer:
        params = job.params
        assert isinstance(params, LabelsParams)
        brands = self._brands(params.collection)
        page = brands.labels(params.after, params.limit)
        rows = [
            Label(
                brand=row.subject,
                references=row.templates.get(brands.model, 0),
                created_at=row.created_at,
                updated_at=row.updated_at,
            )
            for row in page.subjects
        ]
        return Answer(Labels(collection=params.collection, labels=rows, total=page.total, pass_back=params.pass_back))

    def _collections(self, job: Job) -> Answer:
        assert isinstance(job.params, CollectionsParams)
        rows = [
            CollectionInfo(collection=one.collection, brands=one.subjects, references=one.templates)
            for one in collections(self._stored, model_name(self._eyes))
        ]
        return Answer(Collections(collections=rows, model=self._model(), pass_back=job.params.pass_back))

    def _forget(self, job: Job) -> Answer:
        params = job.params
        assert isinstance(params, ForgetParams)
        brands = self._brands(params.collection)
        references = sum(1 for _ in brands.references(params.brand))
        receipt = brands.forget(params.brand, Author(job.key or job.request_id, job.user))
        return Answer(
            Forgotten(
                collection=params.collection,
                brand=params.brand,
                references=references,
                forgotten_at=receipt.forgotten_at,
                audit_sequence=receipt.audit_sequence,
                pass_back=params.pass_back,
            )
        )

    def _report(self, job: Job) -> Answer:
        params = job.params
        assert isinstance(params, ReportParams)
        references = list(self._brands(params.collection).references())
        found = report(params.collection, references, params.most)
        return Answer(replace(found, pass_back=params.pass_back))

    def _calibrate(self, job: Job) -> Answer:
        params = job.params
        assert isinstance(params, CalibrateParams)
        author = Author(job.key or job.request_id, job.user)
        found = calibrate(self._brands(params.collection), params.collection, author)
        return Answer(replace(found, pass_back=params.pass_back))


def model_name(eyes: Embedding) -> str:
    """Return the name under which a network's references are kept."""
    return f"{eyes.NAME}-{eyes.VERSION}"


def _tell(jobs: Sequence[Job], stage: str, fraction: float) -> None:
    for job in jobs:
        job.progress(ProgressReport(stage, fraction))


def _installed() -> Embedding:
    """Return the network that comes with the package; raise EngineError(ENGINE_UNAVAILABLE) if it is not there."""
    from visionmq.engine.brand.embedding import LogoEmbedding

    return LogoEmbedding.load()


def _embedding_capability() -> Capability:
    try:
        from visionmq.engine.brand.embedding import LogoEmbedding
    except ImportError as error:
        return Capability("logo embedding", False, f"{error}. Install visionmq[worker].")
    return Capability("logo embedding", True, f"{LogoEmbedding.NAME} {LogoEmbedding.VERSION}, {LICENCE}")
