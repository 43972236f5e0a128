"""A folder may bring another encoder, or a check for presentation attacks; only what its manifest names is run."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.engine.face_pictures import picture
from visionmq.engine.api import EngineError
from visionmq.engine.face.slot import ENCODER_VARIABLE, PresentationModel, SlotEncoder, presentation_check
from visionmq.engine.face.vision import FaceVision
from visionmq.schemas.errors import ErrorCode

SIDE = 112


def _network(outputs: int) -> bytes:
    """A linear network: means of a grid of cells, weighted."""
    weights = np.random.default_rng(3).normal(size=(3 * 49, outputs)).astype(np.float32)
    nodes = [
        helper.make_node("AveragePool", ["x"], ["cells"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Flatten", ["cells"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", outputs])
    graph = helper.make_graph(nodes, "tiny", [x], [y], [numpy_helper.from_array(weights, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def _folder(path: Path, outputs: int, **more: Any) -> Path:
    data = _network(outputs)
    (path / "tiny.onnx").write_bytes(data)
    manifest = {
        "name": "tiny",
        "version": "2",
        "licence": "CC0-1.0",
        "file": "tiny.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "input": {"side": SIDE},
        **more,
    }
    (path / "manifest.json").write_text(json.dumps(manifest))
    return path


def test_the_environments_model_takes_the_place_of_dlibs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _folder(tmp_path, 512, dimension=512, thresholds={"0.001": 1.1})
    monkeypatch.setenv(ENCODER_VARIABLE, str(folder))
    vision = FaceVision()
    vision.load()
    pixels = picture("faces_orl/dev/images/s01_01.png")
    faces = vision.find(pixels)
    encodings = vision.encode(pixels, faces)
    assert (vision.model.name, vision.model.version, vision.model.dimension) == ("tiny", "2", 512)
    assert vision.model.metric == "cosine"
    assert vision.thresholds == {0.001: 1.1}
    assert vision.crop(pixels, faces[0]).shape == (SIDE, SIDE, 3)
    assert encodings.shape == (1, 512)
    assert np.linalg.norm(encodings[0]) == pytest.approx(1.0, abs=1e-5)


def test_the_eyes_lie_where_the_template_says(tmp_path: Path) -> None:
    encoder = SlotEncoder(_folder(tmp_path, 8, dimension=8))
    vision = FaceVision()
    vision.load()
    pixels = picture("faces_orl/dev/images/s01_01.png")
    face = vision.find(pixels)[0]
    assert face.points is not None
    marked = pixels.copy()
    x, y = np.round(face.points[0]).astype(int)
    marked[y - 1 : y + 2, x - 1 : x + 2] = (0, 0, 255)
    chip = encoder.chip(np.ascontiguousarray(marked[..., ::-1]), face).astype(int)
    row, column = np.unravel_index(np.argmax(chip[..., 2] - chip[..., 0]), chip.shape[:2])
    assert abs(column - 38) <= 4
    assert abs(row - 52) <= 4


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"dimension": 9}, {"file": "other.onnx"}, {"surprise": 1}])
def test_what_the_manifest_does_not_describe_is_not_run(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = _folder(tmp_path, 8, **{"dimension": 8, **change})
    with pytest.raises(EngineError) as caught:
        SlotEncoder(folder)
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE


def test_a_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    _folder(tmp_path, 8, dimension=8)
    (inner / "manifest.json").write_text(
        (tmp_path / "manifest.json").read_text().replace('"tiny.onnx"', '"../tiny.onnx"')
    )
    with pytest.raises(EngineError):
        SlotEncoder(inner)


def test_no_presentation_check_is_there_by_default() -> None:
    assert presentation_check() is None


def test_a_presentation_check_says_what_it_was_measured_on(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path, 3, live=1, threshold=0.5, measured_on="forty screens", cannot_detect=["a worn mask"], zoom=2.0
    )
    check = PresentationModel(folder)
    check.load()
    vision = FaceVision()
    vision.load()
    pixels = picture("faces_orl/dev/images/s01_01.png")
    score, passed = check.check(pixels, vision.find(pixels)[0])
    assert 0.0 <= score <= 1.0
    assert passed is (score >= 0.5)
    assert check.method == "tiny/2"
    assert any("forty screens" in limit for limit in check.cannot_detect)
    assert "a worn mask" in check.cannot_detect
