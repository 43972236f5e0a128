"""What a worker may be told on its command line."""

import pytest

from visionmq.worker.__main__ import read_settings


def test_work_may_be_held_ahead() -> None:
    assert read_settings(["--ahead-ms", "2000"]).ahead_ms == 2000
    assert read_settings(["--ahead-ms", "0"]).ahead_ms == 0
    assert read_settings([]).ahead_ms == 10


@pytest.mark.parametrize("option", ["--ahead-ms", "--max-wait-ms"])
@pytest.mark.parametrize("value", ["-5", "nan", "inf", "x"])
def test_durations_that_would_starve_a_worker_are_refused(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        read_settings([f"{option}={value}"])
    assert caught.value.code == 2
    assert option in capsys.readouterr().err
