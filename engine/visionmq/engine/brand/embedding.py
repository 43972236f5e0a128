"""Our logo embedding: a crop of a logo to a direction; drawings of one brand, in any colour and light, to near ones.

The network is EfficientNet-Lite0 (Tan and Le, 2019) with a projection, trained on drawn brands by
`training.brands`. Similarity is the dot product of two embeddings.
"""

from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from typing import Any, Final, TypeAlias

import numpy as np

from visionmq.engine.brand.letterbox import letterbox
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
    VERSION: Final = "2"
    DIMENSION: Final = 192
    SIDE: Final = 128

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
        embedding.embed([np.zeros((cls.SIDE, cls.SIDE, 3), np.uint8)])
        return embedding

    def embed(self, crops: Sequence[Pixels]) -> Array:
        """Return (n, DIMENSION) float32 of length 1 for n BGR uint8 crops of any sizes, at least 1 x 1; (0, DIMENSION) for none.

        A crop is letter-boxed: its proportions count, and the colour of its rim fills the square.
        """
        squares = [letterbox(crop, self.SIDE) for crop in crops]
        found = [self._run(np.stack(squares[start : start + _BATCH])) for start in range(0, len(squares), _BATCH)]
        return np.concatenate(found) if found else np.empty((0, self.DIMENSION), np.float32)

    def framed(self, vectors: Array) -> Array:
        """Return the log-odds, n, that what n embeddings show is a logo and little else: no fragment, no clutter."""
        return np.asarray(vectors @ self._framing[:-1] + self._framing[-1])

    def _run(self, squares: Array) -> Array:
        found: Array = self._session.run([_OUTPUT], {_INPUT: squares})[0]
        return found
