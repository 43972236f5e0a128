"""The short form of each fault campaign; the long ones: `python -m tests.faults.campaign all --long`."""

import pytest

from tests.faults.campaign import CAMPAIGNS
from tests.faults.run import Options

SEED = 20_260


@pytest.mark.timeout(110)
@pytest.mark.parametrize("name", CAMPAIGNS)
def test_every_request_has_one_true_outcome_and_all_tables_return(name: str) -> None:
    number = list(CAMPAIGNS).index(name)
    report = CAMPAIGNS[name](Options(seed=SEED + number, progress=False))
    print(report.line())
    assert not report.violations, report.line()
    assert report.faults.total() > 0, "nothing was injected"
