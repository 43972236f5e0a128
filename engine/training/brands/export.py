"""Write the network as ONNX: crops (n, h, w, 3) uint8 BGR in, embeddings (n, DIMENSION) float32 of length one out.

Sides are multiples of 32: TensorFlow's padding is written for sides that halve evenly.

    python -m training.brands.export CHECKPOINT OUT.onnx

Weights are stored as int8 with a scale an output channel, or as float16, and made float32 when the model is opened (ONNX Runtime
folds the nodes): a quarter or half of the size, the speed of float32.
"""

import argparse
import io
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch  # type: ignore[import-not-found,unused-ignore]
from onnx import helper, numpy_helper
from torch import nn  # type: ignore[import-not-found,unused-ignore]

from training.brands.network import Backbone, Embedder

_SIDE: Final = 128
_SMALL: Final = 256
"""Tensors of fewer values stay as they are."""


class _Whole(nn.Module):  # type: ignore[misc,unused-ignore]
    """The embedder behind the input that callers have."""

    def __init__(self, net: Embedder) -> None:
        super().__init__()
        self.net = net

    def forward(self, crops: Any) -> Any:
        return self.net(crops.permute(0, 3, 1, 2).float())


def to_onnx(net: Embedder) -> onnx.ModelProto:
    """Return the network in float32, batch normalisation folded into the convolutions."""
    whole = _Whole(net).eval()
    example = torch.zeros(2, _SIDE, _SIDE, 3, dtype=torch.uint8)
    axes = {"crops": {0: "n", 1: "h", 2: "w"}, "embeddings": {0: "n"}}
    written = io.BytesIO()
    names: dict[str, Any] = {"input_names": ["crops"], "output_names": ["embeddings"], "dynamic_axes": axes}
    torch.onnx.export(whole, (example,), written, dynamo=False, opset_version=17, **names)
    return onnx.load_from_string(written.getvalue())


def _as_half(name: str, values: Any) -> tuple[list[Any], list[Any]]:
    tensor = numpy_helper.from_array(values.astype(np.float16), f"{name}.half")
    return [tensor], [helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT)]


def _as_bytes(name: str, values: Any) -> tuple[list[Any], list[Any]]:
    scale = np.maximum(np.abs(values.reshape(len(values), -1)).max(axis=1) / 127, 1e-12).astype(np.float32)
    spread = scale.reshape(-1, *[1] * (values.ndim - 1))
    levels = numpy_helper.from_array(np.rint(values / spread).astype(np.int8), f"{name}.levels")
    scales = numpy_helper.from_array(scale, f"{name}.scale")
    return [levels, scales], [helper.make_node("DequantizeLinear", [levels.name, scales.name], [name], axis=0)]


def shrink(model: onnx.ModelProto, *, to_bytes: bool) -> onnx.ModelProto:
    """Return a model whose large weights are stored as int8 (`to_bytes`) or float16."""
    kept: list[Any] = []
    nodes: list[Any] = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALL or values.ndim < 2:
            kept.append(tensor)
            continue
        tensors, made = (_as_bytes if to_bytes else _as_half)(tensor.name, values)
        kept += tensors
        nodes += made
    nodes += model.graph.node
    graph = helper.make_graph(nodes, "logos", model.graph.input, model.graph.output, kept)
    made_model = helper.make_model(graph, opset_imports=model.opset_import, ir_version=8)
    onnx.checker.check_model(made_model)
    return made_model


def read_net(checkpoint: Path) -> Embedder:
    """Return the (averaged) network of a checkpoint of `train`."""
    net = Embedder(Backbone())
    net.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["average"])
    return net


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--half", action="store_true", help="float16 instead of int8 with scales")
    asked = parser.parse_args()
    model = shrink(to_onnx(read_net(asked.checkpoint)), to_bytes=not asked.half)
    asked.out.write_bytes(model.SerializeToString())


if __name__ == "__main__":
    main()
