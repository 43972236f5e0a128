"""What all operations of the face engine work with."""

from dataclasses import dataclass
from typing import Final

import msgspec

from visionmq.engine.api import EngineError
from visionmq.engine.face.answer import face_told, model_told
from visionmq.engine.face.asked import STAGE, gallery_of, model_key
from visionmq.engine.face.calibration import Table
from visionmq.engine.face.decision import Own, Ruler
from visionmq.engine.face.operations_look import Probe
from visionmq.engine.face.presentation import PresentationCheck, statement
from visionmq.engine.face.vision import FaceVision
from visionmq.engine.store.link import Link
from visionmq.engine.store.messages import GET_NOTES, Gallery, GetNotes
from visionmq.schemas.common import ModelInfo
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face.common import Calibration
from visionmq.schemas.face.comparison import Presentation, Side

CALIBRATION_NOTE: Final = "calibration"


@dataclass(slots=True)
class Tools:
    """The eyes, the calibration of their model, and the store."""

    vision: FaceVision
    table: Table
    link: Link | None = None
    no_store: str = "no store was given"
    """Why there is no link."""
    presentation: PresentationCheck | None = None

    @property
    def store(self) -> Link:
        """The store; raises EngineError(STORE_UNAVAILABLE) where it could not be opened."""
        if self.link is None:
            raise EngineError(
                ErrorCode.STORE_UNAVAILABLE, f"This worker has no store of faces: {self.no_store}", stage=STAGE
            )
        return self.link

    @property
    def model(self) -> ModelInfo:
        """The model's name, version and licence."""
        return model_told(self.vision.model)

    def gallery(self, collection: str) -> Gallery:
        """Return where a collection's templates of this model are kept."""
        return gallery_of(collection, self.vision.model)

    def ruler(self, wanted: Calibration, collection: str | None = None) -> Ruler:
        """Return what distances mean, in a collection if one is named; NOT_FOUND for an own calibration it lacks."""
        shipped = Ruler(self.table)
        if wanted is Calibration.SHIPPED or (collection is None and wanted is Calibration.AUTO):
            return shipped
        own = self._own(collection) if collection is not None else None
        if own is not None:
            return Ruler(self.table, Calibration.GALLERY, own)
        if wanted is Calibration.AUTO:
            return shipped
        message = "A comparison of two pictures has no collection." if collection is None else "It was not calibrated."
        hint = "Calibrate the collection with `face.calibrate`, or ask for `shipped`."
        raise EngineError(ErrorCode.NOT_FOUND, message, stage=STAGE, hint=hint)

    def _own(self, collection: str) -> Own | None:
        notes = self.store.call(GET_NOTES, GetNotes(self.gallery(collection), CALIBRATION_NOTE))
        if not notes.content:
            return None
        own = msgspec.msgpack.decode(notes.content, type=Own)
        if notes.state == notes.now:
            return own
        return msgspec.structs.replace(own, measured_on=f"{own.measured_on}, before it was last changed")

    def side(self, probe: Probe) -> Side:
        """Return what stood on a side that is a picture or an encoding."""
        return Side(
            source=probe.source,
            picture=probe.item if probe.picture is not None else None,
            face=face_told(probe.face, probe.quality) if probe.face is not None else None,
            faces=len(probe.faces) if probe.picture is not None else None,
            notes=probe.notes,
        )

    def shown(self, probe: Probe) -> Presentation:
        """Return what was checked against presentation attacks on a probe."""
        pixels = probe.picture.pixels if probe.picture is not None else None
        return statement(self.presentation, pixels, probe.face)


def not_found(subject: str, collection: str, tools: Tools) -> EngineError:
    """Return the error of a subject that has no templates of this model."""
    return EngineError(
        ErrorCode.NOT_FOUND,
        f"There is no subject {subject[:64]!r} with templates of {model_key(tools.vision.model)} in "
        f"collection {collection!r}.",
        stage=STAGE,
    )
