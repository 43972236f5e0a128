"""What access needs of the face engine: the face of a picture as numbers, and what distances mean for its model."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from visionmq.engine.access.methods import Probe
from visionmq.engine.api import Engine, EngineError
from visionmq.engine.face.asked import Vector, model_key, vector_of
from visionmq.engine.face.decision import Ruler, operating_point
from visionmq.engine.face.engine import FaceEngine
from visionmq.engine.face.operations import Tools
from visionmq.engine.face.operations_look import Probe as FaceProbe
from visionmq.engine.face.operations_look import encode_probes, probe_picture
from visionmq.engine.picture import Picture
from visionmq.schemas.access.common import DEFAULT_COLLECTION
from visionmq.schemas.access.edge import EdgeEncoding
from visionmq.schemas.common import ModelInfo
from visionmq.schemas.errors import Error, ErrorCode
from visionmq.schemas.face.common import Calibration, Encoding, Several

COUNTS: Final = tuple(2**power for power in range(13))
"""Numbers of comparisons that thresholds are told for; a car has few holders, with some templates each."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """Looks at faces with the tools of a loaded face engine."""

    tools: Tools

    @property
    def model(self) -> ModelInfo:
        """The model that encodings are made by."""
        return self.tools.model

    def look(self, picture: Picture | Error, item: int = 0) -> FaceProbe:
        """Return the one face of a picture, encoded; `error` says why there is none."""
        probe = probe_picture(self.tools.vision, picture, item, several=Several.REFUSE, strict=False)
        encode_probes(self.tools.vision, [probe])
        return probe

    def most_prominent(self, picture: Picture, item: int = 0) -> FaceProbe:
        """Return the largest face of a picture that may show others, encoded."""
        probe = probe_picture(self.tools.vision, picture, item, several=Several.PROMINENT, strict=False)
        encode_probes(self.tools.vision, [probe])
        return probe

    def ruler(self) -> Ruler:
        """Return what distances mean, by the calibration of the collection where it has one of its own."""
        return self.tools.ruler(Calibration.AUTO, DEFAULT_COLLECTION)

    def ask(self, vector: Vector, rate: float) -> Probe:
        """Return a face as the store is asked about it, with what keeps the false-match rate."""
        ruler = self.ruler()
        return Probe(
            vector=np.asarray(vector, "<f4").tobytes(),
            model=model_key(self.tools.vision.model),
            thresholds=[(count, operating_point(ruler, rate, count).threshold) for count in COUNTS],
            false_match_rate=rate,
        )

    def cannot_detect(self, probe: FaceProbe | None) -> str:
        """Return what passes all the same, in one line."""
        if probe is None:
            return "anything but this car's key: an encoding was sent, no picture"
        return "; ".join(self.tools.shown(probe).cannot_detect)

    def is_ours(self, encoding: EdgeEncoding) -> bool:
        """Whether an encoding was made by this model; BAD_REQUEST where it says so and cannot be."""
        if encoding.model not in (self.model.name, model_key(self.tools.vision.model)):
            return False
        vector_of(Encoding(encoding.model, encoding.vector), self.tools.vision.model)
        return True


def eyes_of(engine: Engine) -> Eyes:
    """Return the eyes of a face engine; raise EngineError(ENGINE_UNAVAILABLE) for another one."""
    if not isinstance(engine, FaceEngine):
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, f"{engine.name} is not the face engine that access builds on.")
    return Eyes(engine.tools)
