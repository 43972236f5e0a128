"""The statistics of the login benchmark: they see a difference that is there, and none that is not."""

import numpy as np
import pytest

from benchmarks.login_timing import compare, kolmogorov_smirnov, mann_whitney, superiority


def test_superiority_counts_pairs_and_ties_as_half() -> None:
    one, other = np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0, 4.0])
    assert superiority(one, other) == pytest.approx((1 + 1.5 + 2) / 9)
    assert superiority(one, one) == 0.5


def test_a_shift_of_a_third_of_the_spread_is_seen_in_three_hundred_rounds() -> None:
    draw = np.random.default_rng(1)
    one, other = draw.normal(0, 1, 300), draw.normal(0.33, 1, 300)
    found = compare(one * 1e-6, other * 1e-6, 1)
    assert found["mann_whitney_p"] < 0.01
    assert found["kolmogorov_smirnov_p"] < 0.05
    assert found["superiority_95"][1] < 0.5
    assert found["median_difference_95_us"][1] < 0


def test_of_one_distribution_nothing_is_seen() -> None:
    draw = np.random.default_rng(2)
    chances = [mann_whitney(superiority(*draw.normal(0, 1, (2, 200))), 200) for _ in range(200)]
    assert np.mean(np.array(chances) < 0.05) == pytest.approx(0.05, abs=0.04)
    chances = [kolmogorov_smirnov(*draw.normal(0, 1, (2, 200))) for _ in range(200)]
    assert np.mean(np.array(chances) < 0.05) < 0.1
