"""The engine behind `document.*`."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from fnmatch import fnmatchcase
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import cv2
from msgspec import Struct, field

from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec
from visionmq.engine.document.drawing import draw_overlay, quads_of, straighten
from visionmq.engine.document.fields import is_sound, make_fields
from visionmq.engine.document.finder import Finding, find_zone
from visionmq.engine.document.layouts import MASKS
from visionmq.engine.document.ocr import DETECTION, RECOGNITION, Reader, load_models, model_folder
from visionmq.engine.picture import Picture, encode_jpeg, encode_png
from visionmq.schemas.common import Attachment, Item, ModelInfo, ProgressReport
from visionmq.schemas.document import Document, Documents, Masks, MasksParams, RecognizeParams
from visionmq.schemas.errors import Error, ErrorCode
from visionmq.schemas.limits import MAX_IMAGES

STAGE: Final = "document"
MODES: Final = ("default",)
WANTS: Final = ("overlay", "mrz")
DATE_OPTION: Final = "common.currentDate"

_RECOGNIZE: Final = OperationSpec("document.recognize", RecognizeParams, 1, MAX_IMAGES)
_MASKS: Final = OperationSpec("document.masks", MasksParams, reads_pictures=False)


class _Gathered(Struct):
    """What the answer to one job grows from."""

    items: list[Item[Document]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)

    def attach(self, name: str, frame: bytes, media_type: str) -> None:
        self.attachments.append(Attachment(name, len(self.frames), len(self.items), media_type))
        self.frames.append(frame)


class DocumentEngine:
    """Reads machine-readable zones of passports, visas and identity cards."""

    name = "document"
    version = "1"

    def __init__(self) -> None:
        self._reader: Reader | None = None

    def operations(self) -> Sequence[OperationSpec]:
        """Return `document.recognize` and `document.masks`."""
        return _RECOGNIZE, _MASKS

    def capabilities(self) -> Sequence[Capability]:
        """Return whether the text models are installed."""
        folder = model_folder()
        for name in (DETECTION, RECOGNITION):
            if folder is None or not (folder / f"{name}.onnx").is_file():
                missing = f"{name}.onnx is missing; `pip install visionmq[worker]` brings it"
                return (Capability("document.mrz", False, missing),)
        return (Capability("document.mrz", True, f"PP-OCRv6 small (rapidocr {_model_version()}, Apache-2.0)"),)

    def load(self) -> None:
        """Read both models and run each once; raise EngineError(ENGINE_UNAVAILABLE) if one lacks."""
        cv2.setNumThreads(1)
        datetime.now().astimezone()  # the C library reads the time zone's file now, not in the sandbox
        self._models = _models()
        self._reader = load_models()

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return the outcome of each job, in order."""
        return [self._attempt(operation, job) for job in jobs]

    def _attempt(self, operation: str, job: Job) -> Answer | EngineError:
        try:
            if isinstance(job.params, RecognizeParams):
                return self._recognize(job, job.params)
        except EngineError as error:
            return error
        return Answer(Masks(list(MASKS), list(MODES), job.params.pass_back))

    def _recognize(self, job: Job, params: RecognizeParams) -> Answer:
        _check(params)
        gathered = _Gathered()
        for number, picture in enumerate(job.pictures):
            self._one(picture, params, gathered)
            job.progress(ProgressReport("recognize", (number + 1) / len(job.pictures)))
        result = Documents(
            items=gathered.items, images=gathered.attachments, models=self._models, pass_back=params.pass_back
        )
        return Answer(result, images=gathered.frames)

    def _one(self, picture: Picture | Error, params: RecognizeParams, gathered: _Gathered) -> None:
        if isinstance(picture, Error):
            gathered.items.append(Item(ok=False, error=picture))
            return
        if self._reader is None:
            raise EngineError(ErrorCode.INTERNAL, "The document engine was not loaded.", stage=STAGE)
        finding = find_zone(self._reader, picture.pixels)
        document = _describe(picture, finding, params)
        if "overlay" in params.want:
            gathered.attach("overlay", encode_jpeg(draw_overlay(picture.pixels, document)), "image/jpeg")
        if "mrz" in params.want and finding is not None and document.doc_type is not None:
            gathered.attach("mrz", encode_png(straighten(picture.pixels, finding)), "image/png")
        gathered.items.append(Item(ok=True, result=document))


def _model_version() -> str:
    try:
        return version("rapidocr")
    except PackageNotFoundError:
        return "unknown"


def _models() -> list[ModelInfo]:
    return [ModelInfo(name, f"rapidocr {_model_version()}", "Apache-2.0") for name in (DETECTION, RECOGNITION)]


def _check(params: RecognizeParams) -> None:
    """Raise EngineError(BAD_REQUEST) for a mask, mode or picture name that we do not know."""
    _known(params.mask, "mask", MASKS, lambda mask: any(fnmatchcase(name, mask) for name in MASKS))
    _known([params.mode], "mode", MODES, MODES.__contains__)
    _known(params.want, "wanted picture", WANTS, WANTS.__contains__)
    _today(params)


def _known(given: Sequence[str], what: str, known: Sequence[str], holds: Callable[[str], bool]) -> None:
    for name in given:
        if not holds(name):
            text = f"There is no {what} {name[:64]!r}; supported are {', '.join(known)}."
            raise EngineError(ErrorCode.BAD_REQUEST, text, stage=STAGE)


def _today(params: RecognizeParams) -> date:
    given = params.options.get(DATE_OPTION)
    if given is None:
        return date.today()
    try:
        day, month, year = (int(part) for part in given.split("."))
        return date(year, month, day)
    except ValueError:
        text = f"Option {DATE_OPTION} must be DD.MM.YYYY, not {given[:32]!r}."
        raise EngineError(ErrorCode.BAD_REQUEST, text, stage=STAGE) from None


def _describe(picture: Picture, finding: Finding | None, params: RecognizeParams) -> Document:
    size = (picture.width, picture.height)
    # Two lines of text are no zone as long as not one check digit fits.
    if finding is None or finding.zone.score()[0] == 0:
        return Document(
            doc_type=None,
            reason="no machine-readable zone was found",
            advice="Photograph the page with the two or three lines of letters and < flat, sharp and whole.",
            size=size,
        )
    zone = finding.zone
    if not any(fnmatchcase(zone.layout.doc_type, mask) for mask in params.mask):
        reason = f"the picture shows {zone.layout.doc_type}, which the mask does not ask for"
        return Document(doc_type=None, reason=reason, advice="Widen the mask, for instance to mrz.*.", size=size)
    sound = is_sound(zone)
    return Document(
        doc_type=zone.layout.doc_type,
        fields=make_fields(zone, quads_of(finding), _today(params)),
        reason=None if sound else "not all check digits fit, or a character could not be read",
        advice=None
        if sound
        else "Photograph the zone again, sharp and without glare; if it repeats, suspect the document.",
        edits=zone.edits,
        size=size,
    )
