"""Write the BlazeFace detectors of npm's `@mediapipe/face_detection` (Apache-2.0) as ONNX files.

    python -m training.face_detector FILE.tflite FILE.onnx

Needs the package `tflite`, which reads the flat buffer. Weights stay float16, as in the package. TensorFlow Lite
keeps rows x columns x channels and ONNX channels first: the graph turns its input once, and each output back
before it is flattened.
"""

import importlib
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

_OPSET: Final = 17
_IR_VERSION: Final = 9
_TO_ONNX_AXIS: Final = (0, 2, 3, 1)
"""Where each of TensorFlow's axes lies in ONNX."""


def convert(data: bytes) -> bytes:
    """Return a TensorFlow Lite model of convolutions as ONNX; raise ValueError if an operator is not known here."""
    return _Converter(data).run()


class _Converter:
    def __init__(self, data: bytes) -> None:
        self._lite: Any = importlib.import_module("tflite")
        self._model = self._lite.Model.GetRootAsModel(data, 0)
        self._graph = self._model.Subgraphs(0)
        self._kinds = {value: name for name, value in vars(self._lite.BuiltinOperator).items() if name.isupper()}
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._halves: dict[int, np.ndarray[Any, Any]] = {}

    def run(self) -> bytes:
        source, outputs = self._graph.Inputs(0), self._graph.OutputsAsNumpy().tolist()
        self._add("Transpose", ["input"], self._name(source), perm=[0, 3, 1, 2])
        for index in range(self._graph.OperatorsLength()):
            self._operator(self._graph.Operators(index))
        shape = self._graph.Tensors(source).ShapeAsNumpy().tolist()
        tensors = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", *shape[1:]])]
        results = []
        for output in outputs:
            size = self._graph.Tensors(output).ShapeAsNumpy().tolist()
            results.append(helper.make_tensor_value_info(self._name(output), TensorProto.FLOAT, ["n", *size[1:]]))
        graph = helper.make_graph(self._nodes, "blazeface", tensors, results, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
        _shorten(model.graph)
        checker.check_model(model)
        return bytes(model.SerializeToString())

    def _operator(self, operator: Any) -> None:
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        kind = self._kinds[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs, output = operator.InputsAsNumpy().tolist(), operator.Outputs(0)
        method = getattr(self, "_write_" + kind.lower(), None)
        if method is None:
            raise ValueError(f"The operator {kind} is not known.")
        method(operator, inputs, output)

    def _write_dequantize(self, _operator: Any, inputs: list[int], output: int) -> None:
        """Half precision weights: kept so in the file, widened where they are used."""
        self._halves[output] = self._values(inputs[0])

    def _write_densify(self, operator: Any, inputs: list[int], output: int) -> None:
        raise ValueError("Sparse weights are not read: convert the dense file.")

    def _write_conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self._options(operator, "Conv2DOptions")
        weights = self._values(inputs[1]).transpose(0, 3, 1, 2)
        self._convolve(options, (inputs[0], weights, self._values(inputs[2])), output, 1)

    def _write_depthwise_conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self._options(operator, "DepthwiseConv2DOptions")
        weights = self._values(inputs[1]).transpose(3, 0, 1, 2)
        self._convolve(options, (inputs[0], weights, self._values(inputs[2])), output, weights.shape[0])

    def _convolve(self, options: Any, inputs: tuple[int, Any, Any], output: int, groups: int) -> None:
        name = self._name(output)
        names = [self._name(inputs[0]), self._constant(f"{name}_w", inputs[1]), self._constant(f"{name}_b", inputs[2])]
        strides = [options.StrideH(), options.StrideW()]
        padding = "SAME_UPPER" if options.Padding() == self._lite.Padding.SAME else "VALID"
        self._with_activation("Conv", names, options, name, strides=strides, auto_pad=padding, group=groups)

    def _write_max_pool_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self._options(operator, "Pool2DOptions")
        padding = "SAME_UPPER" if options.Padding() == self._lite.Padding.SAME else "VALID"
        kernel, strides = [options.FilterHeight(), options.FilterWidth()], [options.StrideH(), options.StrideW()]
        names, name = [self._name(inputs[0])], self._name(output)
        self._with_activation("MaxPool", names, options, name, kernel_shape=kernel, strides=strides, auto_pad=padding)

    def _write_add(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self._options(operator, "AddOptions")
        self._with_activation("Add", [self._name(i) for i in inputs], options, self._name(output))

    def _write_relu(self, _operator: Any, inputs: list[int], output: int) -> None:
        self._add("Relu", [self._name(inputs[0])], self._name(output))

    def _write_pad(self, _operator: Any, inputs: list[int], output: int) -> None:
        lite = self._values(inputs[1]).reshape(4, 2)
        turned = np.zeros((2, 4), np.int64)
        for axis, place in enumerate(_TO_ONNX_AXIS):
            turned[:, place] = lite[axis]
        name = self._name(output)
        self._constants[f"{name}_p"] = numpy_helper.from_array(turned.reshape(8), f"{name}_p")
        self._add("Pad", [self._name(inputs[0]), f"{name}_p"], name)

    def _write_resize_bilinear(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self._options(operator, "ResizeBilinearOptions")
        shape, name = self._graph.Tensors(output).ShapeAsNumpy().tolist(), self._name(output)
        before = self._graph.Tensors(inputs[0]).ShapeAsNumpy().tolist()
        scales = np.array([1, 1, shape[1] / before[1], shape[2] / before[2]], np.float32)
        self._constants[f"{name}_s"] = numpy_helper.from_array(scales, f"{name}_s")
        mode = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
        mode = "align_corners" if options.AlignCorners() else mode
        names = [self._name(inputs[0]), "", f"{name}_s"]
        self._add("Resize", names, name, mode="linear", coordinate_transformation_mode=mode)

    def _write_reshape(self, _operator: Any, inputs: list[int], output: int) -> None:
        shape, name = self._graph.Tensors(output).ShapeAsNumpy().tolist(), self._name(output)
        self._constants[f"{name}_d"] = numpy_helper.from_array(np.array([-1, *shape[1:]], np.int64), f"{name}_d")
        self._add("Transpose", [self._name(inputs[0])], f"{name}_t", perm=[0, 2, 3, 1])
        self._add("Reshape", [f"{name}_t", f"{name}_d"], name)

    def _write_concatenation(self, operator: Any, inputs: list[int], output: int) -> None:
        axis = self._options(operator, "ConcatenationOptions").Axis()
        self._add("Concat", [self._name(i) for i in inputs], self._name(output), axis=axis)

    def _with_activation(self, kind: str, inputs: list[str], options: Any, name: str, **attributes: Any) -> None:
        activation = options.FusedActivationFunction()
        kinds = self._lite.ActivationFunctionType
        if activation == kinds.NONE:
            self._add(kind, inputs, name, **attributes)
            return
        after = {kinds.RELU: "Relu"}.get(activation)
        if after is None:
            raise ValueError(f"The activation {activation} is not known.")
        self._add(kind, inputs, f"{name}_linear", **attributes)
        self._add(after, [f"{name}_linear"], name)

    def _options(self, operator: Any, kind: str) -> Any:
        options, table = getattr(self._lite, kind)(), operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return options

    def _values(self, index: int) -> np.ndarray[Any, Any]:
        if index in self._halves:
            return self._halves[index]
        tensor = self._graph.Tensors(index)
        kinds = {0: "<f4", 1: "<f2", 2: "<i4"}
        data = self._model.Buffers(tensor.Buffer()).DataAsNumpy()
        return np.frombuffer(data.tobytes(), kinds[tensor.Type()]).reshape(tensor.ShapeAsNumpy())

    def _constant(self, name: str, values: np.ndarray[Any, Any]) -> str:
        half = np.ascontiguousarray(values.astype(np.float16))
        self._constants[f"{name}16"] = numpy_helper.from_array(half, f"{name}16")
        self._add("Cast", [f"{name}16"], name, to=TensorProto.FLOAT)
        return name

    def _name(self, index: int) -> str:
        name: str = self._graph.Tensors(index).Name().decode()
        return f"{name}_{index}"

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))


def _shorten(graph: Any) -> None:
    """Give what is inside short names: they would be three parts in a hundred of the file."""
    kept = {value.name: value.name for value in (*graph.input, *graph.output)}

    def short(name: str) -> str:
        return kept.setdefault(name, f"{len(kept):x}")

    for constant in graph.initializer:
        constant.name = short(constant.name)
    for node in graph.node:
        node.name = ""
        node.input[:] = [short(name) if name else "" for name in node.input]
        node.output[:] = [short(name) for name in node.output]


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(convert(Path(sys.argv[1]).read_bytes()))
