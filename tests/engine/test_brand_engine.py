"""The engine behind `brand.*`, with a stand-in for the network: learning, recognising, forgetting, reporting."""

import cv2
import msgspec
import numpy as np
import pytest

from tests.engine.brand_scenes import Stored, engine_in, logo, on_card, photograph, png
from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.brand.gallery import collections
from visionmq.schemas.brand.recognition import RecognizeParams
from visionmq.schemas.brand.references import CollectionsParams, ForgetParams, LabelsParams, LearnParams
from visionmq.schemas.brand.report import CalibrateParams, ReportParams
from visionmq.schemas.codec import encode
from visionmq.schemas.common import PixelOrder, RawImage
from visionmq.schemas.errors import ErrorCode
from visionmq.schemas.limits import MAX_BODY_BYTES

BRANDS = 8
QUAD = [(250.0, 100.0), (420.0, 115.0), (410.0, 270.0), (244.0, 258.0)]


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    return Stored(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def engine(resources, tmp_path_factory):
    made = engine_in(tmp_path_factory.mktemp("none"), resources)
    learn(made, [(f"brand {seed}", png(logo(seed))) for seed in range(BRANDS)])
    return made


def outcomes(engine, operation, *jobs):
    return engine.run(operation, jobs)


def ask(engine, params, frames=(), key="k"):
    operation = {
        LearnParams: "brand.learn",
        RecognizeParams: "brand.recognize",
        LabelsParams: "brand.labels",
        CollectionsParams: "brand.collections",
        ForgetParams: "brand.forget",
        ReportParams: "brand.report",
        CalibrateParams: "brand.calibrate",
    }[type(params)]
    (answer,) = outcomes(engine, operation, Job(params, frames=list(frames), key=key, request_id=key))
    if isinstance(answer, EngineError):
        raise answer
    assert isinstance(answer, Answer)
    assert msgspec.json.decode(encode(answer.result), type=type(answer.result)) == answer.result
    assert len(encode(answer.result)) < MAX_BODY_BYTES
    return answer


def learn(engine, rows, collection="default", key="learn", **more):
    params = LearnParams(collection=collection, brands=[brand for brand, _ in rows], **more)
    return ask(engine, params, [frame for _, frame in rows], key=f"{collection} {key}").result


def find(engine, *frames, **options):
    answer = ask(engine, RecognizeParams(text=False, **options), frames)
    return [item.result for item in answer.result.items]


# ---- recognising ----------------------------------------------------------------------------


def test_each_brand_is_recognised_in_another_colour_and_size(engine):
    pictures = [png(logo(seed, colour=(20, 140, 60), side=140)) for seed in range(BRANDS)]
    found = find(engine, *pictures)
    assert [one.label for one in found] == [f"brand {seed}" for seed in range(BRANDS)]
    best = found[0].matches[0]
    assert best.brand == "brand 0"
    assert best.reference == "image 1"
    assert 0.5 < best.probability <= 1
    assert best.similarity > found[0].candidates[1].similarity
    assert best.embedding is None


def test_a_stranger_is_unknown_and_still_has_candidates(engine):
    for result in find(engine, png(logo(77)), png(photograph(5)), png(np.full((60, 60, 3), 255, np.uint8))):
        assert (result.label, result.matches) == ("unknown", [])
        assert len(result.candidates) == 5


def test_two_brands_in_one_photograph_are_both_found_and_where(engine):
    picture = on_card(photograph(9), logo(2), QUAD)
    picture = on_card(picture, logo(5), [(x - 210, y + 10) for x, y in QUAD])
    (result,) = find(engine, png(picture))
    assert {match.brand for match in result.matches} == {"brand 2", "brand 5"}
    centres = {match.brand: np.mean(match.quad.points, axis=0)[0] for match in result.matches}
    assert centres["brand 5"] < 240 < centres["brand 2"]
    assert all(match.verified and match.inliers >= 6 for match in result.matches)
    assert result.places > 4


def test_a_threshold_replaces_the_rate_and_really_applies(engine):
    frame = png(logo(1))
    (all_of_them,) = find(engine, frame, threshold=-1.0, top=BRANDS)
    assert len(all_of_them.matches) == BRANDS
    assert all_of_them.matches[0].brand == "brand 1"
    (some,) = find(engine, frame, threshold=0.8)
    assert [match.brand for match in some.matches] == ["brand 1"]
    (none,) = find(engine, frame, threshold=1.0)
    assert none.matches == []
    answer = ask(engine, RecognizeParams(threshold=0.8), [frame]).result
    assert (answer.threshold.kind, answer.threshold.similarity) == ("similarity", 0.8)


def test_a_stricter_rate_asks_for_more(engine):
    told = [ask(engine, RecognizeParams(fpr=fpr), [png(logo(1))]).result.threshold for fpr in (0.1, 0.01, 0.001)]
    assert told[0].probability < told[1].probability < told[2].probability
    assert told[0].similarity < told[1].similarity < told[2].similarity
    assert {one.kind for one in told} == {"fpr"}


def test_a_bad_picture_never_fails_its_neighbours(engine):
    answer = ask(engine, RecognizeParams(), [png(logo(1)), b"no picture", png(logo(3, side=64))]).result
    good, bad, other = answer.items
    assert (good.result.label, other.result.label) == ("brand 1", "brand 3")
    assert bad.error.code is ErrorCode.BAD_IMAGE


def test_jobs_of_several_clients_and_collections_are_answered_each_for_itself(engine):
    learn(engine, [("only", png(logo(30)))], collection="small")
    jobs = [
        Job(RecognizeParams(collection="small"), frames=[png(logo(30)), png(logo(1))], request_id="1"),
        Job(RecognizeParams(search="nowhere"), frames=[png(logo(1))], request_id="2"),
        Job(RecognizeParams(search="whole"), frames=[png(logo(1))], request_id="3"),
        Job(RecognizeParams(collection="nothing in it"), frames=[png(logo(1))], request_id="4"),
    ]
    first, second, third, fourth = outcomes(engine, "brand.recognize", *jobs)
    assert [item.result.label for item in first.result.items] == ["only", "unknown"]
    assert second.code is ErrorCode.BAD_REQUEST
    assert third.result.items[0].result.label == "brand 1"
    assert third.result.items[0].result.places == 1
    assert fourth.result.items[0].result.label == "unknown"
    assert (fourth.result.brands, fourth.result.items[0].result.candidates) == (0, [])


def test_embeddings_come_where_they_are_asked_for(engine):
    (result,) = find(engine, png(logo(1)), embedding=True)
    assert np.linalg.norm(result.embedding) == pytest.approx(1, abs=1e-3)
    assert len(result.matches[0].embedding) == len(result.embedding) == 288


def test_the_overlay_outlines_matches_and_says_unknown(engine):
    params = RecognizeParams(want=["overlay"])
    answer = ask(engine, params, [png(on_card(photograph(9), logo(2), QUAD)), b"broken", png(logo(77))])
    assert [(one.name, one.item, one.frame) for one in answer.result.images] == [("overlay", 0, 0), ("overlay", 2, 1)]
    for frame in answer.images:
        drawn = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_COLOR)
        assert max(drawn.shape[:2]) >= 480
    with pytest.raises(EngineError, match="no picture 'landscape'"):
        ask(engine, RecognizeParams(want=["landscape"]), [png(logo(1))])


# ---- learning -------------------------------------------------------------------------------


def test_learning_tells_of_each_picture_and_brand(engine):
    rows = [("x", png(logo(50))), ("y", png(logo(51))), ("x", b"broken"), ("x", png(logo(52))), ("z", _blank())]
    told = learn(engine, rows, collection="told", sources=["a.png", "b.png", "c.png", "d.png", "e.png"])
    assert [item.ok for item in told.items] == [True, True, False, True, False]
    assert told.items[4].error.code is ErrorCode.BAD_IMAGE
    assert "shows nothing" in told.items[4].error.message
    assert [(one.brand, one.references, one.created) for one in told.brands] == [("x", 2, True), ("y", 1, True)]
    (result,) = find(engine, png(logo(52)), collection="told")
    assert (result.label, result.matches[0].reference) == ("x", "d.png")


def _blank() -> bytes:
    return png(np.full((80, 80, 3), 255, np.uint8))


def test_the_same_key_learns_once_and_replace_drops_what_was(engine):
    rows = [("x", png(logo(50)))]
    learn(engine, rows, collection="once")
    again = learn(engine, rows, collection="once")
    assert again.brands[0].references == 1
    more = learn(engine, [("x", png(logo(51)))], collection="once", key="second")
    assert more.brands[0].references == 2
    fresh = learn(engine, [("x", png(logo(52)))], collection="once", key="third", replace=True)
    assert fresh.brands[0].references == 1


@pytest.mark.parametrize(
    "params",
    [
        LearnParams(),
        LearnParams(brand="x", brands=["x"]),
        LearnParams(brands=["x", "y"]),
        LearnParams(brand="x", sources=["a", "b"]),
    ],
)
def test_brands_that_do_not_fit_the_pictures_are_refused(engine, params):
    with pytest.raises(EngineError) as caught:
        ask(engine, params, [png(logo(1))])
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_a_light_drawing_without_a_ground_is_learnt_on_a_dark_one(engine):
    shape = (logo(60).min(axis=2) < 200).astype(np.uint8) * 255
    light = np.dstack([np.full((*shape.shape, 3), 255, np.uint8), shape])
    told = learn(engine, [("light", png(light))], collection="light")
    assert told.items[0].ok
    assert any("dark" in note for note in told.items[0].result.notes)
    dark = np.full((*shape.shape, 3), 20, np.uint8)
    dark[shape > 127] = (250, 250, 250)
    (result,) = find(engine, png(dark), collection="light")
    assert result.label == "light"


@pytest.mark.parametrize("order", list(PixelOrder)[:2])
def test_a_light_drawing_is_the_same_as_a_file_and_as_pixels(engine, order):
    shape = (logo(61).min(axis=2) < 200).astype(np.uint8) * 255
    light = np.dstack([np.full((*shape.shape, 3), 255, np.uint8), shape])
    raw = RawImage(height=light.shape[0], width=light.shape[1], channels=4, order=order)
    told = learn(engine, [("light", light.tobytes())], collection=f"pixels {order}", raw=[raw])
    assert told.items[0].ok
    again = learn(engine, [("light", png(light))], collection=f"pixels {order}", key="file")
    assert again.items[0].result.known


def test_a_brand_keeps_a_picture_once_unless_all_is_replaced(engine):
    first = learn(engine, [("a", png(logo(62)))], collection="known")
    rows = [("a", png(logo(63))), ("a", png(logo(62))), ("b", png(logo(62)))]
    again = learn(engine, rows, collection="known", key="again")
    assert [item.result.known for item in again.items] == [False, True, False]
    assert again.items[1].result.template == first.items[0].result.template
    assert [(one.brand, one.references) for one in again.brands] == [("a", 2), ("b", 1)]
    fresh = learn(engine, [("a", png(logo(62)))], collection="known", key="fresh", replace=True)
    assert not fresh.items[0].result.known


def test_what_one_engine_learns_another_finds_at_once(engine, resources, tmp_path):
    other = engine_in(tmp_path, resources)
    learn(engine, [("late", png(logo(90)))], collection="shared")
    assert find(other, png(logo(90)), collection="shared")[0].label == "late"
    ask(other, ForgetParams(collection="shared", brand="late"), key="forget late")
    (result,) = find(engine, png(logo(90)), collection="shared")
    assert (result.label, result.candidates) == ("unknown", [])


# ---- upkeep ---------------------------------------------------------------------------------


def test_labels_come_by_name_and_in_pages(engine):
    first = ask(engine, LabelsParams(limit=3)).result
    assert [one.brand for one in first.labels] == ["brand 0", "brand 1", "brand 2"]
    assert first.total == BRANDS
    rest = ask(engine, LabelsParams(after="brand 2")).result
    assert [one.brand for one in rest.labels] == [f"brand {seed}" for seed in range(3, BRANDS)]
    assert {one.references for one in rest.labels} == {1}


def test_collections_count_brands_and_the_references_of_this_network(engine):
    learn(engine, [("a", png(logo(60))), ("a", png(logo(61))), ("b", png(logo(62)))], collection="counted")
    told = ask(engine, CollectionsParams()).result
    assert [one.collection for one in told.collections] == sorted(one.collection for one in told.collections)
    (counted,) = [one for one in told.collections if one.collection == "counted"]
    assert (counted.brands, counted.references) == (2, 3), "a brand's prototype is no reference"
    others = collections(engine._link, "another-network")
    assert [(one.subjects, one.templates) for one in others if one.collection == "counted"] == [(2, 0)]


def test_forgetting_takes_all_references_and_unknown_brands_are_not_found(engine):
    learn(engine, [("gone", png(logo(50))), ("gone", png(logo(51))), ("stays", png(logo(52)))], collection="forget")
    told = ask(engine, ForgetParams(collection="forget", brand="gone"), key="forget").result
    assert (told.brand, told.references) == ("gone", 2)
    assert find(engine, png(logo(50)), collection="forget")[0].label == "unknown"
    (result,) = find(engine, png(logo(50)), collection="forget", threshold=-1.0)
    assert {one.brand for one in [*result.matches, *result.candidates]} == {"stays"}
    with pytest.raises(EngineError) as caught:
        ask(engine, ForgetParams(collection="forget", brand="gone"), key="again")
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_the_report_names_duplicates_contradictions_and_outliers(engine):
    rows = [
        ("a", logo(70)), ("a", logo(70)), ("b", logo(71)), ("c", logo(71)),
        ("d", logo(72)), ("d", logo(72, colour=(10, 90, 160))), ("d", logo(73)), ("e", logo(73, colour=(120, 10, 90))),
    ]  # fmt: skip
    names = [f"{number}.png" for number in range(len(rows))]
    learn(engine, [(brand, png(pixels)) for brand, pixels in rows], collection="report", sources=names)
    told = ask(engine, ReportParams(collection="report")).result
    assert (told.brands, told.references, told.lonely) == (5, 8, 3)
    assert {(pair.first_source, pair.second_source) for pair in told.duplicates} >= {("0.png", "1.png")}
    assert ("2.png", "3.png") in {(pair.first_source, pair.second_source) for pair in told.contradictions}
    assert {pair.first == pair.second for pair in told.duplicates} == {True}
    assert {pair.first == pair.second for pair in told.contradictions} == {False}
    assert ("d", "6.png", "e") in {(one.brand, one.source, one.other) for one in told.outliers}


def test_calibration_is_kept_for_all_engines_and_told(engine, resources, tmp_path):
    rows = [(f"brand {seed}", png(logo(100 + seed, side=96))) for seed in range(24)]
    learn(engine, rows, collection="calibrated")
    before = ask(engine, RecognizeParams(collection="calibrated"), [png(logo(100))]).result.threshold
    told = ask(engine, CalibrateParams(collection="calibrated"), key="calibrate").result
    assert (told.brands, told.references) == (24, 24)
    assert [one.fpr for one in told.points] == sorted(one.fpr for one in told.points)
    levels = [one.similarity for one in told.points]
    assert levels == sorted(levels, reverse=True)
    other = engine_in(tmp_path, resources)
    after = ask(other, RecognizeParams(collection="calibrated"), [png(logo(100))]).result.threshold
    assert (before.calibrated_on, after.calibrated_on) == ("defaults", "gallery")


def test_capabilities_say_what_is_there(engine):
    names = [one.name for one in engine.capabilities()]
    assert names == ["logo embedding", "word marks"]
