"""The registration core: landmarks, matches, a matrix in the pictures' own pixels, and its certificate."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visionmq.engine.registration.certificate import certify, likeness
from visionmq.engine.registration.estimation import Estimate, corners, estimate, implausible, jacobians, project
from visionmq.engine.registration.features import Algorithm, Features, features, spread, to_gray
from visionmq.engine.registration.matching import match
from visionmq.engine.registration.outcome import Array, Failure, FailureKind, Registration, Verdict
from visionmq.engine.registration.refinement import refine, trackable
from visionmq.engine.registration.register import register

DEV = Path(__file__).parents[2].parent / "shared" / "data" / "registration" / "dev"
TILTED = np.array([[0.9, -0.18, 60.0], [0.15, 0.95, 12.0], [1.2e-4, -6e-5, 1.0]])


def drawing(seed: int, size: tuple[int, int] = (640, 480)) -> Array:
    """Return overlapping discs and bars: corners and blobs of all sizes."""
    random = np.random.default_rng(seed)
    canvas = np.full((size[1], size[0]), 128, np.uint8)
    for _ in range(260):
        x, y = (int(random.integers(side)) for side in size)
        reach, grey = int(random.integers(3, max(5, size[0] // 16))), int(random.integers(256))
        if random.random() < 0.5:
            cv2.circle(canvas, (x, y), reach, grey, -1)
        else:
            cv2.rectangle(canvas, (x, y), (x + reach, y + int(random.integers(3, reach + 4))), grey, -1)
    return cv2.GaussianBlur(canvas, (0, 0), 0.8)


def found(gray: Array, algorithm: Algorithm = Algorithm.SIFT, largest: int = 400) -> Features:
    result = features(gray, algorithm, budget=800, largest=largest)
    assert isinstance(result, Features)
    return result


def grid_error(matrix: Array, truth: Array, size: tuple[int, int]) -> float:
    x, y = np.meshgrid(np.linspace(0, size[0], 12), np.linspace(0, size[1], 12))
    points = np.column_stack([x.ravel(), y.ravel()])
    return float(np.linalg.norm(project(matrix, points) - project(truth, points), axis=1).mean())


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_each_algorithm_finds_the_matrix_from_user_to_model_pixels(algorithm: Algorithm) -> None:
    user = drawing(1)
    model = cv2.warpPerspective(user, TILTED, (640, 480))
    result = register(found(user, algorithm), found(model, algorithm), pictures=(user, model))
    assert isinstance(result, Registration)
    assert result.certificate.verdict is Verdict.ACCEPT, result.certificate
    assert grid_error(result.matrix, TILTED, (640, 480)) < 0.8
    assert result.inliers.sum() == result.certificate.inliers <= len(result.user_points)


def test_shrinking_inside_is_undone() -> None:
    """Both are looked at small, by odd factors: the answer is in the pixels that were sent."""
    user = drawing(2, (1501, 1127))
    model = cv2.resize(user, (1000, 751), interpolation=cv2.INTER_AREA)
    result = register(found(user, largest=737), found(model, largest=589))
    assert isinstance(result, Registration)
    scale = np.array([1000 / 1501, 751 / 1127])
    truth = np.array([[scale[0], 0, 0.5 * scale[0] - 0.5], [0, scale[1], 0.5 * scale[1] - 0.5], [0, 0, 1.0]])
    assert (result.user_size, result.model_size) == ((1501, 1127), (1000, 751))
    assert grid_error(result.matrix, truth, (1501, 1127)) < 0.35


def test_same_input_same_bits() -> None:
    user, model = drawing(3), cv2.warpPerspective(drawing(3), TILTED, (640, 480))
    first, second = (register(found(user), found(model), pictures=(user, model)) for _ in range(2))
    assert isinstance(first, Registration)
    assert isinstance(second, Registration)
    assert first.matrix.tobytes() == second.matrix.tobytes()
    assert first.certificate == second.certificate


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_unrelated_pictures_are_never_accepted(algorithm: Algorithm) -> None:
    known = [found(drawing(seed), algorithm) for seed in range(10, 14)]
    for first in range(4):
        for second in range(first):
            result = register(known[first], known[second])
            assert isinstance(result, Failure) or result.certificate.verdict is not Verdict.ACCEPT


@pytest.mark.parametrize("picture", [np.zeros((0, 0), np.uint8), np.full((50, 50), 9, np.uint8)])
def test_a_picture_of_nothing_is_an_empty_image(picture: Array) -> None:
    result = features(picture)
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.EMPTY_IMAGE


def test_a_picture_of_one_corner_has_few_keypoints() -> None:
    picture = np.zeros((60, 60), np.uint8)
    picture[30:, 30:] = 255
    result = features(picture)
    assert isinstance(result, Failure)
    assert result.kind is FailureKind.FEW_KEYPOINTS
    assert result.found < result.needed


@pytest.mark.parametrize("algorithm", list(Algorithm))
@pytest.mark.parametrize("size", [(1, 1), (1, 2), (7, 3), (16, 16), (20, 900), (3000, 2)])
def test_tiny_and_narrow_pictures_are_answered(size: tuple[int, int], algorithm: Algorithm) -> None:
    picture = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    assert isinstance(features(picture, algorithm), Failure | Features)


def test_few_matches_and_few_inliers_are_told_apart() -> None:
    random = np.random.default_rng(5)
    points = random.uniform(0, 400, (40, 2)).astype(np.float32)
    few = estimate(points[:3], points[:3], tolerance=3, size=(400, 400))
    chance = estimate(points, random.uniform(0, 400, (40, 2)).astype(np.float32), tolerance=0.5, size=(400, 400))
    assert isinstance(few, Failure)
    assert few.kind is FailureKind.FEW_MATCHES
    assert isinstance(chance, Failure)
    assert chance.kind in (FailureKind.FEW_INLIERS, FailureKind.DEGENERATE)


def test_a_mirrored_picture_has_no_matrix() -> None:
    points = np.random.default_rng(6).uniform(0, 400, (40, 2)).astype(np.float32)
    result = estimate(points, points * np.array((-1, 1), np.float32), tolerance=1, size=(400, 400))
    assert isinstance(result, Failure)
    assert result.kind in (FailureKind.FEW_INLIERS, FailureKind.DEGENERATE)


@pytest.mark.parametrize(
    ("matrix", "word"),
    [
        (np.eye(3), None),
        (TILTED, None),
        (np.diag([1.0, -1, 1]), "mirrors"),
        (np.diag([1.0, 0.01, 1]), "squeezes"),
        (np.diag([0.001, 0.001, 1]), "scale"),
        (np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]]), "folds"),
        (np.full((3, 3), np.nan), "finite"),
    ],
)
def test_matrices_that_no_camera_makes_are_named(matrix: Array, word: str | None) -> None:
    trouble = implausible(matrix, (640, 480))
    assert trouble is None if word is None else word in (trouble or "")


@given(st.floats(-300, 300), st.floats(-300, 300))
def test_jacobians_are_the_derivative(x: float, y: float) -> None:
    step = 1e-4
    around = np.array([(x, y), (x + step, y), (x, y + step)])
    here, right, below = project(TILTED, around)
    numeric = np.column_stack([(right - here) / step, (below - here) / step])
    assert np.allclose(jacobians(TILTED, np.array([(x, y)]))[0], numeric, atol=1e-4)


def test_matches_are_the_nearest_that_are_clear_and_mutual() -> None:
    random = np.random.default_rng(7)
    lengthy = random.normal(size=(60, 128)).astype(np.float32)
    for algorithm, descriptors in (
        (Algorithm.ORB, random.integers(0, 256, (60, 32), np.uint8)),
        (Algorithm.SIFT, lengthy / np.linalg.norm(lengthy, axis=1, keepdims=True)),
    ):
        order = random.permutation(60)
        zero = np.zeros((60, 2), np.float32)
        first = Features(algorithm, zero, zero[:, 0], descriptors, (9, 9), 1.0)
        second = Features(algorithm, zero, zero[:, 0], descriptors[order], (9, 9), 1.0)
        pairs = match(first, second)
        assert len(pairs) == 60
        assert (order[pairs.model] == pairs.user).all()
        twins = Features(algorithm, zero, zero[:, 0], np.vstack([descriptors[:30]] * 2), (9, 9), 1.0)
        assert len(match(first.take(slice(30)), twins)) == 0, "two equal neighbours are not clear"


def test_landmarks_are_spread_and_the_strongest_of_each_cell_come_first() -> None:
    random = np.random.default_rng(8)
    points = np.vstack([random.uniform(0, 10, (500, 2)), random.uniform(0, 160, (100, 2))]).astype(np.float32)
    responses = np.concatenate([np.full(500, 9.0), random.uniform(0, 1, 100)]).astype(np.float32)
    chosen = spread(points, responses, (160, 160), 60)
    assert len(set(chosen.tolist())) == 60
    assert np.count_nonzero(chosen < 500) < 20, "the crowd in one corner must not take all places"


def test_a_mask_keeps_landmarks_out() -> None:
    mask = np.zeros((480, 640), np.uint8)
    mask[:, 320:] = 255
    result = features(drawing(4), mask=mask)
    assert isinstance(result, Features)
    assert result.points[:, 0].min() >= 318


def test_conditioning_is_the_worst_corners_movement_under_noise() -> None:
    random = np.random.default_rng(9)
    user = random.uniform((200, 150), (440, 330), (60, 2)).astype(np.float32)
    model = project(TILTED, user)
    exact = Estimate(TILTED, np.ones(60, bool), np.zeros(60))
    stated = certify(exact, user, model, sizes=((640, 480), (2000, 2000))).conditioning
    edge = corners((640, 480))
    edge = edge[(project(TILTED, edge) >= 0).all(axis=1)]
    moves = []
    for _ in range(200):
        noisy, _ = cv2.findHomography(user, (model + random.normal(size=model.shape)).astype(np.float32), 0)
        moves.append(np.linalg.norm(project(noisy, edge) - project(TILTED, edge), axis=1))
    measured = float(np.sqrt((np.array(moves) ** 2).mean(axis=0).max() / 2))
    assert 0.5 * measured < stated < 2 * measured


def test_inliers_on_a_small_part_leave_a_doubt() -> None:
    user = np.random.default_rng(10).uniform(100, 140, (50, 2)).astype(np.float32)
    result = certify(Estimate(np.eye(3), np.ones(50, bool), np.zeros(50)), user, user, sizes=((640, 480), (640, 480)))
    assert result.verdict is Verdict.UNCERTAIN
    assert any("small part" in reason for reason in result.reasons)


def test_likeness_tells_the_same_under_other_light_from_another_picture() -> None:
    picture = drawing(11)
    darker = cv2.GaussianBlur((picture * 0.5 + 20).astype(np.uint8), (0, 0), 1.5)
    assert likeness(darker, picture, np.eye(3)) > 0.8
    assert abs(likeness(drawing(12), picture, np.eye(3))) < 0.15
    far = np.array([[1, 0, 9000], [0, 1, 0], [0, 0, 1.0]])
    assert likeness(picture, picture, far) == 0.0


def test_refining_brings_a_matrix_that_is_a_little_off_to_a_tenth_of_a_pixel() -> None:
    model = drawing(13)
    user = cv2.warpPerspective((model * 0.6 + 30).astype(np.uint8), np.linalg.inv(TILTED), (640, 480))
    off = np.array([[1.006, 0.002, -2.0], [-0.003, 0.996, 3.0], [0, 0, 1]]) @ TILTED
    finer = refine(user, model, off, trackable(model))
    assert grid_error(finer, TILTED, (640, 480)) < 0.15
    assert (refine(drawing(14), model, off, trackable(model)) == off).all(), "another picture has nothing to follow"
    assert refine(user, model, off, np.empty((0, 2), np.float32)) is off


@pytest.mark.parametrize("name", ["homogr_adam", "homogr_city", "moon_synth_2"])
def test_real_pairs_are_right_within_their_tolerance(name: str) -> None:
    if not DEV.is_dir():
        pytest.skip("the pairs of shared/data/registration are not here")
    pair = next(p for p in json.loads((DEV / "pairs.json").read_text()) if name in p["a"])
    user, model = (to_gray(np.asarray(cv2.imread(str(DEV / pair[key])))) for key in "ab")
    result = register(found(user, largest=1600), found(model, largest=1600), pictures=(user, model))
    assert isinstance(result, Registration)
    assert result.certificate.verdict is Verdict.ACCEPT
    truth = np.array(pair["H"])
    x, y = np.meshgrid(np.linspace(0, user.shape[1], 15), np.linspace(0, user.shape[0], 15))
    points = np.column_stack([x.ravel(), y.ravel()])
    there = project(truth, points)
    shown = ((there >= 0) & (there < (model.shape[1], model.shape[0]))).all(axis=1)
    errors = np.linalg.norm(project(result.matrix, points) - there, axis=1)[shown]
    assert errors.mean() < pair["tolerance_px"]
