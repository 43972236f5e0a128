"""The engine behind `registration.*`."""

from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Final

import cv2
import numpy as np
from msgspec.structs import replace

from visionmq.engine.api import Answer, Capability, EngineError, Job, OperationSpec
from visionmq.engine.board import load_pens
from visionmq.engine.gate import PictureFormat
from visionmq.engine.picture import Picture
from visionmq.engine.registration.answer import answer_of, is_trusted
from visionmq.engine.registration.asked import SURF, SURF_HINT, algorithms, has_surf, settings_of
from visionmq.engine.registration.auto import register_pictures
from visionmq.engine.registration.cache import FeatureCache
from visionmq.engine.registration.pictures import draw, wanted
from visionmq.engine.registration.plan import AUTO, Settings
from visionmq.engine.registration.stitch import stitch
from visionmq.engine.registration.warp import readable, warp
from visionmq.schemas.common import Attachment, ProgressReport
from visionmq.schemas.registration import RegisterParams, StitchParams, WarpParams

_REGISTER: Final = OperationSpec("registration.register", RegisterParams, 2, 2)
_WARP: Final = OperationSpec("registration.warp", WarpParams, 0, 1)
_STITCH: Final = OperationSpec("registration.stitch", StitchParams, 2, 2)
_WARM_SIDE: Final = 240


class RegistrationEngine:
    """Lays one picture on another, says how far that can be trusted, and draws it."""

    name = "registration"
    version = "1"

    def __init__(self) -> None:
        self._cache = FeatureCache()

    def operations(self) -> Sequence[OperationSpec]:
        """Return the three `registration.*` operations."""
        return _REGISTER, _WARP, _STITCH

    def capabilities(self) -> Sequence[Capability]:
        """Return each algorithm, and why SURF is not there where it is not."""
        return [_capability(name) for name in algorithms() if name != AUTO]

    def load(self) -> None:
        """Open the typefaces, and run every algorithm once, so that no library is read later."""
        cv2.setNumThreads(1)
        load_pens()
        user, model = _warming()
        for name in algorithms():
            if name != SURF or has_surf():
                register_pictures(user.pixels, model.pixels, Settings(algorithm=name, refine=name == AUTO))
        self.run(_REGISTER.name, [Job(RegisterParams(want=["*"]), pictures=(user, model))])
        self.run(_STITCH.name, [Job(StitchParams(), pictures=(user, model))])

    def run(self, operation: str, jobs: Sequence[Job]) -> Sequence[Answer | EngineError]:
        """Return the outcome of each job, in order."""
        work = {_REGISTER.name: self._register, _WARP.name: warp, _STITCH.name: self._stitch}[operation]
        return [_attempt(work, job) for job in jobs]

    def _register(self, job: Job) -> Answer:
        params, settings = _asked(job)
        user, model = (readable(one, name) for one, name in zip(job.pictures, ("user", "model"), strict=True))
        found = register_pictures(user.pixels, model.pixels, settings, self._cache, time_left=job.time_left)
        result = answer_of(found, settings, points=params.points, pictures=(user, model))
        job.progress(ProgressReport("draw" if params.want else "register", 0.8))
        trusted, names = is_trusted(found), wanted(params.want)
        drawn = [*draw(user.pixels, model.pixels, found.registration, names, side=params.side, trusted=trusted)]
        images = [Attachment(one.name, place, media_type=one.media_type) for place, one in enumerate(drawn)]
        return Answer(replace(result, images=images, pass_back=params.pass_back), images=[one.frame for one in drawn])

    def _stitch(self, job: Job) -> Answer:
        params, settings = _asked(job)
        assert isinstance(params, StitchParams)
        user, model = (readable(one, name) for one, name in zip(job.pictures, ("user", "model"), strict=True))
        found = register_pictures(user.pixels, model.pixels, settings, self._cache, time_left=job.time_left)
        result = answer_of(found, settings, points=params.points, pictures=(user, model))
        return stitch(user.pixels, model.pixels, found, result, params)


def _asked(job: Job) -> tuple[RegisterParams, Settings]:
    assert isinstance(job.params, RegisterParams)
    return job.params, settings_of(job.params)


def _attempt(work: Callable[[Job], Answer], job: Job) -> Answer | EngineError:
    try:
        return work(job)
    except EngineError as error:
        return error


def _capability(name: str) -> Capability:
    if name != SURF:
        return Capability(name, True, f"OpenCV {cv2.__version__}, Apache-2.0")
    if has_surf():
        return Capability(name, True, f"mahotas {metadata.version('mahotas')}, MIT; OpenCV's wheels leave SURF out")
    return Capability(name, False, f"OpenCV's wheels leave SURF out, and mahotas is not installed. {SURF_HINT}")


def _warming() -> tuple[Picture, Picture]:
    """Return two small pictures of one pattern, the second shifted."""
    noise = np.random.default_rng(7).integers(0, 256, (_WARM_SIDE // 8, _WARM_SIDE // 8, 3), np.uint8)
    pattern = np.asarray(cv2.resize(noise, (_WARM_SIDE, _WARM_SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
    moved = np.ascontiguousarray(np.roll(pattern, 5, axis=1))
    user, model = (Picture(pixels, _WARM_SIDE, _WARM_SIDE, PictureFormat.RAW) for pixels in (pattern, moved))
    return user, model
