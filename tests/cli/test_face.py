"""`visionmq face`: what is asked, printed, written, and said when it goes wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import fake_faces as fake
from visionmq.client.cli.face_pairs import listed, stems
from visionmq.client.cli.face_show import show_identified, show_verified
from visionmq.client.cli.face_show_found import show_calibrated, show_enrolled, show_found


@pytest.fixture
def broker(monkeypatch) -> Iterator[fake.FakeService]:
    with fake.service() as broker:
        monkeypatch.setenv("VISIONMQ_BROKER", broker.endpoint)
        yield broker


@pytest.fixture(autouse=True)
def _pictures(_own_home):
    for name in ("ada1", "ada2", "grace1", "nobody1", "crowd1", "broken1"):
        Path(f"{name}.jpg").write_bytes(f"{name[:-1]} {name[-1]}".encode())


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


# ---- verify ---------------------------------------------------------------------------------


def test_a_pair_is_a_line_with_distance_same_and_probability(broker, visionmq):
    found = visionmq("face", "verify", "ada1.jpg", "ada2.jpg", "--jsonl", "--fmr", "1e-4", "--several", "refuse")
    assert found.code == 0, found
    (line,) = lines(found.out)
    assert (line["a"], line["b"], line["ok"]) == ("ada1.jpg", "ada2.jpg", True)
    assert (line["result"]["distance"], line["result"]["same"], line["result"]["probability"]) == (0.31, True, 0.9996)
    ((_, params, images),) = broker.asked
    assert images == [b"ada 1", b"ada 2"]
    assert (params.fmr, params.several, params.collection) == (1e-4, "refuse", "default")


def test_two_persons_are_a_result_and_a_picture_without_a_face_fails_alone(broker, visionmq):
    Path("pairs.csv").write_text(
        "same,b,a\n1,ada2.jpg,ada1.jpg\n0,grace1.jpg,ada1.jpg\n0,nobody1.jpg,ada1.jpg\n\n0,ada1.jpg,crowd1.jpg\n0,gone.jpg,ada1.jpg\n0\n"
    )
    found = visionmq("face", "verify", "--pairs", "pairs.csv", "--jsonl", "--collection", "staff")
    assert found.code == 1, found
    same, other, nobody, crowd, gone, short = lines(found.out)
    assert (same["a"], same["b"]) == ("ada1.jpg", "ada2.jpg")
    assert [line["result"]["same"] for line in (same, other)] == [True, False]
    assert (nobody["a"], nobody["b"], nobody["ok"]) == ("ada1.jpg", "nobody1.jpg", False)
    assert [line["error"]["code"] for line in (nobody, crowd, gone)] == ["no_face", "several_faces", "bad_image"]
    assert "Line 8" in short["error"]["message"]
    assert broker.asked[0][1].collection == "staff"


def test_pairs_without_a_heading_are_sought_beside_their_file_and_may_have_more_columns():
    Path("set/images").mkdir(parents=True)
    Path("set/images/x.png").write_bytes(b"x")
    Path("set/pairs.csv").write_text(
        "images/x.png,ada1.jpg,1,wild\nimages/x.png,ada1.jpg,1,wild\n", encoding="utf-8-sig"
    )
    first, second = listed(Path("set/pairs.csv"))
    assert (first.a, first.a_place, first.b_place) == ("images/x.png", Path("set/images/x.png"), Path("ada1.jpg"))
    assert stems([first, second]) == ["x-ada1", "x-ada1-2"]


@pytest.mark.parametrize(
    ("content", "said"), [("", "holds no pairs"), ("\x00\xff", "no pairs"), (None, "cannot be read")]
)
def test_a_file_of_pairs_that_holds_none_is_wrong_usage(visionmq, content, said):
    if content is not None:
        Path("pairs.csv").write_text("" if content == "" else "a,b\n")
    found = visionmq("face", "verify", "--pairs", "pairs.csv")
    assert found.code == 2
    assert said in found.err


def test_a_picture_is_compared_with_a_subject(broker, visionmq):
    found = visionmq("face", "verify", "ada1.jpg", "grace1.jpg", "--subject", "ada", "--jsonl")
    assert [(line["b"], line["result"]["same"]) for line in lines(found.out)] == [("ada", True), ("ada", False)]
    assert [images for _, _, images in broker.asked] == [[b"ada 1"], [b"grace 1"]]


def test_wanted_pictures_are_saved_beside_the_results_and_a_run_is_resumed(broker, visionmq):
    Path("pairs.csv").write_text("ada1.jpg,ada2.jpg\nada1.jpg,grace1.jpg\n")
    one = visionmq("face", "verify", "ada1.jpg", "ada2.jpg", "--want", "overlay", "-o", "out/")
    assert one.code == 0, one
    two = visionmq("face", "verify", "--pairs", "pairs.csv", "--want", "overlay", "-o", "out/", "--resume")
    assert two.code == 0, two
    first, second = lines(Path("out/results.jsonl").read_text())
    assert first["images"] == {
        "overlay-1": "out/ada1-ada2-overlay-1.png",
        "overlay-2": "out/ada1-ada2-overlay-2.png",
    }
    assert Path(second["images"]["overlay-2"]).read_bytes() == fake.PNG
    assert len(broker.asked) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "two pictures are needed"),
        (["a.jpg"], "two pictures are needed"),
        (["a.jpg", "b.jpg", "c.jpg"], "two pictures are needed"),
        (["--subject", "ada"], "a picture is needed"),
        (["a.jpg", "--pairs", "p.csv"], "--pairs excludes"),
        (["a.jpg", "b.jpg", "--several", "all"], "--several"),
        (["a.jpg", "b.jpg", "--calibration", "all"], "--calibration"),
        (["a.jpg", "b.jpg", "--fmr", "2"], "--fmr"),
        (["a.jpg", "b.jpg", "--json", "--jsonl"], "exclude"),
        (["a.jpg", "b.jpg", "--resume"], "--resume needs"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_wrong_usage(visionmq, words, said):
    found = visionmq("face", "verify", *words)
    assert found.code == 2
    assert said in found.err
    assert "hint: " in found.err or "exclude" in said


def test_a_store_is_only_named_for_a_service_of_ones_own(broker, visionmq):
    found = visionmq("face", "subjects", "--store", "x.db")
    assert found.code == 2
    assert "VISIONMQ_STORE" in found.err


# ---- files ----------------------------------------------------------------------------------


def test_faces_of_files_are_lines_in_order(broker, visionmq):
    found = visionmq("face", "encode", "ada1.jpg", "nobody1.jpg", "broken1.jpg", "--jsonl")
    assert found.code == 1, found
    ada, nobody, broken = lines(found.out)
    assert ada["result"]["faces"][0]["encoding"] == [0.1, 0.2]
    assert ada["result"]["models"][0]["name"] == "dlib-resnet"
    assert nobody["ok"]
    assert nobody["result"]["faces"] == []
    assert broken["error"]["code"] == "bad_image"


def test_who_it_is_comes_with_the_gallery_it_was_sought_in(broker, visionmq):
    found = visionmq("face", "identify", "ada1.jpg", "grace1.jpg", "crowd1.jpg", "--jsonl", "--top", 2)
    assert found.code == 1, found
    ada, grace, crowd = lines(found.out)
    assert (ada["file"], ada["result"]["subject"], ada["result"]["templates"]) == ("ada1.jpg", "ada", 5)
    assert ada["result"]["model"]["licence"] == "CC0-1.0"
    assert (grace["result"]["known"], grace["result"]["unknown"]) == (False, "above_threshold")
    assert crowd["error"]["code"] == "several_faces"
    assert broker.asked[0][1].top == 2


# ---- the gallery ----------------------------------------------------------------------------


def test_a_subject_is_enrolled_with_consent_and_what_was_refused_is_said(broker, visionmq):
    found = visionmq(
        "face", "enroll", "ada", "ada1.jpg", "nobody1.jpg", "-c", "staff", "--consent", "form 12", "--jsonl"
    )
    assert found.code == 1, found
    (line,) = lines(found.out)
    assert (line["subject"], line["files"], line["ok"]) == ("ada", ["ada1.jpg", "nobody1.jpg"], True)
    assert line["result"]["kept"] == 1
    assert line["result"]["items"][1]["error"]["code"] == "no_face"
    ((_, params, _),) = broker.asked
    assert (params.subject, params.collection, params.sources) == ("ada", "staff", ["ada1.jpg", "nobody1.jpg"])
    assert params.consent.text == "form 12"


def test_a_folder_of_folders_is_a_subject_each(broker, visionmq):
    for name in ("ada", "grace"):
        for number in range(40 if name == "ada" else 1):
            path = Path("people", name, f"{number:02}.jpg")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{name} {number}".encode())
    Path("people/empty").mkdir()
    Path("people/loose.jpg").write_bytes(b"x")
    found = visionmq("face", "enroll", "--folder", "people", "--replace", "--jsonl")
    assert found.code == 0, found
    assert [(line["subject"], line["result"]["kept"]) for line in lines(found.out)] == [
        ("ada", 32), ("ada", 8), ("grace", 1)
    ]  # fmt: skip
    assert [params.replace for _, params, _ in broker.asked] == [True, False, True]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a subject"),
        (["ada"], "no picture is named"),
        (["ada", "ada1.jpg", "--folder", "."], "name a subject"),
        (["--folder", "gone"], "no folder"),
        (["--folder", "."], "no folders with pictures"),
    ],
)
def test_an_enrolment_that_makes_no_sense_is_wrong_usage(visionmq, words, said):
    found = visionmq("face", "enroll", *words)
    assert found.code == 2
    assert said in found.err


def test_all_or_nothing_is_one_request(broker, visionmq):
    Path("many").mkdir()
    for number in range(33):
        Path("many", f"{number}.jpg").write_bytes(b"ada x")
    found = visionmq("face", "enroll", "ada", "many", "--strict")
    assert found.code == 2
    assert "--strict" in found.err
    assert not broker.asked


def test_subjects_are_listed_from_all_pages(broker, visionmq):
    found = visionmq("face", "subjects", "-c", "staff")
    assert [row.split("\t")[:2] for row in found.out.splitlines()] == [
        ["subject", "templates"], ["ada", "2"], ["grace", "2"]
    ]  # fmt: skip
    assert [line["subject"] for line in lines(visionmq("face", "subjects", "--jsonl").out)] == ["ada", "grace"]
    assert "face enroll NAME" in visionmq("face", "subjects", "-c", "empty").err
    assert "default\t2\t5" in visionmq("face", "collections").out


def test_nobody_is_forgotten_by_accident(broker, visionmq):
    found = visionmq("face", "forget", "ada")
    assert found.code == 2
    assert "--yes" in found.err
    assert not broker.asked


def test_a_forgotten_subject_leaves_a_receipt(broker, visionmq):
    found = visionmq("face", "forget", "ada", "--yes", "-o", "receipt.json")
    assert found.code == 0, found
    assert json.loads(Path("receipt.json").read_text())["audit_sequence"] == 7
    assert "2 templates" in found.out
    again = visionmq("face", "forget", "ada", "--yes", "-o", "receipt.json")
    assert (again.code, len(broker.asked)) == (2, 1)
    unknown = visionmq("face", "forget", "eve", "--yes")
    assert unknown.code == 1
    assert "no subject" in unknown.err
    assert "visionmq face subjects" in unknown.err


def test_a_collection_is_calibrated(broker, visionmq):
    assert json.loads(visionmq("face", "calibrate", "-c", "staff", "--measure-only", "--json").out)["pairs"] == 1700
    assert broker.asked[0][1].keep is False
    assert "1,700" in visionmq("face", "calibrate").out


# ---- a live response ------------------------------------------------------------------------


def test_a_challenge_is_answered_with_frames(broker, visionmq):
    found = visionmq("face", "challenge", "ada1.jpg", "ada2.jpg")
    assert found.code == 0, found
    assert "1. Turn your head" in found.err
    assert "a live response" in found.out
    assert broker.asked[1][2] == [b"ada 1", b"ada 2"]


def test_what_is_not_proven_is_exit_code_1_with_the_reason(broker, visionmq):
    asked = visionmq("face", "challenge", "--json")
    Path("challenge.json").write_text(asked.out)
    found = visionmq("face", "respond", "challenge.json", "ada1.jpg")
    assert found.code == 1, found
    assert "step missing" in found.out
    assert visionmq("face", "respond", "token", "ada1.jpg", "ada2.jpg", "--json").code == 0
    Path("challenge.json").write_text("{}")
    assert visionmq("face", "respond", "challenge.json", "ada1.jpg").code == 2


def test_the_camera_is_asked_for_frames_of_each_step():
    numpy, film = pytest.importorskip("numpy"), pytest.importorskip("visionmq.client.cli.face_challenge").film
    pytest.importorskip("cv2")

    class Capture:
        def read(self):
            return True, numpy.zeros((8, 8, 3), numpy.uint8)

    frames = list(film(Capture(), ["left", "right"], seconds=0.01))
    assert len(frames) >= 2
    assert all(frame.startswith(b"\xff\xd8") for frame in frames)


# ---- what a person sees ---------------------------------------------------------------------


def test_one_comparison_is_printed_in_full(broker, visionmq, capfd):
    show_verified(lines(visionmq("face", "verify", "ada1.jpg", "ada2.jpg", "--jsonl", "--want", "overlay").out))
    out = capfd.readouterr().out
    for words in (
        "the same person",
        "99.9%",
        "0.310",
        "0.550",
        "1 in 1,000",
        "5,000 pairs",
        "most prominent",
        "screen",
    ):
        assert words in out
    assert "dlib-resnet 1 (CC0-1.0)" in out


def test_an_error_rate_that_was_not_measured_is_said_not_to_be(broker, visionmq, capfd):
    (line,) = lines(visionmq("face", "verify", "ada1.jpg", "ada2.jpg", "--jsonl").out)
    line["result"]["operating_point"]["fnmr"] = None
    show_verified([line])
    assert "not measured" in capfd.readouterr().out


def test_many_comparisons_are_a_table_and_a_sum(broker, visionmq, capfd):
    Path("pairs.csv").write_text("ada1.jpg,ada2.jpg\nada1.jpg,grace1.jpg\nada1.jpg,nobody1.jpg\n")
    show_verified(lines(visionmq("face", "verify", "--pairs", "pairs.csv", "--jsonl").out))
    out = capfd.readouterr().out
    assert "3 pairs: 1 the same person, 1 different, 1 not compared" in out
    assert "no face" in out


def test_identities_faces_and_enrolments_are_printed(broker, visionmq, capfd):
    shown = [
        (show_identified, ("identify", "ada1.jpg", "grace1.jpg")),
        (show_identified, ("identify", "ada1.jpg")),
        (show_found, ("detect", "ada1.jpg", "nobody1.jpg", "broken1.jpg")),
        (show_enrolled, ("enroll", "ada", "ada1.jpg", "crowd1.jpg")),
        (show_enrolled, ("enroll", "ada", "crowd1.jpg")),
    ]
    found = [(show, lines(visionmq("face", *words, "--jsonl").out)) for show, words in shown]
    for show, made in found:
        show(made)
    out = capfd.readouterr().out
    for words in ("1 known, 1 unknown", "nobody is near enough", "0.31 is within", "1 face in 2 pictures"):
        assert words in out
    for words in ("1 of 2 pictures kept", "3 faces", "looks like grace", "0 of 1 pictures kept", "1 without a face"):
        assert words in out


def test_nothing_in_a_name_steers_the_terminal(broker, visionmq, capfd):
    error = {"code": "no_face", "message": "\x1b[2Jno", "hint": "[red]x"}
    line = {"a": "\x1b[31ma", "b": "b", "file": "\x1b[31ma", "subject": "\x1b[1ma", "ok": False, "error": error}
    for show in (show_verified, show_identified, show_found, show_enrolled):
        show([line])
        show([line, line])
    out = capfd.readouterr().out
    assert "\x1b" not in out
    assert "[red]x" in out


def test_a_calibration_is_printed(broker, visionmq, capfd):
    show_calibrated(json.loads(visionmq("face", "calibrate", "--json").out))
    assert "too few pairs" in capfd.readouterr().out
