"""The engine behind `face.*`."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

import cv2
import numpy as np

from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec, Resources
from visionmq.engine.board import load_pens
from visionmq.engine.face.answer import Gathered, face_told
from visionmq.engine.face.asked import STAGE
from visionmq.engine.face.calibration import fit_impostors, pairs_of, resample
from visionmq.engine.face.decision import Ruler, operating_point, posteriors
from visionmq.engine.face.operations import Tools
from visionmq.engine.face.operations_calibrate import calibrate
from visionmq.engine.face.operations_challenge import challenge, respond
from visionmq.engine.face.operations_gallery import collections, enroll, forget, subjects
from visionmq.engine.face.operations_identify import identify
from visionmq.engine.face.operations_look import attempt, detect
from visionmq.engine.face.operations_verify import verify
from visionmq.engine.face.presentation import installed_check
from visionmq.engine.face.slot import encoder_folder
from visionmq.engine.face.tables import load_table
from visionmq.engine.face.values import Face
from visionmq.engine.face.vision import FaceVision
from visionmq.engine.gate import PictureFormat
from visionmq.engine.picture import Picture
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face.calibration import CalibrateParams
from visionmq.schemas.face.challenge import ChallengeParams, RespondParams
from visionmq.schemas.face.enrolment import EnrollParams
from visionmq.schemas.face.faces import DetectParams, EncodeParams
from visionmq.schemas.face.gallery import CollectionsParams, ForgetParams, SubjectsParams
from visionmq.schemas.face.identification import IdentifyParams
from visionmq.schemas.face.verification import VerifyParams
from visionmq.schemas.limits import MAX_IMAGES

Batch: TypeAlias = Callable[[Tools, Sequence[Job]], list[Answer | EngineError]]
Single: TypeAlias = Callable[[Tools, Job], Answer]

_MOST_JOBS: Final = 8
"""Requests whose faces are encoded in one call."""
_WARM_SIDE: Final = 96


def _batch(name: str, params: type, least: int, most: int, work: Batch) -> tuple[OperationSpec, Batch]:
    return OperationSpec(name, params, least, most, max_batch=_MOST_JOBS), work


def _single(name: str, params: type, work: Single, most: int = 0) -> tuple[OperationSpec, Batch]:
    def all_jobs(tools: Tools, jobs: Sequence[Job]) -> list[Answer | EngineError]:
        return [attempt(partial(work, tools, job)) for job in jobs]

    return OperationSpec(name, params, min(1, most), most, reads_pictures=most > 0), all_jobs


_TABLE: Final = (
    _batch("face.detect", DetectParams, 1, MAX_IMAGES, lambda tools, jobs: detect(tools.vision, jobs)),
    _batch("face.encode", EncodeParams, 1, MAX_IMAGES, lambda tools, jobs: detect(tools.vision, jobs)),
    _batch("face.verify", VerifyParams, 0, 2, verify),
    _batch("face.identify", IdentifyParams, 0, MAX_IMAGES, identify),
    _batch("face.enroll", EnrollParams, 0, MAX_IMAGES, enroll),
    _single("face.subjects", SubjectsParams, subjects),
    _single("face.collections", CollectionsParams, collections),
    _single("face.forget", ForgetParams, forget),
    _single("face.calibrate", CalibrateParams, calibrate),
    _single("face.challenge", ChallengeParams, challenge),
    _single("face.respond", RespondParams, respond, MAX_IMAGES),
)
_OPERATIONS: Final = {spec.name: (spec, work) for spec, work in _TABLE}


class FaceEngine:
    """Finds, compares, names and enrols faces.

    Without a store it still detects, encodes, and compares two faces; what needs the store answers
    `store_unavailable` with the reason.
    """

    name = "face"
    version = "1"

    def __init__(self, vision: FaceVision | None = None) -> None:
        """Make an engine; `vision` in place of the release's own."""
        self._vision = vision
        self._resources: Resources | None = None
        self._tools: Tools | None = None

    def bind(self, resources: Resources) -> None:
        """Keep the way to the store."""
        self._resources = resources

    def operations(self) -> Sequence[OperationSpec]:
        """Return the eleven `face.*` operations."""
        return [spec for spec, _ in _OPERATIONS.values()]

    def capabilities(self) -> Sequence[Capability]:
        """Return which models are here, and whether presentation attacks are checked."""
        return _capabilities()

    @property
    def tools(self) -> Tools:
        """What the operations work with; for engines that build on this one. Raises EngineError before `load`."""
        if self._tools is None:
            raise EngineError(ErrorCode.INTERNAL, "The face engine was not loaded.", stage=STAGE)
        return self._tools

    def load(self) -> None:
        """Read all models, open the store, and run once; raise EngineError(ENGINE_UNAVAILABLE) if a model lacks."""
        cv2.setNumThreads(1)
        load_pens()
        vision = self._vision or FaceVision()
        vision.load()
        check = installed_check()
        if check is not None:
            check.load()
        tools = Tools(vision, load_table(vision.model, encoder_folder(), vision.thresholds), presentation=check)
        self._open_store(tools)
        _warm(tools)
        self._tools = tools
        self.run("face.encode", [Job(EncodeParams(want=["*"]), pictures=(_blank(),))])

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return the outcome of each job, in order."""
        return _OPERATIONS[operation][1](self.tools, jobs)

    def _open_store(self, tools: Tools) -> None:
        if self._resources is None:
            return
        try:
            tools.link = self._resources.store()
        except EngineError as error:
            tools.no_store = str(error)


def _warm(tools: Tools) -> None:
    """Run what a blank picture does not reach, as NumPy and others import parts at their first use."""
    vision, blank = tools.vision, _blank()
    x, y = _WARM_SIDE * 0.3, _WARM_SIDE * 0.4
    points = np.array([[2 * x, y], [1.7 * x, y], [x, y], [1.3 * x, y], [1.5 * x, 1.5 * y]])
    face = Face(x / 2, y / 2, 2 * x, 2 * x, 0.5, points, "none")
    face_told(face, vision.judge(blank.pixels, face), vision.encode(blank.pixels, [face])[0])
    Gathered(["*"]).draw(vision, blank, 0, [(face, "face", True)])
    ruler = Ruler(tools.table)
    operating_point(ruler, 0.01)
    posteriors(ruler, [0.5, 0.6], 3, 0.5)
    pairs = pairs_of(np.random.default_rng(1).random((64, 8)), [str(number) for number in range(64)])
    fit_impostors(pairs, resample(pairs, 1, 1)[0])
    np.median(np.zeros(3))


def _blank() -> Picture:
    return Picture(np.full((_WARM_SIDE, _WARM_SIDE, 3), 127, np.uint8), _WARM_SIDE, _WARM_SIDE, PictureFormat.RAW)


def _capabilities() -> list[Capability]:
    """Return the model's licence, and what is checked against presented faces."""
    model = FaceVision.model
    found = [Capability(model.name, True, f"{model.version}, {model.licence}")]
    try:
        check = installed_check()
    except EngineError as error:
        return [*found, Capability("presentation", False, str(error))]
    if check is not None:
        return [*found, Capability("presentation", True, check.method)]
    missing = "No check of single pictures is installed (docs/adr/0045-face-decisions.md); `face.challenge` works."
    return [*found, Capability("presentation", False, missing)]
