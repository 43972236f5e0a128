"""The registration benchmark counts right: errors over the overlap, areas, cross pairs, and whether weights hold."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.registering import pairs, plot, scoring, warping
from benchmarks.registering.calibrating import deciles, logistic
from benchmarks.registering.pairs import Array, Pair
from benchmarks.registering.recipes import Answer, Careful, Older

EYE = np.eye(3)
SHIFT = np.array([[1, 0, 3.0], [0, 1, 4.0], [0, 0, 1]])


def picture(seed: int, size: tuple[int, int] = (300, 240)) -> Array:
    """Return overlapping discs in colours."""
    random = np.random.default_rng(seed)
    canvas = np.full((size[1], size[0], 3), 128, np.uint8)
    for _ in range(160):
        place = tuple(int(random.integers(side)) for side in size)
        colour = tuple(int(level) for level in random.integers(256, size=3))
        cv2.circle(canvas, place, int(random.integers(3, 18)), colour, -1)
    return canvas


def pair(user: str, model: str, *, related: bool = True, truth: Array | None = None) -> Pair:
    return Pair(Path(user), Path(model), truth, 5.0, related, "test")


def test_the_error_is_the_mean_over_the_part_that_both_show() -> None:
    assert pairs.grid_error(SHIFT, EYE, (200, 300), (200, 300)) == pytest.approx(5)
    half = np.array([[1, 0, 150.0], [0, 1, 0], [0, 0, 1]])
    bent = np.array([[1, 0, 150.0], [0, 1, 0], [0, 0, 1]])
    bent[0, 0] = 1.01  # off by a hundredth of x, of which only the left half falls inside
    assert pairs.grid_error(bent, half, (200, 300), (200, 300)) == pytest.approx(0.75, abs=0.05)


def test_a_matrix_that_folds_the_overlap_errs_without_end() -> None:
    folded = np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]])
    assert pairs.grid_error(folded, EYE, (200, 300), (200, 300)) == float("inf")


def test_areas_count_errors_below_the_limit_in_proportion() -> None:
    assert scoring.area_under([0, 5, 10, float("inf")], 10) == pytest.approx((1 + 0.5) / 4)
    assert scoring.area_under([], 10) == 0


def test_cross_pairs_never_hold_pictures_of_one_thing() -> None:
    known = [pair("x/oxford_graf_a", "x/oxford_graf_b"), pair("x/evd_graf_a", "x/evd_graf_b"), pair("x/c_a", "x/c_b")]
    known.append(pair("x/c_a", "x/oxford_graf_b", related=False))
    found = pairs.crossed(known)
    assert len(found) == 8, "each of two pictures with each of four"
    assert all(("graf" in one.user.stem) != ("graf" in one.model.stem) for one in found)
    assert not any(one.related for one in found)


def test_only_answers_that_are_stood_by_are_confidently_wrong() -> None:
    true, apart = pair("a", "b", truth=EYE), pair("c", "d", related=False)
    results = [
        scoring.Result(true, Answer(EYE, True), 0.5),
        scoring.Result(true, Answer(EYE, True), 30.0),
        scoring.Result(true, Answer(EYE, False), 30.0),
        scoring.Result(true, Answer(None, False), float("inf")),
        scoring.Result(apart, Answer(EYE, True), None),
        scoring.Result(apart, Answer(EYE, False), None),
        scoring.Result(apart, Answer(None, False), None),
    ]
    found = scoring.score(results)
    assert (found.truths, found.solved, found.solved_accepted, found.wrong) == (4, 1, 1, 1)
    assert (found.unrelated, found.refused, found.uncertain) == (3, 2, 1)
    assert len(scoring.row("x", found)) == len(scoring.HEAD)


@pytest.mark.parametrize("recipe", [Older("sift"), Careful("orb"), Careful("sift", 15)])
def test_recipes_answer_in_the_pixels_of_the_pictures_as_they_are(recipe: Older | Careful) -> None:
    user = picture(1)
    matrix = np.array([[1.4, 0.1, 20], [-0.1, 1.3, 40], [0, 0, 1.0]])
    model = cv2.warpPerspective(user, matrix, (460, 380))
    answer = recipe.answer(user, model, cold=True)
    assert answer.matrix is not None
    assert pairs.grid_error(answer.matrix, matrix, user.shape, model.shape) < 2


def test_made_pairs_are_the_same_each_time_and_their_matrix_is_true() -> None:
    known = [warping.Source(Path(f"{n}.png"), picture(n), str(n), n % 2) for n in range(6)]
    for number in range(4):
        one, again = warping.warped(known, number), warping.warped(known, number)
        assert (one.user == again.user).all()
        assert one.truth is not None
        assert one.half == known[number // 2 * 37 % 6].half
    apart = warping.unrelated(known, 3)
    first, second = (int(name) for name in apart.name.split())
    assert first != second
    assert apart.truth is None
    assert first % 2 == second % 2 == apart.half


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("evd_graf_a.jpg", "oxford_graf13_b.jpg", True), ("homogr_city_a.png", "homogr_city_b.png", True),
     ("homogr_city_a.png", "homogr_Boston_b.jpg", False), ("detect_img01.jpg", "moon_real_1_a.jpg", True)],
)  # fmt: skip
def test_pictures_of_one_thing_have_one_name(first: str, second: str, same: bool) -> None:
    assert (warping.thing_of(Path(first)) == warping.thing_of(Path(second))) is same


def test_a_logistic_model_is_found_again_and_holds() -> None:
    random = np.random.default_rng(5)
    rows = [{"constant": 1.0, "x": x, "unrelated": y} for x, y in random.normal(0, 2, (4000, 2))]
    chances = np.array([1 / (1 + np.exp(-(0.5 + 1.5 * row["x"]))) for row in rows])
    truths = random.random(4000) < chances
    weights = logistic(rows, truths.tolist())
    assert weights["constant"] == pytest.approx(0.5, abs=0.15)
    assert weights["x"] == pytest.approx(1.5, abs=0.15)
    assert weights["unrelated"] == pytest.approx(0, abs=0.1)
    found = deciles(chances, truths)
    assert sum(one.count for one in found) == 4000
    assert all(abs(one.said - one.held) < 0.08 for one in found)


def test_the_plot_is_text_of_moderate_size() -> None:
    found = deciles(np.linspace(0.02, 0.99, 200), np.arange(200) > 100)
    text = plot.reliability("a < b", {"fit": found, "check": found})
    assert text.startswith("<svg")
    assert "a &lt; b" in text
    assert len(text) < 100_000
