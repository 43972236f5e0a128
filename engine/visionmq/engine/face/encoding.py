"""dlib's face recognition network as an ONNX graph, written in memory and run in batches on one thread."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from visionmq.engine.document.network import open_model
from visionmq.engine.face.alignment import chip
from visionmq.engine.face.models import DLIB_MODEL
from visionmq.engine.face.resnet import BLOCKS, DIMENSION, KERNEL, Convolution, Network
from visionmq.engine.face.values import Encodings, Face, ModelName
from visionmq.engine.picture import Pixels

CHIP_SIDE: Final = 150
"""Pixels: the side of the upright face the network sees."""
MEAN_RGB: Final = (122.782, 117.001, 104.298)
"""dlib's `input_rgb_image_sized`: subtracted, then divided by 256."""
MOST_CHIPS: Final = 4
"""Chips in one call: a larger batch is slower, since its intermediate results leave the cache."""
_SCALE: Final = 256.0
_OPSET: Final = 17
_IR_VERSION: Final = 9


class FaceEncoder(Protocol):
    """A network that turns upright faces into encodings."""

    model: ModelName

    def chip(self, rgb: Pixels, face: Face) -> Pixels:
        """Return the face as the network wants it, BGR, from an RGB picture."""
        ...

    def encode(self, chips: Sequence[Pixels]) -> Encodings:
        """Return one row a chip."""
        ...


class DlibEncoder:
    """Turns chips (150 x 150 x 3, BGR) into encodings: 128 float32, compared by their Euclidean distance."""

    model: ModelName = DLIB_MODEL

    def __init__(self, network: Network) -> None:
        self._session: Any = open_model(write_onnx(network), "dlib-resnet-v1")

    def chip(self, rgb: Pixels, face: Face) -> Pixels:
        """Return the face as the network wants it, BGR."""
        return chip(rgb, face.landmarks, CHIP_SIDE)

    def encode(self, chips: Sequence[Pixels]) -> Encodings:
        """Return one row a chip."""
        parts = [
            self._session.run(None, {"chips": np.stack(chips[start : start + MOST_CHIPS])})[0]
            for start in range(0, len(chips), MOST_CHIPS)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, DIMENSION), np.float32)


def write_onnx(network: Network) -> bytes:
    """Return the network as an ONNX model: `chips` (N x 150 x 150 x 3, uint8, BGR) to `encodings` (N x 128)."""
    first, *rest = network.convolutions
    graph = _Graph()
    pixels = graph.add("Cast", "chips", to=TensorProto.FLOAT)
    top = graph.convolve(graph.add("Transpose", pixels, perm=[0, 3, 1, 2]), _take_bgr_bytes(first), stride=2)
    top = graph.add("MaxPool", graph.add("Relu", top), kernel_shape=[3, 3], strides=[2, 2])
    side = 35
    for filters, blocks, halves in BLOCKS:
        for block in range(blocks):
            pair = rest.pop(0), rest.pop(0)
            if halves and block == 0:
                top = graph.halve(top, pair, side)
                side //= 2
            else:
                top = graph.keep(top, pair)
        assert pair[1].weights.shape[0] == filters
    top = graph.add("Flatten", graph.add("GlobalAveragePool", top))
    graph.add("MatMul", top, graph.constant(network.last), output="encodings")
    return graph.model()


def _take_bgr_bytes(first: Convolution) -> Convolution:
    """Fold the mean, the division and the order of the channels into the first convolution, which pads nothing."""
    mean = np.asarray(MEAN_RGB, np.float64)
    weights = first.weights.astype(np.float64) / _SCALE
    bias = first.bias - (weights * mean[None, :, None, None]).sum((1, 2, 3))
    return Convolution(weights[:, ::-1].astype(np.float32), bias.astype(np.float32))


class _Graph:
    """An ONNX graph while it is written; names are numbers."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, values: np.ndarray[Any, Any]) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolve(self, top: str, layer: Convolution, stride: int = 1) -> str:
        """Dlib pads half the kernel where the stride is 1, nothing elsewhere."""
        pad = layer.weights.shape[2] // 2 if stride == 1 else 0
        weights, bias = self.constant(layer.weights), self.constant(layer.bias)
        return self.add("Conv", top, weights, bias, strides=[stride, stride], pads=[pad] * 4)

    def keep(self, top: str, pair: tuple[Convolution, Convolution]) -> str:
        inner = self.convolve(self.add("Relu", self.convolve(top, pair[0])), pair[1])
        return self.add("Relu", self.add("Add", inner, top))

    def halve(self, top: str, pair: tuple[Convolution, Convolution], side: int) -> str:
        """Dlib adds pictures of unlike sizes as if the smaller had zeros on the right, below, and in new channels."""
        inner = self.convolve(self.add("Relu", self.convolve(top, pair[0], stride=2)), pair[1])
        mean = self.add("AveragePool", top, kernel_shape=[2, 2], strides=[2, 2])
        filters, channels = pair[0].weights.shape[:2]
        missing = side // 2 - ((side - KERNEL) // 2 + 1)
        if missing:
            inner = self._pad(inner, (0, missing))
        if filters != channels:
            mean = self._pad(mean, (filters - channels, 0))
        return self.add("Relu", self.add("Add", inner, mean))

    def _pad(self, top: str, more: tuple[int, int]) -> str:
        channels, pixels = more
        return self.add("Pad", top, self.constant(np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64)))

    def model(self) -> bytes:
        chips = helper.make_tensor_value_info("chips", TensorProto.UINT8, ["n", CHIP_SIDE, CHIP_SIDE, 3])
        encodings = helper.make_tensor_value_info("encodings", TensorProto.FLOAT, ["n", DIMENSION])
        graph = helper.make_graph(self._nodes, "dlib-resnet-v1", [chips], [encodings], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
        checker.check_model(model)
        return bytes(model.SerializeToString())
