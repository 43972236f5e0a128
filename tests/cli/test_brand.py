"""`visionmq brand` and the clients' methods: what is sent, printed, written, and said when it goes wrong."""

import asyncio
import io
import json
import os
from pathlib import Path

import pytest

from visionmq.client import AsyncClient, Client, errors
from visionmq.client.brand_answers import answer_of, chunks
from visionmq.client.cli.brand_find import warn_if_empty
from visionmq.client.cli.brand_learn import Learner, telling_what_stays
from visionmq.client.cli.brand_lists import left_out, listed, requests_of
from visionmq.client.cli.brand_plot import plot
from visionmq.client.cli.brand_show import show_found, show_report
from visionmq.client.cli.failures import Failure
from visionmq.client.cli.places import Places
from visionmq.client.films import count_frames, frames_of
from visionmq.client.timelines import timeline
from visionmq.schemas.brand.recognition import BrandMatch
from visionmq.schemas.brand.references import Label, Labels
from visionmq.schemas.common import Quad

cv2 = pytest.importorskip("cv2", reason="needs the worker's libraries")
scenes = pytest.importorskip("tests.engine.brand_scenes", reason="needs the worker's libraries")
pytest.importorskip("visionmq.broker.__main__", reason="needs the broker")
pytest.importorskip("visionmq.worker.__main__", reason="needs the worker")

NAMES = ("acme", "bolt", "crane")
FILM = (240, 180)
SMALL = [(100.0, 40.0), (200.0, 46.0), (196.0, 140.0), (96.0, 134.0)]
QUAD = [(250.0, 100.0), (420.0, 115.0), (410.0, 270.0), (244.0, 258.0)]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Run a broker and a worker with the engine, a stand-in for its network, and a store of their own."""
    store = tmp_path_factory.mktemp("brands") / "store.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)
        local = Client.local(children=1, engines=["tests.engine.brand_scenes:StandIn"], store=str(store), timeout=120)
    with local as client:
        client.learn_brands([scenes.png(scenes.logo(seed)) for seed in range(3)], NAMES)
        yield client


@pytest.fixture(autouse=True)
def _service(service, monkeypatch):
    monkeypatch.setenv("VISIONMQ_BROKER", service.endpoints[0])


@pytest.fixture
def client(service):
    with Client(service.endpoints[0], timeout=120) as client:
        yield client


@pytest.fixture(autouse=True)
def _pictures(_own_home):
    for seed, name in enumerate(NAMES):
        Path("logos", name).mkdir(parents=True)
        cv2.imwrite(f"logos/{name}/1.png", scenes.logo(seed))
        cv2.imwrite(f"{name}.png", scenes.logo(seed, colour=(10, 120, 30), side=120))
    cv2.imwrite("stranger.png", scenes.logo(77))
    cv2.imwrite("photo.png", scenes.on_card(scenes.photograph(3), scenes.logo(1), QUAD))
    Path("bad.png").write_bytes(b"no picture")


def film(path: str, shown: list[int | None]) -> None:
    """Write a film with a logo or none in each frame."""
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10, FILM)
    assert writer.isOpened()
    for number, seed in enumerate(shown):
        ground = scenes.photograph(number % 3, FILM)
        writer.write(ground if seed is None else scenes.on_card(ground, scenes.logo(seed), SMALL))
    writer.release()


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


# ---- find -----------------------------------------------------------------------------------


def test_each_picture_is_a_line_with_its_matches_best_first(visionmq):
    found = visionmq("brand", "find", "acme.png", "stranger.png", "bad.png", "photo.png", "--jsonl")
    assert found.code == 1, found
    first, unknown, bad, photo = lines(found.out)
    assert (first["file"], first["ok"]) == ("acme.png", True)
    best = first["result"]["matches"][0]
    assert best["brand"] == "acme"
    assert 0.5 < best["probability"] <= 1
    assert best["similarity"] > 0.5
    assert len(best["quad"]["points"]) == 4
    assert unknown["result"]["matches"] == []
    assert unknown["result"]["label"] == "unknown"
    assert (bad["ok"], bad["error"]["code"]) == (False, "bad_image")
    assert [match["brand"] for match in photo["result"]["matches"]] == ["bolt"]


def test_find_is_the_default_and_saves_overlays(visionmq):
    found = visionmq("brand", "photo.png", "--want", "overlay", "-o", "out", "--jsonl")
    assert found.code == 0, found
    (line,) = lines(Path("out/results.jsonl").read_text())
    drawn = cv2.imread(line["images"]["overlay"])
    assert drawn is not None
    assert drawn.shape[1] >= 480


def test_a_threshold_and_how_many_are_asked_for(visionmq):
    strict = visionmq("brand", "find", "acme.png", "--threshold", "1", "--jsonl")
    assert lines(strict.out)[0]["result"]["matches"] == []
    loose = visionmq("brand", "find", "acme.png", "--threshold", "-1", "--top", "2", "--no-verify", "--jsonl")
    assert len(lines(loose.out)[0]["result"]["matches"]) == 2
    whole = visionmq("brand", "find", "acme.png", "--fpr", "0.1", "--search", "whole", "--embedding", "--jsonl")
    result = lines(whole.out)[0]["result"]
    assert (result["label"], result["places"], len(result["embedding"])) == ("acme", 1, 288)


@pytest.mark.parametrize(
    "arguments",
    [
        ("find",),
        ("find", "acme.png", "--want", "landscape"),
        ("find", "acme.png", "--search", "everywhere"),
        ("find", "acme.png", "--collection", ""),
        ("learn",),
        ("learn", "nowhere"),
        ("learn", "logos", "--label", "x"),
        ("learn", "--video", "film.avi"),
        ("learn", "bad.png"),
        ("forget", "acme"),
    ],
)
def test_wrong_usage_is_said(visionmq, arguments):
    found = visionmq("brand", *arguments)
    assert found.code == 2, found
    assert found.err


# ---- learn ----------------------------------------------------------------------------------


def test_a_folder_is_learnt_and_found_at_once(visionmq):
    found = visionmq("brand", "learn", "logos", "--collection", "shop", "--jsonl")
    assert found.code == 0, found
    assert [(line["file"], line["brand"], line["ok"]) for line in lines(found.out)] == [
        (f"logos/{name}/1.png", name, True) for name in NAMES
    ]
    assert "3 pictures of 3 brands learnt; shop has 3 brands now" in found.err
    told = visionmq("brand", "find", "crane.png", "-c", "shop", "--jsonl")
    assert lines(told.out)[0]["result"]["label"] == "crane"
    listed_ = visionmq("brand", "labels", "-c", "shop", "--jsonl")
    assert [(line["brand"], line["references"]) for line in lines(listed_.out)] == [(name, 1) for name in NAMES]
    assert "shop\t3\t3" in visionmq("brand", "collections").out
    every = json.loads(visionmq("brand", "collections", "--json").out)["collections"]
    assert {"collection": "shop", "brands": 3, "references": 3} in every


def test_a_list_is_learnt_and_a_bad_row_fails_alone(visionmq):
    Path("lists").mkdir()
    Path("lists/list.csv").write_text("\ufefffile, brand\nlogos/acme/1.png,acme\nbad.png,bolt\ngone.png,crane\n")
    found = visionmq("brand", "learn", "lists/list.csv", "-c", "listed", "--jsonl")
    assert found.code == 1, found
    good, bad, gone = lines(found.out)
    assert (good["ok"], good["result"]["brand"]) == (True, "acme")
    assert (bad["ok"], bad["error"]["code"]) == (False, "bad_image")
    assert (gone["ok"], gone["error"]["code"]) == (False, "bad_image")


def test_lists_have_heads_of_several_words_or_none():
    Path("a.csv").write_text("label,path\nacme,x.png\n")
    Path("b.csv").write_text("x.png,acme\n\ny.png,bolt\n")
    assert [(str(one.file), one.brand) for one in listed(Path("a.csv"))] == [("x.png", "acme")]
    assert [one.brand for one in listed(Path("b.csv"))] == ["acme", "bolt"]


def test_replacing_keeps_a_brand_in_one_request():
    references = listed(Path("logos")) * 4
    whole = list(requests_of(references, replace=True))
    assert [sorted({one.brand for one in batch}) for batch in whole] == [["acme", "bolt"], ["crane"]]
    assert sum(len(batch) for batch in requests_of(references, replace=False)) == 12


def test_brands_are_forgotten_and_reported(visionmq):
    visionmq("brand", "learn", "logos", "-c", "upkeep")
    report = visionmq("brand", "report", "-c", "upkeep", "--json")
    assert json.loads(report.out)["brands"] == 3
    assert visionmq("brand", "forget", "acme", "-c", "upkeep", "--yes").code == 0
    assert "bolt" in visionmq("brand", "labels", "-c", "upkeep").out
    assert "acme" not in visionmq("brand", "labels", "-c", "upkeep").out
    again = visionmq("brand", "forget", "acme", "-c", "upkeep", "--yes")
    assert again.code != 0
    points = visionmq("brand", "calibrate", "-c", "upkeep", "--json")
    assert len(json.loads(points.out)["points"]) >= 3


def test_a_picture_that_is_there_already_is_not_added_again(visionmq):
    visionmq("brand", "learn", "logos", "-c", "twice")
    again = visionmq("brand", "learn", "logos", "-c", "twice", "--jsonl")
    assert again.code == 0, again
    assert {line["result"]["known"] for line in lines(again.out)} == {True}
    assert "0 pictures of 3 brands learnt, 3 were there already; twice has 3 brands now" in again.err
    listed_ = visionmq("brand", "labels", "-c", "twice", "--jsonl")
    assert {line["references"] for line in lines(listed_.out)} == {1}


def test_matches_say_which_picture_of_the_folder_they_are_like(visionmq):
    visionmq("brand", "learn", "logos", "-c", "named")
    found = visionmq("brand", "find", "acme.png", "-c", "named", "--jsonl")
    assert lines(found.out)[0]["result"]["matches"][0]["reference"] == "acme/1.png"


def test_one_file_or_folder_is_learnt_under_a_label_of_any_letters(visionmq):
    assert visionmq("brand", "learn", "acme.png", "--label", "Acme/Söhne & Co, 漢字", "-c", "label").code == 0
    assert visionmq("brand", "learn", "logos/bolt", "--label", "bolt", "-c", "label").code == 0
    assert "Acme/Söhne & Co, 漢字" in visionmq("brand", "labels", "-c", "label").out
    found = visionmq("brand", "find", "acme.png", "-c", "label", "--jsonl")
    assert lines(found.out)[0]["result"]["label"] == "Acme/Söhne & Co, 漢字"
    assert visionmq("brand", "forget", "Acme/Söhne & Co, 漢字", "-c", "label", "--yes").code == 0


def test_what_a_folder_holds_that_is_not_learnt_is_said():
    Path("logos", "none").mkdir()
    Path("logos", "acme", "logo.svg").write_text("<svg/>")
    Path("logos", "left.png").write_bytes(b"")
    told = left_out(Path("logos"))
    assert told[0] == "left out, in no brand's folder: left.png"
    assert told[1] == "left out, without a picture: none"
    assert told[2].startswith("left out, no ")
    assert told[2].endswith("acme/logo.svg")
    assert left_out(Path("logos", "bolt")) == ["left out, in no brand's folder: 1.png"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("logos/acme", "--label BRAND"),
        ("acme.png", "--label BRAND"),
        ("film.mp4", "--video film.mp4"),
        ("empty", "names no pictures"),
        ("comma.csv", "in quotes"),
        ("nameless.csv", "row 2 is no file,brand"),
    ],
)
def test_sources_that_are_none_say_what_to_do(source, says):
    Path("empty").mkdir()
    Path("film.mp4").write_bytes(b"")
    Path("comma.csv").write_text("acme.png,Acme, Inc.\n")
    Path("nameless.csv").write_text("acme.png,acme\nbolt.png,\n")
    with pytest.raises(Failure) as caught:
        listed(Path(source))
    assert caught.value.code == 2
    assert says in f"{caught.value.message} {caught.value.hint}"


def test_lists_may_be_parted_by_semicolons_and_quoted():
    Path("a.csv").write_text('acme.png;"Acme; Inc."\nbolt.png;bolt\n')
    assert [(one.brand, one.source) for one in listed(Path("a.csv"))] == [
        ("Acme; Inc.", "acme.png"),
        ("bolt", "bolt.png"),
    ]


def test_learning_that_ends_early_says_what_stays(capsys):
    learner = Learner(None, "default", None)
    learner.kept = 120
    with pytest.raises(KeyboardInterrupt), telling_what_stays(learner, 3000, Places()):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), telling_what_stays(learner, 3000, Places(output=Path("out.jsonl"))):
        raise KeyboardInterrupt
    told = capsys.readouterr().err
    assert "120 of 3,000 pictures are learnt and stay; run it again: what is there already is left out" in told
    assert "run it with --resume" in told


def test_a_collection_that_has_no_brands_is_told_apart_from_unknown_brands(visionmq):
    found = visionmq("brand", "find", "acme.png", "-c", "nowhere", "--jsonl")
    assert found.code == 0
    assert lines(found.out)[0]["result"]["matches"] == []
    assert "nowhere has no brands" in found.err
    assert "no brands" not in visionmq("brand", "find", "stranger.png", "--jsonl").err


@pytest.mark.parametrize(
    ("total", "references", "says"), [(0, [], "has no brands"), (2, [0, 0], "of another model"), (2, [0, 1], "")]
)
def test_why_nothing_can_be_found_is_said(capsys, total, references, says):
    class Asked:
        def brand_labels(self, collection: str) -> Labels:
            rows = [Label(brand=f"{n}", references=n, created_at="", updated_at="") for n in references]
            return Labels(collection=collection, labels=rows, total=total)

    warn_if_empty(Asked(), "shop")
    told = capsys.readouterr().err
    assert (says in told) if says else not told


@pytest.mark.parametrize("command", [("report",), ("calibrate",), ("forget", "acme", "--yes")])
def test_a_collection_without_brands_cannot_be_kept_up(visionmq, command):
    told = visionmq("brand", *command, "-c", "nowhere")
    assert told.code == 1, told
    assert "in 'nowhere'" in told.err or "nowhere has no brands" in told.err
    assert "face" not in told.err


def test_an_unknown_brand_is_named_and_its_list_too(visionmq):
    told = visionmq("brand", "forget", "car", "--yes")
    assert told.code == 1
    assert "There is no brand 'car' in 'default'" in told.err
    assert "visionmq brand labels --collection default" in told.err


def test_few_brands_keep_the_usual_thresholds_which_is_said(visionmq):
    told = visionmq("brand", "calibrate")
    assert told.code == 0, told
    assert "too few to measure" in told.err


# ---- films ----------------------------------------------------------------------------------


def test_a_film_becomes_lines_a_timeline_and_a_plot(visionmq):
    film("film.avi", [None] * 3 + [0] * 5 + [None] * 4 + [2] * 4)
    found = visionmq("brand", "find", "film.avi", "--every", "1", "-o", "out", "--jsonl")
    assert found.code == 0, found
    *frames, last = lines(Path("out/results.jsonl").read_text())
    assert len(frames) == 16
    assert frames[3]["seconds"] == pytest.approx(0.3)
    spans = [(span["brand"], span["start"], span["end"]) for span in last["timeline"]]
    assert spans == [
        ("acme", pytest.approx(0.3), pytest.approx(0.7)),
        ("crane", pytest.approx(1.2), pytest.approx(1.5)),
    ]
    svg = Path(last["images"]["timeline"]).read_text()
    assert svg.startswith("<svg")
    assert "acme" in svg


def test_a_film_is_learnt_frame_by_frame(visionmq):
    film("film.avi", [1] * 6)
    found = visionmq(
        "brand", "learn", "--video", "film.avi", "--label", "bolt", "--every", "2", "-c", "films", "--jsonl"
    )
    assert found.code == 0, found
    assert [line["file"] for line in lines(found.out)] == ["film.avi@0.00s", "film.avi@0.20s", "film.avi@0.40s"]
    assert {line["brand"] for line in lines(found.out)} == {"bolt"}


def test_a_film_that_is_not_there_or_none_is_said_before_anything_starts(visionmq):
    Path("broken.avi").write_bytes(b"no film at all")
    assert visionmq("brand", "learn", "--video", "gone.avi", "--label", "x").code == 2
    assert visionmq("brand", "find", "gone.avi").code == 2
    broken = visionmq("brand", "learn", "--video", "broken.avi", "--label", "x")
    assert (broken.code, "cannot be opened" in broken.err) == (1, True)


def test_the_best_frame_of_each_brand_is_drawn_on_and_cut_out_for_the_plot(visionmq):
    film("film.avi", [0] * 4)
    found = visionmq("brand", "find", "film.avi", "--every", "1", "--want", "overlay", "-o", "out", "--jsonl")
    assert found.code == 0, found
    images = lines(Path("out/results.jsonl").read_text())[-1]["images"]
    assert cv2.imread(images["overlay acme"]) is not None
    assert "data:image/jpeg;base64," in Path(images["timeline"]).read_text()
    again = visionmq("brand", "find", "film.avi", "--every", "1", "-o", "out", "--resume")
    assert again.code == 0, again
    assert len(lines(Path("out/results.jsonl").read_text())) == 5


class Camera:
    """Shows one frame again and again, as `cv2.VideoCapture` would; the last one may be Ctrl-C."""

    def __init__(self, *_: object) -> None:
        self.left = 6

    def isOpened(self) -> bool:
        return True

    def get(self, _: int) -> float:
        return 0.0

    def grab(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def retrieve(self):
        return True, scenes.on_card(scenes.photograph(3), scenes.logo(1), QUAD)

    def release(self) -> None:
        self.left = 0


def test_a_camera_is_watched_and_counted(client, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    seen = client.brand_timeline(0, every=2)
    assert {span.brand for span in seen.spans} == {"bolt"}
    assert client.brand_counts.by_input == {"camera": 3}


def test_what_a_camera_saw_is_written_when_it_is_interrupted(visionmq, monkeypatch):
    class Interrupted(Camera):
        def grab(self) -> bool:
            if not super().grab():
                raise KeyboardInterrupt
            return True

    monkeypatch.setattr("visionmq.client.timelines._FLYING", 1)
    monkeypatch.setattr("visionmq.client.timelines._TOGETHER", 1)
    monkeypatch.setattr(cv2, "VideoCapture", Interrupted)
    found = visionmq("brand", "find", "--camera", "3", "--every", "2", "-o", "out", "--jsonl")
    assert found.code == 0, found
    *frames, last = lines(Path("out/results.jsonl").read_text())
    assert len(frames) == 3
    assert last["file"] == "camera 3"
    assert [span["brand"] for span in last["timeline"]] == ["bolt"]


def test_single_false_frames_make_no_span_and_gaps_do_not_end_one():
    def seen(*brands: str) -> list[BrandMatch]:
        quad = Quad([(0, 0)] * 4)
        return [BrandMatch(brand=name, similarity=0.9, probability=0.9, reference="", quad=quad) for name in brands]

    rows = [seen(), seen("x"), seen(), seen(), seen("a"), seen("a"), seen(), seen("a"), seen("a"), seen("a", "b")]
    rows += [seen("b"), seen("b"), seen(), seen()]
    told = timeline([(at, at / 10, row) for at, row in enumerate(rows)])
    assert [(span.brand, span.start, span.end, span.frames) for span in told.spans] == [
        ("a", 0.4, 0.9, 5),
        ("b", 0.9, 1.1, 3),
    ]
    assert all("x" not in moment.brands for moment in told.moments)


def test_films_that_cannot_be_opened_are_bad_images(tmp_path):
    with pytest.raises(errors.BadImage):
        next(frames_of(tmp_path / "none.avi"))
    broken = tmp_path / "broken.avi"
    broken.write_bytes(b"no film at all")
    with pytest.raises(errors.BadImage):
        next(frames_of(broken))
    with pytest.raises(errors.BadRequest):
        next(frames_of(broken, every=0))
    film(str(tmp_path / "film.avi"), [None] * 5)
    assert count_frames(tmp_path / "film.avi", every=2) == 3


def test_times_of_long_films_are_told_as_on_a_clock(tmp_path):
    text = plot(timeline([(0, 0.0, []), (9, 4000.0, [])]), "film", tmp_path / "x.svg").read_text()
    assert ">10:00<" in text
    assert ">1:00:00<" in plot(timeline([(0, 7400.0, [])]), "film", tmp_path / "y.svg").read_text()


def test_an_empty_timeline_has_a_plot_that_says_so(tmp_path):
    path = plot(timeline([(0, 0.0, [])]), "a <film>", tmp_path / "x.svg")
    assert "no known brand" in path.read_text()
    assert "a &lt;film&gt;" in path.read_text()


# ---- clients --------------------------------------------------------------------------------


def test_the_old_manner_gives_one_answer_a_picture_of_any_number_and_size(client):
    names = [NAMES[number % 3] for number in range(19)]
    answers = client.brands([f"{name}.png" for name in names])
    assert [one.label for one in answers] == names
    assert answers[0].file == "image 1"
    assert len(answers[0].embedding) == 288
    assert answers[0].similarity > 0.5
    unknown, bad = client.brands(["stranger.png", b"no picture"])
    assert (unknown.label, unknown.file, bad.label) == ("unknown", None, "unknown")
    assert unknown.embedding is not None
    assert bad.error is not None


def test_what_cannot_be_sent_is_an_answer_with_its_error_and_fails_no_other(client):
    pictures = ["acme.png", "gone.png", 17, io.BytesIO(b"no picture"), "bolt.png"]
    known, gone, odd, bad, last = client.brands(pictures)
    assert (known.label, last.label) == ("acme", "bolt")
    assert [one.error.code.value for one in (gone, odd, bad)] == ["bad_image"] * 3
    assert "There is no file gone.png" in gone.error.message
    assert client.brand_counts.failed == 3


def test_a_client_counts_what_it_sent_and_what_came_of_it(client):
    client.brands(["acme.png", "stranger.png", "acme.png", b"no picture"])
    counts = client.brand_counts
    assert (counts.pictures, counts.recognised, counts.unknown, counts.failed) == (4, 2, 1, 1)
    assert counts.by_brand == {"acme": 2}
    film("film.avi", [0] * 4)
    client.brand_timeline("film.avi", every=2)
    assert client.brand_counts.by_input == {"still": 4, "video": 2}


def test_the_asynchronous_client_has_the_same_methods(service):
    async def talk() -> None:
        async with AsyncClient(service.endpoints[0]) as client:
            (answer,) = await client.brands(["acme.png"])
            assert answer.label == "acme"
            assert (await client.brand_labels()).total == 3
            assert (await client.brand_collections()).collections
            assert client.brand_counts.pictures == 1
            answers = await client.brands([*["bolt.png"] * 33, "gone.png"])
            assert [one.label for one in answers] == ["bolt"] * 33 + ["unknown"]
            seen = await client.brand_timeline("film.avi", every=1)
            assert [(span.brand, span.frames) for span in seen.spans] == [("acme", 30)]
            assert client.brand_counts.by_input == {"still": 35, "video": 30}
            (learnt,) = await client.learn_brand_film("film.avi", "filmed", every=10, collection="async")
            assert [item.ok for item in learnt.items] == [True] * 3

    film("film.avi", [0] * 30)
    asyncio.run(talk())


def test_pictures_come_in_every_form(client):
    import numpy as np
    from PIL import Image

    pixels = scenes.logo(2)
    pictures = ["crane.png", Path("crane.png"), pixels, Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))]
    assert {one.label for one in client.brands(pictures)} == {"crane"}


def test_chunks_are_whole_and_in_order():
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]


# ---- a person's view ------------------------------------------------------------------------


def test_tables_name_brands_and_say_unknown(client, capsys):
    items = client.recognize_brands(["acme.png", "stranger.png"]).result.items
    import msgspec

    shown = [
        {"file": name, "ok": True, "result": msgspec.to_builtins(item.result)}
        for name, item in zip(("acme.png", "stranger.png"), items, strict=True)
    ]
    failed = {"file": "bad.png", "ok": False, "error": {"message": "broken", "hint": ""}}
    span = {"brand": "bolt", "start": 0.5, "end": 2.0, "frames": 4, "probability": 0.9}
    show_found([*shown, failed, {"file": "film.avi", "ok": True, "timeline": [span]}])
    out = capsys.readouterr().out
    for words in ("acme", "unknown", "broken", "3 pictures: 1 with a known brand, 1 unknown, 1 failed", "0.5 s"):
        assert words in out
    show_report(msgspec.to_builtins(client.brand_report()))
    assert "3 brands, 3 pictures, 3 brands with one picture only" in capsys.readouterr().out
    assert answer_of(items[1]).label == "unknown"
