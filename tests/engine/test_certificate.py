"""The certificate: what other matches would have given, and a probability that holds."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from visionmq.engine.registration import calibration
from visionmq.engine.registration.certificate import certify, overlap_of
from visionmq.engine.registration.estimation import Estimate, estimate, project
from visionmq.engine.registration.outcome import Array, Certificate, Verdict
from visionmq.engine.registration.stability import WORST, Stability, fit, freedom_of, stability

SIZES = ((640, 480), (800, 600))
TILTED = np.array([[0.9, -0.18, 60.0], [0.15, 0.95, 12.0], [1.2e-4, -6e-5, 1.0]])
SIMILAR = np.array([[0.8, -0.3, 200.0], [0.3, 0.8, 20.0], [0, 0, 1.0]])
AFFINE = np.array([[0.9, -0.1, 40.0], [0.3, 0.7, 20.0], [0, 0, 1.0]])
SHIFTED = np.array([[1, 0, 30.0], [0, 1, -12.0], [0, 0, 1.0]])


def pairs(matrix: Array, *, right: int, wrong: int, noise: float = 0.7, seed: int = 1) -> tuple[Array, Array]:
    """Return user and model points: some that a matrix explains but for noise, some by chance."""
    random = np.random.default_rng(seed)
    user = random.uniform((0, 0), SIZES[0], (right + wrong, 2))
    model = project(matrix, user) + random.normal(0, noise, user.shape)
    model[right:] = random.uniform((0, 0), SIZES[1], (wrong, 2))
    return user.astype(np.float32), model.astype(np.float32)


def of(matrix: Array, user: Array, model: Array, noise: float = 3.0) -> Estimate:
    errors = np.linalg.norm(project(matrix, user) - model, axis=1)
    return Estimate(matrix, errors < noise, errors)


def stable(matrix: Array, user: Array, model: Array) -> Stability:
    return stability(of(matrix, user, model), user, model, overlap_of(matrix, *SIZES))


def good(**figures: float) -> Certificate:
    user, model = pairs(TILTED, right=200, wrong=60)
    certificate = certify(of(TILTED, user, model), user, model, sizes=SIZES, similarity=0.7)
    return replace(certificate, **figures)


@pytest.mark.parametrize(("matrix", "freedom"), [(TILTED, 8), (AFFINE, 6), (SIMILAR, 4), (SHIFTED, 2)])
def test_a_fit_has_the_form_of_the_matrix_that_it_stands_for(matrix: Array, freedom: int) -> None:
    user, model = pairs(matrix, right=40, wrong=0, noise=0.0)
    assert freedom_of(matrix) == freedom
    found = fit(user, model, freedom)
    assert found is not None
    assert np.allclose(found, matrix, atol=1e-3)
    assert freedom_of(found) == freedom


@pytest.mark.parametrize("matrix", [TILTED, AFFINE, SIMILAR, SHIFTED])
def test_a_matrix_that_stands_is_found_again_from_other_matches(matrix: Array) -> None:
    result = stable(matrix, *pairs(matrix, right=150, wrong=50))
    assert result.held_out < 1.5
    assert result.forward_backward < 1
    assert result.restarts < 1


def test_a_matrix_by_chance_is_not_found_again() -> None:
    user, model = pairs(TILTED, right=0, wrong=60, seed=3)
    result = stability(of(TILTED, user, model, noise=60), user, model, overlap_of(TILTED, *SIZES))
    assert result.restarts > 20
    assert result.forward_backward > 20


def test_held_out_error_sees_a_fit_that_rests_on_one_corner() -> None:
    """A fit to inliers that leave out a part of the picture is judged on that part."""
    user, model = pairs(TILTED, right=60, wrong=0, noise=1.0)
    spread = stable(TILTED, user, model)
    crowded = (user * 0.05 + 100).astype(np.float32)
    noisy = project(TILTED, crowded) + np.random.default_rng(4).normal(0, 1.0, crowded.shape)
    assert stable(TILTED, crowded, noisy.astype(np.float32)).held_out > 1.2 * spread.held_out


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_hardly_any_matches_are_answered(count: int) -> None:
    user, model = pairs(TILTED, right=count, wrong=0)
    result = stable(TILTED, user, model)
    assert 0 <= result.restarts <= WORST
    assert result.forward_backward == WORST


def test_the_same_matches_give_the_same_bits() -> None:
    user, model = pairs(TILTED, right=80, wrong=80)
    first = stable(TILTED, user, model)
    cv2.setRNGSeed(99)
    np.random.default_rng().random(7)
    assert stable(TILTED, user, model) == first


def test_surprise_grows_with_inliers_and_shrinks_with_matches_and_reach() -> None:
    area = 800.0 * 600
    base = calibration.surprise(20, 60, 3.0, area)
    assert base > 10
    assert calibration.surprise(30, 60, 3.0, area) > base
    assert calibration.surprise(20, 400, 3.0, area) < base
    assert calibration.surprise(20, 60, 12.0, area) < base
    assert calibration.surprise(4, 60, 3.0, area) == calibration.surprise(20, 60, 3.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"inliers": 150, "surprise": 300.0}, {"inliers": 9, "surprise": 4.0}),
        ({"similarity": 0.8}, {"similarity": 0.05}),
        ({"restarts": 0.2, "held_out": 0.5}, {"restarts": 30.0, "held_out": 4.0}),
        ({"forward_backward": 0.2}, {"forward_backward": 60.0}),
    ],
)
def test_every_figure_moves_the_probability_the_right_way(better: dict[str, float], worse: dict[str, float]) -> None:
    high, low = (calibration.evidence(good(**one)) * calibration.accuracy(good(**one), 5.0) for one in (better, worse))
    assert high > low


def test_a_probability_is_never_above_its_evidence_and_grows_with_the_tolerance() -> None:
    user, model = pairs(TILTED, right=60, wrong=60)
    stated = [certify(of(TILTED, user, model), user, model, sizes=SIZES, tolerance=t) for t in (0.5, 2.0, 5.0, 20.0)]
    chances = [one.probability for one in stated]
    assert chances == sorted(chances)
    assert all(0 <= one.probability <= one.evidence <= 1 for one in stated)
    assert [one.tolerance for one in stated] == [0.5, 2.0, 5.0, 20.0]


def test_the_stated_tolerance_grows_with_pictures_that_are_looked_at_shrunk() -> None:
    assert calibration.stated_tolerance((800, 600)) == calibration.TOLERANCE
    assert calibration.stated_tolerance((600, 3200)) == 2 * calibration.TOLERANCE


def test_a_good_matrix_is_accepted_and_chance_is_not() -> None:
    user, model = pairs(TILTED, right=200, wrong=100)
    good = certify(of(TILTED, user, model), user, model, sizes=SIZES, similarity=0.6)
    assert good.verdict is Verdict.ACCEPT, good
    assert good.probability > 0.9
    assert good.reasons == ()
    for seed in range(12):
        user, model = pairs(TILTED, right=0, wrong=150, seed=seed)
        found = estimate(user, model, tolerance=3.0, size=SIZES[0])
        if isinstance(found, Estimate):
            result = certify(found, user, model, sizes=SIZES, similarity=0.04)
            assert result.verdict is Verdict.REJECT, result
            assert result.probability < 0.1
            assert result.reasons
