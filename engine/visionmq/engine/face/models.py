"""dlib's models, found in the folder of the package that ships them, which is never imported.

The package's import needs `pkg_resources` and reads the 68-point file, whose data set forbids commercial
use; that file is never opened here.
"""

import importlib.util
from pathlib import Path
from typing import Final

from visionmq.engine.api import EngineError
from visionmq.engine.face.values import ModelName
from visionmq.schemas.errors import ErrorCode

PACKAGE: Final = "face_recognition_models"
FIVE_POINTS: Final = "shape_predictor_5_face_landmarks.dat"
RESNET: Final = "dlib_face_recognition_resnet_model_v1.dat"
DLIB_MODEL: Final = ModelName("dlib-resnet-v1", "0.3.0", "CC0-1.0", 128)
"""The version is that of the package that carries the file; dlib gave the network only the number in its name."""


def model_path(name: str) -> Path:
    """Return where a model file is; raise EngineError(ENGINE_UNAVAILABLE) if it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "models" / name
        if path.is_file():
            return path
    message = f"The face model {name} is not installed."
    raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, message, hint="Install visionmq[worker]; see docs/install.md.")
