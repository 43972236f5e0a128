"""Two pictures in, an outcome out: settings that count, the ladder of `auto`, discs, views, and the frame."""

import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from visionmq.engine.registration import surf
from visionmq.engine.registration.auto import LADDER, register_pictures
from visionmq.engine.registration.cache import FeatureCache, content_key
from visionmq.engine.registration.correlation import correlated
from visionmq.engine.registration.discs import find_disc
from visionmq.engine.registration.estimation import Estimate, Estimator, Transform, estimate, project
from visionmq.engine.registration.features import Algorithm, Features, features, to_gray
from visionmq.engine.registration.frame import frame_for
from visionmq.engine.registration.looks import Pair, Side, look_at_discs, look_closer
from visionmq.engine.registration.matching import match
from visionmq.engine.registration.outcome import Array, Failure, FailureKind, Registration, Verdict
from visionmq.engine.registration.plan import Settings
from visionmq.engine.registration.surf import SurfUnavailableError
from visionmq.engine.registration.views import match_views, view_features

DATA = Path(__file__).parents[2].parent / "shared" / "data"
TILTED = np.array([[0.9, -0.18, 60.0], [0.15, 0.95, 12.0], [1.2e-4, -6e-5, 1.0]])
SIZE = (480, 360)
SMALL = Settings("sift", budget=500, largest=400)


def drawing(seed: int, size: tuple[int, int] = SIZE) -> Array:
    """Return overlapping discs and bars of all sizes, BGR."""
    random = np.random.default_rng(seed)
    canvas = np.full((size[1], size[0], 3), 128, np.uint8)
    for _ in range(300):
        x, y = (int(random.integers(side)) for side in size)
        reach, colour = int(random.integers(3, max(5, size[0] // 16))), random.integers(0, 256, 3).tolist()
        if random.random() < 0.5:
            cv2.circle(canvas, (x, y), reach, colour, -1)
        else:
            cv2.rectangle(canvas, (x, y), (x + reach, y + int(random.integers(3, reach + 4))), colour, -1)
    return cv2.GaussianBlur(canvas, (0, 0), 0.8)


def moon(x: float, y: float, radius: float, size: tuple[int, int], turn: float = 0.0) -> Array:
    """Return a spotted bright disc on black, grey; the same spots at any radius, turned by degrees."""
    random = np.random.default_rng(77)
    spots = (
        cv2.GaussianBlur(random.normal(size=(600, 600)), (0, 0), 4)
        + cv2.GaussianBlur(random.normal(size=(600, 600)), (0, 0), 12) * 2
    )
    ball = np.clip(150 + spots / spots.std() * 35, 60, 255)
    across, down = np.meshgrid(np.arange(600) - 299.5, np.arange(600) - 299.5)
    ball[np.hypot(across, down) > 290] = 0
    place = cv2.getRotationMatrix2D((299.5, 299.5), turn, radius / 290)
    place[:, 2] += np.array((x, y)) - 299.5
    return cv2.warpAffine(ball.astype(np.uint8), place, size, flags=cv2.INTER_AREA)


def grid_error(matrix: Array, truth: Array, size: tuple[int, int] = SIZE) -> float:
    """Return the mean distance over a grid of the user's picture."""
    x, y = np.meshgrid(np.linspace(0, size[0], 12), np.linspace(0, size[1], 12))
    points = np.column_stack([x.ravel(), y.ravel()])
    return float(np.linalg.norm(project(matrix, points) - project(truth, points), axis=1).mean())


def landmarks(picture: Array) -> Features:
    found = features(to_gray(picture), budget=600, largest=480)
    assert isinstance(found, Features)
    return found


@pytest.fixture(scope="module")
def pair() -> tuple[Array, Array]:
    """Return a picture and what a tilted camera sees of it."""
    user = drawing(1)
    return user, cv2.warpPerspective(user, TILTED, SIZE)


@pytest.mark.parametrize("name", ["SIFT", "orb", "Akaze", "bRISK", "surf"])
def test_algorithms_go_by_name_in_any_case(name: str, pair: tuple[Array, Array]) -> None:
    outcome = register_pictures(*pair, Settings(name, budget=900, largest=480))
    assert outcome.registration is not None
    assert (outcome.user_size, outcome.model_size) == (SIZE, SIZE)
    assert grid_error(outcome.registration.matrix, TILTED) < 1.5
    assert [one.algorithm for one in outcome.tries] == [name.lower()]


def test_an_unknown_algorithm_is_the_callers_mistake(pair: tuple[Array, Array]) -> None:
    with pytest.raises(ValueError, match="sorft"):
        register_pictures(*pair, Settings("sorft"))


def test_surf_says_so_where_its_package_is_absent(pair: tuple[Array, Array], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surf, "_mahotas", None)
    assert surf.surf_version() is None
    with pytest.raises(SurfUnavailableError, match="mahotas"):
        register_pictures(*pair, Settings("surf"))


@pytest.mark.parametrize("transform", list(Transform))
@pytest.mark.parametrize("estimator", list(Estimator))
def test_each_estimator_finds_each_transform_among_wrong_pairs(estimator: Estimator, transform: Transform) -> None:
    truth = {
        Transform.HOMOGRAPHY: TILTED,
        Transform.AFFINE: np.array([[0.9, -0.2, 30], [0.1, 1.1, -12], [0, 0, 1.0]]),
        Transform.SIMILARITY: np.array([[0.8, -0.3, 30], [0.3, 0.8, -12], [0, 0, 1.0]]),
        Transform.TRANSLATION: np.array([[1, 0, 37.5], [0, 1, -12.25], [0, 0, 1.0]]),
    }[transform]
    random = np.random.default_rng(3)
    user = random.uniform(0, 400, (200, 2)).astype(np.float32)
    model = (project(truth, user) + random.normal(0, 0.3, (200, 2))).astype(np.float32)
    model[120:] = random.uniform(0, 400, (80, 2))  # 40 in 100: as many as the median can bear.
    found = estimate(user, model, tolerance=2.0, size=(400, 400), estimator=estimator, transform=transform)
    assert isinstance(found, Estimate)
    assert grid_error(found.matrix, truth, (400, 400)) < 0.3
    assert 110 <= found.inliers.sum() <= 125
    if transform is not Transform.HOMOGRAPHY:
        assert (found.matrix[2] == (0, 0, 1)).all()
    again = estimate(user, model, tolerance=2.0, size=(400, 400), estimator=estimator, transform=transform)
    assert isinstance(again, Estimate)
    assert found.matrix.tobytes() == again.matrix.tobytes()


def test_a_similarity_keeps_shapes_and_a_translation_moves_only(pair: tuple[Array, Array]) -> None:
    user = pair[0]
    for transform, truth in (
        (Transform.SIMILARITY, np.array([[0.9, -0.1, 40], [0.1, 0.9, 5], [0, 0, 1.0]])),
        (Transform.TRANSLATION, np.array([[1, 0, 21], [0, 1, -9], [0, 0, 1.0]])),
    ):
        model = cv2.warpPerspective(user, truth, SIZE)
        outcome = register_pictures(user, model, replace(SMALL, model=transform, refine=True))
        assert outcome.registration is not None
        (a, b), (c, d) = outcome.registration.matrix[:2, :2]
        assert math.isclose(a, d)
        assert math.isclose(b, -c, abs_tol=1e-12)
        assert grid_error(outcome.registration.matrix, truth) < 0.3


def test_ratio_mutual_and_spread_each_change_the_matches(pair: tuple[Array, Array]) -> None:
    user, model = (landmarks(picture) for picture in pair)
    usual = match(user, model)
    strict, loose = match(user, model, ratio=0.5), match(user, model, ratio=1.0)
    assert len(strict) < len(usual) < len(loose)
    assert (strict.ratio < 0.5).all()
    one_way = match(user, model, mutual=False, ratio=1.0)
    assert len(one_way) > len(loose)
    assert len(np.unique(loose.model)) == len(loose), "mutual pairs share no landmark"
    thin = match(user, model, spread=True)
    assert 0 < len(thin) < len(usual)
    cells = (user.points[thin.user] // (np.array(SIZE) / 8)).astype(int) @ (1, 8)
    assert np.bincount(cells).max() <= 6


def test_the_budget_bounds_landmarks_and_the_tolerance_bounds_inliers(pair: tuple[Array, Array]) -> None:
    few = register_pictures(*pair, replace(SMALL, budget=120)).registration
    many = register_pictures(*pair, SMALL).registration
    tight = register_pictures(*pair, replace(SMALL, tolerance=0.4)).registration
    assert few is not None
    assert many is not None
    assert tight is not None
    assert len(few.user_points) <= 120 < len(many.user_points)
    assert tight.certificate.inliers < many.certificate.inliers


def test_finishing_by_correlation_helps_and_never_worsens(pair: tuple[Array, Array]) -> None:
    user, model = (to_gray(picture) for picture in pair)
    points = np.random.default_rng(4).uniform(60, 300, (40, 2)).astype(np.float32)
    pairs = points, project(TILTED, points)
    for off, better in (((1.2, -0.8), True), ((0.0, 0.0), False)):
        matrix = np.array([[1, 0, off[0]], [0, 1, off[1]], [0, 0, 1]]) @ TILTED
        start = Estimate(matrix, np.ones(40, bool), np.zeros(40))
        done = correlated(start, pairs, (user, model), tolerance=3.0, transform=Transform.HOMOGRAPHY)
        assert grid_error(done.matrix, TILTED) <= max(grid_error(matrix, TILTED), 0.1)
        assert (grid_error(done.matrix, TILTED) < 0.3) or not better
    stranger = to_gray(drawing(9))
    assert correlated(start, pairs, (stranger, model), tolerance=3.0, transform=Transform.HOMOGRAPHY) is start


def test_auto_stops_at_the_first_accepted_try_and_reports_it(pair: tuple[Array, Array]) -> None:
    outcome = register_pictures(*pair)
    assert outcome.registration is not None
    assert outcome.failure is None
    assert [one.algorithm for one in outcome.tries] == [LADDER[0].name] == [outcome.algorithm]
    assert outcome.tries[0].verdict is Verdict.ACCEPT
    assert outcome.tries[0].milliseconds > 0
    assert grid_error(outcome.registration.matrix, TILTED) < 0.3


def test_auto_climbs_and_tells_why_each_try_failed() -> None:
    outcome = register_pictures(drawing(2, (240, 180)), drawing(3, (240, 180)))
    assert outcome.registration is None or outcome.registration.certificate.verdict is not Verdict.ACCEPT
    assert [one.algorithm for one in outcome.tries if "closer" not in one.algorithm] == [rung.name for rung in LADDER]
    assert all(one.note for one in outcome.tries)
    assert outcome.failure is not None
    assert outcome.failure.kind in (FailureKind.FEW_INLIERS, FailureKind.DEGENERATE)
    assert "disc" not in outcome.failure.message, "the failure that came furthest counts"


def test_auto_starts_nothing_that_may_not_end_in_time() -> None:
    outcome = register_pictures(drawing(2, (240, 180)), drawing(3, (240, 180)), time_left=0.0)
    assert len(outcome.tries) == 1


def test_the_same_picture_twice_is_the_identity_with_a_note(pair: tuple[Array, Array]) -> None:
    outcome = register_pictures(pair[0], pair[0].copy())
    assert outcome.failure is not None
    assert outcome.failure.kind is FailureKind.SAME_IMAGE
    assert outcome.registration is not None
    assert (outcome.registration.matrix == np.eye(3)).all()
    blank = np.full((40, 60, 3), 7, np.uint8)
    empty = register_pictures(blank, blank)
    assert empty.registration is None
    assert empty.failure is not None
    assert empty.failure.kind is FailureKind.EMPTY_IMAGE


def test_a_picture_of_nothing_ends_auto_at_once(pair: tuple[Array, Array]) -> None:
    blank = np.full((300, 400, 3), 90, np.uint8)
    for user, model in ((blank, pair[1]), (pair[0], blank)):
        outcome = register_pictures(user, model)
        assert outcome.failure is not None
        assert outcome.failure.kind is FailureKind.EMPTY_IMAGE
        assert len(outcome.tries) == 1


@pytest.mark.parametrize("size", [(1, 1), (2, 30), (8, 8), (33, 17), (40, 40)])
def test_tiny_pictures_get_an_answer(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    first, second = (random.integers(0, 256, (*size, 3), np.uint8) for _ in range(2))
    for settings in (Settings(), *(Settings(one) for one in Algorithm)):
        outcome = register_pictures(first, second, settings)
        assert outcome.registration is None
        assert outcome.failure is not None


def test_one_model_against_many_users_is_looked_at_once(pair: tuple[Array, Array]) -> None:
    cache, model = FeatureCache(), pair[1]
    without = register_pictures(pair[0], model, SMALL)
    users = [pair[0], *(drawing(seed) for seed in range(20, 23))]
    outcomes = [register_pictures(user, model.copy(), SMALL, cache) for user in users]
    assert (cache.misses, cache.hits) == (5, 3)
    assert without.registration is not None
    assert outcomes[0].registration is not None
    assert without.registration.matrix.tobytes() == outcomes[0].registration.matrix.tobytes()
    register_pictures(users[0], model, replace(SMALL, budget=700), cache)
    assert cache.misses == 7, "other settings, other landmarks"


def test_the_cache_is_bounded_and_forgets_what_was_not_used() -> None:
    one = landmarks(drawing(30))
    weight = sum(part.nbytes for part in (one.points, one.diameters, one.descriptors))
    cache = FeatureCache(most_bytes=int(weight * 2.5))
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda: one)
    assert len(cache) == 2
    hits = cache.hits
    cache.get("a", lambda: one)
    assert cache.hits == hits + 1, "b was used longest ago"


def test_a_contents_key_knows_shape_and_pixels() -> None:
    picture = np.arange(24, dtype=np.uint8)
    keys = {content_key(picture.reshape(shape)) for shape in ((4, 6), (6, 4), (2, 4, 3), (24,))}
    assert len(keys) == 4
    assert content_key(picture[::2]) == content_key(picture[::2].copy()) != content_key(picture[:12])


def test_a_large_picture_is_looked_at_small_and_answered_in_its_own_pixels() -> None:
    user = drawing(5, (2400, 1800))
    truth = np.array([[0.2, -0.05, 130], [0.05, 0.2, 4], [0, 0, 1.0]])
    model = cv2.warpPerspective(cv2.GaussianBlur(user, (0, 0), 2.4), truth, (600, 520))
    outcome = register_pictures(user, model)
    assert outcome.registration is not None
    assert outcome.registration.certificate.verdict is Verdict.ACCEPT
    assert outcome.user_size == (2400, 1800)
    assert grid_error(outcome.registration.matrix, truth, (2400, 1800)) < 0.5


def test_a_small_detail_is_found_in_a_large_picture() -> None:
    model = np.vstack(
        [np.hstack([drawing(50 + 3 * row + column, (400, 300)) for column in range(3)]) for row in range(3)]
    )
    truth = np.array([[0.5, 0, 600 - 0.25], [0, 0.5, 400 - 0.25], [0, 0, 1.0]])
    user = cv2.resize(model[400:600, 600:850], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    outcome = register_pictures(user, model)
    assert outcome.registration is not None
    assert outcome.registration.certificate.verdict is Verdict.ACCEPT
    assert grid_error(outcome.registration.matrix, truth, (500, 400)) < 1.0


def test_views_find_what_is_seen_from_far_aside() -> None:
    user = cv2.cvtColor(drawing(7, (400, 300)), cv2.COLOR_BGR2GRAY)
    # 75 degrees aside: a foreshortening of 4.
    truth = np.array([[0.25, 0.06, 30], [-0.1, 1.0, 60], [0, 0, 1.0]])
    model = cv2.warpPerspective(cv2.GaussianBlur(user, (0, 0), 3, sigmaY=0.5), truth, (200, 400))
    first, second = (view_features(gray, largest=400) for gray in (user, model))
    assert isinstance(first, Features)
    assert isinstance(second, Features)
    pairs = match_views(first, second, ratio=0.8)
    off = np.linalg.norm(project(truth, first.points[pairs.user]) - second.points[pairs.model], axis=1)
    assert np.count_nonzero(off < 3) > 25
    assert np.median(off) < 2
    plain = match(landmarks(user), landmarks(model))
    assert len(plain) < len(pairs) / 2


def test_a_disc_is_found_to_a_pixel_and_other_things_are_none() -> None:
    disc = find_disc(moon(310.5, 220.25, 90, (640, 480)))
    assert disc is not None
    assert math.hypot(disc.x - 310.5, disc.y - 220.25) < 1.0
    assert abs(disc.radius - 90) < 1.5
    assert find_disc(to_gray(drawing(8))) is None
    assert find_disc(np.zeros((50, 50), np.uint8)) is None
    assert find_disc(np.zeros((0, 0), np.uint8)) is None


def test_discs_of_very_different_sizes_meet_in_original_pixels() -> None:
    user, model = moon(430, 120, 60, (640, 480), turn=35), moon(350, 345, 330, (700, 690))
    pair = Pair(Side(user, b"user"), Side(model, b"model"))
    found = look_at_discs(pair, Settings("sift", budget=1500))
    assert isinstance(found, Registration)
    assert np.linalg.norm(project(found.matrix, np.array([(430.0, 120.0)])) - (350, 345)) < 2
    assert abs(math.sqrt(np.linalg.det(found.matrix[:2, :2])) - 5.5) < 0.1
    assert abs(math.degrees(math.atan2(found.matrix[1, 0], found.matrix[0, 0])) - 35) < 1


def test_a_closer_look_mends_a_matrix_that_is_nearly_right(pair: tuple[Array, Array]) -> None:
    user, model = (to_gray(picture) for picture in pair)
    off = np.array([[1.02, 0.01, -6], [-0.01, 0.99, 5], [0, 0, 1]]) @ TILTED
    near = register_pictures(*pair, SMALL).registration
    assert near is not None
    found = look_closer(Pair(Side(user, b"u"), Side(model, b"m")), replace(near, matrix=off), SMALL)
    assert isinstance(found, Registration)
    assert grid_error(found.matrix, TILTED) < 0.3
    stranger = look_closer(Pair(Side(to_gray(drawing(40)), b"s"), Side(model, b"m")), replace(near, matrix=off), SMALL)
    assert isinstance(stranger, Failure) or stranger.certificate.verdict is not Verdict.ACCEPT


def test_a_frame_is_the_part_that_both_show_as_fine_as_the_finer() -> None:
    shift = np.array([[2.0, 0, 100], [0, 2.0, 50], [0, 0, 1]])
    frame = frame_for(shift, (100, 80), (250, 1000), largest=4000)
    assert frame is not None
    assert frame.size == (151, 161)
    fine = frame_for(np.linalg.inv(shift), (900, 900), (100, 80), largest=4000)
    assert fine is not None
    assert fine.size == (200, 160)
    assert frame_for(np.array([[1, 0, 9000.0], [0, 1, 0], [0, 0, 1]]), (100, 80), (250, 900), largest=400) is None


def test_the_same_pictures_give_the_same_bits(pair: tuple[Array, Array]) -> None:
    first, second = (register_pictures(*pair, replace(Settings(), refine=True)) for _ in range(2))
    assert first.registration is not None
    assert second.registration is not None
    assert first.registration.matrix.tobytes() == second.registration.matrix.tobytes()
    assert first.registration.certificate == second.registration.certificate


def test_real_extreme_viewpoints_are_solved_and_accepted() -> None:
    folder = DATA / "registration" / "dev"
    if not folder.is_dir():
        pytest.skip("the pairs of shared/data/registration are not here")
    known = next(p for p in json.loads((folder / "pairs.json").read_text()) if "evd_adam" in p["a"])
    user, model = (np.asarray(cv2.imread(str(folder / known[key]))) for key in "ab")
    outcome = register_pictures(user, model)
    assert outcome.registration is not None
    assert outcome.registration.certificate.verdict is Verdict.ACCEPT
    points = outcome.registration.user_points[outcome.registration.inliers]
    off = project(outcome.registration.matrix, points) - project(np.array(known["H"]), points)
    assert np.linalg.norm(off, axis=1).mean() < known["tolerance_px"]


def test_real_moons_are_told_from_coins() -> None:
    folder = DATA / "moon_detect" / "dev"
    if not folder.is_dir():
        pytest.skip("the pictures of shared/data/moon_detect are not here")
    for name, truth in json.loads((folder / "truth.json").read_text()).items():
        disc = find_disc(np.asarray(cv2.imread(str(folder / "images" / name), cv2.IMREAD_GRAYSCALE)))
        assert (disc is not None) == truth["moon"], name
        if disc is not None and truth["circle_xyr"] is not None:
            x, y, radius = truth["circle_xyr"]
            assert math.hypot(disc.x - x, disc.y - y) < max(2.0, 0.02 * radius), name
            assert abs(disc.radius - radius) < max(2.0, 0.02 * radius), name
