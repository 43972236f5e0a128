"""Places for better networks: a folder with an ONNX file and a manifest, for encodings or for presentation attacks.

Both are absent by default. `VISIONMQ_FACE_MODEL` names the folder of an encoder, `VISIONMQ_FACE_PRESENTATION` that
of a check for presentation attacks (ISO/IEC 30107-1) on single pictures; the manifest is `manifest.json`, as
`Manifest` and `PresentationManifest` say. The file's SHA-256 must be the manifest's: what was reviewed is what runs.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import cv2
import msgspec
import numpy as np
from msgspec import Struct

from visionmq.engine.api import EngineError
from visionmq.engine.document.network import open_model
from visionmq.engine.face.alignment import similarity
from visionmq.engine.face.blazeface import Floats
from visionmq.engine.face.values import Encodings, Face, ModelName
from visionmq.engine.picture import Pixels
from visionmq.schemas.errors import ErrorCode

ENCODER_VARIABLE: Final = "VISIONMQ_FACE_MODEL"
PRESENTATION_VARIABLE: Final = "VISIONMQ_FACE_PRESENTATION"
ARCFACE: Final = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (56.1396, 92.2848))
"""Eyes, tip of the nose and mouth in a chip of 112 pixels (insightface, `arcface_dst`; the mouth is the mean of its
corners)."""


class Input(Struct, frozen=True, forbid_unknown_fields=True):
    """How the network wants its picture."""

    side: int
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5)
    """Subtracted, in the order of `order`."""
    scale: float = 127.5
    """Divided by."""
    order: Literal["RGB", "BGR"] = "RGB"
    layout: Literal["NCHW", "NHWC"] = "NCHW"


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What an encoder is, and how it is fed."""

    name: str
    version: str
    licence: str
    file: str
    sha256: str
    input: Input
    dimension: int
    metric: Literal["cosine", "euclidean"] = "cosine"
    template: tuple[tuple[float, float], ...] = ARCFACE
    """Where the eyes, the tip of the nose and the mouth go, in pixels of the chip."""
    thresholds: dict[str, float] = {}
    """Largest Euclidean distance (of normalised encodings, for `cosine`) for a false-match rate such as "0.001"."""


class PresentationManifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a check for presentation attacks is, and what its makers measured it on."""

    name: str
    version: str
    licence: str
    file: str
    sha256: str
    input: Input
    live: int
    """Which of the network's outputs stands for a live face; outputs are turned to parts of 1 by softmax."""
    threshold: float
    measured_on: str
    cannot_detect: tuple[str, ...]
    zoom: float = 2.7
    """Sides of the box that the square around the face shows."""


_M = TypeVar("_M", Manifest, PresentationManifest)


class SlotEncoder:
    """An encoder from a folder; encodings of `cosine` are normalised, so that all are compared by distance."""

    def __init__(self, folder: Path) -> None:
        manifest, data = _read(folder, Manifest)
        self._manifest = manifest
        self._session = open_model(data, manifest.name)
        self.model = ModelName(
            manifest.name, manifest.version, manifest.licence, manifest.dimension, metric=manifest.metric
        )
        self.thresholds: Mapping[float, float] = {float(rate): value for rate, value in manifest.thresholds.items()}
        self._check()

    def chip(self, rgb: Pixels, face: Face) -> Pixels:
        """Return the face as the network wants it, side x side x 3, BGR."""
        template = np.asarray(self._manifest.template, np.float64)
        seen = _four_points(face)
        matrix = similarity(seen, template[: len(seen)])
        side = self._manifest.input.side
        warped = cv2.warpAffine(rgb, matrix, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        return np.ascontiguousarray(np.asarray(warped, np.uint8)[..., ::-1])

    def encode(self, chips: Sequence[Pixels]) -> Encodings:
        """Return one row a chip."""
        rows = [_run(self._session, chip, self._manifest.input) for chip in chips]
        if not rows:
            return np.zeros((0, self.model.dimension), np.float32)
        encodings = np.stack(rows).astype(np.float32)
        if self.model.metric == "cosine":
            encodings /= np.maximum(np.linalg.norm(encodings, axis=1, keepdims=True), 1e-12)
        return encodings

    def _check(self) -> None:
        side = self._manifest.input.side
        found = _run(self._session, np.zeros((side, side, 3), np.uint8), self._manifest.input).shape
        if found != (self.model.dimension,):
            raise _refuse(f"The network gives {found}, its manifest says {self.model.dimension} numbers.")


class PresentationModel:
    """A check of single pictures from a folder; says itself what it cannot detect."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.method = ""
        self.cannot_detect: Sequence[str] = ()

    def load(self) -> None:
        """Open the network; raise EngineError(ENGINE_UNAVAILABLE) if the folder is not what its manifest says."""
        self._manifest, data = _read(self._folder, PresentationManifest)
        self._session = open_model(data, self._manifest.name)
        self.method = f"{self._manifest.name}/{self._manifest.version}"
        self.cannot_detect = (f"anything beyond {self._manifest.measured_on}", *self._manifest.cannot_detect)

    def check(self, pixels: Pixels, face: Face) -> tuple[float, bool | None]:
        """Return a score, 0 (presented) to 1 (live), and whether it reaches the manifest's threshold."""
        side = self._manifest.input.side
        reach = self._manifest.zoom * max(face.width, face.height)
        scale = side / reach
        left, top = face.x + (face.width - reach) / 2.0, face.y + (face.height - reach) / 2.0
        matrix = np.array([[scale, 0.0, -scale * left], [0.0, scale, -scale * top]])
        square = cv2.warpAffine(pixels, matrix, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        logits = _run(self._session, np.asarray(square, np.uint8), self._manifest.input).astype(np.float64)
        parts = np.exp(logits - logits.max())
        score = float(parts[self._manifest.live] / parts.sum())
        return score, score >= self._manifest.threshold


def encoder_folder() -> Path | None:
    """Return the folder that the environment names for an encoder, None if it names none."""
    named = os.environ.get(ENCODER_VARIABLE)
    return Path(named) if named else None


def presentation_check() -> PresentationModel | None:
    """Return the check that the environment names, not yet loaded; None by default: nothing is checked."""
    named = os.environ.get(PRESENTATION_VARIABLE)
    return PresentationModel(Path(named)) if named else None


def _read(folder: Path, kind: type[_M]) -> tuple[_M, bytes]:
    try:
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=kind)
        data = (folder / Path(manifest.file).name).read_bytes()
    except (OSError, msgspec.MsgspecError) as error:
        raise _refuse(f"The model folder {folder.name!r} cannot be read: {error}.") from error
    if hashlib.sha256(data).hexdigest() != manifest.sha256.lower():
        raise _refuse(f"The file {manifest.file!r} is not the one that the manifest's SHA-256 names.")
    return manifest, data


def _run(session: Any, chip: Pixels, wanted: Input) -> np.ndarray[Any, np.dtype[np.float32]]:
    ordered = chip[..., ::-1] if wanted.order == "RGB" else chip
    tensor = (ordered.astype(np.float32) - np.asarray(wanted.mean, np.float32)) / np.float32(wanted.scale)
    if wanted.layout == "NCHW":
        tensor = tensor.transpose(2, 0, 1)
    return np.asarray(session.run(None, {session.get_inputs()[0].name: tensor[None]})[0][0])


def _four_points(face: Face) -> Floats:
    """Eyes, nose and mouth where the detector saw them; else the eyes of dlib's five points."""
    if face.points is not None:
        return face.points[:4]
    return np.stack([face.landmarks[2:4].mean(0), face.landmarks[:2].mean(0)])


def _refuse(message: str) -> EngineError:
    return EngineError(ErrorCode.ENGINE_UNAVAILABLE, message, hint="See docs/adr/0044-face-models.md.")
