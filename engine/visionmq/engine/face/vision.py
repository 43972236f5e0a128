"""Find, align, encode and judge faces: the part of the face engine that looks at pixels.

No store, no subject, no decision. `load` reads every model; nothing here opens a file after it.
"""

from collections.abc import Mapping, Sequence

from visionmq.engine.face.alignment import Aligner, chip, make_face, to_rgb
from visionmq.engine.face.detection import NAME, Detector
from visionmq.engine.face.encoding import CHIP_SIDE, DlibEncoder, FaceEncoder
from visionmq.engine.face.models import DLIB_MODEL, RESNET, model_path
from visionmq.engine.face.occlusion import Occlusion
from visionmq.engine.face.quality import judge
from visionmq.engine.face.resnet import read_network
from visionmq.engine.face.slot import SlotEncoder, encoder_folder
from visionmq.engine.face.values import Encodings, Face, ModelName, Quality
from visionmq.engine.picture import Pixels


class FaceVision:
    """Faces in pictures; one object a process, used by one thread."""

    model: ModelName = DLIB_MODEL
    """Another one after `load`, if the environment names one (see `slot`)."""
    thresholds: Mapping[float, float] = {}
    """False-match rate to largest distance, as the other model's manifest says; empty for dlib's."""

    def load(self) -> None:
        """Read the models; raise EngineError(ENGINE_UNAVAILABLE) if one is not installed."""
        self._detector = Detector()
        self._aligner = Aligner()
        self._occlusion = Occlusion()
        folder = encoder_folder()
        slot = SlotEncoder(folder) if folder else None
        self._encoder: FaceEncoder = slot or DlibEncoder(read_network(model_path(RESNET).read_bytes()))
        self.model = self._encoder.model
        self.thresholds = slot.thresholds if slot else {}

    def find(self, pixels: Pixels, most: int | None = None, least_side: float = 0.0) -> list[Face]:
        """Return the faces of a picture, the largest first: at most `most`, none narrower than `least_side` pixels.

        Of a face that the picture's edge cuts, only the part inside counts for the order.
        """
        rgb = to_rgb(pixels)
        faces = [
            self._aligner.align(pixels, rgb, sight, NAME)
            for sight in self._detector.find(pixels, least_side)
            if sight.side >= least_side
        ]
        height, width = pixels.shape[:2]
        return sorted(faces, key=lambda face: -_visible(face, width, height))[:most]

    def at(self, pixels: Pixels, box: tuple[int, int, int, int]) -> Face:
        """Return the face in a box that is known (left, top, right, bottom): dlib's points, as `face_recognition`."""
        rgb = to_rgb(pixels)
        left, top, right, bottom = box
        edges = float(left), float(top), float(right), float(bottom)
        return make_face(edges, self._aligner.in_box(rgb, box), 1.0, "given")

    def encode(self, pixels: Pixels, faces: Sequence[Face]) -> Encodings:
        """Return one row of `model.dimension` float32 for each face."""
        rgb = to_rgb(pixels)
        return self.encode_chips([self._encoder.chip(rgb, face) for face in faces])

    def encode_chips(self, chips: Sequence[Pixels]) -> Encodings:
        """Return one row for each chip that `crop` has made at its normal size; chips of many pictures go together."""
        return self._encoder.encode(chips)

    def crop(self, pixels: Pixels, face: Face, size: int | None = None) -> Pixels:
        """Return the face upright, BGR: as the encoder wants it, or in dlib's alignment, size x size x 3."""
        rgb = to_rgb(pixels)
        return self._encoder.chip(rgb, face) if size is None else chip(rgb, face.landmarks, size)

    def judge(self, pixels: Pixels, face: Face) -> Quality:
        """Return how well a face can be recognised, and the reasons against it."""
        upright = self.crop(pixels, face, CHIP_SIDE)
        return judge(upright, face, max(self._occlusion.guess(upright)))


def _visible(face: Face, width: int, height: int) -> float:
    """Square pixels of the box inside the picture."""
    across = min(face.x + face.width, width) - max(face.x, 0.0)
    down = min(face.y + face.height, height) - max(face.y, 0.0)
    return max(across, 0.0) * max(down, 0.0)
