"""The engine behind `registration.*`: answers, failures, names, and what a matrix is said to do."""

import subprocess
import sys

import cv2
import msgspec
import numpy as np
import pytest

from tests.engine.registration_scenes import SIZE, TRUTH, as_picture, draw_scene, user_and_model
from visionmq.engine.api import Answer, EngineError, Job
from visionmq.engine.registration import asked
from visionmq.engine.registration.answer import HINTS, decompose, rotation_of, scale_of
from visionmq.engine.registration.engine import RegistrationEngine
from visionmq.engine.registration.outcome import FailureKind
from visionmq.engine.registration.pictures import WANTS
from visionmq.engine.registration.plan import Estimator, Transform
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import ErrorCode, make_error
from visionmq.schemas.limits import MAX_BODY_BYTES
from visionmq.schemas.registration import MAX_POINTS, Registered, RegisterParams, StitchParams, Verdict, WarpParams

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@pytest.fixture(scope="module")
def engine() -> RegistrationEngine:
    made = RegistrationEngine()
    made.load()
    return made


@pytest.fixture(scope="module")
def pair():
    return tuple(as_picture(pixels) for pixels in user_and_model())


def ask(engine, params, pictures, operation="registration.register"):
    (answer,) = engine.run(operation, [Job(params, pictures=pictures)])
    if isinstance(answer, EngineError):
        raise answer
    assert isinstance(answer, Answer)
    assert msgspec.json.decode(encode(answer.result), type=type(answer.result)) == answer.result
    return answer


def decoded(frame):
    return cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_UNCHANGED)


def grid_error(matrix) -> float:
    """Mean distance in model pixels over a grid of the user's picture that falls inside the model."""
    points = np.array([[x, y] for x in range(0, SIZE[0], 20) for y in range(0, SIZE[1], 20)], np.float64)[None]
    shown, true = (cv2.perspectiveTransform(points, np.array(one))[0] for one in (matrix, TRUTH))
    inside = ((true >= 0) & (true < SIZE)).all(axis=1)
    return float(np.linalg.norm(shown - true, axis=1)[inside].mean())


# ---- register -------------------------------------------------------------------------------


def test_a_pair_is_answered_with_its_matrix_frames_and_certificate(engine, pair):
    result: Registered = ask(engine, RegisterParams(pass_back=7), pair).result
    assert grid_error(result.matrix) < 1.0
    assert (result.direction, result.user_size, result.model_size) == ("user_to_model", SIZE, SIZE)
    assert result.certificate.verdict is Verdict.ACCEPT
    assert 0.5 < result.certificate.probability <= 1
    assert result.certificate.tolerance > 0
    assert {"coverage", "conditioning", "similarity"} <= set(result.certificate.figures)
    assert result.failure is None
    assert (result.model, result.pass_back) == ("homography", 7)
    assert result.reprojection.median <= result.reprojection.p95 < 5
    assert [one.verdict for one in result.tries][-1] is Verdict.ACCEPT


def test_what_the_matrix_does_is_said_in_words(engine, pair):
    result = ask(engine, RegisterParams(), pair).result
    assert result.scale == pytest.approx(scale_of(TRUTH, SIZE), abs=0.01)
    assert result.rotation_degrees == pytest.approx(rotation_of(TRUTH, SIZE), abs=0.5)
    assert result.decomposition.centre == pytest.approx(decompose(TRUTH, SIZE).centre, abs=0.5)


def test_points_are_bounded_and_belong_to_the_matrix(engine, pair):
    result = ask(engine, RegisterParams(points=40), pair).result
    points = result.points
    assert len(points.user) == len(points.model) == len(points.inlier) == 40 <= result.matches
    assert result.inliers <= result.matches
    mapped = cv2.perspectiveTransform(np.array([points.user]), np.array(result.matrix))[0]
    near = np.linalg.norm(mapped - np.array(points.model), axis=1)[np.array(points.inlier)]
    assert len(near) > 20
    assert near.max() < 8
    assert ask(engine, RegisterParams(points=0), pair).result.points.user == []


def test_the_largest_answer_fits_into_a_body(engine, pair):
    result = ask(engine, RegisterParams(algorithm="sift"), pair).result
    point = (12345.67, 12345.67)
    full = msgspec.structs.replace(
        result.points, user=[point] * MAX_POINTS, model=[point] * MAX_POINTS, inlier=[False] * MAX_POINTS
    )
    assert len(encode(msgspec.structs.replace(result, points=full))) < MAX_BODY_BYTES / 2


@pytest.mark.parametrize("name", ["SIFT", "Orb", "akaze", " BRISK "])
def test_an_algorithm_is_taken_in_any_case(engine, pair, name):
    result = ask(engine, RegisterParams(algorithm=name), pair).result
    assert result.algorithm == name.strip().lower()
    assert grid_error(result.matrix) < 2.0


@pytest.mark.parametrize("name", list(Estimator))
def test_every_estimator_can_be_asked_for(engine, pair, name):
    assert grid_error(ask(engine, RegisterParams(algorithm="orb", estimator=name.upper()), pair).result.matrix) < 3.0


@pytest.mark.parametrize("name", list(Transform))
def test_every_transform_can_be_asked_for(engine, pair, name):
    moved = as_picture(np.ascontiguousarray(np.roll(pair[1].pixels, (4, 9), axis=(0, 1))))
    result = ask(engine, RegisterParams(algorithm="orb", model=name), (pair[1], moved)).result
    assert result.model == name
    assert np.array(result.matrix)[:2, 2] == pytest.approx([9, 4], abs=0.6)


@pytest.mark.parametrize(
    ("params", "known"),
    [
        (RegisterParams(algorithm="surfing"), ["auto", "sift", "orb", "akaze", "brisk", "surf"]),
        (RegisterParams(estimator="best"), list(Estimator)),
        (RegisterParams(model="spline"), list(Transform)),
        (RegisterParams(want=["portrait"]), list(WANTS)),
    ],
)
def test_an_unknown_name_is_answered_with_all_known_ones(engine, pair, params, known):
    with pytest.raises(EngineError) as caught:
        ask(engine, params, pair)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    assert all(name in str(caught.value) for name in known)


def test_surf_without_its_library_says_what_to_install(engine, pair, monkeypatch):
    monkeypatch.setattr(asked, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match="SURF") as caught:
        ask(engine, RegisterParams(algorithm="SURF"), pair)
    assert caught.value.code is ErrorCode.ENGINE_UNAVAILABLE
    assert "mahotas" in caught.value.hint
    surf = {one.name: one for one in engine.capabilities()}["surf"]
    assert not surf.present
    assert "mahotas" in surf.detail


def test_every_algorithm_is_a_capability(engine):
    assert {"sift", "orb", "akaze", "brisk", "surf"} == {one.name for one in engine.capabilities()}


def test_pictures_of_two_things_are_an_answer_without_a_matrix(engine, pair):
    other = as_picture(draw_scene(99))
    answer = ask(engine, RegisterParams(want=["*"]), (pair[0], other))
    result = answer.result
    assert result.matrix is None
    assert (result.scale, result.decomposition, result.reprojection) == (None, None, None)
    assert result.certificate.verdict is Verdict.REJECT
    assert result.certificate.probability < 0.1
    assert result.failure.kind in {*FailureKind, "rejected"}
    assert result.failure.hint == HINTS[result.failure.kind]
    assert [one.name for one in result.images] == ["matches"]


def test_a_blank_picture_is_a_typed_failure(engine, pair):
    blank = as_picture(np.full((100, 100, 3), 7, np.uint8))
    result = ask(engine, RegisterParams(), (blank, pair[1])).result
    assert result.failure.kind == "empty_image"
    assert result.certificate.verdict is Verdict.REJECT


def test_the_same_picture_twice_is_the_identity_and_said_so(engine, pair):
    result = ask(engine, RegisterParams(), (pair[0], pair[0])).result
    assert result.matrix == IDENTITY
    assert result.failure.kind == "same_image"
    assert result.certificate.verdict is Verdict.ACCEPT
    assert result.certificate.probability == 1.0


def test_every_kind_of_failure_has_a_hint():
    assert set(HINTS) == {*FailureKind, "rejected"}


def test_a_picture_that_cannot_be_read_is_named(engine, pair):
    broken = make_error(ErrorCode.BAD_IMAGE, "It is cut off.", stage="decode")
    with pytest.raises(EngineError, match="model picture: It is cut off") as caught:
        ask(engine, RegisterParams(), (pair[0], broken))
    assert caught.value.code is ErrorCode.BAD_IMAGE


def test_what_was_done_to_the_pictures_before_is_noted(engine, pair):
    turned = as_picture(pair[0].pixels, ("EXIF orientation 6 applied",))
    assert ask(engine, RegisterParams(), (turned, pair[1])).result.notes == ["user: EXIF orientation 6 applied"]


def test_the_wanted_pictures_come_in_the_models_frame(engine, pair):
    answer = ask(engine, RegisterParams(want=["*"], side=200), pair)
    assert [one.name for one in answer.result.images] == list(WANTS)
    for attachment in answer.result.images:
        pixels = decoded(answer.images[attachment.frame])
        if attachment.name != "matches":
            assert pixels.shape == (156, 200, 4 if attachment.name == "layer" else 3)


def test_the_same_request_has_the_same_bytes(pair):
    def once() -> tuple[bytes, list[bytes]]:
        answer = ask(RegistrationEngine(), RegisterParams(want=["overlay", "matches"]), pair)
        plain = msgspec.to_builtins(answer.result)
        for one in plain["tries"]:
            one.pop("milliseconds")
        return msgspec.json.encode(plain), list(answer.images)

    assert once() == once()


def test_nothing_is_imported_after_loading():
    code = """
import sys
from tests.engine.registration_scenes import as_picture, user_and_model
from visionmq.engine.api import Job
from visionmq.engine.registration.engine import RegistrationEngine
from visionmq.schemas.registration import RegisterParams, StitchParams
engine, pair = RegistrationEngine(), [as_picture(pixels) for pixels in user_and_model()]
engine.load()
before = set(sys.modules)
for name in ("auto", "SIFT"):
    engine.run("registration.register", [Job(RegisterParams(algorithm=name, want=["*"], refine=True), pictures=pair)])
engine.run("registration.stitch", [Job(StitchParams(), pictures=pair)])
sys.exit(", ".join(set(sys.modules) - before) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


# ---- warp -----------------------------------------------------------------------------------


def warp(engine, pictures=(), **given):
    return ask(engine, msgspec.convert(given, WarpParams), pictures, "registration.warp")


def test_points_are_mapped_there_and_back(engine):
    there = warp(engine, matrix=TRUTH.tolist(), points=[[10, 20], [300, 5]]).result
    assert there.size is None
    back = warp(engine, matrix=TRUTH.tolist(), points=there.points, inverse=True).result
    assert np.array(back.points) == pytest.approx(np.array([[10, 20], [300, 5]]))


def test_a_point_beyond_the_horizon_has_no_image(engine):
    matrix = [[1, 0, 0], [0, 1, 0], [-0.01, 0, 1]]
    result = warp(engine, matrix=matrix, points=[[50, 0], [100, 0], [150, 0]]).result
    assert result.points == [(100.0, 0.0), None, None]


def test_a_picture_is_warped_into_the_frame_of_the_model(engine, pair):
    answer = warp(engine, [pair[0]], matrix=TRUTH.tolist(), size=list(SIZE))
    warped, model = decoded(answer.images[0]), pair[1].pixels
    seen = warped.min(axis=2) > 0
    assert answer.result.covered == pytest.approx(seen.mean(), abs=0.03)
    assert np.abs(warped[seen].astype(int) - model[seen]).mean() < 6


def test_the_whole_picture_can_be_shown_with_its_origin_said(engine, pair):
    answer = warp(engine, [pair[0]], matrix=[[1, 0, -30], [0, 1, 12], [0, 0, 1]], fit=True, transparent=True)
    assert (answer.result.size, answer.result.origin) == (SIZE, (-30.0, 12.0))
    assert np.array_equal(decoded(answer.images[0])[:, :, :3], pair[0].pixels)
    assert answer.result.covered == 1.0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"matrix": [[1, 0, 0], [2, 0, 0], [0, 0, 1]]}, "no inverse"),
        ({"matrix": IDENTITY, "size": [20_000, 20_000]}, "megapixels"),
        ({"matrix": [[1, 0, 0], [0, 1, 0], [-0.01, 0, 1]], "fit": True}, "horizon"),
    ],
)
def test_a_warp_that_cannot_be_is_refused_with_the_reason(engine, pair, given, why):
    with pytest.raises(EngineError, match=why) as caught:
        warp(engine, [pair[0]], **given)
    assert caught.value.code is ErrorCode.BAD_REQUEST


# ---- stitch ---------------------------------------------------------------------------------


def test_two_accepted_pictures_are_merged_in_the_models_frame(engine, pair):
    answer = ask(engine, StitchParams(points=0), pair, "registration.stitch")
    result, merged = answer.result, decoded(answer.images[0])
    assert result.stitched
    assert result.refused is None
    assert merged.shape == (result.size[1], result.size[0], 4)
    left, top = (round(-side) for side in result.origin)
    part = merged[top : top + SIZE[1], left : left + SIZE[0], :3]
    assert part.shape[:2] == SIZE[::-1]
    assert np.abs(part.astype(int) - pair[1].pixels).mean() < 6


def test_pictures_that_are_not_accepted_are_not_merged(engine, pair):
    answer = ask(engine, StitchParams(), (pair[0], as_picture(draw_scene(99))), "registration.stitch")
    assert not answer.result.stitched
    assert answer.result.refused is not None
    assert answer.images == ()
    assert answer.result.registration.matrix is None


def test_an_unknown_blend_names_all(engine, pair):
    with pytest.raises(EngineError, match="bands, feather, none"):
        ask(engine, StitchParams(blend="glue"), pair, "registration.stitch")
