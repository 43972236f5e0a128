"""Decisions: thresholds by error rate, probabilities with intervals, the best match or nobody."""

import math

import msgspec
import numpy as np
import pytest

from visionmq.engine.api import EngineError
from visionmq.engine.face.calibration import (
    LAPSES,
    fit,
    fit_impostors,
    fmr_at,
    fnmr_at,
    pairs_of,
    phi,
    resample,
    threshold_at,
)
from visionmq.engine.face.decision import (
    MARGIN,
    Own,
    Ruler,
    name,
    operating_point,
    posteriors,
    probability,
    rate_each,
    rate_of_all,
    similarity,
)
from visionmq.engine.face.models import DLIB_MODEL
from visionmq.engine.face.tables import load_table
from visionmq.engine.face.values import ModelName
from visionmq.engine.store.messages import Hit
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.face.common import Calibration
from visionmq.schemas.face.identification import Unknown

MODEL = "dlib-resnet-v1"
OURS = ModelName("arc", "1", "MIT", 512)


@pytest.fixture(scope="module")
def ruler():
    return Ruler(load_table(DLIB_MODEL))


def hits(*distances):
    return [
        Hit(subject=f"s{place}", subject_id=f"id{place}", template_id=f"t{place}", distance=distance)
        for place, distance in enumerate(distances)
    ]


def decide(ruler, *distances, templates=100, subjects=100, fmr=0.01, **more):
    return name(ruler, hits(*distances), sizes=(templates, subjects), fmr=fmr, prior=0.5, **more)


# ---- the calibration that comes with the release --------------------------------------------


def test_the_calibration_says_what_it_was_measured_on(ruler):
    table = ruler.table
    assert (table.model, table.dimension) == (MODEL, 128)
    assert f"{table.impostor:,}" in table.measured_on
    assert table.impostor > 300_000
    assert {row.name for row in table.sets} == {"lfw", "orl", "wild"}
    assert len(table.resampled) == 100


@pytest.mark.parametrize("rate", [0.01, 0.005, 0.001])
def test_rates_that_were_stated_hold_in_each_measured_set_within_a_factor_of_five(ruler, rate):
    for row in ruler.table.sets:
        assert row.fmr[f"{rate:g}"] <= 5 * rate


def test_the_usual_threshold_of_dlib_has_the_rate_it_is_known_for(ruler):
    assert 0.003 < fmr_at(ruler.best, 0.6) < 0.03
    assert fnmr_at(ruler.best, 0.6) < 0.03


@pytest.mark.parametrize("thresholds", [{}, {0.001: 1.0}])
def test_a_model_without_calibration_decides_nothing(thresholds):
    with pytest.raises(EngineError) as caught:
        load_table(OURS, None, thresholds)
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE
    assert "calibration" in str(caught.value)


def test_a_model_of_ones_own_brings_its_calibration(ruler, tmp_path):
    mine = msgspec.structs.replace(ruler.table, model="arc", dimension=512)
    (tmp_path / "calibration.json").write_bytes(msgspec.json.encode(mine))
    assert load_table(OURS, tmp_path) == mine
    with pytest.raises(EngineError, match="this one is of 'arc'"):
        load_table(DLIB_MODEL, tmp_path)
    (tmp_path / "calibration.json").write_bytes(b"{}")
    with pytest.raises(EngineError, match="cannot be read"):
        load_table(OURS, tmp_path)


def test_thresholds_alone_give_cautious_answers():
    stated = Ruler(load_table(OURS, None, {0.01: 1.20, 0.001: 1.10, 0.0001: 1.01}))
    for rate, distance in ((0.01, 1.20), (0.001, 1.10), (0.0001, 1.01)):
        point = operating_point(stated, rate)
        assert point.threshold == pytest.approx(distance, abs=0.01)
        assert (point.fnmr, point.fmr_interval) == (None, (0.0, 1.0))
        assert "nothing of it was measured here" in point.measured_on
    value, (low, high) = probability(stated, 1.01, 0.5)
    assert 0.9 < value < 0.99, "odds of 50 at a rate of 1e-4"
    assert low <= value <= high
    assert probability(stated, 1.5, 0.5)[0] < 0.5
    assert decide(stated, 0.6, 1.2).subject == "s0"
    with pytest.raises(EngineError, match="do not grow"):
        load_table(OURS, None, {0.01: 1.0, 0.001: 1.1})


# ---- thresholds -----------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 0.01, 1e-3, 1e-6, 1e-9])
def test_a_threshold_has_the_rate_it_was_chosen_for(ruler, rate):
    point = operating_point(ruler, rate)
    assert point.fmr_each == pytest.approx(rate, rel=1e-6)
    assert point.fmr_interval[0] <= point.fmr_each <= point.fmr_interval[1]
    assert point.extrapolated == (rate < ruler.table.least_rate)


def test_a_smaller_rate_has_a_smaller_threshold_that_turns_more_away(ruler):
    points = [operating_point(ruler, rate) for rate in (0.01, 1e-3, 1e-4, 1e-5)]
    assert [one.threshold for one in points] == sorted((one.threshold for one in points), reverse=True)
    assert [one.fnmr for one in points] == sorted(one.fnmr for one in points)


def test_a_threshold_of_ones_own_says_its_rate(ruler):
    own = operating_point(ruler, 0.5, comparisons=100, threshold=0.5)
    assert own.threshold == 0.5
    assert own.fmr == pytest.approx(1 - (1 - fmr_at(ruler.best, 0.5)) ** 100)


@pytest.mark.parametrize("comparisons", [1, 10, 10_000, 1_000_000])
def test_a_search_is_not_a_comparison(ruler, comparisons):
    each = rate_each(0.01, comparisons)
    assert rate_of_all(each, comparisons) == pytest.approx(0.01, rel=1e-6)
    point = operating_point(ruler, 0.01, comparisons)
    assert point.fmr_each == pytest.approx(each, rel=1e-5)
    assert point.threshold <= operating_point(ruler, 0.01).threshold


def test_the_normal_tail_does_not_end_in_rounding():
    assert phi(-10) == pytest.approx(7.61985e-24, rel=1e-4)
    assert phi(0) == 0.5


# ---- probability ----------------------------------------------------------------------------


def test_nearer_is_more_probable_and_the_interval_holds_the_value(ruler):
    distances = np.linspace(0, 1.2, 40)
    told = [probability(ruler, distance, 0.5) for distance in distances]
    values = [value for value, _ in told]
    assert values == sorted(values, reverse=True)
    assert all(0 <= low <= value <= high <= 1 for value, (low, high) in told)
    assert values[0] > 0.999
    assert values[-1] < 0.01


def test_at_an_even_prior_the_probability_is_a_half_between_genuine_and_impostor(ruler):
    a, b = ruler.best.evidence
    assert probability(ruler, a / b, 0.5)[0] == pytest.approx(0.5, abs=0.01)
    assert 0.55 < a / b < 0.68


def test_a_prior_moves_the_odds_and_nothing_else(ruler):
    even, rare = probability(ruler, 0.5, 0.5)[0], probability(ruler, 0.5, 0.01)[0]
    odds = [value / (1 - value) for value in (even, rare)]
    assert odds[0] / odds[1] == pytest.approx(99, rel=1e-6)


def test_the_lower_end_claims_no_more_than_was_measured(ruler):
    value, (low, _) = probability(ruler, 0.0, 0.5)
    most = ruler.table.person_pairs / 3
    assert low == pytest.approx(most / (1 + most), abs=1e-6)
    assert value > low


def test_a_face_that_was_misplaced_leaves_strangers_some_doubt(ruler):
    assert probability(ruler, 1.5, 0.5)[0] == pytest.approx(LAPSES, rel=0.01)


def test_what_the_candidates_claim_is_at_most_one(ruler):
    told = posteriors(ruler, [0.30, 0.32, 0.7], 1000, 0.5)
    values = [value for value, _ in told]
    assert sum(values) <= 1
    assert values[0] > values[1] > values[2]
    assert values[0] < 0.9, "two that are as near share the claim"
    assert all(low <= value <= high for value, (low, high) in told)


def test_the_same_distance_says_less_in_a_larger_gallery(ruler):
    few, many = (posteriors(ruler, [0.45], size, 0.5)[0][0] for size in (10, 100_000))
    assert few > 0.99
    assert many < 0.5


def test_similarity_is_a_cosine():
    assert (similarity(0), similarity(math.sqrt(2)), similarity(2)) == (1, pytest.approx(0), 0)


# ---- who ------------------------------------------------------------------------------------


def test_the_nearest_is_named_if_it_is_near_and_ahead(ruler):
    found = decide(ruler, 0.3, 0.5, 0.7)
    assert (found.subject, found.unknown) == ("s0", None)
    assert found.margin == pytest.approx(0.2)
    assert "0.300" in found.reason


def test_a_stranger_is_unknown(ruler):
    found = decide(ruler, 0.62, 0.7)
    assert (found.subject, found.unknown) == (None, Unknown.ABOVE_THRESHOLD)
    assert "0.620" in found.reason
    assert found.sure[0][0] < 0.5


def test_a_match_in_a_small_gallery_is_unknown_in_a_large_one(ruler):
    assert decide(ruler, 0.5, templates=5, subjects=5).subject == "s0"
    assert decide(ruler, 0.5, templates=10_000, subjects=10_000).unknown is Unknown.ABOVE_THRESHOLD


def test_two_that_are_as_near_are_nobody(ruler):
    found = decide(ruler, 0.30, 0.30 + MARGIN / 2)
    assert (found.subject, found.unknown) == (None, Unknown.MARGIN_TOO_SMALL)
    assert decide(ruler, 0.30, 0.30 + MARGIN / 2, margin=0.0).subject == "s0"


def test_nobody_is_found_where_nobody_is_enrolled(ruler):
    found = decide(ruler, templates=0, subjects=0)
    assert (found.subject, found.unknown, found.point) == (None, Unknown.EMPTY_GALLERY, None)


def test_a_lone_subject_needs_no_margin(ruler):
    found = decide(ruler, 0.4, templates=1, subjects=1)
    assert (found.subject, found.margin) == ("s0", None)


# ---- fitting --------------------------------------------------------------------------------


def crowd(seed=3, persons=120, each=3, spread=0.05, dimension=24):
    """Return encodings of made-up persons, some pictures each."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(0, 0.12, (persons, dimension))
    rows = np.repeat(centres, each, axis=0) + draw.normal(0, spread, (persons * each, dimension))
    return rows, [str(number // each) for number in range(persons * each)]


def test_rates_fitted_to_half_of_the_persons_hold_for_the_other_half():
    rows, persons = crowd(persons=400)
    half = len(rows) // 2
    curve = fit(pairs_of(rows[:half], persons[:half]))
    rest = pairs_of(rows[half:], persons[half:])
    for rate in (0.05, 0.01, 0.001):
        measured = (rest.distances[~rest.genuine] <= threshold_at(curve, rate)).mean()
        assert rate / 2 < measured < rate * 2


def test_each_pair_of_persons_weighs_the_same_however_many_pictures_there_are():
    rows, persons = crowd(persons=20)
    more = pairs_of(np.concatenate([rows, rows[:3]]), [*persons, *persons[:3]])
    assert more.person_pairs == 20 * 19 / 2
    assert more.even[more.genuine].sum() == pytest.approx(20)


def test_a_person_drawn_twice_meets_itself_not():
    rows, persons = crowd(persons=6)
    pairs = pairs_of(rows, persons)
    weights = pairs.weights(np.array([2.0, 0, 1, 1, 1, 1]))
    gone = (pairs.first == 1) | (pairs.second == 1)
    assert (weights[gone] == 0).all()
    assert weights[~pairs.genuine].sum() == pytest.approx(2 * 4 + 6)


def test_too_few_pairs_are_said_to_be_too_few():
    rows, persons = crowd(persons=3)
    with pytest.raises(ValueError, match="too few"):
        fit_impostors(pairs_of(rows, persons))


def test_resampling_is_the_same_for_the_same_seed():
    pairs = pairs_of(*crowd(persons=10))
    first, again = resample(pairs, 5, 3), resample(pairs, 5, 3)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not (first[0] == first[1]).all()


# ---- a gallery's own ------------------------------------------------------------------------


def test_where_strangers_are_more_alike_the_threshold_moves_and_evidence_with_it(ruler):
    a, b = ruler.table.best.impostor
    alike = (a + 0.5, b)
    own = Ruler(ruler.table, Calibration.GALLERY, Own(alike, [alike] * 60, 1e-3, "this collection"))
    shipped, moved = operating_point(ruler, 0.01), operating_point(own, 0.01)
    assert moved.threshold == pytest.approx(shipped.threshold - 0.5 / b)
    assert (moved.calibration, moved.measured_on) == (Calibration.GALLERY, "this collection")
    before = probability(ruler, shipped.threshold, 0.5)[0]
    assert probability(own, moved.threshold, 0.5)[0] == pytest.approx(before, rel=1e-6)
    assert probability(own, 0.5, 0.5)[0] < probability(ruler, 0.5, 0.5)[0]


def test_a_slope_that_is_given_is_kept():
    pairs = pairs_of(*crowd())
    free, bound = fit_impostors(pairs), fit_impostors(pairs, slope=7.0)
    assert bound[1] == 7.0
    assert free[1] != 7.0


def test_a_calibration_comes_back_as_it_was_written(ruler):
    assert msgspec.json.decode(msgspec.json.encode(ruler.table), type=type(ruler.table)) == ruler.table
