"""All that the document engine reads once, before its first picture: networks, templates, cascades."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Final

import numpy.fft  # NumPy loads these two at first use, when the sandbox lets no file be opened
import numpy.ma  # noqa: F401

from visionmq.engine.api import Capability, EngineError
from visionmq.engine.document.drawing.overlay import load_pens
from visionmq.engine.document.judge.typeface import Typefaces, load_typefaces
from visionmq.engine.document.mrz.detector import MODEL as DETECTOR
from visionmq.engine.document.mrz.detector import load_detector
from visionmq.engine.document.mrz.recogniser import MODEL as RECOGNISER
from visionmq.engine.document.mrz.recogniser import load_recogniser
from visionmq.engine.document.mrz.search import prepare
from visionmq.engine.document.mrz.zone_reader import ZoneReader
from visionmq.engine.document.ocr import DETECTION, RECOGNITION, Reader, load_models, model_folder
from visionmq.engine.document.page.portrait import Portraits, load_portraits
from visionmq.engine.document.specimen.make import load_maker
from visionmq.engine.document.template.alignment import VARIABLE, Template, load_all
from visionmq.schemas.common import ModelInfo
from visionmq.schemas.errors import ErrorCode

_DATA: Final = files("visionmq.engine.document") / "data"


@dataclass(frozen=True, slots=True)
class Models:
    """What reads documents."""

    zones: ZoneReader
    text: Reader
    portraits: Portraits
    typefaces: Typefaces
    templates: Sequence[Template]
    own_bundles: bool
    """Whether templates beside the shipped sample were asked for."""
    infos: Sequence[ModelInfo]


def load() -> Models:
    """Read and warm everything; raise EngineError(ENGINE_UNAVAILABLE) for what lacks, naming it."""
    detector, recogniser = _read(DETECTOR), _read(RECOGNISER)
    text = load_models()
    load_maker()
    load_pens()
    prepare()
    load_pens()
    bundles = os.environ.get(VARIABLE, "")
    return Models(
        zones=ZoneReader(load_detector(detector), load_recogniser(recogniser), text),
        text=text,
        portraits=load_portraits(),
        typefaces=load_typefaces(),
        templates=load_all(bundles),
        own_bundles=bool(bundles),
        infos=[_ours(DETECTOR, detector), _ours(RECOGNISER, recogniser), *_general()],
    )


def capabilities() -> Sequence[Capability]:
    """Return whether the networks are installed; reads nothing."""
    own = all((_DATA / name).is_file() for name in (DETECTOR, RECOGNISER))
    folder = model_folder()
    general = folder is not None and all((folder / f"{name}.onnx").is_file() for name in (DETECTION, RECOGNITION))
    return (
        Capability(
            "document.mrz", own, f"own networks, visionmq {_version('visionmq')}, Apache-2.0" if own else _LACKS
        ),
        Capability(
            "document.text",
            general,
            f"PP-OCRv6 small (rapidocr {_version('rapidocr')}, Apache-2.0)" if general else _LACKS,
        ),
    )


_LACKS: Final = "the models are missing; `pip install visionmq[worker]` brings them"


def _read(name: str) -> bytes:
    try:
        return (_DATA / name).read_bytes()
    except OSError as error:
        message = f"The model {name} cannot be read: {error.strerror}."
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, message, hint="Install visionmq[worker] again.") from None


def _ours(name: str, model: bytes) -> ModelInfo:
    return ModelInfo(
        name.removesuffix(".onnx"), f"visionmq {_version('visionmq')}", "Apache-2.0", sha256(model).hexdigest()
    )


def _general() -> list[ModelInfo]:
    return [ModelInfo(name, f"rapidocr {_version('rapidocr')}", "Apache-2.0") for name in (DETECTION, RECOGNITION)]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
