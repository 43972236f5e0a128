import subprocess
import sys

import pytest

from visionmq.engine.api import EngineError, Job
from visionmq.engine.registry import ENGINES, make_engine
from visionmq.engine.system import SystemEngine
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.system import EchoParams, PingParams


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_each_engine_is_made_by_its_name(name):
    assert make_engine(name).name == name


def test_an_engine_is_made_by_module_and_class():
    assert isinstance(make_engine("visionmq.engine.system:SystemEngine"), SystemEngine)


def test_an_unknown_name_is_answered_with_all_known_ones():
    with pytest.raises(EngineError, match=", ".join(sorted(ENGINES))):
        make_engine("documents")


def test_code_that_is_not_installed_makes_the_engine_unavailable():
    with pytest.raises(EngineError) as caught:
        make_engine("no_such_module:Engine")
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE


def test_the_system_engine_loads_no_vision_library():
    code = "import sys; from visionmq.engine.registry import make_engine; make_engine('system').load(); "
    code += "sys.exit(any(name in sys.modules for name in ('numpy', 'cv2', 'onnxruntime')))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_an_echo_answers_its_frames_unopened():
    job = Job(EchoParams(text="hi", sleep_ms=60_000, pass_back=[1]), frames=[b"ab", memoryview(b"")], time_left=0.0)
    (answer,) = SystemEngine().run("system.echo", [job])
    assert answer.result.sizes == [2, 0]
    assert answer.result.pass_back == [1]
    assert list(answer.images) == [b"ab", b""]


def test_a_ping_is_answered_by_this_process():
    (answer,) = SystemEngine().run("system.ping", [Job(PingParams(pass_back="x"))])
    assert answer.result.pid > 0
    assert answer.result.pass_back == "x"
