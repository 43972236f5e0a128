"""Our logo embedding: a crop of a logo to a direction; drawings of one brand, in any colour and light, to near ones.

The network is EfficientNet-Lite0 (Tan and Le, 2019) with a projection, trained on drawn brands by
`training.brands`. Similarity is the dot product of two embeddings.
"""

from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from typing import Any, Final, TypeAlias

import numpy as np

from visionmq.engine.brand.letterbox import FRAMES, by_shape, letterboxed
from visionmq.engine.document.network import open_model
from visionmq.engine.picture import Pixels

Array: TypeAlias = np.ndarray[Any, Any]

_FILE: Final = "logo_embedding.onnx"
_FRAMING: Final = "logo_framing.npy"
"""A weight for each number of an embedding, and the constant: fitted by `training.brand_frames`."""
_INPUT, _OUTPUT = "crops", "embeddings"
_BATCH: Final = 16
"""Crops run at once; more take memory and no less time a crop on one core."""


class LogoEmbedding:
    """The network that ships with the package. Opens no file after `load`; one instance serves one thread."""

    NAME: Final = "visionmq-logo"
    VERSION: Final = "3"
    DIMENSION: Final = 192
    SIDE: Final = 128
    """Root of the area of a frame in pixels."""

    def __init__(self, model: bytes, framing: Array | None = None) -> None:
        """Open an ONNX model; raise EngineError(ENGINE_UNAVAILABLE) if it is none. `framing` is DIMENSION + 1 weights."""
        self._session: Any = open_model(model, _FILE)
        self._framing = np.zeros(self.DIMENSION + 1, np.float32) if framing is None else framing

    @classmethod
    def load(cls) -> "LogoEmbedding":
        """Return the embedding of the package's data, run once so that nothing is allocated or opened later."""
        data = files(__package__).joinpath("data")
        framing = np.load(BytesIO(data.joinpath(_FRAMING).read_bytes()))
        embedding = cls(data.joinpath(_FILE).read_bytes(), framing)
        embedding.embed([np.zeros((high, wide, 3), np.uint8) for wide, high in FRAMES])
        return embedding

    def embed(self, crops: Sequence[Pixels]) -> Array:
        """Return (n, DIMENSION) float32 of length 1 for n BGR uint8 crops of any sizes, at least 1 x 1; (0, DIMENSION) for none.

        A crop is letter-boxed into the frame that fits it best: its proportions count, and the colour of its rim fills the rest.
        """
        inputs = [letterboxed(crop, self.SIDE) for crop in crops]
        found = np.empty((len(crops), self.DIMENSION), np.float32)
        for group in by_shape(inputs).values():
            for start in range(0, len(group), _BATCH):
                part = group[start : start + _BATCH]
                found[part] = self._run(np.stack([inputs[at] for at in part]))
        return found

    def framed(self, vectors: Array) -> Array:
        """Return the log-odds, n, that what n embeddings show is a logo and little else: no fragment, no clutter."""
        return np.asarray(vectors @ self._framing[:-1] + self._framing[-1])

    def _run(self, inputs: Array) -> Array:
        found: Array = self._session.run([_OUTPUT], {_INPUT: inputs})[0]
        return found
