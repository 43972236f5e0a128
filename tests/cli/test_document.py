"""`visionmq document read` against a scripted service: what is asked, and what is printed and written."""

import json
from pathlib import Path

import pytest

from tests.cli.fake_documents import MASKS, PNG, Documents, judged, nothing, passport
from visionmq.client.cli.document_show import print_document
from visionmq.schemas.document.documents import Finding


@pytest.fixture
def service(monkeypatch):
    with Documents() as broker:
        monkeypatch.setenv("VISIONMQ_BROKER", broker.endpoint)
        yield broker


@pytest.fixture
def files() -> list[str]:
    names = ["judged.jpg", "nothing.jpg", "bad.jpg", "ok.jpg"]
    for name in names:
        Path(name).write_bytes(Path(name).stem.encode())
    return names


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


# ---- what is printed ------------------------------------------------------------------------


def test_one_line_a_file_in_order_and_a_bad_file_ends_nothing(service, files, visionmq):
    found = visionmq("document", "read", *files, "--jsonl")
    assert found.code == 1
    assert [line["file"] for line in lines(found.out)] == files
    assert [set(line) for line in lines(found.out)] == [{"file", "ok", "result"}] * 2 + [{"file", "ok", "error"}] + [
        {"file", "ok", "result"}
    ]
    judged, nothing, bad, _ = lines(found.out)
    assert judged["result"]["fields"]["full_mrz"]["accepted"] is False
    assert judged["result"]["fields"]["full_mrz"]["value"].count("\n") == 1
    assert nothing["result"]["doc_type"] is None
    assert bad["error"]["code"] == "bad_image"


def test_a_missing_file_fails_alone_among_others(service, files, visionmq):
    found = visionmq("document", "missing.jpg", "ok.jpg")
    assert found.code == 1
    assert [line["ok"] for line in lines(found.out)] == [False, True]
    assert lines(found.out)[0]["error"]["code"] == "bad_image"


def test_a_person_sees_fields_repairs_doubts_quality_and_what_failed(capsys):
    import msgspec

    print_document({"file": "a.jpg", "ok": True, "result": msgspec.to_builtins(judged())})
    out = capsys.readouterr().out
    for words in (
        "Passport (TD3)",
        "7 of 11 fields accepted  ✘ failed: expiry, quality",
        "Utopia",
        "repaired",
        "B may be 8 (46%)",
        "FAILS",
        "line 2, character 4: read O, taken 0",
        "resolution 9.1 px (at least 14)",
        "Hold the camera closer",
        "expiry: FAILED. expired on 15.04.2012",
        "screen: undefined",
        "visual zone",
        "composite check digit",
        "characters)",
    ):
        assert words in out
    assert "number check digit" not in out


def test_a_person_sees_what_is_supported_where_nothing_is_found(capsys):
    import msgspec

    print_document({"file": "a.jpg", "ok": True, "result": msgspec.to_builtins(nothing())}, lambda: MASKS)
    out = capsys.readouterr().out
    assert "no document found" in out
    assert all(mask in out for mask in MASKS)


def test_nothing_that_a_document_says_steers_the_terminal(capsys):
    import msgspec

    result = msgspec.to_builtins(passport())
    result["fields"]["mrz_surname"]["value"] = "\x1b[2J[bold]RED"
    result["reason"] = "\x1b]0;title\x07"
    print_document({"file": "\x1b[31m.jpg", "ok": True, "result": result})
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[bold]RED" in out


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_marks_can_be_drawn_in_any_encoding(encoding, tmp_path, monkeypatch):
    import msgspec

    with (tmp_path / "out").open("w", encoding=encoding) as stream:
        monkeypatch.setattr("sys.stdout", stream)
        print_document({"file": "Łódź.jpg", "ok": True, "result": msgspec.to_builtins(judged())})
    out = (tmp_path / "out").read_text(encoding)
    assert "ERIKSSON" in out
    assert "Łódź" in out or r"\u0141" in out


def test_a_picture_may_come_on_standard_input(service, visionmq, monkeypatch):
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"judged")))
    found = visionmq("document", "-")
    assert found.code == 0, found
    assert lines(found.out)[0]["file"] == "-"
    assert service.asked[0][2] == [b"judged"]


# ---- what is asked --------------------------------------------------------------------------


def test_every_option_reaches_the_engine(service, files, visionmq):
    words = "--mask mrz.*,barcode.* --strict --forensics --current-date 2026-11-21 --visual"
    found = visionmq(
        "document",
        "ok.jpg",
        *words.split(),
        "--options",
        "a.b=c=d",
        "--options",
        '{"x": "y"}',
        "--want",
        "overlay,zone.number",
    )
    assert found.code == 0, found
    ((operation, params, images),) = service.asked
    assert (operation, images) == ("document.recognize", [b"ok"])
    assert (params.mask, params.mode) == (["mrz.*", "barcode.*"], "strict")
    assert params.options == {"a.b": "c=d", "x": "y", "common.currentDate": "21.11.2026"}
    assert (params.forensics, params.visual, params.merge) == (True, True, False)
    assert params.want == ["overlay", "zone.number"]


def test_today_is_the_day_of_this_computer(service, files, visionmq):
    from datetime import date

    before = date.today()
    visionmq("document", "ok.jpg", "--forensics", "--current-date", "today")
    written = service.asked[0][1].options["common.currentDate"]
    assert written in {day.strftime("%d.%m.%Y") for day in (before, date.today())}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--forensics"], "--current-date today"),
        (["--current-date", "31.02.2026"], "names no day"),
        (["--strict", "--mode", "default"], "exclude each other"),
        (["--options", "currentDate"], "NAME=VALUE"),
        (["--options", "{'a': 1}"], "NAME=VALUE"),
        (["--shape", "round"], "new, old"),
        (["--merge", "--resume", "-o", "x.jsonl"], "exclude each other"),
        (["--bundle", "."], "VISIONMQ_BUNDLES"),
        (["--signature", "licence text"], "visionmq keys new"),
    ],
)
def test_options_that_make_no_sense_are_said_before_anything_is_sent(service, files, visionmq, words, says):
    found = visionmq("document", "ok.jpg", *words)
    assert found.code == 2
    assert says in found.err
    assert not service.asked


def test_wanted_pictures_are_saved_beside_the_results(service, files, visionmq):
    found = visionmq("document", "ok.jpg", "--want", "portrait", "--want", "zone.number", "-o", "out")
    assert found.code == 0, found
    (line,) = lines(Path("out/results.jsonl").read_text())
    assert {Path(path).name for path in line["images"].values()} == {"ok-portrait.png", "ok-zone-number.png"}
    assert Path(line["images"]["portrait"]).read_bytes() == PNG


def test_requests_that_wait_for_each_other_have_time_to(service, files, visionmq):
    visionmq("document", "ok.jpg")
    visionmq("document", *files)
    visionmq("document", *files, "--timeout", "7")
    single, many, named = service.seconds[0], service.seconds[1:5], service.seconds[5:]
    assert 25 < single <= 30
    assert all(100 < seconds <= 120 for seconds in many)
    assert all(5 < seconds <= 7 for seconds in named)


# ---- files of one document ------------------------------------------------------------------


def test_merged_files_are_one_request_with_a_line_each_and_one_together(service, files, visionmq):
    found = visionmq("document", *files, "gone.jpg", "--merge", "--jsonl", "--want", "overlay")
    assert found.code == 1
    ((_, params, images),) = service.asked
    assert params.merge
    assert images == [b"judged", b"nothing", b"bad", b"ok"]
    *each, together = lines(found.out)
    assert [line["file"] for line in each] == [*files, "gone.jpg"]
    assert [line["ok"] for line in each] == [True, True, False, True, False]
    assert together["file"] is None
    assert together["files"] == files
    assert together["result"]["doc_type"] == "mrz.mrp"
    assert together["merged"] == {"final": False, "pictures": [0], "missing": ["mrz_expiry_date"]}
    saved = [path for line in each for path in line.get("images", {}).values()]
    assert len(set(saved)) == 3


# ---- the replaced service's words -----------------------------------------------------------


def test_the_old_flags_write_one_file_a_recognition_in_the_old_shape(service, files, visionmq):
    host, port = service.endpoint.removeprefix("tcp://").rsplit(":", 1)
    words = [
        "--endpoint",
        host,
        "--port",
        port,
        "--output_path",
        "found",
        "--lazy",
        "--concur",
        "0",
        "--mode",
        "default",
    ]
    found = visionmq("document", "read", "--image_path", "judged.jpg", "--image_path", "bad.jpg", *words)
    assert found.code == 1, found
    written = [json.loads(path.read_text()) for path in sorted(Path("found").glob("*.json"))]
    assert [answer["error"] for answer in written] == [False, True]
    assert set(written[1]) == {"error", "desc"}
    response = written[0]["response"]
    assert response["docType"] == "mrz.mrp"
    assert response["fields"]["mrz_birth_date"] == {
        "name": "mrz_birth_date",
        "value": "12.08.1974",
        "isAccepted": True,
        "attr": {"control_digit_check": "passed"},
    }
    assert response["forensics"]["expiry"]["value"] == "failed"
    assert [line["ok"] for line in lines(found.out)] == [True, False]  # on the pipe as ever


def test_old_flags_without_a_folder_write_to_result(service, files, visionmq):
    assert visionmq("document", "read", "--image_path", "ok.jpg").code == 0
    assert visionmq("document", "read", "--image-path", "ok.jpg", "--shape", "new").code == 0
    old, new = (json.loads(path.read_text()) for path in sorted(Path("result").iterdir()))
    assert (old["error"], new["ok"]) == (False, True)


def test_without_old_flags_no_folder_appears(service, files, visionmq):
    assert visionmq("document", "read", "ok.jpg", "--mask", "*", "--mode", "default").code == 0
    assert not Path("result").exists()


def test_output_is_the_old_folder_where_the_words_are_old(service, files, visionmq):
    assert visionmq("document", "read", "--image_path", "ok.jpg", "--output", "there").code == 0
    assert len(list(Path("there").glob("*.json"))) == 1
    assert not Path("there/results.jsonl").exists()


def test_the_old_shape_on_request_says_what_is_supported_where_nothing_is_found(service, files, visionmq):
    found = visionmq("document", "nothing.jpg", "ok.jpg", "--shape", "old", "--jsonl")
    nothing, passport = lines(found.out)
    assert nothing["response"] == {"docType": "", "fields": {}}
    assert all(mask in nothing["desc"] for mask in MASKS)
    assert set(passport) == {"error", "response"}


def test_log_prints_the_brokers_last_lines(service, visionmq):
    found = visionmq("document", "read", "--log")
    assert found.code == 0
    assert found.out.splitlines() == ['{"event":"listening"}', "odd \\x1b line"]


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        (None, 53000, "tcp://127.0.0.1:53000"),
        ("10.0.0.5", None, "tcp://10.0.0.5:5760"),
        ("box:1234", None, "tcp://box:1234"),
        ("tcp://box:9", 7, "tcp://box:9"),
        ("[::1]", 5, "tcp://[::1]:5"),
    ],
)
def test_old_addresses_become_brokers(host, port, address):
    from visionmq.client.cli.document_old import broker_address

    assert broker_address(host, port) == address


# ---- masks ----------------------------------------------------------------------------------


def test_masks_lists_types_and_modes(service, visionmq):
    assert visionmq("document", "masks").out.splitlines() == [f"masks: {' '.join(MASKS)}", "modes: default strict"]
    assert json.loads(visionmq("document", "masks", "--json").out)["masks"] == MASKS


def test_the_shell_completes_masks_modes_and_pictures():
    from visionmq.client.cli import document_names as names

    assert ("mrz.td1", names.TITLES["mrz.td1"]) in names.complete_mask("mrz.")
    assert [word for word, _ in names.complete_mask("barcode.*")] == ["barcode.*"]
    assert [word for word, _ in names.complete_mode("s")] == ["strict"]
    assert [word for word, _ in names.complete_want("po")] == ["portrait"]
    assert all(word.startswith("mrz.") for word, _ in names.complete_type(""))
    Path("bundles/badge").mkdir(parents=True)
    Path("bundles/badge/bundle.json").write_text("{}")
    assert ("template.badge", "Badge") in names.complete_mask("template.b")


def test_a_failed_check_is_never_drawn_as_anything_else():
    from visionmq.client.cli.document_marks import FINDINGS

    assert set(FINDINGS) == {str(finding) for finding in Finding}
    assert len({mark.sign for mark in FINDINGS.values()}) == len({mark.ascii for mark in FINDINGS.values()}) == 3


@pytest.mark.parametrize(("words", "children"), [(["--concur", "0"], None), (["--concur", "3", "--lazy"], 3)])
def test_a_worker_takes_the_old_servers_flags(words, children, tmp_path):
    settings = pytest.importorskip("visionmq.worker.__main__", reason="needs the worker").read_settings(
        [*words, "--bundle_dir", str(tmp_path)]
    )
    from visionmq.worker.settings import cores

    assert settings.children == (children or cores())
    assert settings.bundles == (str(tmp_path),)


def test_a_worker_says_which_bundle_is_not_there(program, tmp_path):
    pytest.importorskip("visionmq.worker.__main__", reason="needs the worker")
    found = program("worker", "--bundle", tmp_path / "none")
    assert found.code == 2
    assert "no folder of document templates" in found.err
