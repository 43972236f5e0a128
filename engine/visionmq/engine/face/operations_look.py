"""Pictures looked at: the faces of each, which one is meant, and the encodings of many made together.

Also `face.detect` and `face.encode`, which ask for no more.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Final, TypeAlias, TypeVar

import numpy as np

from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.face.answer import Gathered, face_told, issues, model_told
from visionmq.engine.face.asked import STAGE, Vector, check_wants, raised, vector_of
from visionmq.engine.face.values import Face, Quality
from visionmq.engine.face.vision import FaceVision
from visionmq.engine.picture import Picture
from visionmq.schemas.common import Item, ProgressReport
from visionmq.schemas.errors import Error, ErrorCode, make_error
from visionmq.schemas.face.common import Encoding, Several, Source
from visionmq.schemas.face.faces import DetectParams, EncodeParams, FaceItems, Faces

BYSTANDER_SIDE: Final = 0.35
"""A face whose side is below this part of the most prominent one's is a person in the background."""
_OFF_CENTRE: Final = 0.5
"""What a face in the corner of the picture counts, against the same in its middle."""

T = TypeVar("T")


@dataclass(slots=True)
class Probe:
    """One face that is asked about: from a picture or sent as an encoding, or why there is none."""

    source: Source
    item: int
    """Its place among the job's pictures, followed by its encodings."""
    picture: Picture | None = None
    face: Face | None = None
    quality: Quality | None = None
    faces: list[Face] = field(default_factory=list)
    """All of the picture, the most prominent first."""
    vector: Vector | None = None
    error: Error | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def ready(self) -> Vector:
        """The encoding; raises EngineError where there is none."""
        if self.error is not None:
            raise raised(self.error)
        assert self.vector is not None
        return self.vector


def prominent(picture: Picture, faces: Iterable[Face]) -> list[Face]:
    """Return faces by area, where one in the middle counts up to twice as much as one in a corner."""
    half = float(np.hypot(picture.width, picture.height)) / 2.0

    def weight(face: Face) -> float:
        x, y = face.x + face.width / 2.0, face.y + face.height / 2.0
        away = min(1.0, float(np.hypot(x - picture.width / 2.0, y - picture.height / 2.0)) / half)
        return float(face.width * face.height * (1.0 - _OFF_CENTRE * away))

    return sorted(faces, key=weight, reverse=True)


def probe_picture(
    vision: FaceVision, given: Picture | Error, item: int, *, several: Several, strict: bool, judge: bool = True
) -> Probe:
    """Return the face that a picture is about; what cannot be used is said in `error`."""
    if isinstance(given, Error):
        return Probe(Source.PICTURE, item, error=given)
    probe = Probe(Source.PICTURE, item, picture=given, notes=list(given.notes))
    probe.faces = prominent(given, vision.find(given.pixels))
    if not probe.faces:
        probe.error = _no_face(given)
        return probe
    probe.face = probe.faces[0]
    probe.error = _crowd(probe, several)
    if judge or strict:
        probe.quality = vision.judge(given.pixels, probe.face)
    if strict and probe.error is None and probe.quality is not None:
        probe.error = refusal(probe.quality)
    return probe


def _crowd(probe: Probe, several: Several) -> Error | None:
    """Say what was done about other faces in the picture, or why nothing can be."""
    main, *others = probe.faces
    rivals = [face for face in others if _side(face) >= BYSTANDER_SIDE * _side(main)]
    if rivals and several is Several.REFUSE:
        count = 1 + len(rivals)
        return make_error(ErrorCode.SEVERAL_FACES, f"The picture shows {count} faces; 1 is allowed.", stage=STAGE)
    if others:
        probe.notes.append(f"several faces: the most prominent of {len(probe.faces)} was taken")
    return None


def _side(face: Face) -> float:
    return min(face.width, face.height)


def _no_face(picture: Picture) -> Error:
    message = f"No face was found in the picture of {picture.width} x {picture.height} pixels."
    return make_error(ErrorCode.NO_FACE, message, stage=STAGE)


def refusal(quality: Quality) -> Error | None:
    """Return the plainest reason against using a face, with the measured value and the limit."""
    for code, sentence in issues(quality):
        return make_error(ErrorCode(code), sentence, stage=STAGE)
    return None


def probe_encoding(vision: FaceVision, encoding: Encoding, item: int) -> Probe:
    """Return an encoding that was sent; one of another model is said in `error`."""
    try:
        return Probe(Source.ENCODING, item, vector=vector_of(encoding, vision.model))
    except EngineError as error:
        return Probe(Source.ENCODING, item, error=error.to_error())


def encode_probes(vision: FaceVision, probes: Iterable[Probe]) -> None:
    """Make the encodings that still lack, all together."""
    lacking = [probe for probe in probes if probe.error is None and probe.vector is None]
    chips = [vision.crop(probe.picture.pixels, probe.face) for probe in lacking if probe.picture and probe.face]
    for probe, row in zip(lacking, vision.encode_chips(chips), strict=True):
        probe.vector = np.asarray(row, np.float32)


Prepare: TypeAlias = Callable[[Job], list[Probe]]
Finish: TypeAlias = Callable[[Job, list[Probe]], Answer]


def together(vision: FaceVision, jobs: Sequence[Job], prepare: Prepare, finish: Finish) -> list[Answer | EngineError]:
    """Prepare each job, encode the faces of all in one call, and finish each; a job that fails, fails alone."""
    prepared = [attempt(partial(prepare, job)) for job in jobs]
    encode_probes(vision, chain.from_iterable(probes for probes in prepared if isinstance(probes, list)))
    return [
        probes if isinstance(probes, EngineError) else attempt(partial(finish, job, probes))
        for job, probes in zip(jobs, prepared, strict=True)
    ]


def attempt(work: Callable[[], T]) -> T | EngineError:
    """Return what `work` returns, or the EngineError it raises."""
    try:
        return work()
    except EngineError as error:
        return error


# ---- face.detect, face.encode ---------------------------------------------------------------


def detect(vision: FaceVision, jobs: Sequence[Job]) -> list[Answer | EngineError]:
    """Answer `face.detect` and `face.encode`."""
    return together(vision, jobs, lambda job: _all_faces(vision, job), lambda job, probes: _tell(vision, job, probes))


def _all_faces(vision: FaceVision, job: Job) -> list[Probe]:
    """Return a probe for each face that is returned; one without a face for a picture that has none."""
    params = job.params
    assert isinstance(params, DetectParams)
    check_wants(params.want)
    probes: list[Probe] = []
    for item, given in enumerate(job.pictures):
        if isinstance(given, Error):
            probes.append(Probe(Source.PICTURE, item, error=given))
            continue
        faces = prominent(given, vision.find(given.pixels))
        shown: list[Face | None] = [*faces[: params.most]] or [None]
        for face in shown:
            quality = vision.judge(given.pixels, face) if face else None
            probe = Probe(Source.PICTURE, item, given, face, quality, faces, notes=list(given.notes))
            if not isinstance(params, EncodeParams) or face is None:
                probe.vector = np.zeros(0, np.float32)
            probes.append(probe)
        job.progress(ProgressReport("detect", (item + 1) / len(job.pictures)))
    return probes


def _tell(vision: FaceVision, job: Job, probes: list[Probe]) -> Answer:
    assert isinstance(job.params, DetectParams)
    gathered, items = Gathered(job.params.want), []
    for item in range(len(job.pictures)):
        own = [probe for probe in probes if probe.item == item]
        if own[0].error is not None:
            items.append(Item[Faces](ok=False, error=own[0].error))
            continue
        picture = own[0].picture
        assert picture is not None
        faces = [(probe.face, probe.quality, probe.vector) for probe in own if probe.face is not None]
        told = [face_told(face, quality, vector) for face, quality, vector in faces]
        gathered.draw(vision, picture, item, [(face, "", True) for face, _, _ in faces])
        found = Faces(
            width=picture.width,
            height=picture.height,
            faces=told,
            total=len(own[0].faces),
            notes=list(picture.notes),
        )
        items.append(Item(ok=True, result=found))
    result = FaceItems(
        items=items,
        images=gathered.attachments,
        models=[model_told(vision.model)],
        pass_back=job.params.pass_back,
    )
    return Answer(result, images=gathered.frames)
