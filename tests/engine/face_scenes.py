"""Pictures of made-up persons, eyes that read them, and a store of one's own: the face engine without its models."""

from itertools import count
from typing import Any

import numpy as np
from msgspec.structs import replace

from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.face.engine import FaceEngine
from visionmq.engine.face.models import DLIB_MODEL
from visionmq.engine.face.values import Face, Quality, Refusal
from visionmq.engine.gate import PictureFormat
from visionmq.engine.picture import Picture

SIDE = 200
NUMBERS = count()
REFUSALS = (None, *Refusal)


def picture(
    person: int, shot: int = 0, *, faces: int = 1, others: float = 0.8, refusal: Refusal | None = None, yaw: float = 0.0
) -> Picture:
    """Return a picture that `FakeVision` reads: who it shows, which shot, how many beside, and what is wrong."""
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    pixels[0, 0] = person, shot, faces
    pixels[0, 1] = round(others * 100), REFUSALS.index(refusal), round(yaw) + 100
    return Picture(pixels, SIDE, SIDE, PictureFormat.RAW)


def vector_of(person: int, shot: int) -> np.ndarray[Any, Any]:
    """Return an encoding: persons are 0.85 apart, shots of one person about 0.35."""
    base = np.zeros(128)
    base[person] = 0.6
    noise = np.random.default_rng((person, shot)).normal(size=128)
    return (base + 0.25 * noise / np.linalg.norm(noise)).astype(np.float32)


class FakeVision:
    """Reads the first pixels of `picture`."""

    model = DLIB_MODEL
    thresholds = {}

    def __init__(self) -> None:
        self.calls: list[int] = []
        """Chips in each call of the encoder."""

    def load(self) -> None:
        """Load nothing."""

    def find(self, pixels, most=None, least_side=0.0):
        if not pixels[0, 0].any() or pixels.shape[0] != SIDE:
            return []
        many, part = int(pixels[0, 0, 2]), pixels[0, 1, 0] / 100
        points = np.array([[120, 80], [105, 80], [80, 80], [95, 80], [100, 110]], np.float64)
        main = Face(50, 50, 100, 100, 0.9, points, "fake")
        beside = [Face(0, 0, 100 * part, 100 * part, 0.8, points, "fake") for _ in range(many - 1)]
        return [*beside, main] if many else []

    def encode(self, pixels, faces):
        return self.encode_chips([self.crop(pixels, face) for face in faces])

    def crop(self, pixels, face, size=150):
        return np.ascontiguousarray(np.resize(pixels[0, 0], (size, size, 3)))

    def encode_chips(self, chips):
        self.calls.append(len(chips))
        rows = [vector_of(int(chip[0, 0, 0]), int(chip[0, 0, 1])) for chip in chips]
        return np.array(rows, np.float32).reshape(len(rows), 128)

    def judge(self, pixels, face):
        known = pixels.shape[0] == SIDE
        wrong = REFUSALS[int(pixels[0, 1, 1])] if known else None
        yaw = float(pixels[0, 1, 2]) - 100 if known else 0.0
        refusals = (wrong,) if wrong else ()
        return Quality(100, 40, 1.0, 0.5, yaw, 0.0, 0.0, 0.0, 0.2 if wrong else 0.9, refusals)


class Home:
    """What engines share, with one store."""

    def __init__(self, link=None) -> None:
        self.link = link

    def store(self):
        if self.link is None:
            from visionmq.schemas.errors import ErrorCode

            raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, "The disk is on fire.")
        return self.link

    def engine(self, name):
        raise KeyError(name)


def engine_with(link=None, vision=None) -> FaceEngine:
    """Return a loaded engine with made-up eyes."""
    made = FaceEngine(vision or FakeVision())
    made.bind(Home(link))
    made.load()
    return made


class Asker:
    """Asks an engine, in a collection of its own; each request has its own id."""

    def __init__(self, engine: FaceEngine, collection: str = "default") -> None:
        self.engine = engine
        self.collection = collection

    def outcome(self, operation, params, *pictures, key=None, user=None):
        if getattr(params, "collection", None) == "default":
            params = replace(params, collection=self.collection)
        job = Job(params, pictures=pictures, request_id=f"r{next(NUMBERS)}", key=key, user=user)
        (outcome,) = self.engine.run(f"face.{operation}", [job])
        return outcome

    def __call__(self, operation, params, *pictures, key=None, user=None):
        answer = self.outcome(operation, params, *pictures, key=key, user=user)
        if isinstance(answer, EngineError):
            raise answer
        assert isinstance(answer, Answer)
        return answer.result
