"""The face engine: one answer a job, bad pictures alone, best matches, enrolments kept once."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.engine.face_scenes import NUMBERS, Asker, FakeVision, engine_with, picture, vector_of
from visionmq.engine.api import EngineError, Job
from visionmq.engine.face.answer import numbers
from visionmq.engine.face.engine import FaceEngine
from visionmq.engine.face.values import Refusal
from visionmq.engine.picture import read_picture
from visionmq.engine.store.link import open_direct
from visionmq.schemas.codec import encode
from visionmq.schemas.errors import ErrorCode, make_error
from visionmq.schemas.face.calibration import CalibrateParams
from visionmq.schemas.face.challenge import ChallengeParams
from visionmq.schemas.face.common import DEFAULT_FMR, Calibration, Encoding, Several, Source
from visionmq.schemas.face.enrolment import ConsentGiven, EnrollParams, EnrollWarning
from visionmq.schemas.face.faces import DetectParams, EncodeParams
from visionmq.schemas.face.gallery import CollectionsParams, ForgetParams, SubjectsParams
from visionmq.schemas.face.identification import Identified, IdentifyParams, Unknown
from visionmq.schemas.face.verification import Verified, VerifyParams
from visionmq.schemas.operations import OPERATIONS

WILD = Path(__file__).parents[2].parent / "shared" / "data" / "faces_wild" / "dev" / "images"
BROKEN = make_error(ErrorCode.BAD_IMAGE, "It is broken.", stage="decode")


def sent(person, shot=0, model="dlib-resnet-v1"):
    return Encoding(model, numbers(vector_of(person, shot)))


def code_of(asker, *asked, **more):
    with pytest.raises(EngineError) as caught:
        asker(*asked, **more)
    return caught.value.code, str(caught.value)


@pytest.fixture(scope="module")
def bare():
    return Asker(engine_with())


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    link = open_direct(str(tmp_path_factory.mktemp("faces") / "store.db"))
    yield engine_with(link)
    link.close()


@pytest.fixture
def asker(stored):
    return Asker(stored, f"c{next(NUMBERS)}")


@pytest.fixture
def staffed(asker):
    """A collection of three persons, two templates each."""
    for person in (1, 2, 3):
        asker("enroll", EnrollParams(subject=f"p{person}"), picture(person, 1), picture(person, 2))
    return asker


# ---- what is served -------------------------------------------------------------------------


def test_the_operations_are_those_of_the_table():
    served = {spec.name: spec for spec in FaceEngine().operations()}
    rows = {name: row for name, row in OPERATIONS.items() if name.startswith("face.")}
    assert served.keys() == rows.keys()
    for name, row in rows.items():
        spec = served[name]
        assert (spec.params, spec.least_images, spec.most_images) == (row.params, row.least_images, row.most_images)


def test_the_licence_of_the_model_and_the_missing_check_are_told():
    told = {one.name: one for one in FaceEngine().capabilities()}
    assert "CC0" in told["dlib-resnet-v1"].detail
    assert not told["presentation"].present


# ---- detect, encode -------------------------------------------------------------------------


def test_a_bad_picture_and_one_without_a_face_do_not_fail_their_neighbours(bare):
    empty = picture(0, 0, faces=0)
    result = bare("detect", DetectParams(pass_back=7), picture(1), BROKEN, empty)
    assert [item.ok for item in result.items] == [True, False, True]
    assert result.items[1].error.code is ErrorCode.BAD_IMAGE
    assert (result.items[2].result.faces, result.items[2].result.total) == ([], 0)
    face = result.items[0].result.faces[0]
    assert (face.box.width, face.encoding, face.quality.usable) == (100, None, True)
    assert set(face.landmarks) == {"left_eye_outer", "left_eye_inner", "right_eye_outer", "right_eye_inner", "nose"}
    assert (result.models[0].licence, result.pass_back) == ("CC0-1.0", 7)


def test_the_most_prominent_face_comes_first_and_the_rest_is_counted(bare):
    result = bare("detect", DetectParams(most=1), picture(1, faces=4))
    found = result.items[0].result
    assert (len(found.faces), found.total) == (1, 4)
    assert found.faces[0].box.left == 50


def test_encodings_come_back_as_they_were_made(bare):
    result = bare("encode", EncodeParams(), picture(4, 2))
    told = result.items[0].result.faces[0].encoding
    assert (np.array(told, np.float32) == vector_of(4, 2)).all()


def test_faces_of_many_jobs_are_encoded_in_one_call():
    vision = FakeVision()
    engine = engine_with(vision=vision)
    vision.calls.clear()
    jobs = [Job(EncodeParams(), pictures=(picture(1), picture(2))), Job(EncodeParams(), pictures=(picture(3),))]
    outcomes = engine.run("face.encode", jobs)
    assert vision.calls == [3]
    assert [len(one.result.items) for one in outcomes] == [2, 1]
    assert outcomes[1].result.items[0].result.faces[0].encoding == numbers(vector_of(3, 0))


def test_a_job_that_is_wrong_fails_alone():
    wrong, right = (
        Job(VerifyParams(), pictures=(picture(1),)),
        Job(VerifyParams(), pictures=(picture(1), picture(1, 1))),
    )
    refused, answered = engine_with().run("face.verify", [wrong, right])
    assert isinstance(refused, EngineError)
    assert refused.code is ErrorCode.BAD_REQUEST
    assert answered.result.same


def test_wanted_pictures_come_with_the_item_they_belong_to(bare):
    answer = bare.outcome("detect", DetectParams(want=["*"]), BROKEN, picture(1, faces=2))
    assert [(one.name, one.item) for one in answer.result.images] == [("overlay", 1), ("crop", 1), ("crop", 1)]
    assert [read_picture(frame).width for frame in answer.images] == [200, 256, 256]
    assert code_of(bare, "detect", DetectParams(want=["portrait"]), picture(1))[0] is ErrorCode.BAD_REQUEST


# ---- verify ---------------------------------------------------------------------------------


def test_two_pictures_are_compared_with_all_that_speaks_for_the_answer(bare):
    result = bare("verify", VerifyParams(pass_back="x"), picture(1, 1), picture(1, 2))
    distance = float(np.linalg.norm(vector_of(1, 1).astype(float) - vector_of(1, 2)))
    assert result.same
    assert result.distance == pytest.approx(distance)
    assert result.threshold == result.operating_point.threshold
    assert result.fmr == DEFAULT_FMR
    assert result.interval[0] <= result.probability <= result.interval[1]
    assert (result.model.name, result.model.licence) == ("dlib-resnet-v1", "CC0-1.0")
    assert not result.presentation.checked
    assert any("photograph" in one for one in result.presentation.cannot_detect)
    assert (result.a.picture, result.b.picture, result.a.faces) == (0, 1, 1)
    assert msgspec.json.decode(encode(result), type=Verified) == result


def test_strangers_are_not_the_same(bare):
    result = bare("verify", VerifyParams(), picture(1), picture(2))
    assert not result.same
    assert result.probability < 0.01


def test_an_encoding_stands_in_the_place_of_either_picture(bare):
    one = bare("verify", VerifyParams(a=sent(1, 1)), picture(1, 2))
    other = bare("verify", VerifyParams(b=sent(1, 1, "dlib-resnet-v1/0.3.0")), picture(1, 2))
    both = bare("verify", VerifyParams(a=sent(1, 1), b=sent(1, 2)))
    assert one.distance == pytest.approx(other.distance) == pytest.approx(both.distance)
    assert (one.a.source, one.b.source, other.a.source) == (Source.ENCODING, Source.PICTURE, Source.PICTURE)
    assert "anything" in both.presentation.cannot_detect[0]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        (Encoding("arcface/1", [0.1] * 128), "arcface"),
        (Encoding("dlib-resnet-v1", [0.1] * 512), "512 numbers"),
        (Encoding("dlib-resnet-v1", [0.0] * 128), "not those of a face"),
        (Encoding("dlib-resnet-v1", [1e30] * 128), "not those of a face"),
    ],
)
def test_an_encoding_of_another_model_is_refused_in_plain_words(bare, encoding, words):
    code, message = code_of(bare, "verify", VerifyParams(a=encoding), picture(1))
    assert code is ErrorCode.BAD_REQUEST
    assert words in message


def test_sides_that_lack_or_are_too_many_are_named(bare):
    for params, pictures in (
        (VerifyParams(), 1),
        (VerifyParams(a=sent(1)), 0),
        (VerifyParams(a=sent(1)), 2),
        (VerifyParams(a=sent(1), b=sent(1), subject="Ada"), 0),
        (VerifyParams(subject="Ada"), 2),
    ):
        assert code_of(bare, "verify", params, *[picture(1)] * pictures)[0] is ErrorCode.BAD_REQUEST


def test_a_picture_without_a_face_says_which_side_it_is(bare):
    code, message = code_of(bare, "verify", VerifyParams(), picture(1), picture(0, faces=0))
    assert code is ErrorCode.NO_FACE
    assert "second" in message
    assert "200 x 200" in message


def test_of_several_faces_the_most_prominent_is_taken_and_that_is_said(bare):
    crowd = picture(1, 1, faces=3)
    result = bare("verify", VerifyParams(), crowd, picture(1, 2))
    assert result.same
    assert result.a.faces == 3
    assert any("most prominent of 3" in note for note in result.a.notes)
    code, message = code_of(bare, "verify", VerifyParams(several=Several.REFUSE), crowd, picture(1, 2))
    assert code is ErrorCode.SEVERAL_FACES
    assert "3 faces" in message
    background = picture(1, 1, faces=3, others=0.3)
    assert bare("verify", VerifyParams(several=Several.REFUSE), background, picture(1, 2)).same


@pytest.mark.parametrize("refusal", list(Refusal))
def test_a_poor_face_is_noted_or_refused_as_asked(bare, refusal):
    poor = picture(1, 1, refusal=refusal)
    result = bare("verify", VerifyParams(), poor, picture(1, 2))
    assert result.a.face.quality.issues == [refusal.value]
    assert result.b.face.quality.issues == []
    code, message = code_of(bare, "verify", VerifyParams(strict=True), poor, picture(1, 2))
    assert code == refusal.value
    assert any(char.isdigit() for char in message)


def test_a_subject_is_compared_by_its_nearest_template(staffed):
    result = staffed("verify", VerifyParams(subject="p2"), picture(2, 9))
    nearest = min(np.linalg.norm(vector_of(2, 9).astype(float) - vector_of(2, shot)) for shot in (1, 2))
    assert result.distance == pytest.approx(nearest)
    assert result.same
    assert (result.b.source, result.b.subject, result.b.templates) == (Source.SUBJECT, "p2", 2)
    assert result.operating_point.comparisons == 2
    assert not staffed("verify", VerifyParams(subject="p1"), picture(2, 9)).same
    assert code_of(staffed, "verify", VerifyParams(subject="nobody"), picture(2))[0] is ErrorCode.NOT_FOUND


def test_without_a_store_the_rest_still_works_and_the_reason_is_told(bare):
    for operation, params, pictures in (
        ("verify", VerifyParams(subject="p1"), [picture(1)]),
        ("identify", IdentifyParams(), [picture(1)]),
        ("enroll", EnrollParams(subject="p1"), [picture(1)]),
        ("subjects", SubjectsParams(), []),
        ("collections", CollectionsParams(), []),
        ("forget", ForgetParams(subject="p1"), []),
        ("calibrate", CalibrateParams(), []),
        ("challenge", ChallengeParams(), []),
    ):
        code, message = code_of(bare, operation, params, *pictures)
        assert code is ErrorCode.STORE_UNAVAILABLE
        assert "on fire" in message


# ---- identify -------------------------------------------------------------------------------


def test_the_best_match_is_named_wherever_it_stands(staffed):
    result = staffed("identify", IdentifyParams(top=2), picture(3, 9), picture(9), BROKEN)
    first, second, third = result.items
    assert (first.result.subject, first.result.known) == ("p3", True)
    assert [one.subject for one in first.result.candidates[:1]] == ["p3"]
    assert len(first.result.candidates) == 2
    assert first.result.margin > 0.2
    assert first.result.operating_point.comparisons == 6
    assert (second.result.subject, second.result.unknown) == (None, Unknown.ABOVE_THRESHOLD)
    assert second.result.probability < 0.5
    assert third.error.code is ErrorCode.BAD_IMAGE
    assert (result.subjects, result.templates, result.exact) == (3, 6, True)
    assert msgspec.json.decode(encode(result), type=Identified) == result


def test_encodings_follow_the_pictures(staffed):
    params = IdentifyParams(encodings=[sent(2, 9), Encoding("other", [1.0])])
    result = staffed("identify", params, picture(1, 9))
    assert [item.result.subject for item in result.items[:2]] == ["p1", "p2"]
    assert result.items[2].error.code is ErrorCode.BAD_REQUEST
    assert code_of(staffed, "identify", IdentifyParams())[0] is ErrorCode.BAD_REQUEST


def test_an_empty_collection_knows_nobody(staffed):
    result = staffed("identify", IdentifyParams(collection="other"), picture(1))
    assert result.items[0].result.unknown is Unknown.EMPTY_GALLERY
    assert (result.subjects, result.templates) == (0, 0)


def test_one_person_under_two_names_is_too_near_to_call(staffed):
    staffed("enroll", EnrollParams(subject="again"), picture(1, 1))
    result = staffed("identify", IdentifyParams(), picture(1, 1))
    found = result.items[0].result
    assert (found.subject, found.unknown) == (None, Unknown.MARGIN_TOO_SMALL)
    assert {one.subject for one in found.candidates[:2]} == {"p1", "again"}


# ---- enrol ----------------------------------------------------------------------------------


def test_good_pictures_are_kept_and_the_others_reported(asker):
    bad = (picture(1, 2, refusal=Refusal.BLURRED), picture(1, 3, faces=2), picture(0, faces=0), BROKEN)
    result = asker("enroll", EnrollParams(subject="Ada", sources=["a.jpg"]), picture(1, 1), *bad)
    assert [item.ok for item in result.items] == [True, False, False, False, False]
    codes = [item.error.code for item in result.items[1:]]
    assert codes == [ErrorCode.FACE_BLURRED, ErrorCode.SEVERAL_FACES, ErrorCode.NO_FACE, ErrorCode.BAD_IMAGE]
    assert (result.kept, result.templates, result.created) == (1, 1, True)
    assert result.items[0].result.template_id


def test_nothing_is_stored_where_no_picture_is_good_or_not_all_are(asker):
    blurred = picture(1, 2, refusal=Refusal.BLURRED)
    code, _ = code_of(asker, "enroll", EnrollParams(subject="Ada"), blurred)
    assert code is ErrorCode.FACE_BLURRED
    code, message = code_of(asker, "enroll", EnrollParams(subject="Ada", strict=True), picture(1), blurred)
    assert code is ErrorCode.FACE_BLURRED
    assert "nothing was stored" in message
    assert asker("subjects", SubjectsParams()).total == 0


def test_the_same_key_stores_once(asker):
    params = EnrollParams(subject="Ada")
    first = asker("enroll", params, picture(1, 1), key="k1")
    again = asker("enroll", params, picture(1, 1), key="k1")
    assert (again.repeated, again.templates) == (True, 1)
    assert again.items[0].result.template_id == first.items[0].result.template_id
    assert again.warnings == []
    assert code_of(asker, "enroll", params, picture(1, 5), key="k1")[0] is ErrorCode.CONFLICT


def test_replace_drops_what_there_was(staffed):
    result = staffed("enroll", EnrollParams(subject="p1", replace=True), picture(1, 7))
    assert (result.templates, result.created) == (1, False)
    assert staffed("verify", VerifyParams(subject="p1"), picture(1, 7)).distance == pytest.approx(0, abs=1e-3)


def test_a_look_alike_is_named_with_its_distance(staffed):
    result = staffed("enroll", EnrollParams(subject="twin"), picture(2, 5))
    (alike,) = result.look_alikes
    assert (alike.subject, alike.items) == ("p2", [0])
    assert 0.2 < alike.distance < 0.5
    assert [one.code for one in result.warnings] == [EnrollWarning.LOOK_ALIKE]


def test_a_picture_of_somebody_else_is_warned_about(staffed):
    result = staffed("enroll", EnrollParams(subject="p1"), picture(1, 5), picture(8, 1))
    codes = [(one.code, "Picture 1" in one.message) for one in result.warnings]
    assert codes == [(EnrollWarning.NOT_THE_SAME_PERSON, True)]
    assert result.kept == 2
    mixed = staffed("enroll", EnrollParams(subject="new"), picture(20), picture(21))
    assert {one.code for one in mixed.warnings} == {EnrollWarning.NOT_THE_SAME_PERSON}


def test_one_name_in_two_spellings_is_one_subject(asker):
    asker("enroll", EnrollParams(subject="Jose\u0301"), picture(1, 1))
    again = asker("enroll", EnrollParams(subject="Jos\u00e9"), picture(1, 2))
    assert (again.subject, again.created, again.templates) == ("Jos\u00e9", False, 2)
    assert asker("verify", VerifyParams(subject="Jose\u0301"), picture(1, 3)).b.templates == 2
    assert asker("forget", ForgetParams(subject="Jose\u0301")).receipt.templates == 2


def test_an_encoding_is_enrolled_as_a_picture_is(asker):
    asker("enroll", EnrollParams(subject="Ada", encodings=[sent(1, 1)]))
    assert asker("identify", IdentifyParams(), picture(1, 1)).items[0].result.subject == "Ada"


@pytest.mark.parametrize(
    "params",
    [
        {"subject": "a\nb"},
        {"subject": " a"},
        {"subject": "a", "consent": ConsentGiven("yes", "yesterday")},
        {"subject": "a", "consent": ConsentGiven("yes", "2026-01-01T10:00:00")},
        {"subject": "a", "sources": ["1", "2"]},
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_looked_at(asker, params):
    assert code_of(asker, "enroll", EnrollParams(**params), picture(1))[0] is ErrorCode.BAD_REQUEST


# ---- the gallery ----------------------------------------------------------------------------


def test_subjects_come_in_pages_by_name(staffed):
    consent = ConsentGiven("I agree.", "2026-01-31T12:00:00+01:00", "form 12")
    staffed("enroll", EnrollParams(subject="zoe", consent=consent, attributes={"desk": "4"}), picture(30))
    first = staffed("subjects", SubjectsParams(limit=3))
    assert [row.subject for row in first.subjects] == ["p1", "p2", "p3"]
    assert (first.total, first.next) == (4, "p3")
    last = staffed("subjects", SubjectsParams(limit=3, after=first.next))
    assert (last.subjects[0].consent, last.subjects[0].attributes, last.next) == (consent, {"desk": "4"}, None)
    told = staffed("collections", CollectionsParams())
    assert (staffed.collection, 4, 7) in [(row.collection, row.subjects, row.templates) for row in told.collections]


def test_a_forgotten_subject_is_found_no_more_and_the_receipt_says_so(staffed):
    result = staffed("forget", ForgetParams(subject="p2"), key="f1")
    assert result.receipt.templates == 2
    assert result.receipt.signature
    assert staffed("identify", IdentifyParams(), picture(2, 1)).items[0].result.subject is None
    again = staffed("forget", ForgetParams(subject="p2"), key="f1")
    assert (again.repeated, again.receipt) == (True, result.receipt)
    assert code_of(staffed, "forget", ForgetParams(subject="p2"), key="f2")[0] is ErrorCode.NOT_FOUND


# ---- calibrate ------------------------------------------------------------------------------


def test_a_gallery_too_small_to_say_anything_says_so(staffed):
    result = staffed("calibrate", CalibrateParams())
    assert (result.gallery, result.kept) == (None, False)
    assert "too few" in result.notes[-1]
    staffed("enroll", EnrollParams(subject="again"), picture(1, 1))
    assert "'p1' and 'again'" in staffed("calibrate", CalibrateParams()).notes[-1]
    code, _ = code_of(staffed, "identify", IdentifyParams(calibration=Calibration.GALLERY), picture(1))
    assert code is ErrorCode.NOT_FOUND


def test_a_gallery_of_people_who_look_alike_gets_a_threshold_of_its_own(asker):
    draw = np.random.default_rng(4)
    for person in range(40):
        values = draw.normal(0, 0.038, 128)
        values[0] = 1.0
        encoding = Encoding("dlib-resnet-v1", [float(one) for one in values])
        asker("enroll", EnrollParams(subject=f"n{person}", encodings=[encoding], collection="kin"))
    told = asker("calibrate", CalibrateParams(collection="kin", keep=False))
    assert (told.subjects, told.pairs, told.kept) == (40, 780, False)
    assert told.measured_fmr > told.shipped.fmr
    assert told.gallery.threshold < told.shipped.threshold
    assert asker("identify", IdentifyParams(collection="kin"), picture(1)).items[0].result.operating_point
    kept = asker("calibrate", CalibrateParams(collection="kin"))
    assert kept.kept
    found = asker("identify", IdentifyParams(collection="kin"), picture(1)).items[0].result.operating_point
    assert (found.calibration, "this collection" in found.measured_on) == (Calibration.GALLERY, True)
    asker("enroll", EnrollParams(subject="late", collection="kin"), picture(50))
    later = asker("verify", VerifyParams(collection="kin", subject="late"), picture(50)).operating_point
    assert later.measured_on.endswith("before it was last changed")
    shipped = IdentifyParams(collection="kin", calibration=Calibration.SHIPPED)
    assert asker("identify", shipped, picture(1)).items[0].result.operating_point.threshold > found.threshold


# ---- with the models ------------------------------------------------------------------------


def test_the_models_tell_one_person_from_another_in_photographs():
    if not WILD.is_dir():
        pytest.skip("shared/data/faces_wild is not here")
    engine = FaceEngine()
    engine.load()
    shots = [read_picture((WILD / name).read_bytes()) for name in ("fr_obama.jpg", "fr_obama2.jpg", "fr_biden.jpg")]
    same, other = engine.run(
        "face.verify",
        [Job(VerifyParams(), pictures=shots[:2]), Job(VerifyParams(), pictures=(shots[0], shots[2]))],
    )
    assert same.result.same
    assert same.result.probability > 0.99
    assert not other.result.same
    assert other.result.probability < 0.1
