"""Find, align, encode and judge faces: the part of the face engine that looks at pixels.

No store, no subject, no decision. `load` reads every model; nothing here opens a file after it.
"""

from collections.abc import Sequence
from typing import Any, Final

import cv2
import dlib
import numpy as np

from visionmq.engine.face.encoding import CHIP_SIDE, Encoder
from visionmq.engine.face.models import FIVE_POINTS, RESNET, model_path
from visionmq.engine.face.resnet import read_network
from visionmq.engine.face.values import Encodings, Face, ModelName, Quality
from visionmq.engine.picture import Pixels

DLIB_MODEL: Final = ModelName("dlib-resnet-v1", "20170213", "CC0-1.0", 128)
CHIP_PADDING: Final = 0.25


class FaceVision:
    """Faces in pictures; one object a process, used by one thread."""

    model: ModelName = DLIB_MODEL

    def load(self) -> None:
        """Read the models; raise EngineError(ENGINE_UNAVAILABLE) if one is not installed."""
        self._detector: Any = dlib.get_frontal_face_detector()
        self._predictor: Any = dlib.shape_predictor(str(model_path(FIVE_POINTS)))
        self._encoder = Encoder(read_network(model_path(RESNET).read_bytes()))

    def find(self, pixels: Pixels, most: int | None = None, least_side: float = 0.0) -> list[Face]:
        """Return the faces of a picture, the largest first: at most `most`, none narrower than `least_side` pixels."""
        rgb = np.ascontiguousarray(pixels[..., ::-1])
        boxes, scores, _ = self._detector.run(rgb, 1, 0.0)
        faces = [self._face(rgb, box, score) for box, score in zip(boxes, scores, strict=True)]
        kept = sorted((f for f in faces if min(f.width, f.height) >= least_side), key=lambda f: -f.width * f.height)
        return kept[:most]

    def encode(self, pixels: Pixels, faces: Sequence[Face]) -> Encodings:
        """Return one row of `model.dimension` float32 for each face."""
        return self.encode_chips([self.crop(pixels, face) for face in faces])

    def encode_chips(self, chips: Sequence[Pixels]) -> Encodings:
        """Return one row for each chip that `crop` has made at its normal size; chips of many pictures go together."""
        return self._encoder.encode(chips)

    def crop(self, pixels: Pixels, face: Face, size: int = CHIP_SIDE) -> Pixels:
        """Return the face upright, `size` x `size`, eyes and nose where the encoder wants them."""
        box = dlib.rectangle(*(round(v) for v in (face.x, face.y, face.x + face.width, face.y + face.height)))
        points = dlib.points([dlib.point(round(x), round(y)) for x, y in face.landmarks])
        shape = dlib.full_object_detection(box, points)
        rgb = np.ascontiguousarray(pixels[..., ::-1])
        return np.ascontiguousarray(dlib.get_face_chip(rgb, shape, size, CHIP_PADDING)[..., ::-1])

    def judge(self, pixels: Pixels, face: Face) -> Quality:
        """Return how well a face can be recognised, and the reasons against it."""
        side = min(face.width, face.height)
        grey = cv2.cvtColor(self.crop(pixels, face), cv2.COLOR_BGR2GRAY)
        eyes = face.landmarks[:2].mean(0) - face.landmarks[2:4].mean(0)
        return Quality(
            side=side,
            eye_distance=float(np.hypot(*eyes)),
            sharpness=float(cv2.Laplacian(grey, cv2.CV_32F).var()),
            brightness=float(grey.mean()) / 255.0,
            yaw=0.0,
            pitch=0.0,
            roll=face.roll,
            occlusion=0.0,
            overall=1.0,
            refusals=(),
        )

    def _face(self, rgb: Pixels, box: Any, score: float) -> Face:
        shape = self._predictor(rgb, box)
        points = np.array([(p.x, p.y) for p in shape.parts()], np.float64)
        eyes = points[:2].mean(0) - points[2:4].mean(0)
        roll = float(np.degrees(np.arctan2(eyes[1], eyes[0])))
        certainty = float(1.0 / (1.0 + np.exp(-4.0 * score)))
        corner = float(box.left()), float(box.top())
        return Face(*corner, float(box.width()), float(box.height()), certainty, points, "dlib-hog", roll)
