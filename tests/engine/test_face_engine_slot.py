"""The face engine with a network of one's own: its name in every answer, its thresholds in every decision."""

from pathlib import Path

import pytest

from tests.engine.face_pictures import picture
from tests.engine.face_scenes import Asker
from tests.engine.test_face_slot import _folder as folder_of
from visionmq.engine.api import EngineError
from visionmq.engine.face.engine import FaceEngine
from visionmq.engine.face.slot import ENCODER_VARIABLE, PRESENTATION_VARIABLE
from visionmq.engine.gate import PictureFormat
from visionmq.engine.picture import Picture
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face.common import Encoding
from visionmq.schemas.face.faces import EncodeParams
from visionmq.schemas.face.verification import VerifyParams

THRESHOLDS = {"0.01": 1.2, "0.001": 1.1}


def shot(name: str) -> Picture:
    pixels = picture(name)
    return Picture(pixels, pixels.shape[1], pixels.shape[0], PictureFormat.RAW)


def test_decisions_go_by_the_thresholds_of_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENCODER_VARIABLE, str(folder_of(tmp_path, 512, dimension=512, thresholds=THRESHOLDS)))
    engine = FaceEngine()
    engine.load()
    asker = Asker(engine)
    first, second = (shot(f"faces_orl/dev/images/s01_0{number}.png") for number in (1, 2))
    result = asker("verify", VerifyParams(fmr=0.001), first, second)
    assert (result.model.name, result.model.version) == ("tiny", "2")
    assert result.threshold == pytest.approx(1.1, abs=1e-6)
    assert result.operating_point.fnmr is None
    assert "nothing of it was measured here" in result.operating_point.measured_on
    made = asker("encode", EncodeParams(), first).items[0].result.faces[0].encoding
    assert len(made) == 512
    assert asker("verify", VerifyParams(a=Encoding("tiny/2", made)), first).distance == pytest.approx(0, abs=1e-5)
    with pytest.raises(EngineError, match="dlib-resnet-v1"):
        asker("verify", VerifyParams(a=Encoding("dlib-resnet-v1", [0.1] * 128)), first)


def test_a_network_without_thresholds_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENCODER_VARIABLE, str(folder_of(tmp_path, 8, dimension=8)))
    with pytest.raises(EngineError) as caught:
        FaceEngine().load()
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE
    assert "calibration" in str(caught.value)


def test_a_check_of_single_pictures_speaks_in_every_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = folder_of(tmp_path, 2, live=1, threshold=0.5, measured_on="nothing", cannot_detect=["masks"])
    monkeypatch.setenv(PRESENTATION_VARIABLE, str(check))
    engine = FaceEngine()
    engine.load()
    assert {one.name: one.present for one in engine.capabilities()}["presentation"]
    one = shot("faces_orl/dev/images/s01_01.png")
    told = Asker(engine)("verify", VerifyParams(), one, one).presentation
    assert told.checked
    assert told.method == "tiny/2"
    assert told.score is not None
    assert told.passed is (told.score >= 0.5)
    assert "masks" in told.cannot_detect
