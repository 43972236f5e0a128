"""`visionmq register` through a real broker and worker: what is asked, printed, written, and said when it goes wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from visionmq.client import Client, errors, legacy
from visionmq.client.cli.register_pairs import listed, stems
from visionmq.client.cli.register_show import Screen, print_registration
from visionmq.schemas.errors import ErrorCode, make_error

pytest.importorskip("visionmq.broker.__main__", reason="needs the broker")
pytest.importorskip("visionmq.worker.__main__", reason="needs the worker")
cv2 = pytest.importorskip("cv2", reason="needs the worker's libraries")
scenes = pytest.importorskip("tests.engine.registration_scenes", reason="needs the worker's libraries")

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client.local(children=1, engines=["registration"]) as client:
        yield client


@pytest.fixture(autouse=True)
def _service(client, monkeypatch):
    monkeypatch.setenv("VISIONMQ_BROKER", client.endpoints[0])


@pytest.fixture(autouse=True)
def _pictures(_own_home):
    user, model = scenes.user_and_model()
    Path("shots").mkdir()
    cv2.imwrite("shots/one.png", user)
    cv2.imwrite("shots/two.png", model[20:260, 30:330])
    cv2.imwrite("other.png", scenes.draw_scene(99))
    cv2.imwrite("model.png", model)
    Path("bad.png").write_bytes(b"no picture")


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


# ---- registering ----------------------------------------------------------------------------


def test_many_users_against_one_model_come_in_order_and_a_bad_one_ends_nothing(visionmq):
    found = visionmq("register", "shots", "bad.png", "gone.png", "other.png", "model.png", "--jsonl", "--points", 3)
    assert found.code == 1, found
    one, two, bad, gone, other = lines(found.out)
    assert [line["user"] for line in lines(found.out)] == [
        "shots/one.png", "shots/two.png", "bad.png", "gone.png", "other.png"
    ]  # fmt: skip
    assert {line["model"] for line in lines(found.out)} == {"model.png"}
    assert one["result"]["certificate"]["verdict"] == two["result"]["certificate"]["verdict"] == "accept"
    assert one["result"]["certificate"]["probability"] > 0.5
    assert one["result"]["inliers"] > 20
    assert len(one["result"]["points"]["user"]) == 3
    assert [row[2] for row in two["result"]["matrix"]] == pytest.approx([30, 20, 1], abs=0.5)
    assert set(bad) == {"user", "model", "ok", "error"}
    assert bad["error"]["code"] == gone["error"]["code"] == "bad_image"
    assert "user picture" in bad["error"]["message"]
    assert other["ok"]
    assert other["result"]["matrix"] is None
    assert other["result"]["certificate"]["verdict"] == "reject"


def test_pairs_come_from_a_file_whatever_its_lines_hold(visionmq):
    Path("lists").mkdir()
    rows = [
        "user,model",
        "shots/one.png,model.png",
        "",
        "lonely.png",
        '"shots/two.png", "model.png"',
        "a,b,c",
        "x.png,model.png",
    ]
    Path("lists/pairs.csv").write_text("\r\n".join(rows), encoding="utf-8-sig")
    found = visionmq("register", "--pairs", "lists/pairs.csv", "--jsonl", "--points", 0)
    assert found.code == 1, found
    assert [line["user"] for line in lines(found.out)] == ["shots/one.png", "lonely.png", "shots/two.png", "a", "x.png"]
    assert [line["ok"] for line in lines(found.out)] == [True, False, True, False, False]
    assert "Line 4" in lines(found.out)[1]["error"]["message"]


def test_names_in_a_file_of_pairs_are_sought_beside_it_too():
    Path("lists").mkdir()
    for name in ("a.png", "b.png"):
        Path("lists", name).write_bytes(PNG)
    Path("lists/pairs.csv").write_text("a.png,b.png\nmodel.png,b.png\n")
    first, second = listed(Path("lists/pairs.csv"))
    assert (first.key, first.user_place) == (("a.png", "b.png"), Path("lists/a.png"))
    assert second.user_place == Path("model.png")
    assert stems([first, second, first]) == ["a", "model", "a-2"]


def test_wanted_pictures_are_saved_beside_the_results(visionmq):
    found = visionmq("register", "shots", "model.png", "--algorithm", "auto", "--want", "overlay,red_*", "-o", "out/")
    assert found.code == 0, found
    written = lines(Path("out/results.jsonl").read_text())
    assert written[0]["images"] == {"overlay": "out/one-overlay.jpg", "red_green": "out/one-red-green.jpg"}
    assert all(Path(path).stat().st_size > 1000 for line in written for path in line["images"].values())
    assert "results in out" in found.err


def test_a_run_is_resumed_where_it_broke_off(visionmq):
    assert visionmq("register", "shots/one.png", "model.png", "-o", "out.jsonl").code == 0
    assert visionmq("register", "shots", "model.png", "-o", "out.jsonl").code == 2
    assert visionmq("register", "shots", "model.png", "-o", "out.jsonl", "--resume").code == 0
    assert [line["user"] for line in lines(Path("out.jsonl").read_text())] == ["shots/one.png", "shots/two.png"]


def test_the_old_shape_is_given_on_request(visionmq):
    words = ["--algorithm", "SIFT", "--shape", "old"]
    good, poor, bad = lines(visionmq("register", "shots/one.png", "other.png", "bad.png", "model.png", *words).out)
    assert set(good) == {"ok", "payload", "status"}
    assert (good["ok"], good["status"]) == (True, 200)
    assert len(good["payload"]["homography_matrix"]) == 3
    for line in (poor, bad):
        assert set(line) == {"ok", "status", "error"}
        assert (line["ok"], line["status"]) == (False, 400)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "two pictures"),
        (["model.png"], "two pictures"),
        (["shots/one.png", "gone.png"], "gone.png is not there"),
        (["shots/one.png", "shots"], "is a folder"),
        (["shots/one.png", "model.png", "--algorithm", "surfing"], "surfing"),
        (["shots/one.png", "model.png", "--transform", "x"], "transform"),
        (["shots/one.png", "model.png", "--shape", "x"], "shape"),
        (["shots/one.png", "model.png", "--json", "--jsonl"], "exclude"),
        (["shots/one.png", "model.png", "--resume"], "--resume"),
        (["--pairs", "gone.csv"], "gone.csv"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(visionmq, words, said):
    found = visionmq("register", "pair", *words)
    assert found.code == 2
    assert said in found.err


def test_an_unknown_picture_is_answered_with_all_known_ones(visionmq):
    found = visionmq("register", "shots/one.png", "model.png", "--want", "portrait", "--jsonl")
    assert found.code == 1
    assert "checkerboard" in lines(found.out)[0]["error"]["message"]


# ---- what a person sees ---------------------------------------------------------------------


def test_one_registration_is_printed_in_full(visionmq, capfd):
    (line,) = lines(visionmq("register", "shots/one.png", "model.png", "--jsonl", "--want", "matches").out)
    print_registration(line)
    out = capfd.readouterr().out
    for words in ("accepted", "sure to be within", "matrix", "360x280", "as sent", "agree", "clockwise", "one-matches"):
        assert words in out


def test_many_are_a_table_with_the_reasons_below(visionmq, capfd):
    screen = Screen()
    for line in lines(visionmq("register", "shots", "bad.png", "other.png", "model.png", "--jsonl").out):
        screen.write(line)
    screen.close()
    out = capfd.readouterr().out
    assert "4 pairs: 2 accepted, 1 no matrix, 1 failed" in out
    for words in ("shots/one.png", "agree", "other.png", "user picture"):
        assert words in out


def test_nothing_in_a_name_steers_the_terminal(capsys):
    error = {"code": "bad_image", "message": "\x1b[2Jno", "hint": "[red]x"}
    line = {"user": "\x1b[31ma.png", "model": "b.png", "ok": False, "error": error}
    print_registration(line)
    screen = Screen()
    screen.write(line)
    screen.write(line)
    screen.close()
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[red]x" in out


# ---- warp and stitch ------------------------------------------------------------------------


def test_a_picture_is_warped_by_the_results_of_a_run(visionmq):
    visionmq("register", "shots", "model.png", "-o", "out.jsonl")
    found = visionmq("register", "warp", "shots/two.png", "--matrix", "out.jsonl", "--point", "0,0")
    assert found.code == 0, found
    assert cv2.imread("two-warped.png").shape == (280, 360, 3)
    x, y = (float(part) for part in found.out.splitlines()[0].split("\t")[1].split(","))
    assert (x, y) == pytest.approx((30, 20), abs=0.5)
    again = visionmq("register", "warp", "shots/two.png", "--matrix", "out.jsonl")
    assert again.code == 2
    assert "exists" in again.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-m", "[[1,0,0],[0,1,0],[0,0,1]]"], "nothing to warp"),
        (["model.png"], "no matrix"),
        (["model.png", "-m", "gone.jsonl"], "gone.jsonl"),
        (["model.png", "-m", "[[1,2],[3,4]]"], "3x3"),
        (["model.png", "-m", "[[1,0"], "no JSON"),
        (["model.png", "-m", "[[1,0,0],[0,1,0],[0,0,1]]", "--size", "12"], "--size"),
        (["model.png", "-m", "[[1,0,0],[0,1,0],[0,0,1]]", "-o", "a.gif"], "PNG"),
    ],
)
def test_a_warp_that_makes_no_sense_is_wrong_usage(visionmq, words, said):
    found = visionmq("register", "warp", *words)
    assert found.code == 2
    assert said in found.err


def test_accepted_pictures_are_stitched_and_others_refused(visionmq):
    found = visionmq("register", "stitch", "shots/one.png", "model.png", "-o", "made/wide.png")
    assert found.code == 0, found
    assert Path("made/wide.png").read_bytes().startswith(PNG)
    found = visionmq("register", "stitch", "other.png", "model.png", "-o", "none.png")
    assert found.code == 1
    assert "not merged" in found.err
    assert not Path("none.png").exists()


# ---- the library ----------------------------------------------------------------------------


def test_the_client_registers_warps_and_stitches(client):
    user, model = scenes.user_and_model()
    reply = client.register(user, model, want=["layer"], points=5, pass_back="x")
    assert reply.result.pass_back == "x"
    assert bytes(reply.picture("layer")).startswith(PNG)
    warped = client.warp(reply.result, user, points=[(0, 0)], size=(360, 280))
    assert warped.result.points[0] == pytest.approx(scenes.TRUTH[:2, 2], abs=1)
    assert bytes(warped.picture("warped")).startswith(PNG)
    assert client.stitch(user, model, params={"points": 0}).result.stitched


def test_a_registration_without_a_matrix_cannot_be_applied(client):
    refused = client.register("other.png", "model.png").result
    with pytest.raises(errors.BadRequest, match="no matrix"):
        client.warp(refused, points=[(0, 0)])


def test_parameters_out_of_bounds_are_refused_before_anything_is_sent(client):
    with pytest.raises(errors.BadRequest, match="ratio"):
        client.register("other.png", "model.png", ratio=3)


def test_a_servers_fault_and_a_callers_mistake_differ_in_the_old_shape():
    assert legacy.old_registration(make_error(ErrorCode.INTERNAL, "Broken."))["status"] == 500
    assert legacy.old_registration(errors.BadImage("no"))["status"] == 400
    assert legacy.old_registration(RuntimeError("odd")) == {"ok": False, "status": 500, "error": "odd"}
